/**
 * Old code and new code on one table (F20, F21): what a later version adds to an item is neither a reason to fail nor
 * lost by a write of this one. Nothing here was ever released in another format, so this is the only direction there is.
 */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { CONNECTION, ORG, type TestDirectory } from '../open.ts';
import {
  accountOf,
  addGroup,
  addUser,
  applyRules,
  changeUser,
  dump,
  idle,
  ledgerOf,
  open,
  person,
  rule,
  settled,
  sweepAll,
} from './fixture.ts';
import { findBroken } from './invariants.ts';

const LATER = { M: { of: { S: 'a later version' } } };

/** As a later version leaves them: another schema number, and a field that this one has never heard of. */
async function upgradeAll(t: TestDirectory): Promise<string[]> {
  const items = await dump(t);
  for (const { pk, sk } of items) {
    await t.deps.client.send(
      new UpdateItemCommand({
        TableName: t.deps.table,
        Key: { pk: { S: String(pk) }, sk: { S: String(sk) } },
        UpdateExpression: 'SET v = :v, novelty = :novelty',
        ExpressionAttributeValues: { ':v': { N: '2' }, ':novelty': LATER },
      }),
    );
  }
  return items.map(({ pk, sk }) => `${pk}|${sk}`);
}

async function withoutNovelty(t: TestDirectory, upgraded: readonly string[]): Promise<string[]> {
  const items = await dump(t);
  return items
    .filter((item) => item['novelty'] === undefined || item['v'] !== 2)
    .map(({ pk, sk }) => `${pk}|${sk}`)
    .filter((key) => upgraded.includes(key));
}

describe('a table that a later version has written to (F20, F21)', () => {
  test('is read, searched, listed and changed, and every field that is not known stays', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada', { externalId: 'x1' }));
    const bo = await addUser(t, person('bo'));
    const chat = await addGroup(t, 'Chat', { externalId: 'g1', members: [ada.id] });
    await applyRules(t, [rule('Chat', 'Live Agent')]);
    await sweepAll(t);
    const { secret } = await t.directory.createToken(CONNECTION, { label: 'Okta' });
    const upgraded = await upgradeAll(t);

    expect(await t.directory.admit({ bearer: secret })).toMatchObject({ ok: true });
    expect((await t.directory.listUsers(CONNECTION, { startIndex: 1, count: 9 })).totalResults).toBe(2);
    expect(await t.directory.findUsers(CONNECTION, { by: 'externalId', value: 'x1' })).toHaveLength(1);
    await changeUser(t, ada, { title: 'Dr', emails: [{ value: 'ada.l@example.com', primary: true }] });
    await t.directory.changeGroup(CONNECTION, chat.id, {
      displayName: 'Talk',
      members: { kind: 'delta', add: [bo.id], remove: [ada.id] },
    });
    await applyRules(t, [rule('Talk', 'Live Agent EU')]);
    await sweepAll(t);
    await provision(t, bo.accountId);
    // A rule finds its group again, so that its binding and the guard of the name are written over.
    await t.directory.deleteGroup(CONNECTION, chat.id);
    await addGroup(t, 'Chat', { externalId: 'g1' });
    await t.directory.changeSettings(CONNECTION, (before) => ({ ...before, mode: 'additive' }));
    await sweepAll(t);

    expect(Object.keys((await accountOf(t, bo.accountId)).applied.entitlements)).toEqual(['live agent eu']);
    expect(await withoutNovelty(t, upgraded)).toEqual([]);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});

/** What a drain writes about one account: lease, intent, outcome, what was seen. */
async function provision(t: TestDirectory, id: Awaited<ReturnType<typeof addUser>>['accountId']) {
  const lease = await t.directory.acquireLease(ORG, { holder: 'one', until: t.clock.now() + 60_000 });
  if (lease === undefined) throw new Error('the lease is taken');
  const account = await accountOf(t, id);
  const intent = {
    id: 'i1',
    at: t.clock.now(),
    wantedRev: account.wantedRev,
    mappingVersion: 1,
    actions: [{ kind: 'grant', name: 'Live Agent EU' }],
    absentBefore: false,
  };
  expect(
    await t.directory.writeIntents(ORG, lease, [{ account, ledger: ledgerOf(account), intent }]),
  ).toEqual([id]);
  const compute = (fresh: typeof account) =>
    settled(fresh, { entitlements: ['Live Agent EU'], standing: idle, at: t.clock.now() });
  expect(await t.directory.changeLedger(ORG, id, { intentId: 'i1', compute })).toBe('written');
  await t.directory.observe(ORG, 'bo@example.com', { at: t.clock.now(), users: [] });
  await t.directory.releaseLease(ORG, lease);
}
