/**
 * The two real processes of these tests, as a machine would run them: the simulated Adobe org, which stays, and the
 * bridge, which is killed with SIGKILL and started again on the same folder. Only the bridge's own process gets the
 * signal: its database engine is left to itself, as after a crash. Nothing here looks into the bridge.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { AdobeEndpoint, type Endpoint, readEndpoint } from '../../local/endpoint.ts';
import { commandOf, endProcess, type ProcessMark } from '../../local/processes.ts';

const root = resolve(import.meta.dirname, '../..');

export interface OrgProcess {
  readonly endpoint: AdobeEndpoint;
  /** A view of the control interface: `people`, `calls`, `outbox`. */
  look(what: string): Promise<unknown>;
  stop(): Promise<void>;
}

const Ready = z.object({ ready: z.literal(true), ...AdobeEndpoint.shape });

/** Starts an org with the seed of a first `npm start`, alone. */
export async function startOrg(dir: string, speed: number): Promise<OrgProcess> {
  const args = ['local/adobe-org-process.ts', '--data', dir, '--speed', String(speed)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the org ended with ${code}`))),
  ]);
  const { ready: _, ...endpoint } = Ready.parse(message);
  return {
    endpoint,
    look: async (what) => (await fetch(`${endpoint.url}/control/${what}`)).json(),
    stop: () => end(child, 'SIGTERM'),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

export interface BridgeProcess {
  /** Resolves when the bridge has printed its addresses. */
  start(): Promise<void>;
  /** Starts, and kills after that many real milliseconds, wherever the start is then. */
  startAndKill(afterMs: number): Promise<void>;
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Resolves at once while it runs, else when it runs again. */
  whenUp(): Promise<void>;
  isUp(): boolean;
  endpoint(): Endpoint;
  /** Ctrl-C. Answers the exit code. */
  stop(): Promise<number | null>;
}

/** A bridge that is not started yet, on its folder and the org at `adobe`. */
export function openBridge(dir: string, adobe: AdobeEndpoint, speed: number): BridgeProcess {
  const args = ['local/start.ts', '--data', dir, '--speed', String(speed), '--adobe-url', adobe.url];
  args.push('--adobe-org', adobe.orgId, '--adobe-client-id', adobe.clientId);
  args.push('--adobe-client-secret', adobe.clientSecret);
  let child: ChildProcess | undefined;
  let up = Promise.withResolvers<void>();
  let isUp = false;

  const launch = (): { started: ChildProcess; greeted: Promise<void> } => {
    const started = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    return { started, greeted: greeting(started) };
  };
  const kill = async (): Promise<void> => {
    if (isUp) up = Promise.withResolvers<void>();
    isUp = false;
    if (child !== undefined) await end(child, 'SIGKILL');
  };
  return {
    start: async () => {
      await launch().greeted;
      isUp = true;
      up.resolve();
    },
    startAndKill: async (afterMs) => {
      const { greeted } = launch();
      // It ends before it greets, or just after: both are a start that was cut off.
      await Promise.race([greeted.catch(() => undefined), new Promise((done) => setTimeout(done, afterMs))]);
      await kill();
    },
    kill,
    whenUp: () => up.promise,
    isUp: () => isUp,
    endpoint: () => {
      const endpoint = readEndpoint(dir);
      if (endpoint === undefined) throw new Error(`there is no endpoint.json in ${dir}`);
      return endpoint;
    },
    stop: async () => {
      isUp = false;
      if (child === undefined) return null;
      await end(child, 'SIGINT');
      return child.exitCode;
    },
  };
}

async function greeting(child: ChildProcess): Promise<void> {
  let out = '';
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  await new Promise<void>((greeted, failed) => {
    child.stdout?.on('data', (chunk) => {
      out += chunk;
      if (out.includes('Ctrl-C')) greeted();
    });
    child.once('error', failed);
    child.once('exit', (code, signal) =>
      failed(new Error(`the bridge ended with ${code ?? signal}: ${err}`)),
    );
  });
}

/** The processes whose command line names the folder; empty where the system has no /proc. */
export function processesOn(dir: string): ProcessMark[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const command = commandOf(Number(name));
      return command?.includes(dir) ? [{ pid: Number(name), command }] : [];
    });
}

/** Ends what a killed bridge left behind on the folder. */
export async function endLeftovers(dir: string): Promise<void> {
  for (const mark of processesOn(dir)) await endProcess(mark);
}
