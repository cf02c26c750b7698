/**
 * `npm start`: the whole bridge on this machine. Database, Adobe org, handlers, provision loop and operator route are
 * started in this order and stopped in the opposite one; the addresses stand in `endpoint.json` before they are printed.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { AdobeCredential } from '../lambdas/adobe/adobe.ts';
import type { WorkHandler } from '../lambdas/edge.ts';
import { createLog, type Log } from '../lambdas/log.ts';
import { openTerminal } from '../operator/terminal.ts';
import { connectAdobe } from './adobe-child.ts';
import { assembleBridge, type Bridge, credentialOf } from './bridge.ts';
import { type Clock, scaledClock } from './clock.ts';
import { openDatabase } from './database.ts';
import {
  type Endpoint,
  type LiveEndpoint,
  readDataFile,
  readEndpoint,
  readLiveEndpoint,
  writeDataFile,
  writeEndpoint,
} from './endpoint.ts';
import { takeFolder } from './folder.ts';
import { greeting } from './greeting.ts';
import { lambdaContext } from './lambda-context.ts';
import { connectLive } from './live.ts';
import { serveOperator } from './operator-route.ts';
import { parseStart, type StartOptions, startHelp } from './options.ts';
import { isErrorCode } from './processes.ts';
import { startProvisionLoop } from './provision-loop.ts';
import { seedBridge } from './seed.ts';
import { type Served, serve } from './serve.ts';

export interface Running {
  readonly endpoint: Endpoint | LiveEndpoint;
  /** Stops everything that was started, the last first. */
  stop(): Promise<void>;
}

/** Chosen at the first start on a folder, and kept. */
const Kept = z.object({
  adobe: z.enum(['simulated', 'live']).default('simulated'),
  speed: z.number(),
  pepper: z.string(),
  operatorKey: z.string(),
  /** Folders that share a database server have a table each. */
  table: z.string().default('bridge'),
});
type Kept = z.infer<typeof Kept>;

const minuteMs = 60_000;
/** What the provision and reconcile functions get in AWS, here by the bridge's clock. */
const workTimeoutMs = 15 * minuteMs;
/** As often as in AWS at night; a run in which nothing is due ends at once. */
const reconcileEveryMs = 15 * minuteMs;
/** Real milliseconds. */
const gatherMs = 20;
const stopWaitMs = 2_000;

/** Starts everything. @throws Error whose message says what to do; what was already started is stopped again */
export async function startBridge(options: StartOptions): Promise<Running> {
  const started: (() => Promise<void>)[] = [];
  const stop = async () => {
    const failures: unknown[] = [];
    // One that cannot be stopped does not keep the others running.
    for (const step of started.splice(0).reverse()) {
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    return { endpoint: await startAll(options, started), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  options: StartOptions,
  started: (() => Promise<void>)[],
): Promise<Running['endpoint']> {
  const { dir } = options;
  started.push(takeFolder(dir));
  const kept = keep(options);
  const before = readEndpoint(dir) ?? readLiveEndpoint(dir);
  const clock = scaledClock(kept.speed);
  const log = openLog(dir, clock, started);

  const database = await openDatabase({ file: join(dir, 'bridge.db'), table: kept.table });
  started.push(database.close);
  const org = await reachAdobe(options, kept.speed, before);
  started.push(org.stop);

  const ready = Promise.withResolvers<Bridge>();
  // Requests that come in during the last steps of the start wait for them.
  ready.promise.catch(() => undefined);
  let wake = (): void => undefined;
  const scim = await serveScim(options.port, before, {
    handler: async (event, context) => (await ready.promise).scim(event, context),
    onExchange: ({ method }) => {
      if (method !== 'GET' && method !== 'HEAD') wake();
    },
  });
  started.push(scim.close);

  const bridge = assembleBridge({
    database,
    clock,
    log,
    adobe: org.credential,
    pepper: kept.pepper,
    baseUrl: scim.url,
  });
  const { token } = await seedBridge({
    directory: bridge.directory,
    adobe: org.credential,
    kind: options.adobe,
    token: before?.token,
  });
  ready.resolve(bridge);
  const operator = await serveOperator({
    key: kept.operatorKey,
    handler: async (event, context) => {
      const answer = await bridge.admin(event, context);
      // A command may have marked accounts, as a request of the identity provider does.
      wake();
      return answer;
    },
  });
  started.push(operator.close);
  wake = startLoops(bridge, clock, started);

  const endpoint = {
    scimUrl: `${scim.url}/scim/v2`,
    token,
    ...org.told,
    operator: { url: operator.url, key: kept.operatorKey },
  };
  writeEndpoint(dir, endpoint);
  return endpoint;
}

interface Reached {
  readonly credential: AdobeCredential;
  /** What `endpoint.json` may say of it: of a real org no secret. */
  readonly told: Pick<Endpoint, 'adobe'> | Pick<LiveEndpoint, 'live'>;
  stop(): Promise<void>;
}

async function reachAdobe(
  options: StartOptions,
  speed: number,
  before: Running['endpoint'] | undefined,
): Promise<Reached> {
  if (options.adobe === 'live') {
    const credential = await connectLive(process.env, openTerminal());
    const { orgId, clientId } = credential;
    return { credential, told: { live: { orgId, clientId } }, stop: async () => undefined };
  }
  const known = before !== undefined && 'adobe' in before ? before.adobe : undefined;
  const { endpoint, stop } = await connectAdobe(options, speed, known);
  return { credential: credentialOf(endpoint), told: { adobe: endpoint }, stop };
}

/** What the stream and the schedules are in AWS. Returns what wakes the drain. */
function startLoops(bridge: Bridge, clock: Clock, started: (() => Promise<void>)[]): () => void {
  const loop = startProvisionLoop({
    run: () => work(bridge.provision, 'provision', clock),
    everyMs: clock.realMs(minuteMs),
    gatherMs,
  });
  started.push(() => loop.stop(stopWaitMs));
  const everyMs = clock.realMs(reconcileEveryMs);
  const run = async () => {
    await work(bridge.reconcile, 'reconcile', clock);
    // What it marked is the drain's.
    loop.wake();
  };
  const nightly = startProvisionLoop({ run, everyMs, gatherMs: everyMs });
  started.push(() => nightly.stop(stopWaitMs));
  return loop.wake;
}

function work(handler: WorkHandler, functionName: string, clock: Clock): Promise<unknown> {
  const end = clock.now() + workTimeoutMs;
  const requestId = randomBytes(8).toString('hex');
  const context = lambdaContext({ functionName, requestId, remainingMs: () => end - clock.now() });
  return handler({ wake: 'local' }, context);
}

/** The choices of the first start. @throws Error when this start asks for another org or speed */
function keep({ dir, speed, adobe }: StartOptions): Kept {
  const before = readDataFile(dir, 'bridge.json', Kept);
  if (before !== undefined && before.adobe !== adobe) {
    const kind = { simulated: 'a simulated Adobe org', live: 'a real Adobe org (--adobe live)' };
    throw new Error(
      `${dir} belongs to a bridge with ${kind[before.adobe]}, and this start is for ${kind[adobe]}: choose another folder with --data`,
    );
  }
  if (before !== undefined && speed !== undefined && speed !== before.speed) {
    throw new Error(
      `${dir} was first started with --speed ${before.speed}, and its time cannot jump: ` +
        `start it with --speed ${before.speed}, or choose another folder with --data`,
    );
  }
  if (before !== undefined) return before;
  const secret = (): string => randomBytes(32).toString('base64url');
  const first: Kept = {
    adobe,
    speed: speed ?? 1,
    pepper: secret(),
    operatorKey: secret(),
    table: `bridge-${randomBytes(4).toString('hex')}`,
  };
  writeDataFile(dir, 'bridge.json', first);
  return first;
}

function openLog(dir: string, clock: Clock, started: (() => Promise<void>)[]): Log {
  const file = createWriteStream(join(dir, 'bridge.log'), { flags: 'a', mode: 0o600 });
  started.push(() => new Promise((closed) => file.end(closed)));
  return createLog({ level: 'info', now: clock.now, write: (line) => file.write(`${line}\n`) });
}

async function serveScim(
  port: number | undefined,
  before: Running['endpoint'] | undefined,
  options: Parameters<typeof serve>[0],
): Promise<Served> {
  if (port !== undefined) {
    return serve({ ...options, port }).catch((error: unknown) => {
      if (isErrorCode(error, 'EADDRINUSE'))
        throw new Error(`port ${port} is taken: choose another --port`, { cause: error });
      throw error;
    });
  }
  // The address that an identity provider was given outlives a restart, if nobody took the port meanwhile.
  const last = before === undefined ? 0 : Number(new URL(before.scimUrl).port);
  return serve({ ...options, port: last }).catch((error: unknown) => {
    if (isErrorCode(error, 'EADDRINUSE')) return serve({ ...options, port: 0 });
    throw error;
  });
}

async function main(): Promise<void> {
  // Also the engine's files hold people's names: whatever this process and its children make is the owner's alone.
  process.umask(0o077);
  const parsed = parseStart(process.argv.slice(2));
  if (parsed.kind === 'help') return console.log(startHelp);
  if (parsed.kind === 'usage') {
    console.error(`${parsed.message}. All options: npm start -- --help`);
    process.exitCode = 2;
    return;
  }
  const starting = startBridge(parsed.options);
  stopOnSignals(starting);
  const { endpoint } = await starting;
  console.log(greeting(endpoint, parsed.options.dir));
}

/** From the first moment on: a start that is interrupted leaves no process behind. */
function stopOnSignals(starting: Promise<Running>): void {
  let stopping = false;
  const stop = () => {
    // Pressed twice: somebody does not want to wait. The data are safe at any moment.
    if (stopping) process.exit(130);
    stopping = true;
    starting.then((running) => running.stop()).then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

if (import.meta.main) main().catch(fail);
