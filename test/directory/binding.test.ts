import { describe, expect, test } from 'vitest';
import type { GroupRecord } from '../../lambdas/directory/records.ts';
import { CONNECTION, type TestDirectory } from '../open.ts';
import { withTransactionFaults } from './conflicts.ts';
import {
  addGroup,
  addUser,
  applyRules,
  bindings,
  dump,
  isDue,
  open,
  openAgain,
  person,
  rule,
  settle,
  sweepAll,
} from './fixture.ts';
import { isTransaction, meanwhile, nth } from './intercept.ts';
import { findBroken } from './invariants.ts';

const chat = rule('Chat agents', 'Chat');
const talk = rule('Talk', 'Talk');

const bound = (group: GroupRecord) => `bound ${group.id}`;
const orphaned = (group: GroupRecord) => `orphaned ${group.id}`;

async function rename(t: TestDirectory, group: GroupRecord, displayName: string): Promise<void> {
  expect(await t.directory.changeGroup(CONNECTION, group.id, { displayName })).toMatchObject({ ok: true });
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
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 4, conflict: 0.2, lostAnswer: 0.05 }),
    });
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
    const operator = openAgain(t, (deps) =>
      meanwhile(
        deps,
        // The first transaction writes the rule, the second one brings the version into force.
        nth(2, isTransaction),
        async () => {
          await addGroup(t, 'Chat agents', { members: [ada.id] });
          // The rule is not in force yet: nothing is wanted, and the account comes to rest.
          await settle(t, ada.accountId);
        },
      ),
    );
    expect(await operator.applyMapping(CONNECTION, { rules: [chat], expectedVersion: 0, left: [] })).toBe(
      true,
    );
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
    expect(await operator.applyMapping(CONNECTION, { rules: [chat], expectedVersion: 0, left: [] })).toBe(
      true,
    );
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
      meanwhile(
        deps,
        (command) => isTransaction(command) && seen.length === 0,
        async () => {
          seen.push((await dump(t)).some((item) => `${item['pk']}|${item['sk']}` === key));
        },
      ),
    );
    const { mappingVersion } = await t.directory.getConnection(CONNECTION);
    await operator.applyMapping(CONNECTION, {
      rules: [chat, talk],
      expectedVersion: mappingVersion,
      left: [],
    });
    expect(seen).toEqual([true]);
    expect((await bindings(t))['Chat agents']).toBe(bound(group));
  });
});
