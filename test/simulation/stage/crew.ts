/**
 * The processes of a run: a pool of instances per role, and the drains, which begin when the table's stream or the minute
 * says "look". A wake-up may get lost, come twice or late; as many drains as the run has workers may be under way at once.
 */
import { DirectoryBusy } from '../../../lambdas/directory/directory.ts';
import { lambdaContext } from '../../../local/lambda-context.ts';
import type { Pool } from '../traffic/caller.ts';
import type { Process } from './process.ts';
import { openProduct, type Product } from './product.ts';
import type { World } from './world.ts';

export interface Crew extends Pool {
  wake(): void;
  /** Looks from time to time, more rarely while nothing happens. */
  keepLooking(): void;
  /** Something happened: the next look is within a minute. */
  stir(): void;
  stop(): void;
  /** One drain, to its end; what it reports. */
  drain(): Promise<Report | undefined>;
  /** One stretch of the nightly comparison, to its end. */
  reconcile(): Promise<void>;
  /** Drains under way. */
  running(): number;
}

const WAKE_MS = [100, 1_500] as const;
const LATE_WAKE_MS = [60_000, 600_000] as const;
const MINUTE_MS = 60_000;
const LONGEST_LOOK_MS = 12 * 3_600_000;
const LAMBDA_MS = 15 * 60_000;
const NIGHT_MS = 23 * 3_600_000;

/** As far as anybody here asks. */
export interface Report {
  readonly outcome: string;
  readonly next?: number;
}

interface State {
  readonly world: World;
  readonly workers: number;
  readonly isDue: () => boolean;
  readonly idle: Map<string, Product[]>;
  processes: number;
  running: number;
  wakes: number;
  missed: boolean;
  lookMs: number;
  looks: number;
  stopped: boolean;
}

/** `isDue` tells whether a drain would find anything to do. */
export function openCrew(world: World, workers: number, isDue: () => boolean): Crew {
  const state: State = {
    world,
    isDue,
    workers,
    idle: new Map(),
    processes: 0,
    running: 0,
    wakes: 0,
    missed: false,
    lookMs: MINUTE_MS,
    looks: 0,
    stopped: false,
  };
  return {
    take: (role) => take(state, role),
    give: (role, product) => give(state, role, product),
    wake: () => wake(state),
    keepLooking: () => {
      look(state);
      if (world.nights) nightly(state);
    },
    stir: () => {
      if (state.lookMs === MINUTE_MS) return;
      state.lookMs = MINUTE_MS;
      look(state);
    },
    stop: () => {
      state.stopped = true;
    },
    drain: () => runOnce(state, 'provision'),
    reconcile: async () => void (await runOnce(state, 'reconcile')),
    running: () => state.running,
  };
}

function take(state: State, role: string): Product {
  const idle = state.idle.get(role)?.pop();
  if (idle !== undefined) return idle;
  state.processes += 1;
  const process: Process = { id: state.processes, role, task: undefined, skewMs: 0 };
  return openProduct(state.world, process, () => {
    const { task } = process;
    // A killed process is never given back.
    if (task !== undefined) state.world.scheduler.kill(task);
  });
}

function give(state: State, role: string, product: Product): void {
  product.process.task = undefined;
  state.idle.set(role, [...(state.idle.get(role) ?? []), product]);
}

function wake(state: State): void {
  const { world, stopped } = state;
  // One on its way is enough: the look finds all there is.
  if (stopped || state.wakes > 0) return;
  const { faults, schedule, scheduler } = world;
  if (faults.strikes('wakeLost')) return;
  const times = faults.strikes('wakeTwice') ? 2 : 1;
  for (let time = 0; time < times; time++) {
    state.wakes += 1;
    const ms = schedule.between(faults.strikes('wakeLate') ? LATE_WAKE_MS : WAKE_MS);
    scheduler.after(ms, () => {
      state.wakes -= 1;
      begin(state);
    });
  }
}

function look(state: State): void {
  const mine = ++state.looks;
  const again = (): void => {
    if (state.stopped || mine !== state.looks) return;
    begin(state);
    state.lookMs = Math.min(LONGEST_LOOK_MS, state.lookMs * 2);
    state.world.scheduler.after(state.lookMs, again);
  };
  state.world.scheduler.after(state.lookMs, again);
}

function begin(state: State): void {
  if (state.stopped) return;
  // Most looks of the minute find nothing and say so in twenty calls; a few are enough to know that.
  if (!state.isDue() && state.world.schedule.chance(0.9)) return;
  if (state.running >= state.workers) {
    state.missed = true;
    return;
  }
  void runOnce(state, 'provision').then(() => {
    if (!state.missed) return;
    state.missed = false;
    state.world.scheduler.after(state.world.schedule.between(WAKE_MS), () => begin(state));
  });
}

/** Off the full hour, as its schedule is. */
function nightly(state: State): void {
  state.world.scheduler.after(NIGHT_MS, () => {
    if (state.stopped) return;
    void runOnce(state, 'reconcile');
    nightly(state);
  });
}

async function runOnce(state: State, role: 'provision' | 'reconcile'): Promise<Report | undefined> {
  const { world } = state;
  const product = take(state, role);
  const name = `${role} ${product.process.id}`;
  const endsAt = world.scheduler.now() + LAMBDA_MS;
  if (role === 'provision') state.running += 1;
  const ended = await world.scheduler.spawn(name, async (task) => {
    product.process.task = task;
    const remainingMs = (): number => endsAt - world.scheduler.now();
    return product[role]({}, lambdaContext({ functionName: role, requestId: name, remainingMs }));
  });
  if (role === 'provision') state.running -= 1;
  world.trace(() => `${name} ${ended.kind} ${ended.kind === 'done' ? JSON.stringify(ended.value) : ''}`);
  if (ended.kind === 'killed') return undefined;
  // The table was away for longer than a drain waits: the trigger repeats.
  if (ended.kind === 'failed' && !(ended.error instanceof DirectoryBusy)) {
    const { message, stack } = ended.error as Error;
    world.violate('F27', `${role} broke: ${message} ${stack}`);
  }
  give(state, role, product);
  return ended.kind === 'done' ? (ended.value as Report) : undefined;
}
