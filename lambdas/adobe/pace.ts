/**
 * How often we may call (`rules.md` R30, I16; `umapi.md` 4). A budget is data that the drain persists, one per
 * credential and endpoint; these functions decide when the next call may start and never wait or store.
 *
 * A slot is taken before the call and never given back. Adobe counts a call somewhere between its start and its answer,
 * so a slot frees 60 seconds after the answer; when no answer was recorded, 60 seconds after the last moment at which
 * the call can still have been open. Invariant: calls that hold a slot reach Adobe at most `perMinute` times in any 60 s.
 */
import * as z from 'zod';

const EpochMs = z.number();

export const Slot = z.object({ id: z.string(), at: EpochMs, answeredAt: EpochMs.optional() });
export type Slot = z.infer<typeof Slot>;

/** What is stored for one credential and endpoint. An absent item is `{ slots: [] }`. */
export const Budget = z.object({
  slots: z.array(Slot),
  /** Nothing starts before this instant (from Retry-After, or because calls failed in a row). */
  blockedUntil: EpochMs.optional(),
  /** Calls in a row that had no answer of use. While there is one the circuit is half open: one call at a time. */
  failures: z.number().int().optional(),
});
export type Budget = z.infer<typeof Budget>;

export type Endpoint = 'action' | 'users' | 'usersByGroup' | 'singleUser' | 'groups';

/** Below Adobe's limits of 10, 25, 25, 25 and 5 (`umapi.md` 4.1): room for a call repeated after a 401. */
export const defaultPerMinute: Readonly<Record<Endpoint, number>> = {
  action: 9,
  users: 23,
  usersByGroup: 23,
  singleUser: 23,
  groups: 4,
};

const WINDOW_MS = 60_000;

export interface SlotRequest {
  readonly now: number;
  readonly perMinute: number;
  /** Unique per call: the request id under which the answer will be recorded. */
  readonly id: string;
  /** How long after taking the slot its call may at most be open: the lease's length (`rules.md` R29). */
  readonly maxOpenMs: number;
}

export type SlotTaken =
  | { readonly ok: true; readonly budget: Budget }
  /** No slot before `freeAt` (an upper bound: an answer that arrives may free one earlier). */
  | { readonly ok: false; readonly freeAt: number };

/**
 * Takes a slot, or says when to ask again. The new budget must be stored, conditionally, before the call starts.
 * @throws RangeError when `perMinute` is not a whole number of at least 1
 */
export function takeSlot(budget: Budget, { now, perMinute, id, maxOpenMs }: SlotRequest): SlotTaken {
  if (!Number.isInteger(perMinute) || perMinute < 1) {
    throw new RangeError(`perMinute is ${perMinute}: set a whole number of at least 1`);
  }
  const held = budget.slots.filter((slot) => freesAt(slot, maxOpenMs) > now);
  const { failures } = budget;
  const probing = failures === undefined ? [] : held.filter(({ answeredAt }) => answeredAt === undefined);
  const frees = held.map((slot) => freesAt(slot, maxOpenMs)).sort((a, b) => a - b);
  // With `held` slots taken, the call may start once all but `perMinute - 1` of them are free.
  const slotFreeAt = frees[held.length - perMinute] ?? now;
  const probedAt = probing.map(({ at }) => at + maxOpenMs);
  const freeAt = Math.max(slotFreeAt, budget.blockedUntil ?? now, ...probedAt);
  if (freeAt > now) return { ok: false, freeAt };
  const slots = [...held, { id, at: now }];
  return { ok: true, budget: failures === undefined ? { slots } : { slots, failures } };
}

/** Records the answer of the call `id`, whatever it was. Unknown ids (freed long ago) change nothing. */
export function settleSlot(budget: Budget, id: string, answeredAt: number): Budget {
  return withSlot(budget, id, (slot) => ({
    ...slot,
    // Never earlier than what is known: clocks may step back (F23).
    answeredAt: Math.max(answeredAt, slot.at, slot.answeredAt ?? slot.at),
  }));
}

/**
 * Moves a slot that was taken but not used yet to `now` (`rules.md` R18: it is kept for the next pick). Without this
 * a call that starts long after its slot was taken, and is never answered, would free it too early. Whoever uses a
 * kept slot looks at `blockedUntil` again: a block may have come since.
 */
export function restampSlot(budget: Budget, id: string, now: number): Budget {
  return withSlot(budget, id, (slot) =>
    slot.answeredAt === undefined ? { ...slot, at: Math.max(slot.at, now) } : slot,
  );
}

/** Forbids calls before `until`; an earlier `until` never shortens a block. */
export function block(budget: Budget, until: number): Budget {
  return { ...budget, blockedUntil: Math.max(until, budget.blockedUntil ?? until) };
}

const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 15 * 60_000;

/**
 * Opens the circuit after a call without an answer of use (`umapi.md` 18.3): from one minute on, twice as long each
 * time, at most 15 minutes. `until` is what Adobe asked for, and holds where it is longer.
 */
export function noteFailure(budget: Budget, now: number, until = now): Budget {
  const failures = (budget.failures ?? 0) + 1;
  const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10));
  return { ...block(budget, Math.max(until, now + pauseMs)), failures };
}

/** Closes the circuit: Adobe answers. A block that it asked for stays. */
export function noteAnswer({ failures: _over, ...budget }: Budget): Budget {
  return budget;
}

/** A wait longer than this is Adobe's frequency throttle and holds for every endpoint of the credential (R30). */
export const LONG_BLOCK_MS = 300_000;

/** Whether a block until `until` has to be written to all budgets of the credential (`rules.md` R30). */
export function blocksWholeCredential(until: number, now: number): boolean {
  return until - now > LONG_BLOCK_MS;
}

/** Adobe wants full listings at most every two hours (`umapi.md` 4.2). */
export const PAGE_ZERO_INTERVAL_MS = 2 * 60 * 60 * 1_000;

/** Whether page 0 of a list may be read again, `lastAt` being when it last was: also a try that failed counts. */
export function mayListPageZero(lastAt: number | undefined, now: number): boolean {
  return lastAt === undefined || now - lastAt >= PAGE_ZERO_INTERVAL_MS;
}

function freesAt(slot: Slot, maxOpenMs: number): number {
  return (slot.answeredAt ?? slot.at + maxOpenMs) + WINDOW_MS;
}

function withSlot(budget: Budget, id: string, change: (slot: Slot) => Slot): Budget {
  return { ...budget, slots: budget.slots.map((slot) => (slot.id === id ? change(slot) : slot)) };
}
