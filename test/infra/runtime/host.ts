/**
 * Runs a real bundle under Amazon's runtime client, as Lambda does: a process, the Runtime API in front of it, one
 * invocation at a time. What the process writes is kept as lines.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import { close, listen } from '../../../local/serve.ts';

export interface Answer {
  readonly ok: boolean;
  // A test reads into what the function answered; its shape is the subject of the test.
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly body: any;
}

export interface Runtime {
  /** `remainingMs` until the deadline that Lambda would set. */
  invoke(event: unknown, remainingMs?: number): Promise<Answer>;
  /** What the process wrote, line by line. */
  readonly lines: string[];
  close(): Promise<void>;
}

interface Invocation {
  readonly id: string;
  readonly event: string;
  readonly remainingMs: number;
  readonly answered: (answer: Answer) => void;
}

const client = resolve(import.meta.dirname, '../../../node_modules/aws-lambda-ric/index.mjs');
const preload = join(import.meta.dirname, 'preload.ts');

export async function startRuntime(
  name: string,
  folder: string,
  environment: Record<string, string>,
): Promise<Runtime> {
  const desk = invocationDesk();
  const server = createServer(desk.serve);
  await listen(server, 0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const child = spawn(process.execPath, ['--import', preload, client, 'index.handler'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: 'true',
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      _HANDLER: 'index.handler',
      LAMBDA_TASK_ROOT: folder,
      ...environment,
    },
  });
  const lines = linesOf(child);
  child.once('exit', () => desk.gone(`the process of ${name} ended:\n${lines.slice(-20).join('\n')}`));
  return {
    lines,
    invoke: (event, remainingMs = 29_000) => desk.invoke(event, remainingMs),
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      server.closeAllConnections();
      await close(server);
    },
  };
}

function linesOf({ stdout, stderr }: ChildProcess): string[] {
  const lines: string[] = [];
  const keep = (chunk: unknown) => {
    lines.push(...String(chunk).split('\n').filter(Boolean));
  };
  stdout?.on('data', keep);
  stderr?.on('data', keep);
  return lines;
}

/** The Runtime API: `next` waits for an event, answers and errors come back under its id. */
function invocationDesk() {
  const open = new Map<string, Invocation>();
  const queue: Invocation[] = [];
  let waiting: ServerResponse | undefined;
  let number = 0;
  const hand = () => {
    const next = waiting === undefined ? undefined : queue.shift();
    if (next === undefined || waiting === undefined) return;
    waiting.setHeader('lambda-runtime-aws-request-id', next.id);
    waiting.setHeader('lambda-runtime-deadline-ms', String(Date.now() + next.remainingMs));
    waiting.setHeader('lambda-runtime-invoked-function-arn', 'arn:aws:lambda:us-east-1:1:function:f');
    waiting.setHeader('content-type', 'application/json');
    waiting.end(next.event);
    waiting = undefined;
  };
  const settle = (id: string, answer: Answer) => {
    open.get(id)?.answered(answer);
    open.delete(id);
  };
  const gone = (why: string) => {
    for (const id of [...open.keys()])
      settle(id, { ok: false, body: { errorType: 'Exit', errorMessage: why } });
  };
  const posted = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString();
    response.writeHead(202).end();
    const [, id = '', kind] = /invocation\/([^/]+)\/(response|error)$/.exec(request.url ?? '') ?? [];
    if (kind === undefined) return gone(`the process could not start: ${text}`);
    settle(id, { ok: kind === 'response', body: text === '' ? undefined : JSON.parse(text) });
  };
  return {
    gone,
    invoke: (event: unknown, remainingMs: number) =>
      new Promise<Answer>((answered) => {
        number += 1;
        const made = { id: `request-${number}`, event: JSON.stringify(event), remainingMs, answered };
        open.set(made.id, made);
        queue.push(made);
        hand();
      }),
    serve: (request: IncomingMessage, response: ServerResponse) => {
      if (request.url?.endsWith('/next') !== true) return void posted(request, response);
      waiting = response;
      hand();
    },
  };
}
