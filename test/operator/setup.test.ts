/**
 * `setup` from the command line: against a bridge in AWS (the real SDK clients, a server that speaks AWS, the real admin
 * handler behind it) and against a local one. Whoever sits at the terminal is a script of answers.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseCredential } from '../../lambdas/runtime.ts';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedSmallOrg } from '../../local/adobe-org/seed.ts';
import { runCli } from '../../operator/cli.ts';
import { proposalsFor, type SeenDomain, settingsOf } from '../../operator/setup-domains.ts';
import { writeStack } from '../../operator/stacks.ts';
import { Interrupted, openTerminal, type Terminal } from '../../operator/terminal.ts';
import { type Desk, freshDesk } from '../admin/desk.ts';
import { openTestBridge, type TestBridge } from '../build.ts';
import { guard, guardToken, hear } from '../leaks.ts';
import { testClock } from '../open.ts';
import { type AwsServer, openAwsServer } from './aws-server.ts';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:1:secret:Credential';

let aws: AwsServer;
let bridge: TestBridge;
let desk: Desk;
let home: string;
/** As Adobe's Developer Console shows it. */
let credential: { orgId: string; clientId: string; clientSecret: string };

beforeEach(async () => {
  aws = await openAwsServer();
  home = mkdtempSync(join(tmpdir(), 'bridge-setup-'));
  const clock = testClock();
  bridge = await openTestBridge({
    clock,
    state: seedSmallOrg({ random: seededRandom(3), at: clock.now() }),
  });
  const { orgId, credentials } = bridge.org.state().meta;
  const [first] = credentials;
  credential = { orgId, clientId: first?.clientId ?? '', clientSecret: first?.clientSecrets[0] ?? '' };
  desk = freshDesk(bridge, keeper);
  aws.answer = async ({ event }) => ({
    body: await desk.ask(String(event['command']), event['args'], String(event['operator'])),
  });
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_LAMBDA: aws.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'not-a-real-key-of-anybody',
    BRIDGE_HOME: home,
    HOME: home,
  }))
    vi.stubEnv(name, value);
  const scimUrl = 'https://scim.example.test/scim/v2';
  writeStack(process.env, { stack: 'Bridge', region: 'eu-central-1', adminFunction: 'Admin', scimUrl });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws.close();
  await bridge.close();
  rmSync(home, { recursive: true, force: true });
});

/** As a function in AWS: it reads the secret. */
const keeper = {
  secret: SECRET,
  renew: async () => {
    const stored = parseCredential(aws.secrets.get(SECRET) ?? '');
    return stored && { orgId: stored.orgId, clientId: stored.clientId };
  },
};

/** Somebody who types these lines; a missing one is Ctrl-C. */
function typist(...lines: string[]): Terminal & { readonly asked: string[] } {
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    const line = lines.shift();
    if (line === undefined) throw new Interrupted();
    return line;
  };
  return { asked, isInteractive: true, ask, askSecret: ask, readAll: async () => '' };
}

function pipe(text = ''): Terminal {
  const ask = async () => {
    throw new Error('nobody is there to be asked');
  };
  return { isInteractive: false, ask, askSecret: ask, readAll: async () => text };
}

async function setup(terminal: Terminal, ...argv: string[]) {
  const lines: string[] = [];
  const say = (line: string) => {
    lines.push(line);
    // The token is shown on purpose; whatever else is said must hold no secret.
    hear('setup', line.replace(/^( {2}Token {6}).*/, '$1'));
  };
  const code = await runCli(
    ['setup', ...argv],
    { out: say, err: say },
    { environment: process.env, terminal },
  );
  return { code, text: lines.join('\n') };
}
const inAws = (terminal: Terminal, ...argv: string[]) => setup(terminal, '--stack', 'Bridge', ...argv);

const connection = () => bridge.directory.getConnection(desk.bridge.connection);
const tokens = () => bridge.directory.listTokens(desk.bridge.connection);
const json = () => JSON.stringify(credential);

function secretIn(text: string): string {
  const token = /Token {6}(\S+)$/m.exec(text)?.[1] ?? '';
  guardToken('the first token', token);
  return token;
}

describe('setup of a bridge in AWS', () => {
  test('asks for the credential without an echo, tests it there, proposes domains, ends in report-only mode', async () => {
    const { orgId, clientId, clientSecret } = credential;
    const who = typist(orgId, clientId, clientSecret, 'yes', '', 'userName', 'no');
    const { code, text } = await inAws(who);
    expect([code, JSON.parse(aws.secrets.get(SECRET) ?? '{}')]).toEqual([0, credential]);
    expect(who.asked[2]).toContain('not shown');
    expect(text).toMatch(/Adobe accepts the credential/);
    expect(text).toMatch(/example\.com: 5 federatedID, 1 adobeID at Adobe, mostly DE/);
    expect(text).toMatch(/! Look in the Admin Console.*example\.com under Microsoft Entra or Google sync/);
    expect(text).toMatch(/SCIM URL {3}https:\/\/scim\.example\.test\/scim\/v2/);
    expect(text).toMatch(/report-only: nothing is sent/);
    const { settings } = await connection();
    expect([settings.mode, settings.domains]).toEqual([
      'report-only',
      { 'example.com': { type: 'federatedID', country: 'DE', username: 'userName' } },
    ]);
    const admitted = await bridge.directory.admit({ bearer: secretIn(text) });
    expect(admitted).toMatchObject({ ok: true, grant: { connection: desk.bridge.connection } });
    for (const { event } of aws.invocations) expect(JSON.stringify(event)).not.toContain(clientSecret);
  });

  test('does not store the credential of another Adobe org, and says what to do', async () => {
    await inAws(pipe(json()), '--credential', '-', '--yes', '--username', 'email');
    const other = JSON.stringify({ ...credential, orgId: 'B@AdobeOrg' });
    const { code, text } = await inAws(pipe(other), '--credential', '-');
    expect([code, JSON.parse(aws.secrets.get(SECRET) ?? '{}')]).toEqual([1, credential]);
    expect(text).toMatch(/Nothing was stored\. Take a credential of \S+@AdobeOrg, or deploy a second stack/);
  });

  test('without a terminal takes it all from options and the standard input, also as Adobe downloads it', async () => {
    const { orgId, clientId, clientSecret } = credential;
    const downloaded = JSON.stringify({ ORG_ID: orgId, CLIENT_ID: clientId, CLIENT_SECRETS: [clientSecret] });
    const { code, text } = await inAws(pipe(downloaded), '--credential', '-', '--yes', '--username', 'email');
    expect([code, (await connection()).settings.domains]).toEqual([
      0,
      { 'example.com': { type: 'federatedID', country: 'DE', username: 'email' } },
    ]);
    expect(text).toMatch(/example\.net.*\n {2}Not allowed yet: say its identity type with --type/);
    secretIn(text);
  });

  test('without a yes proposes and allows nobody; without --username it leaves that open and says so', async () => {
    const first = await inAws(pipe(json()), '--credential', '-');
    expect([first.code, (await connection()).settings.domains]).toEqual([0, {}]);
    expect(first.text).toMatch(/Not allowed yet: add --yes/);
    secretIn(first.text);
    const second = await inAws(pipe(), '--yes');
    expect(second.text).toMatch(/--username email, or --username userName. Until then nothing is sent/);
    expect((await connection()).settings.domains).toEqual({
      'example.com': { type: 'federatedID', country: 'DE' },
    });
  });

  test('again changes nothing: the credential stays, the token stays, the domains and the mode stay', async () => {
    secretIn((await inAws(pipe(json()), '--credential', '-', '--yes', '--username', 'email')).text);
    await desk.run('mode', { mode: 'full', yes: true });
    const before = [await connection(), await tokens(), aws.secrets.get(SECRET)];
    const { code, text } = await inAws(typist('', ''));
    expect(code).toBe(0);
    expect([await connection(), await tokens(), aws.secrets.get(SECRET)]).toEqual(before);
    expect(text).toMatch(/Token {6}"first token", never used yet.*--new-token/);
    expect(text).toMatch(/The mode is full\./);
  });

  test('interrupted at any question goes on where it was', async () => {
    const { orgId, clientId, clientSecret } = credential;
    const answers = [orgId, clientId, clientSecret, 'yes', '', 'email', ''];
    for (let typed = 0; typed < 3; typed++) {
      const { code, text } = await inAws(typist(...answers.slice(0, typed)));
      expect([code, text]).toEqual([1, expect.stringContaining('run setup again')]);
      expect(aws.secrets.size).toBe(0);
    }
    // From here on the credential is stored, and the first question is whether to keep it.
    for (let typed = 3; typed < answers.length; typed++) {
      const kept = typed === 3 ? answers.slice(0, 3) : ['', ...answers.slice(3, typed)];
      expect((await inAws(typist(...kept))).code).toBe(1);
      expect(await tokens()).toEqual([]);
    }
    const last = await inAws(typist('', ...answers.slice(3)));
    expect([last.code, (await tokens()).length]).toEqual([0, 1]);
    secretIn(last.text);
  });

  test('--new-token makes another one', async () => {
    secretIn((await inAws(pipe(json()), '--credential', '-')).text);
    secretIn((await inAws(pipe(), '--new-token', '--label', 'Okta')).text);
    expect((await tokens()).map(({ label }) => label).sort()).toEqual(['Okta', 'first token']);
  });

  test('a credential that Adobe refuses is told with what to do, and nothing is set up', async () => {
    const wrong = { ...credential, clientSecret: `wrong-${randomBytes(8).toString('hex')}` };
    guard('a wrong secret', wrong.clientSecret);
    // What Adobe makes of it, as the functions in AWS would hear.
    desk = freshDesk({ ...bridge, adobe: { ...bridge.adobe, readUser: async () => refused } }, keeper);
    const { code, text } = await inAws(pipe(JSON.stringify(wrong)), '--credential', '-');
    expect([code, text]).toEqual([1, expect.stringMatching(/refuses the credential.*\n.*Developer Console/)]);
    expect(await bridge.directory.getOrg(desk.bridge.orgKey)).toBeUndefined();
  });

  test('without the right to store the secret names the right', async () => {
    aws.refuseSecrets = { status: 400, error: 'AccessDeniedException' };
    const { code, text } = await inAws(pipe(json()), '--credential', '-');
    expect([code, text]).toEqual([
      1,
      expect.stringContaining(`secretsmanager:PutSecretValue on the secret ${SECRET}`),
    ]);
  });

  const bad: readonly { label: string; input: string; says: RegExp }[] = [
    { label: 'not JSON', input: 'hello', says: /no Adobe credential/ },
    { label: 'half', input: '{"orgId":"A@AdobeOrg"}', says: /no Adobe credential/ },
    {
      label: 'an org id of another kind',
      input: '{"orgId":"A","clientId":"b","clientSecret":"c"}',
      says: /must end with @AdobeOrg/,
    },
  ];
  for (const { label, input, says } of bad)
    test(`a credential that is ${label} is not stored`, async () => {
      expect(await inAws(pipe(input), '--credential', '-')).toEqual({
        code: 1,
        text: expect.stringMatching(says),
      });
      expect(aws.secrets.size).toBe(0);
    });

  test('a file that is not there, and nobody to ask, are said', async () => {
    expect((await inAws(pipe(), '--credential', join(home, 'none.json'))).text).toMatch(
      /cannot read .*none\.json/,
    );
    expect((await inAws(pipe())).text).toMatch(/add --credential FILE/);
    writeFileSync(join(home, 'c.json'), json());
    expect((await inAws(pipe(), '--credential', join(home, 'c.json'))).code).toBe(0);
  });
});

const refused = {
  kind: 'failed',
  reason: 'auth',
  error: {
    code: 'invalid_client',
    message: 'invalid client',
    class: 'auth',
    scope: 'org',
    hint: 'Take both from the Developer Console and store them again.',
  },
} as const;

describe('the terminal', () => {
  function screen() {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const output = Object.assign(new PassThrough(), { isTTY: true });
    let shown = '';
    output.on('data', (chunk) => {
      shown += chunk;
    });
    // Streams with what of a terminal is used here.
    const terminal = openTerminal({ input, output } as unknown as Parameters<typeof openTerminal>[0]);
    return { input, terminal, shown: () => shown };
  }

  test('shows what is typed, but not a secret', async () => {
    const { input, terminal, shown } = screen();
    const name = terminal.ask('Client ID: ');
    input.write('somebody\r');
    expect(await name).toBe('somebody');
    const secret = terminal.askSecret('Client secret: ');
    input.write('s3cret-typed\r');
    expect(await secret).toBe('s3cret-typed');
    expect(shown()).toContain('somebody');
    expect(shown()).not.toMatch(/s3cret|typed/);
  });

  test('asks only once the keyboard shows nothing by itself', async () => {
    const { input, terminal, shown } = screen();
    let before: string | undefined;
    Object.assign(input, {
      setRawMode: (raw: boolean) => {
        if (raw) before ??= shown();
      },
    });
    const secret = terminal.askSecret('Client secret: ');
    input.write('x\r');
    await secret;
    expect(before).toBe('');
  });

  test('the end of the input is an interruption', async () => {
    const { input, terminal } = screen();
    const name = terminal.ask('Client ID: ');
    input.end();
    await expect(name).rejects.toThrow(Interrupted);
  });
});

describe('a proposal', () => {
  const seen = (part: Partial<SeenDomain>): SeenDomain => ({
    domain: 'a.example',
    people: 3,
    types: { federatedID: 3 },
    differ: 0,
    sent: { people: 0, differ: 0 },
    ...part,
  });
  const rows: readonly { label: string; part: Partial<SeenDomain>; type?: string; asks: boolean }[] = [
    { label: 'federated people', part: {}, type: 'federatedID', asks: false },
    { label: 'a username that differs at Adobe', part: { differ: 1 }, type: 'federatedID', asks: true },
    {
      label: 'a userName sent that differs',
      part: { sent: { people: 2, differ: 1 } },
      type: 'federatedID',
      asks: true,
    },
    {
      label: 'enterprise people',
      part: { types: { enterpriseID: 2, adobeID: 9 } },
      type: 'enterpriseID',
      asks: false,
    },
    {
      label: 'Adobe IDs only: guests or partners, so somebody decides',
      part: { types: { adobeID: 9 } },
      asks: false,
    },
    { label: 'nobody at Adobe', part: { types: {}, people: 0 }, asks: false },
  ];
  for (const { label, part, type, asks } of rows)
    test(label, () => {
      expect(proposalsFor([seen(part)], {})).toMatchObject([{ type, asksUsername: asks }]);
      expect(proposalsFor([seen(part)], { 'a.example': {} })).toEqual([]);
    });

  test('the username is the e-mail only where that is so for everybody', () => {
    const [same] = proposalsFor([seen({})], {});
    const [different] = proposalsFor([seen({ differ: 1 })], {});
    if (same === undefined || different === undefined) throw new Error('no proposal');
    expect(settingsOf(same, { type: 'federatedID' })).toEqual({ type: 'federatedID', username: 'email' });
    expect(settingsOf(different, { type: 'federatedID' })).toEqual({ type: 'federatedID' });
  });
});
