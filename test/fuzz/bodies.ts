/** Bodies of SCIM requests: what clients send, bent in all the ways of `json-text.ts`, and bytes that are no text at all. */
import * as fc from 'fast-check';
import { hand, userFilter, write } from '../scim/filter-arbitraries.ts';
import {
  additions,
  dialects,
  exchanges,
  groupTargets,
  pinned,
  type Spelling,
  settings,
  userTargets,
} from '../scim/patch-spellings.ts';
import { core, enterprise, patchOp } from '../scim/patching.ts';
import { oddValue, sabotage, type Tree, tamper, textOf, treeOf } from './json-text.ts';

/** Stands in many values that are sent, so that an answer that repeats one is seen (T44). */
export const CANARY = 'zq9canary';

export interface Known {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly strangers: readonly string[];
}

/** A small pool, so that names collide. */
const word = fc.oneof(
  { weight: 6, arbitrary: fc.nat(25).map((number) => `${CANARY}${number}@example.com`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '\u212Aelvin@example.com',
      'x',
      '_org_admin',
      'a/../b@x.org',
      'a?x=1@x.org',
      "'); DROP TABLE--",
      '=cmd()',
      '<img src=x>',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);
const text = fc.oneof(word, fc.string({ unit: 'binary', maxLength: 20 }));

function userOf(known: Known): fc.Arbitrary<unknown> {
  const plural = fc.array(
    fc.record(
      { value: text, type: fc.constantFrom('work', 'home', 'other'), primary: fc.boolean() },
      { requiredKeys: ['value'] },
    ),
    { maxLength: 3 },
  );
  return fc.record(
    {
      schemas: fc.constantFrom([core], [core, enterprise], core, []),
      userName: word,
      externalId: text,
      name: fc.record({ givenName: text, familyName: text }, { requiredKeys: [] }),
      displayName: text,
      active: fc.constantFrom<unknown>(true, false, 'True', 'False'),
      password: fc.constant(CANARY),
      emails: plural,
      phoneNumbers: plural,
      addresses: fc.array(
        fc.record({ country: fc.constantFrom('US', 'nl', 'Germany', 'XX'), type: fc.constant('work') }),
        { maxLength: 2 },
      ),
      [enterprise]: fc.record(
        { department: text, manager: fc.constantFrom<unknown>(known.users[0], { value: known.users[1] }) },
        { requiredKeys: [] },
      ),
      id: fc.constantFrom(...known.users),
      groups: fc.constant([{ value: known.groups[0] }]),
    },
    { requiredKeys: ['userName'] },
  );
}

function groupOf(known: Known): fc.Arbitrary<unknown> {
  return fc.record(
    {
      displayName: fc.oneof(text, fc.constantFrom('Agents', 'agents ', '_org_admin')),
      externalId: text,
      members: membersOf(known),
    },
    { requiredKeys: ['displayName'] },
  );
}

function membersOf(known: Known): fc.Arbitrary<unknown[]> {
  const id = fc.constantFrom(...known.users, ...known.groups, ...known.strangers, CANARY);
  return fc.array(
    fc.oneof(
      id,
      fc.record(
        { value: id, type: fc.constantFrom('User', 'Group'), $ref: text },
        { requiredKeys: ['value'] },
      ),
    ),
    { maxLength: 6 },
  );
}

const userChange: fc.Arbitrary<readonly Spelling[]> = fc.oneof(
  settings(userTargets),
  additions,
  exchanges,
  pinned,
  dialects,
);

/** What the operations of PATCH are about, right and wrong. */
interface Changes {
  readonly path: fc.Arbitrary<string>;
  readonly value: fc.Arbitrary<unknown>;
  readonly known: fc.Arbitrary<readonly Spelling[]>;
}

function patchOf({ path, value, known }: Changes): fc.Arbitrary<unknown> {
  const op = fc.constantFrom('add', 'replace', 'remove', 'Add', 'Replace', 'Remove', 'move', 'test');
  const strange = fc.constantFrom(
    'id',
    'meta',
    'schemas',
    '/members/0',
    '__proto__.x',
    'constructor',
    'emails[',
    '',
    'x.y.z',
  );
  const paths = fc.oneof({ weight: 4, arbitrary: path }, { weight: 1, arbitrary: strange });
  const any = fc.record({ op, path: paths, value }, { requiredKeys: ['op'] });
  const operations = fc.oneof(
    { weight: 6, arbitrary: known.chain((ways) => fc.constantFrom(...ways)) },
    { weight: 4, arbitrary: fc.array(any, { minLength: 1, maxLength: 5 }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(any, fc.constantFrom(30, 150))
        .map(([one, times]) => Array.from({ length: times }, () => one)),
    },
  );
  return operations.map((Operations) => ({ schemas: [patchOp], Operations }));
}

function userPatchOf(known: Known): fc.Arbitrary<unknown> {
  const filtered = fc.tuple(userFilter, hand).map(([filter, by]) => `emails[${write(filter, by)}].value`);
  const plain = fc.constantFrom(
    'active',
    'name',
    'emails',
    'emails[type eq "work"].value',
    'emails[type eq "work"]',
    enterprise,
    `${core}:name.givenName`,
    'addresses[type eq "work"].country',
  );
  return patchOf({
    path: fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: filtered }),
    value: fc.oneof(text, fc.boolean(), userOf(known)),
    known: userChange,
  });
}

function groupPatchOf(known: Known): fc.Arbitrary<unknown> {
  const members = membersOf(known);
  const filtered = fc
    .tuple(fc.constantFrom(...known.users), fc.nat(25))
    .map(
      ([id, times]) => `members[${Array.from({ length: times + 1 }, () => `value eq "${id}"`).join(' or ')}]`,
    );
  const changes = fc
    .tuple(fc.constantFrom('add', 'Add', 'remove', 'Remove', 'replace'), members)
    .map(([op, value]) => [[{ op, path: 'members', value }]]);
  return patchOf({
    path: fc.oneof(fc.constantFrom('members', 'displayName', 'externalId', 'members.value'), filtered),
    value: fc.oneof(text, members, groupOf(known)),
    known: fc.oneof({ weight: 3, arbitrary: changes }, { weight: 1, arbitrary: settings(groupTargets) }),
  });
}

const search = fc.record(
  {
    schemas: fc.constant(['urn:ietf:params:scim:api:messages:2.0:SearchRequest']),
    filter: fc.tuple(userFilter, hand).map(([filter, by]) => write(filter, by)),
    attributes: fc.array(fc.constantFrom('userName', 'emails.value', 'members', enterprise, 'x'), {
      maxLength: 4,
    }),
    excludedAttributes: fc.array(fc.constantFrom('members', 'id', 'groups'), { maxLength: 2 }),
    sortBy: fc.constantFrom('userName', 'name', 'emails', 'meta.created', '__proto__'),
    sortOrder: fc.constantFrom('ascending', 'descending', 'sideways'),
    startIndex: fc.constantFrom<unknown>(1, 0, -5, 2 ** 31, 1.5, '7', 1e308),
    count: fc.constantFrom<unknown>(0, 1, -1, 2 ** 31, '5'),
    cursor: fc.constantFrom('', 'x', 'a.b'),
  },
  { requiredKeys: [] },
);

function bulkOf(known: Known): fc.Arbitrary<unknown> {
  const bulkId = fc.constantFrom('a', 'b', 'c', CANARY, '');
  const operation = fc.oneof(
    fc.record({
      method: fc.constantFrom('POST', 'post', 'PUT'),
      path: fc.constantFrom('/Users', '/Groups'),
      bulkId,
      data: fc.oneof(userOf(known), groupOf(known)),
    }),
    fc.record({
      method: fc.constant('POST'),
      path: fc.constant('/Groups'),
      bulkId,
      data: bulkId.map((id) => ({
        displayName: `${CANARY} ${id}`,
        members: [{ value: `bulkId:${id}` }, { value: 'bulkId:a' }],
      })),
    }),
    fc.record({
      method: fc.constantFrom('PATCH', 'DELETE', 'GET', 'HEAD', 'TRACE'),
      path: fc.constantFrom(
        `/Users/${known.users[2]}`,
        `/Groups/${known.groups[1]}`,
        '/Users/bulkId:a',
        '/Bulk',
        '/Users/..',
        '/../Users',
        'Users',
        '//Users/x',
        '/Users/%2e',
        '/Schemas',
      ),
      data: userPatchOf(known),
      version: fc.constantFrom('W/"1"', '"x"', '*'),
    }),
  );
  return fc.record(
    {
      schemas: fc.constant(['urn:ietf:params:scim:api:messages:2.0:BulkRequest']),
      Operations: fc.array(operation, { maxLength: 4 }),
      failOnErrors: fc.constantFrom<unknown>(1, 0, '1', 2.5),
    },
    { requiredKeys: ['Operations'] },
  );
}

/** What a client means, by the kind of body. */
export function meantBodies(known: Known) {
  return {
    user: userOf(known),
    group: groupOf(known),
    userPatch: userPatchOf(known),
    groupPatch: groupPatchOf(known),
    search,
    bulk: bulkOf(known),
  };
}

/** What arrives of it: a third of the bodies as they were meant. */
export function bent(meant: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const tree = fc.oneof({ weight: 20, arbitrary: meant.map(treeOf) }, { weight: 1, arbitrary: oddValue });
  const acts = fc.oneof(fc.constant([]), fc.array(sabotage, { minLength: 1, maxLength: 3 }));
  return fc
    .tuple(tree, acts, tamper)
    .map(([whole, list, change]) => change(textOf(list.reduce<Tree>((bending, act) => act(bending), whole))));
}

/** Bytes that were a body once, or never. */
export function rawBody(known: Known): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(4000), fc.nat(255), fc.constantFrom('put', 'insert', 'cut', 'twice'));
  const damaged = fc
    .tuple(
      bent(fc.oneof(...Object.values(meantBodies(known)))),
      fc.array(change, { minLength: 1, maxLength: 6 }),
    )
    .map(([body, changes]) => changes.reduce(bend, new TextEncoder().encode(body)));
  const noise = fc.uint8Array({ maxLength: 200 });
  return fc.oneof(
    { weight: 5, arbitrary: damaged },
    { weight: 2, arbitrary: noise },
    { weight: 1, arbitrary: fc.constantFrom(...magic) },
  );
}

const magic = [
  Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0),
  Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0),
  Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d),
  Uint8Array.of(0xc0, 0xaf, 0xe0, 0x80, 0xaf),
  Uint8Array.of(0xed, 0xa0, 0x80),
  new Uint8Array(200_000),
];

function bend(
  bytes: Uint8Array<ArrayBuffer>,
  [where, value, act]: readonly [number, number, string],
): Uint8Array<ArrayBuffer> {
  const place = where % Math.max(1, bytes.length);
  const [head, tail] = [bytes.slice(0, place), bytes.slice(place)];
  switch (act) {
    case 'put':
      return Uint8Array.from([...head, value, ...tail.slice(1)]);
    case 'insert':
      return Uint8Array.from([...head, value, ...tail]);
    case 'cut':
      return head;
    default:
      return Uint8Array.from([...head, ...tail.slice(0, 500), ...tail]);
  }
}
