/** The server of `npm start`, in a process of its own, under a load generator: for comparison with other SCIM servers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import autocannon from 'autocannon';
import { type Endpoint, readEndpoint } from '../../local/endpoint.ts';
import { personNumber } from '../size/stage.ts';
import type { Family, Options, Report } from './family.ts';
import { shown } from './figures.ts';

export const httpFamily: Family = {
  name: 'http',
  about: 'the local server under a load generator, with database, simulated org and drain beside it',
  run: reportHttp,
};

const USERS = 200;

interface Loaded {
  readonly what: string;
  readonly connections: number;
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly total: number;
  readonly failed: number;
}

async function reportHttp({ full, onProgress }: Options): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-bench-'));
  const bridge = await startBridge(folder);
  const loaded: Loaded[] = [];
  try {
    const ids = await makeUsers(bridge.endpoint);
    for (const load of loadsOf(ids)) {
      for (const connections of [1, 8, 32]) {
        onProgress(`${load.what}, ${connections} connections`);
        loaded.push(await run(bridge.endpoint, { ...load, connections, seconds: full ? 5 : 2 }));
      }
    }
  } finally {
    bridge.child.kill('SIGTERM');
    await bridge.ended;
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    tables: [
      {
        title: 'Over HTTP on this machine; generator, bridge and database share it',
        header: ['', 'connections', 'requests/s', 'median ms', '99 % ms', 'requests'],
        rows: loaded.map(({ what, connections, perSecond, medianMs, p99Ms, total }) => [
          what,
          ...[connections, perSecond, medianMs, p99Ms, total].map(shown),
        ]),
      },
    ],
    verdicts: [
      {
        what: 'answers that were none of 2xx, over HTTP',
        value: loaded.reduce((sum, { failed }) => sum + failed, 0),
        bar: { most: 0 },
      },
    ],
    data: loaded,
  };
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly endpoint: Endpoint;
}

async function startBridge(folder: string): Promise<Started> {
  const root = resolve(import.meta.dirname, '../..');
  const child = spawn(process.execPath, ['local/start.ts', '--data', folder], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stdout) {
    said += String(chunk);
    // The last line of the greeting.
    if (said.includes('Ctrl-C')) break;
  }
  const endpoint = readEndpoint(folder);
  if (endpoint === undefined) throw new Error(`the bridge did not start: ${said}`);
  return { child, ended, endpoint };
}

const headersOf = ({ token }: Endpoint) => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/scim+json',
});

async function makeUsers(endpoint: Endpoint): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < USERS; number++) {
    const answer = await fetch(`${endpoint.scimUrl}/Users`, {
      method: 'POST',
      headers: headersOf(endpoint),
      body: JSON.stringify(personNumber(number)),
    });
    // A created user has an id.
    ids.push(((await answer.json()) as { id: string }).id);
  }
  return ids;
}

interface Load {
  readonly what: string;
  readonly requests: readonly { readonly method: string; readonly path: string; readonly body?: string }[];
}

/** Replaced by the generator with something new each time. */
const NEW = '[<id>]';

function loadsOf(ids: readonly string[]): Load[] {
  const nameOf = (at: number) => encodeURIComponent(`userName eq "${personNumber(at).userName}"`);
  const { emails: _emails, ...person } = personNumber(1);
  const born = JSON.stringify({ ...person, userName: `${NEW}@example.com`, externalId: NEW });
  return [
    {
      what: 'look-up, found',
      requests: ids.map((_, at) => ({ method: 'GET', path: `/Users?filter=${nameOf(at)}` })),
    },
    { what: 'get', requests: ids.map((id) => ({ method: 'GET', path: `/Users/${id}` })) },
    { what: 'create', requests: [{ method: 'POST', path: '/Users', body: born }] },
  ];
}

async function run(
  endpoint: Endpoint,
  { what, requests, connections, seconds }: Load & { readonly connections: number; readonly seconds: number },
): Promise<Loaded> {
  const { origin, pathname } = new URL(endpoint.scimUrl);
  const result = await autocannon({
    url: origin,
    connections,
    duration: seconds,
    idReplacement: true,
    requests: requests.map((one) => ({
      ...one,
      path: `${pathname}${one.path}`,
      headers: headersOf(endpoint),
    })),
  });
  return {
    what,
    connections,
    perSecond: result.requests.average,
    medianMs: result.latency.p50,
    p99Ms: result.latency.p99,
    total: result.requests.total,
    failed: result.errors + result.timeouts + result.non2xx,
  };
}
