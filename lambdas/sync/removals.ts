/**
 * The removal limit as arithmetic (design.md section 6; V2-V5): who may lose what now, given what was taken away in the
 * last hour. No I/O; `removal-limit.ts` reads before and holds after.
 *
 *   rule                    counts                                held from
 *   people                  people who lose anything, per org     max(10, min(200, 10 % of the managed people)) + 1
 *   percent <entitlement>   people who lose it, 20 or more hold   25 % of the holders, + 1
 *   emptied <entitlement>   -                                     5 holders, when nobody wants it any more
 *   out of the org          people, and who is out, together      waits for the next hour: it has been taken all before
 *
 * "Managed" and "holders" are the most of the last hour: an hour that takes away does not shrink its own measure. What
 * was taken from somebody counts once, however often it is sent; what an operator approved does not count, and neither
 * does who goes out of the org with nothing of ours left: no leaver is held because earlier ones are cleaned up (V4).
 */
import type { Action } from '../adobe/adobe.ts';
import { entitlementKey } from '../directory/keys.ts';
import type { AccountId, EntitlementKey } from '../directory/records.ts';
import type { Hold, HoldMark, RemovalLimit } from '../directory/safety.ts';
import type { Figures, Removed } from '../directory/work.ts';
import type { PlannedAction } from './planning.ts';

/** An hour, and what the clocks of two machines may differ: five minutes each (F23). */
export const WINDOW_MS = 70 * 60 * 1000;
/** An approval holds this long (V5). */
export const APPROVAL_MS = 24 * 60 * 60 * 1000;
const PERCENT_FROM = 20;

/** What the last hour took away, and what there was. */
export interface Window {
  /** Who lost an entitlement. */
  readonly people: Set<AccountId>;
  readonly lost: Map<EntitlementKey, Set<AccountId>>;
  readonly managed: number;
  readonly holders: ReadonlyMap<EntitlementKey, number>;
}

export function windowOf(removed: readonly Removed[], figures: Figures): Window {
  const holders = new Map(figures.holders);
  for (const record of removed) {
    for (const [key, count] of Object.entries(record.holders)) {
      holders.set(key, Math.max(count, holders.get(key) ?? 0));
    }
  }
  const managed = removed.reduce((most, { people }) => Math.max(most, people), figures.people);
  const window: Window = { people: new Set(), lost: new Map(), managed, holders };
  for (const record of removed) {
    // Keys of a record are account ids; `Object.entries` forgets it.
    for (const [account, keys] of Object.entries(record.lost))
      addLoss(window, { account: account as AccountId, keys });
  }
  return window;
}

export interface Loss {
  readonly account: AccountId;
  readonly keys: readonly EntitlementKey[];
}

/** Counts it into the window itself: a copy for each would cost the square of an hour that takes much away. */
export function addLoss({ people, lost }: Window, { account, keys }: Loss): void {
  if (keys.some((key) => key !== OUT_OF_ORG)) people.add(account);
  for (const key of keys) {
    const losers = lost.get(key);
    if (losers === undefined) lost.set(key, new Set([account]));
    else losers.add(account);
  }
}

export function mostPeople(managed: number, limit: RemovalLimit = {}): number {
  return limit.people ?? Math.max(10, Math.min(200, Math.floor(managed / 10)));
}

/** From how many holders on an entitlement is not emptied unseen. */
export function emptyingFrom(limit: RemovalLimit = {}): number {
  return limit.emptyingFrom ?? 5;
}

export interface Judged {
  readonly held: readonly EntitlementKey[];
  readonly causes: readonly string[];
}

/** Which of these may not be taken away now, and why. `emptied` are entitlements that nobody wants any more. */
export function judgeLoss(
  window: Window,
  { account, keys }: Loss,
  {
    limit = {},
    emptied,
  }: { readonly limit?: RemovalLimit | undefined; readonly emptied: ReadonlySet<EntitlementKey> },
): Judged {
  const held = new Map<EntitlementKey, string>();
  for (const key of keys) {
    const lost = window.lost.get(key) ?? new Set();
    if (lost.has(account)) continue;
    const holders = window.holders.get(key) ?? 0;
    const most = Math.floor((holders * (limit.percent ?? 25)) / 100);
    if (emptied.has(key) && holders >= emptyingFrom(limit)) held.set(key, `emptied ${key}`);
    else if (holders >= PERCENT_FROM && lost.size + 1 > most) held.set(key, `percent ${key}`);
  }
  const rest = keys.filter((key) => !held.has(key));
  const counted = rest.includes(OUT_OF_ORG) ? cleared(window) : window.people;
  if (rest.length > 0 && !counted.has(account) && counted.size + 1 > mostPeople(window.managed, limit)) {
    for (const key of rest) held.set(key, 'people');
  }
  return { held: [...held.keys()], causes: [...new Set(held.values())] };
}

/** Cleaning up leaves room to whoever loses something. */
function cleared({ people, lost }: Window): Set<AccountId> {
  return new Set([...people, ...(lost.get(OUT_OF_ORG) ?? [])]);
}

/**
 * How a pair stands: `free` was never held, `approved` goes without being counted, `again` outlived its approval or came
 * after it and is held anew: what was held once is never sent without a yes.
 */
export type Standing = 'free' | 'approved' | 'again' | 'removal-limit' | 'removal-rejected';

export function standingOf(
  mark: HoldMark | undefined,
  holds: ReadonlyMap<number, Hold>,
  now: number,
): Standing {
  if (mark === undefined) return 'free';
  if ((mark.releasedUntil ?? 0) > now) return 'approved';
  const hold = holds.get(mark.id);
  if (hold === undefined || hold.state === 'open') return 'removal-limit';
  if (hold.state === 'rejected') return 'removal-rejected';
  return mark.seq <= (hold.approvedUpTo ?? 0) && now < (hold.expiresAt ?? 0) ? 'approved' : 'again';
}

/** Stands for the org itself, out of which somebody is taken; no entitlement can be called so (T26). */
export const OUT_OF_ORG: EntitlementKey = '_org';

/** What the action takes away from the person. */
export function lostBy(action: Action): EntitlementKey | undefined {
  if (action.kind === 'removeFromOrg') return OUT_OF_ORG;
  return action.kind === 'revoke' ? entitlementKey(action.name) : undefined;
}

export function removalsIn(actions: readonly PlannedAction[]): EntitlementKey[] {
  return actions.flatMap(({ action }) => lostBy(action) ?? []);
}
