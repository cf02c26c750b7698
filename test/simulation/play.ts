/** Runs one after the other, each hundredth of them twice (I20), and what they found. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { CliOptions } from './options.ts';
import { reportLines } from './report.ts';
import { type Outcome, type RunOptions, simulate } from './run.ts';
import { shrink } from './shrink.ts';
import { closeEngine } from './stage/engine.ts';

type Write = (line: string) => void;

const TWICE_EVERY = 100;
const CASES = new URL('./regressions/', import.meta.url);

interface Tally {
  runs: number;
  bad: number;
  steps: number;
  calls: number;
  faults: number;
  readonly excused: Map<string, number>;
}

export async function playAll(options: CliOptions, write: Write): Promise<number> {
  const tally: Tally = { runs: 0, bad: 0, steps: 0, calls: 0, faults: 0, excused: new Map() };
  const began = performance.now();
  for (let at = 0; at < options.runs; at++) {
    const run: RunOptions = { ...options.run, seed: options.run.seed + at };
    const outcome = await playOne(run, options, write);
    count(tally, outcome);
    if (outcome.violations.length === 0) continue;
    if (options.plant !== undefined) {
      const [first] = outcome.violations;
      write(
        `${options.plant}: found after ${tally.runs} runs, by ${first?.rule}: ${first?.text.slice(0, 160)}`,
      );
      return 1;
    }
    await tell(run, outcome, { options, write });
  }
  if (options.plant !== undefined) {
    write(`${options.plant}: not found in ${tally.runs} runs`);
    return 0;
  }
  await closeEngine();
  write(summary(tally, (performance.now() - began) / 1_000));
  return tally.bad > 0 ? 1 : 0;
}

async function playOne(run: RunOptions, { trace, engine }: CliOptions, write: Write): Promise<Outcome> {
  // An engine remembers the client tokens of the first time, which are the same ones.
  const twice = !engine && run.seed % TWICE_EVERY === 0;
  const outcome = await simulate({ ...run, tracing: trace || twice, engine });
  if (trace) for (const line of outcome.trace) write(line);
  if (!twice) return outcome;
  const again = await simulate({ ...run, tracing: true, engine });
  const at = outcome.trace.findIndex((line, place) => line !== again.trace[place]);
  if (at < 0 && outcome.trace.length === again.trace.length) return outcome;
  const text = `the same seed went another way: ${outcome.trace[at]} | ${again.trace[at]}`;
  return { ...outcome, violations: [...outcome.violations, { rule: 'I20', text, step: at }] };
}

function count(tally: Tally, outcome: Outcome): void {
  tally.runs += 1;
  tally.bad += outcome.violations.length > 0 ? 1 : 0;
  tally.steps += outcome.steps;
  tally.calls += outcome.actionCalls;
  tally.faults += outcome.struck.length;
  for (const [reason, people] of outcome.excused)
    tally.excused.set(reason, (tally.excused.get(reason) ?? 0) + people);
}

function summary({ runs, bad, steps, calls, faults, excused }: Tally, seconds: number): string {
  const reasons = [...excused].map(([reason, people]) => `${reason} ${people}`).join(', ');
  return [
    `${runs} runs, ${bad} with violations; ${steps} steps, ${calls} action calls, ${faults} faults`,
    `people who wait for a reason that holds: ${reasons || 'none'}`,
    `${seconds.toFixed(1)} s, ${(runs / seconds).toFixed(1)} runs a second`,
  ].join('\n');
}

async function tell(
  run: RunOptions,
  outcome: Outcome,
  { options, write }: { readonly options: CliOptions; readonly write: Write },
): Promise<void> {
  const first = outcome.violations[0];
  write(`seed ${run.seed}: ${first?.rule} ${first?.text}`);
  const small =
    options.shrink > 0 ? await shrink(simulate, { options: run, outcome }, options.shrink) : undefined;
  const found = small ?? { options: run, outcome: await simulate({ ...run, tracing: true }) };
  for (const line of reportLines(found)) write(line);
  if (options.keep) write(`kept as ${keep(found.options)}`);
}

/** A finding stays in the repository, and every test run looks whether it came back. */
function keep({
  seed,
  profile,
  scheduleSeed,
  operations,
  without,
  spared,
  clients,
  workers,
}: RunOptions): string {
  const sets = {
    ...(operations === undefined ? {} : { operations: [...operations] }),
    ...(without === undefined ? {} : { without: [...without] }),
    ...(spared === undefined ? {} : { spared: [...spared] }),
  };
  const name = `${profile}-${seed}.json`;
  mkdirSync(CASES, { recursive: true });
  const text = JSON.stringify({ seed, profile, scheduleSeed, ...sets, clients, workers }, undefined, 2);
  writeFileSync(new URL(name, CASES), `${text}\n`);
  return name;
}
