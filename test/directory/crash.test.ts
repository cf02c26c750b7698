/**
 * Every operation, killed before and after each of its calls: what is left is sound at once, the sweeps finish it, and
 * the same request sent again by the identity provider (F53) brings the state that was asked for.
 */
import { describe, expect, test } from 'vitest';
import type { Directory } from '../../lambdas/directory/dynamo.ts';
import type { GroupId, UserRecord } from '../../lambdas/directory/records.ts';
import { CONNECTION, ORG, settings, type TestDirectory } from '../open.ts';
import {
  accountOf,
  addGroup,
  addUser,
  addUsers,
  applyRules,
  bindings,
  dump,
  type Item,
  ledgerOf,
  open,
  openAgain,
  person,
  personAt,
  rule,
  settle,
  sweepAll,
} from './fixture.ts';
import { dyingAt, Killed } from './intercept.ts';
import { findBroken } from './invariants.ts';

interface Operation<World> {
  readonly label: string;
  /** People that are there already: more than one chunk holds, where chunks matter. */
  readonly crowd?: number;
  /** Runs once per death; `tag` keeps the names of one death apart from those of another. */
  prepare(t: TestDirectory, tag: string, users: readonly UserRecord[]): Promise<World>;
  act(directory: Directory, world: World): Promise<unknown>;
  /** After the request was repeated. */
  ends(t: TestDirectory, world: World): Promise<void>;
}

const operation = <World>(one: Operation<World>): Operation<World> => one;
const delta = (add: readonly string[], remove: readonly string[] = []) =>
  ({ kind: 'delta', add, remove }) as const;
const ids = (users: readonly UserRecord[]) => users.map((user) => user.id);

async function membersOf(t: TestDirectory, group: GroupId): Promise<readonly string[]> {
  return t.directory.listMembers(CONNECTION, group);
}

const createUser = operation({
  label: 'create user',
  prepare: async (_, tag) => person(`n${tag}`, { externalId: tag }),
  act: (directory, resource) => directory.createUser(CONNECTION, resource),
  ends: async (t, { userName }) => {
    expect(await t.directory.findUsers(CONNECTION, { by: 'userName', value: userName })).toHaveLength(1);
  },
});

const takeOver = operation({
  label: 'create user over an ownerless account',
  prepare: async (t, tag) => {
    const ada = await addUser(t, person(`n${tag}`));
    await settle(t, ada.accountId, ['Chat']);
    await t.directory.deleteUser(CONNECTION, ada.id);
    return ada;
  },
  act: (directory, ada) => directory.createUser(CONNECTION, ada.resource),
  ends: async (t, ada) => {
    const [user] = await t.directory.findUsers(CONNECTION, { by: 'userName', value: ada.resource.userName });
    expect(user?.accountId).toBe(ada.accountId);
  },
});

const updateUser = operation({
  label: 'rename user',
  prepare: async (t, tag) => ({ ada: await addUser(t, person(`n${tag}`, { externalId: tag })), tag }),
  act: (directory, { ada, tag }) =>
    directory.updateUser(CONNECTION, ada.id, () =>
      personAt(`m${tag}`, `m${tag}@example.com`, { externalId: `x${tag}` }),
    ),
  ends: async (t, { ada, tag }) => {
    expect(await t.directory.getUser(CONNECTION, ada.id)).toMatchObject({
      version: 2,
      resource: { userName: `m${tag}` },
    });
    expect((await accountOf(t, ada.accountId)).wanted.identity?.email).toBe(`m${tag}@example.com`);
  },
});

const deleteUser = operation({
  label: 'delete user',
  prepare: async (t, tag, users) => {
    const ada = await addUser(t, person(`n${tag}`));
    const bo = users[0];
    const groups = [];
    for (const name of ['A', 'B', 'C']) {
      groups.push(await addGroup(t, `${name}${tag}`, { members: [ada.id, bo?.id ?? ''] }));
    }
    await settle(t, ada.accountId, ['Chat']);
    return { ada, bo, groups };
  },
  act: (directory, { ada }) => directory.deleteUser(CONNECTION, ada.id),
  ends: async (t, { ada, bo, groups }) => {
    expect(await t.directory.getUser(CONNECTION, ada.id)).toBeUndefined();
    for (const group of groups) expect(await membersOf(t, group.id)).toEqual([bo?.id]);
    expect((await accountOf(t, ada.accountId)).owner).toBeUndefined();
  },
});

const createGroup = operation({
  label: 'create group',
  crowd: 52,
  prepare: async (_, tag, users) => ({ displayName: `G${tag}`, externalId: tag, members: ids(users) }),
  act: async (directory, draft) => {
    const made = await directory.createGroup(CONNECTION, draft);
    // As an identity provider does with a 409: it finds the group and sends the members.
    const [group] = await directory.findGroups(CONNECTION, { by: 'displayName', value: draft.displayName });
    const members = delta(draft.members);
    if (!made.ok && group !== undefined) await directory.changeGroup(CONNECTION, group.id, { members });
  },
  ends: async (t, draft) => {
    const [group] = await t.directory.findGroups(CONNECTION, { by: 'externalId', value: draft.externalId });
    if (group === undefined) throw new Error('no group');
    expect([...(await membersOf(t, group.id))].sort()).toEqual([...draft.members].sort());
  },
});

const changeGroup = operation({
  label: 'change group',
  crowd: 52,
  prepare: async (t, tag, users) => {
    const group = await addGroup(t, `G${tag}`, { externalId: tag, members: ids(users.slice(0, 5)) });
    return { group, tag, add: ids(users.slice(5)), remove: ids(users.slice(0, 5)) };
  },
  act: (directory, { group, tag, add, remove }) =>
    directory.changeGroup(CONNECTION, group.id, {
      displayName: `H${tag}`,
      externalId: null,
      members: delta(add, remove),
    }),
  ends: async (t, { group, tag, add }) => {
    const now = await t.directory.getGroup(CONNECTION, group.id);
    expect(now?.displayName).toBe(`H${tag}`);
    expect(now).not.toHaveProperty('externalId');
    expect([...(await membersOf(t, group.id))].sort()).toEqual([...add].sort());
  },
});

const deleteGroup = operation({
  label: 'delete group',
  crowd: 52,
  prepare: async (t, tag, users) => {
    const group = await addGroup(t, `G${tag}`, { externalId: tag, members: ids(users) });
    await applyRules(t, [rule(`G${tag}`, 'Chat')]);
    await sweepAll(t);
    return { group, tag };
  },
  act: (directory, { group }) => directory.deleteGroup(CONNECTION, group.id),
  ends: async (t, { group, tag }) => {
    expect(await t.directory.getGroup(CONNECTION, group.id)).toBeUndefined();
    expect((await bindings(t))[`G${tag}`]).toBe(`orphaned ${group.id}`);
    expect((await dump(t)).filter((item) => item['pk'] === `okta#G#${group.id}`)).toEqual([]);
    await addGroup(t, `G${tag}`);
  },
});

const applyMapping = operation({
  label: 'apply mapping',
  prepare: async (t, tag, users) => {
    const group = await addGroup(t, `G${tag}`, { members: ids(users) });
    for (const user of users) await settle(t, user.accountId);
    return { group, users, tag };
  },
  act: async (directory, { tag }) => {
    const connection = await directory.getConnection(CONNECTION);
    const rules = [rule(`G${tag}`, `Chat ${tag}`), rule(undefined, 'All staff')];
    const draft = { rules, expectedVersion: connection.mappingVersion, left: [] };
    await directory.applyMapping(CONNECTION, draft);
  },
  ends: async (t, { group, tag, users }) => {
    expect(await bindings(t)).toEqual({ [`G${tag}`]: `bound ${group.id}`, everyone: 'unbound' });
    await sweepAll(t);
    const due = await t.directory.readDue(ORG, 10_000);
    for (const user of users) expect(due).toContain(user.accountId);
  },
});

const changeSettings = operation({
  label: 'change settings',
  prepare: async (t, tag) => {
    await t.directory.changeSettings(CONNECTION, () => settings);
    await sweepAll(t);
    return addUser(t, person(`n${tag}`));
  },
  act: (directory) =>
    directory.changeSettings(CONNECTION, (before) => ({
      ...before,
      domains: { 'example.com': { type: 'enterpriseID' } },
    })),
  ends: async (t, ada) => {
    await sweepAll(t);
    expect((await accountOf(t, ada.accountId)).wanted.identity?.type).toBe('enterpriseID');
    const [bo] = await t.directory.findUsers(CONNECTION, {
      by: 'id',
      value: (await addUser(t, person(`after${ada.id}`))).id,
    });
    expect((await accountOf(t, bo?.accountId ?? ada.accountId)).wanted.identity?.type).toBe('enterpriseID');
  },
});

const merge = operation({
  label: 'merge an ownerless account',
  prepare: async (t, tag) => {
    const ada = await addUser(t, person(`n${tag}`));
    await settle(t, ada.accountId, ['Chat']);
    const bo = await addUser(t, personAt(`b${tag}`, '', { emails: [] }));
    await t.directory.deleteUser(CONNECTION, ada.id);
    const emails = [{ value: `n${tag}@example.com`, primary: true }];
    await t.directory.updateUser(CONNECTION, bo.id, ({ resource }) => ({ ...resource, emails }));
    return bo;
  },
  act: (directory, bo) => directory.claimWanted(ORG, bo.accountId),
  ends: async (t, bo) => {
    expect(Object.keys((await accountOf(t, bo.accountId)).applied.entitlements)).toEqual(['chat']);
  },
});

const endOfAccount = operation({
  label: 'record the last revoke',
  prepare: async (t, tag) => {
    const ada = await addUser(t, person(`n${tag}`));
    await settle(t, ada.accountId, ['Chat']);
    const bo = await addUser(t, personAt(`b${tag}`, `n${tag}@example.com`));
    await t.directory.deleteUser(CONNECTION, ada.id);
    return { ada, bo };
  },
  act: (directory, { ada }) =>
    directory.changeLedger(ORG, ada.accountId, {
      compute: (fresh) => ({
        ledger: { ...ledgerOf(fresh), applied: { ...fresh.applied, entitlements: {} } },
        standing: { place: { kind: 'none' }, status: 'idle', attempts: 0 },
        clearIntent: true,
      }),
    }),
  ends: async (t, { ada, bo }) => {
    expect(await t.directory.readAccounts(ORG, [ada.accountId])).toEqual([]);
    expect(await t.directory.claimWanted(ORG, bo.accountId)).toEqual({ kind: 'claimed' });
  },
});

const operations: Operation<never>[] = [
  createUser,
  takeOver,
  updateUser,
  deleteUser,
  createGroup,
  changeGroup,
  deleteGroup,
  applyMapping,
  changeSettings,
  merge,
  endOfAccount,
] as Operation<never>[];

const isSweep = (item: Item): boolean => String(item['sk']).startsWith('SWEEP#');

describe('killed', () => {
  test.each(operations)(
    '$label, killed at any call, leaves nothing dangling and can be repeated (R7, R12, R14, I04, F53)',
    async (one) => {
      const t = await open();
      const users = await addUsers(t, one.crowd ?? 2);
      let deaths = 0;
      for (const when of ['before', 'after'] as const) {
        for (let call = 1; ; call += 1) {
          const world = await one.prepare(t, `${when}${call}`, users);
          const lived = await survives(t, { one, world, call, when });
          const left = await dump(t);
          expect([when, call, findBroken(left)]).toEqual([when, call, []]);
          if (left.some(isSweep)) {
            await sweepAll(t);
            const swept = await dump(t);
            expect([when, call, findBroken(swept), swept.filter(isSweep)]).toEqual([when, call, [], []]);
          }
          await one.act(t.directory, world);
          await one.ends(t, world);
          if (lived) break;
          deaths += 1;
        }
      }
      expect(findBroken(await dump(t))).toEqual([]);
      expect(deaths).toBeGreaterThan(2);
    },
  );
});

interface Death {
  readonly one: Operation<never>;
  readonly world: never;
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** True when the operation needed fewer calls than it was given. */
async function survives(t: TestDirectory, { one, world, call, when }: Death): Promise<boolean> {
  const dying = openAgain(t, (deps) => dyingAt(deps, call, when));
  try {
    await one.act(dying, world);
    return true;
  } catch (error) {
    if (error instanceof Killed) return false;
    throw error;
  }
}
