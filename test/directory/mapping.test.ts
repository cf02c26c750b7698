import { describe, expect, test } from 'vitest';
import type { AccountId, UserRecord } from '../../lambdas/directory/records.ts';
import { CONNECTION, ORG, type TestDirectory } from '../open.ts';
import {
  accountOf,
  addGroup,
  addUsers,
  applyRules,
  bindings,
  dump,
  open,
  openAgain,
  rule,
  settle,
  sweepAll,
} from './fixture.ts';
import { isTransaction, meanwhile, nth } from './intercept.ts';
import { findBroken } from './invariants.ts';

const chat = rule('Chat agents', 'Chat');
const talk = rule('Talk', 'Talk');

async function dueOf(t: TestDirectory, users: readonly UserRecord[]): Promise<AccountId[]> {
  const due = new Set(await t.directory.readDue(ORG, 10_000));
  return users.map((user) => user.accountId).filter((id) => due.has(id));
}

async function settleAll(t: TestDirectory, users: readonly UserRecord[]): Promise<void> {
  for (const user of users) await settle(t, user.accountId);
}

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
        drafts.map((rules) =>
          t.directory.applyMapping(CONNECTION, { rules, expectedVersion: mappingVersion, left: [] }),
        ),
      );
      expect([...results].sort()).toEqual([false, true]);
      const winner = drafts[results.indexOf(true)] ?? [];
      const inForce = await t.directory.rulesOf(await t.directory.getConnection(CONNECTION));
      expect(inForce.map((one) => one.grants[0]?.name).sort()).toEqual(
        winner.map((one) => one.grants[0]?.name).sort(),
      );
    }
  });

  test('rules of a draft that crashed half-way never come into force with a later one', async () => {
    const t = await open();
    const crashing = openAgain(t, (deps) =>
      meanwhile(deps, nth(3, isTransaction), async () => {
        throw new Error('killed');
      }),
    );
    const rules = [rule('A', 'a'), rule('B', 'b'), rule('C', 'c')];
    await expect(crashing.applyMapping(CONNECTION, { rules, expectedVersion: 0, left: [] })).rejects.toThrow(
      'killed',
    );
    expect(await bindings(t)).toEqual({});
    expect(await applyRules(t, [chat])).toBe(true);
    expect(Object.keys(await bindings(t))).toEqual(['Chat agents']);
  });

  test('settings changed while a mapping is applied do not refuse it', async () => {
    const t = await open();
    const operator = openAgain(t, (deps) =>
      meanwhile(deps, nth(2, isTransaction), () =>
        t.directory.changeSettings(CONNECTION, (before) => ({ ...before, mode: 'additive' })),
      ),
    );
    expect(await operator.applyMapping(CONNECTION, { rules: [chat], expectedVersion: 0, left: [] })).toBe(
      true,
    );
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
    const tick = (): number => {
      looks += 1;
      return looks;
    };
    // Time passes with every look at the clock, so that each run is cut off after a slice or two.
    const slow = openAgain(t, (deps) => ({ ...deps, now: () => t.clock.now() + tick() }));
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
      const dying = openAgain(t, (deps) =>
        meanwhile(deps, nth(calls), async () => {
          throw new Error('killed');
        }),
      );
      const ended = await dying.runSweeps(ORG, t.clock.now() + 1000).catch(() => false);
      if (ended) break;
    }
    expect(await sweepAll(t)).toBe(true);
    expect(await dueOf(t, users)).toHaveLength(12);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});
