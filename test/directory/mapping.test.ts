import { describe, expect, test } from 'vitest';
import type { AccountId, GroupRecord, UserRecord } from '../../lambdas/directory/records.ts';
import { CONNECTION, ORG, settings, type TestDirectory } from '../open.ts';
import { withTransactionFaults } from './conflicts.ts';
import {
  accountOf,
  addGroup,
  addUser,
  addUsers,
  applyRules,
  bindings,
  dump,
  isDue,
  open,
  openAgain,
  person,
  personAt,
  rule,
  settle,
  sweepAll,
} from './fixture.ts';
import { isTransaction, meanwhile } from './intercept.ts';
import { findBroken } from './invariants.ts';

const chat = rule('Chat agents', 'Chat');
const talk = rule('Talk', 'Talk');

const bound = (group: GroupRecord) => `bound ${group.id}`;
const orphaned = (group: GroupRecord) => `orphaned ${group.id}`;

async function rename(t: TestDirectory, group: GroupRecord, displayName: string): Promise<void> {
  expect(await t.directory.changeGroup(CONNECTION, group.id, { displayName })).toMatchObject({ ok: true });
}

async function dueOf(t: TestDirectory, users: readonly UserRecord[]): Promise<AccountId[]> {
  const due = new Set(await t.directory.readDue(ORG, 10_000));
  return users.map((user) => user.accountId).filter((id) => due.has(id));
}

async function settleAll(t: TestDirectory, users: readonly UserRecord[]): Promise<void> {
  for (const user of users) await settle(t, user.accountId);
}

describe('which group a rule follows (R11)', () => {
  test('group first, rule later: bound by the rule, whatever the spelling', async () => {
    const t = await open();
    const group = await addGroup(t, ' CHAT agents');
    expect(await applyRules(t, [chat])).toBe(true);
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(group) });
  });

  test('rule first, group later: bound by the group', async () => {
    const t = await open();
    await applyRules(t, [chat]);
    expect(await bindings(t)).toEqual({ 'Chat agents': 'unbound' });
    const group = await addGroup(t, 'chat AGENTS');
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(group) });
  });

  test('mapping apply and POST of the group at the same time: bound, and the member is due, always (R13)', async () => {
    const t = await open({ wrap: (deps) => withTransactionFaults(deps, { seed: 4, conflict: 0.2, lostAnswer: 0.05 }) });
    const ada = await addUser(t, person('ada'));
    const rules = [];
    for (let round = 0; round < 12; round += 1) {
      await settle(t, ada.accountId);
      rules.push(rule(`Chat ${round}`, `Chat ${round}`));
      const [applied, group] = await Promise.all([
        applyRules(t, rules),
        addGroup(t, `Chat ${round}`, { members: [ada.id] }),
      ]);
      expect(applied).toBe(true);
      expect((await bindings(t))[`Chat ${round}`]).toBe(bound(group));
      expect(await sweepAll(t)).toBe(true);
      expect(await isDue(t, ada.accountId)).toBe(true);
    }
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a group created, and its member looked at by a drain, while the mapping is written: the sweep marks him (R13)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    let transactions = 0;
    const operator = openAgain(t, (deps) =>
      meanwhile(
        deps,
        // The first transaction writes the rule, the second one brings the version into force.
        (command) => isTransaction(command) && (transactions += 1) === 2,
        async () => {
          await addGroup(t, 'Chat agents', { members: [ada.id] });
          // The rule is not in force yet: nothing is wanted, and the account comes to rest.
          await settle(t, ada.accountId);
        },
      ),
    );
    expect(await operator.applyMapping(CONNECTION, { rules: [chat], expectedVersion: 0, left: [] })).toBe(true);
    expect(await isDue(t, ada.accountId)).toBe(false);
    await sweepAll(t);
    expect(await isDue(t, ada.accountId)).toBe(true);
    expect((await bindings(t))['Chat agents']).toMatch(/^bound/);
  });

  test('a group deleted while a rule is bound to it leaves no rule bound to nothing (R11, R12)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat agents');
    const operator = openAgain(t, (deps) =>
      meanwhile(deps, isTransaction, () => t.directory.deleteGroup(CONNECTION, group.id)),
    );
    expect(await operator.applyMapping(CONNECTION, { rules: [chat], expectedVersion: 0, left: [] })).toBe(true);
    expect(await bindings(t)).toEqual({ 'Chat agents': 'unbound' });
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a renamed group keeps its rule, and a new group of the old name gets none (R11, T27)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat agents');
    await applyRules(t, [chat]);
    await rename(t, group, 'Support');
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(group) });
    await addGroup(t, 'Chat agents');
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(group) });
    await applyRules(t, [chat]);
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(group) });
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('renaming a group onto a mapped name binds nothing until the mapping is applied again (T27)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await applyRules(t, [chat]);
    const group = await addGroup(t, 'Everybody', { members: [ada.id] });
    await sweepAll(t);
    await settle(t, ada.accountId);
    await rename(t, group, 'Chat agents');
    expect(await bindings(t)).toEqual({ 'Chat agents': 'unbound' });
    expect(await isDue(t, ada.accountId)).toBe(false);
    await applyRules(t, [chat]);
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(group) });
    await sweepAll(t);
    expect(await isDue(t, ada.accountId)).toBe(true);
  });

  test('rename A onto the name of B, which was deleted, and create B again: no rule changes hands (T27)', async () => {
    const t = await open();
    const b = await addGroup(t, 'Chat agents');
    const a = await addGroup(t, 'Everybody');
    await applyRules(t, [chat]);
    await t.directory.deleteGroup(CONNECTION, b.id);
    await rename(t, a, 'Chat agents');
    expect(await bindings(t)).toEqual({ 'Chat agents': orphaned(b) });
    await rename(t, a, 'Everybody');
    await addGroup(t, 'Chat agents');
    expect(await bindings(t)).toEqual({ 'Chat agents': orphaned(b) });
  });

  test('deleting the group orphans its rule; a new group of the same name without externalId binds nothing (R12)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat agents');
    await applyRules(t, [chat]);
    await t.directory.deleteGroup(CONNECTION, group.id);
    expect(await bindings(t)).toEqual({ 'Chat agents': orphaned(group) });
    await addGroup(t, 'Chat agents');
    await applyRules(t, [chat]);
    expect(await bindings(t)).toEqual({ 'Chat agents': orphaned(group) });
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a new group with the same externalId binds the orphaned rule again, whatever its name (R12)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat agents', { externalId: 'e1' });
    await applyRules(t, [chat]);
    await t.directory.deleteGroup(CONNECTION, group.id);
    await addGroup(t, 'Other', { externalId: 'E1' });
    expect(await bindings(t)).toEqual({ 'Chat agents': orphaned(group) });
    const again = await addGroup(t, 'Support', { externalId: 'e1' });
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(again) });
    await t.directory.deleteGroup(CONNECTION, again.id);
    expect(await bindings(t)).toEqual({ 'Chat agents': orphaned(again) });
    const third = await addGroup(t, 'Chat agents', { externalId: 'e1' });
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(third) });
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('an externalId that the group got after it was bound is the one that counts (R12)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat agents', { externalId: 'old' });
    await applyRules(t, [chat]);
    await t.directory.changeGroup(CONNECTION, group.id, { externalId: 'new' });
    await t.directory.deleteGroup(CONNECTION, group.id);
    await addGroup(t, 'A', { externalId: 'old' });
    expect(await bindings(t)).toEqual({ 'Chat agents': orphaned(group) });
    const again = await addGroup(t, 'B', { externalId: 'new' });
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(again) });
  });

  test('of two new groups with the externalId at the same time one binds the orphaned rule (R12)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat agents', { externalId: 'e1' });
    await applyRules(t, [chat]);
    await t.directory.deleteGroup(CONNECTION, group.id);
    const made = await Promise.all(['A', 'B', 'C'].map((name) => addGroup(t, name, { externalId: 'e1' })));
    expect(made.map(bound)).toContain((await bindings(t))['Chat agents']);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a rule that was dropped and comes back is a new rule: it follows whoever has the name now', async () => {
    const t = await open();
    const first = await addGroup(t, 'Chat agents');
    await applyRules(t, [chat]);
    await rename(t, first, 'Support');
    await applyRules(t, []);
    expect(await bindings(t)).toEqual({});
    const second = await addGroup(t, 'Chat agents');
    await applyRules(t, [chat]);
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(second) });
    await applyRules(t, []);
    await t.directory.deleteGroup(CONNECTION, second.id);
    await applyRules(t, [chat]);
    expect(await bindings(t)).toEqual({ 'Chat agents': 'unbound' });
    const third = await addGroup(t, 'Chat agents');
    expect(await bindings(t)).toEqual({ 'Chat agents': bound(third) });
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a rule that comes back is never without its group in between (R11)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat agents');
    await applyRules(t, [chat]);
    await applyRules(t, [talk]);
    const key = `okta|BIND#${chat.id}`;
    const seen: boolean[] = [];
    const operator = openAgain(t, (deps) =>
      meanwhile(deps, (command) => isTransaction(command) && seen.length === 0, async () => {
        seen.push((await dump(t)).some((item) => `${item['pk']}|${item['sk']}` === key));
      }),
    );
    const { mappingVersion } = await t.directory.getConnection(CONNECTION);
    await operator.applyMapping(CONNECTION, { rules: [chat, talk], expectedVersion: mappingVersion, left: [] });
    expect(seen).toEqual([true]);
    expect((await bindings(t))['Chat agents']).toBe(bound(group));
  });
});

describe('mapping versions (R13)', () => {
  test('a draft that was planned against another version is refused and changes nothing that is in force', async () => {
    const t = await open();
    await applyRules(t, [chat]);
    expect(await applyRules(t, [talk], { expectedVersion: 0 })).toBe(false);
    expect(Object.keys(await bindings(t))).toEqual(['Chat agents']);
  });

  test('of two drafts at the same time one comes into force, whole and alone', async () => {
    const t = await open();
    for (let round = 0; round < 6; round += 1) {
      const drafts = [
        [rule('A', `a${round}`), rule('B', `b${round}`)],
        [rule('B', `B${round}`), rule('C', `c${round}`)],
      ];
      const { mappingVersion } = await t.directory.getConnection(CONNECTION);
      const results = await Promise.all(
        drafts.map((rules) => t.directory.applyMapping(CONNECTION, { rules, expectedVersion: mappingVersion, left: [] })),
      );
      expect([...results].sort()).toEqual([false, true]);
      const winner = drafts[results.indexOf(true)] ?? [];
      const inForce = await t.directory.rulesOf(await t.directory.getConnection(CONNECTION));
      expect(inForce.map((one) => one.grants[0]?.name).sort()).toEqual(winner.map((one) => one.grants[0]?.name).sort());
    }
  });

  test('rules of a draft that crashed half-way never come into force with a later one', async () => {
    const t = await open();
    let transactions = 0;
    const crashing = openAgain(t, (deps) =>
      meanwhile(
        deps,
        (command) => isTransaction(command) && (transactions += 1) === 3,
        async () => {
          throw new Error('killed');
        },
      ),
    );
    const rules = [rule('A', 'a'), rule('B', 'b'), rule('C', 'c')];
    await expect(crashing.applyMapping(CONNECTION, { rules, expectedVersion: 0, left: [] })).rejects.toThrow('killed');
    expect(await bindings(t)).toEqual({});
    expect(await applyRules(t, [chat])).toBe(true);
    expect(Object.keys(await bindings(t))).toEqual(['Chat agents']);
  });

  test('settings changed while a mapping is applied do not refuse it', async () => {
    const t = await open();
    let transactions = 0;
    const operator = openAgain(t, (deps) =>
      meanwhile(
        deps,
        (command) => isTransaction(command) && (transactions += 1) === 2,
        () => t.directory.changeSettings(CONNECTION, (before) => ({ ...before, mode: 'additive' })),
      ),
    );
    expect(await operator.applyMapping(CONNECTION, { rules: [chat], expectedVersion: 0, left: [] })).toBe(true);
    expect((await t.directory.getConnection(CONNECTION)).settings.mode).toBe('additive');
  });

  test('what is left with --leave is on the list of the new version, by its normal name', async () => {
    const t = await open();
    await applyRules(t, [chat], { left: [' Live Agent '] });
    expect((await t.directory.getConnection(CONNECTION)).left).toEqual(['live agent']);
    await applyRules(t, [chat]);
    expect((await t.directory.getConnection(CONNECTION)).left).toEqual([]);
  });
});

describe('whom a mapping change marks (R13, R14)', () => {
  async function twoGroups(t: TestDirectory) {
    const users = await addUsers(t, 6);
    const ids = users.map((user) => user.id);
    await addGroup(t, 'Chat agents', { members: ids.slice(0, 2) });
    await addGroup(t, 'Talk', { members: ids.slice(2, 4) });
    await applyRules(t, [chat, talk]);
    await sweepAll(t);
    await settleAll(t, users);
    return users;
  }
  const rows: [string, () => ReturnType<typeof rule>[], number[], string[]?][] = [
    ['the same rules', () => [chat, talk], []],
    ['the same rules in another order', () => [talk, chat], []],
    ['other grants of one rule', () => [rule('Chat agents', 'Chat', 'More'), talk], [0, 1]],
    ['a stricter mode of one rule', () => [chat, { ...talk, mode: 'report-only' }], [2, 3]],
    ['a rule dropped', () => [talk], [0, 1]],
    ['all rules dropped', () => [], [0, 1, 2, 3]],
    ['a rule for everyone', () => [chat, talk, rule(undefined, 'All')], [0, 1, 2, 3, 4, 5]],
    ['an entitlement left', () => [chat, talk], [0, 1, 2, 3, 4, 5], ['Old']],
  ];
  test.each(rows)('%s: exactly those', async (_, rules, expected, left) => {
    const t = await open();
    const users = await twoGroups(t);
    expect(await applyRules(t, rules(), { left: left ?? [] })).toBe(true);
    expect(await dueOf(t, users)).toEqual([]);
    expect(await sweepAll(t)).toBe(true);
    expect(await dueOf(t, users)).toEqual(expected.map((at) => users[at]?.accountId));
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a sweep stops in time and goes on where it stopped, and marks everybody once (R14)', async () => {
    const t = await open();
    const users = await addUsers(t, 130);
    const half = users.slice(0, 65);
    await addGroup(t, 'Chat agents', { members: half.map((user) => user.id) });
    await addGroup(t, 'Talk', { members: users.slice(65).map((user) => user.id) });
    await settleAll(t, users);
    const revisions = new Map<string, number>();
    for (const user of users) revisions.set(user.accountId, (await accountOf(t, user.accountId)).wantedRev);
    await applyRules(t, [chat, talk]);
    let runs = 0;
    let looks = 0;
    // Time passes with every look at the clock, so that each run is cut off after a slice or two.
    const slow = openAgain(t, (deps) => ({ ...deps, now: () => t.clock.now() + (looks += 1) }));
    while (!(await slow.runSweeps(ORG, t.clock.now() + looks + 3))) {
      runs += 1;
      if (runs > 500) throw new Error('the sweep does not end');
    }
    expect(runs).toBeGreaterThan(2);
    for (const user of users) {
      const { wantedRev } = await accountOf(t, user.accountId);
      expect(wantedRev).toBe((revisions.get(user.accountId) ?? 0) + 1);
    }
    expect((await dump(t)).filter((item) => String(item['sk']).startsWith('SWEEP#'))).toEqual([]);
  });

  test('a sweep killed at any call is finished by another process (R14)', async () => {
    const t = await open();
    const users = await addUsers(t, 12);
    await addGroup(t, 'Chat agents', { members: users.map((user) => user.id) });
    await settleAll(t, users);
    await applyRules(t, [chat]);
    for (let calls = 1; ; calls += 1) {
      let made = 0;
      const dying = openAgain(t, (deps) =>
        meanwhile(
          deps,
          () => (made += 1) === calls,
          async () => {
            throw new Error('killed');
          },
        ),
      );
      const ended = await dying.runSweeps(ORG, t.clock.now() + 1000).catch(() => false);
      if (ended) break;
    }
    expect(await sweepAll(t)).toBe(true);
    expect(await dueOf(t, users)).toHaveLength(12);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});

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
