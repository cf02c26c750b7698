/** The command line of `npm run simulate`. */
import { parseArgs } from 'node:util';
import { PROFILES, type Profile } from './profiles.ts';
import type { RunOptions } from './run.ts';
import { FAULT_KINDS, type FaultKind } from './stage/faults.ts';

export interface CliOptions {
  readonly runs: number;
  /** What every run begins from; its seed is the first one's. */
  readonly run: RunOptions;
  readonly plant: string | undefined;
  readonly listPlants: boolean;
  readonly trace: boolean;
  readonly keep: boolean;
  /** Runs that making a finding small may take; 0 = leave it as it is. */
  readonly shrink: number;
  readonly engine: boolean;
  /** Processes that share the runs. */
  readonly jobs: number;
}

export const USAGE = `npm run simulate -- [--runs N] [--seed S] [--profile ${PROFILES.join(' | ')}]
  --plant NAME     with this mistake in the product; found or not found
  --plant all      every plant, each in a process of its own
  --list-plants    the mistakes that can be planted
  --engine         on the embedded engine instead of the model
  --jobs N         in N processes
  --trace          every step, in words
  --shrink N       at most N runs to make a finding small (default 300)
  --keep           write findings into test/simulation/regressions
 to repeat a finding: --schedule S --only N,.. --without KIND,.. --spare N,.. --clients N --workers N`;

/** @throws Error that says what is wrong */
export function readOptions(argv: readonly string[]): CliOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      runs: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      profile: { type: 'string', default: 'strict' },
      plant: { type: 'string' },
      'list-plants': { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      engine: { type: 'boolean', default: false },
      shrink: { type: 'string', default: '300' },
      jobs: { type: 'string', default: '1' },
      schedule: { type: 'string' },
      only: { type: 'string' },
      without: { type: 'string' },
      spare: { type: 'string' },
      clients: { type: 'string' },
      workers: { type: 'string' },
    },
  });
  const run = runOptions(values, readProfile(values.profile));
  return {
    runs: whole('runs', values.runs),
    run,
    plant: values.plant,
    listPlants: values['list-plants'],
    trace: values.trace,
    keep: values.keep,
    shrink: whole('shrink', values.shrink),
    engine: values.engine,
    jobs: Math.max(1, whole('jobs', values.jobs)),
  };
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function runOptions(values: Values, profile: Profile): RunOptions {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const number = (name: string): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : whole(name, value);
  };
  const numbers = (name: string): Set<number> | undefined => {
    const value = text(name);
    return value === undefined ? undefined : new Set(value.split(',').map((one) => whole(name, one)));
  };
  const without = text('without')?.split(',').map(readKind);
  const optional = {
    scheduleSeed: number('schedule'),
    operations: numbers('only'),
    without: without === undefined ? undefined : new Set(without),
    spared: numbers('spare'),
    clients: number('clients'),
    workers: number('workers'),
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { seed: number('seed') ?? 1, profile, ...given };
}

function whole(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} takes a whole number, not ${text}\n${USAGE}`);
  return Number(text);
}

function readProfile(text: string): Profile {
  const profile = PROFILES.find((one) => one === text);
  if (profile === undefined) throw new Error(`there is no profile ${text}\n${USAGE}`);
  return profile;
}

function readKind(text: string): FaultKind {
  const kind = FAULT_KINDS.find((one) => one === text);
  if (kind === undefined) throw new Error(`there is no kind of fault ${text}: ${FAULT_KINDS.join(', ')}`);
  return kind;
}
