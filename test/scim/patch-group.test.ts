import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GroupEdit } from '../../lambdas/directory/directory.ts';
import { readGroupPatch } from '../../lambdas/scim/patch-group.ts';
import { refusal } from './refusal.ts';

const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const G1 = '018f0000-0000-7000-8000-0000000000a1';
const body = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
const read = (...operations: unknown[]) => readGroupPatch(body(...operations), G1);
const delta = (add: string[], remove: string[]): GroupEdit => ({ members: { kind: 'delta', add, remove } });
const replace = (...members: string[]): GroupEdit => ({ members: { kind: 'replace', members } });

describe('PATCH of a group: shapes from the wire (idp-traffic 11)', () => {
  test.each<[string, unknown[], GroupEdit]>([
    ['S14', [{ op: 'Add', path: 'members', value: [{ $ref: null, value: 'U1' }] }], delta(['U1'], [])],
    ['S15', [{ op: 'add', path: 'members', value: [{ value: 'U1', display: 'ada' }] }], delta(['U1'], [])],
    ['S16', [{ op: 'add', value: { members: [{ value: 'U1' }] } }], delta(['U1'], [])],
    ['S17', [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: 'U1' }] }], delta([], ['U1'])],
    ['S18', [{ op: 'remove', path: 'members[value eq "U1"]' }], delta([], ['U1'])],
    [
      'S18 with or',
      [{ op: 'remove', path: 'members[value eq "U1" or value eq "U2"]' }],
      delta([], ['U1', 'U2']),
    ],
    ['S18 without quotes', [{ op: 'remove', path: 'members[value eq U1]' }], delta([], ['U1'])],
    ['S19', [{ op: 'remove', path: 'members' }], replace()],
    ['S19 with null', [{ op: 'remove', path: 'members', value: null }], replace()],
    ['S20', [{ op: 'replace', path: 'members', value: [] }], replace()],
    [
      'S20 with people (Okta push now)',
      [{ op: 'replace', path: 'members', value: [{ value: 'U1', display: 'x' }, { value: 'U2' }] }],
      replace('U1', 'U2'),
    ],
    ['S21', [{ op: 'replace', value: { id: G1, displayName: 'N' } }], { displayName: 'N' }],
    [
      'S22',
      [
        {
          op: 'replace',
          value: {
            schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
            id: G1,
            externalId: 'e',
            displayName: 'N',
          },
        },
      ],
      { displayName: 'N', externalId: 'e' },
    ],
    ['S23', [{ op: 'Replace', path: 'externalId', value: 'e2' }], { externalId: 'e2' }],
    ['S24', [{ op: 'add', name: 'addMember', path: 'members', value: [{ value: 'U1' }] }], delta(['U1'], [])],
    ['S25', [{ op: 'add', path: 'members', value: [{ value: 'U1', displayName: 'x' }] }], delta(['U1'], [])],
    ['S26', [{ op: 'add', path: 'members', value: 'U1' }], delta(['U1'], [])],
    ['S26 in a list', [{ op: 'add', path: 'members', value: ['U1', 'U2'] }], delta(['U1', 'U2'], [])],
    [
      'S27 the last word on a member counts',
      [
        { op: 'remove', path: 'members', value: [{ value: 'U1' }] },
        { op: 'add', path: 'members', value: [{ value: 'U1' }] },
      ],
      delta(['U1'], []),
    ],
    [
      'S27 the other way round',
      [
        { op: 'add', path: 'members', value: [{ value: 'U1' }] },
        { op: 'remove', path: 'members[value eq "U1"]' },
      ],
      delta([], ['U1']),
    ],
    [
      'S27 a list forgets what came before',
      [
        { op: 'add', path: 'members', value: 'U1' },
        { op: 'replace', path: 'members', value: ['U2'] },
        { op: 'add', path: 'members', value: ['U3'] },
        { op: 'remove', path: 'members', value: ['U2'] },
      ],
      replace('U3'),
    ],
    [
      'S27 everybody out, then one in',
      [
        { op: 'remove', path: 'members' },
        { op: 'add', path: 'members', value: 'U1' },
      ],
      replace('U1'),
    ],
    [
      'Okta: out and in',
      [
        { op: 'remove', path: 'members[value eq "U2"]' },
        { op: 'add', path: 'members', value: [{ value: 'U1', display: 'x' }] },
      ],
      delta(['U1'], ['U2']),
    ],
    [
      'Keycloak: members, name and externalId',
      [
        { op: 'replace', path: 'members', value: [{ value: 'U1' }] },
        { op: 'replace', path: 'displayName', value: 'N' },
        { op: 'replace', path: 'externalId', value: 'e' },
      ],
      { ...replace('U1'), displayName: 'N', externalId: 'e' },
    ],
    [
      'authentik: one operation each',
      [
        { op: 'add', path: 'members', value: [{ value: 'U1' }] },
        { op: 'add', path: 'members', value: [{ value: 'U2' }] },
      ],
      delta(['U1', 'U2'], []),
    ],
    ['ssosync: no member listed', [{ op: 'add', path: 'members', value: [] }], {}],
    ['remove with an empty list removes nobody (T41)', [{ op: 'remove', path: 'members', value: [] }], {}],
    [
      'removal of somebody called a group',
      [{ op: 'remove', path: 'members', value: [{ value: 'U1', type: 'Group' }] }],
      delta([], ['U1']),
    ],
    [
      'the last displayName counts (R8)',
      [
        { op: 'replace', path: 'displayName', value: 'A' },
        { op: 'replace', value: { displayName: 'B' } },
      ],
      { displayName: 'B' },
    ],
    ['externalId removed', [{ op: 'remove', path: 'externalId' }], { externalId: null }],
    ['externalId emptied', [{ op: 'replace', path: 'externalId', value: '' }], { externalId: null }],
    [
      'a display of a member is not ours',
      [{ op: 'replace', path: 'members[value eq "U1"].display', value: 'x' }],
      {},
    ],
    ['an unknown attribute', [{ op: 'replace', value: { description: 'x' } }], {}],
    [
      'a qualified path',
      [{ op: 'add', path: 'urn:ietf:params:scim:schemas:core:2.0:Group:members', value: [{ value: 'U1' }] }],
      delta(['U1'], []),
    ],
    ['members.value', [{ op: 'remove', path: 'members.value', value: 'U1' }], delta([], ['U1'])],
    ['the same member twice', [{ op: 'add', path: 'members', value: ['U1', 'U1'] }], delta(['U1'], [])],
    ['Members in any case', [{ op: 'ADD', path: 'MEMBERS', value: [{ VALUE: 'U1' }] }], delta(['U1'], [])],
    ['an extra top-level id (S24)', [{ op: 'add', path: 'members', value: 'U1' }], delta(['U1'], [])],
  ])('%s', (_label, operations, edit) => {
    expect(read(...operations)).toEqual(edit);
  });

  test.each<[string, unknown[], [number, string | undefined]]>([
    [
      'a group as a member (T29)',
      [{ op: 'add', path: 'members', value: [{ value: 'G2', type: 'Group' }] }],
      [400, 'invalidValue'],
    ],
    [
      'a group as a member by its $ref (T29)',
      [{ op: 'add', path: 'members', value: [{ value: 'G2', $ref: 'https://x/scim/v2/Groups/G2' }] }],
      [400, 'invalidValue'],
    ],
    [
      'a group in a full list (T29)',
      [{ op: 'replace', path: 'members', value: [{ value: 'G2', type: 'group' }] }],
      [400, 'invalidValue'],
    ],
    [
      'a member without a value',
      [{ op: 'add', path: 'members', value: [{ display: 'x' }] }],
      [400, 'invalidValue'],
    ],
    ['a removal without a value', [{ op: 'remove', path: 'members', value: [{}] }], [400, 'invalidValue']],
    ['a member that is a number', [{ op: 'add', path: 'members', value: [5] }], [400, 'invalidValue']],
    [
      'a member id with a zero-width space (T19)',
      [{ op: 'add', path: 'members', value: ['U\u200B1'] }],
      [400, 'invalidValue'],
    ],
    ['an empty text as members', [{ op: 'replace', path: 'members', value: '' }], [400, 'invalidValue']],
    ['a removal of an empty text', [{ op: 'remove', path: 'members', value: '' }], [400, 'invalidValue']],
    ['replace without a value', [{ op: 'replace', path: 'members' }], [400, 'invalidValue']],
    ['members.value without saying whose', [{ op: 'remove', path: 'members.value' }], [400, 'invalidPath']],
    [
      'a filter about something else',
      [{ op: 'remove', path: 'members[type eq "User"]' }],
      [400, 'invalidFilter'],
    ],
    [
      'a filter that negates',
      [{ op: 'remove', path: 'members[not (value eq "U1")]' }],
      [400, 'invalidFilter'],
    ],
    [
      'a filter half about something else',
      [{ op: 'remove', path: 'members[value eq "U1" or display eq "x"]' }],
      [400, 'invalidFilter'],
    ],
    [
      'a member changed in place (row 259)',
      [{ op: 'replace', path: 'members[value eq "U1"].value', value: 'U2' }],
      [400, 'mutability'],
    ],
    [
      'the type of members (row 259)',
      [{ op: 'replace', path: 'members.type', value: 'Group' }],
      [400, 'mutability'],
    ],
    ['displayName removed (row 212)', [{ op: 'remove', path: 'displayName' }], [400, 'mutability']],
    ['displayName emptied', [{ op: 'replace', path: 'displayName', value: '' }], [400, 'invalidValue']],
    ['displayName of blanks', [{ op: 'replace', path: 'displayName', value: '  ' }], [400, 'invalidValue']],
    ['another id', [{ op: 'replace', value: { id: 'other', displayName: 'N' } }], [400, 'mutability']],
    [
      'a good operation before a bad one (row 190)',
      [{ op: 'add', path: 'members', value: 'U1' }, { op: 'remove' }],
      [400, 'noTarget'],
    ],
    [
      'more than 1,000 members to add',
      [{ op: 'add', path: 'members', value: Array.from({ length: 1001 }, (_, n) => `U${n}`) }],
      [413, undefined],
    ],
    [
      'more than 1,000 in two operations',
      [
        { op: 'add', path: 'members', value: Array.from({ length: 600 }, (_, n) => `U${n}`) },
        { op: 'remove', path: 'members', value: Array.from({ length: 401 }, (_, n) => `V${n}`) },
      ],
      [413, undefined],
    ],
    [
      'a list of more than 10,000',
      [{ op: 'replace', path: 'members', value: Array.from({ length: 10_001 }, (_, n) => `U${n}`) }],
      [413, undefined],
    ],
  ])('%s is refused', (_label, operations, expected) => {
    expect(refusal(() => read(...operations))).toEqual(expected);
  });

  test('1,000 members to add are fine', () => {
    const ids = Array.from({ length: 1000 }, (_, n) => `U${n}`);
    expect(read({ op: 'add', path: 'members', value: ids })).toEqual(delta(ids, []));
  });
});

describe('the net of any sequence (R8)', () => {
  const ids = ['U1', 'U2', 'U3'];
  const some = fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1 });
  const member = (id: string) => ({ value: id });
  /** One primitive change, with every spelling of it, and its effect on a set. */
  const step = fc.oneof(
    fc.tuple(some, fc.nat(3)).map(([list, spelling]) => ({
      operation: [
        { op: 'add', path: 'members', value: list.map(member) },
        { op: 'Add', value: { members: list.map(member) } },
        { op: 'ADD', path: 'Members', value: list },
        {
          op: 'add',
          path: 'urn:ietf:params:scim:schemas:core:2.0:Group:members',
          value: list.length === 1 ? list[0] : list,
        },
      ][spelling],
      effect: (set: ReadonlySet<string>) => set.union(new Set(list)),
    })),
    fc.tuple(some, fc.nat(2)).map(([list, spelling]) => ({
      operation: [
        { op: 'Remove', path: 'members', value: list.map(member) },
        { op: 'remove', path: `members[${list.map((id) => `value eq "${id}"`).join(' or ')}]` },
        { op: 'remove', path: 'members.value', value: list },
      ][spelling],
      effect: (set: ReadonlySet<string>) => set.difference(new Set(list)),
    })),
    fc.tuple(fc.uniqueArray(fc.constantFrom(...ids)), fc.boolean()).map(([list, isPathed]) => ({
      operation: isPathed
        ? { op: 'replace', path: 'members', value: list.map(member) }
        : { op: 'replace', value: { members: list } },
      effect: () => new Set(list),
    })),
    fc
      .constantFrom({ op: 'remove', path: 'members' }, { op: 'remove', path: 'members', value: null })
      .map((operation) => ({
        operation,
        effect: () => new Set<string>(),
      })),
  );

  test('applying the net is applying the operations one by one, whatever their spelling (T37)', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...ids)),
        fc.array(step, { minLength: 1, maxLength: 6 }),
        (start, steps) => {
          let expected: ReadonlySet<string> = new Set(start);
          for (const { effect } of steps) expected = effect(expected);
          const { members } = read(...steps.map(({ operation }) => operation));
          const after = new Set(members?.kind === 'replace' ? members.members : start);
          if (members?.kind === 'delta') {
            for (const id of members.add) after.add(id);
            for (const id of members.remove) after.delete(id);
            expect(members.add.filter((id) => members.remove.includes(id))).toEqual([]);
          }
          expect([...after].sort()).toEqual([...expected].sort());
        },
      ),
      { numRuns: 10_000 },
    );
  });
});
