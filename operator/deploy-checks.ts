/**
 * What has to be true before a deployment, looked at in the order in which a newcomer meets it: Node, the settings file,
 * AWS credentials, the region, the CDK's bootstrap. Each check gives what the next one needs, or the one sentence that
 * says what to do. Programs are run through a port.
 */
import * as z from 'zod';
import { readSettings, type Settings, SettingsError } from '../infra/settings.ts';
import { parseJson } from './answer.ts';
import type { RunCommand } from './run-command.ts';
import type { Environment } from './stacks.ts';

/** Why the deployment does not begin. */
export class NotReady extends Error {}

const NEEDS_NODE = 24;
/** What this version of the CDK asks for: below it, it refuses by itself. */
const NEEDS_BOOTSTRAP = 6;

export function checkNode(version: string): void {
  const major = Number(/^v(\d+)\./.exec(version)?.[1]);
  if (major < NEEDS_NODE)
    throw new NotReady(
      `This is Node ${version}, and Node ${NEEDS_NODE} is needed: run it as "npm run deploy" after "npm ci", which brings one along.`,
    );
}

/** @throws NotReady with every mistake of the file */
export function checkSettings(file: string | undefined): Settings {
  try {
    return readSettings(file);
  } catch (error) {
    if (error instanceof SettingsError) throw new NotReady(error.message);
    throw error;
  }
}

export interface Account {
  /** Undefined: this machine has no AWS CLI, and nobody looked. */
  readonly account: string | undefined;
  readonly who: string;
}

const Identity = z.object({ Account: z.string(), Arn: z.string() });

export async function checkCredentials(run: RunCommand, wanted: string | undefined): Promise<Account> {
  const ran = await run.collect('aws', ['sts', 'get-caller-identity', '--output', 'json']);
  if (ran.kind === 'absent')
    return { account: undefined, who: 'not looked at: there is no AWS CLI on this machine' };
  if (ran.code !== 0)
    throw new NotReady(
      `AWS does not know who you are. Sign in (aws sso login), or set AWS_PROFILE or the AWS_ACCESS_KEY_ID variables, then run npm run deploy again. AWS says: ${lastLine(ran.err)}`,
    );
  const identity = Identity.safeParse(parseJson(ran.out));
  if (!identity.success)
    throw new NotReady(`The aws program answered something else than an identity: ${lastLine(ran.out)}`);
  const { Account: account, Arn: who } = identity.data;
  if (wanted !== undefined && wanted !== account)
    throw new NotReady(
      `The settings file is for the AWS account ${wanted}, and these credentials are of ${account} (${who}). Sign in to the right account, or correct "account".`,
    );
  return { account, who };
}

export async function checkRegion(
  run: RunCommand,
  settings: Settings,
  environment: Environment,
): Promise<string> {
  const named = settings.region || environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'];
  if (named) return named;
  const ran = await run.collect('aws', ['configure', 'get', 'region']);
  const region = ran.kind === 'ended' && ran.code === 0 ? ran.out.trim() : '';
  if (region === '')
    throw new NotReady(
      'No AWS region is named: write "region: eu-central-1" (or yours) into the settings file.',
    );
  return region;
}

const Stacks = z.object({
  Stacks: z
    .array(
      z.object({
        Outputs: z.array(z.object({ OutputKey: z.string(), OutputValue: z.string() })).default([]),
      }),
    )
    .min(1),
});

/** A sentence about the bootstrap. @throws NotReady where it is missing or old */
export async function checkBootstrap(
  run: RunCommand,
  account: string | undefined,
  region: string,
): Promise<string> {
  if (account === undefined) return 'not looked at';
  const args = [
    'cloudformation',
    'describe-stacks',
    '--stack-name',
    'CDKToolkit',
    '--region',
    region,
    '--output',
    'json',
  ];
  const ran = await run.collect('aws', args);
  if (ran.kind === 'absent') return 'not looked at';
  const once = `Run, once for this account and region: npx cdk bootstrap aws://${account}/${region}`;
  if (ran.code !== 0) {
    if (!/does not exist/.test(ran.err))
      return `could not be looked at (${lastLine(ran.err)}); the CDK looks again`;
    throw new NotReady(
      `The CDK was never bootstrapped in account ${account}, region ${region}: it needs a bucket for code and roles to deploy with. ${once}`,
    );
  }
  const outputs = Stacks.safeParse(parseJson(ran.out)).data?.Stacks[0]?.Outputs ?? [];
  const told = outputs.find(({ OutputKey }) => OutputKey === 'BootstrapVersion')?.OutputValue;
  const version = Number(told);
  if (!(version >= NEEDS_BOOTSTRAP))
    throw new NotReady(
      `The CDK's bootstrap in ${region} has version ${told ?? 'unknown'} and must have ${NEEDS_BOOTSTRAP}. ${once}`,
    );
  return `version ${version}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() || 'nothing';
}
