/**
 * Starts the database of a local bridge: an embedded engine that speaks DynamoDB's API, on a file or in memory, with
 * the table of `infra/table-definition.ts` in it.
 *
 * Which engine: `DYNAMODB_ENDPOINT` if it is set (DynamoDB Local, or anything that speaks the API), else the binary
 * that npm installed for this platform, else an error that names both ways. A file has one engine at a time: the file
 * beside it says who, an engine whose bridge was killed is ended before the next one starts, and a bridge that still
 * runs is never robbed of its engine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { tableDefinition } from '../infra/table-definition.ts';
import { withoutLogLines } from '../lambdas/directory/dynamo-client.ts';
import { endProcess, markOf, ProcessMark, stillRuns } from './processes.ts';

export interface Database {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  readonly table: string;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Where the data live; absent = in memory, gone with `close()`. */
  readonly file?: string;
  /** The table in it; what is not meant to last gets one of its own. */
  readonly table?: string;
  /** Where `DYNAMODB_ENDPOINT` is looked up; absent = the environment of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const startAttempts = 5;
const startWaitMs = 10_000;

/** Opens the database and makes the table if it is missing. @throws Error that says what to do */
export async function openDatabase(options: DatabaseOptions = {}): Promise<Database> {
  const environment = options.environment ?? process.env;
  const given = environment.DYNAMODB_ENDPOINT;
  const table = options.table ?? (options.file === undefined ? `bridge-${randomUUID()}` : 'bridge');
  if (given) return openGiven(given, table, options.file !== undefined);

  const engine = await startEngine(engineBinary(), options.file);
  const client = clientOf(engine.endpoint);
  try {
    await ensureTable(client, table);
  } catch (error) {
    client.destroy();
    await engine.stop();
    throw error;
  }
  const close = async () => {
    client.destroy();
    await engine.stop();
  };
  return { endpoint: engine.endpoint, client, table, close };
}

async function openGiven(endpoint: string, table: string, keep: boolean): Promise<Database> {
  const client = clientOf(endpoint);
  try {
    await ensureTable(client, table);
  } catch (cause) {
    client.destroy();
    throw new Error(
      `nothing usable answers at DYNAMODB_ENDPOINT (${endpoint}): start the database there, or unset the variable`,
      { cause },
    );
  }
  const close = async () => {
    if (!keep) await client.send(new DeleteTableCommand({ TableName: table }));
    client.destroy();
  };
  return { endpoint, client, table, close };
}

function clientOf(endpoint: string): DynamoDBClient {
  return withoutLogLines(
    new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
  );
}

/** The engine that npm installed for this platform. */
export function engineBinary(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@dynoxide/${platform}-${arch}`;
  const require = createRequire(import.meta.url);
  try {
    const folder = dirname(require.resolve(`${name}/package.json`));
    return resolve(folder, platform === 'win32' ? 'dynoxide.exe' : 'dynoxide');
  } catch (cause) {
    throw new Error(
      `no embedded database for ${platform} ${arch}: install it (npm install --no-save ${name}), or start any ` +
        'DynamoDB-compatible server, such as DynamoDB Local, and set DYNAMODB_ENDPOINT to its address',
      { cause },
    );
  }
}

interface Engine {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Beside the data file: which engine holds it, for which bridge. */
const EngineFile = z.object({ engine: ProcessMark, owner: ProcessMark });

async function startEngine(binary: string, file: string | undefined): Promise<Engine> {
  const marker = file === undefined ? undefined : `${resolve(file)}.engine.json`;
  if (file !== undefined) mkdirSync(dirname(resolve(file)), { recursive: true });
  if (marker !== undefined) await endStaleEngine(marker);
  for (let attempt = 1; ; attempt += 1) {
    // The engine does not tell which port it took, so it is given one that was free a moment ago.
    const port = await freePort();
    const child = spawn(
      binary,
      ['--port', String(port), ...(file === undefined ? [] : ['--db-path', resolve(file)])],
      {
        stdio: 'ignore',
        // Out of reach of the terminal's Ctrl-C: it is stopped last, by us.
        detached: true,
      },
    );
    // Before it answers: an engine whose bridge is killed during the start is not forgotten.
    if (marker !== undefined) markEngine(child, marker);
    const endpoint = `http://127.0.0.1:${port}`;
    if (await answers(child, endpoint)) return guard(child, endpoint, marker);
    child.kill('SIGKILL');
    if (attempt === startAttempts) throw new Error(`the embedded database does not start (${binary})`);
  }
}

async function endStaleEngine(marker: string): Promise<void> {
  if (!existsSync(marker)) return;
  const parsed = EngineFile.safeParse(parseJson(readFileSync(marker, 'utf8')));
  // A marker that was cut off by a crash names nobody; the engine it meant never answered anybody.
  if (!parsed.success) return;
  const { engine, owner } = parsed.data;
  if (stillRuns(owner) && stillRuns(engine)) {
    throw new Error(
      `a bridge already runs on ${dirname(marker)} (process ${owner.pid}): stop it, or choose another --data`,
    );
  }
  await endProcess(engine);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function answers(child: ChildProcess, endpoint: string): Promise<boolean> {
  let gone = false;
  child.once('exit', () => {
    gone = true;
  });
  child.once('error', () => {
    gone = true;
  });
  for (let waitedMs = 0; waitedMs < startWaitMs && !gone; waitedMs += 5) {
    const answered = await fetch(endpoint, {
      method: 'POST',
      body: '{}',
      signal: AbortSignal.timeout(1_000),
    }).then(
      (response) => response.arrayBuffer().then(() => true),
      () => false,
    );
    // The process is asked after the answer: another program could have taken the port first.
    if (answered) {
      await delay(1);
      return !gone;
    }
    await delay(5);
  }
  return false;
}

function markEngine(child: ChildProcess, marker: string): void {
  const engine = child.pid === undefined ? undefined : markOf(child.pid);
  const owner = markOf(process.pid);
  if (engine === undefined || owner === undefined) return;
  writeFileSync(marker, JSON.stringify({ engine, owner }), { mode: 0o600 });
}

function guard(child: ChildProcess, endpoint: string, marker: string | undefined): Engine {
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  child.unref();
  return {
    endpoint,
    stop: async () => {
      process.off('exit', killAtExit);
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((done) => child.once('exit', done));
        child.ref();
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
        await ended;
        clearTimeout(timer);
      }
      if (marker !== undefined) rmSync(marker, { force: true });
    },
  };
}

/** A port of 127.0.0.1 that nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', listening);
  });
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}

async function ensureTable(client: DynamoDBClient, table: string): Promise<void> {
  try {
    await client.send(new DescribeTableCommand({ TableName: table }));
    return;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  const { partitionKey, sortKey, indexes, timeToLiveAttribute } = tableDefinition;
  const keys = [partitionKey, sortKey, ...indexes.flatMap((index) => [index.partitionKey, index.sortKey])];
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      KeySchema: keySchema(partitionKey, sortKey),
      GlobalSecondaryIndexes: indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keySchema(index.partitionKey, index.sortKey),
        Projection: { ProjectionType: index.projection },
      })),
    }),
  );
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { AttributeName: timeToLiveAttribute, Enabled: true },
    }),
  );
}

function keySchema(partitionKey: string, sortKey: string) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
}
