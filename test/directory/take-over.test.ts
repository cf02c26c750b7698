import { describe, expect, test } from 'vitest';
import { watchKey } from '../../lambdas/directory/keys.ts';
import { ConnectionId, type Identity, type UserRecord } from '../../lambdas/directory/records.ts';
import { CONNECTION, ORG, settings, type TestDirectory } from '../open.ts';
import {
  accountOf,
  addGroup,
  addUser,
  changeUser,
  claim,
  dump,
  idle,
  isDue,
  ledgerOf,
  open,
  openAgain,
  person,
  personAt,
  settle,
  sweepAll,
} from './fixture.ts';
import { isTransaction, meanwhile, nth } from './intercept.ts';
import { findBroken } from './invariants.ts';

const shared = 'chat@example.com';
const entra = ConnectionId.parse('entra');

async function identityOf(t: TestDirectory, email: string) {
  return (await t.directory.readIdentities(ORG, [email])).get(email);
}

async function claimant(t: TestDirectory, email: string): Promise<string | undefined> {
  return (await identityOf(t, email))?.claims['federatedID'];
}

async function exists(t: TestDirectory, user: UserRecord): Promise<boolean> {
  return (await t.directory.readAccounts(ORG, [user.accountId])).length === 1;
}

async function sound(t: TestDirectory): Promise<void> {
  expect(findBroken(await dump(t))).toEqual([]);
}

function handle(email: string): Identity {
  return { email, username: email, type: 'federatedID' };
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

describe('delete and take-over (R5, R6, R7)', () => {
  test('a user deleted before anything was sent leaves no account, no claim, and a re-created one starts anew (R6)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await t.directory.deleteUser(CONNECTION, ada.id);
    expect(await exists(t, ada)).toBe(false);
    expect(await claimant(t, 'ada@example.com')).toBeUndefined();
    const again = await addUser(t, person('ada'));
    expect(again.accountId).not.toBe(ada.accountId);
    expect(await claimant(t, 'ada@example.com')).toBe(again.accountId);
    await sound(t);
  });

  test("a deleted user's account stays ownerless, wants nothing and is due while Adobe holds something (R7)", async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await addGroup(t, 'Chat', { members: [ada.id] });
    await settle(t, ada.accountId, ['Chat']);
    await t.directory.deleteUser(CONNECTION, ada.id);
    const account = await accountOf(t, ada.accountId);
    expect(account.owner).toBeUndefined();
    expect(account.wanted).toEqual({ active: false, since: t.clock.now(), groups: [], suspended: [] });
    expect(Object.keys(account.applied.entitlements)).toEqual(['chat']);
    expect(account.claims.map((one) => one.email)).toEqual(['ada@example.com']);
    expect(await isDue(t, ada.accountId)).toBe(true);
    await sound(t);
  });

  test('a deleted user gives up an address that Adobe never accepted, and wakes who waits for it (R7)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    await changeUser(t, ada, { emails: [{ value: shared, primary: true }] });
    const bo = await addUser(t, personAt('bo', shared));
    await settle(t, bo.accountId);
    await t.directory.deleteUser(CONNECTION, ada.id);
    expect((await accountOf(t, ada.accountId)).claims.map((one) => one.email)).toEqual(['ada@example.com']);
    expect(await isDue(t, bo.accountId)).toBe(true);
    expect(await claim(t, bo)).toBe('claimed');
    await sound(t);
  });

  test('the last revoke recorded on an ownerless account ends it and frees its claims (R6)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    const bo = await addUser(t, personAt('bo', 'ada@example.com'));
    await settle(t, bo.accountId);
    await t.directory.deleteUser(CONNECTION, ada.id);
    await settle(t, bo.accountId);
    await settle(t, ada.accountId, []);
    expect(await exists(t, ada)).toBe(false);
    expect(await isDue(t, bo.accountId)).toBe(true);
    expect(await claim(t, bo)).toBe('claimed');
    await sound(t);
  });

  const unsettled: [string, object][] = [
    ['an unknown outcome', { unknown: { chat: { name: 'Chat', at: 1 } } }],
    [
      'a create that may have happened',
      { maybe: { identity: handle('ada@example.com'), at: 1, absentBefore: true } },
    ],
    [
      'an entitlement that turned out to be there',
      {
        applied: {
          identity: handle('ada@example.com'),
          entitlements: { talk: { name: 'Talk', kind: 'userGroup', since: 1 } },
        },
      },
    ],
  ];
  test.each(unsettled)('an ownerless account with %s does not end (R6, I12)', async (_, left) => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    await t.directory.deleteUser(CONNECTION, ada.id);
    const again = { ...idle, place: { kind: 'run', urgent: true }, status: 'pending' } as const;
    await t.directory.changeLedger(ORG, ada.accountId, {
      compute: (fresh) => ({
        ledger: { ...ledgerOf(fresh), applied: { ...fresh.applied, entitlements: {} }, ...left },
        standing: again,
        clearIntent: true,
      }),
    });
    expect(await exists(t, ada)).toBe(true);
    expect(await claimant(t, 'ada@example.com')).toBe(ada.accountId);
  });

  test('a user deleted while a call is in flight: its account stays until the outcome is recorded (R6, R7)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const intentId = await openIntent(t, ada);
    await t.directory.deleteUser(CONNECTION, ada.id);
    expect((await accountOf(t, ada.accountId)).intent?.id).toBe(intentId);
    expect(await claimant(t, 'ada@example.com')).toBe(ada.accountId);
    await t.directory.changeLedger(ORG, ada.accountId, {
      intentId,
      compute: (fresh) => ({ ledger: ledgerOf(fresh), standing: idle, clearIntent: true }),
    });
    expect(await exists(t, ada)).toBe(false);
    await sound(t);
  });

  test('a new user with the accepted handle takes the ownerless account over, with what it holds (R5)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const group = await addGroup(t, 'Chat', { members: [ada.id] });
    await settle(t, ada.accountId, ['Chat']);
    await t.directory.deleteUser(CONNECTION, ada.id);
    const again = await addUser(t, personAt('ada2', 'ADA@example.com'));
    expect(again.accountId).toBe(ada.accountId);
    const account = await accountOf(t, again.accountId);
    expect(account.owner?.userId).toBe(again.id);
    expect(Object.keys(account.applied.entitlements)).toEqual(['chat']);
    expect(account.origin).toBe('made');
    expect(account.wanted.groups).toEqual([]);
    await t.directory.changeGroup(CONNECTION, group.id, {
      members: { kind: 'delta', add: [again.id], remove: [] },
    });
    expect((await accountOf(t, again.accountId)).wanted.groups).toEqual([group.id]);
    await sound(t);
  });

  test('taken over while a revoke is in flight, the account keeps the intent and takes its outcome (R5, R24)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    await t.directory.deleteUser(CONNECTION, ada.id);
    const intentId = await openIntent(t, ada);
    const again = await addUser(t, person('ada'));
    expect(again.accountId).toBe(ada.accountId);
    expect((await accountOf(t, again.accountId)).intent?.id).toBe(intentId);
    const outcome = await t.directory.changeLedger(ORG, ada.accountId, {
      intentId,
      compute: (fresh) => ({
        ledger: { ...ledgerOf(fresh), applied: { ...fresh.applied, entitlements: {} } },
        standing: { place: { kind: 'run', urgent: false }, status: 'pending', attempts: 0 },
        clearIntent: true,
      }),
    });
    expect(outcome).toBe('written');
    expect((await accountOf(t, again.accountId)).owner?.userId).toBe(again.id);
    await sound(t);
  });

  test('a new user who asks only for an address that was wanted, not accepted, takes nothing over (R5)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    await changeUser(t, ada, { emails: [{ value: shared, primary: true }] });
    const intentId = await openIntent(t, ada);
    await t.directory.deleteUser(CONNECTION, ada.id);
    const again = await addUser(t, personAt('ada2', shared));
    expect(again.accountId).not.toBe(ada.accountId);
    expect(intentId).toBeDefined();
    expect(await claim(t, again)).toBe(`taken by ${ada.accountId}`);
    await sound(t);
  });

  test('nor one who asks for an address that a rename may still bring (R5, R28)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    await changeUser(t, ada, { emails: [{ value: shared, primary: true }] });
    await t.directory.changeLedger(ORG, ada.accountId, {
      compute: (fresh) => ({
        ledger: { ...ledgerOf(fresh), watch: { [watchKey.rename(shared)]: t.clock.now() } },
        standing: idle,
        clearIntent: true,
      }),
    });
    await t.directory.deleteUser(CONNECTION, ada.id);
    const again = await addUser(t, personAt('ada2', shared));
    expect(again.accountId).not.toBe(ada.accountId);
    expect(await claim(t, again)).toBe(`taken by ${ada.accountId}`);
    await sound(t);
  });

  test('a user of another connection takes nothing over and waits for the end (R5, I05)', async () => {
    const t = await open();
    await t.directory.setUp({
      org: { key: ORG, adobeOrgId: 'x@AdobeOrg', clientId: 'client-1' },
      connection: { id: entra, settings },
    });
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    await t.directory.deleteUser(CONNECTION, ada.id);
    const other = await addUser(t, person('ada'), entra);
    expect(other.accountId).not.toBe(ada.accountId);
    expect(await claim(t, other)).toBe(`taken by ${ada.accountId}`);
    await settle(t, other.accountId);
    await settle(t, ada.accountId, []);
    expect(await isDue(t, other.accountId)).toBe(true);
    expect(await claim(t, other)).toBe('claimed');
    await sound(t);
    expect(findBroken(await dump(t), 'entra')).toEqual([]);
  });

  test('of two new users for one ownerless account one takes it over and the other waits (R5)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    await t.directory.deleteUser(CONNECTION, ada.id);
    const both = await Promise.all([
      addUser(t, personAt('a', 'ada@example.com')),
      addUser(t, personAt('b', 'ada@example.com')),
    ]);
    expect(both.filter((user) => user.accountId === ada.accountId)).toHaveLength(1);
    expect((await identityOf(t, 'ada@example.com'))?.waiters).toHaveLength(1);
    await sound(t);
  });

  test('an existing user who moves to the accepted handle merges the ownerless account into its own (R5)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await openIntent(t, ada);
    await settle(t, ada.accountId, ['Chat']);
    const bo = await addUser(t, person('bo', { userName: 'bo', emails: [] }));
    await t.directory.deleteUser(CONNECTION, ada.id);
    const { sentAt } = await accountOf(t, ada.accountId);
    expect(sentAt).toBeGreaterThan(0);
    await changeUser(t, bo, { emails: [{ value: 'ada@example.com', primary: true }] });
    expect(await claim(t, bo)).toBe('claimed');
    const account = await accountOf(t, bo.accountId);
    // What Adobe showed before that call says nothing of him (R19, R28).
    expect(account.sentAt).toBe(sentAt);
    expect(account.applied.identity?.email).toBe('ada@example.com');
    expect(Object.keys(account.applied.entitlements)).toEqual(['chat']);
    expect(account.origin).toBe('made');
    expect(await exists(t, ada)).toBe(false);
    expect(await isDue(t, bo.accountId)).toBe(true);
    await sound(t);
  });

  const waits: [string, (t: TestDirectory, bo: UserRecord) => Promise<unknown>][] = [
    ['has an accepted handle of its own', (t, bo) => settle(t, bo.accountId, ['Talk'])],
    ['has a call in flight', (t, bo) => openIntent(t, bo)],
  ];
  test.each(waits)('an existing user that %s waits instead of merging (R5)', async (_, prepare) => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    const bo = await addUser(t, person('bo'));
    await prepare(t, bo);
    await t.directory.deleteUser(CONNECTION, ada.id);
    await changeUser(t, bo, { emails: [{ value: 'ada@example.com', primary: true }] });
    expect(await claim(t, bo)).toBe(`taken by ${ada.accountId}`);
    expect(await exists(t, ada)).toBe(true);
    await sound(t);
  });

  test('an ownerless account with a call in flight is not merged (R5)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    const bo = await addUser(t, person('bo', { userName: 'bo', emails: [] }));
    await t.directory.deleteUser(CONNECTION, ada.id);
    await openIntent(t, ada);
    await changeUser(t, bo, { emails: [{ value: 'ada@example.com', primary: true }] });
    expect(await claim(t, bo)).toBe(`taken by ${ada.accountId}`);
    await sound(t);
  });

  test('what the identity item knows of the origin outlives the account (R1)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, []);
    await t.directory.deleteUser(CONNECTION, ada.id);
    expect(await exists(t, ada)).toBe(false);
    expect((await identityOf(t, 'ada@example.com'))?.origin).toEqual({ federatedID: 'made' });
  });

  test('memberships left by a crash are taken away by the sweep and never touch the new owner (R7, I04)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const group = await addGroup(t, 'Chat', { members: [ada.id] });
    await settle(t, ada.accountId, ['Chat']);
    const crashing = openAgain(t, (deps) =>
      meanwhile(deps, nth(2, isTransaction), async () => {
        throw new Error('killed');
      }),
    );
    await expect(crashing.deleteUser(CONNECTION, ada.id)).rejects.toThrow('killed');
    const again = await addUser(t, person('ada'));
    expect(again.accountId).toBe(ada.accountId);
    await t.directory.changeGroup(CONNECTION, group.id, {
      members: { kind: 'delta', add: [again.id], remove: [] },
    });
    expect(await t.directory.listMembers(CONNECTION, group.id)).toEqual([again.id]);
    expect(await t.directory.isMember(CONNECTION, group.id, ada.id)).toBe(false);
    await sweepAll(t);
    expect(await t.directory.listMembers(CONNECTION, group.id)).toEqual([again.id]);
    expect((await accountOf(t, again.accountId)).wanted.groups).toEqual([group.id]);
    await sound(t);
  });
});
