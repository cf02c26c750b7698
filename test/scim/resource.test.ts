import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GroupId, GroupRecord, UserRecord, type UserResource } from '../../lambdas/directory/records.ts';
import { USER } from '../../lambdas/scim/attributes.ts';
import { readGroupBody, readUserBody } from '../../lambdas/scim/resource.ts';
import { refusal } from './refusal.ts';

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const groupUrn = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const U1 = '018f0000-0000-7000-8000-000000000001';
const G1 = GroupId.parse('018f0000-0000-7000-8000-0000000000a1');
const _base = 'https://bridge.example.net/scim/v2';

const _user = (resource: UserResource) =>
  UserRecord.parse({
    id: U1,
    accountId: '018f0000-0000-7000-8000-0000000000c1',
    version: 3,
    created: Date.parse('2026-01-01T00:00:00Z'),
    lastModified: Date.parse('2026-02-01T00:00:00Z'),
    resource,
  });
const _group = GroupRecord.parse({
  id: G1,
  displayName: 'Chat – North',
  externalId: 'e1',
  version: 7,
  created: 0,
  lastModified: 0,
  state: 'live',
});

describe('a user that a client sends', () => {
  test('a full Entra create is stored in canonical form', () => {
    expect(
      readUserBody({
        schemas: [core, enterprise],
        externalId: 'ada.park',
        userName: 'ada.park@example.com',
        active: 'True',
        displayName: 'Ada Park',
        name: { formatted: 'Ada Park', givenName: 'Ada', familyName: 'Park', middleName: null },
        EMAILS: [{ type: 'work', value: 'ada.park@example.com', primary: 'true' }],
        meta: { resourceType: 'User' },
        roles: [],
        [enterprise]: { Department: 'Field', manager: { value: 'U9', displayName: 'Bo' } },
      }),
    ).toEqual({
      externalId: 'ada.park',
      userName: 'ada.park@example.com',
      name: { formatted: 'Ada Park', givenName: 'Ada', familyName: 'Park' },
      displayName: 'Ada Park',
      active: true,
      emails: [{ value: 'ada.park@example.com', type: 'work', primary: true }],
      [enterprise]: { department: 'Field', manager: { value: 'U9' } },
    });
  });

  test('read-only attributes, passwords and unknown ones are dropped at every depth (rows 51, 55, 79, T22, T23)', () => {
    const sent = {
      userName: 'a@x',
      id: 'mine',
      meta: { version: 'W/"9"' },
      groups: [{ value: 'G1' }],
      password: 'k7Rt-secret',
      admin: true,
      name: { givenName: 'A', secret: 1 },
      emails: [{ value: 'a@x', verified: true }],
      [enterprise]: { manager: { value: 'U9', $ref: 'https://evil' }, salary: 5 },
      'urn:vendor:User': { role: 'admin' },
    };
    expect(readUserBody(sent)).toEqual({
      userName: 'a@x',
      name: { givenName: 'A' },
      active: true,
      emails: [{ value: 'a@x' }],
      [enterprise]: { manager: { value: 'U9' } },
    });
  });

  test('a random body never stores a name outside the schema (T23)', () => {
    const known = new Set(
      [...USER.core.attributes.values()].map(({ name }) => name).concat('externalId', enterprise),
    );
    const members = fc.dictionary(
      fc.oneof(
        fc.constantFrom('title', 'emails', 'name', '__proto__', 'constructor', 'password', 'id'),
        fc.string(),
      ),
      fc.jsonValue({ maxDepth: 3 }),
    );
    fc.assert(
      fc.property(members, (extra) => {
        const read = () => readUserBody({ ...extra, userName: 'a@x' });
        if (refusal(read) !== 'accepted') return;
        expect(Object.keys(read()).filter((name) => !known.has(name))).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  });

  test.each([
    ['omitted', {}, true],
    ['null', { active: null }, true],
    ['false', { active: false }, false],
    ['"False"', { active: 'False' }, false],
    ['"TRUE"', { active: 'TRUE' }, true],
  ])('POST with active %s', (_label, extra, active) => {
    expect(readUserBody({ userName: 'a@x', ...extra }).active).toBe(active);
  });

  test('PUT without active keeps it, and clears everything else that is left out (row 182)', () => {
    const current: UserResource = {
      userName: 'a@x',
      active: false,
      title: 'T',
      externalId: 'e',
      [enterprise]: { department: 'D' },
    };
    expect(readUserBody({ userName: 'a@x', displayName: 'N' }, current)).toEqual({
      userName: 'a@x',
      active: false,
      displayName: 'N',
    });
  });

  test('PUT keeps what a newer release stored and this one cannot name (F20)', () => {
    const current: UserResource = { userName: 'a@x', active: true, favouriteColour: 'blue' };
    expect(readUserBody({ userName: 'b@x' }, current)).toEqual({
      userName: 'b@x',
      active: true,
      favouriteColour: 'blue',
    });
  });

  test.each([
    ['no userName (row 75)', {}, 'invalidValue'],
    ['an empty userName', { userName: '' }, 'invalidValue'],
    ['a userName of blanks', { userName: '  ' }, 'invalidValue'],
    ['a userName that is a number (row 100)', { userName: 5 }, 'invalidValue'],
    ['a userName with a bidi override (T19)', { userName: 'a\u202Eb' }, 'invalidValue'],
    ['a userName of 1,025 characters (T20)', { userName: 'a'.repeat(1025) }, 'invalidValue'],
    ['half a surrogate pair in a title (T19)', { userName: 'a', title: '\uD800' }, 'invalidValue'],
    [
      'a control character in an e-mail (T19)',
      { userName: 'a', emails: [{ value: 'a\u0000b' }] },
      'invalidValue',
    ],
    ['active as another text (T40)', { userName: 'a', active: 'yes' }, 'invalidValue'],
    ['active as a number (T40)', { userName: 'a', active: 1 }, 'invalidValue'],
    ['active as an empty list', { userName: 'a', active: [] }, 'invalidValue'],
    ['primary as another text', { userName: 'a', emails: [{ value: 'a', primary: 'no' }] }, 'invalidValue'],
    ['emails as a number', { userName: 'a', emails: 5 }, 'invalidValue'],
    ['name as a text', { userName: 'a', name: 'Ada' }, 'invalidValue'],
    ['name as a list of two', { userName: 'a', name: [{}, {}] }, 'invalidValue'],
    ['an extension as a text', { userName: 'a', [enterprise]: 'x' }, 'invalidValue'],
    [
      'a certificate that is not base64 (row 67)',
      { userName: 'a', x509Certificates: [{ value: '***' }] },
      'invalidValue',
    ],
    [
      '21 e-mails',
      { userName: 'a', emails: Array.from({ length: 21 }, (_, n) => ({ value: `${n}@x` })) },
      'invalidValue',
    ],
    [
      'a resource far too large',
      {
        userName: 'a',
        entitlements: Array.from({ length: 100 }, (_, n) => ({
          value: `${n}${'x'.repeat(1020)}`,
          display: 'y'.repeat(1000),
        })),
      },
      'invalidValue',
    ],
    ['schemas that are no texts', { schemas: { toString: 1, valueOf: 2 }, userName: 'a' }, 'invalidSyntax'],
    ['only foreign schemas (row 102)', { schemas: [groupUrn], userName: 'a' }, 'invalidSyntax'],
    ['schemas of unknown URIs only', { schemas: ['urn:x:y'], userName: 'a' }, 'invalidSyntax'],
  ])('%s is refused with 400', (_label, sent, scimType) => {
    expect(refusal(() => readUserBody(sent))).toEqual([400, scimType]);
  });

  test.each([
    ['a text', '"x"'],
    ['null', null],
    ['an array', []],
  ])('a body that is %s is 400 invalidSyntax (row 242)', (_label, sent) => {
    expect(refusal(() => readUserBody(sent))).toEqual([400, 'invalidSyntax']);
    expect(refusal(() => readGroupBody(sent))).toEqual([400, 'invalidSyntax']);
  });

  test.each([
    ['absent', undefined],
    ['empty', []],
    ['in another case (row 44)', [core.toUpperCase()]],
    [
      'with a foreign one beside',
      [core, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User'],
    ],
    ['without a colon', ['urn:ietf:params:scim:schemas:core2.0:User']],
    ['as one text', core],
    ['naming the extension only', [enterprise]],
  ])('schemas %s are fine (row 102)', (_label, schemas) => {
    expect(readUserBody({ schemas, userName: 'a' }).userName).toBe('a');
  });

  test('a postal address may have line breaks, and what is no name may have any script', () => {
    const addresses = [{ formatted: '1 Main St\nSpringfield', country: 'NL' }];
    expect(readUserBody({ userName: 'a', addresses }).addresses).toEqual(addresses);
  });

  test('T40: of 40 spellings of a boolean only true and false in any case are read', () => {
    const spellings = [
      'true',
      'True',
      'TRUE',
      'tRuE',
      'false',
      'False',
      'FALSE',
      'fAlSe',
      't',
      'f',
      'yes',
      'no',
      'y',
      'n',
      'on',
      'off',
      '1',
      '0',
      ' true',
      'true ',
      'false ',
      '"true"',
      'wahr',
      'truee',
      'ttrue',
      'fals',
      'null',
      'undefined',
      'NaN',
      '{}',
      '[]',
      'tru\u0435',
      '\uFF54rue',
      'True\u0000',
      'active',
      'enabled',
      'disabled',
      '-1',
      '+1',
      'TRUE.',
    ];
    const read = spellings.filter(
      (text) => refusal(() => readUserBody({ userName: 'a', active: text })) === 'accepted',
    );
    expect(spellings).toHaveLength(40);
    expect(read).toEqual(spellings.slice(0, 8));
  });
});

describe('a group that a client sends', () => {
  test('Entra and Okta creates', () => {
    expect(
      readGroupBody({
        schemas: [groupUrn, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
        externalId: 'e',
        displayName: 'N',
        meta: {},
      }),
    ).toEqual({ displayName: 'N', externalId: 'e', members: undefined });
    expect(
      readGroupBody({ displayName: 'N', members: [{ value: 'U1', display: 'x' }, 'U2', { value: 'U1' }] })
        .members,
    ).toEqual(['U1', 'U2']);
  });

  test.each([
    ['absent says nothing (F55)', {}, undefined],
    ['null says nothing', { members: null }, undefined],
    ['an empty list says nobody (F55)', { members: [] }, []],
  ])('members: %s', (_label, extra, members) => {
    expect(readGroupBody({ displayName: 'N', ...extra }).members).toEqual(members);
  });

  test.each([
    ['no displayName (row 87)', {}],
    ['a displayName of blanks', { displayName: ' ' }],
    ['a displayName that is an object', { displayName: {} }],
    ['a group as a member (T29)', { displayName: 'N', members: [{ value: 'G', type: 'Group' }] }],
    ['a text as members', { displayName: 'N', members: '' }],
  ])('%s is 400 invalidValue', (_label, sent) => {
    expect(refusal(() => readGroupBody(sent))).toEqual([400, 'invalidValue']);
  });
});
