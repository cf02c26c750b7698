/** `npm run deploy` as a process, with programs on its PATH that stand for the AWS CLI and the CDK. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkNode } from '../../operator/deploy-checks.ts';
import { readStack } from '../../operator/stacks.ts';

const root = resolve(import.meta.dirname, '../..');
let home: string;
let bin: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'bridge-deploy-'));
  bin = join(home, 'bin');
  mkdirSync(bin);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A program that notes its arguments and then does what the shell lines say. */
function program(name: string, lines: string): void {
  const file = join(bin, name);
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> "${home}/calls"\n${lines}\n`);
  chmodSync(file, 0o755);
}

const me = '{"UserId":"u","Account":"123456789012","Arn":"arn:aws:iam::123456789012:user/ada"}';
const toolkit = (version: number) =>
  `{"Stacks":[{"Outputs":[{"OutputKey":"BootstrapVersion","OutputValue":"${version}"}]}]}`;

interface Aws {
  readonly identity?: string;
  readonly bootstrap?: string;
  readonly region?: string;
}

function aws({
  identity = `echo '${me}'`,
  bootstrap = `echo '${toolkit(25)}'`,
  region = 'exit 1',
}: Aws = {}): void {
  program(
    'aws',
    `case "$1 $2" in\n"sts get-caller-identity") ${identity};;\n"configure get") ${region};;\n*) ${bootstrap};;\nesac`,
  );
}

/** Writes the outputs as the CDK does; its own words go to the terminal. */
function cdk(
  then = 'exit 0',
  outputs = '{"MyBridge":{"ScimBaseUrl":"https://x/scim/v2","AdminFunction":"F-1"}}',
): void {
  program('cdk', `echo "the CDK at work"\nprintf '%s' '${outputs}' > "$3"\n${then}`);
}

function settings(text: string): string {
  writeFileSync(join(home, 'settings.yaml'), text);
  return 'settings.yaml';
}

async function deploy(...args: string[]) {
  const child = spawn(process.execPath, ['operator/deploy.ts', ...args], {
    cwd: root,
    env: { PATH: `${bin}:/bin:/usr/bin`, HOME: home, BRIDGE_HOME: join(home, 'kept'), INIT_CWD: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

const calls = () =>
  existsSync(join(home, 'calls')) ? readFileSync(join(home, 'calls'), 'utf8').trim().split('\n') : [];
const good = 'stack: MyBridge\nregion: eu-central-1\n';

describe('npm run deploy', () => {
  test('looks at everything, deploys, keeps what the commands need, and says the next one', async () => {
    aws();
    cdk();
    const { code, out, err } = await deploy('--settings', settings(good), '--require-approval', 'never');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/account 123456789012, as arn:aws:iam::123456789012:user\/ada/);
    expect(out).toMatch(/Bootstrap {3}version 25/);
    expect(out).toMatch(/the CDK at work(.|\n)*npm run bridge -- setup --stack MyBridge/);
    expect(calls().at(-1)).toMatch(
      new RegExp(
        `^cdk deploy --outputs-file \\S+ -c settings=${home}/settings.yaml --require-approval never$`,
      ),
    );
    expect(readStack({ BRIDGE_HOME: join(home, 'kept') }, 'MyBridge')).toEqual({
      stack: 'MyBridge',
      region: 'eu-central-1',
      adminFunction: 'F-1',
      scimUrl: 'https://x/scim/v2',
    });
  });

  test('takes the settings file as the CDK does, too, and hands it on once', async () => {
    aws();
    cdk();
    expect((await deploy('-c', `settings=${settings(good)}`, '-c', 'other=1')).code).toBe(0);
    expect(calls().at(-1)).toMatch(/ -c settings=\S+settings\.yaml -c other=1$/);
  });

  test('--check looks and deploys nothing', async () => {
    aws();
    cdk();
    expect((await deploy('--check', '--settings', settings(good))).code).toBe(0);
    expect(calls().filter((call) => call.startsWith('cdk'))).toEqual([]);
  });

  for (const words of [['--profile', 'work'], ['--profile=work']]) {
    test(`looks with the profile that it deploys with: ${words.join(' ')}`, async () => {
      aws({ region: 'echo us-west-2' });
      cdk();
      expect((await deploy('--settings', settings('stack: MyBridge\n'), ...words)).code).toBe(0);
      const looks = calls().filter((call) => call.startsWith('aws'));
      expect(looks).toHaveLength(3);
      for (const look of looks) expect(look).toMatch(/ --profile work$/);
      expect(
        calls()
          .at(-1)
          ?.endsWith(` ${words.join(' ')}`),
      ).toBe(true);
    });
  }

  test('a bootstrap stack that does not say its version is no bootstrap', async () => {
    aws({ bootstrap: `echo '{"Stacks":[{"Outputs":[]}]}'` });
    cdk();
    const { code, err } = await deploy('--settings', settings(good));
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/has version unknown and must have 6.*cdk bootstrap/),
    ]);
  });

  test('without an AWS CLI says what was not looked at, and leaves it to the CDK', async () => {
    cdk();
    const { code, out } = await deploy('--settings', settings(good));
    expect([code, out]).toEqual([0, expect.stringMatching(/AWS {9}not looked at: there is no AWS CLI/)]);
  });

  test('takes the region of the profile where the settings name none', async () => {
    aws({ region: 'echo us-west-2' });
    cdk();
    expect((await deploy('--settings', settings('stack: MyBridge\n'))).out).toMatch(/Region {6}us-west-2/);
    expect(calls()).toContain(
      'aws cloudformation describe-stacks --stack-name CDKToolkit --region us-west-2 --output json',
    );
  });

  const missing = `echo "An error occurred (ValidationError): Stack with id CDKToolkit does not exist" >&2; exit 254`;
  const stops: readonly { label: string; world: () => void; file: string; says: RegExp }[] = [
    {
      label: 'no credentials',
      world: () => aws({ identity: 'echo "Unable to locate credentials." >&2; exit 253' }),
      file: good,
      says: /does not know who you are.*aws sso login.*Unable to locate credentials/,
    },
    {
      label: 'another account than the settings say',
      world: () => aws(),
      file: `${good}account: '999999999999'\n`,
      says: /for the AWS account 999999999999, and these credentials are of 123456789012/,
    },
    {
      label: 'no region',
      world: () => aws(),
      file: 'stack: MyBridge\n',
      says: /region: eu-central-1.*settings file/,
    },
    {
      label: 'never bootstrapped',
      world: () => aws({ bootstrap: missing }),
      file: good,
      says: /never bootstrapped.*npx cdk bootstrap aws:\/\/123456789012\/eu-central-1/,
    },
    {
      label: 'an old bootstrap',
      world: () => aws({ bootstrap: `echo '${toolkit(4)}'` }),
      file: good,
      says: /version 4 and must have 6.*npx cdk bootstrap/,
    },
    {
      label: 'a misspelt key',
      world: () => aws(),
      file: 'netwroks: []\n',
      says: /netwroks: there is no such key/,
    },
  ];
  for (const { label, world, file, says } of stops)
    test(`stops before the CDK at ${label}, and says what to do`, async () => {
      world();
      cdk();
      const { code, err } = await deploy('--settings', settings(file));
      expect([code, err]).toEqual([1, expect.stringMatching(says)]);
      expect(calls().filter((call) => call.startsWith('cdk'))).toEqual([]);
    });

  test('a settings file that is not there is named', async () => {
    expect(await deploy('--settings', 'none.yaml')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/none\.yaml.*\n.*no such file/),
    });
  });

  test('a bootstrap that may not be looked at stops nobody', async () => {
    aws({ bootstrap: 'echo "AccessDenied: no" >&2; exit 254' });
    cdk();
    expect((await deploy('--settings', settings(good))).out).toMatch(
      /could not be looked at \(AccessDenied: no\)/,
    );
  });

  test('a deployment that fails ends as the CDK did and keeps nothing', async () => {
    aws();
    cdk('exit 3');
    const { code, err } = await deploy('--settings', settings(good));
    expect([code, err]).toEqual([3, expect.stringMatching(/Not deployed.*Repeat npm run deploy/)]);
    expect(readStack({ BRIDGE_HOME: join(home, 'kept') }, 'MyBridge')).toBeUndefined();
  });

  test('a cdk that is not installed is said', async () => {
    aws();
    expect((await deploy('--settings', settings(good))).err).toMatch(/npm ci/);
  });

  test('an old Node is told what to do', () => {
    expect(() => checkNode('v20.11.0')).toThrow(/Node 24 is needed.*npm ci/);
    expect(() => checkNode('v24.1.0')).not.toThrow();
  });
});
