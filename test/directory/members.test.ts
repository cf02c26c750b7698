import { describe, expect, test } from 'vitest';
import type { GroupEdit, MemberEdit } from '../../lambdas/directory/directory.ts';
import type { GroupRecord, UserRecord } from '../../lambdas/directory/records.ts';
import { CONNECTION, type TestDirectory } from '../open.ts';
import { type Struck, withTransactionFaults } from './conflicts.ts';
import {
  accountOf,
  addGroup,
  addUser,
  addUsers,
  dump,
  isDue,
  open,
  openAgain,
  openForFile,
  person,
  settle,
  snapshot,
} from './fixture.ts';
import { isTransaction, meanwhile, nth } from './intercept.ts';
import { findBroken } from './invariants.ts';

const ids = (users: readonly UserRecord[]): string[] => users.map((user) => user.id);
const delta = (add: readonly string[], remove: readonly string[] = []): MemberEdit => ({
  kind: 'delta',
  add,
  remove,
});
const replace = (members: readonly string[]): MemberEdit => ({ kind: 'replace', members });

function edit(t: TestDirectory, group: GroupRecord, members: MemberEdit, more: GroupEdit = {}) {
  return t.directory.changeGroup(CONNECTION, group.id, { ...more, members });
}

async function membersOf(t: TestDirectory, group: GroupRecord): Promise<string[]> {
  return [...(await t.directory.listMembers(CONNECTION, group.id))];
}

/** Keys of items that differ between two snapshots. */
function changed(before: Map<string, string>, after: Map<string, string>): string[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => before.get(key) !== after.get(key)).sort();
}

/** 1,000 people, made once for the file; whoever uses them works in a group of his own and deletes nobody. */
let people: Promise<{ t: TestDirectory; users: UserRecord[] }> | undefined;

function thousand(): Promise<{ t: TestDirectory; users: UserRecord[] }> {
  people ??= openForFile().then(async (t) => ({ t, users: await addUsers(t, 1000) }));
  return people;
}

describe('a delta', () => {
  test('removing one member of 1,000 touches that member, its account and the group, and nothing else (T41, I02)', async () => {
    const { t, users } = await thousand();
    const group = await addGroup(t, 'All 1,000', { members: ids(users) });
    const leaver = users[437];
    if (leaver === undefined) throw new Error('no such user');
    const before = await snapshot(t);
    expect(await edit(t, group, delta([], [leaver.id]))).toMatchObject({ ok: true, unknownMembers: [] });
    expect(changed(before, await snapshot(t))).toEqual(
      [`acme#A#${leaver.accountId}|-`, `okta#G#${group.id}|${leaver.id}`, `okta#G|${group.id}`].sort(),
    );
    expect(await membersOf(t, group)).toEqual(
      ids(users)
        .filter((id) => id !== leaver.id)
        .sort(),
    );
    expect(findBroken(await dump(t))).toEqual([]);
  }, 120_000);

  test('one addition and one removal in one request are one version', async () => {
    const t = await open();
    const [ada, bo] = await addUsers(t, 2);
    if (ada === undefined || bo === undefined) throw new Error('no users');
    const group = await addGroup(t, 'Chat', { members: [ada.id] });
    expect(await edit(t, group, delta([bo.id], [ada.id]))).toMatchObject({ ok: true, group: { version: 2 } });
    expect(await membersOf(t, group)).toEqual([bo.id]);
  });

  test.each([
    ['adding who is a member', (inside: string, _: string) => delta([inside])],
    ['removing who is none', (_: string, outside: string) => delta([], [outside])],
    ['removing an id that names nobody', () => delta([], ['0190a0a0-0000-7000-8000-000000000000', 'x'])],
    ['replacing a list by itself', (inside: string, _: string) => replace([inside, inside])],
    ['nothing', () => delta([])],
  ])('%s writes nothing and keeps version and lastModified (R9, I09, I19)', async (_, make) => {
    const t = await open();
    const [ada, bo] = await addUsers(t, 2);
    const group = await addGroup(t, 'Chat', { members: [ada?.id ?? ''] });
    for (const user of [ada, bo]) if (user !== undefined) await settle(t, user.accountId);
    const before = await dump(t);
    t.clock.advance(1000);
    const result = await edit(t, group, make(ada?.id ?? '', bo?.id ?? ''));
    expect(result).toEqual({ ok: true, group, unknownMembers: [] });
    expect(await dump(t)).toEqual(before);
  });

  test('joining and leaving mark the account; a leave sorts before a join (R9, R16)', async () => {
    const t = await open();
    const [ada, bo] = await addUsers(t, 2);
    if (ada === undefined || bo === undefined) throw new Error('no users');
    const group = await addGroup(t, 'Chat', { members: [ada.id] });
    for (const user of [ada, bo]) await settle(t, user.accountId);
    const revisions = await Promise.all(
      [ada, bo].map(async (user) => (await accountOf(t, user.accountId)).wantedRev),
    );
    t.clock.advance(10);
    await edit(t, group, delta([bo.id]));
    t.clock.advance(10);
    await edit(t, group, delta([], [ada.id]));
    const now = await Promise.all(
      [ada, bo].map(async (user) => (await accountOf(t, user.accountId)).wantedRev),
    );
    expect(now).toEqual(revisions.map((revision) => revision + 1));
    expect(await t.directory.readDue((await accountOf(t, ada.accountId)).org, 10)).toEqual([
      ada.accountId,
      bo.accountId,
    ]);
  });

  test('a rename rides with the first members and both are one version (R8)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const group = await addGroup(t, 'Chat');
    const result = await edit(t, group, delta([ada.id]), { displayName: 'Talk', externalId: 'x' });
    expect(result).toMatchObject({ ok: true, group: { displayName: 'Talk', externalId: 'x', version: 2 } });
    expect(await t.directory.getGroup(CONNECTION, group.id)).toMatchObject({
      displayName: 'Talk',
      version: 2,
    });
    expect(await membersOf(t, group)).toEqual([ada.id]);
  });

  test('250 members join in six chunks of at most 100 actions (R9, F54)', async () => {
    let transactions = 0;
    const { t, users: everybody } = await thousand();
    const users = everybody.slice(0, 250);
    const group = await addGroup(t, 'Chunks');
    const counting = openAgain(t, (deps) =>
      meanwhile(
        deps,
        (command) => {
          if (isTransaction(command)) transactions += 1;
          return false;
        },
        async () => undefined,
      ),
    );
    const result = await counting.changeGroup(CONNECTION, group.id, { members: delta(ids(users)) });
    expect(result).toMatchObject({ ok: true, group: { version: 7 } });
    expect(transactions).toBe(6);
    expect(await membersOf(t, group)).toEqual(ids(users).sort());
    expect((await t.directory.getGroup(CONNECTION, group.id))?.version).toBe(7);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a change of 120 members under If-Match checks the version once, then carries on, whoever leaves (R9)', async () => {
    const t = await open();
    const users = await addUsers(t, 120);
    const group = await addGroup(t, 'All');
    const change = { members: delta(ids(users)) };
    const leaver = users[100]?.id ?? '';
    const other = openAgain(t, (deps) =>
      meanwhile(deps, nth(2, isTransaction), () => t.directory.deleteUser(CONNECTION, leaver)),
    );
    const first = await other.changeGroup(CONNECTION, group.id, change, { ifVersion: 1 });
    expect(first).toMatchObject({ ok: true, unknownMembers: [leaver] });
    expect(await membersOf(t, group)).toHaveLength(119);
    const again = await t.directory.changeGroup(CONNECTION, group.id, change, { ifVersion: 1 });
    expect(again).toEqual({ ok: false, reason: 'versionMismatch' });
  });

  test('a member added twice at the same time joins once, with one version (R9, I19)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const group = await addGroup(t, 'Chat');
    const other = openAgain(t, (deps) =>
      meanwhile(deps, isTransaction, () => edit(t, group, delta([ada.id]))),
    );
    const late = await other.changeGroup(CONNECTION, group.id, { members: delta([ada.id]) });
    expect(late).toMatchObject({ ok: true, group: { version: 2 }, unknownMembers: [] });
    expect((await t.directory.getGroup(CONNECTION, group.id))?.version).toBe(2);
  });

  test('a user deleted between the look and the write is reported, the others join (F57, R9)', async () => {
    const t = await open();
    const [ada, bo] = await addUsers(t, 2);
    if (ada === undefined || bo === undefined) throw new Error('no users');
    const group = await addGroup(t, 'Chat');
    const other = openAgain(t, (deps) =>
      meanwhile(deps, isTransaction, () => t.directory.deleteUser(CONNECTION, ada.id)),
    );
    const result = await other.changeGroup(CONNECTION, group.id, { members: delta([ada.id, bo.id]) });
    expect(result).toMatchObject({ ok: true, unknownMembers: [ada.id] });
    expect(await membersOf(t, group)).toEqual([bo.id]);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a user deleted and created again in between does not join under the old id (I04, R9)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    const group = await addGroup(t, 'Chat');
    const other = openAgain(t, (deps) =>
      meanwhile(deps, isTransaction, async () => {
        await t.directory.deleteUser(CONNECTION, ada.id);
        // The new user takes the same account over (R5).
        expect((await addUser(t, person('ada'))).accountId).toBe(ada.accountId);
      }),
    );
    expect(await other.changeGroup(CONNECTION, group.id, { members: delta([ada.id]) })).toMatchObject({
      unknownMembers: [ada.id],
    });
    expect((await accountOf(t, ada.accountId)).wanted.groups).toEqual([]);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});

describe('a replacement', () => {
  test('a list of 500 with a small difference touches the difference only (T41, F55)', async () => {
    const { t, users: everybody } = await thousand();
    const users = everybody.slice(0, 503);
    const group = await addGroup(t, 'All 500', { members: ids(users.slice(0, 500)) });
    const wanted = users.slice(2);
    const before = await snapshot(t);
    expect(await edit(t, group, replace(ids(wanted)))).toMatchObject({ ok: true, unknownMembers: [] });
    const touched = [...users.slice(0, 2), ...users.slice(500)];
    expect(changed(before, await snapshot(t))).toEqual(
      [
        `okta#G|${group.id}`,
        ...touched.flatMap((user) => [`acme#A#${user.accountId}|-`, `okta#G#${group.id}|${user.id}`]),
      ].sort(),
    );
    expect(await membersOf(t, group)).toEqual(ids(wanted).sort());
  });

  test('an empty list empties the group, an absent one keeps its members (F55)', async () => {
    const t = await open();
    const users = await addUsers(t, 3);
    const group = await addGroup(t, 'Chat', { members: ids(users) });
    await t.directory.changeGroup(CONNECTION, group.id, { displayName: 'Talk' });
    expect(await membersOf(t, group)).toHaveLength(3);
    expect(await edit(t, group, replace([]))).toMatchObject({ ok: true });
    expect(await membersOf(t, group)).toEqual([]);
    for (const user of users) expect(await isDue(t, user.accountId)).toBe(true);
  });

  test('a list with unknown ids: the known are the members, the unknown are reported (F57)', async () => {
    const t = await open();
    const [ada, bo] = await addUsers(t, 2);
    const group = await addGroup(t, 'Chat', { members: [ada?.id ?? ''] });
    const result = await edit(t, group, replace([bo?.id ?? '', 'nobody']));
    expect(result).toMatchObject({ ok: true, unknownMembers: ['nobody'] });
    expect(await membersOf(t, group)).toEqual([bo?.id]);
  });
});

describe('at the same time', () => {
  test('100 additions of distinct members, with conflicts and lost answers, leave 100 members (F50, F03, F05, R10)', async () => {
    const struck: Struck = { conflicts: 0, lostAnswers: 0 };
    const t = await open();
    const users = await addUsers(t, 100);
    const group = await addGroup(t, 'Chat');
    const faulty = openAgain(t, (deps) =>
      withTransactionFaults(deps, { seed: 100, conflict: 0.4, lostAnswer: 0.1 }, struck),
    );
    const results = await Promise.all(
      users.map((user) => faulty.changeGroup(CONNECTION, group.id, { members: delta([user.id]) })),
    );
    expect(results.filter((result) => !result.ok)).toEqual([]);
    expect(await membersOf(t, group)).toEqual(ids(users).sort());
    expect((await t.directory.getGroup(CONNECTION, group.id))?.version).toBe(101);
    expect(findBroken(await dump(t))).toEqual([]);
    expect(struck.conflicts * struck.lostAnswers).toBeGreaterThan(0);
  });

  test('a conflicting chunk of 90 members is halved until it passes, and all join (R10)', async () => {
    const struck: Struck = { conflicts: 0, lostAnswers: 0 };
    const t = await open();
    const users = await addUsers(t, 90);
    const faulty = openAgain(t, (deps) =>
      withTransactionFaults(deps, { seed: 9, conflict: 0.7, lostAnswer: 0 }, struck),
    );
    const made = await faulty.createGroup(CONNECTION, {
      displayName: 'All',
      externalId: 'x',
      members: ids(users),
    });
    if (!made.ok) throw new Error(made.reason);
    expect(await membersOf(t, made.group)).toEqual(ids(users).sort());
    expect((await t.directory.getGroup(CONNECTION, made.group.id))?.version).toBe(made.group.version);
    expect(findBroken(await dump(t))).toEqual([]);
    expect(struck.conflicts).toBeGreaterThan(1);
  });

  test('additions and removals of the same few people in a storm stay whole (I01, I02, F50)', async () => {
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 21, conflict: 0.2, lostAnswer: 0.05 }),
    });
    const users = await addUsers(t, 6);
    const groups = await Promise.all(['A', 'B'].map((name) => addGroup(t, name)));
    const storm = Array.from({ length: 60 }, (_, at) => {
      const user = users[at % users.length]?.id ?? '';
      const group = groups[at % groups.length];
      if (group === undefined) throw new Error('no group');
      return edit(t, group, at % 3 === 0 ? delta([], [user]) : delta([user]));
    });
    expect((await Promise.all(storm)).filter((result) => !result.ok)).toEqual([]);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});
