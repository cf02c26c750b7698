import { describe, expect, test } from 'vitest';
import type { AccountId, UserRecord } from '../../lambdas/directory/records.ts';
import { CONNECTION, ORG, settings, type TestDirectory } from '../open.ts';
import {
  accountOf,
  addUser,
  addUsers,
  dump,
  open,
  openAgain,
  person,
  personAt,
  settle,
  sweepAll,
} from './fixture.ts';
import { findBroken } from './invariants.ts';

async function dueOf(t: TestDirectory, users: readonly UserRecord[]): Promise<AccountId[]> {
  const due = new Set(await t.directory.readDue(ORG, 10_000));
  return users.map((user) => user.accountId).filter((id) => due.has(id));
}

async function settleAll(t: TestDirectory, users: readonly UserRecord[]): Promise<void> {
  for (const user of users) await settle(t, user.accountId);
}

describe('settings (R2)', () => {
  test('a change of a domain derives every identity anew and marks everybody', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const bo = await addUser(t, personAt('bo', 'bo@example.org'));
    await settleAll(t, [ada, bo]);
    await t.directory.changeSettings(CONNECTION, (before) => ({
      ...before,
      domains: { ...before.domains, 'example.com': { type: 'enterpriseID' } },
    }));
    await sweepAll(t);
    expect((await accountOf(t, ada.accountId)).wanted.identity?.type).toBe('enterpriseID');
    expect((await accountOf(t, bo.accountId)).wanted.identity?.type).toBe('federatedID');
    expect(await dueOf(t, [ada, bo])).toHaveLength(2);
    expect((await t.directory.getUser(CONNECTION, ada.id))?.version).toBe(1);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a user written by a process that has not heard of new settings is derived by the new ones', async () => {
    const t = await open();
    const stale = openAgain(t);
    const ada = await addUser({ directory: stale }, person('ada'));
    await t.directory.changeSettings(CONNECTION, (before) => ({
      ...before,
      domains: { 'example.com': { type: 'enterpriseID' } },
    }));
    const bo = await addUser({ directory: stale }, person('bo'));
    expect((await accountOf(t, bo.accountId)).wanted.identity?.type).toBe('enterpriseID');
    await stale.updateUser(CONNECTION, ada.id, ({ resource }) => ({ ...resource, title: 'x' }));
    expect((await accountOf(t, ada.accountId)).wanted.identity?.type).toBe('enterpriseID');
  });

  test('settings changed while users are created: nobody keeps an identity of the old ones', async () => {
    const t = await open();
    const [users] = await Promise.all([
      addUsers(t, 40),
      t.directory.changeSettings(CONNECTION, (before) => ({
        ...before,
        domains: { ...before.domains, 'example.com': { type: 'enterpriseID' } },
      })),
    ]);
    await sweepAll(t);
    for (const user of users) {
      expect((await accountOf(t, user.accountId)).wanted.identity?.type).toBe('enterpriseID');
    }
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a connection where a username is in doubt says so until somebody decides (design.md section 5)', async () => {
    const t = await open();
    const doubt = async () => (await t.directory.getConnection(CONNECTION))['usernameUndecided'];
    const undecided = { 'example.com': { type: 'federatedID', country: 'US' } } as const;
    await t.directory.changeSettings(CONNECTION, (before) => ({ ...before, domains: undecided }));
    expect(await doubt()).toBeUndefined();
    await addUser(t, personAt('ada', 'ada@example.com'));
    expect(await doubt()).toBe(true);
    await t.directory.changeSettings(CONNECTION, (before) => ({ ...before, mode: 'additive' }));
    expect(await doubt()).toBe(true);
    await sweepAll(t);
    expect(await doubt()).toBe(true);
    await t.directory.changeSettings(CONNECTION, () => settings);
    expect(await doubt()).toBeUndefined();
  });

  test('setting up again changes nothing that is there', async () => {
    const t = await open();
    await addUser(t, person('ada'));
    await t.directory.changeSettings(CONNECTION, (before) => ({ ...before, mode: 'additive' }));
    const before = await dump(t);
    await t.directory.setUp({
      org: { key: ORG, adobeOrgId: 'other@AdobeOrg', clientId: 'client-2' },
      connection: { id: CONNECTION, settings },
    });
    expect(await dump(t)).toEqual(before);
  });
});
