/**
 * `npm run deploy`: looks whether everything is there, says in one sentence what is not, deploys with the CDK, keeps what
 * the other commands need of the outputs, and says the next command. Whatever it does not know goes on to `cdk deploy`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import {
  checkBootstrap,
  checkCredentials,
  checkNode,
  checkRegion,
  checkSettings,
  NotReady,
} from './deploy-checks.ts';
import { type RunCommand, runCommand, underProfile } from './run-command.ts';
import { type DeployedStack, type Environment, writeStack } from './stacks.ts';

export const deployHelp = `Usage: npm run deploy -- [--settings FILE] [options of cdk deploy]

Deploys the bridge to AWS: looks at Node, the settings file, AWS credentials and the CDK's bootstrap, deploys, and says
what comes next.

  --settings FILE    what is yours about the deployment (docs/settings.md), kept outside the clone; also -c settings=FILE
                     or BRIDGE_SETTINGS (default: the built-in settings)
  --check            looks only, and deploys nothing
  --help

Everything else goes to cdk deploy, such as --require-approval never. docs/deploy.md goes through a first deployment.`;

export interface DeployWorld {
  readonly run: RunCommand;
  readonly environment: Environment;
  /** Of Node, as `process.version` says it. */
  readonly nodeVersion: string;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** The exit code. */
export async function deploy(argv: readonly string[], world: DeployWorld): Promise<number> {
  const line = readLine(argv, world.environment);
  if (line.help) {
    world.out(deployHelp);
    return 0;
  }
  try {
    const run = underProfile(world.run, line.profile);
    const { stack, region } = await lookFirst(line.settings, { ...world, run });
    if (line.checkOnly) return 0;
    return await deployStack({ stack, region, line }, world);
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    world.err(error.message);
    return 1;
  }
}

interface Line {
  /** Absolute. */
  readonly settings: string | undefined;
  readonly checkOnly: boolean;
  readonly help: boolean;
  /** The CDK's own option, which the looks follow. */
  readonly profile: string | undefined;
  readonly forCdk: readonly string[];
}

/** `-c settings=FILE` stays what it is for the CDK, and is read here, too. */
function readLine(argv: readonly string[], environment: Environment): Line {
  const forCdk: string[] = [];
  let settings = environment['BRIDGE_SETTINGS'] || undefined;
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const own = /^--settings(?:=(.*))?$/.exec(word);
    const context = word === '-c' || word === '--context' ? /^settings=(.*)$/.exec(rest[0] ?? '') : null;
    if (own !== null) settings = own[1] ?? rest.shift();
    else if (context !== null) {
      settings = context[1];
      rest.shift();
    } else if (word !== '--check' && word !== '--help' && word !== '-h') forCdk.push(word);
  }
  // npm runs in the folder of the project, and a file is named from where somebody stands.
  const from = environment['INIT_CWD'] ?? '.';
  return {
    settings: settings === undefined ? undefined : resolve(from, settings),
    checkOnly: argv.includes('--check'),
    help: argv.includes('--help') || argv.includes('-h'),
    profile: profileIn(forCdk),
    forCdk,
  };
}

/** As the CDK reads it: the last one counts. */
function profileIn(words: readonly string[]): string | undefined {
  return words.reduce<string | undefined>(
    (found, word, at) =>
      word === '--profile' ? words[at + 1] : (/^--profile=(.*)$/.exec(word)?.[1] ?? found),
    undefined,
  );
}

async function lookFirst(
  file: string | undefined,
  { run, environment, nodeVersion, out }: DeployWorld,
): Promise<{ stack: string; region: string }> {
  checkNode(nodeVersion);
  out(`Node        ${nodeVersion}`);
  const settings = checkSettings(file);
  out(`Settings    ${file ?? 'none: the defaults (docs/settings.md says what they are)'}`);
  const { account, who } = await checkCredentials(run, settings.account);
  out(`AWS         ${account === undefined ? who : `account ${account}, as ${who}`}`);
  const region = await checkRegion(run, settings, environment);
  out(`Region      ${region}`);
  out(`Bootstrap   ${await checkBootstrap(run, account, region)}`);
  out(`Stack       ${settings.stack}`);
  return { stack: settings.stack, region };
}

async function deployStack(
  { stack, region, line }: { readonly stack: string; readonly region: string; readonly line: Line },
  { run, environment, out, err }: DeployWorld,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-deploy-'));
  try {
    const outputs = join(folder, 'outputs.json');
    const settings = line.settings === undefined ? [] : ['-c', `settings=${line.settings}`];
    const ran = await run.show('cdk', ['deploy', '--outputs-file', outputs, ...settings, ...line.forCdk]);
    if (ran.kind === 'absent') throw new NotReady('There is no cdk here: run npm ci, then npm run deploy.');
    if (ran.code !== 0) {
      err(
        'Not deployed; what the CDK says above is the reason. Nothing of an earlier deployment was lost. Repeat npm run deploy.',
      );
      return ran.code;
    }
    const deployed = deployedStack(readFileSync(outputs, 'utf8'), stack, region);
    const file = writeStack(environment, deployed);
    for (const text of nextSteps(deployed, file)) out(text);
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const Outputs = z.record(z.string(), z.record(z.string(), z.string()));

function deployedStack(text: string, stack: string, region: string): DeployedStack {
  const { AdminFunction: adminFunction, ScimBaseUrl: scimUrl } = Outputs.parse(JSON.parse(text))[stack] ?? {};
  if (adminFunction === undefined || scimUrl === undefined)
    throw new NotReady(
      `The stack ${stack} was deployed without the outputs AdminFunction and ScimBaseUrl: deploy this version again.`,
    );
  return { stack, region, adminFunction, scimUrl };
}

function nextSteps({ stack, scimUrl }: DeployedStack, file: string): string[] {
  return [
    '',
    `Deployed. The SCIM URL is ${scimUrl}; what the commands need stands in ${file}.`,
    '',
    'Next:',
    `  npm run bridge -- setup --stack ${stack}`,
    '      after a first deployment: the Adobe credential, e-mail domains, the first token',
    `  npm run bridge -- doctor --stack ${stack}`,
    '      after an upgrade: whether everything still works',
  ];
}

if (import.meta.main) {
  process.exitCode = await deploy(process.argv.slice(2), {
    run: runCommand,
    environment: process.env,
    nodeVersion: process.version,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
  });
}
