/**
 * `npm run adobe-org`: the simulated Adobe org behind a loopback port, in a process of its own whose state outlives it.
 * A bridge that forks it learns the URL over IPC. It goes on when its parent dies, because a killed bridge must find
 * its org again; SIGTERM or SIGINT end it (and the parent's end, with --exit-with-parent).
 */
import { randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { openDisk } from './adobe-org/disk.ts';
import { ConnectionReset } from './adobe-org/http.ts';
import { seededRandom } from './adobe-org/random.ts';
import { seedEmptyOrg, seedSmallOrg } from './adobe-org/seed.ts';
import { type AdobeOrg, createAdobeOrg } from './adobe-org.ts';
import { scaledClock } from './clock.ts';

const USAGE = `npm run adobe-org -- [options]
  --port N             port on 127.0.0.1 (default: a free one)
  --data DIR           keep the org in DIR (default: forget it at the end)
  --speed N            run its clock N times as fast (default 1)
  --seed WHAT          a new org: default or empty (default: default)
  --random-seed N      repeat all random choices of an earlier run
  --exit-with-parent   end when the process that forked this one ends`;

const MAX_REQUEST_BYTES = 8 * 1024 * 1024;

interface Settings {
  readonly port: number;
  readonly data: string | undefined;
  readonly speed: number;
  readonly seed: 'default' | 'empty';
  readonly randomSeed: number;
  readonly exitWithParent: boolean;
}

function readSettings(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '0' },
      data: { type: 'string' },
      speed: { type: 'string', default: '1' },
      seed: { type: 'string', default: 'default' },
      'random-seed': { type: 'string' },
      'exit-with-parent': { type: 'boolean', default: false },
    },
  });
  if (values.seed !== 'default' && values.seed !== 'empty') {
    throw new TypeError(`--seed must be default or empty, not ${values.seed}.`);
  }
  return {
    port: readPort(values.port),
    data: values.data,
    speed: readNumber('--speed', values.speed),
    seed: values.seed,
    randomSeed: readNumber('--random-seed', values['random-seed'] ?? String(randomInt(2 ** 31))),
    exitWithParent: values['exit-with-parent'],
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new RangeError(`--port is a number from 0 (any) to 65535, not ${text}.`);
  return port;
}

function readNumber(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || Number.isNaN(number))
    throw new TypeError(`${name} must be a number, not ${text}.`);
  return number;
}

/** Loads or seeds the org and saves every change of it. */
function openOrg({ data, seed, speed, randomSeed }: Settings): AdobeOrg {
  const clock = scaledClock(speed);
  const random = seededRandom(randomSeed);
  const disk = data === undefined ? undefined : openDisk(data);
  const options = { random, at: clock.now() };
  const state = disk?.load() ?? (seed === 'empty' ? seedEmptyOrg(options) : seedSmallOrg(options));
  disk?.saveWhole(state);
  const org: AdobeOrg = createAdobeOrg({
    now: clock.now,
    sleep: clock.sleep,
    random,
    state,
    save(saved) {
      if ('whole' in saved) disk?.saveWhole(saved.whole);
      else disk?.saveChange(saved.change, () => org.state());
    },
  });
  return org;
}

async function serve(org: AdobeOrg, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  try {
    const request = await toRequest(incoming, gone.signal);
    if (request === undefined) {
      outgoing.writeHead(413).end();
      return;
    }
    const response = await org.fetch(request);
    const body = Buffer.from(await response.arrayBuffer());
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(body);
  } catch (problem) {
    if (problem instanceof ConnectionReset || gone.signal.aborted) {
      incoming.socket.destroy();
      return;
    }
    if (problem instanceof Unreadable) {
      outgoing.writeHead(400, { 'Content-Type': 'text/plain' }).end(problem.message);
      return;
    }
    console.error('The simulated Adobe org failed; this is a bug in it:', problem);
    outgoing.writeHead(500, { 'Content-Type': 'text/plain' }).end('bug in the simulated Adobe org');
  }
}

/** What the org cannot read, like an address that is none, is the caller's mistake and not the org's. */
class Unreadable extends Error {}

async function toRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<Request | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes <= MAX_REQUEST_BYTES) chunks.push(part);
  }
  if (bytes > MAX_REQUEST_BYTES) return undefined;
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const { method = 'GET', url = '/' } = incoming;
  // The name stays the caller's own: the control interface answers to loopback names only.
  const target = URL.parse(`http://${incoming.headers.host ?? '127.0.0.1'}${url}`);
  if (target === null) throw new Unreadable('host and path make no address');
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(target, {
    method,
    headers,
    signal,
    ...(hasBody ? { body: Buffer.concat(chunks) } : {}),
  });
}

function announce(org: AdobeOrg, port: number): void {
  const { orgId, credentials } = org.state().meta;
  const [credential] = credentials;
  const url = `http://127.0.0.1:${port}`;
  const { clientId = '', clientSecrets = [] } = credential ?? {};
  const clientSecret = clientSecrets[0] ?? '';
  // A parent hears the secret over its own channel; what is printed then goes to a log, where no secret belongs.
  const secret = process.send === undefined ? ` · secret ${clientSecret}` : '';
  console.log(`Simulated Adobe org at ${url} · org ${orgId} · client ${clientId}${secret}`);
  process.send?.({ ready: true, url, orgId, clientId, clientSecret });
}

function main(): void {
  const settings = readSettings(process.argv.slice(2));
  const org = openOrg(settings);
  const server = createServer((incoming, outgoing) => void serve(org, incoming, outgoing));
  const end = (): void => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (settings.exitWithParent) process.on('disconnect', end);
  // The terminal or pipe of a parent that died; there is nobody left to print for.
  process.stdout.on('error', () => undefined);
  server.on('error', (problem) => {
    console.error(`The simulated Adobe org cannot listen on port ${settings.port}: ${problem.message}`);
    process.exit(1);
  });
  server.listen(settings.port, '127.0.0.1', () => {
    // A listening TCP server always has an AddressInfo.
    const { port } = server.address() as AddressInfo;
    announce(org, port);
  });
}

try {
  if (process.argv.includes('--help') || process.argv.includes('-h')) console.log(USAGE);
  else main();
} catch (problem) {
  if (!(problem instanceof TypeError) && !(problem instanceof RangeError)) throw problem;
  console.error(`${problem.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
