/** PATCH of a group: all spellings of one change come to one result (T37, R8). */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GroupEdit } from '../../lambdas/directory/directory.ts';
import { readGroupPatch } from '../../lambdas/scim/patch-group.ts';
import { bodiesOf, groupTargets, groupUrn, removals, type Spelling, settings } from './patch-spellings.ts';
import { refusal } from './refusal.ts';

const RUNS = 10_000;
const id = '018f0000-0000-7000-8000-000000000002';

interface Group {
  readonly displayName: string;
  readonly externalId: string | undefined;
  readonly members: readonly string[];
}
const before: fc.Arbitrary<Group> = fc.record({
  displayName: fc.constant('Agents'),
  externalId: fc.constantFrom(undefined, 'e-1'),
  members: fc.uniqueArray(fc.constantFrom('U1', 'U2', 'U3', 'U4')),
});

/** The group after the edit, told apart from every other by its text. */
function after(group: Group, { displayName, externalId, members }: GroupEdit): string {
  const left = new Set(members?.kind === 'replace' ? members.members : group.members);
  if (members?.kind === 'delta') {
    for (const member of members.add) left.add(member);
    for (const member of members.remove) left.delete(member);
  }
  const newExternalId = externalId === undefined ? group.externalId : (externalId ?? undefined);
  return JSON.stringify([displayName ?? group.displayName, newExternalId, [...left].sort()]);
}

function outcomeOf(group: Group, body: unknown): string {
  let outcome = '';
  const refusedWith = refusal(() => {
    outcome = after(group, readGroupPatch(body, id));
  });
  return refusedWith === 'accepted' ? outcome : `refused ${refusedWith.join(' ')}`;
}

const odd = fc.constantFrom<unknown>(
  '',
  'a\u0000',
  '\uD800',
  'x\u200B',
  { value: '' },
  { value: 7 },
  { value: ['U1'] },
  {},
  12,
);
const person = fc.constantFrom('U1', 'U2', 'U3', 'U4', 'U5', 'u1', 'U"]\\');
const people = fc.uniqueArray(person, { minLength: 1, maxLength: 4 });
/** Who joins, now and then with an entry that names nobody, or a group. */
const joiners = fc.tuple(
  people,
  fc.option(fc.oneof(odd, fc.constant({ value: 'G1', type: 'Group' })), { freq: 6 }),
);
const member = (value: string) => ({ value });
const decorated = (value: string) => ({
  VALUE: value,
  display: 'Somebody',
  $ref: `../Users/${value}`,
  type: 'User',
});

const joining: fc.Arbitrary<readonly Spelling[]> = joiners.map(([list, stray]) => {
  const also = stray === null ? [] : [stray];
  return [
    [{ op: 'add', path: 'members', value: [...list.map(member), ...also] }],
    [{ op: 'Add', path: 'MEMBERS', value: [...list, ...also] }],
    [{ op: 'ADD', path: `${groupUrn}:members`, value: [...list.map(decorated), ...also] }],
    [{ op: 'add', value: { members: [...list.map(member), ...also] } }],
    [{ op: 'Add', value: { [`${groupUrn}:Members`]: [...list, ...also] } }],
    [{ op: 'add', path: groupUrn, value: { members: [...list.map(decorated), ...also] } }],
    [...list, ...also].map((value) => ({ op: 'add', path: 'members', value })),
    [...list.map(member), ...also].map((value) => ({ op: 'Add', path: 'members', value: [value] })),
    // Whoever leaves and joins in one request has joined (R8).
    [
      { op: 'remove', path: 'members', value: list.map(member) },
      { op: 'add', path: 'members', value: [...list.map(member), ...also] },
    ],
  ];
});

const leaving: fc.Arbitrary<readonly Spelling[]> = people.map((list) => {
  const filters = list.map((value) => `value eq ${JSON.stringify(value)}`);
  return [
    [{ op: 'remove', path: 'members', value: list.map(member) }],
    [{ op: 'Remove', path: 'Members', value: list.map(decorated) }],
    [{ op: 'REMOVE', path: `${groupUrn}:members`, value: list }],
    [{ op: 'remove', path: 'members.value', value: list }],
    [{ op: 'remove', path: `members[${filters.join(' or ')}]` }],
    filters.map((filter) => ({
      op: 'Remove',
      path: `members[${filter.toUpperCase().replace(/".*"/, filter.slice(9))}]`,
    })),
    list.map((value) => ({ op: 'remove', path: 'members', value: { value } })),
    [
      { op: 'add', path: 'members', value: list.map(member) },
      { op: 'remove', path: 'members', value: list.map(member) },
    ],
  ];
});

const exchanging: fc.Arbitrary<readonly Spelling[]> = joiners.map(([list, stray]) => {
  const also = stray === null ? [] : [stray];
  const all = [...list.map(member), ...also];
  return [
    [{ op: 'replace', path: 'members', value: all }],
    [{ op: 'Replace', path: `${groupUrn}:MEMBERS`, value: [...list, ...also] }],
    [{ op: 'replace', value: { members: all } }],
    [{ op: 'replace', path: groupUrn, value: { members: [...list.map(decorated), ...also] } }],
    [
      { op: 'remove', path: 'members' },
      { op: 'add', path: 'members', value: all },
    ],
    [
      { op: 'replace', path: 'members', value: [] },
      { op: 'add', value: { members: all } },
    ],
  ];
});

const emptying = fc.constant<readonly Spelling[]>([
  [{ op: 'remove', path: 'members' }],
  [{ op: 'Remove', path: `${groupUrn}:members`, value: null }],
  [{ op: 'replace', path: 'members', value: [] }],
  [{ op: 'replace', value: { members: [] } }],
  [{ op: 'replace', path: 'members', value: null }],
]);

const family = fc.oneof(
  settings(groupTargets),
  removals(groupTargets.filter(({ name }) => name !== 'displayName')),
  joining,
  leaving,
  exchanging,
  emptying,
);

test('every spelling of a change of a group gives the same result or the same refusal (T37)', () => {
  const seen = { changed: 0, refused: 0 };
  fc.assert(
    fc.property(before, family, (group, spellings) => {
      const [first, ...others] = bodiesOf(spellings);
      const expected = outcomeOf(group, first);
      if (expected.startsWith('refused')) seen.refused += 1;
      else if (expected !== after(group, {})) seen.changed += 1;
      for (const other of others) {
        const outcome = outcomeOf(group, other);
        if (outcome !== expected) expect({ other, outcome }).toEqual({ first, outcome: expected });
      }
    }),
    { numRuns: RUNS },
  );
  expect(seen.changed).toBeGreaterThan(RUNS / 3);
  expect(seen.refused).toBeGreaterThan(RUNS / 20);
});
