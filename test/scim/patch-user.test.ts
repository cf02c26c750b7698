import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UserResource } from '../../lambdas/directory/records.ts';
import { patchUser } from '../../lambdas/scim/patch-user.ts';
import { refusal } from './refusal.ts';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const id = '018f0000-0000-7000-8000-000000000001';

const ada: UserResource = {
  externalId: 'ext-1',
  userName: 'ada@example.com',
  name: { givenName: 'Ada', familyName: 'Park' },
  displayName: 'Ada Park',
  title: 'Lead',
  active: true,
  emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
};
const bare: UserResource = { userName: 'bo@example.com', active: true };

const body = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
const patch = (resource: UserResource, ...operations: unknown[]) => patchUser({ id, resource }, body(...operations));
const refused = (resource: UserResource, ...operations: unknown[]) => refusal(() => patch(resource, ...operations));

type Row = [label: string, before: UserResource, operations: unknown[], after: Partial<UserResource>];

describe('PATCH of a user: shapes from the wire (idp-traffic 11)', () => {
  test.each<Row>([
    ['S1', ada, [{ op: 'Replace', path: 'active', value: 'False' }], { active: false }],
    ['S2', ada, [{ op: 'replace', path: 'active', value: false }], { active: false }],
    ['S3', ada, [{ op: 'replace', value: { active: false } }], { active: false }],
    [
      'S4 set',
      ada,
      [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'x@example.com' }],
      { emails: [{ value: 'x@example.com', type: 'work', primary: true }] },
    ],
    [
      'S4 create',
      bare,
      [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'x@example.com' }],
      { emails: [{ type: 'work', value: 'x@example.com' }] },
    ],
    [
      'S4 beside another type',
      { ...bare, emails: [{ type: 'home', value: 'h@example.com' }] },
      [{ op: 'Add', path: 'emails[type eq "work"].value', value: 'x@example.com' }],
      { emails: [{ type: 'home', value: 'h@example.com' }, { type: 'work', value: 'x@example.com' }] },
    ],
    [
      'S5 one e-mail from three operations, value last',
      bare,
      [
        { op: 'Add', path: 'emails[type eq "work"].primary', value: 'true' },
        { op: 'Add', path: 'emails[type eq "work"].type', value: 'work' },
        { op: 'Add', path: 'emails[type eq "work"].value', value: 'x@example.com' },
      ],
      { emails: [{ type: 'work', primary: true, value: 'x@example.com' }] },
    ],
    [
      'S5 value first',
      bare,
      [
        { op: 'Add', path: 'emails[type eq "work"].value', value: 'x@example.com' },
        { op: 'Add', path: 'emails[type eq "work"].primary', value: 'True' },
      ],
      { emails: [{ type: 'work', value: 'x@example.com', primary: true }] },
    ],
    [
      'S6',
      ada,
      [{ op: 'replace', path: 'emails[primary eq true].value', value: 'x@example.com' }],
      { emails: [{ value: 'x@example.com', type: 'work', primary: true }] },
    ],
    [
      'S6 create',
      bare,
      [{ op: 'replace', path: 'emails[primary eq true].value', value: 'x@example.com' }],
      { emails: [{ primary: true, value: 'x@example.com' }] },
    ],
    [
      'S7',
      ada,
      [{ op: 'replace', value: { 'name.givenName': 'Adele', [`${enterprise}:department`]: 'Field' } }],
      { name: { givenName: 'Adele', familyName: 'Park' }, [enterprise]: { department: 'Field' } },
    ],
    ['S8', ada, [{ op: 'replace', value: { name: { familyName: 'Lee' } } }], { name: { givenName: 'Ada', familyName: 'Lee' } }],
    ['S9', ada, [{ op: 'Add', path: `${enterprise}:manager`, value: 'U9' }], { [enterprise]: { manager: { value: 'U9' } } }],
    [
      'S10',
      ada,
      [{ op: 'Add', path: 'manager', value: [{ $ref: 'https://x/Users/U9', value: 'U9' }] }],
      { [enterprise]: { manager: { value: 'U9' } } },
    ],
    [
      'S11',
      { ...ada, [enterprise]: { manager: { value: 'U9' } } },
      [{ op: 'Replace', path: `${enterprise}:manager`, value: '' }],
      { [enterprise]: undefined },
    ],
    ['S12', ada, [{ op: 'Replace', path: 'title', value: '' }], { title: undefined }],
    [
      'S13 on a stored role',
      { ...bare, roles: [{ value: 'a', primary: true }] },
      [{ op: 'add', path: 'roles[primary eq "True"].value', value: 'x' }],
      { roles: [{ primary: true, value: 'x' }] },
    ],
    ['S13 create', bare, [{ op: 'add', path: 'roles[primary eq "True"].value', value: 'x' }], { roles: [{ primary: true, value: 'x' }] }],
    ['S16 for a user', bare, [{ op: 'add', value: { title: 'Lead' } }], { title: 'Lead' }],
    [
      'S17 for e-mails',
      { ...ada, emails: [{ value: 'a@x', type: 'work' }, { value: 'b@x', type: 'home' }] },
      [{ op: 'Remove', path: 'emails', value: [{ value: 'A@X' }] }],
      { emails: [{ value: 'b@x', type: 'home' }] },
    ],
    ['S22 with schemas, id and meta', ada, [{ op: 'replace', value: { schemas: [core], id, meta: {}, groups: [], displayName: 'N' } }], { displayName: 'N' }],
    ['S23', ada, [{ op: 'Replace', path: 'externalId', value: 'e2' }], { externalId: 'e2' }],
    ['S24', ada, [{ op: 'replace', name: 'addMember', path: 'title', value: 'T' }], { title: 'T' }],
    [
      'S27 strictly in order',
      ada,
      [
        { op: 'remove', path: 'title' },
        { op: 'add', path: 'title', value: 'A' },
        { op: 'replace', path: 'title', value: 'B' },
      ],
      { title: 'B' },
    ],
  ])('%s', (_label, before, operations, after) => {
    expect(patch(before, ...operations)).toEqual({ ...before, ...after });
  });
});

describe('PATCH of a user: the RFC', () => {
  const two: UserResource = {
    ...bare,
    emails: [
      { value: 'w@x', type: 'work', primary: true },
      { value: 'h@x', type: 'home' },
    ],
  };
  test.each<Row>([
    ['add appends to a list (row 203)', two, [{ op: 'add', path: 'emails', value: [{ value: 'o@x', type: 'other' }] }], { emails: [...(two.emails ?? []), { value: 'o@x', type: 'other' }] }],
    ['add of one object instead of an array (row 203)', bare, [{ op: 'add', path: 'emails', value: { value: 'o@x' } }], { emails: [{ value: 'o@x' }] }],
    ['add of what is there changes nothing (row 205)', two, [{ op: 'add', path: 'emails', value: [{ value: 'H@X', type: 'HOME' }] }], {}],
    ['a new primary clears the old one (row 192)', two, [{ op: 'add', path: 'emails', value: [{ value: 'o@x', type: 'other', primary: true }] }], { emails: [{ value: 'w@x', type: 'work' }, { value: 'h@x', type: 'home' }, { value: 'o@x', type: 'other', primary: true }] }],
    ['primary by path clears the old one (row 192)', two, [{ op: 'replace', path: 'emails[type eq "home"].primary', value: true }], { emails: [{ value: 'w@x', type: 'work' }, { value: 'h@x', type: 'home', primary: true }] }],
    ['replace of a list replaces all of it (row 217)', two, [{ op: 'replace', path: 'emails', value: [{ value: 'n@x' }] }], { emails: [{ value: 'n@x' }] }],
    ['an empty list empties (row 217)', two, [{ op: 'replace', path: 'emails', value: [] }], { emails: undefined }],
    ['two primaries in one list: the first stays (idp-traffic 14 row 5)', bare, [{ op: 'replace', path: 'emails', value: [{ value: 'a@x', primary: true }, { value: 'b@x', primary: true }] }], { emails: [{ value: 'a@x', primary: true }, { value: 'b@x' }] }],
    ['replace of what is not there adds it (row 218)', bare, [{ op: 'replace', path: 'nickName', value: 'Bo' }], { nickName: 'Bo' }],
    ['remove of a single value (row 208)', ada, [{ op: 'remove', path: 'title' }], { title: undefined }],
    ['remove of a sub-attribute', ada, [{ op: 'remove', path: 'name.givenName' }], { name: { familyName: 'Park' } }],
    ['remove of a whole list (row 209)', two, [{ op: 'remove', path: 'emails' }], { emails: undefined }],
    ['remove by filter (row 210)', two, [{ op: 'remove', path: 'emails[type eq "home"]' }], { emails: [{ value: 'w@x', type: 'work', primary: true }] }],
    ['remove of the last one unassigns (row 210)', ada, [{ op: 'remove', path: 'emails[type eq "work"]' }], { emails: undefined }],
    ['remove of a part by filter (row 211)', two, [{ op: 'remove', path: 'emails[type eq "work"].primary' }], { emails: [{ value: 'w@x', type: 'work' }, { value: 'h@x', type: 'home' }] }],
    ['remove by a filter that nothing matches (row 214)', two, [{ op: 'remove', path: 'emails[type eq "other"]' }], {}],
    ['remove with an empty list removes nobody (T41)', two, [{ op: 'remove', path: 'emails', value: [] }], {}],
    ['remove of what is not there', bare, [{ op: 'remove', path: 'title' }], {}],
    ['replace of a value path replaces the match (row 220)', two, [{ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'n@x', type: 'work' } }], { emails: [{ value: 'n@x', type: 'work' }, { value: 'h@x', type: 'home' }] }],
    ['what replaces a match keeps what the filter says', two, [{ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'n@x' } }], { emails: [{ value: 'n@x', type: 'work' }, { value: 'h@x', type: 'home' }] }],
    ['add to a value path merges', two, [{ op: 'add', path: 'emails[type eq "home"]', value: { display: 'H' } }], { emails: [{ value: 'w@x', type: 'work', primary: true }, { value: 'h@x', type: 'home', display: 'H' }] }],
    ['add to a value path without a match creates (row 206)', bare, [{ op: 'add', path: 'emails[type eq "special"].value', value: 's@x' }], { emails: [{ type: 'special', value: 's@x' }] }],
    ['clearing the value drops the e-mail', two, [{ op: 'replace', path: 'emails[type eq "home"].value', value: '' }], { emails: [{ value: 'w@x', type: 'work', primary: true }] }],
    ['clearing what is not there changes nothing', bare, [{ op: 'replace', path: 'emails[type eq "work"].value', value: '' }], {}],
    ['a complex value is merged (row 219)', ada, [{ op: 'replace', path: 'name', value: { givenName: 'Adele', middleName: null } }], { name: { givenName: 'Adele', familyName: 'Park' } }],
    ['null in a complex value unassigns that part', ada, [{ op: 'replace', path: 'name', value: { givenName: null } }], { name: { familyName: 'Park' } }],
    ['an empty object changes nothing', ada, [{ op: 'replace', path: 'name', value: {} }], {}],
    ['unknown parts change nothing', ada, [{ op: 'replace', path: 'name', value: { shoeSize: 12 } }], {}],
    ['null unassigns (row 223)', ada, [{ op: 'replace', path: 'name', value: null }], { name: undefined }],
    ['the value of a list with one element, without a filter', ada, [{ op: 'replace', path: 'emails.value', value: 'n@x' }], { emails: [{ value: 'n@x', type: 'work', primary: true }] }],
    ['an address by its path', bare, [{ op: 'Add', path: 'addresses[type eq "work"].country', value: 'NL' }], { addresses: [{ type: 'work', country: 'NL' }] }],
    ['an extension as an object', bare, [{ op: 'add', value: { [enterprise]: { department: 'D', costCenter: 'C' } } }], { [enterprise]: { costCenter: 'C', department: 'D' } }],
    ['an extension by its URN as the path', bare, [{ op: 'add', path: enterprise, value: { department: 'D' } }], { [enterprise]: { department: 'D' } }],
    ['the URN of an extension in another case (row 44)', bare, [{ op: 'add', path: `${enterprise.toUpperCase()}:DEPARTMENT`, value: 'D' }], { [enterprise]: { department: 'D' } }],
    ['removal of an extension', { ...bare, [enterprise]: { department: 'D', manager: { value: 'x' } } }, [{ op: 'remove', path: enterprise }], { [enterprise]: undefined }],
    ['removal of its last attribute (row 194)', { ...bare, [enterprise]: { department: 'D' } }, [{ op: 'remove', path: `${enterprise}:department` }], { [enterprise]: undefined }],
    ['a part of the manager', { ...bare, [enterprise]: { manager: { value: 'U1' } } }, [{ op: 'replace', path: `${enterprise}:manager.value`, value: 'U2' }], { [enterprise]: { manager: { value: 'U2' } } }],
    ['names of operations and attributes in any case', ada, [{ OP: 'REPLACE', Path: 'DISPLAYNAME', Value: 'N' }], { displayName: 'N' }],
    ['a password is dropped (T22)', ada, [{ op: 'replace', path: 'password', value: 'secret' }], {}],
    ['an unknown attribute is dropped (T23)', ada, [{ op: 'add', path: 'shoeSize', value: 12 }, { op: 'add', value: { 'urn:x:y:User:a.b.c d': 1, $x: 2 } }], {}],
    ['userName', ada, [{ op: 'replace', path: 'userName', value: 'new@example.com' }], { userName: 'new@example.com' }],
  ])('%s', (_label, before, operations, after) => {
    expect(patch(before, ...operations)).toEqual({ ...before, ...after });
  });

  test.each<[string, UserResource, unknown[], [number, string | undefined]]>([
    ['replace on a filter that nothing matches and no type is known (row 221)', ada, [{ op: 'replace', path: 'emails[type eq "special"].value', value: 'x@x' }], [400, 'noTarget']],
    ['replace on a filter about a value (row 221)', ada, [{ op: 'replace', path: 'emails[value eq "nobody@x"].display', value: 'x' }], [400, 'noTarget']],
    ['replace of a whole element that is not there (row 221)', bare, [{ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'x@x' } }], [400, 'noTarget']],
    ['creation by an or', bare, [{ op: 'add', path: 'emails[type eq "work" or type eq "home"].value', value: 'x@x' }], [400, 'noTarget']],
    ['one of several without a filter', two, [{ op: 'replace', path: 'emails.value', value: 'x@x' }], [400, 'noTarget']],
    ['remove without a path (row 207)', ada, [{ op: 'remove' }], [400, 'noTarget']],
    ['remove of userName (row 212)', ada, [{ op: 'remove', path: 'userName' }], [400, 'mutability']],
    ['remove of active', ada, [{ op: 'remove', path: 'active' }], [400, 'mutability']],
    ['active of nothing', ada, [{ op: 'replace', path: 'active', value: '' }], [400, 'invalidValue']],
    ['active of null', ada, [{ op: 'replace', value: { active: null } }], [400, 'invalidValue']],
    ['an empty userName', ada, [{ op: 'replace', path: 'userName', value: '' }], [400, 'invalidValue']],
    ['groups by path (row 193)', ada, [{ op: 'add', path: 'groups', value: [{ value: 'G1' }] }], [400, 'mutability']],
    ['another id (row 193)', ada, [{ op: 'replace', value: { id: 'other' } }], [400, 'mutability']],
    ['a path that is none (row 187)', ada, [{ op: 'replace', path: 'a b', value: 1 }], [400, 'invalidPath']],
    ['a filter on a single value', ada, [{ op: 'replace', path: 'name[givenName eq "x"].familyName', value: 'y' }], [400, 'invalidPath']],
    ['a bad filter in a path (row 188)', ada, [{ op: 'replace', path: 'emails[type is "x"].value', value: 'y' }], [400, 'invalidFilter']],
    ['a path that is a number', ada, [{ op: 'replace', path: 5, value: 'y' }], [400, 'invalidPath']],
    ['an unknown op (row 185)', ada, [{ op: 'move', path: 'title', value: 'y' }], [400, 'invalidSyntax']],
    ['no op', ada, [{ path: 'title', value: 'y' }], [400, 'invalidSyntax']],
    ['an operation that is a text', ada, ['replace'], [400, 'invalidSyntax']],
    ['add without a value (row 199)', ada, [{ op: 'add', path: 'title' }], [400, 'invalidValue']],
    ['replace without a value', ada, [{ op: 'replace', path: 'title' }], [400, 'invalidValue']],
    ['a path-less value that is no object (row 200)', ada, [{ op: 'add', value: 'x' }], [400, 'invalidValue']],
    ['a number for a text (row 195)', ada, [{ op: 'replace', path: 'title', value: 5 }], [400, 'invalidValue']],
    ['an object for a text', ada, [{ op: 'replace', path: 'title', value: { value: 'x' } }], [400, 'invalidValue']],
    ['a text for the name', ada, [{ op: 'replace', path: 'name', value: 'Ada' }], [400, 'invalidValue']],
    ['two managers', ada, [{ op: 'add', path: 'manager', value: [{ value: 'a' }, { value: 'b' }] }], [400, 'invalidValue']],
    ['a number for a list', ada, [{ op: 'replace', path: 'emails', value: 5 }], [400, 'invalidValue']],
    ['an empty text as the list to remove', ada, [{ op: 'remove', path: 'emails', value: '' }], [400, 'invalidValue']],
    ['a control character (T19)', ada, [{ op: 'replace', path: 'displayName', value: 'a\u202Eb' }], [400, 'invalidValue']],
    ['1,025 characters (T20)', ada, [{ op: 'replace', path: 'title', value: 'x'.repeat(1025) }], [400, 'invalidValue']],
    ['too many e-mails, one by one', ada, Array.from({ length: 21 }, (_, n) => ({ op: 'add', path: 'emails', value: [{ value: `${n}@x` }] })), [400, 'invalidValue']],
    ['1,001 operations (row 264)', ada, Array.from({ length: 1001 }, () => ({ op: 'add', path: 'title', value: 'x' })), [413, undefined]],
  ])('%s is refused', (_label, before, operations, expected) => {
    const copy = structuredClone(before);
    expect(refused(before, ...operations)).toEqual(expected);
    expect(before).toEqual(copy);
  });

  test('a later bad operation leaves the earlier ones undone (row 190)', () => {
    const copy = structuredClone(two);
    const operations = [
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'n@x' },
      { op: 'add', path: `${enterprise}:department`, value: 'D' },
      { op: 'remove', path: 'userName' },
    ];
    expect(refused(two, ...operations)).toEqual([400, 'mutability']);
    expect(two).toEqual(copy);
  });

  test.each([
    ['no object', 'x'],
    ['an array', []],
    ['no Operations', { schemas: [patchOp] }],
    ['no operation', { schemas: [patchOp], Operations: [] }],
    ['Operations that are a text', { schemas: [patchOp], Operations: 'x' }],
    ['another schema', { schemas: [core], Operations: [{ op: 'add', path: 'title', value: 'x' }] }],
  ])('a body with %s is 400 invalidSyntax (row 184)', (_label, request) => {
    expect(refusal(() => patchUser({ id, resource: ada }, request))).toEqual([400, 'invalidSyntax']);
  });

  test('a PATCH that changes nothing gives an equal resource (row 198)', () => {
    const operations = [
      { op: 'Replace', path: 'active', value: 'True' },
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'ada@example.com' },
      { op: 'Add', path: 'displayName', value: 'Ada Park' },
      { op: 'remove', path: 'nickName' },
    ];
    expect(JSON.stringify(patch(ada, ...operations))).toBe(JSON.stringify(patch(ada, operations[0])));
    expect(patch(ada, ...operations)).toEqual(ada);
  });

  test('what a newer release stored passes through (F20)', () => {
    const newer: UserResource = { ...ada, favouriteColour: 'blue' };
    expect(patch(newer, { op: 'replace', path: 'title', value: 'T' })).toEqual({ ...newer, title: 'T' });
  });
});

describe('properties', () => {
  const value = fc.oneof(fc.constantFrom('New', 'x@example.com', ''), fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }));
  /** Each attribute with the ways to say the same change of it. */
  const spellings: readonly ((text: string) => readonly unknown[])[] = [
    (text) => [
      { op: 'replace', path: 'title', value: text },
      { op: 'Replace', path: 'TITLE', value: text },
      { op: 'add', path: `${core}:title`, value: text },
      { op: 'REPLACE', value: { title: text } },
      { op: 'replace', value: { Title: text } },
      { op: 'add', value: { [`${core}:title`]: text } },
      { op: 'replace', value: { [core]: { title: text } } },
      { op: 'replace', path: core, value: { title: text } },
    ],
    (text) => [
      { op: 'replace', path: 'name.givenName', value: text },
      { op: 'replace', value: { 'name.givenName': text } },
      { op: 'replace', value: { name: { givenName: text } } },
      { op: 'add', path: 'name', value: { GIVENNAME: text } },
      { op: 'add', path: `${core}:name.givenName`, value: text },
    ],
    (text) => [
      { op: 'replace', path: `${enterprise}:department`, value: text },
      { op: 'replace', path: 'department', value: text },
      { op: 'add', value: { [`${enterprise}:department`]: text } },
      { op: 'replace', value: { [enterprise]: { department: text } } },
      { op: 'add', path: enterprise, value: { department: text } },
    ],
    (text) => [
      { op: 'replace', path: `${enterprise}:manager`, value: text },
      { op: 'replace', path: 'manager', value: [{ value: text }] },
      { op: 'add', path: `${enterprise}:manager`, value: { value: text } },
      { op: 'replace', path: `${enterprise}:manager.value`, value: text },
      { op: 'replace', value: { [enterprise]: { manager: text } } },
    ],
    (text) => [
      { op: 'replace', path: 'emails[type eq "work"].value', value: text },
      { op: 'add', path: 'emails[Type eq "work"].value', value: text },
      { op: 'replace', path: `${core}:emails[type EQ "work"].VALUE`, value: text },
      { op: 'replace', value: { 'emails[type eq "work"].value': text } },
    ],
  ];

  test('every spelling of a change gives the same result or the same refusal (T37)', () => {
    const outcome = (operation: unknown) => {
      const refusedWith = refused(ada, operation);
      return refusedWith === 'accepted' ? patch(ada, operation) : refusedWith;
    };
    fc.assert(
      fc.property(fc.constantFrom(...spellings), value, (spell, text) => {
        const [first, ...others] = spell(text);
        const expected = outcome(first);
        for (const other of others) expect(outcome(other)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('no operation reaches a prototype or stores a name that no schema has (T34, T23)', () => {
    const before = [Object.prototype, Array.prototype, Function.prototype].map((it) => Object.getOwnPropertyNames(it));
    const odd = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', '__proto__.polluted', 'constructor.prototype', 'name.__proto__', 'emails[type eq "work"].__proto__', '__proto__[type eq "x"].y', 'emails.constructor', 'title');
    const content = fc.constantFrom<unknown>('x', { polluted: true }, JSON.parse('{"__proto__": {"polluted": true}}'), [JSON.parse('{"__proto__": 1, "value": "v"}')], null);
    const known = new Set(Object.keys(ada));
    fc.assert(
      fc.property(fc.constantFrom('add', 'replace', 'remove'), odd, content, fc.boolean(), (op, path, raw, isPathed) => {
        const operation = isPathed ? { op, path, value: raw } : JSON.parse(`{"op": "${op}", "value": {${JSON.stringify(path)}: ${JSON.stringify(raw)}}}`);
        if (refused(ada, operation) !== 'accepted') return;
        const after = patch(ada, operation);
        expect(Object.keys(after).filter((name) => !known.has(name))).toEqual([]);
        expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
      }),
      { numRuns: 500 },
    );
    expect([Object.prototype, Array.prototype, Function.prototype].map((it) => Object.getOwnPropertyNames(it))).toEqual(before);
    expect(Object.hasOwn({}, 'polluted')).toBe(false);
  });
});
