/** The bridge's own extension of User, over the whole bridge with a simulated Adobe org (issue: provisioning state). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provisioningOf } from '../../lambdas/directory/provisioning.ts';
import type { Account, BoundRule } from '../../lambdas/directory/records.ts';
import { AccountId, GroupId, UserId } from '../../lambdas/directory/records.ts';
import { openTestBridge, type TestBridge } from '../build.ts';
import { CONNECTION, ORG } from '../open.ts';

const urn = 'urn:ietf:params:scim:schemas:extension:adobebridge:2.0:User';
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

let bridge: TestBridge;
let ada: string;
let group: string;
beforeAll(async () => {
  bridge = await openTestBridge({
    profiles: [{ name: 'Photo', product: 'Photoshop' }],
    userGroups: ['Everyone'],
  });
  await bridge.map([
    { group: 'Designers', grants: [{ name: 'Photo', kind: 'profile' }] },
    { grants: [{ name: 'Everyone', kind: 'userGroup' }] },
  ]);
  ada = (await bridge.scim('POST', '/scim/v2/Users', person('ada@example.com'))).json.id;
  group = (
    await bridge.scim('POST', '/scim/v2/Groups', { displayName: 'Designers', members: [{ value: ada }] })
  ).json.id;
});
afterAll(() => bridge.close());

const person = (userName: string) => ({
  userName,
  name: { givenName: 'Ada', familyName: 'Park' },
  emails: [{ value: userName, type: 'work', primary: true }],
});
const read = (id: string, more = '') => bridge.scim('GET', `/scim/v2/Users/${id}?attributes=${urn}${more}`);
const stateOf = async (id: string) => (await read(id)).json[urn];

describe('what a user is shown with', () => {
  test('it is there only when it is asked for by name (row 171: returned = request)', async () => {
    for (const query of ['', '?attributes=userName', '?excludedAttributes=emails', '?attributes=status']) {
      const { status, json } = await bridge.scim('GET', `/scim/v2/Users/${ada}${query}`);
      expect([status, urn in json, JSON.stringify(json.schemas).includes('adobebridge')]).toEqual([
        200,
        false,
        false,
      ]);
    }
    const { json } = await read(ada, ',userName');
    expect([json.userName, json.schemas.includes(urn), typeof json[urn].status]).toEqual([
      'ada@example.com',
      true,
      'string',
    ]);
    const part = await bridge.scim('GET', `/scim/v2/Users/${ada}?attributes=${urn}:status`);
    expect(Object.keys(part.json[urn])).toEqual(['status']);
  });

  test('from accepted to confirmed, with the group that each entitlement comes from', async () => {
    expect(await stateOf(ada)).toEqual({
      status: 'accepted',
      since: '2026-03-02T08:00:00.000Z',
      email: 'ada@example.com',
      identityType: 'federatedID',
      entitlements: [
        { value: 'Everyone', type: 'userGroup', status: 'wanted' },
        {
          value: 'Photo',
          type: 'profile',
          status: 'wanted',
          group,
          groupDisplay: 'Designers',
          $ref: `https://bridge.example.test/scim/v2/Groups/${group}`,
        },
      ],
    });
    await bridge.drain();
    const after = await stateOf(ada);
    expect(after.status).toBe('confirmed');
    expect(after.entitlements.map((it: Record<string, unknown>) => it['status'])).toEqual(['held', 'held']);
    expect(bridge.holders('Photo')).toEqual(['ada@example.com']);
  });

  test('the entity tag covers it where it is shown, and If-Match takes both (row 234)', async () => {
    const shown = await read(ada, ',meta');
    const plain = await bridge.scim('GET', `/scim/v2/Users/${ada}?attributes=meta`);
    expect(shown.headers['etag']).toBe(shown.json.meta.version);
    expect(shown.headers['etag']).not.toBe(plain.headers['etag']);
    const put = await bridge.scim(
      'PUT',
      `/scim/v2/Users/${ada}`,
      { ...person('ada@example.com'), title: 'x' },
      { 'if-match': String(shown.headers['etag']) },
    );
    expect(put.status).toBe(200);
  });

  test('an address outside the allow-list is parked with the reason and a hint', async () => {
    const { json } = await bridge.scim('POST', '/scim/v2/Users', person('eve@elsewhere.test'));
    await bridge.drain();
    const state = await stateOf(json.id);
    expect(state.status).toBe('parked');
    expect([typeof state.reason, typeof state.message]).toEqual(['string', 'string']);
  });

  test('it can be asked for in lists, filtered and sorted by', async () => {
    const list = async (query: string) =>
      (await bridge.scim('GET', `/scim/v2/Users?${query}`)).json.Resources.map(
        (user: Record<string, unknown>) => user['userName'],
      );
    const by = (filter: string) => list(`filter=${encodeURIComponent(filter)}`);
    expect(await by(`${urn}:status eq "parked"`)).toEqual(['eve@elsewhere.test']);
    expect(await by(`${urn}:entitlements.group eq "${group}"`)).toEqual(['ada@example.com']);
    expect(await by(`${urn}:entitlements[value eq "photo" and status eq "wanted"]`)).toEqual([]);
    expect(await list(`sortBy=${urn}:status&sortOrder=descending`)).toEqual([
      'eve@elsewhere.test',
      'ada@example.com',
    ]);
    const { json } = await bridge.scim('GET', `/scim/v2/Users?attributes=${urn}:status`);
    expect(json.Resources.length).toBe(2);
    expect(json.Resources.every((user: Record<string, unknown>) => urn in user)).toBe(true);
  });
});

describe('it is read-only', () => {
  test('what a client sends back is ignored in POST, PUT and a path-less PATCH (rows 96, 177)', async () => {
    const echo = { [urn]: { status: 'failed', entitlements: [{ value: 'Photo' }] } };
    const patch = {
      schemas: [patchOp],
      Operations: [{ op: 'replace', value: { title: 'y', ...echo, [`${urn}:status`]: 'x' } }],
    };
    expect(
      (await bridge.scim('PUT', `/scim/v2/Users/${ada}`, { ...person('ada@example.com'), ...echo })).status,
    ).toBe(200);
    expect((await bridge.scim('PATCH', `/scim/v2/Users/${ada}`, patch)).json.title).toBe('y');
    expect((await stateOf(ada)).status).not.toBe('failed');
  });

  test('a PATCH that names it is 400 mutability (row 193)', async () => {
    for (const path of [`${urn}:status`, urn]) {
      const operation = { op: 'replace', path, value: path === urn ? { status: 'x' } : 'x' };
      const { status, json } = await bridge.scim('PATCH', `/scim/v2/Users/${ada}`, {
        schemas: [patchOp],
        Operations: [operation],
      });
      expect([path, status, json.scimType]).toEqual([path, 400, 'mutability']);
    }
  });

  test('a client attribute of the same short name does not mean it (T23)', async () => {
    const operation = { op: 'replace', path: 'status', value: 'x' };
    const answered = await bridge.scim('PATCH', `/scim/v2/Users/${ada}`, {
      schemas: [patchOp],
      Operations: [operation],
    });
    expect(answered.status).toBe(200);
  });
});

describe('the state of an account', () => {
  const id = AccountId.parse('018f0000-0000-7000-8000-0000000000c1');
  const userId = UserId.parse('018f0000-0000-7000-8000-000000000001');
  const G = GroupId.parse('018f0000-0000-7000-8000-0000000000a1');
  const error = { code: 'x', message: 'Adobe said no.', hint: 'Ask Adobe.', at: 5 };
  const account: Account = {
    id,
    org: ORG,
    connection: CONNECTION,
    owner: { connection: CONNECTION, userId },
    wanted: { active: true, since: 0, groups: [G], suspended: [] },
    applied: { entitlements: {} },
    unknown: {},
    watch: {},
    claims: [],
    wantedRev: 2,
    ledgerRev: 1,
    touchedAt: 7,
    status: 'pending',
    attempts: 0,
  };
  const intent = { id: 'i', at: 1, wantedRev: 1, mappingVersion: 1, actions: [], absentBefore: false };
  test.each<[string, Partial<Account>]>([
    ['accepted', { ledgerRev: 0 }],
    ['pending', {}],
    ['pending', { status: 'waiting', reason: 'grace' }],
    ['sent', { intent }],
    ['confirmed', { status: 'idle' }],
    ['held', { status: 'held', reason: 'report-only' }],
    ['parked', { status: 'parked', error }],
    ['parked', { status: 'waiting', reason: 'identity-taken', error }],
    ['failed', { status: 'waiting', reason: 'backoff', error, attempts: 1 }],
    ['failed', { status: 'parked', error, refused: { wantedRev: 2, actions: ['grant'], error } }],
    ['parked', { status: 'parked', error, refused: { wantedRev: 1, actions: ['grant'], error } }],
  ])('%s: %o', (state, change) => {
    expect(provisioningOf({ ...account, ...change }, [], new Map()).state).toBe(state);
  });

  test('carries what Adobe said, without the account of somebody else (T30)', () => {
    const taken = { ...error, message: `Another account (${id}) has this identity at Adobe.` };
    expect(
      provisioningOf(
        { ...account, status: 'waiting', reason: 'identity-taken', error: taken },
        [],
        new Map(),
      ),
    ).toMatchObject({
      reason: 'identity-taken',
      message: 'Another account has this identity at Adobe.',
      hint: 'Ask Adobe.',
      since: 7,
    });
  });

  test('two groups that give the same are two entries; what nobody gives is leaving; a lost call is unknown', () => {
    const other = GroupId.parse('018f0000-0000-7000-8000-0000000000a2');
    const rule = (groupId: GroupId, name: string): BoundRule => ({
      id: `${groupId} ${name}`,
      everyone: false,
      grants: [{ name, kind: 'profile' }],
      binding: { rule: 'r', groupId, state: 'bound', at: 0 },
    });
    const held = { name: 'Old', kind: 'profile' as const, since: 1 };
    const { entitlements } = provisioningOf(
      {
        ...account,
        wanted: { ...account.wanted, groups: [G, other] },
        applied: { entitlements: { old: held, photo: { ...held, name: 'Photo' } } },
        unknown: { film: { name: 'Film', at: 1 } },
      },
      [
        rule(G, 'Photo'),
        rule(other, 'Photo'),
        rule(other, 'Film'),
        rule(GroupId.parse(String(userId)), 'Other'),
      ],
      new Map([
        [G, 'One'],
        [other, 'Two'],
      ]),
    );
    expect(entitlements.map(({ name, state, group: from }) => [name, state, from?.displayName])).toEqual([
      ['Film', 'unknown', 'Two'],
      ['Old', 'leaving', undefined],
      ['Photo', 'held', 'One'],
      ['Photo', 'held', 'Two'],
    ]);
  });

  test('an inactive person is given nothing', () => {
    const everyone: BoundRule = {
      id: 'e',
      everyone: true,
      grants: [{ name: 'E', kind: 'userGroup' }],
      binding: undefined,
    };
    const inactive = { ...account, wanted: { ...account.wanted, active: false } };
    expect(provisioningOf(account, [everyone], new Map()).entitlements).toHaveLength(1);
    expect(provisioningOf(inactive, [everyone], new Map()).entitlements).toEqual([]);
  });
});
