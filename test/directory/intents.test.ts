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

async function lease(t: TestDirectory, holder = 'one'): Promise<Lease> {
  const taken = await t.directory.acquireLease(ORG, { holder, until: t.clock.now() + 60_000 });
  if (taken === undefined) throw new Error('the lease is taken');
  return taken;
}

function draft(account: Account, id: string, over: Partial<IntentDraft> = {}): IntentDraft {
  const { wantedRev } = account;
  const intent = {
    id,
    at: 1,
    wantedRev,
    mappingVersion: 0,
    actions: [{ kind: 'grant', name: 'Chat' }],
    absentBefore: false,
  };
  return { account, ledger: ledgerOf(account), intent, ...over };
}

async function rawAccount(t: TestDirectory, user: UserRecord) {
  return (await itemAt(t, accountKey(ORG, user.accountId))) ?? {};
}

const join = (user: UserRecord) => ({ members: { kind: 'delta', add: [user.id], remove: [] } }) as const;
const leave = (user: UserRecord) => ({ members: { kind: 'delta', add: [], remove: [user.id] } }) as const;

describe('intents (R23)', () => {
  test('an intent is written with its ledger, keeps the account in the index and takes the wake mark off', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const held = await lease(t);
    const account = await accountOf(t, ada.accountId);
    expect(
      await t.directory.writeIntents(ORG, held, [
        draft(account, 'i1', { ledger: { ...ledgerOf(account), goneAt: 7 } }),
      ]),
    ).toEqual([ada.accountId]);
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
  test.each(moves)(
    'an account that %s since it was read is left out, the others are written',
    async (_, move) => {
      const t = await open();
      const users = await addUsers(t, 4);
      const held = await lease(t);
      const accounts = await Promise.all(users.map((user) => accountOf(t, user.accountId)));
      const moved = users[2];
      if (moved === undefined) throw new Error('no user');
      await move(t, moved);
      const written = await t.directory.writeIntents(
        ORG,
        held,
        accounts.map((account, at) => draft(account, `i${at}`)),
      );
      expect(written).toEqual(users.filter((user) => user !== moved).map((user) => user.accountId));
      const left = await t.directory.readAccounts(ORG, [moved.accountId]);
      expect(left.map((account) => account.intent)).toEqual(left.map(() => undefined));
    },
  );

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
    const user = {
      email: 'a@example.com',
      type: 'federatedID',
      username: 'a@example.com',
      status: 'active',
      groups: [],
      admin: false,
    };
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

  test('more than one transaction takes are written in chunks; who moved is left out, the others are written', async () => {
    const t = await open();
    const users = await addUsers(t, 120);
    const held = await lease(t);
    const accounts = await Promise.all(users.map((user) => accountOf(t, user.accountId)));
    const moved = [users[3], users[70], users[119]];
    for (const user of moved) if (user !== undefined) await changeUser(t, user, { active: false });
    const written = await t.directory.writeIntents(
      ORG,
      held,
      accounts.map((account, at) => draft(account, `i${at}`)),
    );
    expect(written).toEqual(users.filter((user) => !moved.includes(user)).map((user) => user.accountId));
    const after = await Promise.all(users.map((user) => accountOf(t, user.accountId)));
    expect(after.filter((account) => account.intent !== undefined)).toHaveLength(117);
  });

  test('a lease that is lost between two chunks ends the writing: nothing of it may be sent (R29)', async () => {
    const t = await open();
    const users = await addUsers(t, 120);
    const old = await lease(t);
    const accounts = await Promise.all(users.map((user) => accountOf(t, user.accountId)));
    let chunks = 0;
    const slow = openAgain(t, (deps) =>
      meanwhile(
        deps,
        (command) => {
          chunks += isTransaction(command) ? 1 : 0;
          return chunks === 2;
        },
        async () => {
          t.clock.advance(60_001);
          await lease(t, 'two');
        },
      ),
    );
    const writing = slow.writeIntents(
      ORG,
      old,
      accounts.map((account, at) => draft(account, `i${at}`)),
    );
    await expect(writing).rejects.toThrow(LeaseLost);
    const after = await Promise.all(users.map((user) => accountOf(t, user.accountId)));
    const intents = after.filter((account) => account.intent !== undefined).length;
    expect([chunks, intents > 0, intents < 60]).toEqual([2, true, true]);
  });

  test('conflicts and lost answers while ten intents are written lose none and write none twice (F03, F05)', async () => {
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 6, conflict: 0.4, lostAnswer: 0.3 }),
    });
    const users = await addUsers(t, 10);
    const held = await lease(t);
    const accounts = await Promise.all(users.map((user) => accountOf(t, user.accountId)));
    const written = await t.directory.writeIntents(
      ORG,
      held,
      accounts.map((account, at) => draft(account, `i${at}`)),
    );
    expect(written).toHaveLength(10);
    const after = await Promise.all(users.map((user) => accountOf(t, user.accountId)));
    expect(after.map((account, at) => account.ledgerRev - (accounts[at]?.ledgerRev ?? 0))).toEqual(
      users.map(() => 1),
    );
  });

  test('the journal of an intent names kinds and entitlements, never an e-mail (I14, I18)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const account = await accountOf(t, ada.accountId);
    const actions = [
      { kind: 'createUser', identity: { email: 'ada@example.com' } },
      { kind: 'grant', name: 'Chat' },
    ];
    const intent = { ...draft(account, 'i1').intent, actions };
    await t.directory.writeIntents(ORG, await lease(t), [draft(account, 'i1', { intent })]);
    const facts = (await dump(t)).filter((item) => String(item['pk']).startsWith('J#acme#'));
    expect(facts.find((item) => item['fact'] === 'intent')?.['actions']).toEqual([
      'createUser',
      ['grant', 'Chat'],
    ]);
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
    expect(await t.directory.changeLedger(ORG, ada.accountId, { compute: () => undefined })).toBe(
      'unchanged',
    );
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
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 12, conflict: 0.2, lostAnswer: 0.1 }),
    });
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
      compute: (fresh) => ({
        ledger: ledgerOf(fresh),
        standing: idle,
        clearIntent: true,
        facts: [{ fact: 'granted', name: 'Chat' }],
      }),
    });
    const facts = (await dump(t)).filter((item) => item['fact'] === 'granted');
    expect(facts).toMatchObject([{ account: ada.accountId, name: 'Chat', at: t.clock.now() }]);
  });
});
