/** Commands to a bridge in AWS: the real SDK client against a server that speaks Lambda's Invoke call. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { runCli } from '../../operator/cli.ts';
import { connectAws } from '../../operator/connect-aws.ts';
import { writeStack } from '../../operator/stacks.ts';
import { type AwsServer, openAwsServer, type Reply } from './aws-server.ts';

let aws: AwsServer;
let home: string;

beforeEach(async () => {
  aws = await openAwsServer();
  home = mkdtempSync(join(tmpdir(), 'bridge-aws-'));
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_LAMBDA: aws.url,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'not-a-real-key-of-anybody',
    AWS_REGION: '',
    BRIDGE_HOME: home,
    HOME: home,
  }))
    vi.stubEnv(name, value);
  writeStack(process.env, {
    stack: 'Bridge',
    region: 'eu-central-1',
    adminFunction: 'Bridge-Admin-1',
    scimUrl: 'https://x/scim/v2',
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws.close();
  rmSync(home, { recursive: true, force: true });
});

async function cli(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(argv, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const fine = { ok: true, result: { text: ['Mode full.'], data: { mode: 'full' } } };

describe('a command with --stack', () => {
  test('invokes the admin function that the deployment noted, signed, and prints its answer', async () => {
    aws.answer = () => ({ body: fine });
    expect(await cli('mode', '--stack', 'Bridge')).toEqual({ code: 0, out: 'Mode full.', err: '' });
    const [invocation] = aws.invocations;
    expect(invocation?.function).toBe('Bridge-Admin-1');
    expect(invocation?.event).toEqual({
      command: 'mode',
      args: {},
      operator: expect.stringMatching(/ AKIAEXAMPLE$/),
    });
    expect(invocation?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/eu-central-1\/lambda\//);
  });

  test('finds the stack by BRIDGE_STACK; --data means the local bridge all the same', async () => {
    aws.answer = () => ({ body: fine });
    vi.stubEnv('BRIDGE_STACK', 'Bridge');
    expect((await cli('mode')).code).toBe(0);
    expect((await cli('mode', '--data', home)).err).toMatch(/no bridge was started/);
    expect(aws.invocations).toHaveLength(1);
  });

  test('doctor brings the time of this machine along', async () => {
    aws.answer = () => ({ body: fine });
    const before = Date.now();
    await cli('doctor', '--stack', 'Bridge');
    const args = z.object({ clock: z.number().min(before).max(Date.now()) });
    expect(args.safeParse(aws.invocations[0]?.event['args']).success).toBe(true);
  });

  test('a refusal of the bridge is shown as it is and ends with 1', async () => {
    aws.answer = () => ({ body: { ok: false, error: { message: 'There is no token of this id.' } } });
    expect(await cli('token', 'revoke', 'x', '--stack', 'Bridge')).toEqual({
      code: 1,
      out: '',
      err: 'There is no token of this id.',
    });
  });
});

describe('a command with --function', () => {
  test('needs a region, from the line or from the environment', async () => {
    aws.answer = () => ({ body: fine });
    expect((await cli('mode', '--function', 'F')).err).toMatch(/--region/);
    expect((await cli('mode', '--function', 'F', '--region', 'us-east-1')).code).toBe(0);
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    expect((await cli('mode', '--function', 'F')).code).toBe(0);
    const regions = aws.invocations.map(
      ({ headers }) => /\/([a-z0-9-]+)\/lambda\//.exec(headers.authorization ?? '')?.[1],
    );
    expect(regions).toEqual(['us-east-1', 'eu-west-1']);
  });
});

const lost: Reply = { body: 'anything' };
const rows: readonly { label: string; reply: Reply; says: RegExp }[] = [
  {
    label: 'no such function',
    reply: { status: 404, error: 'ResourceNotFoundException' },
    says: /There is no .*Bridge-Admin-1 in eu-central-1.*npm run deploy/,
  },
  {
    label: 'denied',
    reply: { status: 403, error: 'AccessDeniedException' },
    says: /lambda:InvokeFunction on the function Bridge-Admin-1/,
  },
  {
    label: 'expired',
    reply: { status: 403, error: 'ExpiredTokenException' },
    says: /expired.*aws sso login/,
  },
  {
    label: 'unknown key',
    reply: { status: 403, error: 'UnrecognizedClientException' },
    says: /does not accept the credentials/,
  },
  { label: 'a wrong clock', reply: { status: 403, error: 'InvalidSignatureException' }, says: /clock/ },
  {
    label: 'throttled',
    reply: { status: 429, error: 'TooManyRequestsException' },
    says: /throttling.*in a minute/,
  },
  {
    label: 'another error',
    reply: { status: 500, error: 'ServiceException' },
    says: /ServiceException: as AWS says it/,
  },
  {
    label: 'the function ran out of time',
    reply: {
      functionError: true,
      body: {
        errorType: 'Sandbox.Timedout',
        errorMessage: 'RequestId: 1 Error: Task timed out after 300.00 seconds',
      },
    },
    says: /ask for status before you repeat/,
  },
  {
    label: 'the function failed',
    reply: {
      functionError: true,
      body: { errorType: 'ConfigError', errorMessage: 'BRIDGE_TABLE is not set' },
    },
    says: /ConfigError.*BRIDGE_TABLE is not set/,
  },
  { label: 'another function answers', reply: lost, says: /not the admin function/ },
];

describe('what goes wrong in AWS is said with what to do', () => {
  for (const { label, reply, says } of rows) {
    test(`${label}, and the command is sent once only`, async () => {
      aws.answer = () => reply;
      const { code, err } = await cli('mode', '--stack', 'Bridge');
      expect([code, err]).toEqual([1, expect.stringMatching(says)]);
      expect(aws.invocations).toHaveLength(1);
    });
  }

  test('no answer in time', async () => {
    aws.answer = () => new Promise<undefined>(() => undefined);
    const connected = connectAws({ stack: 'Bridge' }, process.env, { answerMs: 300 });
    if (!connected.ok) throw new Error(connected.message);
    expect(await connected.call({ command: 'mode', args: {} })).toEqual({
      ok: false,
      error: { message: expect.stringMatching(/No answer.*ask for status before you repeat/) },
    });
    expect(aws.invocations).toHaveLength(1);
  });

  test('no credentials on this machine', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, '');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, 'none'));
    vi.stubEnv('AWS_CONFIG_FILE', join(home, 'none'));
    expect((await cli('mode', '--stack', 'Bridge')).err).toMatch(
      /no AWS credentials on this machine.*sso login/,
    );
  });

  test('no way to AWS', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', 'http://127.0.0.1:9');
    expect((await cli('mode', '--stack', 'Bridge')).err).toMatch(
      /cannot be reached in eu-central-1 \(ECONNREFUSED\)/,
    );
  });

  test('a stack that this machine does not know names those it knows, and the other way', async () => {
    expect((await cli('mode', '--stack', 'Other')).err).toMatch(
      /does not know the stack Other.*Known here: Bridge.*npm run deploy.*--function NAME/,
    );
  });

  for (const [line, says] of [
    ['mode --region x', /--region goes with/],
    ['mode --data d --stack s', /--data is the local bridge, --stack one in AWS/],
  ] as const)
    test(`"${line}" is a usage error`, async () => {
      const { code, err } = await cli(...line.split(' '));
      expect([code, err]).toEqual([2, expect.stringMatching(says)]);
    });
});
