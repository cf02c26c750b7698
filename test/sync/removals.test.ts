/** The removal limit as arithmetic (design.md section 6; V2): its numbers, and what no order of events can exceed (I10). */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AccountId } from '../../lambdas/directory/records.ts';
import { Hold, type HoldMark, RemovalLimit } from '../../lambdas/directory/safety.ts';
import type { Removed } from '../../lambdas/directory/work.ts';
import {
  addLoss,
  judgeLoss,
  type Loss,
  mostPeople,
  standingOf,
  WINDOW_MS,
  type Window,
  windowOf,
} from '../../lambdas/sync/removals.ts';

const person = (at: number) => AccountId.parse(`00000000-0000-7000-8000-${String(at).padStart(12, '0')}`);
const none = new Set<string>();

function figures(people: number, holders: Record<string, number> = {}) {
  return { people, holders: new Map(Object.entries(holders)) };
}

/** How many of so many people, each losing the same one thing, are let through. */
function allowed(window: Window, size: number, options: Parameters<typeof judgeLoss>[2] = { emptied: none }) {
  let count = 0;
  for (let at = 0; at < size; at++) {
    const loss = { account: person(at), keys: ['x'] };
    if (judgeLoss(window, loss, options).held.length > 0) continue;
    addLoss(window, loss);
    count += 1;
  }
  return count;
}

describe('people who may lose something in an hour (V2)', () => {
  test.each([
    { managed: 0, most: 10 },
    { managed: 100, most: 10 },
    { managed: 109, most: 10 },
    { managed: 110, most: 11 },
    { managed: 1_999, most: 199 },
    { managed: 2_000, most: 200 },
    { managed: 50_000, most: 200 },
  ])('$most of $managed managed people', ({ managed, most }) => {
    expect(mostPeople(managed)).toBe(most);
    // No entitlement is named in the figures, so no other rule speaks.
    expect(allowed(windowOf([], figures(managed)), most + 5)).toBe(most);
  });

  test('somebody who already lost something in the hour may lose more', () => {
    const window = windowOf([], figures(10));
    for (let at = 0; at < 10; at++) addLoss(window, { account: person(at), keys: ['x'] });
    expect(judgeLoss(window, { account: person(3), keys: ['y'] }, { emptied: none }).held).toEqual([]);
    expect(judgeLoss(window, { account: person(11), keys: ['y'] }, { emptied: none })).toEqual({
      held: ['y'],
      causes: ['people'],
    });
  });
});

describe('the holders of one entitlement (V2)', () => {
  test.each([
    { holders: 19, allow: 10 },
    { holders: 20, allow: 5 },
    { holders: 39, allow: 9 },
    { holders: 40, allow: 10 },
  ])('$allow of $holders while others want it', ({ holders, allow }) => {
    expect(allowed(windowOf([], figures(100, { x: holders })), holders)).toBe(allow);
  });

  test.each([
    { holders: 4, allow: 4 },
    { holders: 5, allow: 0 },
    { holders: 500, allow: 0 },
  ])('$allow of $holders when nobody wants it any more', ({ holders, allow }) => {
    const emptied = new Set(['x']);
    expect(allowed(windowOf([], figures(5_000, { x: holders })), holders, { emptied })).toBe(allow);
  });

  test('only what is beyond its own limit is held of a person’s removals', () => {
    const window = windowOf([], figures(100, { x: 5, y: 50 }));
    const loss = { account: person(1), keys: ['x', 'y'] };
    expect(judgeLoss(window, loss, { emptied: new Set(['x']) })).toEqual({
      held: ['x'],
      causes: ['emptied x'],
    });
  });

  test('what was taken away in the hour counts as held before it', () => {
    const before: Removed = { at: 0, people: 100, holders: { x: 40 }, lost: { [person(0)]: ['x'] } };
    expect(allowed(windowOf([before], figures(99, { x: 39 })), 40)).toBe(10);
  });

  test('the same removal sent again counts once', () => {
    const lost = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [person(at), ['x']]));
    const window = windowOf([{ at: 0, people: 40, holders: { x: 40 }, lost }], figures(40, { x: 40 }));
    const judge = (at: number) =>
      judgeLoss(window, { account: person(at), keys: ['x'] }, { emptied: none }).held;
    expect([judge(9), judge(10)]).toEqual([[], ['x']]);
  });
});

describe('an operator’s own numbers', () => {
  test('are taken as they are', () => {
    const limit = { people: 3, percent: 100, emptyingFrom: 1 };
    expect(allowed(windowOf([], figures(5_000, { x: 30 })), 30, { limit, emptied: none })).toBe(3);
    expect(allowed(windowOf([], figures(5_000, { x: 1 })), 1, { limit, emptied: new Set(['x']) })).toBe(0);
  });

  test.each([
    { label: 'stricter', limit: { people: 0, percent: 10, emptyingFrom: 2 }, ok: true },
    { label: 'as built in', limit: { people: 10, percent: 25, emptyingFrom: 5 }, ok: true },
    { label: 'more people', limit: { people: 11 }, ok: false },
    { label: 'more percent', limit: { percent: 26 }, ok: false },
    { label: 'later emptying', limit: { emptyingFrom: 6 }, ok: false },
    { label: 'more people, with a reason', limit: { people: 500, reason: 'end of the term' }, ok: true },
  ])('$label: accepted $ok', ({ limit, ok }) => {
    expect(RemovalLimit.safeParse(limit).success).toBe(ok);
  });
});

/** Requests at any time, each with some people losing some things: what is let through is on record, as the drain does it. */
const event = fc.record({
  after: fc.integer({ min: 1, max: WINDOW_MS }),
  losses: fc.array(
    fc.record({
      who: fc.nat(60),
      keys: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }),
      /** Was given back before what was taken earlier; otherwise the removal is the same one, sent again. */
      regranted: fc.boolean(),
    }),
    { maxLength: 10 },
  ),
});

interface Sent extends Loss {
  readonly at: number;
  /** Holders before it. */
  readonly before: ReadonlyMap<string, number>;
}

interface Planned {
  readonly who: number;
  readonly keys: string[];
  readonly regranted: boolean;
}

/** The drain's part: judge, record, send. A removal sent again takes nothing from anybody, so it is not among what was sent. */
function play(events: readonly { after: number; losses: readonly Planned[] }[], people: number) {
  const held = new Map([...'xyz'].map((key, at) => [key, 20 + at * 40]));
  const gone = new Set<string>();
  const records: Removed[] = [];
  const sent: Sent[] = [];
  const given: { at: number; key: string }[] = [];
  let now = 1_000_000_000;
  for (const { after, losses } of events) {
    now += after;
    const back = losses.flatMap(({ who, keys, regranted }) =>
      regranted ? keys.map((key) => ({ who, key })) : [],
    );
    for (const { who, key } of back) {
      if (!gone.delete(`${key} ${who}`)) continue;
      held.set(key, (held.get(key) ?? 0) + 1);
      given.push({ at: now, key });
    }
    const before = new Map(held);
    const recent = records.filter(({ at }) => at > now - WINDOW_MS);
    const window = windowOf(recent, { people, holders: before });
    const lost: Record<string, string[]> = {};
    for (const { who, keys } of losses) {
      const account = person(who);
      const judged = judgeLoss(window, { account, keys }, { emptied: none });
      const loss = { account, keys: keys.filter((key) => !judged.held.includes(key)) };
      addLoss(window, loss);
      lost[account] = [...(lost[account] ?? []), ...loss.keys];
      const taken = loss.keys.filter((key) => !gone.has(`${key} ${who}`));
      if (taken.length > 0) sent.push({ account, keys: taken, at: now, before });
      for (const key of taken) {
        gone.add(`${key} ${who}`);
        held.set(key, Math.max(0, (held.get(key) ?? 0) - 1));
      }
    }
    records.push({ at: now, people, holders: Object.fromEntries(before), lost });
  }
  return { sent, given };
}

test('in no rolling hour, in any order of events, do more people or holders lose something than allowed (I10)', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), fc.constantFrom(60, 240, 3_000), (events, people) => {
      const { sent, given } = play(events, people);
      for (const { at } of sent) {
        const hour = sent.filter((one) => one.at > at - WINDOW_MS && one.at <= at);
        expect(new Set(hour.map(({ account }) => account)).size).toBeLessThanOrEqual(mostPeople(people));
        for (const key of 'xyz') {
          const losing = hour.filter(({ keys }) => keys.includes(key));
          // All who held it in that hour: those at its start, and those who were given it since.
          const start = losing[0]?.at ?? 0;
          const since = given.filter((one) => one.key === key && one.at > start && one.at <= at);
          const holders = (losing[0]?.before.get(key) ?? 0) + since.length;
          if (Math.max(0, ...losing.map(({ before }) => before.get(key) ?? 0)) < 20) continue;
          expect(new Set(losing.map(({ account }) => account)).size).toBeLessThanOrEqual(
            Math.floor(holders / 4),
          );
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('of 50,000 people who lose everything at once, 200 an hour go and the rest waits (V2)', () => {
  expect(allowed(windowOf([], figures(50_000)), 50_000)).toBe(200);
}, 30_000);

describe('a pair that was held', () => {
  const now = 1_000;
  const hold = (over: object) =>
    Hold.parse({ id: 1, state: 'open', opened: 0, last: 0, pairs: 9, causes: ['people'], ...over });
  const approved = { state: 'approved', approvedUpTo: 5, expiresAt: 2_000 };
  test.each<{ label: string; mark?: HoldMark; state?: object; expected: string }>([
    { label: 'none', expected: 'free' },
    { label: 'open', mark: { id: 1, seq: 5 }, state: {}, expected: 'removal-limit' },
    { label: 'unknown hold', mark: { id: 2, seq: 5 }, state: approved, expected: 'removal-limit' },
    {
      label: 'rejected',
      mark: { id: 1, seq: 5 },
      state: { state: 'rejected' },
      expected: 'removal-rejected',
    },
    { label: 'the last approved one', mark: { id: 1, seq: 5 }, state: approved, expected: 'approved' },
    { label: 'one that came later', mark: { id: 1, seq: 6 }, state: approved, expected: 'again' },
    { label: 'expired', mark: { id: 1, seq: 5 }, state: { ...approved, expiresAt: now }, expected: 'again' },
    {
      label: 'released alone',
      mark: { id: 1, seq: 5, releasedUntil: 1_001 },
      state: {},
      expected: 'approved',
    },
    {
      label: 'released too long ago',
      mark: { id: 1, seq: 5, releasedUntil: now },
      state: {},
      expected: 'removal-limit',
    },
  ])('$label: $expected (V4, V5)', ({ mark, state, expected }) => {
    expect(standingOf(mark, new Map(state === undefined ? [] : [[1, hold(state)]]), now)).toBe(expected);
  });
});
