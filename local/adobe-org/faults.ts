/**
 * What goes wrong, and when: faults queued through the control interface, addresses that carry a fault in their name
 * (sentinels), and chances per call. In that order; one fault per call, and any number of commands that fail by
 * themselves inside a 200. Everything is decided before the call is executed.
 */
import { type Fault as CommandFault, createFailed, fault } from './errors.ts';
import { isUmapi } from './routes.ts';
import { type Endpoint, Fault } from './state.ts';
import { normal, type Store } from './store.ts';

/** A command that fails: as a whole, or only its steps of one kind. */
export interface FailingCommand extends CommandFault {
  readonly only?: 'create' | 'add';
}

export interface FaultPlan {
  readonly call: Fault | undefined;
  /** By index in the posted array. */
  readonly commands: ReadonlyMap<number, FailingCommand>;
  /** For the call log. */
  readonly label: string | undefined;
}

type Sentinel = { readonly times: number } & (
  | { readonly call: (store: Store) => Fault }
  | { readonly command: () => FailingCommand }
);

/** Faults that only an action call can meet wait for one. */
const ACTION_ONLY = new Set<Fault['kind']>(['command', 'merge', 'late']);

const ALWAYS = Number.POSITIVE_INFINITY;

/** Local parts `sim-<name>.<anything>`, or `sim-<name>-x<times>.<anything>`; listed in docs/simulator-differences.md. */
const SENTINELS: Readonly<Record<string, Sentinel>> = {
  'sim-500': {
    times: ALWAYS,
    call: () => Fault.parse({ kind: 'status', status: 500, body: 'Internal error' }),
  },
  'sim-502': { times: 1, call: () => Fault.parse({ kind: 'status', status: 502 }) },
  'sim-503': { times: 1, call: () => Fault.parse({ kind: 'status', status: 503 }) },
  'sim-504': { times: 1, call: () => Fault.parse({ kind: 'status', status: 504 }) },
  'sim-504-applied': { times: 1, call: () => Fault.parse({ kind: 'status', status: 504, applied: true }) },
  'sim-reset': { times: 1, call: () => Fault.parse({ kind: 'reset' }) },
  'sim-lost-answer': { times: 1, call: () => Fault.parse({ kind: 'reset', applied: true }) },
  'sim-empty': { times: 1, call: () => Fault.parse({ kind: 'empty' }) },
  'sim-html': { times: 1, call: () => Fault.parse({ kind: 'html' }) },
  'sim-slow': { times: 1, call: ({ meta }) => ({ kind: 'slow', ms: meta.knobs.slowMs }) },
  'sim-late-effect': { times: 1, call: ({ meta }) => ({ kind: 'late', ms: meta.knobs.lateEffectMs }) },
  'sim-throttled-backend': { times: 1, command: () => fault('error.throttled_by_external_service') },
  'sim-create-failed': {
    times: ALWAYS,
    command: () => ({ ...createFailed('createFederatedID'), only: 'create' }),
  },
  'sim-internal-add': { times: ALWAYS, command: () => ({ ...fault('error.internal.add'), only: 'add' }) },
};

/** Decides the faults of one call and uses them up. `commands` is empty for anything but an action call. */
export function planFaults(
  store: Store,
  random: () => number,
  { endpoint, commands }: { endpoint: Endpoint; commands: readonly unknown[] },
): FaultPlan {
  const failing = new Map<number, FailingCommand>();
  const sentinels = commands.flatMap((command, index) => sentinelsIn(store, { command, index, failing }));
  const queued = takeQueued(store, endpoint);
  if (queued?.kind === 'command') {
    failing.set(queued.index, fault(queued.code, queued.message ?? fault(queued.code).message));
  }
  const call = queued ?? sentinels[0] ?? randomFault(store, random);
  for (const index of commands.keys()) {
    const hit = random() < store.meta.knobs.randomFaults.backendThrottle;
    if (hit && !failing.has(index)) failing.set(index, fault('error.throttled_by_external_service'));
  }
  const label = call === undefined || call.kind === 'none' ? undefined : labelOf(call);
  const commandLabel = failing.size === 0 ? undefined : `${failing.size} failing commands`;
  return {
    call: call?.kind === 'command' ? undefined : call,
    commands: failing,
    label: label ?? commandLabel,
  };
}

function labelOf(call: Fault): string {
  const applied = 'applied' in call && call.applied ? ' after effect' : '';
  return `${call.kind === 'status' ? call.status : call.kind}${applied}`;
}

function takeQueued(store: Store, endpoint: Endpoint): Fault | undefined {
  const place = store.meta.faults.findIndex((queued) => {
    const target = queued.endpoint ?? (ACTION_ONLY.has(queued.kind) ? 'action' : undefined);
    return target === undefined ? isUmapi(endpoint) : target === endpoint;
  });
  return place === -1 ? undefined : store.meta.faults.splice(place, 1)[0];
}

function sentinelsIn(
  store: Store,
  { command, index, failing }: { command: unknown; index: number; failing: Map<number, FailingCommand> },
): Fault[] {
  const calls: Fault[] = [];
  for (const address of new Set(addressesIn(command))) {
    const sentinel = readSentinel(address);
    const uses = store.meta.sentinelUses[address] ?? 0;
    if (sentinel === undefined || uses >= sentinel.times) continue;
    store.meta.sentinelUses[address] = uses + 1;
    if ('call' in sentinel) calls.push(sentinel.call(store));
    else failing.set(index, sentinel.command());
  }
  return calls;
}

function readSentinel(address: string): Sentinel | undefined {
  const [, name = '', times] = /^(sim-[a-z0-9-]+?)(?:-x(\d+))?\.[^@]*@/.exec(address) ?? [];
  const sentinel = SENTINELS[name];
  return sentinel && { ...sentinel, times: times === undefined ? sentinel.times : Number(times) };
}

function addressesIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('sim-') ? [normal(value)] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(addressesIn);
}

function randomFault(store: Store, random: () => number): Fault | undefined {
  const { randomFaults: chance, slowMs, lateEffectMs } = store.meta.knobs;
  const possible: [number, Fault][] = [
    [chance.status500, Fault.parse({ kind: 'status', status: 500 })],
    [chance.status502, Fault.parse({ kind: 'status', status: 502 })],
    [chance.status504, Fault.parse({ kind: 'status', status: 504 })],
    [chance.reset, Fault.parse({ kind: 'reset' })],
    [chance.lostAnswer, Fault.parse({ kind: 'reset', applied: true })],
    [chance.emptyAnswer, Fault.parse({ kind: 'empty' })],
    [chance.html, Fault.parse({ kind: 'html' })],
    [chance.slow, { kind: 'slow', ms: slowMs }],
    [chance.lateEffect, { kind: 'late', ms: lateEffectMs }],
  ];
  return possible.find(([likelihood]) => likelihood > 0 && random() < likelihood)?.[1];
}
