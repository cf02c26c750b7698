import { describe, expect, test } from 'vitest';
import { CONNECTION } from '../open.ts';
import { withTransactionFaults } from './conflicts.ts';
import { accountOf, addGroup, addUser, dump, open, person, settle, snapshot, sweepAll } from './fixture.ts';
import { findBroken } from './invariants.ts';

describe('delete', () => {
  test('a deleted user is gone for every read at once and a second delete finds nothing', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada', { externalId: 'x' }));
    const group = await addGroup(t, 'Chat', { members: [ada.id] });
    expect(await t.directory.deleteUser(CONNECTION, ada.id)).toBe('deleted');
    expect(await t.directory.getUser(CONNECTION, ada.id)).toBeUndefined();
    for (const [by, value] of [
      ['userName', 'ada@example.com'],
      ['externalId', 'x'],
      ['email', 'ada@example.com'],
      ['id', ada.id],
    ] as const) {
      expect(await t.directory.findUsers(CONNECTION, { by, value })).toEqual([]);
    }
    expect(await t.directory.findGroups(CONNECTION, { by: 'member', value: ada.id })).toEqual([]);
    expect(await t.directory.listMembers(CONNECTION, group.id)).toEqual([]);
    expect(await t.directory.deleteUser(CONNECTION, ada.id)).toBe('absent');
    const items = await dump(t);
    expect(items.filter((item) => String(item['sk']).startsWith('SWEEP#'))).toEqual([]);
    expect(findBroken(items)).toEqual([]);
  });

  test('a user created again under every old name gets a new id and none of the old memberships (I04, T21)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada', { externalId: 'x' }));
    const group = await addGroup(t, 'Chat', { members: [ada.id] });
    await settle(t, ada.accountId, ['Chat']);
    await t.directory.deleteUser(CONNECTION, ada.id);
    const again = await addUser(t, person('ada', { externalId: 'x' }));
    expect(again.id).not.toBe(ada.id);
    expect(await t.directory.listMembers(CONNECTION, group.id)).toEqual([]);
    expect(await t.directory.groupsOf(CONNECTION, [again])).toEqual(new Map());
    expect((await accountOf(t, again.accountId)).wanted.groups).toEqual([]);
  });

  test('delete and create of one name in a storm leave one owner or none, and nothing dangling (T21, I03, I04)', async () => {
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 11, conflict: 0.2, lostAnswer: 0.05 }),
    });
    const group = await addGroup(t, 'Chat');
    const idp = async (turn: number) => {
      for (let round = 0; round < 6; round += 1) {
        const made = await t.directory.createUser(CONNECTION, person('ada', { title: `${turn}.${round}` }));
        if (!made.ok) continue;
        const members = { kind: 'delta', add: [made.user.id], remove: [] } as const;
        await t.directory.changeGroup(CONNECTION, group.id, { members });
        if (round < 5) await t.directory.deleteUser(CONNECTION, made.user.id);
      }
    };
    await Promise.all([idp(0), idp(1), idp(2), idp(3)]);
    await sweepAll(t);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('deleting a user moves the version of its groups and no other user (I02)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const bo = await addUser(t, person('bo'));
    const group = await addGroup(t, 'Chat', { members: [ada.id, bo.id] });
    const before = await snapshot(t);
    await t.directory.deleteUser(CONNECTION, ada.id);
    const after = await snapshot(t);
    expect((await t.directory.getGroup(CONNECTION, group.id))?.version).toBe(group.version + 1);
    const ofBo = (dumped: Map<string, string>) =>
      [...dumped].filter(([key]) => key.includes(bo.id) || key.includes(bo.accountId));
    expect(ofBo(after)).toEqual(ofBo(before));
  });
});
