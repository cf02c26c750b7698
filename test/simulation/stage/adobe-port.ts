/**
 * Adobe as a process reaches it: the simulated org behind a network. A request travels, arrives or not, takes effect or
 * not, and its answer travels back or not; in between the scheduler lets others act, and the caller may give up or die.
 */
import { distort, errorInstead, type Oddity, throttle, unreachable } from './adobe-oddities.ts';
import type { FaultKind } from './faults.ts';
import type { Settle } from './scheduler.ts';
import type { StorePort } from './store-port.ts';
import type { Answer, Endpoint, Wire } from './wire.ts';
import type { World } from './world.ts';

const USUAL_MS = [50, 2_000] as const;
const SLOW_MS = [20_000, 300_000] as const;
const LATE_MS = [1_000, 25 * 60_000] as const;

const OF_TOKENS: readonly FaultKind[] = ['kill', 'adobeUnreachable', 'tokenError'];
const OF_READS: readonly FaultKind[] = [
  'kill',
  'adobeUnreachable',
  'adobeThrottle',
  'adobeBefore',
  'adobeUnreadable',
  'tokenExpired',
];
const OF_ACTIONS: readonly FaultKind[] = [
  ...OF_READS,
  'adobeAfter',
  'adobePartial',
  'adobeContradiction',
  'adobeLate',
];

/** As `fetch`. */
export function adobeFetch(port: StorePort): (url: string, init: RequestInit) => Promise<Response> {
  return (url, init) => {
    const { world, process } = port;
    const { task } = process;
    if (task === undefined) throw new Error(`process ${process.id} calls Adobe while it has nothing to do`);
    const { schedule, faults } = world;
    const wire = { url, init, endpoint: endpointOf(url) };
    world.books.adobe.started(process, wire.endpoint);
    const slow = faults.strikes('adobeSlow');
    const there = slow && schedule.chance(0.5);
    const ms = schedule.between(there ? SLOW_MS : USUAL_MS);
    const backMs = schedule.between(slow && !there ? SLOW_MS : USUAL_MS);
    return world.scheduler.call<Response>(task, ms, (settle) => arrive(port, wire, { settle, backMs }));
  };
}

const PATHS: readonly (readonly [RegExp, Endpoint])[] = [
  [/\/ims\//, 'token'],
  [/\/action\/[^/]+$/, 'action'],
  [/\/organizations\//, 'singleUser'],
  [/\/groups\/[^/]+\/\d+$/, 'groups'],
  [/\/users\/[^/]+\/\d+$/, 'users'],
];

function endpointOf(url: string): Endpoint {
  const { pathname } = new URL(url);
  return PATHS.find(([path]) => path.test(pathname))?.[1] ?? 'usersByGroup';
}

interface Travel {
  readonly settle: Settle<Response>;
  readonly backMs: number;
}

async function arrive(port: StorePort, wire: Wire, travel: Travel): Promise<void> {
  const { world, process } = port;
  // The caller gave up while the request was on its way: it is torn down with the connection, or lands after all.
  if (wire.init.signal?.aborted === true) {
    if (world.faults.strikes('adobeLate')) land(world, wire);
    return;
  }
  const kind = world.faults.draw(kindsFor(wire.endpoint));
  world.trace(
    () => `${process.role} ${process.id} adobe ${wordsOf(wire)}${kind === undefined ? '' : ` !${kind}`}`,
  );
  if (kind === 'kill') {
    if (world.schedule.chance(0.5)) await deliver(port, wire, undefined);
    port.kill();
    return;
  }
  const answer = await deliver(port, wire, kind);
  sendBack(port, wire, { ...travel, answer });
}

function kindsFor(endpoint: Endpoint): readonly FaultKind[] {
  if (endpoint === 'token') return OF_TOKENS;
  return endpoint === 'action' ? OF_ACTIONS : OF_READS;
}

/** Lets the request take effect, or not, and says what comes back. */
async function deliver(port: StorePort, wire: Wire, kind: FaultKind | undefined): Promise<Answer> {
  const { world } = port;
  const { schedule } = world;
  switch (kind) {
    case 'adobeUnreachable':
      return { error: unreachable() };
    case 'tokenError':
    case 'adobeBefore':
      return errorInstead(schedule);
    case 'adobeThrottle':
      return { response: throttle(schedule, world.scheduler.now()) };
    case 'adobeLate':
      world.scheduler.after(schedule.between(LATE_MS), () => land(world, wire));
      return errorInstead(schedule);
    case 'tokenExpired':
      world.org.byHand({ action: 'expireTokens' });
      break;
    case 'adobePartial':
      failOneCommand(world, wire);
      break;
    default:
  }
  const answer = await perform(port, wire);
  if (kind === 'adobeAfter') return errorInstead(schedule);
  const oddity: Oddity | undefined =
    kind === 'adobeUnreadable' || kind === 'adobeContradiction' ? kind : undefined;
  return oddity === undefined || 'error' in answer ? answer : distort(schedule, answer.response, oddity);
}

async function perform({ world }: StorePort, wire: Wire): Promise<Answer> {
  const { adobe } = world.books;
  const sent = wire.endpoint === 'action' ? adobe.arrived(textOf(wire)) : [];
  try {
    const response = await world.org.fetch(requestOf(wire));
    if (response.status === 200) adobe.taken(sent);
    return { response };
  } catch (error) {
    return { error };
  }
}

/** F36: after everybody stopped waiting. */
function land(world: World, wire: Wire): void {
  world.trace(() => `late: ${wordsOf(wire)}`);
  world.org.fetch(requestOf(wire)).catch(() => undefined);
}

/** Codes that pass by themselves: a person refused for good would be no fault but the end of the story. */
const PASSING_CODES = ['error.throttled_by_external_service', 'error.internal.add'] as const;

function failOneCommand({ org, schedule }: World, wire: Wire): void {
  const commands: unknown = JSON.parse(textOf(wire));
  const index = schedule.below(Array.isArray(commands) ? commands.length : 1);
  org.queueFaults([{ kind: 'command', code: schedule.pick(PASSING_CODES), index }]);
}

function sendBack(
  port: StorePort,
  wire: Wire,
  { settle, backMs, answer }: Travel & { answer: Answer },
): void {
  const { world, process } = port;
  const { init } = wire;
  const { task } = process;
  if (task === undefined || !task.alive) return;
  void world.scheduler.call<void>(task, backMs, (arrived) => {
    const told = 'response' in answer ? String(answer.response.status) : 'nothing';
    world.trace(() => `${process.role} ${process.id} adobe ${wire.endpoint} answers ${told}`);
    if ('error' in answer) settle.reject(answer.error);
    else {
      // Whoever gave up meanwhile hears nothing of it.
      if (init.signal?.aborted !== true)
        world.books.adobe.answered(process, { endpoint: wire.endpoint, response: answer.response });
      settle.resolve(answer.response);
    }
    arrived.resolve();
  });
}

/** The org reads these and nothing else of a request; a real `Request` would cost more than the whole call. */
function requestOf({ url, init }: Wire): Request {
  const request: Pick<Request, 'url' | 'method' | 'headers' | 'text' | 'signal'> = {
    url,
    method: init.method ?? 'GET',
    headers: new Headers(init.headers),
    text: async () => textOf({ init }),
    signal: init.signal ?? new AbortController().signal,
  };
  return request as Request;
}

function textOf({ init }: Pick<Wire, 'init'>): string {
  return typeof init.body === 'string' ? init.body : '';
}

function wordsOf(wire: Wire): string {
  if (wire.endpoint === 'token') return 'token';
  if (wire.endpoint === 'action') return `action ${textOf(wire)}`;
  return decodeURIComponent(new URL(wire.url).pathname.split('/').slice(3).join('/'));
}
