import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TOLERANCES, type ToleranceName } from '../../lambdas/scim/tolerances.ts';
import { EXCHANGES } from '../exchanges.ts';
import { filterBy, openTestScim, patchOp, type TestScim } from './bridge.ts';

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
});
afterAll(() => bridge.close());

let people = 0;
const newUser = async (more: Record<string, unknown> = {}) => {
  people += 1;
  return bridge.newUser(`t${people}@example.com`, more);
};
const patched = async (id: string, ...operations: unknown[]) =>
  (await bridge.scim('PATCH', `/Users/${id}`, { schemas: [patchOp], Operations: operations })).json;
const posted = async (body: Record<string, unknown>) => {
  people += 1;
  return (await bridge.scim('POST', '/Users', { userName: `t${people}@example.com`, ...body })).json;
};
const total = async (path: string) => (await bridge.scim('GET', path)).json['totalResults'];

/** One case for each entry: what it accepts, and what comes of it. */
const cases: Record<ToleranceName, () => Promise<void>> = {
  opInAnyCase: async () => {
    expect(await patched(await newUser(), { op: 'Replace', path: 'title', value: 'T' })).toMatchObject({
      title: 'T',
    });
  },
  booleanAsText: async () => {
    const id = await newUser({ active: 'True' });
    expect(await patched(id, { op: 'replace', path: 'active', value: 'False' })).toMatchObject({
      active: false,
    });
    expect(await total(filterBy('/Users', `id eq "${id}" and active eq "False"`))).toBe(1);
  },
  removeWithValue: async () => {
    const [a, b] = [await newUser(), await newUser()];
    const group = await bridge.newGroup('removeWithValue', [a, b]);
    const body = {
      schemas: [patchOp],
      Operations: [{ op: 'Remove', path: 'members', value: [{ value: a }] }],
    };
    await bridge.scim('PATCH', `/Groups/${group}`, body);
    expect(await bridge.membersOf(group)).toEqual([b]);
  },
  pathsAsKeys: async () => {
    const value = { 'name.givenName': 'Ada', [`${enterprise}:department`]: 'Field' };
    expect(await patched(await newUser(), { op: 'replace', value })).toMatchObject({
      name: { givenName: 'Ada' },
      [enterprise]: { department: 'Field' },
    });
  },
  echoedReadOnly: async () => {
    const id = await newUser({ title: 'T' });
    const echo = (await bridge.scim('GET', `/Users/${id}`)).json;
    expect((await bridge.scim('PUT', `/Users/${id}`, echo)).json).toEqual(echo);
    expect(await patched(id, { op: 'replace', value: echo })).toEqual(echo);
  },
  createByFilter: async () => {
    const operation = { op: 'Replace', path: 'emails[type eq "work"].value', value: 'w@example.com' };
    expect(await patched(await newUser(), operation)).toMatchObject({
      emails: [{ type: 'work', value: 'w@example.com' }],
    });
  },
  managerAsText: async () => {
    const id = await newUser();
    const path = `${enterprise}:manager`;
    expect(await patched(id, { op: 'Add', path, value: 'U9' })).toMatchObject({
      [enterprise]: { manager: { value: 'U9' } },
    });
    expect(await patched(id, { op: 'Replace', path, value: '' })).not.toHaveProperty(enterprise);
  },
  managerAsList: async () => {
    const operation = { op: 'Add', path: `${enterprise}:manager`, value: [{ $ref: null, value: 'U9' }] };
    expect(await patched(await newUser(), operation)).toMatchObject({
      [enterprise]: { manager: { value: 'U9' } },
    });
  },
  shortExtensionName: async () => {
    const id = await newUser();
    expect(await patched(id, { op: 'add', path: 'manager', value: 'U9' })).toMatchObject({
      [enterprise]: { manager: { value: 'U9' } },
    });
    expect(await total(filterBy('/Users', `id eq "${id}" and manager eq "U9"`))).toBe(1);
  },
  emptyClears: async () => {
    expect(
      await patched(await newUser({ title: 'T' }), { op: 'replace', path: 'title', value: '' }),
    ).not.toHaveProperty('title');
  },
  singleForMany: async () => {
    expect(await posted({ emails: { value: 'one@example.com' } })).toMatchObject({
      emails: [{ value: 'one@example.com' }],
    });
  },
  bareValue: async () => {
    const id = await newUser();
    const created = await bridge.scim('POST', '/Groups', { displayName: 'bareValue', members: [id] });
    expect(created.json['members']).toMatchObject([{ value: id }]);
  },
  hollowValue: async () => {
    const addresses = [{ type: 'work' }];
    const emails = [{ value: '', type: 'work', primary: true }];
    const created = await posted({ addresses, emails });
    expect(created).not.toHaveProperty('addresses');
    expect(created).not.toHaveProperty('emails');
  },
  twoPrimaries: async () => {
    const emails = [
      { value: 'a@example.com', primary: true },
      { value: 'b@example.com', primary: true },
    ];
    expect((await posted({ emails }))['emails']).toEqual([
      { value: 'a@example.com', primary: true },
      { value: 'b@example.com' },
    ]);
  },
  schemasMissing: async () => {
    expect(await posted({ id: '', meta: {} })).toMatchObject({ schemas: [core], active: true });
  },
  foreignSchema: async () => {
    const schemas = [
      'urn:ietf:params:scim:schemas:core:2.0:Group',
      'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group',
    ];
    const { status, json } = await bridge.scim('POST', '/Groups', { schemas, displayName: 'foreignSchema' });
    expect([status, json['schemas']]).toEqual([201, [schemas[0]]]);
    expect(await posted({ schemas: ['urn:ietf:params:scim:schemas:core2.0:User'] })).toMatchObject({
      schemas: [core],
    });
  },
  draftSchema: async () => {
    const schemas = ['urn:scim:schemas:core:1.0', 'urn:scim:schemas:extension:enterprise:2.0'];
    const created = await posted({ schemas, [schemas[1] ?? '']: { department: 'Field' } });
    expect(created).toMatchObject({ schemas: [core, enterprise], [enterprise]: { department: 'Field' } });
    const body = { schemas: ['urn:scim:schemas:core:2.0'], displayName: 'draftSchema' };
    expect((await bridge.scim('POST', '/Groups', body)).status).toBe(201);
    const foreign = { schemas: ['urn:scim:schemas:extension:enterprise:1.0'], displayName: 'foreign' };
    expect((await bridge.scim('POST', '/Groups', foreign)).status).toBe(400);
  },
  emptyOperation: async () => {
    const id = await newUser();
    expect(await patched(id, { op: 'add', path: 'title', value: 'T' }, {})).toMatchObject({ title: 'T' });
    expect(await patched(id, {}, {})).toMatchObject({ status: '400', scimType: 'invalidSyntax' });
  },
  unquotedWord: async () => {
    await bridge.newUser('unquoted');
    expect(await total(filterBy('/Users', 'userName eq unquoted'))).toBe(1);
  },
  filterValuePathSub: async () => {
    await newUser({ emails: [{ value: 'path-sub@example.com', type: 'work' }] });
    expect(await total(filterBy('/Users', 'emails[type eq "work"].value eq "path-sub@example.com"'))).toBe(1);
  },
  emailSynonym: async () => {
    await newUser({ emails: [{ value: 'synonym@example.com' }] });
    expect(await total(filterBy('/Users', 'email.value Eq "synonym@example.com"'))).toBe(1);
  },
  plusAsBlank: async () => {
    await bridge.newUser('plus');
    expect(await total('/Users?filter=userName+eq+%22plus%22')).toBe(1);
  },
  plainJson: async () => {
    const answer = await bridge.scim(
      'POST',
      '/Users',
      { userName: 'plain@example.com' },
      { 'content-type': 'application/json' },
    );
    expect(answer.status).toBe(201);
    expect(
      (await bridge.scim('GET', '/Users', undefined, { 'content-type': 'application/json' })).status,
    ).toBe(200);
  },
  countryByName: async () => {
    const countries = [
      'Netherlands',
      ' united states ',
      'nl',
      'UK',
      'Türkiye',
      'Nederland',
      'XX',
      'EU',
      '528',
    ];
    const { addresses } = await posted({
      addresses: countries.map((country, n) => ({ type: 'work', locality: `City ${n}`, country })),
    });
    expect(Array.isArray(addresses) && addresses.map(({ country }) => country)).toEqual([
      'NL',
      'US',
      'NL',
      'GB',
      'TR',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  },
  extraMembers: async () => {
    const id = String((await posted({ shoeSize: 12, password: 'x' }))['id']);
    expect(await patched(id, { op: 'add', name: 'addMember', path: 'title', value: 'T' })).toMatchObject({
      title: 'T',
    });
    expect(await patched(id, { op: 'add', path: 'shoeSize', value: 12 })).not.toHaveProperty('shoeSize');
  },
};

describe('every deviation that is accepted', () => {
  test.each(Object.entries(cases))('%s', async (_name, check) => {
    await check();
  });

  test('names who sends it, why it is accepted, and where that is written', () => {
    for (const [name, { idp, accepts, why, source }] of Object.entries(TOLERANCES)) {
      expect(
        [idp, accepts, why, source].every((text) => text.length > 3),
        name,
      ).toBe(true);
    }
  });

  test('names recorded exchanges that exist, each once', () => {
    for (const [name, { exchanges }] of Object.entries(TOLERANCES)) {
      for (const exchange of exchanges) expect(existsSync(join(EXCHANGES, exchange)), exchange).toBe(true);
      expect(new Set(exchanges).size, name).toBe(exchanges.length);
    }
  });
});
