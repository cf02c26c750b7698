/** What DynamoDB may answer at any time, and what the directory makes of it: nothing lost, nothing done twice. */
import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  ConditionalCheckFailedException,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { DirectoryBusy } from '../../lambdas/directory/directory.ts';
import { openDirectory } from '../../lambdas/directory/dynamo.ts';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { CONNECTION, ORG, type TestDirectory } from '../open.ts';
import { conflictOf, lostAnswer, withTransactionFaults } from './conflicts.ts';
import {
  addGroup,
  addUser,
  addUsers,
  applyRules,
  changeUser,
  dump,
  open,
  openAgain,
  person,
  rule,
} from './fixture.ts';
import { interceptSend, isTransaction } from './intercept.ts';
import { findBroken } from './invariants.ts';

const about = { message: 'x', $metadata: { httpStatusCode: 400 } };
const throttled = () => new ProvisionedThroughputExceededException(about);
const serverError = () => Object.assign(new Error('internal'), { $metadata: { httpStatusCode: 500 } });

/** Time that passes only while the directory waits. */
function waiting(deps: DirectoryDeps): DirectoryDeps & { waitedMs(): number } {
  let at = 0;
  return {
    ...deps,
    realNow: () => at,
    pause: async (ms) => {
      at += ms;
    },
    waitedMs: () => at,
  };
}

/** The first `times` calls fail with this, unsent. */
function failing(
  deps: DirectoryDeps,
  times: number,
  error: () => Error,
  only = (_: object) => true,
): DirectoryDeps {
  let left = times;
  const client = interceptSend(deps.client, async (command, send) => {
    if (only(command) && left > 0) {
      left -= 1;
      throw error();
    }
    return send();
  });
  return { ...deps, client };
}

function cancelled(...codes: string[]): TransactionCanceledException {
  return new TransactionCanceledException({ ...about, CancellationReasons: codes.map((Code) => ({ Code })) });
}

async function userExists(t: TestDirectory, name: string): Promise<boolean> {
  return (
    (await t.directory.findUsers(CONNECTION, { by: 'userName', value: `${name}@example.com` })).length === 1
  );
}

describe('answers that pass', () => {
  test.each([0, 1, 2, 5, 10, 20])('%i throttled calls in a row are waited out (F01)', async (times) => {
    const t = await open();
    const directory = openDirectory(failing(waiting(t.deps), times, throttled));
    expect(await directory.createUser(CONNECTION, person('ada'))).toMatchObject({ ok: true });
    expect((await directory.listUsers(CONNECTION, { startIndex: 1, count: 5 })).totalResults).toBe(1);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  const passing: [string, () => Error][] = [
    ['throttling', throttled],
    ['an internal error', serverError],
    ['a broken connection', lostAnswer],
    ['a transaction still in progress', () => new TransactionInProgressException(about)],
    ['a conflict', () => conflictOf(3)],
    ['throttling inside a transaction', () => cancelled('None', 'ThrottlingError')],
  ];
  test.each(passing)(
    '%s for good ends after about 10 seconds as busy, with nothing written (R10, F03, F11)',
    async (_, error) => {
      const t = await open();
      const ada = await addUser(t, person('ada'));
      const before = await dump(t);
      const patient = waiting(t.deps);
      const directory = openDirectory(
        failing(patient, Number.POSITIVE_INFINITY, error, isTransaction as never),
      );
      await expect(directory.createUser(CONNECTION, person('bo'))).rejects.toThrow(DirectoryBusy);
      expect(patient.waitedMs()).toBeGreaterThan(9_000);
      expect(patient.waitedMs()).toBeLessThan(21_000);
      await expect(
        directory.updateUser(CONNECTION, ada.id, ({ resource }) => ({ ...resource, title: 'x' })),
      ).rejects.toThrow(DirectoryBusy);
      await expect(directory.deleteUser(CONNECTION, ada.id)).rejects.toThrow(DirectoryBusy);
      await expect(
        directory.createGroup(CONNECTION, { displayName: 'Chat', members: [ada.id] }),
      ).rejects.toThrow(DirectoryBusy);
      expect(await dump(t)).toEqual(before);
      expect(await t.directory.createUser(CONNECTION, person('bo'))).toMatchObject({ ok: true });
    },
  );

  test('the id of the table is asked for again when an answer does not come, like everything else (F01, F05)', async () => {
    const t = await open();
    for (const error of [throttled, serverError, lostAnswer]) {
      const directory = openDirectory(failing(waiting(t.deps), 3, error));
      expect(await directory.tableId()).toBe(await t.directory.tableId());
    }
  });

  test('busy says when to come again', async () => {
    const t = await open();
    const directory = openDirectory(failing(waiting(t.deps), Number.POSITIVE_INFINITY, throttled));
    const busy = await directory.getUser(CONNECTION, crypto.randomUUID()).catch((error: unknown) => error);
    expect(busy).toMatchObject({ name: 'DirectoryBusy', retryAfterSeconds: 2 });
  });

  test('an error that does not pass is thrown at once, as it is', async () => {
    const t = await open();
    const patient = waiting(t.deps);
    const denied = () =>
      Object.assign(new Error('denied'), {
        name: 'AccessDeniedException',
        $metadata: { httpStatusCode: 400 },
      });
    const directory = openDirectory(failing(patient, 1, denied));
    await expect(directory.createUser(CONNECTION, person('ada'))).rejects.toThrow('denied');
    expect(patient.waitedMs()).toBe(0);
  });

  test('keys that a batch did not read are read again until none is left (F06, F07)', async () => {
    const t = await open();
    const users = await addUsers(t, 12);
    const group = await addGroup(t, 'All', { members: users.map((user) => user.id) });
    const directory = openAgain(t, (deps) => ({
      ...deps,
      client: interceptSend(deps.client, async (command, send) => {
        if (!(command instanceof BatchGetItemCommand)) return send();
        const [table] = Object.keys(command.input.RequestItems ?? {});
        const keys = command.input.RequestItems?.[table ?? '']?.Keys ?? [];
        const reduced = new BatchGetItemCommand({
          RequestItems: { [table ?? '']: { Keys: keys.slice(0, 5), ConsistentRead: true } },
        });
        const answer = await deps.client.send(reduced);
        return {
          ...answer,
          UnprocessedKeys: keys.length > 5 ? { [table ?? '']: { Keys: keys.slice(5) } } : {},
        };
      }),
    }));
    expect((await directory.groupsOf(CONNECTION, users)).size).toBe(12);
    await directory.changeGroup(CONNECTION, group.id, { members: { kind: 'replace', members: [] } });
    expect(await t.directory.listMembers(CONNECTION, group.id)).toEqual([]);
  });
});

describe('lost answers (F05, F53)', () => {
  /** The first transaction commits; its answer and those of its next repeats are lost. */
  function losing(deps: DirectoryDeps, answers: number): DirectoryDeps {
    let left = answers;
    const client = interceptSend(deps.client, async (command, send) => {
      const answer = await send();
      if (command instanceof TransactWriteItemsCommand && left > 0) {
        left -= 1;
        throw lostAnswer();
      }
      return answer;
    });
    return { ...deps, client };
  }

  test.each([1, 2, 5])(
    'a create whose answer is lost %i times is one user, and no false duplicate',
    async (answers) => {
      const t = await open();
      const directory = openAgain(t, (deps) => losing(deps, answers));
      const made = await directory.createUser(CONNECTION, person('ada'));
      expect(made).toMatchObject({ ok: true, user: { version: 1 } });
      expect((await t.directory.listUsers(CONNECTION, { startIndex: 1, count: 5 })).totalResults).toBe(1);
      expect(findBroken(await dump(t))).toEqual([]);
    },
  );

  test('a rename, a delete and a group whose answers are lost happen once', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const lose = () => openAgain(t, (deps) => losing(deps, 3));
    const renamed = await lose().updateUser(CONNECTION, ada.id, ({ resource }) => ({
      ...resource,
      userName: 'ada.vos',
    }));
    expect(renamed).toMatchObject({ ok: true, user: { version: 2 } });
    const made = await lose().createGroup(CONNECTION, { displayName: 'Chat', members: [ada.id] });
    expect(made).toMatchObject({ ok: true, group: { version: 1 } });
    expect(await lose().deleteUser(CONNECTION, ada.id)).toBe('deleted');
    if (made.ok) expect(await lose().deleteGroup(CONNECTION, made.group.id)).toBe('deleted');
    expect(findBroken(await dump(t))).toEqual([]);
  });
});

describe('cancelled transactions (F02)', () => {
  test('a conflict beside a failed condition is a conflict: the conditions are judged again', async () => {
    const t = await open();
    const both = () => cancelled('ConditionalCheckFailed', 'TransactionConflict', 'None');
    const directory = openDirectory(failing(waiting(t.deps), 3, both, isTransaction as never));
    expect(await directory.createUser(CONNECTION, person('ada'))).toMatchObject({ ok: true });
  });

  const rounds: [string, () => Error][] = [
    ['the name guard, though the name is free', () => cancelled('ConditionalCheckFailed', 'None', 'None')],
    ['the account', () => cancelled('None', 'None', 'None', 'ConditionalCheckFailed')],
    [
      'guard and account',
      () => cancelled('ConditionalCheckFailed', 'None', 'None', 'ConditionalCheckFailed'),
    ],
  ];
  test.each(rounds)('a failed condition of %s is looked at again and is no duplicate', async (_, error) => {
    const t = await open();
    const directory = openDirectory(failing(waiting(t.deps), 1, error, isTransaction as never));
    expect(await directory.createUser(CONNECTION, person('ada'))).toMatchObject({ ok: true });
    const ada = await addUser(t, person('bo'));
    const again = openDirectory(failing(waiting(t.deps), 1, error, isTransaction as never));
    const rename = again.updateUser(CONNECTION, ada.id, ({ resource }) => ({
      ...resource,
      userName: 'free',
    }));
    expect(await rename).toMatchObject({ ok: true });
  });

  test('a transaction that DynamoDB calls invalid is a mistake of ours, and loud', async () => {
    const t = await open();
    const directory = openDirectory(
      failing(waiting(t.deps), 1, () => cancelled('ValidationError'), isTransaction as never),
    );
    await expect(directory.createUser(CONNECTION, person('ada'))).rejects.toThrow(
      TransactionCanceledException,
    );
    expect(await userExists(t, 'ada')).toBe(false);
  });

  test('a single write that loses against a transaction is sent again', async () => {
    const t = await open();
    const conflict = () => Object.assign(new Error('conflict'), { name: 'TransactionConflictException' });
    const { secret } = await t.directory.createToken(CONNECTION, { label: 'Okta' });
    const directory = openDirectory(failing(waiting(t.deps), 4, conflict));
    expect(await directory.admit({ bearer: secret })).toMatchObject({ ok: true, grant: { label: 'Okta' } });
    const failed = () => new ConditionalCheckFailedException(about);
    expect(failed().name).toBe('ConditionalCheckFailedException');
  });
});

describe('the form of the table', () => {
  test('every read of the table is strong, and the index is read for hints only (F08, I01, R16)', async () => {
    const t = await open();
    const weak: string[] = [];
    const watched = openAgain(t, (deps) => ({
      ...deps,
      client: interceptSend(deps.client, (command, send) => {
        const { input } = command;
        const { ConsistentRead: strong, IndexName: index } = input as {
          ConsistentRead?: boolean;
          IndexName?: string;
        };
        const batch = Object.values((input as BatchGetItemCommandInput).RequestItems ?? {});
        const reads = /^(Get|Query)/.test(command.constructor.name) && index === undefined;
        if ((reads && strong !== true) || batch.some((one) => one.ConsistentRead !== true))
          weak.push(JSON.stringify(input));
        if (index !== undefined && index !== 'work') weak.push(index);
        return send();
      }),
    }));
    const made = await watched.createUser(CONNECTION, person('ada', { externalId: 'x' }));
    if (!made.ok) throw new Error(made.reason);
    const group = await addGroup({ directory: watched }, 'Chat', { members: [made.user.id] });
    await watched.findUsers(CONNECTION, { by: 'externalId', value: 'x' });
    await watched.listUsers(CONNECTION, { startIndex: 2, count: 1 });
    await watched.groupsOf(CONNECTION, [made.user]);
    await watched.listMembers(CONNECTION, group.id);
    await watched.readDue(ORG, 5);
    await watched.claimWanted(ORG, made.user.accountId);
    await watched.deleteGroup(CONNECTION, group.id);
    await watched.deleteUser(CONNECTION, made.user.id);
    await watched.runSweeps(ORG, t.clock.now() + 1000);
    expect(weak).toEqual([]);
  });

  test('every item carries the schema version, and no key is longer than DynamoDB takes (T20, F09)', async () => {
    const t = await open();
    const long = 'x'.repeat(1024);
    const ada = await addUser(
      t,
      person('ada', { userName: long, externalId: long, emails: [{ value: `${long}@${long}` }] }),
    );
    const group = await addGroup(t, long, { externalId: long, members: [ada.id] });
    await changeUser(t, ada, { active: false });
    await t.directory.createToken(CONNECTION, { label: long });
    await applyRules(t, [rule(long, long)]);
    await t.directory.deleteGroup(CONNECTION, group.id);
    await addUser(t, person('bo'));
    await t.directory.acquireLease(ORG, { holder: 'x', until: 1 });
    await t.directory.changeBudget('client-1', 'action', () => ({ next: 1, result: 1 }));
    await t.directory.listUsers(CONNECTION, { startIndex: 1, count: 1 });
    const items = await dump(t);
    for (const item of items) {
      expect(Buffer.byteLength(String(item['pk']))).toBeLessThan(200);
      expect(Buffer.byteLength(String(item['sk']))).toBeLessThan(200);
    }
    expect(items.filter((item) => item['v'] !== 1)).toEqual([]);
  });

  test('no user, group, membership or account ever carries a time to live (F13)', async () => {
    const t = await open();
    const users = await addUsers(t, 3);
    await addGroup(t, 'All', { members: users.map((user) => user.id) });
    await t.directory.listUsers(CONNECTION, { startIndex: 1, count: 2 });
    const expiring = (await dump(t)).filter((item) => item['expires'] !== undefined);
    expect(expiring.map((item) => String(item['pk']))).toEqual(['okta#POS#U#-']);
    const [position] = expiring;
    expect(position?.['expires']).toBe(Math.ceil((t.clock.now() + 3600 * 1000) / 1000));
  });

  test('a group item is as small with 300 members as with one (F09)', async () => {
    const t = await open();
    const users = await addUsers(t, 300);
    const sizes = [];
    for (const members of [users.slice(0, 1), users]) {
      const group = await addGroup(t, `G${members.length}`.padEnd(6), {
        members: members.map((user) => user.id),
      });
      const item = (await dump(t)).find((one) => one['pk'] === 'okta#G' && one['sk'] === group.id);
      sizes.push(JSON.stringify(item).length);
    }
    expect(sizes[0]).toBe(sizes[1]);
  });

  test('20 people in a storm of everything, with every fault, end in a sound table (I01-I05, F50, F51)', async () => {
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 99, conflict: 0.15, lostAnswer: 0.05 }),
    });
    const users = await addUsers(t, 20);
    const groups = await Promise.all(['A', 'B', 'C'].map((name) => addGroup(t, name)));
    const acts = users.flatMap((user, at) => {
      const group = groups[at % 3]?.id ?? '';
      const other = groups[(at + 1) % 3]?.id ?? '';
      const emails = [{ value: `p${(at * 7) % 20}@example.com`, primary: true }];
      return [
        t.directory.changeGroup(CONNECTION, group, {
          members: { kind: 'delta', add: [user.id], remove: [] },
        }),
        t.directory.changeGroup(CONNECTION, other, { members: { kind: 'replace', members: [user.id] } }),
        changeUser(t, user, { emails, active: at % 5 !== 0 }),
        ...(at % 4 === 0 ? [t.directory.deleteUser(CONNECTION, user.id)] : []),
        ...(at === 7 ? [t.directory.deleteGroup(CONNECTION, group)] : []),
      ];
    });
    await Promise.all(acts);
    await t.directory.runSweeps((await t.directory.getConnection(CONNECTION)).org, t.clock.now() + 1000);
    expect(findBroken(await dump(t))).toEqual([]);
  });
});
