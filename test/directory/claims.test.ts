import { describe, expect, test } from 'vitest';
import type { UserRecord } from '../../lambdas/directory/records.ts';
import { CONNECTION, ORG, type TestDirectory } from '../open.ts';
import { withTransactionFaults } from './conflicts.ts';
import {
  accountOf,
  addUser,
  changeUser,
  claim,
  dump,
  idle,
  isDue,
  ledgerOf,
  open,
  openAgain,
  personAt,
  settle,
} from './fixture.ts';
import { isTransaction, meanwhile } from './intercept.ts';
import { findBroken } from './invariants.ts';

const shared = 'chat@example.com';
async function identityOf(t: TestDirectory, email: string) {
  return (await t.directory.readIdentities(ORG, [email])).get(email);
}

async function claimant(t: TestDirectory, email: string): Promise<string | undefined> {
  return (await identityOf(t, email))?.claims['federatedID'];
}

async function sound(t: TestDirectory): Promise<void> {
  expect(findBroken(await dump(t))).toEqual([]);
}

/** As a drain leaves an account whose call has not been answered. */
async function openIntent(t: TestDirectory, user: UserRecord): Promise<string> {
  const lease = await t.directory.acquireLease(ORG, { holder: `h${user.id}`, until: t.clock.now() + 1 });
  if (lease === undefined) throw new Error('no lease');
  const account = await accountOf(t, user.accountId);
  const id = `${lease.number}-${user.id}`;
  const { wantedRev } = account;
  const intent = { id, at: t.clock.now(), wantedRev, mappingVersion: 0, actions: [], absentBefore: true };
  const [sent] = await t.directory.writeIntents(ORG, lease, [{ account, ledger: ledgerOf(account), intent }]);
  if (sent === undefined) throw new Error('the intent was not written');
  t.clock.advance(10);
  return id;
}

describe('two people, one e-mail (R3, R4, I03)', () => {
  test('the second is stored and waits by name; the first keeps the claim', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared));
    const bo = await addUser(t, personAt('bo', shared.toUpperCase()));
    expect(await claimant(t, shared)).toBe(ada.accountId);
    expect((await identityOf(t, shared))?.waiters).toEqual([bo.accountId]);
    expect((await accountOf(t, bo.accountId)).claims).toEqual([]);
    expect(await claim(t, bo)).toBe(`taken by ${ada.accountId}`);
    await sound(t);
  });

  test('when the first is deleted the waiter is marked, and gets the claim', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared));
    const bo = await addUser(t, personAt('bo', shared));
    await settle(t, bo.accountId);
    const { wantedRev } = await accountOf(t, bo.accountId);
    await t.directory.deleteUser(CONNECTION, ada.id);
    expect((await accountOf(t, bo.accountId)).wantedRev).toBe(wantedRev + 1);
    expect(await isDue(t, bo.accountId)).toBe(true);
    expect(await claim(t, bo)).toBe('claimed');
    expect(await claimant(t, shared)).toBe(bo.accountId);
    expect((await identityOf(t, shared))?.waiters).toEqual([]);
    await sound(t);
  });

  test('when the first takes another address the waiter is marked', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared));
    const bo = await addUser(t, personAt('bo', shared));
    await settle(t, bo.accountId);
    await changeUser(t, ada, { emails: [{ value: 'ada@example.com', primary: true }] });
    expect(await isDue(t, bo.accountId)).toBe(true);
    expect(await claim(t, bo)).toBe('claimed');
    expect(await claimant(t, 'ada@example.com')).toBe(ada.accountId);
    await sound(t);
  });

  test('an address that Adobe accepted stays claimed while its owner moves on, until the rename is recorded (R3)', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared));
    await settle(t, ada.accountId, ['Chat']);
    await changeUser(t, ada, { emails: [{ value: 'ada@example.com', primary: true }] });
    expect((await accountOf(t, ada.accountId)).claims.map((one) => one.email)).toEqual([
      shared,
      'ada@example.com',
    ]);
    const bo = await addUser(t, personAt('bo', shared));
    expect(await claim(t, bo)).toBe(`taken by ${ada.accountId}`);
    await settle(t, bo.accountId);
    await settle(t, ada.accountId, ['Chat']);
    expect((await accountOf(t, ada.accountId)).claims.map((one) => one.email)).toEqual(['ada@example.com']);
    expect(await isDue(t, bo.accountId)).toBe(true);
    expect(await claim(t, bo)).toBe('claimed');
    await sound(t);
  });

  test('while a call is in flight no claim is given up, whatever the identity provider does (R3)', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared));
    const intentId = await openIntent(t, ada);
    await changeUser(t, ada, { emails: [{ value: 'ada@example.com', primary: true }] });
    const bo = await addUser(t, personAt('bo', shared));
    expect(await claim(t, bo)).toBe(`taken by ${ada.accountId}`);
    await settle(t, bo.accountId);
    // The create was not done after all: nothing was accepted, so the old address is free.
    await t.directory.changeLedger(ORG, ada.accountId, {
      intentId,
      compute: (fresh) => ({
        ledger: ledgerOf(fresh),
        standing: { ...idle, place: { kind: 'run', urgent: false }, status: 'pending' },
        clearIntent: true,
      }),
    });
    expect(await isDue(t, bo.accountId)).toBe(true);
    expect(await claim(t, bo)).toBe('claimed');
    await sound(t);
  });

  test('an address given back to its first owner is claimed by him again', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared));
    await settle(t, ada.accountId, ['Chat']);
    await changeUser(t, ada, { emails: [{ value: 'ada@example.com', primary: true }] });
    await changeUser(t, ada, { emails: [{ value: shared, primary: true }] });
    expect((await accountOf(t, ada.accountId)).claims.map((one) => one.email)).toEqual([shared]);
    expect(await claimant(t, 'ada@example.com')).toBeUndefined();
    await sound(t);
  });

  test('the order of waiting decides who comes next', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared));
    const bo = await addUser(t, personAt('bo', shared));
    const cleo = await addUser(t, personAt('cleo', shared));
    for (const user of [bo, cleo]) await settle(t, user.accountId);
    await t.directory.deleteUser(CONNECTION, ada.id);
    expect([await isDue(t, bo.accountId), await isDue(t, cleo.accountId)]).toEqual([true, false]);
    await sound(t);
  });

  test("a waiter who no longer wants the address, or is gone, stands in nobody's way (R4)", async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared));
    const bo = await addUser(t, personAt('bo', shared));
    const cleo = await addUser(t, personAt('cleo', shared));
    const darya = await addUser(t, personAt('darya', shared));
    await changeUser(t, bo, { emails: [{ value: 'bo@example.com', primary: true }] });
    await t.directory.deleteUser(CONNECTION, cleo.id);
    expect((await identityOf(t, shared))?.waiters).toEqual([darya.accountId]);
    await settle(t, darya.accountId);
    expect(await t.directory.deleteUser(CONNECTION, ada.id)).toBe('deleted');
    expect(await isDue(t, darya.accountId)).toBe(true);
    await sound(t);
  });

  test('a waiter deleted while it queues leaves no entry that nobody could ever mark (R4)', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared, { active: false }));
    const bo = await addUser(t, personAt('bo', shared));
    expect(await claim(t, bo)).toBe('claimed');
    await changeUser(t, ada, { active: true });
    const drain = openAgain(t, (deps) =>
      meanwhile(deps, isTransaction, () => t.directory.deleteUser(CONNECTION, ada.id)),
    );
    expect(await drain.claimWanted(ORG, ada.accountId)).toEqual({ kind: 'changed' });
    expect((await identityOf(t, shared))?.waiters).toEqual([]);
    expect(await t.directory.deleteUser(CONNECTION, bo.id)).toBe('deleted');
    await sound(t);
  });

  test('an inactive owner with nothing at Adobe yields to an active waiter, and wants it again later (R4)', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared, { active: false }));
    const bo = await addUser(t, personAt('bo', shared));
    expect(await claim(t, bo)).toBe('claimed');
    expect((await accountOf(t, ada.accountId)).claims).toEqual([]);
    await changeUser(t, ada, { active: true });
    expect(await claim(t, ada)).toBe(`taken by ${bo.accountId}`);
    await sound(t);
  });

  const keepers: [string, (t: TestDirectory, ada: UserRecord, bo: UserRecord) => Promise<unknown>][] = [
    ['an active owner', async (t, ada) => changeUser(t, ada, { active: true })],
    ['an owner who still holds something', async (t, ada) => settle(t, ada.accountId, ['Chat'])],
    ['an owner with a call in flight', async (t, ada) => openIntent(t, ada)],
    ['an owner for an inactive waiter', async (t, _, bo) => changeUser(t, bo, { active: false })],
  ];
  test.each(keepers)('%s does not yield (R4)', async (_, prepare) => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared, { active: false }));
    const bo = await addUser(t, personAt('bo', shared));
    await prepare(t, ada, bo);
    expect(await claim(t, bo)).toBe(`taken by ${ada.accountId}`);
    await sound(t);
  });

  test('an inactive owner known to Adobe by another address keeps what it knows of itself when it yields', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', 'old@example.com'));
    await settle(t, ada.accountId);
    await changeUser(t, ada, { emails: [{ value: shared, primary: true }], active: false });
    const bo = await addUser(t, personAt('bo', shared));
    expect(await claim(t, bo)).toBe('claimed');
    const account = await accountOf(t, ada.accountId);
    expect(account.applied.identity?.email).toBe('old@example.com');
    expect(account.claims.map((one) => one.email)).toEqual(['old@example.com']);
    await sound(t);
  });

  test('a record on an inactive owner wakes the waiter (R4)', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared));
    await settle(t, ada.accountId, ['Chat']);
    const bo = await addUser(t, personAt('bo', shared));
    await settle(t, bo.accountId);
    await changeUser(t, ada, { active: false });
    expect(await isDue(t, bo.accountId)).toBe(false);
    await settle(t, ada.accountId, []);
    expect(await isDue(t, bo.accountId)).toBe(true);
    expect(await claim(t, bo)).toBe('claimed');
    await sound(t);
  });

  test('two types under one e-mail do not meet (R3)', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', shared));
    await t.directory.changeSettings(CONNECTION, (before) => ({
      ...before,
      domains: { ...before.domains, 'example.com': { type: 'enterpriseID' } },
    }));
    const bo = await addUser(t, personAt('bo', shared));
    expect((await identityOf(t, shared))?.claims).toEqual({
      federatedID: ada.accountId,
      enterpriseID: bo.accountId,
    });
    await sound(t);
  });

  test('ten people create, take, leave and give up two addresses at the same time (R3, R4)', async () => {
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 8, conflict: 0.15, lostAnswer: 0.05 }),
    });
    const users = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        addUser(t, personAt(`p${at}`, at % 2 ? shared : 'talk@example.com')),
      ),
    );
    const turn = async (user: UserRecord, at: number) => {
      await t.directory.claimWanted(ORG, user.accountId);
      await changeUser(t, user, { emails: [{ value: at % 3 ? 'talk@example.com' : shared, primary: true }] });
      await t.directory.claimWanted(ORG, user.accountId);
      if (at % 4 === 0) await changeUser(t, user, { active: false });
      if (at % 3 === 0) await t.directory.deleteUser(CONNECTION, user.id);
      await t.directory.claimWanted(ORG, user.accountId);
    };
    await Promise.all(users.map(turn));
    await sound(t);
  });
});
