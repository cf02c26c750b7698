import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DescribeTableCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from 'vitest';
import { type Database, engineBinary, openDatabase } from '../../local/database.ts';
import { commandOf } from '../../local/processes.ts';

const open: Database[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const database of open.splice(0)) await database.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function opened(file?: string): Promise<Database> {
  const database = await openDatabase(file === undefined ? {} : { file });
  open.push(database);
  return database;
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-database-'));
  folders.push(folder);
  return join(folder, 'bridge.db');
}

const key = (pk: string) => ({ pk: { S: pk }, sk: { S: '-' } });

async function put({ client, table }: Database, pk: string): Promise<void> {
  await client.send(new PutItemCommand({ TableName: table, Item: key(pk) }));
}
async function has({ client, table }: Database, pk: string): Promise<boolean> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: table, Key: key(pk), ConsistentRead: true }),
  );
  return Item !== undefined;
}

/** A bridge that writes one item after the other and prints the name of each after it is acknowledged. */
const writer = `
  import { PutItemCommand } from '@aws-sdk/client-dynamodb';
  import { openDatabase } from '${resolve(import.meta.dirname, '../../local/database.ts')}';
  const { client, table } = await openDatabase({ file: process.argv[1] });
  for (let i = 0; ; i += 1) {
    await client.send(new PutItemCommand({ TableName: table, Item: { pk: { S: 'item-' + i }, sk: { S: '-' } } }));
    process.stdout.write('item-' + i + '\\n');
  }
`;

async function startWriter(file: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer, file], {
    cwd: resolve(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = '';
  child.stdout.on('data', (chunk) => {
    acknowledged += chunk;
  });
  while (acknowledged.split('\n').length < 30) await once(child.stdout, 'data');
  return { child, names: () => acknowledged.split('\n').slice(0, -1) };
}

describe('the local database', () => {
  test('two in memory know nothing of each other', async () => {
    const [one, two] = [await opened(), await opened()];
    await put(one, 'a');
    expect([await has(one, 'a'), await has(two, 'a')]).toEqual([true, false]);
  });

  test('the table has the keys and the index of the definition', async () => {
    const { client, table } = await opened();
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    expect(Table?.KeySchema?.map((part) => part.AttributeName)).toEqual(['pk', 'sk']);
    expect(Table?.GlobalSecondaryIndexes).toMatchObject([
      {
        IndexName: 'work',
        KeySchema: [{ AttributeName: 'wpk' }, { AttributeName: 'wsk' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ]);
  });

  test('a file keeps its data over a clean close, and no engine stays behind', async () => {
    const file = newFile();
    const first = await openDatabase({ file });
    await put(first, 'a');
    const { engine } = JSON.parse(readFileSync(`${file}.engine.json`, 'utf8'));
    await first.close();
    expect(commandOf(engine.pid)).not.toBe(engine.command);
    expect(existsSync(`${file}.engine.json`)).toBe(false);
    expect(await has(await opened(file), 'a')).toBe(true);
  });

  test('after kill -9 of the bridge the next start ends the orphan, and every acknowledged write is there', async () => {
    const file = newFile();
    const { child, names } = await startWriter(file);
    child.kill('SIGKILL');
    await once(child, 'close');
    const { engine } = JSON.parse(readFileSync(`${file}.engine.json`, 'utf8'));
    expect(commandOf(engine.pid)).toBe(engine.command);

    const next = await opened(file);
    expect(commandOf(engine.pid)).not.toBe(engine.command);
    const missing = [];
    for (const name of names()) if (!(await has(next, name))) missing.push(name);
    expect({ missing, atLeast: names().length >= 29 }).toEqual({ missing: [], atLeast: true });
  });

  test('a second bridge on the same file is refused while the first one runs', async () => {
    const file = newFile();
    const { child } = await startWriter(file);
    try {
      await expect(openDatabase({ file })).rejects.toThrow(/already runs on .* choose another --data/);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
      await opened(file);
    }
  });

  test('an endpoint that is given is used, and the table made for the test goes with it', async () => {
    const engine = await opened();
    const given = await openDatabase({ environment: { DYNAMODB_ENDPOINT: engine.endpoint } });
    expect(given.endpoint).toBe(engine.endpoint);
    await put(given, 'a');
    await given.close();
    await expect(engine.client.send(new DescribeTableCommand({ TableName: given.table }))).rejects.toThrow(
      /not.*found/i,
    );
  });

  test('a platform without an engine is told both ways out', () => {
    expect(() => engineBinary('plan9', 'mips')).toThrow(/@dynoxide\/plan9-mips.*DYNAMODB_ENDPOINT/);
  });
});
