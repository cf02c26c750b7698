/**
 * Makes a failing run small: fewer operations, fewer kinds of faults, fewer clients and workers, fewer single faults. The
 * schedule keeps its tape by position; where a smaller run no longer fails with it, a few other schedules are tried.
 */
import type { Outcome, RunOptions } from './run.ts';
import type { FaultKind } from './stage/faults.ts';

export type Simulate = (options: RunOptions) => Promise<Outcome>;

export interface Shrunk {
  readonly options: RunOptions;
  readonly outcome: Outcome;
  /** How many runs it took. */
  readonly runs: number;
}

interface Search {
  readonly simulate: Simulate;
  /** The invariant that must break again. */
  readonly rule: string;
  /** Runs that are left. */
  budget: number;
  readonly most: number;
  best: { readonly options: RunOptions; readonly outcome: Outcome };
}

/** Other schedules for a step that no longer fails under the one at hand. */
const OTHER_SCHEDULES = 6;

export async function shrink(
  simulate: Simulate,
  failed: { readonly options: RunOptions; readonly outcome: Outcome },
  budget: number,
): Promise<Shrunk> {
  const rule = failed.outcome.violations[0]?.rule ?? '';
  const search: Search = { simulate, rule, budget, most: budget, best: failed };
  await fewerOperations(search);
  await fewerKinds(search);
  await fewerProcesses(search);
  await fewerFaults(search);
  await fewerOperations(search);
  const { options } = search.best;
  const outcome = await simulate({ ...options, tracing: true });
  return { options, outcome, runs: search.most - search.budget };
}

/** Whether the rule breaks with these options, now or under another schedule; then they are the best so far. */
async function stillFails(
  search: Search,
  change: Partial<RunOptions>,
  others = OTHER_SCHEDULES,
): Promise<boolean> {
  const { options } = search.best;
  const first = options.scheduleSeed ?? options.seed;
  for (let other = 0; other <= others; other++) {
    if (search.budget <= 0) return false;
    search.budget -= 1;
    const tried = { ...options, ...change, scheduleSeed: other === 0 ? first : first + other * 7_919 };
    const outcome = await search.simulate(tried);
    if (!outcome.violations.some((one) => one.rule === search.rule)) continue;
    search.best = { options: tried, outcome };
    return true;
  }
  return false;
}

async function fewerOperations(search: Search): Promise<void> {
  let size = Math.ceil(search.best.outcome.workload.operations.length / 2);
  for (; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < search.best.outcome.workload.operations.length; ) {
      const numbers = search.best.outcome.workload.operations.map((one) => one.number);
      const operations = new Set([...numbers.slice(0, from), ...numbers.slice(from + size)]);
      if (!(await stillFails(search, { operations }, size > 1 ? OTHER_SCHEDULES : 2))) from += size;
    }
  }
}

async function fewerKinds(search: Search): Promise<void> {
  const kinds = new Set(search.best.outcome.struck.map((one) => one.kind));
  for (const kind of kinds) {
    const without = new Set<FaultKind>([...(search.best.options.without ?? []), kind]);
    await stillFails(search, { without }, 2);
  }
}

async function fewerProcesses(search: Search): Promise<void> {
  const { clients, workers } = search.best.outcome.workload.shape;
  for (let fewer = 1; fewer < workers; fewer++) if (await stillFails(search, { workers: fewer })) break;
  for (let fewer = 1; fewer < clients; fewer++) if (await stillFails(search, { clients: fewer })) break;
}

/** By halves, then one by one; a fault that is left out may change which come after it, so only this schedule counts. */
async function fewerFaults(search: Search): Promise<void> {
  for (let size = 16; size >= 1; size = Math.floor(size / 2)) {
    const numbers = search.best.outcome.struck.map((one) => one.number);
    for (let from = 0; from < numbers.length; from += size) {
      const spared = new Set([...(search.best.options.spared ?? []), ...numbers.slice(from, from + size)]);
      await stillFails(search, { spared }, 0);
    }
  }
}
