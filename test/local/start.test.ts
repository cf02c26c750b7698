import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { openDatabase } from '../../local/database.ts';
import { readEndpoint } from '../../local/endpoint.ts';
import { endProcess, type ProcessMark, stillRuns } from '../../local/processes.ts';

const root = resolve(import.meta.dirname, '../..');
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-start-'));
  undo.push(async () => {
    for (const mark of marksOf(folder)) await endProcess(mark);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function jsonOf(folder: string, name: string) {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'));
  } catch {
    // Absent: nothing was started, or everything was stopped.
    return undefined;
  }
}

/** The processes that a bridge on this folder has started. */
function marksOf(folder: string): ProcessMark[] {
  const marks = [
    jsonOf(folder, 'bridge.db.engine.json')?.engine,
    jsonOf(folder, 'adobe-process.json')?.process,
  ];
  return marks.filter((mark) => mark !== undefined);
}

const start = (...args: string[]) => startIn({}, ...args);

function startIn(environment: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, ['local/start.ts', ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
  });
  const closed = once(child, 'close').then(([code]) => ({ code, ...said }));
  undo.push(() => child.kill('SIGKILL') && closed);
  const greeted = async (): Promise<string> => {
    while (!said.out.includes('Ctrl-C')) {
      if (child.exitCode !== null) throw new Error(`the bridge ended: ${said.err}`);
      await Promise.race([once(child.stdout, 'data'), closed]);
    }
    return said.out;
  };
  return { child, closed, greeted };
}

function endpointOf(folder: string) {
  const endpoint = readEndpoint(folder);
  if (endpoint === undefined) throw new Error('there is no endpoint.json');
  return endpoint;
}

async function scim(folder: string, path: string, init: RequestInit = {}) {
  const { scimUrl, token } = endpointOf(folder);
  return fetch(`${scimUrl}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
  });
}

const jane = JSON.stringify({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName: 'jane@example.com',
});

const credential = [
  ['--adobe-org', 'A@AdobeOrg'],
  ['--adobe-client-id', 'somebody'],
  ['--adobe-client-secret', 's3cret'],
].flat();

describe('npm start', () => {
  test('prints the addresses, writes endpoint.json for its owner only, and ends everything with Ctrl-C', async () => {
    const folder = newFolder();
    const { child, closed, greeted } = start('--data', folder);
    const text = await greeted();
    const { scimUrl, token, adobe } = endpointOf(folder);
    for (const part of [scimUrl, token, adobe.url]) expect(text).toContain(part);
    expect(statSync(join(folder, 'endpoint.json')).mode & 0o777).toBe(0o600);
    expect((await scim(folder, '/Users')).status).toBe(200);
    expect((await fetch(`${scimUrl}/Users`)).status).toBe(401);
    const marks = marksOf(folder);
    expect(marks.map(stillRuns)).toEqual([true, true]);

    child.kill('SIGINT');
    expect(await closed).toMatchObject({ code: 0, err: '' });
    expect(marks.map(stillRuns)).toEqual([false, false]);
  });

  test('after kill -9 the next start has the data, the token, the address and the same Adobe org', async () => {
    const folder = newFolder();
    const first = start('--data', folder);
    await first.greeted();
    const before = endpointOf(folder);
    const created = await scim(folder, '/Users', { method: 'POST', body: jane });
    expect(created.status).toBe(201);
    const { id } = z.object({ id: z.string() }).parse(await created.json());
    first.child.kill('SIGKILL');
    await first.closed;
    const orphan = jsonOf(folder, 'adobe-process.json').process;
    expect(stillRuns(orphan)).toBe(true);

    const second = start('--data', folder);
    await second.greeted();
    const after = endpointOf(folder);
    expect(after).toEqual({ ...before, operator: { ...before.operator, url: after.operator.url } });
    expect(jsonOf(folder, 'adobe-process.json').process).toEqual(orphan);
    expect(await (await scim(folder, `/Users/${id}`)).json()).toMatchObject({ userName: 'jane@example.com' });

    second.child.kill('SIGINT');
    expect(await second.closed).toMatchObject({ code: 0 });
    expect(stillRuns(orphan)).toBe(false);
  });

  test('a second start on the same folder, and a start at another speed, are refused with a way out', async () => {
    const folder = newFolder();
    const first = start('--data', folder, '--speed', '60');
    await first.greeted();
    const second = await start('--data', folder).closed;
    expect(second).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/already runs on .*another --data/),
    });
    expect((await scim(folder, '/Users')).status).toBe(200);

    first.child.kill('SIGINT');
    await first.closed;
    const faster = await start('--data', folder, '--speed', '61').closed;
    expect(faster).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/--speed 60.*another folder with --data/),
    });
  });

  test('a port that is taken is named, and nothing stays behind', async () => {
    const folder = newFolder();
    const first = start('--data', folder);
    await first.greeted();
    const { port } = new URL(endpointOf(folder).scimUrl);
    const other = newFolder();
    expect(await start('--data', other, '--port', port).closed).toMatchObject({
      code: 1,
      err: expect.stringMatching(new RegExp(`port ${port} is taken`)),
    });
    expect(marksOf(other).map(stillRuns)).not.toContain(true);
  });

  test('a --data that is a file is refused with a way out', async () => {
    const file = join(newFolder(), 'notes.txt');
    writeFileSync(file, 'not a folder');
    expect(await start('--data', file).closed).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/notes\.txt is no folder: choose another name/),
    });
  });

  test('folders that share one database server keep their data apart, and one folder has one bridge', async () => {
    const database = await openDatabase({ environment: {} });
    undo.push(database.close);
    const environment = { DYNAMODB_ENDPOINT: database.endpoint };
    const [one, other] = [newFolder(), newFolder()];
    await startIn(environment, '--data', one).greeted();
    await startIn(environment, '--data', other).greeted();
    expect((await scim(one, '/Users', { method: 'POST', body: jane })).status).toBe(201);
    for (const [folder, people] of [
      [one, 1],
      [other, 0],
    ] as const) {
      expect(await (await scim(folder, '/Users')).json()).toMatchObject({ totalResults: people });
    }
    expect(await startIn(environment, '--data', one).closed).toMatchObject({
      code: 1,
      err: expect.stringMatching(/already runs on .*another --data/),
    });
  });

  test('--adobe-url where nobody answers, or with a credential that is refused, ends the start', async () => {
    const nobody = await start('--data', newFolder(), '--adobe-url', 'http://127.0.0.1:9', ...credential)
      .closed;
    expect(nobody).toMatchObject({
      code: 1,
      err: expect.stringMatching(/no Adobe org answers at http:\/\/127\.0\.0\.1:9.*correct --adobe-url/),
    });
    const folder = newFolder();
    await start('--data', folder).greeted();
    const wrong = await start(
      '--data',
      newFolder(),
      '--adobe-url',
      endpointOf(folder).adobe.url,
      ...credential,
    ).closed;
    expect(wrong).toMatchObject({
      code: 1,
      err: expect.stringMatching(/refuses the credential .*Developer Console/),
    });
    expect(wrong.err).not.toContain('s3cret');
  });

  test('--adobe-url without a credential says where it is', async () => {
    const wrong = await start('--data', newFolder(), '--adobe-url', 'http://127.0.0.1:9').closed;
    expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/--adobe-client-secret/) });
  });

  test('an unknown option ends with 2', async () => {
    expect(await start('--frob').closed).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--frob.*--help/),
    });
  });
});
