import { describe, expect, test } from 'vitest';
import { GroupId, GroupRecord, UserRecord, type UserResource } from '../../lambdas/directory/records.ts';
import { GROUP, USER } from '../../lambdas/scim/attributes.ts';
import { project, readProjection, wants } from '../../lambdas/scim/projection.ts';
import { groupToWire, userToWire } from '../../lambdas/scim/resource.ts';

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const groupUrn = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const U1 = '018f0000-0000-7000-8000-000000000001';
const G1 = GroupId.parse('018f0000-0000-7000-8000-0000000000a1');
const base = 'https://bridge.example.net/scim/v2';

const user = (resource: UserResource) =>
  UserRecord.parse({
    id: U1,
    accountId: '018f0000-0000-7000-8000-0000000000c1',
    version: 3,
    created: Date.parse('2026-01-01T00:00:00Z'),
    lastModified: Date.parse('2026-02-01T00:00:00Z'),
    resource,
  });
const group = GroupRecord.parse({
  id: G1,
  displayName: 'Chat – North',
  externalId: 'e1',
  version: 7,
  created: 0,
  lastModified: 0,
  state: 'live',
});

const full: UserResource = {
  externalId: 'e',
  userName: 'ada@example.com',
  name: { givenName: 'Ada', familyName: 'Park' },
  active: true,
  emails: [
    { value: 'ada@example.com', type: 'work', primary: true },
    { value: 'h@example.com', type: 'home' },
  ],
  [enterprise]: { department: 'Field', manager: { value: U1 } },
};

describe('what a client is shown', () => {
  const groups = [{ id: G1, displayName: 'Chat – North' }];

  test('a user has schemas in use, id near the front, groups, references and meta (rows 47-58, 80)', () => {
    const wire = userToWire(user(full), base, groups);
    expect(Object.keys(wire).slice(0, 2)).toEqual(['schemas', 'id']);
    expect(wire).toMatchObject({
      schemas: [core, enterprise],
      groups: [{ value: G1, $ref: `${base}/Groups/${G1}`, display: 'Chat – North', type: 'direct' }],
      [enterprise]: { manager: { value: U1, $ref: `${base}/Users/${U1}` } },
      meta: {
        resourceType: 'User',
        created: '2026-01-01T00:00:00.000Z',
        lastModified: '2026-02-01T00:00:00.000Z',
        location: `${base}/Users/${U1}`,
      },
    });
    expect(userToWire(user({ userName: 'a', active: true }), base, [])).toMatchObject({
      schemas: [core],
      meta: { version: 'W/"3"' },
    });
  });

  test('the tag of a user changes with the groups that are shown (row 234)', () => {
    const tag = (refs: typeof groups) => JSON.stringify(userToWire(user(full), base, refs)['meta']);
    const renamed = [{ id: G1, displayName: 'Chat – South' }];
    expect(new Set([tag([]), tag(groups), tag(renamed)]).size).toBe(3);
    expect(tag(groups)).toBe(tag(groups));
  });

  test('a manager that is no id of ours gets no link (row 68)', () => {
    const shown = userToWire(user({ ...full, [enterprise]: { manager: { value: 'Bo Lee' } } }), base, []);
    expect(shown[enterprise]).toEqual({ manager: { value: 'Bo Lee' } });
  });

  test('a group shows its members, also none, unless they were not read (idp-traffic 9.1)', () => {
    expect(groupToWire(group, base, [U1])).toMatchObject({
      id: G1,
      displayName: 'Chat – North',
      externalId: 'e1',
      members: [{ value: U1, $ref: `${base}/Users/${U1}`, type: 'User' }],
      meta: { version: 'W/"7"' },
    });
    expect(groupToWire(group, base, undefined)).not.toHaveProperty('members');
    expect(groupToWire(group, base, [])['members']).toEqual([]);
  });

  const shown = (attributes?: string, excluded?: string) =>
    project(readProjection(USER, attributes, excluded), userToWire(user(full), base, groups));
  test.each<[string, string | undefined, string | undefined, string[]]>([
    [
      'all by default',
      undefined,
      undefined,
      ['schemas', 'id', 'externalId', 'userName', 'name', 'active', 'emails', 'groups', enterprise, 'meta'],
    ],
    [
      'one attribute, and what is always shown (row 166)',
      'userName',
      undefined,
      ['schemas', 'id', 'userName'],
    ],
    [
      'in any case, with blanks (row 169)',
      ' USERNAME , Name.GivenName ',
      undefined,
      ['schemas', 'id', 'userName', 'name'],
    ],
    ['id alone', 'id', undefined, ['schemas', 'id']],
    ['unknown names are ignored (row 172)', 'shoeSize,userName', undefined, ['schemas', 'id', 'userName']],
    ['only unknown names', 'shoeSize', undefined, ['schemas', 'id']],
    ['an extension as a whole', enterprise, undefined, ['schemas', 'id', enterprise]],
    ['meta', 'meta.version', undefined, ['schemas', 'id', 'meta']],
    ['the core schema', core, undefined, ['schemas', 'id', 'userName', 'name', 'active', 'emails', 'groups']],
    [
      'without some (row 167)',
      undefined,
      'groups,emails,meta',
      ['schemas', 'id', 'externalId', 'userName', 'name', 'active', enterprise],
    ],
    [
      'never without what is always shown (row 167)',
      undefined,
      'id,schemas',
      ['schemas', 'id', 'externalId', 'userName', 'name', 'active', 'emails', 'groups', enterprise, 'meta'],
    ],
    [
      'without an extension',
      undefined,
      enterprise,
      ['schemas', 'id', 'externalId', 'userName', 'name', 'active', 'emails', 'groups', 'meta'],
    ],
    [
      'attributes win over excludedAttributes (row 168)',
      'userName',
      'userName',
      ['schemas', 'id', 'userName'],
    ],
    ['password is never shown (row 77)', 'password', undefined, ['schemas', 'id']],
    [
      'empty parameters mean nothing',
      '',
      ',',
      ['schemas', 'id', 'externalId', 'userName', 'name', 'active', 'emails', 'groups', enterprise, 'meta'],
    ],
  ])('projection: %s', (_label, attributes, excluded, names) => {
    expect(Object.keys(shown(attributes, excluded))).toEqual(names);
  });

  test('parts of attributes (row 169)', () => {
    expect(shown('name.givenName,emails.value')).toMatchObject({
      name: { givenName: 'Ada' },
      emails: [{ value: 'ada@example.com' }, { value: 'h@example.com' }],
    });
    expect(shown('name.givenName')['name']).toEqual({ givenName: 'Ada' });
    expect(shown(undefined, 'emails.type,emails.primary')['emails']).toEqual([
      { value: 'ada@example.com' },
      { value: 'h@example.com' },
    ]);
    expect(shown(`${enterprise}:department`)[enterprise]).toEqual({ department: 'Field' });
    expect(shown(undefined, `${enterprise}:manager.value`)[enterprise]).toMatchObject({
      department: 'Field',
      manager: { $ref: `${base}/Users/${U1}` },
    });
  });

  test.each<[string, string | undefined, string | undefined, boolean]>([
    ['by default', undefined, undefined, true],
    ['excluded', undefined, 'members', false],
    ['excluded by its URN', undefined, `${groupUrn}:members`, false],
    ['only a part excluded', undefined, 'members.type', true],
    ['not among the attributes', 'displayName', undefined, false],
    ['among them', 'displayName,members', undefined, true],
    ['a part among them', 'members.value', undefined, true],
  ])('members are read: %s', (_label, attributes, excluded, expected) => {
    expect(wants(readProjection(GROUP, attributes, excluded), 'members')).toBe(expected);
  });
});
