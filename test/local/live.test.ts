/**
 * `npm start -- --adobe live`: a simulated org stands where Adobe stands, reached by the documented environment variables
 * for base URLs; everything else is the real program. It reads, it sends nothing before somebody says so, and the secret
 * stands in no file (T07, V6).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { readLiveEndpoint } from '../../local/endpoint.ts';
import { runCli } from '../../operator/cli.ts';
import { type OrgProcess, startOrg } from '../kill/processes.ts';
import { guard, hear, takeLeaks } from '../leaks.ts';

const root = resolve(import.meta.dirname, '../..');
let org: OrgProcess;
let orgFolder: string;

beforeAll(async () => {
  orgFolder = mkdtempSync(join(tmpdir(), 'bridge-live-org-'));
  org = await startOrg(orgFolder, 1);
});
afterAll(async () => {
  await org.stop();
  rmSync(orgFolder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-live-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function live(environment: Record<string, string> = {}): Record<string, string> {
  const { url, orgId, clientId, clientSecret } = org.endpoint;
  return {
    BRIDGE_IMS_URL: url,
    BRIDGE_ADOBE_URL: `${url}/v2/usermanagement`,
    BRIDGE_ADOBE_ORG: orgId,
    BRIDGE_ADOBE_CLIENT_ID: clientId,
    BRIDGE_ADOBE_CLIENT_SECRET: clientSecret,
    ...environment,
  };
}

function start(environment: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, ['local/start.ts', ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += chunk;
    hear('output', String(chunk));
  });
  child.stderr.on('data', (chunk) => {
    said.err += chunk;
    hear('output', String(chunk));
  });
  const closed = once(child, 'close').then(([code]) => ({ code, ...said }));
  onTestFinished(async () => {
    if (child.exitCode === null) child.kill('SIGINT');
    await closed;
  });
  const greeted = async (): Promise<string> => {
    while (!said.out.includes('Ctrl-C')) {
      if (child.exitCode !== null) throw new Error(`the bridge ended: ${said.err}`);
      await Promise.race([once(child.stdout, 'data'), closed]);
    }
    return said.out;
  };
  const stop = async () => {
    child.kill('SIGINT');
    return closed;
  };
  return { greeted, closed, stop };
}

const nobody = { isInteractive: false, ask: fail, askSecret: fail, readAll: async () => '' };
async function fail(): Promise<string> {
  throw new Error('nobody is asked');
}

async function cli(dir: string, ...argv: string[]) {
  const lines: string[] = [];
  const say = (line: string) => {
    lines.push(line);
    hear('command line', line);
  };
  const code = await runCli(
    [...argv, '--data', dir],
    { out: say, err: say },
    { environment: {}, terminal: nobody },
  );
  return { code, text: lines.join('\n') };
}

const Calls = z.object({ calls: z.array(z.looseObject({ endpoint: z.string() })).min(1) });
const actionCalls = async () =>
  Calls.parse(await org.look('calls')).calls.filter(({ endpoint }) => endpoint === 'action').length;

describe('npm start -- --adobe live', () => {
  test('sets up, provisions on paper, sends nothing, and leaves the secret in none of its files', async () => {
    guard('the secret of Adobe', org.endpoint.clientSecret);
    const dir = newFolder();
    const first = start(live(), '--adobe', 'live', '--data', dir);
    expect(await first.greeted()).toMatch(/drives the real Adobe org .*@AdobeOrg(.|\n)*report-only/);
    const { scimUrl, token } = readLiveEndpoint(dir) ?? { scimUrl: '', token: '' };

    const setup = await cli(dir, 'setup', '--yes', '--username', 'email');
    expect(setup.text).toMatch(/Adobe accepts the credential/);
    expect([setup.code, setup.text]).toEqual([0, expect.stringContaining(scimUrl)]);
    expect((await cli(dir, 'mapping', 'show')).text).not.toContain('Chat agents EU');
    expect((await cli(dir, 'mode')).text).toBe('Mode report-only.');
    const ask = (path: string, body: object) =>
      fetch(`${scimUrl}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
        body: JSON.stringify(body),
      });
    const user = await ask('/Users', { userName: 'ada@example.com' });
    const { id } = z.object({ id: z.string() }).parse(await user.json());
    expect((await ask('/Groups', { displayName: 'Agents', members: [{ value: id }] })).status).toBe(201);
    const file = join(orgFolder, 'mapping.yaml');
    writeFileSync(file, 'rules:\n  - group: Agents\n    grants: [ { userGroup: Chat agents EU } ]\n');
    expect((await cli(dir, 'mapping', 'apply', file, '--yes')).code).toBe(0);
    await expect
      .poll(async () => (await cli(dir, 'status')).text, { timeout: 20_000, interval: 500 })
      .toMatch(/Held: 1\n {2}1 report-only/);
    expect((await cli(dir, 'mode', 'full')).text).toMatch(/Would gain "Chat agents EU": 1/);
    const doctor = await cli(dir, 'doctor', '--json');
    expect([doctor.code, JSON.parse(doctor.text).fails]).toEqual([0, 0]);
    expect(await actionCalls()).toBe(0);
    expect((await first.stop()).code).toBe(0);

    // A second start has folder, token and address again, and needs the credential again.
    const second = start(live(), '--adobe', 'live', '--data', dir);
    expect(await second.greeted()).toContain(token);
    await second.stop();
    const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(dir, name)).isFile(),
    );
    expect(files).toEqual(
      expect.arrayContaining(['bridge.db', 'bridge.json', 'bridge.log', 'endpoint.json']),
    );
    for (const name of files) hear(`file ${name}`, readFileSync(join(dir, name), 'latin1'));
    expect([takeLeaks(), files]).toEqual([[], files]);
  });

  test('refuses the folder of a simulated bridge', async () => {
    const dir = newFolder();
    const simulated = start({}, '--data', dir);
    await simulated.greeted();
    await simulated.stop();
    const wrong = await start(live(), '--adobe', 'live', '--data', dir).closed;
    expect([wrong.code, wrong.err]).toEqual([
      1,
      expect.stringMatching(/belongs to a bridge with a simulated Adobe org.*choose another folder/),
    ]);
  });

  test('a live folder is refused by a simulated start, and by the credential of another org', async () => {
    const dir = newFolder();
    const first = start(live(), '--adobe', 'live', '--data', dir);
    await first.greeted();
    await first.stop();
    expect((await start({}, '--data', dir).closed).err).toMatch(/a real Adobe org.*choose another folder/);
    const foreign = await start(
      live({ BRIDGE_ADOBE_ORG: 'OTHER@AdobeOrg' }),
      '--adobe',
      'live',
      '--data',
      dir,
    ).closed;
    expect([foreign.code, foreign.err]).toEqual([
      1,
      expect.stringMatching(/belongs to the Adobe org .* credential is of OTHER@AdobeOrg/),
    ]);
    const demo = spawn(process.execPath, ['local/demo.ts', '--data', dir], { cwd: root });
    let err = '';
    demo.stderr.on('data', (chunk) => {
      err += chunk;
    });
    await once(demo, 'close');
    expect(err).toMatch(/drives a real Adobe org: nobody invented is sent there/);
  });

  test('without a credential names the variables; a wrong one is told without showing it', async () => {
    const none = await start(
      live({ BRIDGE_ADOBE_CLIENT_SECRET: '', BRIDGE_ADOBE_ORG: '' }),
      '--adobe',
      'live',
      '--data',
      newFolder(),
    ).closed;
    expect([none.code, none.err]).toEqual([
      1,
      expect.stringMatching(/set BRIDGE_ADOBE_ORG, BRIDGE_ADOBE_CLIENT_SECRET, or start it at a terminal/),
    ]);
    guard('a wrong secret', 'wr0ng-secret-of-nobody');
    const wrong = await start(
      live({ BRIDGE_ADOBE_CLIENT_SECRET: 'wr0ng-secret-of-nobody' }),
      '--adobe',
      'live',
      '--data',
      newFolder(),
    ).closed;
    expect([wrong.code, wrong.err]).toEqual([
      1,
      expect.stringMatching(/refuses the credential.*Developer Console/),
    ]);
  });
});
