/** Canaries on a bridge as `npm start` runs it: what its folder and its output hold after a day with secrets (T07, T08, T22). */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseStart } from '../../local/options.ts';
import { startBridge } from '../../local/start.ts';
import { runCli } from '../../operator/cli.ts';
import { guard, guardToken, hear, takeLeaks } from '../leaks.ts';

/**
 * Files that hold credentials because the next start needs them, the state of the simulated org among them; nobody but
 * their owner may read them.
 */
const KEEPERS = /^(endpoint\.json|bridge\.json|adobe-process\.json|adobe-org\.json|adobe-org\.\d+\.log)$/;

test('the folder holds no token, no password and no secret of Adobe but in the files made for it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'bridge-canary-'));
  const parsed = parseStart(['--data', dir]);
  if (parsed.kind !== 'start') throw new Error(parsed.kind);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const running = await startBridge(parsed.options);
  onTestFinished(() => running.stop());
  if (!('adobe' in running.endpoint)) throw new Error('not a simulated one');
  const { scimUrl, token, adobe, operator } = running.endpoint;
  guardToken('the token', token);
  guardToken('the key of the operator', operator.key);
  guard('the secret of Adobe', adobe.clientSecret);
  const said: string[] = [];
  const output = { out: (line: string) => void said.push(line), err: (line: string) => void said.push(line) };
  await runCli(['token', 'create', 'Ping', '--oauth', '--json', '--data', dir], output);
  const client: { id: string; secret: string } = JSON.parse(said.join('\n'));
  guardToken('the client secret', client.secret);

  const form = `grant_type=client_credentials&client_id=${client.id}&client_secret=${client.secret}`;
  const granted = await fetch(scimUrl.replace('/scim/v2', '/oauth/token'), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form,
  });
  const { access_token: accessToken } = (await granted.json()) as { access_token: string };
  guardToken('an access token', accessToken);
  const password = 'canary: pass/word+ö 1';
  guard('a password', password);
  const ask = (method: string, path: string, bearer: string, body?: object) =>
    fetch(`${scimUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/scim+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const created = await ask('POST', '/Users', accessToken, {
    userName: 'ada@example.com',
    password,
    secret: password,
  });
  expect(created.status).toBe(201);
  for (const [bearer, path] of [
    [`${token}x`, '/Users'],
    [client.secret, '/Users'],
    [token, `/Users/${encodeURIComponent(password)}`],
    [token, `/Users?access_token=${accessToken}`],
  ] as const) {
    hear('answer', await (await ask('GET', path, bearer)).text());
  }
  await runCli(['token', 'list', '--data', dir], {
    out: (line) => hear('command line', line),
    err: (line) => hear('command line', line),
  });
  // The first look at Adobe takes a token of its own.
  await ask('POST', '/Groups', token, {
    displayName: 'Marketing',
    members: [{ value: ((await created.json()) as { id: string }).id }],
  });
  await expect
    .poll(() => readFileSync(join(dir, 'bridge.log'), 'utf8'), { timeout: 40_000 })
    .toContain('provision done');
  await running.stop();

  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(dir, name)).isFile(),
  );
  expect(files).toContain('bridge.log');
  for (const name of files) {
    if (KEEPERS.test(name)) expect([name, statSync(join(dir, name)).mode & 0o077]).toEqual([name, 0]);
    else hear(`file ${name}`, readFileSync(join(dir, name), 'latin1'));
  }
  expect([takeLeaks(), files]).toEqual([[], files]);
});
