/** What the directory's tests share: a fresh directory per test, people, what a drain would record, a dump of the table. */
import { setTimeout as pause } from 'node:timers/promises';
import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, onTestFinished } from 'vitest';
import type { UserWritten } from '../../lambdas/directory/directory.ts';
import { type Directory, openDirectory } from '../../lambdas/directory/dynamo.ts';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { type Key, ruleIdOf } from '../../lambdas/directory/keys.ts';
import {
  type Account,
  type AccountId,
  type ConnectionId,
  GroupId,
  type GroupRecord,
  type Rule,
  type UserRecord,
  type UserResource,
} from '../../lambdas/directory/records.ts';
import type { Ledger, LedgerChange, MappingDraft, Standing } from '../../lambdas/directory/work.ts';
import type { Database } from '../../local/database.ts';
import {
  CONNECTION,
  ORG,
  openTestDatabase,
  openTestDirectory,
  type TestClock,
  type TestDirectory,
} from '../open.ts';

export type Item = Record<string, unknown>;

/** One engine for the file, a table for each test: starting an engine costs more than most tests. */
let engine: Database | undefined;

afterAll(async () => {
  await engine?.close();
});

/**
 * A directory of its own for the running test. Contention waits a tenth of its time and has ten times as long, so that
 * a busy machine is not taken for a busy directory.
 */
export async function open(options: Options = {}): Promise<TestDirectory> {
  const test = await openForFile(options);
  onTestFinished(() => test.close());
  return test;
}

interface Options {
  readonly clock?: TestClock;
  readonly wrap?: (deps: DirectoryDeps) => DirectoryDeps;
}

/** One that lives as long as the file's engine: for what is dear to set up and that tests leave as they found it. */
export async function openForFile(options: Options = {}): Promise<TestDirectory> {
  engine ??= await openTestDatabase();
  process.env['DYNAMODB_ENDPOINT'] = engine.endpoint;
  const { wrap, ...rest } = options;
  return openTestDirectory({
    ...rest,
    wrap: (deps) => (wrap === undefined ? impatient(deps) : wrap(impatient(deps))),
  });
}

function impatient(deps: DirectoryDeps): DirectoryDeps {
  return {
    ...deps,
    pause: async (ms) => {
      await pause(ms / 10);
    },
    realNow: () => performance.now() / 10,
  };
}

/** A second process on the same table. */
export function openAgain(
  test: TestDirectory,
  wrap = (deps: DirectoryDeps): DirectoryDeps => deps,
): Directory {
  return openDirectory(wrap(impatient(test.deps)));
}

export function person(name: string, over: Partial<UserResource> = {}): UserResource {
  const email = `${name}@example.com`;
  return {
    userName: email,
    active: true,
    name: { givenName: name, familyName: 'Okafor' },
    emails: [{ value: email, type: 'work', primary: true }],
    ...over,
  };
}

/** One whose userName and e-mail differ. */
export function personAt(userName: string, email: string, over: Partial<UserResource> = {}): UserResource {
  return person(userName, { userName, emails: [{ value: email, type: 'work', primary: true }], ...over });
}

export function written(result: UserWritten): UserRecord {
  if (!result.ok) throw new Error(`not written: ${result.reason}`);
  return result.user;
}

export async function addUser(
  test: Pick<TestDirectory, 'directory'>,
  resource: UserResource,
  c: ConnectionId = CONNECTION,
): Promise<UserRecord> {
  return written(await test.directory.createUser(c, resource));
}

export async function addUsers(test: TestDirectory, count: number, prefix = 'p'): Promise<UserRecord[]> {
  const users: UserRecord[] = [];
  for (let from = 0; from < count; from += 25) {
    const names = Array.from({ length: Math.min(25, count - from) }, (_, at) => `${prefix}${from + at}`);
    users.push(...(await Promise.all(names.map((name) => addUser(test, person(name))))));
  }
  return users;
}

export async function addGroup(
  test: Pick<TestDirectory, 'directory'>,
  displayName: string,
  draft: { externalId?: string; members?: readonly string[] } = {},
  c: ConnectionId = CONNECTION,
): Promise<GroupRecord> {
  const made = await test.directory.createGroup(c, { displayName, members: [], ...draft });
  if (!made.ok) throw new Error(`not created: ${made.reason}`);
  return made.group;
}

export async function changeUser(
  test: TestDirectory,
  user: UserRecord,
  change: Partial<UserResource>,
): Promise<UserWritten> {
  return test.directory.updateUser(CONNECTION, user.id, ({ resource }) => ({ ...resource, ...change }));
}

export async function accountOf(test: TestDirectory, id: AccountId): Promise<Account> {
  const [account] = await test.directory.readAccounts(ORG, [id]);
  if (account === undefined) throw new Error(`no account ${id}`);
  return account;
}

export function ledgerOf(account: Account): Ledger {
  const { applied, origin, maybe, unknown, watch, goneAt, refused } = account;
  return {
    applied,
    unknown,
    watch,
    ...(origin === undefined ? {} : { origin }),
    ...(maybe === undefined ? {} : { maybe }),
    ...(goneAt === undefined ? {} : { goneAt }),
    ...(refused === undefined ? {} : { refused }),
  };
}

export const idle: Standing = { place: { kind: 'none' }, status: 'idle', attempts: 0 };

/** Records what a drain would after Adobe said yes to everything: the wanted identity, holding these entitlements. */
export async function settle(
  test: TestDirectory,
  id: AccountId,
  entitlements: readonly string[] = [],
  standing: Standing = idle,
): Promise<string> {
  return test.directory.changeLedger(ORG, id, {
    compute: (fresh) => settled(fresh, { entitlements, standing, at: test.clock.now() }),
  });
}

export function settled(
  fresh: Account,
  { entitlements, standing, at }: { entitlements: readonly string[]; standing: Standing; at: number },
): LedgerChange {
  const { identity: wanted } = fresh.wanted;
  const identity = wanted ?? fresh.applied.identity;
  const held = entitlements.map(
    (name) => [name.toLowerCase(), { name, kind: 'userGroup', since: at }] as const,
  );
  const applied = { ...(identity === undefined ? {} : { identity }), entitlements: Object.fromEntries(held) };
  return { ledger: { ...ledgerOf(fresh), applied, origin: 'made' }, standing, clearIntent: true };
}

/** Gives way to whoever may have it, as a drain does for an account that is due. */
export async function claim(test: TestDirectory, user: Pick<UserRecord, 'accountId'>): Promise<string> {
  const outcome = await test.directory.claimWanted(ORG, user.accountId);
  return outcome.kind === 'taken' ? `taken by ${outcome.by}` : outcome.kind;
}

export async function isDue(test: TestDirectory, id: AccountId): Promise<boolean> {
  return (await test.directory.readDue(ORG, 10_000)).includes(id);
}

export async function dump(test: TestDirectory): Promise<Item[]> {
  const items: Item[] = [];
  let start: Record<string, AttributeValue> | undefined;
  do {
    const { table } = test.database;
    const page = await test.database.client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    for (const item of page.Items ?? []) items.push(unmarshall(item));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

export async function itemAt(test: TestDirectory, key: Key): Promise<Item | undefined> {
  return (await dump(test)).find((item) => item['pk'] === key.pk && item['sk'] === key.sk);
}

/** Everything but the journal, as one text per key: two dumps are equal when no item changed. */
export async function snapshot(test: TestDirectory): Promise<Map<string, string>> {
  const items = (await dump(test)).filter((item) => !String(item['pk']).startsWith('J#'));
  return new Map(items.map((item) => [`${item['pk']}|${item['sk']}`, textOf(item)]));
}

function textOf(value: unknown): string {
  if (value instanceof Set) return `{${[...value].map(textOf).sort().join()}}`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, one]) => `${name}:${textOf(one)}`).join()}}`;
}

export function rule(group: string | undefined, ...grants: string[]): Rule {
  const everyone = group === undefined;
  return {
    id: ruleIdOf({ everyone, group }),
    ...(group === undefined ? {} : { group }),
    everyone,
    grants: grants.map((name) => ({ name, kind: 'userGroup' })),
  };
}

/** Puts these rules in force, whatever is in force now. */
export async function applyRules(
  test: TestDirectory,
  rules: readonly Rule[],
  over: Partial<MappingDraft> = {},
): Promise<boolean> {
  const { mappingVersion } = await test.directory.getConnection(CONNECTION);
  return test.directory.applyMapping(CONNECTION, {
    rules,
    expectedVersion: mappingVersion,
    left: [],
    ...over,
  });
}

/** What each rule in force follows: `group name -> group id and state`. */
export async function bindings(test: TestDirectory): Promise<Record<string, string>> {
  const rules = await test.directory.rulesOf(await test.directory.getConnection(CONNECTION));
  return Object.fromEntries(
    rules.map(({ group, binding }) => [
      group ?? 'everyone',
      binding === undefined ? 'unbound' : `${binding.state} ${binding.groupId}`,
    ]),
  );
}

/** Background work to its end. */
export async function sweepAll(test: TestDirectory, directory: Directory = test.directory): Promise<boolean> {
  return directory.runSweeps(ORG, test.clock.now() + 3_600_000);
}

export function groupId(text: string): GroupId {
  return GroupId.parse(text);
}
