/** What DynamoDB limits per partition and per kind of command: F06, F10. */
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { openDirectory } from '../../lambdas/directory/dynamo.ts';
import { CONNECTION, ORG, type TestDirectory } from '../open.ts';
import { conflictOf, seededRandom } from './conflicts.ts';
import { addGroup, addUser, addUsers, changeUser, dump, open, openAgain, person } from './fixture.ts';
import { interceptSend } from './intercept.ts';
import { findBroken } from './invariants.ts';

describe('a partition that takes 200 writes a second and no more (F10)', () => {
  /** A process whose waiting is counted instead of waited, on a table with one slow partition. */
  function slowAt(t: TestDirectory, partition: string) {
    const spent = { waitedMs: 0, writes: 0, refused: 0 };
    const client = interceptSend(t.deps.client, async (command, send) => {
      const items = command instanceof TransactWriteItemsCommand ? (command.input.TransactItems ?? []) : [];
      const writes = items.filter(
        ({ Put, Update }) => (Put?.Item?.['pk']?.S ?? Update?.Key?.['pk']?.S) === partition,
      ).length;
      // Each millisecond of waiting earns a fifth of a write.
      if (writes > 0 && spent.writes + writes > 100 + spent.waitedMs / 5) {
        spent.refused += 1;
        throw conflictOfThrottling(items.length);
      }
      spent.writes += writes;
      return send();
    });
    const random = seededRandom(10);
    const directory = openDirectory({
      ...t.deps,
      client,
      random,
      realNow: () => spent.waitedMs,
      pause: async (ms) => {
        spent.waitedMs += ms;
      },
    });
    return { directory, spent };
  }

  function conflictOfThrottling(actions: number): Error {
    const error = conflictOf(actions);
    return Object.assign(error, {
      CancellationReasons: error.CancellationReasons?.map(({ Code }) => ({
        Code: Code === 'None' ? 'None' : 'ThrottlingError',
      })),
    });
  }

  test('slows the large group that loads, loses nothing of it, and keeps no other group waiting', async () => {
    const t = await open();
    const users = await addUsers(t, 400);
    const [large, small] = [await addGroup(t, 'Large'), await addGroup(t, 'Small')];
    const ids = users.map(({ id }) => id);
    const { directory, spent } = slowAt(t, `okta#G#${large.id}`);
    const other = slowAt(t, `okta#G#${large.id}`);
    const [loaded, changed] = await Promise.all([
      directory.changeGroup(CONNECTION, large.id, { members: { kind: 'delta', add: ids, remove: [] } }),
      other.directory.changeGroup(CONNECTION, small.id, {
        members: { kind: 'delta', add: ids.slice(0, 5), remove: [] },
      }),
    ]);
    expect([loaded.ok, changed.ok]).toEqual([true, true]);
    expect(await t.directory.listMembers(CONNECTION, large.id)).toHaveLength(400);
    expect(await t.directory.listMembers(CONNECTION, small.id)).toHaveLength(5);
    expect(spent.refused).toBeGreaterThan(2);
    expect(spent.waitedMs).toBeGreaterThan(1_000);
    expect(other.spent.waitedMs).toBe(0);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});

describe('the commands that the directory sends (F06)', () => {
  test('write one item or one transaction: nothing of a write can be left unprocessed', async () => {
    const t = await open();
    const seen = new Set<string>();
    const directory = openAgain(t, (deps) => ({
      ...deps,
      client: interceptSend(deps.client, (command, send) => {
        seen.add(command.constructor.name.replace('Command', ''));
        return send();
      }),
    }));
    const watched = { ...t, directory };
    const ada = await addUser(watched, person('ada'));
    const group = await addGroup(watched, 'Chat', { members: [ada.id] });
    await changeUser(watched, ada, { active: false });
    await directory.saveCatalogue(ORG, [{ groupId: '1', name: 'Live', type: 'PRODUCT_PROFILE' }]);
    await directory.applyMapping(CONNECTION, { expectedVersion: 0, left: [], rules: [] });
    await directory.createToken(CONNECTION, { label: 'x' });
    const lease = await directory.acquireLease(ORG, { holder: 'x', until: t.clock.now() + 1 });
    if (lease !== undefined) await directory.releaseLease(ORG, lease);
    await directory.readAccounts(ORG, [ada.accountId]);
    await directory.listUsers(CONNECTION, { startIndex: 2, count: 1 });
    await directory.deleteGroup(CONNECTION, group.id);
    await directory.deleteUser(CONNECTION, ada.id);
    await directory.runSweeps(ORG, t.clock.now() + 1_000);
    expect([...seen].sort()).toEqual([
      'BatchGetItem',
      'DeleteItem',
      'GetItem',
      'Query',
      'TransactWriteItems',
      'UpdateItem',
    ]);
  });
});
