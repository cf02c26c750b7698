import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../local/adobe-org/random.ts';
import { dissolvedGroup, groupNames, planDay, renamedGroup, type Step } from '../../../local/idp/day.ts';
import { dialectNames } from '../../../local/idp/dialect.ts';
import { createDialect } from '../../../local/idp/dialects.ts';
import { expectedAssignments, expectedMemberships } from '../../../local/idp/expected.ts';
import { playDay } from '../../../local/idp/play.ts';
import { overBadLine } from '../../../local/idp/send.ts';
import { createTinyScim, type TinyScim } from './tiny-scim.ts';

const dayOf = (seed: number, people = 200, deletesUsers = true) =>
  planDay({ people, random: seededRandom(seed), tag: '', deletesUsers });

describe('the plan of a day', () => {
  test('the same seed gives the same day, another seed another', () => {
    expect(dayOf(1)).toEqual(dayOf(1));
    expect(dayOf(1)).not.toEqual(dayOf(2));
  });

  test('200 people and 12 groups bring every kind of event', () => {
    const { steps, groups } = dayOf(7);
    const kinds = new Set(steps.map(({ kind }) => kind));
    const all =
      'connect join group add remove push profile rename leave return delete renameGroup deleteGroup pause';
    expect([...kinds].sort()).toEqual(all.split(' ').sort());
    expect(groups).toHaveLength(12);
    expect(groupNames).toContain(renamedGroup.from);
    expect(groupNames).toContain(dissolvedGroup);
    const joined = steps.flatMap((step) => (step.kind === 'join' ? [step.person] : []));
    expect(joined.length).toBeGreaterThan(200);
    expect(joined.some(({ email, userName }) => email === undefined && userName.includes('@'))).toBe(true);
    expect(joined.some(({ email, userName }) => email === undefined && !userName.includes('@'))).toBe(true);
    expect(joined.some(({ email }) => email !== email?.toLowerCase())).toBe(true);
  });

  test('a provider that never deletes has no delete in its day', () => {
    expect(dayOf(7, 200, false).steps.some(({ kind }) => kind === 'delete')).toBe(false);
  });

  test('a tag is in every address', () => {
    const { steps } = planDay({ people: 30, random: seededRandom(3), tag: 'k3f', deletesUsers: true });
    const people = steps.flatMap((step) =>
      step.kind === 'join' || step.kind === 'rename' ? [step.person] : [],
    );
    expect(people.filter(({ userName }) => !userName.toLowerCase().includes('.k3f'))).toEqual([]);
  });
});

describe('what a day must end in', () => {
  const person = (key: string, email?: string) => ({
    key,
    userName: email ?? key,
    email,
    givenName: 'A',
    familyName: 'B',
  });
  const start: Step[] = [
    { kind: 'group', group: { key: 'g1', name: 'Chat agents EU' } },
    { kind: 'group', group: { key: 'g2', name: 'Sales' } },
    { kind: 'join', person: person('a', 'A@example.com') },
    { kind: 'join', person: person('b', 'b@example.com') },
    { kind: 'add', group: 'g1', people: ['a', 'b'] },
    { kind: 'add', group: 'g2', people: ['b'] },
  ];
  const rows: [string, Step[], Record<string, string[]>][] = [
    ['members hold, by lower-cased address', [], { 'a@example.com': ['g1'], 'b@example.com': ['g1', 'g2'] }],
    ['a leaver holds nothing', [{ kind: 'leave', person: 'b' }], { 'a@example.com': ['g1'] }],
    [
      'who returns has the old groups',
      [
        { kind: 'leave', person: 'a' },
        { kind: 'return', person: 'a' },
      ],
      { 'a@example.com': ['g1'], 'b@example.com': ['g1', 'g2'] },
    ],
    [
      'a rename moves what is held',
      [{ kind: 'rename', person: person('a', 'c@example.com') }],
      { 'c@example.com': ['g1'], 'b@example.com': ['g1', 'g2'] },
    ],
    [
      'who is deleted and hired anew starts with nothing',
      [
        { kind: 'leave', person: 'b' },
        { kind: 'delete', person: 'b' },
        { kind: 'join', person: person('b2', 'b@example.com') },
      ],
      { 'a@example.com': ['g1'], 'b@example.com': [] },
    ],
    [
      'a pushed list is the whole list',
      [{ kind: 'push', group: 'g1', people: ['b'] }],
      { 'a@example.com': [], 'b@example.com': ['g1', 'g2'] },
    ],
    [
      'a deleted group gives nothing',
      [{ kind: 'deleteGroup', group: 'g1' }],
      { 'a@example.com': [], 'b@example.com': ['g2'] },
    ],
    [
      'nobody without an address holds anything',
      [
        { kind: 'join', person: person('frontdesk') },
        { kind: 'add', group: 'g1', people: ['frontdesk'] },
      ],
      { 'a@example.com': ['g1'], 'b@example.com': ['g1', 'g2'] },
    ],
  ];
  test.each(rows)('%s', (_, more, expected) => {
    const found = expectedMemberships([...start, ...more]);
    expect(Object.fromEntries([...found].map(([address, groups]) => [address, [...groups]]))).toEqual(
      expected,
    );
  });

  test('assignments follow the name that a group had at the start', () => {
    const day = {
      groups: [{ key: 'g1', name: 'Chat agents EU' }],
      steps: [...start, { kind: 'renameGroup', group: 'g1', name: 'Other' } as const],
    };
    const found = expectedAssignments(day, { 'Chat agents EU': ['Live Agent', 'Chat'], Sales: ['Insight'] });
    expect(Object.fromEntries([...found].map(([name, addresses]) => [name, [...addresses]]))).toEqual({
      'Live Agent': ['a@example.com', 'b@example.com'],
      Chat: ['a@example.com', 'b@example.com'],
      Insight: [],
    });
  });
});

/** Address -> names of the groups, as a server shows them: the same question, asked at the other end. */
function membershipsAt(scim: TinyScim): Record<string, string[]> {
  const shown: Record<string, string[]> = {};
  for (const [id, user] of scim.users) {
    const [email] = Array.isArray(user.emails) ? user.emails : [];
    const address = String(email?.value ?? user.userName).toLowerCase();
    if (user.active !== true || !address.includes('@')) continue;
    shown[address] = [...scim.groups.values()]
      .filter(({ members }) => members.has(id))
      .map(({ displayName }) => (displayName === renamedGroup.to ? renamedGroup.from : displayName))
      .sort();
  }
  return shown;
}

describe('a played day', () => {
  test.each(dialectNames)('%s over a bad line ends where the expectation says', async (name) => {
    const scim = createTinyScim();
    const line = { random: seededRandom(11), lostAnswers: 0.05, lostRequests: 0.03, repeated: 0.05 };
    const dialect = createDialect(name, {
      send: overBadLine(scim.send, line),
      token: 't',
      wait: () => Promise.resolve(),
      newId: () => 'none',
    });
    const day = dayOf(5, 200, dialect.deletesUsers);
    await playDay(day.steps, { dialect, pass: () => Promise.resolve() });
    const nameOf = new Map(day.groups.map(({ key, name }) => [key, name]));
    const expected = [...expectedMemberships(day.steps)].map(([address, groups]) => [
      address,
      [...groups].map((key) => nameOf.get(key)).sort(),
    ]);
    expect(membershipsAt(scim)).toEqual(Object.fromEntries(expected));
    expect([...scim.groups.values()].map(({ displayName }) => displayName)).toContain(renamedGroup.to);
  });
});
