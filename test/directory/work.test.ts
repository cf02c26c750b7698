import { describe, expect, test } from 'vitest';
import { accountKey } from '../../lambdas/directory/keys.ts';
import type { Account, Claim, UserRecord } from '../../lambdas/directory/records.ts';
import { type IntentDraft, type Lease, LeaseLost, type Standing } from '../../lambdas/directory/work.ts';
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
  openAgain,
  person,
  settle,
  settled,
} from './fixture.ts';
import { isTransaction, meanwhile } from './intercept.ts';
import { findBroken } from './invariants.ts';

const DAY_MS = 24 * 3600 * 1000;

async function lease(t: TestDirectory, holder = 'one'): Promise<Lease> {
  const taken = await t.directory.acquireLease(ORG, { holder, until: t.clock.now() + 60_000 });
  if (taken === undefined) throw new Error('the lease is taken');
  return taken;
}

function draft(account: Account, id: string, over: Partial<IntentDraft> = {}): IntentDraft {
  const { wantedRev } = account;
  const intent = { id, at: 1, wantedRev, mappingVersion: 0, actions: [{ kind: 'grant', name: 'Chat' }], absentBefore: false };
  return { account, ledger: ledgerOf(account), intent, ...over };
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
    ['to be sent', { place: { kind: 'run', urgent: false }, status: 'pending', attempts: 0 }, { run: 1, held: 0, timer: 0 }],
    ['held', { place: { kind: 'held' }, status: 'held', attempts: 0 }, { run: 0, held: 1, timer: 0 }],
    ['waiting', { place: { kind: 'timer', due: 5 }, status: 'waiting', attempts: 3 }, { run: 0, held: 0, timer: 1 }],
    ['parked', { place: { kind: 'parked', on: 'chat' }, status: 'parked', attempts: 0 }, { run: 0, held: 0, timer: 0 }],
  ];
  test.each(places)('an account that is %s stands there and nowhere else', async (_, standing, expected) => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await stand(t, ada, standing);
    expect(await t.directory.standings(ORG)).toEqual(expected);
    expect(await t.directory.parkedOn(ORG, ['chat', 'talk'])).toEqual(
      standing.place.kind === 'parked' ? [ada.accountId] : [],
    );
    expect(await accountOf(t, ada.accountId)).toMatchObject({ status: standing.status, attempts: standing.attempts });
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

  test('revokes come before grants, older ones first, then timers that are due', async () => {
    const t = await open();
    const users = await addUsers(t, 5);
    const [ada, bo, cleo, darya, edda] = users as [UserRecord, UserRecord, UserRecord, UserRecord, UserRecord];
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
    expect(await t.directory.readDue(ORG, 10)).toEqual([cleo, bo, ada, darya].map((user) => user.accountId));
    expect(await t.directory.readDue(ORG, 2)).toEqual([cleo, bo].map((user) => user.accountId));
    t.clock.advance(1);
    expect(await isDue(t, edda.accountId)).toBe(true);
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
    for (const [at, place] of [{ kind: 'held' }, { kind: 'timer', due: 9e12 }, { kind: 'parked', on: 'x' }].entries()) {
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
    for (const user of parked) await stand(t, user, { place: { kind: 'parked', on: 'chat' }, status: 'parked' });
    await stand(t, other, { place: { kind: 'parked', on: 'talk' }, status: 'parked' });
    expect(await t.directory.readFaults(ORG)).toEqual([{ scope: 'chat', error, retryAt: 5 }]);
    expect(await t.directory.clearFault(ORG, 'chat', 4)).toBe(false);
    expect(await t.directory.clearFault(ORG, 'chat', 4)).toBe(true);
    expect(await t.directory.readFaults(ORG)).toEqual([]);
    expect((await t.directory.readDue(ORG, 10)).length).toBe(6);
    expect(await t.directory.parkedOn(ORG, ['talk'])).toEqual([other.accountId]);
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
    expect(await t.directory.changeGroup(CONNECTION, chat.id, again(ada))).toMatchObject({ group: { version: 2 } });
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test.each([
    ['removing the member', async (t: TestDirectory, ada: UserRecord, id: string) => t.directory.changeGroup(CONNECTION, id, leave(ada))],
    ['deleting the group', async (t: TestDirectory, _: UserRecord, id: string) => t.directory.deleteGroup(CONNECTION, id)],
    ['deleting the user', async (t: TestDirectory, ada: UserRecord) => t.directory.deleteUser(CONNECTION, ada.id)],
  ])('%s takes a suspended membership away', async (_, take) => {
    const { t, ada, chat } = await away(31);
    await take(t, ada, chat.id);
    expect((await dump(t)).filter((item) => item['pk'] === `okta#G#${chat.id}`)).toEqual([]);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});

describe('intents (R23)', () => {
  test('an intent is written with its ledger, keeps the account in the index and takes the wake mark off', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const held = await lease(t);
    const account = await accountOf(t, ada.accountId);
    expect(await t.directory.writeIntents(ORG, held, [draft(account, 'i1', { ledger: { ...ledgerOf(account), goneAt: 7 } })])).toEqual([ada.accountId]);
    const after = await accountOf(t, ada.accountId);
    expect(after.intent).toMatchObject({ id: 'i1', wantedRev: account.wantedRev });
    expect(after.goneAt).toBe(7);
    expect(after.ledgerRev).toBe(account.ledgerRev + 1);
    expect(await isDue(t, ada.accountId)).toBe(true);
    expect(await rawAccount(t, ada)).not.toHaveProperty('wake');
    expect(findBroken(await dump(t))).toEqual([]);
  });

  const moves: [string, (t: TestDirectory, user: UserRecord) => Promise<unknown>][] = [
    ['was marked', (t, user) => changeUser(t, user, { active: false })],
    ['was recorded', (t, user) => settle(t, user.accountId, ['Chat'])],
    ['ended', (t, user) => t.directory.deleteUser(CONNECTION, user.id)],
  ];
  test.each(moves)('an account that %s since it was read is left out, the others are written', async (_, move) => {
    const t = await open();
    const users = await addUsers(t, 4);
    const held = await lease(t);
    const accounts = await Promise.all(users.map((user) => accountOf(t, user.accountId)));
    const moved = users[2];
    if (moved === undefined) throw new Error('no user');
    await move(t, moved);
    const written = await t.directory.writeIntents(ORG, held, accounts.map((account, at) => draft(account, `i${at}`)));
    expect(written).toEqual(users.filter((user) => user !== moved).map((user) => user.accountId));
    const left = await t.directory.readAccounts(ORG, [moved.accountId]);
    expect(left.map((account) => account.intent)).toEqual(left.map(() => undefined));
  });

  test('a create is left out when the identity item is no longer as it was read (R19)', async () => {
    const t = await open();
    const [ada, bo] = (await addUsers(t, 2)) as [UserRecord, UserRecord];
    const held = await lease(t);
    const emails = ['p0@example.com', 'p1@example.com'];
    for (const email of emails) await t.directory.observe(ORG, email, { at: 5, users: [] });
    const known = await t.directory.readIdentities(ORG, emails);
    const drafts = await Promise.all(
      [ada, bo].map(async (user, at) => {
        const email = emails[at] ?? '';
        return draft(await accountOf(t, user.accountId), `i${at}`, {
          unchanged: { email, rev: known.get(email)?.rev ?? -1 },
        });
      }),
    );
    await t.directory.observe(ORG, 'p0@example.com', { at: 6, users: [] });
    expect(await t.directory.writeIntents(ORG, held, drafts)).toEqual([bo.accountId]);
  });

  test('knowledge that is older than what is known is not kept', async () => {
    const t = await open();
    const user = { email: 'a@example.com', type: 'federatedID', username: 'a@example.com', status: 'active', groups: [], admin: false };
    await t.directory.observe(ORG, 'A@example.com', { at: 10, users: [user] });
    await t.directory.observe(ORG, 'a@example.com', { at: 9, users: [] });
    const known = await t.directory.readIdentities(ORG, ['a@EXAMPLE.com']);
    expect(known.get('a@example.com')?.observed).toEqual({ at: 10, users: [user] });
  });

  test('an address claimed with the intent is claimed for good, or the account is left out (R32)', async () => {
    const t = await open();
    const [ada, bo] = (await addUsers(t, 2)) as [UserRecord, UserRecord];
    const held = await lease(t);
    const claim: Claim = { email: 'swap-1@example.com', type: 'federatedID' };
    const write = async (user: UserRecord, id: string) =>
      t.directory.writeIntents(ORG, held, [draft(await accountOf(t, user.accountId), id, { claim })]);
    expect(await write(ada, 'i1')).toEqual([ada.accountId]);
    expect(await write(bo, 'i2')).toEqual([]);
    expect((await accountOf(t, ada.accountId)).claims).toContainEqual(claim);
    expect((await accountOf(t, bo.accountId)).intent).toBeUndefined();
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a lease that went to somebody else writes nothing (F18, F19)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const old = await lease(t);
    t.clock.advance(60_001);
    const next = await lease(t, 'two');
    const account = await accountOf(t, ada.accountId);
    await expect(t.directory.writeIntents(ORG, old, [draft(account, 'i1')])).rejects.toThrow(LeaseLost);
    const forged = { holder: 'one', number: next.number };
    await expect(t.directory.writeIntents(ORG, forged, [draft(account, 'i1')])).rejects.toThrow(LeaseLost);
    expect((await accountOf(t, ada.accountId)).intent).toBeUndefined();
    expect(await t.directory.writeIntents(ORG, next, [draft(account, 'i1')])).toEqual([ada.accountId]);
  });

  test('conflicts and lost answers while ten intents are written lose none and write none twice (F03, F05)', async () => {
    const t = await open({ wrap: (deps) => withTransactionFaults(deps, { seed: 6, conflict: 0.4, lostAnswer: 0.3 }) });
    const users = await addUsers(t, 10);
    const held = await lease(t);
    const accounts = await Promise.all(users.map((user) => accountOf(t, user.accountId)));
    const written = await t.directory.writeIntents(ORG, held, accounts.map((account, at) => draft(account, `i${at}`)));
    expect(written).toHaveLength(10);
    const after = await Promise.all(users.map((user) => accountOf(t, user.accountId)));
    expect(after.map((account, at) => account.ledgerRev - (accounts[at]?.ledgerRev ?? 0))).toEqual(users.map(() => 1));
  });

  test('the journal of an intent names kinds and entitlements, never an e-mail (I14, I18)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const account = await accountOf(t, ada.accountId);
    const actions = [{ kind: 'createUser', identity: { email: 'ada@example.com' } }, { kind: 'grant', name: 'Chat' }];
    const intent = { ...draft(account, 'i1').intent, actions };
    await t.directory.writeIntents(ORG, await lease(t), [draft(account, 'i1', { intent })]);
    const facts = (await dump(t)).filter((item) => String(item['pk']).startsWith('J#acme#'));
    expect(facts.find((item) => item['fact'] === 'intent')?.['actions']).toEqual(['createUser', ['grant', 'Chat']]);
    expect(JSON.stringify(facts)).not.toContain('@');
  });
});

describe('records (R24)', () => {
  test('an outcome whose intent is no longer the one that stands is lost and changes nothing', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const held = await lease(t);
    await t.directory.writeIntents(ORG, held, [draft(await accountOf(t, ada.accountId), 'i1')]);
    await t.directory.writeIntents(ORG, held, [draft(await accountOf(t, ada.accountId), 'i2')]);
    const before = await dump(t);
    const compute = (fresh: Account) => settled(fresh, { entitlements: ['Chat'], standing: idle, at: 1 });
    expect(await t.directory.changeLedger(ORG, ada.accountId, { intentId: 'i1', compute })).toBe('lost');
    expect(await dump(t)).toEqual(before);
    expect(await t.directory.changeLedger(ORG, ada.accountId, { intentId: 'i2', compute })).toBe('written');
    expect(await t.directory.changeLedger(ORG, ada.accountId, { intentId: 'i2', compute })).toBe('lost');
  });

  test('an account that is gone, and a decision that is none, are told apart', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    expect(await t.directory.changeLedger(ORG, ada.accountId, { compute: () => undefined })).toBe('unchanged');
    await t.directory.deleteUser(CONNECTION, ada.id);
    expect(await t.directory.changeLedger(ORG, ada.accountId, { compute: () => undefined })).toBe('absent');
  });

  test('a change that comes between the look and the record is seen by the record: the mark stays, applied moves', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const group = await addGroup(t, 'Chat', { members: [ada.id] });
    await t.directory.writeIntents(ORG, await lease(t), [draft(await accountOf(t, ada.accountId), 'i1')]);
    const drain = openAgain(t, (deps) =>
      meanwhile(deps, isTransaction, () => t.directory.changeGroup(CONNECTION, group.id, leave(ada))),
    );
    let looks = 0;
    const outcome = await drain.changeLedger(ORG, ada.accountId, {
      intentId: 'i1',
      compute: (fresh) => {
        looks += 1;
        const moved = fresh.wantedRev !== fresh.intent?.wantedRev;
        const again: Standing = { place: { kind: 'run', urgent: true }, status: 'pending', attempts: 0 };
        return settled(fresh, { entitlements: ['Chat'], standing: moved ? again : idle, at: 1 });
      },
    });
    expect([outcome, looks]).toEqual(['written', 2]);
    const account = await accountOf(t, ada.accountId);
    expect(Object.keys(account.applied.entitlements)).toEqual(['chat']);
    expect(account.wanted.groups).toEqual([]);
    expect(account.intent).toBeUndefined();
    expect(await isDue(t, ada.accountId)).toBe(true);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a record never writes what the identity provider wants: groups that join meanwhile stay (I01)', async () => {
    const t = await open({ wrap: (deps) => withTransactionFaults(deps, { seed: 12, conflict: 0.2, lostAnswer: 0.1 }) });
    const ada = await addUser(t, person('ada'));
    const groups = await Promise.all(Array.from({ length: 8 }, (_, at) => addGroup(t, `G${at}`)));
    await Promise.all([
      ...groups.map((group) => t.directory.changeGroup(CONNECTION, group.id, join(ada))),
      ...groups.map((group) => settle(t, ada.accountId, [group.displayName])),
    ]);
    const account = await accountOf(t, ada.accountId);
    expect([...account.wanted.groups].sort()).toEqual(groups.map((group) => group.id).sort());
    expect(Object.keys(account.applied.entitlements)).toHaveLength(1);
  });

  test('an account whose intent stands cannot be taken out of the index (R1)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await t.directory.writeIntents(ORG, await lease(t), [draft(await accountOf(t, ada.accountId), 'i1')]);
    const forgotten = t.directory.changeLedger(ORG, ada.accountId, {
      compute: (fresh) => ({ ledger: ledgerOf(fresh), standing: idle, clearIntent: false }),
    });
    await expect(forgotten).rejects.toThrow('R1');
    expect(await isDue(t, ada.accountId)).toBe(true);
  });

  test('facts of a record are journalled with it under the account id (I14)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await t.directory.changeLedger(ORG, ada.accountId, {
      compute: (fresh) => ({ ledger: ledgerOf(fresh), standing: idle, clearIntent: true, facts: [{ fact: 'granted', name: 'Chat' }] }),
    });
    const facts = (await dump(t)).filter((item) => item['fact'] === 'granted');
    expect(facts).toMatchObject([{ account: ada.accountId, name: 'Chat', at: t.clock.now() }]);
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
    const t = await open({ wrap: (deps) => withTransactionFaults(deps, { seed: 13, conflict: 0.2, lostAnswer: 0.2 }) });
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
