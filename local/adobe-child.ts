/**
 * The Adobe org of a local bridge: one that already runs at an address, or a simulated one as a process of its own.
 *
 * The simulated org outlives a bridge that is killed, as Adobe would: it has its own process group and writes to a
 * file, and the next start finds it again by `adobe-process.json` instead of starting a second one on the same data.
 * A bridge that is stopped on purpose ends the org that it, or its predecessor, started.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { createTokenSource } from '../lambdas/adobe/token.ts';
import { AdobeEndpoint, readDataFile, writeDataFile } from './endpoint.ts';
import type { Credential, StartOptions } from './options.ts';
import { endProcess, markOf, ProcessMark, stillRuns } from './processes.ts';

export interface AdobeOrg {
  readonly endpoint: AdobeEndpoint;
  /** Ends the org if this bridge started it. */
  stop(): Promise<void>;
}

export interface AdobeChildOptions {
  readonly dir: string;
  readonly port: number | undefined;
  readonly speed: number;
}

const ProcessFile = z.object({ process: ProcessMark, endpoint: AdobeEndpoint.optional() });
const processFile = 'adobe-process.json';
const startTimeoutMs = 15_000;
const knockTimeoutMs = 10_000;

const Ready = z.object({ ready: z.literal(true), ...AdobeEndpoint.shape });

/**
 * The org that the options name: one that already runs, or a simulated one of our own.
 * @throws Error that says what to do
 */
export async function connectAdobe(
  options: StartOptions,
  speed: number,
  before: AdobeEndpoint | undefined,
): Promise<AdobeOrg> {
  const { dir, adobeUrl, adobePort } = options;
  if (adobeUrl === undefined) return findOrStartAdobe({ dir, port: adobePort, speed });
  const credential = options.credential ?? storedCredential(dir, adobeUrl, before);
  if (credential === undefined) {
    throw new Error(
      '--adobe-url needs a credential: add --adobe-org, --adobe-client-id and --adobe-client-secret, ' +
        'which npm run adobe-org prints when it starts',
    );
  }
  await knock(adobeUrl, credential);
  return { endpoint: { url: adobeUrl, ...credential }, stop: async () => undefined };
}

/** A wrong address or credential is told now, and not found in the log when people wait. */
async function knock(adobeUrl: string, credential: Credential): Promise<void> {
  const outcome = await createTokenSource({
    credential: { ...credential, imsUrl: adobeUrl },
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    timeoutMs: knockTimeoutMs,
    timeoutSignal: (ms) => AbortSignal.timeout(ms),
  }).get();
  if (outcome.kind === 'ok' || outcome.reason === 'throttled') return;
  const { message, hint } = outcome.error;
  throw new Error(
    outcome.reason === 'auth'
      ? `the Adobe org at ${adobeUrl} refuses the credential (${message}): ${hint}`
      : `no Adobe org answers at ${adobeUrl} (${message}): start it, or correct --adobe-url`,
  );
}

/** The part of the simulated org's own file that says how to get in. */
const OrgFile = z.object({
  state: z.object({
    meta: z.object({
      orgId: z.string(),
      credentials: z
        .tuple([z.object({ clientId: z.string(), clientSecrets: z.tuple([z.string()]).rest(z.string()) })])
        .rest(z.unknown()),
    }),
  }),
});

/** The credential of the last start at the same org, or of a simulated org that keeps its data in the same folder. */
function storedCredential(
  dir: string,
  adobeUrl: string,
  before: AdobeEndpoint | undefined,
): Credential | undefined {
  if (before?.url === adobeUrl) return before;
  const meta = readDataFile(dir, 'adobe-org.json', OrgFile)?.state.meta;
  if (meta === undefined) return undefined;
  const [{ clientId, clientSecrets }] = meta.credentials;
  return { orgId: meta.orgId, clientId, clientSecret: clientSecrets[0] };
}

/** Finds the org that an earlier start left running on this folder, or starts one. */
async function findOrStartAdobe(options: AdobeChildOptions): Promise<AdobeOrg> {
  const known = readDataFile(options.dir, processFile, ProcessFile);
  if (known !== undefined && stillRuns(known.process)) {
    const { endpoint } = known;
    const wanted =
      endpoint !== undefined &&
      (options.port === undefined || new URL(endpoint.url).port === String(options.port));
    if (wanted && (await answers(endpoint.url))) return { endpoint, stop: () => endProcess(known.process) };
    await endProcess(known.process);
  }
  return startAdobe(options);
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/status`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
}

async function startAdobe({ dir, port, speed }: AdobeChildOptions): Promise<AdobeOrg> {
  const logFile = join(dir, 'adobe-org-output.log');
  const log = openSync(logFile, 'a', 0o600);
  const args = ['--data', resolve(dir), '--speed', String(speed)];
  if (port !== undefined) args.push('--port', String(port));
  const child = fork(join(import.meta.dirname, 'adobe-org-process.ts'), args, {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const mark = child.pid === undefined ? undefined : markOf(child.pid);
  // Written before it answers: an org whose bridge is killed during the start is not forgotten.
  if (mark !== undefined) writeDataFile(dir, processFile, { process: mark });
  const endpoint = await whenReady(child, logFile);
  if (mark === undefined) throw new Error(`the simulated Adobe org does not start; ${logFile} says more`);
  writeDataFile(dir, processFile, { process: mark, endpoint });
  // It shall not keep this process alive, nor notice when this process dies.
  child.disconnect();
  child.unref();
  const told = (): void =>
    console.error(`The simulated Adobe org ended; ${logFile} says more. Stop the bridge and start it again.`);
  child.once('exit', told);
  const stop = (): Promise<void> => {
    child.off('exit', told);
    return endProcess(mark);
  };
  return { endpoint, stop };
}

async function whenReady(child: ChildProcess, logFile: string): Promise<AdobeEndpoint> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<AdobeEndpoint>((ready, failed) => {
      const fail = (why: string) =>
        failed(new Error(`the simulated Adobe org does not start (${why}); ${logFile} says more`));
      timer = setTimeout(() => fail('no answer in 15 s'), startTimeoutMs);
      child.once('error', (error) => fail(error.message));
      child.once('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
      child.on('message', (message) => {
        const parsed = Ready.safeParse(message);
        if (!parsed.success) return;
        const { ready: _, ...endpoint } = parsed.data;
        ready(endpoint);
      });
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    child.removeAllListeners();
  }
}
