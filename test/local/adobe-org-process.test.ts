import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';

const Ready = z.object({
  ready: z.literal(true),
  url: z.string(),
  orgId: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
});
type Ready = z.infer<typeof Ready>;

const ENTRY = join(import.meta.dirname, '../../local/adobe-org-process.ts');
const children: ChildProcess[] = [];
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adobe-org-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) await end(child, 'SIGKILL');
  await rm(folder, { recursive: true });
});

async function start(...args: string[]): Promise<{ child: ChildProcess; ready: Ready; line: string }> {
  const child = spawn(process.execPath, [ENTRY, '--data', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  let output = '';
  let errors = '';
  child.stdout?.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk);
  });
  const message = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${errors}`)));
  });
  while (!output.includes('\n')) await new Promise((resolve) => setTimeout(resolve, 5));
  return { child, ready: Ready.parse(message), line: output };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return ended;
}

async function post(ready: Ready, commands: unknown): Promise<Response> {
  const { clientId, clientSecret, url, orgId } = ready;
  const fields = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const body = new URLSearchParams({ ...fields, scope: 'openid,AdobeID,user_management_sdk' });
  const minted = await fetch(`${url}/ims/token/v3`, { method: 'POST', body });
  const { access_token } = z.object({ access_token: z.string() }).parse(await minted.json());
  return fetch(`${url}/v2/usermanagement/action/${orgId}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${access_token}`,
      'X-Api-Key': clientId,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify(commands),
  });
}

const look = async ({ url }: Ready, what: string): Promise<unknown> =>
  (await fetch(`${url}/control/${what}`)).json();
const newcomer = (n: number) => ({
  user: `new${n}@example.com`,
  do: [
    {
      createFederatedID: {
        email: `new${n}@example.com`,
        firstname: 'New',
        lastname: String(n),
        country: 'DE',
      },
    },
    { add: { group: ['Marketing User EU', 'All staff'] } },
  ],
});

/** Status of a request whose first lines are sent as they stand. */
async function rawStatus(port: number, head: string): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  socket.end(`${head}Connection: close\r\n\r\n`);
  let said = '';
  for await (const chunk of socket) said += String(chunk);
  return Number(said.split(' ')[1]);
}

describe('npm run adobe-org', () => {
  test('prints one line with URL, org and client; the secret goes to its parent and into no log (I18)', async () => {
    const { ready, line } = await start();
    for (const part of [ready.url, ready.orgId, ready.clientId]) expect(line).toContain(part);
    expect(ready.clientSecret).toMatch(/^p8e-/);
    expect(line).not.toContain(ready.clientSecret);
    expect(line.trim().split('\n')).toHaveLength(1);
    expect(ready.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${ready.url}/status`)).json()).toMatchObject({ state: 'LIVE' });
  });

  test('a host, a path or a form that makes no sense is answered with 4xx, and the org goes on', async () => {
    const { ready } = await start();
    const port = Number(new URL(ready.url).port);
    expect(await rawStatus(port, 'GET /status HTTP/1.1\r\nHost: [\r\n')).toBe(400);
    expect(await rawStatus(port, 'GET /control/state HTTP/1.1\r\nHost: evil.example\r\n')).toBe(403);
    expect(await rawStatus(port, 'GET // HTTP/1.1\r\nHost: x\r\n')).toBe(403);
    const form = await fetch(`${ready.url}/ims/token/v3`, {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data' },
      body: 'grant_type=client_credentials',
    });
    expect(form.status).toBe(400);
  });

  test('a port out of range is refused with the range', async () => {
    const child = spawn(process.execPath, [ENTRY, '--port', '99999'], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    children.push(child);
    let said = '';
    for await (const chunk of child.stderr) said += String(chunk);
    expect(said).toMatch(/^--port is a number from 0 \(any\) to 65535, not 99999\./);
  });

  test('on a terminal of its own it prints the secret too', async () => {
    const child = spawn(process.execPath, [ENTRY, '--data', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let output = '';
    for await (const chunk of child.stdout) {
      output += String(chunk);
      if (output.includes('\n')) break;
    }
    expect(output).toMatch(/ · secret p8e-\w+\n/);
  });

  test('SIGKILL loses nothing that was answered: people, outbox, call log, credential, throttle', async () => {
    const first = await start();
    for (let n = 0; n < 5; n += 1) {
      expect((await post(first.ready, [newcomer(2 * n), newcomer(2 * n + 1)])).status).toBe(200);
    }
    const gone = [{ user: 'hanna.made@example.com', do: [{ removeFromOrg: { deleteAccount: true } }] }];
    expect((await post(first.ready, gone)).status).toBe(200);
    const before = await Promise.all(['state', 'outbox', 'calls'].map((what) => look(first.ready, what)));
    expect(before[1]).toMatchObject({
      mails: [...Array(10).fill({ kind: 'profileAdded' }), { kind: 'profileRemoved' }],
    });
    await end(first.child, 'SIGKILL');
    const second = await start();
    expect(second.ready).toEqual({ ...first.ready, url: second.ready.url });
    expect(await Promise.all(['state', 'outbox', 'calls'].map((what) => look(second.ready, what)))).toEqual(
      before,
    );
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await post(second.ready, [newcomer(n)])).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
  });

  test('a line that was being written when it died is forgotten; the rest stays', async () => {
    const first = await start();
    await post(first.ready, [newcomer(1)]);
    const before = await look(first.ready, 'state');
    await end(first.child, 'SIGKILL');
    const [log = ''] = (await readdir(folder)).filter((name) => name.endsWith('.log'));
    await writeFile(join(folder, log), `${await readFile(join(folder, log), 'utf8')}{"meta":{"orgI`);
    const second = await start();
    expect(await look(second.ready, 'state')).toEqual(before);
    await post(second.ready, [newcomer(2)]);
    await end(second.child, 'SIGTERM');
    const third = await start();
    expect(JSON.stringify(await look(third.ready, 'people'))).toContain('new2@example.com');
  });

  test('the files are for their owner only', async () => {
    await start();
    const modes = await Promise.all(
      (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).mode & 0o777),
    );
    expect(modes).toEqual([0o600, 0o600]);
  });

  test('a broken connection breaks, and what it applied stays', async () => {
    const { ready } = await start();
    await expect(
      post(ready, [
        newcomer(1),
        { user: 'sim-lost-answer.x@example.com', do: [{ add: { group: ['Nowhere'] } }] },
      ]),
    ).rejects.toThrow();
    expect(JSON.stringify(await look(ready, 'people'))).toContain('new1@example.com');
  });

  test('a slow answer takes simulated time', async () => {
    const { ready } = await start('--speed', '600');
    const startedAt = Date.now();
    await post(ready, [{ user: 'sim-slow.x@example.com', do: [{ removeFromOrg: {} }] }]);
    const tookMs = Date.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(100);
    expect(tookMs).toBeLessThan(10_000);
  });

  test('it goes on when its parent is gone, and ends with it only when told so', async () => {
    const staying = await start();
    staying.child.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await fetch(`${staying.ready.url}/status`)).status).toBe(200);
    expect(await end(staying.child, 'SIGTERM')).toBe(0);
    const leaving = await start('--exit-with-parent');
    const ended = new Promise((resolve) => leaving.child.once('exit', resolve));
    leaving.child.disconnect();
    expect(await ended).toBe(0);
  });

  test('--seed empty starts without people', async () => {
    const { ready } = await start('--seed', 'empty');
    expect(await look(ready, 'people')).toEqual({ people: [] });
  });

  test.each([['--seed', 'huge'], ['--port', 'x'], ['--speed', '0'], ['--nonsense']])(
    '%s %s ends with 2 and the usage',
    async (...args) => {
      await expect(start(...args)).rejects.toThrow(/ended with 2: [\s\S]*npm run adobe-org/);
    },
  );
});
