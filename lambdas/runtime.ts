/**
 * What a function of ours gets from the machine it runs on: clock, ids, randomness, log, table, secrets. The logic
 * takes all of it as parameters; this file is where they come from in Lambda. The local host uses the parts that do
 * not belong to AWS and brings its own clock.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { CredentialKeeper } from './admin/parts.ts';
import type { AdobeClient, AdobeCredential } from './adobe/adobe.ts';
import { createAdobeClient } from './adobe/client.ts';
import { createTokenSource } from './adobe/token.ts';
import { renewingAdobe, type StoredCredential } from './adobe-credential.ts';
import { type AdobeConfig, type Environment, variables } from './config.ts';
import { type Directory, openDirectory } from './directory/dynamo.ts';
import { withoutLogLines } from './directory/dynamo-client.ts';
import type { DirectoryDeps } from './directory/dynamo-scim.ts';
import { openIds } from './directory/ids.ts';
import { inGroups } from './directory/journal.ts';
import { OrgKey } from './directory/records.ts';
import { createLog, type Log, type LogLevel } from './log.ts';
import { readGauges } from './metrics-gauges.ts';
import { readSecret } from './secret.ts';
import { type DrainReport, drain } from './sync/drain.ts';
import { type ReconcileReport, type ReconcileWish, reconcile } from './sync/reconcile.ts';
import type { DrainDeps } from './sync/run.ts';
import { TOKEN_TIMEOUT_MS } from './times.ts';

type FunctionName = 'scim' | 'provision' | 'reconcile' | 'admin';

export type Machine = Omit<DirectoryDeps, 'client' | 'table' | 'pepper'>;

/** The real machine, under the given clock (epoch milliseconds). Contention is bounded in real time whatever it says. */
export function machineUnder(now: () => number): Machine {
  return {
    now,
    newId: openIds(now, randomBytes),
    random: Math.random,
    randomBytes,
    realNow: () => performance.now(),
    pause: (realMs) => pause(realMs),
  };
}

/**
 * Lambda takes each line of stdout for one log event, and the metrics out of those that count. The function's name is
 * ours, not the one that CloudFormation made, which looks like a secret and is masked.
 */
export function lambdaLog(name: FunctionName, level: LogLevel, environment: Environment): Log {
  return createLog({
    level,
    measures: environment[variables.table],
    now: Date.now,
    write: (line) => process.stdout.write(`${line}\n`),
    fields: { function: name },
  });
}

export function tableClient(endpoint: string | undefined): DynamoDBClient {
  return withoutLogLines(new DynamoDBClient(endpoint === undefined ? {} : { endpoint }));
}

/** What keys tokens and cursors. @throws Error where a guessable or empty one is stored: nothing starts with it (T02) */
export async function readPepper(client: DynamoDBClient, secretId: string): Promise<string> {
  const pepper = await readSecret(client, secretId);
  if (isPepper(pepper)) return pepper;
  throw new Error(`the secret ${secretId} is no pepper: store at least 32 random characters without blanks`);
}

/** Exported for tests. */
export function isPepper(text: string): boolean {
  return /^\S{32,}$/.test(text) && new Set(text).size >= 10;
}

const Credential = z.object({
  orgId: z.string().min(1),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
});

/** Adobe's OAuth server-to-server credential, as it is kept in Secrets Manager; undefined while something else is there. */
export function parseCredential(text: string): StoredCredential | undefined {
  try {
    return Credential.parse(JSON.parse(text));
  } catch {
    // Before the set-up AWS keeps random characters there. The cause would quote the secret.
    return undefined;
  }
}

export interface AdobeClientMachine {
  readonly now: () => number;
  /** Aborts after milliseconds of that clock. */
  readonly timeoutSignal: (ms: number) => AbortSignal;
}

/** The client of one credential over the real network. */
export function openAdobeClient(
  credential: AdobeCredential,
  { now, timeoutSignal }: AdobeClientMachine,
): AdobeClient {
  return createAdobeClient({
    credential,
    fetch: (url, init) => fetch(url, init),
    now,
    token: createTokenSource({
      credential,
      fetch: (url, init) => fetch(url, init),
      now,
      timeoutMs: TOKEN_TIMEOUT_MS,
      timeoutSignal,
    }),
    newRequestId: randomUUID,
    userAgent: 'adobe-scim-bridge/0.1',
    timeoutSignal,
  });
}

/** What the drain takes, with the whole directory, and the log under its own name. */
export interface AdobeParts extends Omit<DrainDeps, 'log' | 'directory'> {
  readonly directory: Directory;
  readonly log: Log;
}

/**
 * Once a minute the journal is sealed (I14) and the bridge measured, whether or not a drain runs: the clock of AWS may come
 * a little early, and must not be missed for that.
 */
const everyMs = 45_000;
/** Of the journal, what a comparison verifies: the day that ends with it. */
const verifiedMs = 25 * 3600 * 1000;

/** One drain of the org per call, at the latest until the given time: wired alike in Lambda and on localhost. */
export function drainOf({ log, ...parts }: AdobeParts, org: OrgKey): (until: number) => Promise<DrainReport> {
  const deps: DrainDeps = { ...parts, log: (event, detail) => log.info(event, detail) };
  const seal = atMostEvery(everyMs, parts.now, () => sealNow(parts, log, org));
  const measure = atMostEvery(everyMs, parts.now, () => measureNow(parts, log, org));
  return async (until) => {
    await measure();
    await seal();
    const report = await drain(deps, org, { until });
    await seal();
    return report;
  };
}

function atMostEvery(ms: number, now: () => number, work: () => Promise<void>): () => Promise<void> {
  let doneAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (Math.abs(now() - doneAt) < ms) return;
    doneAt = now();
    await work();
  };
}

async function sealNow({ directory }: Omit<AdobeParts, 'log'>, log: Log, org: OrgKey): Promise<void> {
  try {
    // In the log they are out of reach of whoever can write to the table.
    for (const { n, fingerprint } of await directory.sealJournal(org))
      log.info('journal-sealed', { n, fingerprint: inGroups(fingerprint) });
  } catch (error) {
    // Nobody keeps an entitlement because the journal waits: the next minute seals what this one could not.
    log.error('journal-not-sealed', { error });
  }
}

async function measureNow(parts: Omit<AdobeParts, 'log'>, log: Log, org: OrgKey): Promise<void> {
  try {
    log.info('figures', { org, figures: await readGauges(parts, org) });
  } catch (error) {
    // Nor because nobody counts; the alarm about missing looks tells.
    log.error('figures-not-read', { error });
  }
}

/**
 * One stretch of the nightly comparison per call, wired like the drain. Its end is the time to verify the journal (I14);
 * `journalBroken` counts what is wrong there.
 */
export function reconcileOf(
  { log, ...parts }: AdobeParts,
  org: OrgKey,
): (wish: ReconcileWish) => Promise<ReconcileReport & { readonly journalBroken?: number }> {
  const deps: DrainDeps = { ...parts, log: (event, detail) => log.info(event, detail) };
  return async (wish) => {
    const report = await reconcile(deps, org, wish);
    if (report.outcome !== 'compared') return report;
    return { ...report, journalBroken: await verifyJournal(parts, log, org) };
  };
}

async function verifyJournal(
  { directory, now }: Omit<AdobeParts, 'log'>,
  log: Log,
  org: OrgKey,
): Promise<number> {
  const { records, findings } = await directory.verifyJournal(org, now() - verifiedMs);
  if (findings.length === 0) log.info('journal-verified', { records });
  else log.error('journal-broken', { findings: findings.length, first: findings.slice(0, 10) });
  return findings.length;
}

export const randomHex = (digits: number): string =>
  randomBytes(Math.ceil(digits / 2))
    .toString('hex')
    .slice(0, digits);

/** What the functions that may call Adobe work with in Lambda. Only `admin` may read the pepper. */
export async function openAdobeParts(
  name: Exclude<FunctionName, 'scim'>,
  config: AdobeConfig & { readonly pepperSecret?: string },
  environment: Environment,
): Promise<AdobeParts & { readonly keeper: CredentialKeeper }> {
  const machine = machineUnder(Date.now);
  const client = tableClient(config.dynamodbEndpoint);
  const table = {
    client,
    table: config.table,
    pepper: config.pepperSecret === undefined ? '' : await readPepper(client, config.pepperSecret),
  };
  const directory = openDirectory({ ...machine, ...table });
  await directory.claimSchema();
  const org = OrgKey.parse(config.orgKey);
  const { adobe, keeper } = renewingAdobe({
    secret: config.adobeSecret,
    read: async () => parseCredential(await readSecret(client, config.adobeSecret)),
    setUpFor: async () => (await directory.getOrg(org))?.adobeOrgId,
    now: machine.now,
    open: (credential) =>
      openAdobeClient(
        { ...credential, imsUrl: config.imsUrl, umapiUrl: config.adobeUrl },
        {
          now: machine.now,
          timeoutSignal: (ms) => AbortSignal.timeout(Math.max(0, Math.round(ms))),
        },
      ),
  });
  return {
    directory,
    adobe,
    keeper,
    now: machine.now,
    sleep: (ms) => pause(ms),
    newId: machine.newId,
    randomHex,
    log: lambdaLog(name, config.logLevel, environment),
  };
}
