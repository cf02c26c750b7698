import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Commands, defineCommand, Refused } from '../../lambdas/admin/command.ts';
import { makeAdminHandler } from '../../lambdas/admin.ts';
import { createLog } from '../../lambdas/log.ts';
import { freePort } from '../../local/database.ts';
import { writeEndpoint } from '../../local/endpoint.ts';
import { serveOperator } from '../../local/operator-route.ts';
import { parseCommandLine } from '../../operator/arguments.ts';
import { runCli } from '../../operator/cli.ts';
import { readMapping } from '../../operator/yaml-file.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-cli-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function endpointIn(folder: string, operator: { url: string; key: string }): void {
  const adobe = { url: 'http://127.0.0.1:1', orgId: 'o', clientId: 'c', clientSecret: 's' };
  writeEndpoint(folder, { scimUrl: 'http://127.0.0.1:1/scim/v2', token: 't', adobe, operator });
}

/** A folder with a running operator route of these commands. */
async function bridge(commands: Commands, key = 'right'): Promise<string> {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', now: () => 0, write: (line) => lines.push(line) });
  const route = await serveOperator({ handler: makeAdminHandler({ commands, log }), key: 'right' });
  undo.push(() => route.close());
  const folder = newFolder();
  endpointIn(folder, { url: route.url, key });
  return folder;
}

async function cli(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(argv, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('the command line', () => {
  const lines: readonly { line: string; call: unknown }[] = [
    { line: 'status', call: { command: 'status', args: {} } },
    { line: 'doctor', call: { command: 'doctor', args: {} } },
    {
      line: 'status jane@example.com',
      call: { command: 'status.person', args: { email: 'jane@example.com' } },
    },
    { line: 'who Chat agents EU', call: { command: 'who', args: { entitlement: 'Chat agents EU' } } },
    { line: 'explain jane@example.com', call: { command: 'explain', args: { email: 'jane@example.com' } } },
    {
      line: 'plan --mode additive --group Agents',
      call: { command: 'plan', args: { mode: 'additive', group: 'Agents' } },
    },
    { line: 'retry --all', call: { command: 'retry', args: { all: true } } },
    { line: 'retry jane@example.com', call: { command: 'retry', args: { email: 'jane@example.com' } } },
    {
      line: 'mapping relink Chat agents --to Agents --yes',
      call: { command: 'mapping.relink', args: { rule: 'Chat agents', to: 'Agents', yes: true } },
    },
    { line: 'settings show', call: { command: 'settings.show', args: {} } },
    {
      line: 'settings apply s.yaml',
      call: { command: 'settings.apply', file: { path: 's.yaml', as: 'settings' }, args: { yes: false } },
    },
    { line: 'journal show', call: { command: 'journal.show', args: {} } },
    {
      line: 'journal export --days 30 --person jane@example.com --format csv',
      call: { command: 'journal.export', args: { days: 30, person: 'jane@example.com', format: 'csv' } },
    },
    { line: 'journal verify --days 1', call: { command: 'journal.verify', args: { days: 1 } } },
    {
      line: 'erase jane@example.com',
      call: { command: 'erase', args: { email: 'jane@example.com', yes: false } },
    },
    { line: 'drift', call: { command: 'drift', args: {} } },
    {
      line: 'drift jane@example.com',
      call: { command: 'drift.person', args: { email: 'jane@example.com' } },
    },
    { line: 'reconcile', call: { command: 'reconcile', args: {} } },
    { line: 'token create', call: { command: 'token.create', args: { label: 'made with the CLI' } } },
    { line: 'token create Okta prod', call: { command: 'token.create', args: { label: 'Okta prod' } } },
    {
      line: 'token create --label=Okta --scopes read --expires-in-days 90',
      call: { command: 'token.create', args: { label: 'Okta', scopes: ['read'], expiresInDays: 90 } },
    },
    {
      line: 'token create Ping --oauth --networks 192.0.2.0/24,2001:db8::/32',
      call: {
        command: 'token.create',
        args: { label: 'Ping', oauth: true, networks: ['192.0.2.0/24', '2001:db8::/32'] },
      },
    },
    { line: 'token list', call: { command: 'token.list', args: {} } },
    { line: 'token revoke abc', call: { command: 'token.revoke', args: { id: 'abc' } } },
    { line: 'mapping show', call: { command: 'mapping.show', args: {} } },
    {
      line: 'mapping apply m.yaml',
      call: { command: 'mapping.apply', file: { path: 'm.yaml', as: 'rules' }, args: { yes: false } },
    },
    {
      line: 'mapping apply m.yaml --yes --leave',
      call: {
        command: 'mapping.apply',
        file: { path: 'm.yaml', as: 'rules' },
        args: { yes: true, take: 'leave' },
      },
    },
    {
      line: 'mapping apply --revoke m.yaml',
      call: {
        command: 'mapping.apply',
        file: { path: 'm.yaml', as: 'rules' },
        args: { yes: false, take: 'revoke' },
      },
    },
  ];
  for (const { line, call } of lines) {
    test(`${line}`, () => {
      expect(parseCommandLine(line.split(' '))).toEqual({ kind: 'call', call, json: false, data: '.bridge' });
    });
  }

  test('--data and --json belong to every command', () => {
    expect(parseCommandLine(['status', '--json', '--data', 'x'])).toMatchObject({ json: true, data: 'x' });
  });

  for (const line of ['', 'help', '--help', 'token create --help']) {
    test(`"${line}" shows the help and ends with 0`, async () => {
      const { code, out } = await cli(...line.split(' ').filter(Boolean));
      expect([code, out]).toEqual([0, expect.stringContaining('mapping apply FILE')]);
    });
  }

  const wrong: readonly { line: string; says: RegExp }[] = [
    { line: 'frobnicate', says: /there is no command frobnicate.*help/ },
    { line: 'token', says: /say token create, or token list, or token revoke/ },
    { line: 'token revoke', says: /token revoke ID/ },
    { line: 'token list now', says: /takes nothing more/ },
    { line: 'token create --scopes admin', says: /read, write/ },
    { line: 'token create --expires-in-days soon', says: /whole number/ },
    { line: 'token create --expires-in-days 0', says: /whole number/ },
    { line: 'mapping apply', says: /one YAML file/ },
    { line: 'mapping apply a b', says: /one YAML file/ },
    { line: 'mapping apply a --revoke --leave', says: /not both/ },
    { line: 'retry', says: /retry EMAIL, or retry --all/ },
    { line: 'retry jane@example.com --all', says: /retry EMAIL, or retry --all/ },
    { line: 'plan --mode report-only', says: /additive or full/ },
    { line: 'explain jane', says: /one e-mail address/ },
    { line: 'mapping relink', says: /mapping relink "GROUP"/ },
    { line: 'settings apply', says: /one YAML file/ },
    { line: 'journal show --days never', says: /--days is a number/ },
    { line: 'journal export --format xml', says: /jsonl or csv/ },
    { line: 'journal', says: /say journal show, or journal verify, or journal export/ },
    { line: 'erase jane', says: /one e-mail address/ },
    { line: 'status jane', says: /e-mail/ },
    { line: 'status --yes', says: /--yes is not an option of status/ },
    { line: 'status --frob', says: /--frob/ },
    { line: 'who', says: /who ENTITLEMENT/ },
  ];
  for (const { line, says } of wrong) {
    test(`"${line}" is a usage error, says why and ends with 2`, async () => {
      const { code, out, err } = await cli(...line.split(' '));
      expect([code, out, err]).toEqual([2, '', expect.stringMatching(says)]);
    });
  }
});

describe('a mapping file', () => {
  test('is sent as its rules', () => {
    const text = 'rules:\n  - group: Chat agents\n    grants: [ { userGroup: Chat } ] # why\n';
    expect(readMapping(text)).toEqual({
      ok: true,
      content: [{ group: 'Chat agents', grants: [{ userGroup: 'Chat' }] }],
    });
  });

  const wrong: readonly { label: string; text: string; says: RegExp }[] = [
    { label: 'empty', text: '', says: /begins with "rules:"/ },
    { label: 'a list', text: '- group: a\n', says: /begins with "rules:"/ },
    { label: 'a key besides rules', text: 'rules: []\nmode: full\n', says: /take out "mode:"/ },
    { label: 'a key written twice', text: 'rules: []\nrules: []\n', says: /unique.*line 2/s },
    { label: 'not YAML', text: 'rules: [\n', says: /not valid YAML.*line/s },
  ];
  for (const { label, text, says } of wrong) {
    test(`${label} is refused with the place`, () => {
      expect(readMapping(text)).toEqual({ ok: false, message: expect.stringMatching(says) });
    });
  }

  test('a file that is not there is named', async () => {
    const { code, err } = await cli('mapping', 'apply', '/nowhere/m.yaml');
    expect([code, err]).toEqual([1, expect.stringContaining('/nowhere/m.yaml')]);
  });
});

describe('a command', () => {
  const echo = defineCommand({
    schema: z.strictObject({ entitlement: z.string() }),
    run: async ({ entitlement }) => ({ text: [`asked for ${entitlement}`, 'nobody'], data: { entitlement } }),
  });

  test('prints lines for people', async () => {
    const data = await bridge({ who: echo });
    expect(await cli('who', 'Chat', 'EU', '--data', data)).toEqual({
      code: 0,
      out: 'asked for Chat EU\nnobody',
      err: '',
    });
  });

  test('prints data for machines with --json', async () => {
    const data = await bridge({ who: echo });
    const { code, out } = await cli('who', 'Chat', '--json', '--data', data);
    expect([code, JSON.parse(out)]).toEqual([0, { entitlement: 'Chat' }]);
  });

  test('that did its work and found something wrong prints it and ends with 1', async () => {
    const ill = defineCommand({
      schema: z.unknown(),
      run: async () => ({ text: ['fail token'], data: { fails: 1 }, failed: true }),
    });
    const data = await bridge({ doctor: ill });
    expect(await cli('doctor', '--data', data)).toEqual({ code: 1, out: 'fail token', err: '' });
    const { code, out } = await cli('doctor', '--json', '--data', data);
    expect([code, JSON.parse(out)]).toEqual([1, { fails: 1 }]);
  });

  test('carries the rules of the file', async () => {
    const seen: unknown[] = [];
    const apply = defineCommand({
      schema: z.unknown(),
      run: async (args) => {
        seen.push(args);
        return { text: [], data: null };
      },
    });
    const data = await bridge({ 'mapping.apply': apply });
    const file = join(data, 'mapping.yaml');
    writeFileSync(file, 'rules:\n  - everyone: true\n');
    expect((await cli('mapping', 'apply', file, '--yes', '--data', data)).code).toBe(0);
    expect(seen).toEqual([{ yes: true, rules: [{ everyone: true }] }]);
  });

  test('that is refused says why and ends with 1, also as JSON', async () => {
    const refuse = defineCommand({
      schema: z.unknown(),
      run: () => Promise.reject(new Refused('the name Chat occurs twice at Adobe: rename one of them')),
    });
    const data = await bridge({ who: refuse });
    const message = 'the name Chat occurs twice at Adobe: rename one of them';
    expect(await cli('who', 'Chat', '--data', data)).toEqual({ code: 1, out: '', err: message });
    const json = await cli('who', 'Chat', '--json', '--data', data);
    expect([json.code, JSON.parse(json.out)]).toEqual([1, { error: message }]);
  });

  test('that breaks shows a request id and not the cause (T07)', async () => {
    const broken = defineCommand({
      schema: z.unknown(),
      run: () => Promise.reject(new Error('table bridge-42 is gone')),
    });
    const data = await bridge({ who: broken });
    const { code, err } = await cli('who', 'Chat', '--data', data);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^who failed inside the bridge.*request id [0-9a-f-]{36}$/),
    ]);
  });

  test('with arguments that do not fit is refused by the field', async () => {
    const number = defineCommand({
      schema: z.object({ entitlement: z.number() }),
      run: async () => ({ text: [], data: 0 }),
    });
    const data = await bridge({ who: number });
    expect(await cli('who', 'Chat', '--data', data)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^who: entitlement: /),
    });
  });

  test('that this bridge does not know is refused', async () => {
    const data = await bridge({});
    expect(await cli('status', '--data', data)).toMatchObject({
      code: 1,
      err: 'there is no command status; try help',
    });
  });

  test('with the wrong key is refused', async () => {
    const data = await bridge({ who: echo }, 'wrong');
    expect(await cli('who', 'Chat', '--data', data)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^the key is wrong/),
    });
  });
});

describe('a bridge that is not there', () => {
  test('never started: the message says how to start it', async () => {
    const { code, err } = await cli('status', '--data', join(newFolder(), 'none'));
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/no bridge was started on .*none: start one with npm start/),
    ]);
  });

  test('stopped: the message says how to start it', async () => {
    const folder = newFolder();
    endpointIn(folder, { url: `http://127.0.0.1:${await freePort()}/`, key: 'k' });
    const { code, err } = await cli('status', '--data', folder);
    expect([code, err]).toEqual([1, expect.stringMatching(/not running .*start it with npm start/)]);
  });

  test('of another version: the message says so', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'endpoint.json'), '{"scimUrl":"http://x"}');
    expect(await cli('status', '--data', folder)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/of this version/),
    });
  });
});
