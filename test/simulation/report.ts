/** A finding as a person reads it: what broke, the least that breaks it, and how to see it again. */
import type { Outcome, RunOptions } from './run.ts';
import type { FaultKind } from './stage/faults.ts';

const TRACE_LINES = 50;
const SHOWN = 5;

export interface Found {
  readonly options: RunOptions;
  readonly outcome: Outcome;
}

export function reportLines({ options, outcome }: Found): string[] {
  const { violations, workload, struck, trace } = outcome;
  const first = violations[0];
  const about = first === undefined ? [] : traceAround(trace, first.step);
  return [
    `seed ${options.seed}, profile ${options.profile}: ${violations.length} violations`,
    ...violations.slice(0, SHOWN).map(({ rule, text, step }) => `  ${rule} at step ${step}: ${text}`),
    `operations left: ${workload.operations.length}`,
    ...workload.operations.map(
      ({ number, client, gapMs, operation }) =>
        `  ${number} client ${client} after ${gapMs} ms ${JSON.stringify(operation)}`,
    ),
    `faults left: ${struck.length}`,
    ...struck.map(({ number, kind, step }) => `  ${number} ${kind} at step ${step}`),
    ...(about.length === 0 ? [] : ['trace:', ...about.map((line) => `  ${line}`)]),
    `again: ${commandFor(options)}`,
  ];
}

/** The lines that end with the step; of a finding at the end of the run, the last ones. */
function traceAround(trace: readonly string[], step: number): readonly string[] {
  const after = trace.findIndex((line) => Number(line.split(' ')[0]) > step);
  const upTo = after < 0 ? trace.length : after;
  return trace.slice(Math.max(0, upTo - TRACE_LINES), upTo);
}

const listed = (numbers: Iterable<number | FaultKind>): string => [...numbers].join(',');

/** The command that repeats a run exactly. */
export function commandFor(options: RunOptions): string {
  const { seed, profile, scheduleSeed, operations, without, spared, clients, workers } = options;
  const parts = [
    'npm run simulate -- --runs 1',
    `--seed ${seed} --profile ${profile}`,
    scheduleSeed === undefined || scheduleSeed === seed ? '' : `--schedule ${scheduleSeed}`,
    operations === undefined ? '' : `--only ${listed(operations)}`,
    without === undefined || without.size === 0 ? '' : `--without ${listed(without)}`,
    spared === undefined || spared.size === 0 ? '' : `--spare ${listed(spared)}`,
    clients === undefined ? '' : `--clients ${clients}`,
    workers === undefined ? '' : `--workers ${workers}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}
