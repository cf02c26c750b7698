/**
 * Opens the real directory on an in-memory engine, with a clock that tests move; with `DIRECTORY_STORE=model` on the
 * simulation's model of DynamoDB instead, so that one contract suite runs on both.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type AttributeValue, DescribeTableCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { type Directory, openDirectory } from '../lambdas/directory/dynamo.ts';
import type { DirectoryDeps } from '../lambdas/directory/dynamo-scim.ts';
import { openIds } from '../lambdas/directory/ids.ts';
import { ConnectionId, type ConnectionSettings, OrgKey } from '../lambdas/directory/records.ts';
import { type Database, openDatabase } from '../local/database.ts';
import { guardToken, hear } from './leaks.ts';
import { clientOf, createModel } from './simulation/dynamo/model.ts';

export const ORG = OrgKey.parse('acme');
export const CONNECTION = ConnectionId.parse('okta');

/** Milliseconds since 1970 that only move when a test says so; `sleep` moves them. */
export interface TestClock {
  now(): number;
  advance(ms: number): void;
  sleep(ms: number): Promise<void>;
}

export function testClock(start = Date.parse('2026-03-02T08:00:00Z')): TestClock {
  let at = start;
  return {
    now: () => at,
    advance: (ms) => {
      at += ms;
    },
    sleep: async (ms) => {
      at += ms;
    },
  };
}

export const settings: ConnectionSettings = {
  mode: 'full',
  domains: {
    'example.com': { type: 'federatedID', country: 'US', username: 'email' },
    'example.org': { type: 'federatedID', country: 'NL', username: 'email' },
    'example.net': { type: 'businessID', country: 'US' },
  },
  graceSeconds: { active: 0, gone: 0 },
  protected: [],
  // Out of the way of every test that is not about it; those say `removalLimit: {}`, which is the built-in one.
  removalLimit: { people: 1000, percent: 100, emptyingFrom: 1000, reason: 'tests' },
};

export interface TestDirectory {
  readonly directory: Directory;
  readonly database: Database;
  readonly clock: TestClock;
  readonly deps: DirectoryDeps;
  close(): Promise<void>;
}

/** An engine, or a fresh model: the two stores that the directory's tests must pass on. */
export async function openTestDatabase(): Promise<Database> {
  if (process.env['DIRECTORY_STORE'] !== 'model') return openDatabase();
  const client = clientOf(createModel({ now: () => performance.now(), id: randomUUID() }));
  return { endpoint: '', client, table: 'model', close: async () => client.destroy() };
}

export async function openTestDirectory(
  options: { clock?: TestClock; wrap?: (deps: DirectoryDeps) => DirectoryDeps } = {},
): Promise<TestDirectory> {
  const database = await openTestDatabase();
  const clock = options.clock ?? testClock();
  const deps: DirectoryDeps = {
    client: database.client,
    table: database.table,
    now: clock.now,
    newId: openIds(clock.now, (length) => randomBytes(length)),
    random: Math.random,
    randomBytes: (length) => randomBytes(length),
    pepper: 'test-pepper-of-thirty-two-characters',
    realNow: () => performance.now(),
    pause: async (ms) => {
      await pause(ms);
    },
  };
  const opened = openDirectory(options.wrap === undefined ? deps : options.wrap(deps));
  const directory: Directory = {
    ...opened,
    createToken: async (c, draft) => {
      const made = await opened.createToken(c, draft);
      guardToken(`the ${made.token.kind} "${draft.label.slice(0, 40)}"`, made.secret);
      return made;
    },
  };
  await directory.setUp({
    org: { key: ORG, adobeOrgId: '5F2A1C20B7D44E9A0A49@AdobeOrg', clientId: 'client-1' },
    connection: { id: CONNECTION, settings, tableId: await tableIdOf(database) },
  });
  return { directory, database, clock, deps, close: () => database.close() };
}

/** Lets the whole table be heard, as somebody with a backup would read it (T07). */
export async function hearStore({ client, table }: Pick<Database, 'client' | 'table'>): Promise<void> {
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName: table, ExclusiveStartKey: start }));
    hear('store', JSON.stringify(page.Items));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

/** Asked without the directory, whose calls some tests count. */
export async function tableIdOf({ client, table }: Pick<Database, 'client' | 'table'>): Promise<string> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  if (Table?.TableId === undefined) throw new Error('the engine tells no id of its table');
  return Table.TableId;
}
