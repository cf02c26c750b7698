import { describe, expect, test } from 'vitest';
import type { GroupEdit } from '../../lambdas/directory/directory.ts';
import { groupNameKey } from '../../lambdas/directory/keys.ts';
import type { GroupRecord } from '../../lambdas/directory/records.ts';
import { CONNECTION, ORG, type TestDirectory } from '../open.ts';
import { withTransactionFaults } from './conflicts.ts';
import {
  accountOf,
  addGroup,
  addUser,
  addUsers,
  dump,
  isDue,
  itemAt,
  open,
  openAgain,
  person,
  settle,
  snapshot,
  sweepAll,
} from './fixture.ts';
import { isTransaction, meanwhile, nth } from './intercept.ts';
import { findBroken } from './invariants.ts';

const nobody = '0190a0a0-0000-7000-8000-000000000000';

function edit(t: TestDirectory, group: GroupRecord, change: GroupEdit, ifVersion?: number) {
  return t.directory.changeGroup(CONNECTION, group.id, change, ifVersion === undefined ? {} : { ifVersion });
}

describe('create', () => {
  test('a created group is read back with its members, who are due and list it', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId);
    const made = await t.directory.createGroup(CONNECTION, {
      displayName: 'Chat agents EU',
      externalId: 'g1',
      members: [ada.id],
    });
    if (!made.ok) throw new Error(made.reason);
    expect(made.unknownMembers).toEqual([]);
    expect(made.group).toMatchObject({
      displayName: 'Chat agents EU',
      externalId: 'g1',
      version: 1,
      state: 'live',
    });
    expect(await t.directory.getGroup(CONNECTION, made.group.id)).toEqual(made.group);
    expect(await t.directory.listMembers(CONNECTION, made.group.id)).toEqual([ada.id]);
    expect(await t.directory.groupsOf(CONNECTION, [ada])).toEqual(
      new Map([[ada.id, [{ id: made.group.id, displayName: 'Chat agents EU' }]]]),
    );
    expect((await accountOf(t, ada.accountId)).wanted.groups).toEqual([made.group.id]);
    expect(await isDue(t, ada.accountId)).toBe(true);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('unknown, malformed and repeated member ids: the known join once, the others are reported (F57, T25)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const members = [nobody, ada.id, 'not-an-id', ada.id, '', 'ada@example.com', nobody];
    const made = await t.directory.createGroup(CONNECTION, { displayName: 'Chat', members });
    if (!made.ok) throw new Error(made.reason);
    expect(made.unknownMembers).toEqual([nobody, 'not-an-id', '', 'ada@example.com']);
    expect(await t.directory.listMembers(CONNECTION, made.group.id)).toEqual([ada.id]);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('unknown members are journalled by id and number, and nothing else a client wrote is (F57, I14)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat');
    await edit(t, group, { members: { kind: 'delta', add: [nobody, 'ada@example.com'], remove: [] } });
    const items = await dump(t);
    const [fact] = items.filter((item) => item['fact'] === 'unknownMembers');
    expect(fact).toMatchObject({ group: group.id, unknownMembers: 2, unknownIds: [nobody] });
    const journal = JSON.stringify(items.filter((item) => String(item['pk']).startsWith('J#okta')));
    expect(journal).not.toContain('ada@example.com');
  });

  test('a member that did not exist joins when the same request is repeated later (F57)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat');
    const add = async (id: string) => {
      const changed = await edit(t, group, { members: { kind: 'delta', add: [id], remove: [] } });
      return changed.ok ? changed.unknownMembers : changed.reason;
    };
    expect(await add(nobody)).toEqual([nobody]);
    expect(await t.directory.listMembers(CONNECTION, group.id)).toEqual([]);
    const ada = await addUser(t, person('ada'));
    expect(await add(ada.id)).toEqual([]);
    expect(await t.directory.listMembers(CONNECTION, group.id)).toEqual([ada.id]);
  });

  test.each([
    ['the same name', 'Chat agents'],
    ['another case', 'CHAT AGENTS'],
    ['outer blanks', '  Chat agents '],
    ['full width', '\uFF23hat agents'],
  ])('a second live group with %s is refused and no item changes (R11, T21)', async (_, displayName) => {
    const t = await open();
    await addGroup(t, 'Chat agents');
    const before = await dump(t);
    expect(await t.directory.createGroup(CONNECTION, { displayName, members: [] })).toEqual({
      ok: false,
      reason: 'displayNameTaken',
    });
    expect(await dump(t)).toEqual(before);
  });

  test('of 15 creates of one group name at the same time one wins (R11)', async () => {
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 3, conflict: 0.3, lostAnswer: 0.1 }),
    });
    const results = await Promise.all(
      Array.from({ length: 15 }, () =>
        t.directory.createGroup(CONNECTION, { displayName: 'Chat', members: [] }),
      ),
    );
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a group of 200 members is created in chunks, and a member deleted meanwhile is reported (R9, R10)', async () => {
    const t = await open();
    const users = await addUsers(t, 200);
    const leaver = users[150];
    const other = openAgain(t, (deps) =>
      meanwhile(
        deps,
        // Before its second chunk.
        nth(2, isTransaction),
        () => t.directory.deleteUser(CONNECTION, leaver?.id ?? ''),
      ),
    );
    const made = await other.createGroup(CONNECTION, {
      displayName: 'All',
      members: users.map((user) => user.id),
    });
    if (!made.ok) throw new Error(made.reason);
    expect(made.unknownMembers).toEqual([leaver?.id]);
    expect(await t.directory.listMembers(CONNECTION, made.group.id)).toHaveLength(199);
    expect((await t.directory.getGroup(CONNECTION, made.group.id))?.version).toBe(made.group.version);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});

describe('attributes', () => {
  test('a renamed group is found by its new name only, and the old one is free', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat');
    t.clock.advance(1000);
    const renamed = await edit(t, group, { displayName: 'Talk' });
    expect(renamed).toMatchObject({
      ok: true,
      group: { displayName: 'Talk', version: 2, lastModified: t.clock.now(), created: group.created },
    });
    const found = async (value: string) =>
      (await t.directory.findGroups(CONNECTION, { by: 'displayName', value })).map((one) => one.id);
    expect(await found('chat')).toEqual([]);
    expect(await found(' TALK ')).toEqual([group.id]);
    const next = await addGroup(t, 'Chat');
    expect(await found('chat')).toEqual([next.id]);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('renaming onto a live name is refused and no item changes (R11)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat');
    await addGroup(t, 'Talk');
    const before = await dump(t);
    expect(await edit(t, group, { displayName: 'talk' })).toEqual({ ok: false, reason: 'displayNameTaken' });
    expect(await dump(t)).toEqual(before);
  });

  test('another spelling of the own name is stored as sent', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat');
    expect(await edit(t, group, { displayName: 'CHAT' })).toMatchObject({
      ok: true,
      group: { displayName: 'CHAT' },
    });
    expect(await t.directory.findGroups(CONNECTION, { by: 'displayName', value: 'chat' })).toHaveLength(1);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('an externalId is set, changed and cleared together with its look-up', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat');
    const found = async (value: string) =>
      (await t.directory.findGroups(CONNECTION, { by: 'externalId', value })).length;
    await edit(t, group, { externalId: 'a' });
    expect([await found('a'), await found('A')]).toEqual([1, 0]);
    await edit(t, group, { externalId: 'b' });
    expect([await found('a'), await found('b')]).toEqual([0, 1]);
    await edit(t, group, { externalId: null });
    expect(await found('b')).toBe(0);
    expect(await t.directory.getGroup(CONNECTION, group.id)).not.toHaveProperty('externalId');
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a change to what is stored already writes nothing and keeps version and lastModified (I09, I19)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat', { externalId: 'a' });
    const before = await dump(t);
    t.clock.advance(1000);
    const same = await edit(t, group, { displayName: 'Chat', externalId: 'a' });
    expect(same).toEqual({ ok: true, group, unknownMembers: [] });
    expect(await dump(t)).toEqual(before);
  });

  test('a rename does not bring back an externalId that was cleared at the same time (I01)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat', { externalId: 'a' });
    const other = openAgain(t, (deps) =>
      meanwhile(deps, isTransaction, () => edit(t, group, { externalId: null })),
    );
    expect(await other.changeGroup(CONNECTION, group.id, { displayName: 'Talk' })).toMatchObject({
      ok: true,
    });
    const now = await t.directory.getGroup(CONNECTION, group.id);
    expect(now?.displayName).toBe('Talk');
    expect(now).not.toHaveProperty('externalId');
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a group deleted while its externalId changes leaves no look-up behind (R12)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat', { externalId: 'a' });
    const other = openAgain(t, (deps) =>
      meanwhile(deps, isTransaction, () => edit(t, group, { externalId: 'b' })),
    );
    expect(await other.deleteGroup(CONNECTION, group.id)).toBe('deleted');
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('If-Match with the stored version writes, with another one it refuses and changes nothing (I19)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const group = await addGroup(t, 'Chat');
    const join = { members: { kind: 'delta', add: [ada.id], remove: [] } } as const;
    expect(await edit(t, group, join, 1)).toMatchObject({ ok: true, group: { version: 2 } });
    const before = await dump(t);
    expect(await edit(t, group, { displayName: 'Talk' }, 1)).toEqual({
      ok: false,
      reason: 'versionMismatch',
    });
    expect(await t.directory.deleteGroup(CONNECTION, group.id, { ifVersion: 1 })).toBe('versionMismatch');
    expect(await dump(t)).toEqual(before);
  });

  test('of two changes under one If-Match that run together one is refused (I19)', async () => {
    const t = await open();
    const [ada, bo] = await addUsers(t, 2);
    const group = await addGroup(t, 'Chat');
    const join = (id = '') => edit(t, group, { members: { kind: 'delta', add: [id], remove: [] } }, 1);
    const results = await Promise.all([join(ada?.id), join(bo?.id)]);
    expect(results.map((result) => result.ok).sort()).toEqual([false, true]);
    expect(await t.directory.listMembers(CONNECTION, group.id)).toHaveLength(1);
  });
});

describe('delete', () => {
  test('a deleted group is gone for every read at once, its members are due, its name is free (R12)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const group = await addGroup(t, 'Chat', { externalId: 'a', members: [ada.id] });
    await settle(t, ada.accountId, ['Chat']);
    expect(await t.directory.deleteGroup(CONNECTION, group.id)).toBe('deleted');
    expect(await t.directory.getGroup(CONNECTION, group.id)).toBeUndefined();
    for (const [by, value] of [
      ['displayName', 'Chat'],
      ['externalId', 'a'],
      ['id', group.id],
      ['member', ada.id],
    ] as const) {
      expect(await t.directory.findGroups(CONNECTION, { by, value })).toEqual([]);
    }
    expect(await t.directory.groupsOf(CONNECTION, [ada])).toEqual(new Map());
    expect(await edit(t, group, { displayName: 'x' })).toEqual({ ok: false, reason: 'absent' });
    expect(await t.directory.deleteGroup(CONNECTION, group.id)).toBe('absent');
    expect((await accountOf(t, ada.accountId)).wanted.groups).toEqual([]);
    expect(await isDue(t, ada.accountId)).toBe(true);
    await addGroup(t, 'Chat');
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a large group is gone at once and emptied by the sweep (R12, R14)', async () => {
    const t = await open();
    const users = await addUsers(t, 300);
    const group = await addGroup(t, 'All', { members: users.map((user) => user.id) });
    expect(await t.directory.deleteGroup(CONNECTION, group.id)).toBe('deleted');
    expect(await t.directory.getGroup(CONNECTION, group.id)).toBeUndefined();
    expect((await t.directory.listGroups(CONNECTION, { startIndex: 1, count: 10 })).resources).toEqual([]);
    expect((await dump(t)).filter((item) => item['pk'] === `okta#G#${group.id}`).length).toBeGreaterThan(0);
    expect(findBroken(await dump(t))).toEqual([]);
    expect(await sweepAll(t)).toBe(true);
    const left = (await dump(t)).filter(
      (item) => String(item['pk']).startsWith('okta#G') && item['pk'] !== 'okta#GN',
    );
    expect(
      left.filter((item) => String(item['pk']).startsWith('okta#G#') || item['pk'] === 'okta#G'),
    ).toEqual([]);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a PATCH of a group against its DELETE joins before or finds nothing, and leaves nothing (R12)', async () => {
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 5, conflict: 0.2, lostAnswer: 0.05 }),
    });
    const users = await addUsers(t, 60);
    for (let round = 0; round < 8; round += 1) {
      const group = await addGroup(t, `Chat ${round}`);
      const add = users.map((user) => user.id);
      const [patched] = await Promise.all([
        edit(t, group, { members: { kind: 'delta', add, remove: [] }, displayName: `Talk ${round}` }),
        t.directory.deleteGroup(CONNECTION, group.id),
      ]);
      expect(patched.ok || patched.reason === 'absent').toBe(true);
      expect(await t.directory.getGroup(CONNECTION, group.id)).toBeUndefined();
    }
    expect(await sweepAll(t)).toBe(true);
    expect(findBroken(await dump(t))).toEqual([]);
    expect((await dump(t)).filter((item) => String(item['pk']).startsWith('okta#G#'))).toEqual([]);
  });

  test('deleting a group leaves members of other groups as they are (I02)', async () => {
    const t = await open();
    const [ada, bo] = await addUsers(t, 2);
    const gone = await addGroup(t, 'Gone', { members: [ada?.id ?? ''] });
    const kept = await addGroup(t, 'Kept', { members: [bo?.id ?? ''] });
    const pick = (dumped: Map<string, string>) =>
      [...dumped].filter(([key]) =>
        [kept.id, bo?.id ?? '-', bo?.accountId ?? '-'].some((id) => key.includes(id)),
      );
    const before = pick(await snapshot(t));
    await t.directory.deleteGroup(CONNECTION, gone.id);
    expect(pick(await snapshot(t))).toEqual(before);
  });

  test('a name guard without a group keeps the rule that speaks of it (R11)', async () => {
    const t = await open();
    const group = await addGroup(t, 'Chat');
    await t.directory.deleteGroup(CONNECTION, group.id);
    expect(await itemAt(t, groupNameKey(CONNECTION, 'Chat'))).not.toHaveProperty('groupId');
    expect((await t.directory.getOrg(ORG))?.connections).toEqual([CONNECTION]);
  });
});
