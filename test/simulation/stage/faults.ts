/**
 * What goes wrong in a run: kinds with their rates, a random half of them switched off and the others scaled (swarm),
 * drawn from the tape of the schedule. Each fault that strikes has a number, by which a shrinker can leave it out.
 */
import type { Tape } from './tape.ts';

/** Chance per opportunity: a call of the table, a call of Adobe, a wake-up, a step of a task, an answer to a client. */
export const RATES = {
  /** F01: throttled before anything happened. */
  storeThrottle: 0.03,
  /** 500 of the table, before anything happened. */
  storeError: 0.01,
  /** F05: done, and the answer is lost. */
  storeLost: 0.03,
  /** F03: cancelled by another transaction. */
  storeConflict: 0.03,
  /** F06, F07: less than what was asked for, with a key to go on from. */
  storeShort: 0.05,
  /** A call that takes seconds to minutes. */
  storeSlow: 0.001,
  /** F08: a change reaches the index late. */
  indexLag: 0.2,
  /** F14, F15: the process is gone, before or after the effect of its call. */
  kill: 0.002,
  wakeLost: 0.1,
  wakeTwice: 0.1,
  wakeLate: 0.1,
  /** F32: 429 or 503 with Retry-After in any form. */
  adobeThrottle: 0.05,
  /** F34: 5xx or a broken connection, nothing done. */
  adobeBefore: 0.04,
  /** F35: done, then 5xx or a broken connection. */
  adobeAfter: 0.04,
  /** No connection at all. */
  adobeUnreachable: 0.02,
  /** F40: 200 that is no answer. */
  adobeUnreadable: 0.02,
  /** F37: one command of a 200 fails by itself. */
  adobePartial: 0.06,
  /** F38: result, counts and errors that disagree. */
  adobeContradiction: 0.02,
  /** F41: an answer that takes up to five minutes. */
  adobeSlow: 0.04,
  /** F36: an error now, the effect up to 25 minutes later. */
  adobeLate: 0.04,
  /** F42: all tokens are refused from now on, once. */
  tokenExpired: 0.01,
  /** F42: the token service fails. */
  tokenError: 0.03,
  /** F53: the request is done and its answer never arrives. */
  answerLost: 0.04,
  /** F23: the clock of one process jumps. */
  clockJump: 0.002,
  /** F47: somebody works in the Admin Console; per client operation. */
  handWork: 0.05,
} as const;

export type FaultKind = keyof typeof RATES;
export const FAULT_KINDS = Object.keys(RATES) as readonly FaultKind[];

export interface FaultOptions {
  /** Kinds that may strike at all. */
  readonly allowed: ReadonlySet<FaultKind>;
  /** Numbers of faults that are left out. */
  readonly spared?: ReadonlySet<number>;
}

export interface Struck {
  readonly number: number;
  readonly kind: FaultKind;
  readonly step: number;
}

export interface Faults {
  readonly rates: ReadonlyMap<FaultKind, number>;
  readonly struck: readonly Struck[];
  /** At most one of the kinds strikes. One draw, whatever comes of it. */
  draw(kinds: readonly FaultKind[]): FaultKind | undefined;
  strikes(kind: FaultKind): boolean;
  /** From now on nothing fails. */
  stop(): void;
}

export function openFaults(
  tape: Tape,
  swarm: Tape,
  { allowed, spared, step }: FaultOptions & { readonly step: () => number },
): Faults {
  const rates = new Map<FaultKind, number>();
  for (const kind of FAULT_KINDS) {
    // Drawn for every kind, so that switching one off leaves the others as they were.
    const [on, scale] = [swarm.chance(0.5), 0.2 * 25 ** swarm.random()];
    if (on && allowed.has(kind)) rates.set(kind, Math.min(0.5, RATES[kind] * scale));
  }
  const struck: Struck[] = [];
  let number = 0;
  let stopped = false;
  const draw = (kinds: readonly FaultKind[]): FaultKind | undefined => {
    if (stopped) return undefined;
    let left = tape.random();
    for (const kind of kinds) {
      left -= rates.get(kind) ?? 0;
      if (left >= 0) continue;
      number += 1;
      if (spared?.has(number) === true) return undefined;
      struck.push({ number, kind, step: step() });
      return kind;
    }
    return undefined;
  };
  return {
    rates,
    struck,
    draw,
    strikes: (kind) => (rates.has(kind) ? draw([kind]) === kind : false),
    stop: () => {
      stopped = true;
    },
  };
}
