/**
 * How long a function takes from nothing to its first answer, against a bundle that only makes a DynamoDB client and asks
 * it once: fresh processes, alternating, medians of one run (design.md section 9). A ratio is what counts; milliseconds
 * are those of the machine. DynamoDB and Secrets Manager are one small server here, so that nothing but our code and the
 * SDK is measured.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import * as z from 'zod';
import { variables } from '../lambdas/config.ts';
import { type Bundles, type FunctionName, functionNames, manner, root } from './bundle.ts';

/** `client` as anybody would bundle it, `lean` with the cuts of `bundle.ts`. */
export type Measured = FunctionName | 'client' | 'lean';
export interface Starts {
  readonly importMs: number;
  /** From before the import. */
  readonly answerMs: number;
}
export type Medians = Readonly<Record<Measured, Starts>>;

const rounds = 15;

const http = (path: string) => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers: { authorization: `Bearer scimb_${'0'.repeat(32)}_${'a'.repeat(43)}`, host: 'd' },
  requestContext: {
    requestId: 'r',
    domainName: 'd',
    stage: '$default',
    http: { method: 'GET', path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '' },
  },
});
const events: Readonly<Record<Measured, unknown>> = {
  client: {},
  lean: {},
  scim: http('/scim/v2/Users'),
  provision: { wake: 'schedule' },
  reconcile: { wake: 'schedule' },
  admin: { command: 'unknown' },
};

const clientOnly = `
  import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
  const client = new DynamoDBClient({ endpoint: process.env.${variables.dynamodbEndpoint} });
  export const handler = () =>
    client.send(new GetItemCommand({ TableName: 'bridge', Key: { pk: { S: 'a' }, sk: { S: 'b' } } }));
`;

/** Packages that are CommonJS call `require` for built-ins, which an ES module has to make first. */
const withoutCuts: BuildOptions = {
  plugins: [],
  alias: {},
  banner: {
    js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
  },
};

/** Runs in the process that is measured. */
const starter = `
  const [file, event] = process.argv.slice(1);
  const began = performance.now();
  const { handler } = await import(file);
  const imported = performance.now();
  await handler(JSON.parse(event), { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 });
  const answered = performance.now();
  process.stdout.write('\\n' + JSON.stringify({ importMs: imported - began, answerMs: answered - began }));
  process.exit();
`;
const Times = z.object({ importMs: z.number(), answerMs: z.number() });

export async function measureStarts(bundles: Bundles): Promise<Medians> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-measure-'));
  const server = await answering();
  try {
    const files = await buildClients(folder);
    for (const name of functionNames) files.set(name, join(bundles[name], 'index.mjs'));
    const taken = new Map<Measured, Starts[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, file] of files) {
        const once = await startOnce(file, events[name], environmentOf(server));
        taken.set(name, [...(taken.get(name) ?? []), once]);
      }
    }
    const of = (name: Measured): Starts => medianOf(taken.get(name) ?? []);
    return {
      client: of('client'),
      lean: of('lean'),
      scim: of('scim'),
      provision: of('provision'),
      reconcile: of('reconcile'),
      admin: of('admin'),
    };
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function buildClients(folder: string): Promise<Map<Measured, string>> {
  const [client, lean] = [join(folder, 'client.mjs'), join(folder, 'lean.mjs')];
  const stdin = { contents: clientOnly, resolveDir: root, loader: 'ts' } as const;
  await build({ ...manner, stdin, outfile: lean, sourcemap: false });
  await build({ ...manner, ...withoutCuts, stdin, outfile: client, sourcemap: false });
  return new Map<Measured, string>([
    ['client', client],
    ['lean', lean],
  ]);
}

/** Everything is absent in its table, and every secret is a pepper. */
async function answering(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const isSecret = String(request.headers['x-amz-target']).includes('GetSecretValue');
      const body = isSecret ? { SecretString: 'abcdefghijklmnopqrstuvwxyz0123456789' } : {};
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function environmentOf(server: Server): Record<string, string> {
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
    [variables.dynamodbEndpoint]: url,
    [variables.table]: 'bridge',
    [variables.pepperSecret]: 'pepper',
    [variables.adobeSecret]: 'credential',
    [variables.orgKey]: 'main',
    [variables.connection]: 'default',
  };
}

async function startOnce(file: string, event: unknown, environment: Record<string, string>): Promise<Starts> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', starter, pathToFileURL(file).href, JSON.stringify(event)],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  let problems = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    problems += String(chunk);
  });
  await once(child, 'close');
  const last = out.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`${file} gave no answer: ${problems || out}`);
  return Times.parse(JSON.parse(last));
}

function medianOf(all: readonly Starts[]): Starts {
  const middle = (values: number[]): number =>
    values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return {
    importMs: middle(all.map(({ importMs }) => importMs)),
    answerMs: middle(all.map(({ answerMs }) => answerMs)),
  };
}

export function printStarts(medians: Medians): string {
  const { client, lean } = medians;
  const line = (name: Measured): string => {
    const { importMs, answerMs } = medians[name];
    const ratios = (value: number, of: keyof Starts) =>
      `(${(value / client[of]).toFixed(2)} x client, ${(value / lean[of]).toFixed(2)} x lean)`;
    return [
      name.padEnd(10),
      `import ${importMs.toFixed(0).padStart(4)} ms ${ratios(importMs, 'importMs')}`,
      `first answer ${answerMs.toFixed(0).padStart(4)} ms ${ratios(answerMs, 'answerMs')}`,
    ].join('  ');
  };
  return [
    `Medians of ${rounds} fresh processes each, alternating. "client" only makes a DynamoDB client and asks once; "lean" is the same with our cuts.`,
    ...(['client', 'lean', ...functionNames] as const).map(line),
  ].join('\n');
}
