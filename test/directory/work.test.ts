import { describe, expect, test } from 'vitest';
import { accountKey } from '../../lambdas/directory/keys.ts';
import type { UserRecord } from '../../lambdas/directory/records.ts';
import type { Lease, Standing } from '../../lambdas/directory/work.ts';
import { CONNECTION, ORG, type TestDirectory } from '../open.ts';
import { withTransactionFaults } from './conflicts.ts';
import {
  accountOf,
  addGroup,
  addUser,
  addUsers,
  changeUser,
  dump,
  idle,
  isDue,
  itemAt,
  ledgerOf,
  open,
  person,
  settle,
} from './fixture.ts';
import { findBroken } from './invariants.ts';

const DAY_MS = 24 * 3600 * 1000;

async function lease(t: TestDirectory, holder = 'one'): Promise<Lease> {
  const taken = await t.directory.acquireLease(ORG, { holder, until: t.clock.now() + 60_000 });
  if (taken === undefined) throw new Error('the lease is taken');
  return taken;
}

async function rawAccount(t: TestDirectory, user: UserRecord) {
  return (await itemAt(t, accountKey(ORG, user.accountId))) ?? {};
}

async function stand(t: TestDirectory, user: UserRecord, standing: Partial<Standing>): Promise<void> {
  await t.directory.changeLedger(ORG, user.accountId, {
    compute: (fresh) => ({ ledger: ledgerOf(fresh), standing: { ...idle, ...standing }, clearIntent: true }),
  });
}

const join = (user: UserRecord) => ({ members: { kind: 'delta', add: [user.id], remove: [] } }) as const;
const leave = (user: UserRecord) => ({ members: { kind: 'delta', add: [], remove: [user.id] } }) as const;

describe('the work index (R16)', () => {
  const places: [string, Standing, { run: number; held: number; timer: number }][] = [
    ['idle', idle, { run: 0, held: 0, timer: 0 }],
    [
      'to be sent',
      { place: { kind: 'run', urgent: false }, status: 'pending', attempts: 0 },
      { run: 1, held: 0, timer: 0 },
    ],
    ['held', { place: { kind: 'held' }, status: 'held', attempts: 0 }, { run: 0, held: 1, timer: 0 }],
    [
      'waiting',
      { place: { kind: 'timer', due: 5 }, status: 'waiting', attempts: 3 },
      { run: 0, held: 0, timer: 1 },
    ],
    [
      'parked',
      { place: { kind: 'parked', on: 'chat' }, status: 'parked', attempts: 0 },
      { run: 0, held: 0, timer: 0 },
    ],
  ];
  test.each(places)('an account that is %s stands there and nowhere else', async (_, standing, expected) => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await stand(t, ada, standing);
    const { run, held, timer, parked } = await t.directory.readPlaces(ORG);
    expect({ run: run.length, held: held.length, timer: timer.length }).toEqual(expected);
    expect(parked).toEqual(standing.place.kind === 'parked' ? [{ scope: 'chat', ids: [ada.accountId] }] : []);
    expect(await accountOf(t, ada.accountId)).toMatchObject({
      status: standing.status,
      attempts: standing.attempts,
    });
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a standing leaves nothing of the one before it behind', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const error = { code: 'x', message: 'm', hint: 'h', at: 1 };
    await stand(t, ada, { place: { kind: 'timer', due: 5 }, status: 'waiting', reason: 'grace', error });
    expect(await accountOf(t, ada.accountId)).toMatchObject({ reason: 'grace', error, due: 5 });
    await stand(t, ada, {});
    const raw = await rawAccount(t, ada);
    for (const name of ['reason', 'error', 'due', 'wpk', 'wsk', 'urgent', 'wake', 'intent']) {
      expect(raw).not.toHaveProperty(name);
    }
  });

  test('revokes come first, older ones before newer ones, then timers that are due, then grants (F24)', async () => {
    const t = await open();
    const users = await addUsers(t, 5);
    const [ada, bo, cleo, darya, edda] = users as [
      UserRecord,
      UserRecord,
      UserRecord,
      UserRecord,
      UserRecord,
    ];
    const group = await addGroup(t, 'Chat', { members: [cleo.id, bo.id] });
    for (const user of users) await stand(t, user, {});
    await stand(t, darya, { place: { kind: 'timer', due: t.clock.now() + 1000 }, status: 'waiting' });
    await stand(t, edda, { place: { kind: 'timer', due: t.clock.now() + 1001 }, status: 'waiting' });
    t.clock.advance(100);
    await t.directory.changeGroup(CONNECTION, group.id, join(ada));
    t.clock.advance(100);
    await t.directory.changeGroup(CONNECTION, group.id, leave(cleo));
    t.clock.advance(100);
    await t.directory.changeGroup(CONNECTION, group.id, leave(bo));
    t.clock.advance(700);
    expect(await t.directory.readDue(ORG, 10)).toEqual([cleo, bo, darya, ada].map((user) => user.accountId));
    expect(await t.directory.readDue(ORG, 2)).toEqual([cleo, darya].map((user) => user.accountId));
    t.clock.advance(1);
    expect(await isDue(t, edda.accountId)).toBe(true);
  });

  test('timers have a quarter of a full look, and all that grants leave free (decision 9, F27)', async () => {
    const t = await open();
    const users = await addUsers(t, 8);
    for (const user of users)
      await stand(t, user, { place: { kind: 'timer', due: t.clock.now() }, status: 'waiting' });
    expect(await t.directory.readDue(ORG, 8)).toHaveLength(8);
    const grants = users.slice(0, 3).map((user) => user.accountId);
    for (const user of users.slice(0, 3)) {
      t.clock.advance(1);
      await stand(t, user, { place: { kind: 'run', urgent: false }, status: 'pending' });
    }
    const seen = await t.directory.readDue(ORG, 4);
    expect([seen.length, seen.slice(1)]).toEqual([4, grants]);
    expect(await t.directory.readDue(ORG, 6)).toHaveLength(6);
    expect((await t.directory.readDue(ORG, 6)).slice(3)).toEqual(grants);
  });

  test('a look full of revokes keeps as many places for grants as are asked for (V3)', async () => {
    const t = await open();
    const users = await addUsers(t, 7);
    const ids = users.map((user) => user.accountId);
    for (const [at, user] of users.entries()) {
      t.clock.advance(1);
      await stand(t, user, { place: { kind: 'run', urgent: at < 5 }, status: 'pending' });
    }
    const look = (limit: number, grants: number) => t.directory.readDue(ORG, limit, grants);
    expect(await look(4, 0)).toEqual(ids.slice(0, 4));
    expect(await look(4, 1)).toEqual([...ids.slice(0, 3), ids[5]]);
    expect(await look(4, 3)).toEqual([...ids.slice(0, 2), ids[5], ids[6]]);
    expect(await look(5, 4)).toEqual([...ids.slice(0, 3), ids[5], ids[6]]);
    for (const limit of [6, 7, 10]) expect(await look(limit, 3)).toEqual(ids.slice(0, limit));
  });

  test('a later grant never demotes a revoke that still waits, not even after a drain put it back', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const bo = await addUser(t, person('bo'));
    const [chat, talk] = [await addGroup(t, 'Chat', { members: [ada.id] }), await addGroup(t, 'Talk')];
    for (const user of [ada, bo]) await stand(t, user, {});
    const orderNow = async () => t.directory.readDue(ORG, 10);
    await t.directory.changeGroup(CONNECTION, talk.id, join(bo));
    t.clock.advance(10);
    await t.directory.changeGroup(CONNECTION, chat.id, leave(ada));
    t.clock.advance(10);
    await t.directory.changeGroup(CONNECTION, talk.id, join(ada));
    expect(await orderNow()).toEqual([ada.accountId, bo.accountId]);
    // The drain could not send it and puts it back as urgent; then another grant mark comes.
    await stand(t, ada, { place: { kind: 'run', urgent: true }, status: 'pending' });
    t.clock.advance(10);
    await changeUser(t, ada, { name: { givenName: 'A', familyName: 'B' } });
    expect(await orderNow()).toEqual([ada.accountId, bo.accountId]);
  });

  test('once the revoke was sent, a grant mark is a grant again', async () => {
    const t = await open();
    const [ada, bo] = (await addUsers(t, 2)) as [UserRecord, UserRecord];
    const chat = await addGroup(t, 'Chat', { members: [ada.id] });
    for (const user of [ada, bo]) await stand(t, user, {});
    await t.directory.changeGroup(CONNECTION, chat.id, leave(ada));
    await settle(t, ada.accountId);
    await t.directory.changeGroup(CONNECTION, chat.id, join(bo));
    t.clock.advance(10);
    await t.directory.changeGroup(CONNECTION, chat.id, join(ada));
    expect(await t.directory.readDue(ORG, 10)).toEqual([bo.accountId, ada.accountId]);
  });

  test('a mark brings an account back from wherever it stands, and wakes (design.md section 5)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const chat = await addGroup(t, 'Chat');
    for (const [at, place] of [
      { kind: 'held' },
      { kind: 'timer', due: 9e12 },
      { kind: 'parked', on: 'x' },
    ].entries()) {
      await stand(t, ada, { place: place as Standing['place'], status: 'waiting' });
      expect(await rawAccount(t, ada)).not.toHaveProperty('wake');
      await t.directory.changeGroup(CONNECTION, chat.id, at % 2 ? leave(ada) : join(ada));
      expect(await isDue(t, ada.accountId)).toBe(true);
      expect((await rawAccount(t, ada))['wake']).toBe(t.clock.now());
    }
  });

  test('clearing a fault brings back the accounts parked on it, in portions, and no others', async () => {
    const t = await open();
    const users = await addUsers(t, 7);
    const [other, ...parked] = users as [UserRecord, ...UserRecord[]];
    const error = { code: 'error.group.not_found', message: 'm', hint: 'h', at: 1 };
    await t.directory.tripFault(ORG, { scope: 'chat', error, retryAt: 5 });
    for (const user of parked)
      await stand(t, user, { place: { kind: 'parked', on: 'chat' }, status: 'parked' });
    await stand(t, other, { place: { kind: 'parked', on: 'talk' }, status: 'parked' });
    expect(await t.directory.readFaults(ORG)).toEqual([{ scope: 'chat', error, retryAt: 5 }]);
    expect(await t.directory.clearFault(ORG, 'chat', 4)).toBe(false);
    expect(await t.directory.clearFault(ORG, 'chat', 4)).toBe(true);
    expect(await t.directory.readFaults(ORG)).toEqual([]);
    expect((await t.directory.readDue(ORG, 10)).length).toBe(6);
    expect((await t.directory.readPlaces(ORG)).parked).toEqual([{ scope: 'talk', ids: [other.accountId] }]);
  });
});

describe('re-hire (R21)', () => {
  async function away(days: number) {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const chat = await addGroup(t, 'Chat', { members: [ada.id] });
    t.clock.advance(1000);
    await changeUser(t, ada, { active: false });
    t.clock.advance(1000);
    const talk = await addGroup(t, 'Talk', { members: [ada.id] });
    t.clock.advance(days * DAY_MS);
    await changeUser(t, ada, { active: true });
    return { t, ada, chat, talk };
  }

  test('after 31 days memberships older than the deactivation are suspended, newer ones count', async () => {
    const { t, ada, chat, talk } = await away(31);
    const { wanted } = await accountOf(t, ada.accountId);
    expect(wanted.groups).toEqual([talk.id]);
    expect(wanted.suspended).toEqual([chat.id]);
    expect(await t.directory.listMembers(CONNECTION, chat.id)).toEqual([ada.id]);
    expect((await t.directory.groupsOf(CONNECTION, [ada])).get(ada.id)).toHaveLength(2);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('after 29 days everything counts as before', async () => {
    const { t, ada, chat, talk } = await away(29);
    const { wanted } = await accountOf(t, ada.accountId);
    expect([...wanted.groups].sort()).toEqual([chat.id, talk.id].sort());
    expect(wanted.suspended).toEqual([]);
  });

  test.each([
    ['a repeated add', (ada: UserRecord) => join(ada)],
    ['a repeated list', (ada: UserRecord) => ({ members: { kind: 'replace', members: [ada.id] } }) as const],
  ])('%s resumes the membership and is a write with a new version', async (_, again) => {
    const { t, ada, chat, talk } = await away(31);
    const { wantedRev } = await accountOf(t, ada.accountId);
    const changed = await t.directory.changeGroup(CONNECTION, chat.id, again(ada));
    expect(changed).toMatchObject({ ok: true, group: { version: 2 } });
    const account = await accountOf(t, ada.accountId);
    expect([...account.wanted.groups].sort()).toEqual([chat.id, talk.id].sort());
    expect(account.wanted.suspended).toEqual([]);
    expect(account.wantedRev).toBe(wantedRev + 1);
    expect(await t.directory.changeGroup(CONNECTION, chat.id, again(ada))).toMatchObject({
      group: { version: 2 },
    });
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test.each([
    [
      'removing the member',
      async (t: TestDirectory, ada: UserRecord, id: string) =>
        t.directory.changeGroup(CONNECTION, id, leave(ada)),
    ],
    [
      'deleting the group',
      async (t: TestDirectory, _: UserRecord, id: string) => t.directory.deleteGroup(CONNECTION, id),
    ],
    [
      'deleting the user',
      async (t: TestDirectory, ada: UserRecord) => t.directory.deleteUser(CONNECTION, ada.id),
    ],
  ])('%s takes a suspended membership away', async (_, take) => {
    const { t, ada, chat } = await away(31);
    await take(t, ada, chat.id);
    expect((await dump(t)).filter((item) => item['pk'] === `okta#G#${chat.id}`)).toEqual([]);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});

describe('the lease (R29, F18)', () => {
  test('one holder at a time; after its expiry the next one gets a higher number', async () => {
    const t = await open();
    const first = await lease(t);
    expect(await t.directory.acquireLease(ORG, { holder: 'two', until: t.clock.now() + 1 })).toBeUndefined();
    t.clock.advance(60_000);
    expect(await t.directory.acquireLease(ORG, { holder: 'two', until: t.clock.now() + 1 })).toBeUndefined();
    t.clock.advance(1);
    const second = await lease(t, 'two');
    expect(second.number).toBeGreaterThan(first.number);
  });

  test('a renewed lease lives on; one that somebody else has is neither renewed nor released', async () => {
    const t = await open();
    const first = await lease(t);
    t.clock.advance(50_000);
    expect(await t.directory.renewLease(ORG, first, t.clock.now() + 60_000)).toBe(true);
    t.clock.advance(50_000);
    expect(await t.directory.acquireLease(ORG, { holder: 'two', until: 9e12 })).toBeUndefined();
    t.clock.advance(10_001);
    const second = await lease(t, 'two');
    expect(await t.directory.renewLease(ORG, first, 9e12)).toBe(false);
    await t.directory.releaseLease(ORG, first);
    expect(await t.directory.acquireLease(ORG, { holder: 'three', until: 9e12 })).toBeUndefined();
    expect(await t.directory.renewLease(ORG, second, t.clock.now() + 1)).toBe(true);
  });

  test('a released lease is free at once, and its number is never used again', async () => {
    const t = await open();
    const first = await lease(t);
    await t.directory.releaseLease(ORG, first);
    const second = await lease(t);
    expect(second.number).toBe(first.number + 1);
    expect(await t.directory.renewLease(ORG, first, 9e12)).toBe(false);
  });

  test('of 20 that ask at the same time one gets it', async () => {
    const t = await open();
    const asked = await Promise.all(
      Array.from({ length: 20 }, (_, at) => t.directory.acquireLease(ORG, { holder: `h${at}`, until: 9e12 })),
    );
    expect(asked.filter((one) => one !== undefined)).toHaveLength(1);
  });
});

describe('the budget (R30)', () => {
  test('60 debits at the same time, conflicts and lost answers included, are 60 (F03, F05)', async () => {
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 13, conflict: 0.2, lostAnswer: 0.2 }),
    });
    const debit = () =>
      t.directory.changeBudget('client-1', 'action', (stored) => {
        const used = (stored as { used: number } | undefined)?.used ?? 0;
        return { next: { used: used + 1 }, result: used };
      });
    const seen = await Promise.all(Array.from({ length: 60 }, debit));
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, at) => at));
  });

  test('budgets of other credentials and endpoints are their own, and a look writes nothing', async () => {
    const t = await open();
    await t.directory.changeBudget('client-1', 'action', () => ({ next: 'a', result: 0 }));
    const look = (client: string, endpoint: string) =>
      t.directory.changeBudget(client, endpoint, (stored) => ({ result: stored }));
    const before = await dump(t);
    expect(await look('client-1', 'action')).toBe('a');
    expect(await look('client-1', 'users')).toBeUndefined();
    expect(await look('client-2', 'action')).toBeUndefined();
    expect(await dump(t)).toEqual(before);
  });
});
