import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { Page } from '../../lambdas/directory/directory.ts';
import type { Directory } from '../../lambdas/directory/dynamo.ts';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import type { UserRecord } from '../../lambdas/directory/records.ts';
import { CONNECTION } from '../open.ts';
import { withTransactionFaults } from './conflicts.ts';
import { addGroup, addUser, addUsers, dump, open, openAgain, person } from './fixture.ts';
import { dyingAt, interceptSend } from './intercept.ts';
import { findBroken } from './invariants.ts';

/** Counts the items that queries of one partition return. */
function countingReads(deps: DirectoryDeps, pk: string, counted: { items: number }): DirectoryDeps {
  const client = interceptSend(deps.client, async (command, send) => {
    const answer = await send();
    if (command instanceof QueryCommand && command.input.ExpressionAttributeValues?.[':pk']?.S === pk) {
      // A query answers with its items; the interceptor sees answers of every command.
      counted.items += (answer as { Items?: unknown[] }).Items?.length ?? 0;
    }
    return answer;
  });
  return { ...deps, client };
}

/** Follows startIndex until a page reaches the total. `between` runs after each page. */
async function walk(
  directory: Directory,
  count: number,
  between: (page: number) => Promise<unknown> = async () => undefined,
): Promise<{ ids: string[]; last: Page<UserRecord> }> {
  const ids: string[] = [];
  for (let page = 1; ; page += 1) {
    const got = await directory.listUsers(CONNECTION, { startIndex: ids.length + 1, count });
    ids.push(...got.resources.map((user) => user.id));
    if (got.resources.length === 0 || ids.length >= got.totalResults) return { ids, last: got };
    await between(page);
  }
}

describe('startIndex', () => {
  test('a walk over 1,000 users reads each item once, misses none and ends at the true total (R15)', async () => {
    const t = await open();
    const users = await addUsers(t, 1000);
    const counted = { items: 0 };
    const reader = openAgain(t, (deps) => countingReads(deps, 'okta#U', counted));
    const { ids, last } = await walk(reader, 100);
    expect(ids).toEqual(users.map((user) => user.id).sort());
    expect(last.totalResults).toBe(1000);
    expect(counted.items).toBe(1000);
  }, 120_000);

  test('a walk while users are created sees everybody who was there when it began, once (R15)', async () => {
    const t = await open();
    const users = await addUsers(t, 120);
    const { ids, last } = await walk(t.directory, 25, async (page) => {
      t.clock.advance(1);
      if (page <= 4) await addUsers(t, 3, `late${page}`);
    });
    expect(new Set(ids).size).toBe(ids.length);
    expect(users.map((user) => user.id).filter((id) => !ids.includes(id))).toEqual([]);
    expect(last.totalResults).toBe(132);
  });

  test('a walk while users behind it are deleted skips nobody and ends at the true total (R15)', async () => {
    const t = await open();
    const users = (await addUsers(t, 60)).sort((a, b) => (a.id < b.id ? -1 : 1));
    const { ids, last } = await walk(t.directory, 20, async (page) => {
      if (page === 1) for (const user of users.slice(0, 5)) await t.directory.deleteUser(CONNECTION, user.id);
    });
    expect(ids).toEqual(users.map((user) => user.id));
    expect(last.totalResults).toBe(55);
  });

  test('a walk goes on to its end though most of what it has seen is deleted by then (R15)', async () => {
    const t = await open();
    const users = (await addUsers(t, 60)).sort((a, b) => (a.id < b.id ? -1 : 1));
    const { ids, last } = await walk(t.directory, 20, async (page) => {
      if (page === 2)
        for (const user of users.slice(0, 30)) await t.directory.deleteUser(CONNECTION, user.id);
    });
    expect(ids).toEqual(users.map((user) => user.id));
    expect(last.totalResults).toBe(30);
  });

  test('any startIndex and count answers like a slice of the whole list', async () => {
    const t = await open();
    const users = (await addUsers(t, 23)).map((user) => user.id).sort();
    for (const count of [1, 4, 22, 23, 24, 100]) {
      for (const startIndex of [1, 2, 5, 22, 23, 24, 40]) {
        const page = await t.directory.listUsers(CONNECTION, { startIndex, count });
        const label = `${startIndex} ${count}`;
        expect([label, page.resources.map((user) => user.id)]).toEqual([
          label,
          users.slice(startIndex - 1, startIndex - 1 + count),
        ]);
        expect([label, page.totalResults]).toEqual([label, 23]);
      }
    }
  });

  test('a position that expired is not used, though no sweep removed it (F13)', async () => {
    const t = await open();
    await addUsers(t, 30);
    await t.directory.listUsers(CONNECTION, { startIndex: 1, count: 10 });
    t.clock.advance(2 * 3600 * 1000);
    const counted = { items: 0 };
    const reader = openAgain(t, (deps) => countingReads(deps, 'okta#U', counted));
    const page = await reader.listUsers(CONNECTION, { startIndex: 11, count: 10 });
    expect(page.resources).toHaveLength(10);
    expect(counted.items).toBe(20);
  });

  test('a jump fetches nothing but keys of those that it passes over (I15)', async () => {
    const t = await open();
    await addUsers(t, 60);
    const passed: string[] = [];
    const reader = openAgain(t, (deps) => ({
      ...deps,
      client: interceptSend(deps.client, async (command, send) => {
        const answer = await send();
        const isList =
          command instanceof QueryCommand && command.input.ExpressionAttributeValues?.[':pk']?.S === 'okta#U';
        const items = isList ? ((answer as { Items?: object[] }).Items ?? []) : [];
        passed.push(...items.map((item) => Object.keys(item).join()).filter((names) => names === 'sk'));
        return answer;
      }),
    }));
    const page = await reader.listUsers(CONNECTION, { startIndex: 51, count: 5 });
    expect([page.resources.length, page.totalResults, passed.length]).toEqual([5, 60, 50]);
  });

  test('a jump does not disturb the walk of another: the walk skips nobody though users are deleted (R15)', async () => {
    const t = await open();
    const users = (await addUsers(t, 60)).sort((a, b) => (a.id < b.id ? -1 : 1));
    const { ids } = await walk(t.directory, 20, async (page) => {
      if (page !== 1) return;
      for (const user of users.slice(0, 5)) await t.directory.deleteUser(CONNECTION, user.id);
      // Its page ends where the walk's next one begins, by another count.
      await t.directory.listUsers(CONNECTION, { startIndex: 11, count: 10 });
    });
    expect(ids).toEqual(users.map((user) => user.id));
  });

  test('count 0 asks for the total only', async () => {
    const t = await open();
    await addUsers(t, 7);
    expect(await t.directory.listUsers(CONNECTION, { startIndex: 1, count: 0 })).toEqual({
      resources: [],
      totalResults: 7,
    });
  });

  test('a page read right after a create holds the new user (I01, F08)', async () => {
    const t = await open();
    for (let round = 1; round <= 10; round += 1) {
      const user = await addUser(t, person(`p${round}`));
      const page = await t.directory.listUsers(CONNECTION, { startIndex: 1, count: 100 });
      expect(page.resources.map((one) => one.id)).toContain(user.id);
      expect(page.totalResults).toBe(round);
    }
  });

  test('groups that are being deleted are neither listed nor counted (R12)', async () => {
    const t = await open();
    const groups = await Promise.all(Array.from({ length: 12 }, (_, at) => addGroup(t, `G${at}`)));
    for (const group of groups.slice(0, 5)) await t.directory.deleteGroup(CONNECTION, group.id);
    const kept = groups
      .slice(5)
      .map((group) => group.id)
      .sort();
    const first = await t.directory.listGroups(CONNECTION, { startIndex: 1, count: 4 });
    const second = await t.directory.listGroups(CONNECTION, { startIndex: 5, count: 4 });
    expect([...first.resources, ...second.resources].map((group) => group.id)).toEqual(kept);
    expect([first.totalResults, second.totalResults]).toEqual([7, 7]);
  });

  test('totals are true after creates and deletes at the same time, conflicts included (R15)', async () => {
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 2, conflict: 0.2, lostAnswer: 0.1 }),
    });
    const users = await addUsers(t, 30);
    const groups = await Promise.all(Array.from({ length: 10 }, (_, at) => addGroup(t, `G${at}`)));
    await Promise.all([
      ...users
        .slice(0, 20)
        .flatMap((user) => [
          t.directory.deleteUser(CONNECTION, user.id),
          t.directory.deleteUser(CONNECTION, user.id),
        ]),
      ...Array.from({ length: 25 }, (_, at) => t.directory.createUser(CONNECTION, person(`new${at}`))),
      ...groups.slice(0, 6).map((group) => t.directory.deleteGroup(CONNECTION, group.id)),
      ...Array.from({ length: 8 }, (_, at) => addGroup(t, `N${at % 4}`).catch(() => undefined)),
    ]);
    expect((await t.directory.listUsers(CONNECTION, { startIndex: 1, count: 0 })).totalResults).toBe(35);
    expect((await t.directory.listGroups(CONNECTION, { startIndex: 1, count: 0 })).totalResults).toBe(8);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});

describe('pages of the database', () => {
  test.each([1, 2, 7])(
    'pages of %i items never shorten a list, a group or a look-up (F07, I11)',
    async (size) => {
      const t = await open();
      const users = await addUsers(t, 15);
      const group = await addGroup(t, 'All', { members: users.map((user) => user.id) });
      const small = openAgain(t, (deps) => ({
        ...deps,
        client: interceptSend(deps.client, (command, send) => {
          if (command instanceof QueryCommand)
            command.input.Limit = Math.min(size, command.input.Limit ?? size);
          return send();
        }),
      }));
      expect(await small.listMembers(CONNECTION, group.id)).toHaveLength(15);
      expect((await small.listUsers(CONNECTION, { startIndex: 1, count: 100 })).resources).toHaveLength(15);
      expect((await small.listUsers(CONNECTION, { startIndex: 4, count: 9 })).resources).toHaveLength(9);
      const seen: string[] = [];
      for await (const user of small.eachUser(CONNECTION)) seen.push(user.id);
      expect(seen).toEqual(users.map((user) => user.id).sort());
      await small.changeGroup(CONNECTION, group.id, { members: { kind: 'replace', members: [] } });
      expect(await t.directory.listMembers(CONNECTION, group.id)).toEqual([]);
    },
  );
});

describe('what a walk reads', () => {
  test('a glimpse is the record with the attributes that were named, in every direction', async () => {
    const t = await open();
    const urn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
    for (const name of ['ada', 'bea', 'cy']) {
      await addUser(
        t,
        person(name, { title: `T ${name}`, ...(name === 'bea' ? { [urn]: { department: 'D' } } : {}) }),
      );
    }
    const whole = (await t.directory.sliceUsers(CONNECTION, { limit: 10 })).resources;
    const seen = await t.directory.glimpseUsers(CONNECTION, { limit: 10 }, ['title', urn, 'nothing']);
    expect(seen.resources).toEqual(
      whole.map(({ resource: { title, [urn]: extension }, ...record }) => ({
        ...record,
        resource: { title, ...(extension === undefined ? {} : { [urn]: extension }) },
      })),
    );
    const none = await t.directory.glimpseUsers(CONNECTION, { limit: 2, backward: true }, []);
    const backwards = whole.map(({ id }) => id).reverse();
    expect(none.resources.map(({ id, resource }) => [id, resource])).toEqual(
      backwards.slice(0, 2).map((id) => [id, {}]),
    );
    expect(none.next).toBe(backwards[1]);
  });

  test('who is asked for by id comes in that order, also beyond one batch; unknown ids are left out', async () => {
    const t = await open();
    const users = await addUsers(t, 130);
    const ids = users.map(({ id }) => id).reverse();
    const got = await t.directory.getUsers(CONNECTION, ['x', ...ids, '018f0000-0000-7000-8000-00000000dead']);
    expect(got.map(({ id }) => id)).toEqual(ids);
    expect(got[0]?.resource).toEqual(users.at(-1)?.resource);
  });

  test('the first members of a group are so many members, though a deleted one stands among them (R7)', async () => {
    const t = await open();
    const users = await addUsers(t, 6);
    const group = await addGroup(t, 'All', { members: users.map(({ id }) => id) });
    const ids = users.map(({ id }) => id).sort();
    expect(await t.directory.listMembers(CONNECTION, group.id, 3)).toEqual(ids.slice(0, 3));
    // What a crash leaves behind: the tombstone, and the row that the sweep has not reached yet.
    await openAgain(t, (deps) => dyingAt(deps, 5, 'after'))
      .deleteUser(CONNECTION, ids[1] ?? '')
      .catch(() => undefined);
    expect(await t.directory.getUser(CONNECTION, ids[1] ?? '')).toBeUndefined();
    expect(await t.directory.listMembers(CONNECTION, group.id, 3)).toEqual([ids[0], ids[2], ids[3]]);
  });
});
