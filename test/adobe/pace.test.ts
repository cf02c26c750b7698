import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Budget,
  block,
  blocksWholeCredential,
  mayListPageZero,
  noteAnswer,
  noteFailure,
  PAGE_ZERO_INTERVAL_MS,
  restampSlot,
  settleSlot,
  takeSlot,
} from '../../lambdas/adobe/pace.ts';

const empty: Budget = { slots: [] };
const maxOpenMs = 40_000;

function take(budget: Budget, now: number, { perMinute = 1, id = `c${now}` } = {}): Budget {
  const taken = takeSlot(budget, { now, perMinute, id, maxOpenMs });
  if (!taken.ok) throw new Error(`no slot before ${taken.freeAt}`);
  return taken.budget;
}
function freeAt(budget: Budget, now: number, perMinute = 1): number | 'now' {
  const taken = takeSlot(budget, { now, perMinute, id: 'x', maxOpenMs });
  return taken.ok ? 'now' : taken.freeAt;
}

describe('a slot of the budget (R30)', () => {
  test('frees 60 seconds after the answer', () => {
    const budget = settleSlot(take(empty, 1_000), 'c1000', 5_000);
    expect(freeAt(budget, 6_000)).toBe(65_000);
    expect(freeAt(budget, 64_999)).toBe(65_000);
    expect(freeAt(budget, 65_000)).toBe('now');
  });
  test('without an answer frees 60 seconds after the call can last have been open', () => {
    expect(freeAt(take(empty, 1_000), 2_000)).toBe(1_000 + maxOpenMs + 60_000);
  });
  test('of several, the one that frees first decides', () => {
    let budget = take(take(empty, 0, { perMinute: 2 }), 10, { perMinute: 2 });
    budget = settleSlot(settleSlot(budget, 'c10', 500), 'c0', 900);
    expect(freeAt(budget, 1_000, 2)).toBe(60_500);
  });
  test('when the limit was lowered, waits until enough slots are free', () => {
    let budget = empty;
    for (const now of [0, 10, 20]) budget = settleSlot(take(budget, now, { perMinute: 3 }), `c${now}`, now);
    expect(freeAt(budget, 30, 1)).toBe(60_020);
  });
  test('is dropped from the stored data once free', () => {
    const budget = settleSlot(take(empty, 0), 'c0', 100);
    expect(take(budget, 60_100).slots.map((slot) => slot.id)).toEqual(['c60100']);
  });
  test('of an unknown call is not settled into being', () => {
    expect(settleSlot(empty, 'c0', 5)).toEqual(empty);
  });
  test('kept for the next pick counts from when it is used (R18)', () => {
    const budget = restampSlot(take(empty, 0), 'c0', 90_000);
    expect(freeAt(budget, 90_001)).toBe(90_000 + maxOpenMs + 60_000);
  });
  test('is not freed early by a clock that stepped back (F23)', () => {
    expect(freeAt(settleSlot(take(empty, 10_000), 'c10000', 4_000), 10_001)).toBe(70_000);
  });
  test.each([0, -1, 1.5, Number.NaN])('cannot be taken of %s a minute', (perMinute) => {
    expect(() => takeSlot(empty, { now: 0, perMinute, id: 'x', maxOpenMs })).toThrow(RangeError);
  });
});

describe('a block from Retry-After (I16)', () => {
  test('lets nothing start before its end', () => {
    const budget = block(empty, 50_000);
    expect(freeAt(budget, 49_999)).toBe(50_000);
    expect(freeAt(budget, 50_000)).toBe('now');
  });
  test('is not shortened by a later, shorter one', () => {
    expect(block(block(empty, 50_000), 10_000).blockedUntil).toBe(50_000);
  });
  test('and taken slots: the later of both', () => {
    expect(freeAt(block(settleSlot(take(empty, 0), 'c0', 0), 70_000), 1)).toBe(70_000);
  });
  test('of more than 300 seconds holds for the whole credential (R30)', () => {
    expect(blocksWholeCredential(300_000, 0)).toBe(false);
    expect(blocksWholeCredential(300_001, 0)).toBe(true);
  });
});

describe('page 0 of a listing (umapi.md 4.2)', () => {
  const rows = [
    { label: 'never read', lastAt: undefined, now: 5, may: true },
    { label: 'read a moment less than two hours ago', lastAt: 0, now: PAGE_ZERO_INTERVAL_MS - 1, may: false },
    { label: 'read two hours ago', lastAt: 0, now: PAGE_ZERO_INTERVAL_MS, may: true },
    { label: 'read in the future of a clock that stepped back', lastAt: 10, now: 5, may: false },
  ];
  test.each(rows)('$label: $may', ({ lastAt, now, may }) => {
    expect(mayListPageZero(lastAt, now)).toBe(may);
  });
});

interface Try {
  /** Since the try before. */
  afterMs: number;
  reachesAdobeAfter: number;
  answeredAfter: number;
  crashes: boolean;
}
const tries: fc.Arbitrary<Try[]> = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30_000 })),
    reachesAdobeAfter: fc.double({ min: 0, max: 1, noNaN: true }),
    answeredAfter: fc.integer({ min: 0, max: maxOpenMs }),
    crashes: fc.boolean(),
  }),
  { minLength: 20, maxLength: 80 },
);

describe('whatever the answer times', () => {
  test('Adobe never sees more than N calls in any 60 seconds, crashes included (R30, I16)', () => {
    fc.assert(
      fc.property(tries, fc.integer({ min: 1, max: 10 }), (plan, perMinute) => {
        const arrivals = runTries(plan, perMinute).sort((a, b) => a - b);
        for (let i = 0; i + perMinute < arrivals.length; i += 1) {
          const span = (arrivals[i + perMinute] ?? 0) - (arrivals[i] ?? 0);
          expect(span).toBeGreaterThanOrEqual(60_000);
        }
      }),
    );
  });

  test('whoever waits until freeAt gets a slot then', () => {
    fc.assert(
      fc.property(tries, fc.integer({ min: 1, max: 3 }), (plan, perMinute) => {
        let budget = empty;
        let now = 0;
        for (const [index, one] of plan.entries()) {
          const first = takeSlot(budget, { now, perMinute, id: `c${index}`, maxOpenMs });
          if (!first.ok) now = first.freeAt;
          const second = takeSlot(budget, { now, perMinute, id: `c${index}`, maxOpenMs });
          expect(second.ok).toBe(true);
          if (second.ok) budget = second.budget;
          if (!one.crashes) budget = settleSlot(budget, `c${index}`, now + one.answeredAfter);
          now += one.afterMs;
        }
      }),
    );
  });
});

/** Tries to call at the given times, skipping where there is no slot; returns when the calls reached Adobe. */
function runTries(plan: readonly Try[], perMinute: number): number[] {
  let budget = empty;
  let now = 0;
  const answers: { id: string; at: number }[] = [];
  const arrivals: number[] = [];
  for (const [index, one] of plan.entries()) {
    now += one.afterMs;
    for (const answer of answers.filter(({ at }) => at <= now))
      budget = settleSlot(budget, answer.id, answer.at);
    const id = `c${index}`;
    const taken = takeSlot(budget, { now, perMinute, id, maxOpenMs });
    if (!taken.ok) continue;
    budget = taken.budget;
    arrivals.push(now + one.answeredAfter * one.reachesAdobeAfter);
    if (!one.crashes) answers.push({ id, at: now + one.answeredAfter });
  }
  return arrivals;
}

describe('a circuit (umapi.md 18.3)', () => {
  const MINUTE = 60_000;

  test('opens for 1, 2, 4, 8 and then 15 minutes as calls fail in a row; an answer closes it', () => {
    let budget = empty;
    const pauses: number[] = [];
    for (let at = 0; pauses.length < 7; at = budget.blockedUntil ?? at) {
      budget = noteFailure({ ...budget, slots: [] }, at);
      pauses.push(((budget.blockedUntil ?? 0) - at) / MINUTE);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 15, 15, 15]);
    expect(noteFailure(noteAnswer(budget), 1e9).blockedUntil).toBe(1e9 + MINUTE);
  });
  test('that Adobe asked to keep open longer stays open longer', () => {
    expect(noteFailure(empty, 0, 50 * MINUTE).blockedUntil).toBe(50 * MINUTE);
    expect(noteAnswer(noteFailure(empty, 0, 50 * MINUTE)).blockedUntil).toBe(50 * MINUTE);
  });
  test('half open lets one call through, and the next when that was answered', () => {
    const open = noteFailure(empty, 0);
    expect(freeAt(open, MINUTE - 1, 9)).toBe(MINUTE);
    const probing = take(open, MINUTE, { perMinute: 9 });
    expect(probing.failures).toBe(1);
    expect(freeAt(probing, MINUTE + 1, 9)).toBe(MINUTE + maxOpenMs);
    const answered = noteAnswer(settleSlot(probing, `c${MINUTE}`, MINUTE + 5));
    expect(freeAt(answered, MINUTE + 6, 9)).toBe('now');
  });
});
