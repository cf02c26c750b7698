/**
 * The line between the bridge and Adobe: a loopback proxy that makes action calls take their time, some of it before
 * they arrive and some of it before their answer does. A bridge that is killed meanwhile leaves each of the three things
 * that a crash leaves: a call that never arrived, one that arrives after the death of its sender, one whose answer is lost.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { close, listen, readBody } from '../../local/serve.ts';

export interface Line {
  readonly url: string;
  /** Resolves when the next action call sets out. */
  nextAction(): Promise<void>;
  /** Whether an action call is on its way. */
  isBusy(): boolean;
  /** The handles of the last two action calls, the last first. */
  lastNamed(): readonly string[];
  readonly counts: { late: number; dropped: number; unheard: number };
  close(): Promise<void>;
}

export interface LineOptions {
  readonly to: string;
  readonly random: () => number;
  /** Real milliseconds that an action call takes at most, in each direction. */
  readonly longestMs: number;
}

const largestBodyBytes = 10 * 1024 * 1024;
const Commands = z.array(z.looseObject({ user: z.string().optional() }));

interface State {
  readonly options: LineOptions;
  readonly counts: Line['counts'];
  waiting: (() => void)[];
  named: string[][];
  busy: number;
}

/** Opens a line on a free port. */
export async function openLine(options: LineOptions): Promise<Line> {
  const counts = { late: 0, dropped: 0, unheard: 0 };
  const state: State = { options, counts, waiting: [], named: [], busy: 0 };
  const server = createServer((request, response) => {
    // A failure of either side is what the other side sees as a broken connection.
    carry(state, request, response).catch(() => response.destroy());
  });
  await listen(server, 0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the line has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    nextAction: () => new Promise((set) => state.waiting.push(set)),
    isBusy: () => state.busy > 0,
    lastNamed: () => state.named.flat(),
    counts,
    close: () => close(server),
  };
}

async function carry(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request, largestBodyBytes);
  if (request.url?.includes('/usermanagement/action/') !== true) {
    await forward(state, { request, response, body });
    return;
  }
  setOut(state, body);
  try {
    await carryAction(state, { request, response, body });
  } finally {
    state.busy -= 1;
  }
}

function setOut(state: State, body: Buffer | undefined): void {
  state.busy += 1;
  const handles = Commands.parse(JSON.parse(String(body))).flatMap(({ user }) => user ?? []);
  state.named = [handles, ...state.named].slice(0, 2);
  for (const set of state.waiting.splice(0)) set();
}

interface Carried {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer | undefined;
}

async function carryAction(state: State, carried: Carried): Promise<void> {
  const { random, longestMs } = state.options;
  const { response } = carried;
  const [there, back, fate] = [random(), random(), random()];
  await sleep(there * longestMs);
  if (response.destroyed) {
    if (fate < 0.5) {
      state.counts.dropped += 1;
      return;
    }
    state.counts.late += 1;
  }
  const answer = await arrive(state, carried);
  if (response.destroyed) return;
  await sleep(back * longestMs);
  if (response.destroyed) state.counts.unheard += 1;
  await deliver(answer, response);
}

function arrive({ options }: State, { request, body }: Carried): Promise<Response> {
  const { method = 'GET', url = '/', headers } = request;
  const { host: _, connection: __, 'content-length': ___, 'transfer-encoding': ____, ...kept } = headers;
  return fetch(`${options.to}${url}`, {
    method,
    // A request of Node's client holds each of these once.
    headers: Object.entries(kept).map(([name, value]): [string, string] => [name, String(value)]),
    ...(method === 'GET' ? {} : { body: new Uint8Array(body ?? []) }),
  });
}

async function forward(state: State, carried: Carried): Promise<void> {
  await deliver(await arrive(state, carried), carried.response);
}

async function deliver(answer: Response, response: ServerResponse): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  if (response.destroyed) return;
  const headers = [...answer.headers].filter(
    ([name]) => !['connection', 'keep-alive', 'transfer-encoding', 'content-length'].includes(name),
  );
  response.writeHead(answer.status, Object.fromEntries(headers)).end(body);
}
