/** One run: a seed, a profile, and everything that follows from them (I20). */
import { judgeIdle } from './oracle/idle.ts';
import { judgeEnd } from './oracle/verdict.ts';
import type { Profile } from './profiles.ts';
import type { FaultKind, Struck } from './stage/faults.ts';
import { type Opened, openRun } from './stage/open.ts';
import { bringToRest } from './stage/rest.ts';
import { STARTS_AT } from './stage/setup.ts';
import { openTape } from './stage/tape.ts';
import type { Violation } from './stage/world.ts';
import type { Caller } from './traffic/caller.ts';
import { drawWorkload, type Planned, type Workload } from './traffic/operations.ts';
import { isOperators, operate } from './traffic/operator.ts';
import { perform } from './traffic/perform.ts';
import type { Provider } from './traffic/provider.ts';

export interface RunOptions {
  readonly seed: number;
  readonly profile: Profile;
  /** Another schedule for the same workload. */
  readonly scheduleSeed?: number;
  /** Numbers of the operations that are left; absent = all. */
  readonly operations?: ReadonlySet<number>;
  /** Kinds of faults that are switched off. */
  readonly without?: ReadonlySet<FaultKind>;
  /** Numbers of single faults that are left out. */
  readonly spared?: ReadonlySet<number>;
  readonly clients?: number;
  readonly workers?: number;
  /** On the embedded engine instead of the model. */
  readonly engine?: boolean;
  /** Keep a line per step. */
  readonly tracing?: boolean;
}

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly trace: readonly string[];
  readonly workload: Workload;
  readonly struck: readonly Struck[];
  /** People who wait for a reason that holds. */
  readonly excused: ReadonlyMap<string, number>;
  readonly steps: number;
  readonly actionCalls: number;
  readonly mostCalls: number;
  readonly simulatedMs: number;
}

/** More than any run needs; one that goes on is a finding. */
const MOST_STEPS = 150_000;
/** Findings breed findings: the first ones tell. */
const MOST_VIOLATIONS = 20;

export async function simulate(options: RunOptions): Promise<Outcome> {
  const { seed, profile } = options;
  const workload = reduced(drawWorkload(openTape(seed, 'workload')), options);
  const opened = await openRun({
    seed,
    scheduleSeed: options.scheduleSeed ?? seed,
    profile,
    shape: workload.shape,
    without: options.without ?? new Set(),
    spared: options.spared ?? new Set(),
    tracing: options.tracing === true,
    engine: options.engine === true,
  });
  const { world, trace } = opened;
  const excused = await play(opened, workload);
  await opened.close();
  const { scheduler, books, faults, violations } = world;
  return {
    violations,
    trace,
    workload,
    struck: faults.struck,
    excused,
    steps: scheduler.step(),
    actionCalls: books.adobe.calls(),
    mostCalls: books.mostCalls,
    simulatedMs: scheduler.now() - STARTS_AT,
  };
}

function reduced({ shape, operations }: Workload, options: RunOptions): Workload {
  const clients = options.clients ?? shape.clients;
  const workers = options.workers ?? shape.workers;
  const left = operations.filter((one) => options.operations?.has(one.number) !== false);
  return { shape: { ...shape, clients, workers }, operations: left };
}

/** Tells the story under the scheduler, until it ends or too much was found. */
async function play(opened: Opened, workload: Workload): Promise<ReadonlyMap<string, number>> {
  const { scheduler, books, violations, violate } = opened.world;
  let excused: ReadonlyMap<string, number> = new Map();
  let ended = false;
  tell(opened, workload)
    .then(
      (found) => {
        excused = found;
      },
      (error: unknown) => violate('crash', error instanceof Error ? `${error.stack}` : String(error)),
    )
    .finally(() => {
      ended = true;
    });
  const afterStep = (): void => {
    books.table.checkClaims();
    if (scheduler.step() > MOST_STEPS) throw new Error(`a run of more than ${MOST_STEPS} steps`);
  };
  try {
    await scheduler.run(() => ended || violations.length >= MOST_VIOLATIONS, afterStep);
  } catch (error) {
    violate('I15', error instanceof Error ? error.message : String(error));
  }
  return excused;
}

async function tell(
  { world, crew }: Opened,
  { shape, operations }: Workload,
): Promise<ReadonlyMap<string, number>> {
  const caller: Caller = { world, pool: crew };
  const providers = openProviders(caller);
  crew.keepLooking();
  const clients = new Map<number, Promise<void>>();
  for (const planned of operations) {
    await world.scheduler.sleep(undefined, planned.gapMs);
    crew.stir();
    const client = planned.client % shape.clients;
    const provider = providers[client % providers.length];
    if (provider === undefined) continue;
    // A client does one thing after the other.
    const before = clients.get(client) ?? Promise.resolve();
    clients.set(
      client,
      before.then(() => work(provider, planned)),
    );
  }
  await Promise.all(clients.values());
  const ending = { caller, crew };
  await bringToRest(ending);
  const { excused } = await judgeEnd(caller);
  if (shape.rests) await judgeIdle(ending);
  return excused;
}

function openProviders(caller: Caller): Provider[] {
  const providers: Provider[] = [];
  for (const tenant of caller.world.tenants) {
    const foreign = (): string[] =>
      providers.filter((one) => one.tenant !== tenant).flatMap((one) => one.users);
    providers.push({ caller, tenant, users: [], groups: [], names: new Map(), foreign });
  }
  return providers;
}

async function work(provider: Provider, { number, operation }: Planned): Promise<void> {
  const { world } = provider.caller;
  world.trace(() => `operation ${number} ${JSON.stringify(operation)}`);
  if (isOperators(operation)) await operate(provider.caller, provider.tenant.connection, operation);
  else await perform(provider, operation, number);
}
