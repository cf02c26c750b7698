/**
 * What is taken away: entitlements that nobody wants any more, after the grace (R22), and, where the settings say so,
 * people whom we created out of the org. Pure; `policy.ts` and the removal limit decide what of it may run.
 *
 * Invariant: nobody is removed who was there before us, who has another owner by now, or about whom a fresh read shows
 * anything that the ledger does not (design.md section 5, "Leaving").
 */
import { emailKey } from '../directory/keys.ts';
import type { AppliedEntitlement, EntitlementKey, Identity } from '../directory/records.ts';
import type { Ledger } from '../directory/work.ts';
import { FRESH_MS, foundUser } from './known.ts';
import { type Obstacle, read } from './obstacles.ts';
import { holdsClaim, type PlanInput, type PlannedAction } from './planning.ts';

export interface Clocks {
  readonly entitlements: Record<EntitlementKey, AppliedEntitlement>;
  readonly due: ReadonlySet<EntitlementKey>;
  readonly waiting: readonly number[];
}

/** R22: the clock starts with the first plan that misses the entitlement; wanted again, it stops, and a hold is off. */
export function graceClocks({ desired, ledger, left, graceMs, now }: PlanInput): Clocks {
  const entitlements: Record<EntitlementKey, AppliedEntitlement> = {};
  const due = new Set<EntitlementKey>();
  const waiting: number[] = [];
  for (const [key, held] of Object.entries(ledger.applied.entitlements)) {
    const { unwantedSince, hold, ...rest } = held;
    if (desired.entitlements.has(key)) {
      entitlements[key] = rest;
      continue;
    }
    // Left to the person by an operator: no longer ours, never revoked (R13).
    if (left.has(key)) continue;
    const since = unwantedSince ?? now;
    entitlements[key] = { ...rest, unwantedSince: since, ...(hold === undefined ? {} : { hold }) };
    if (now >= since + graceMs) due.add(key);
    else waiting.push(since + graceMs);
  }
  return { entitlements, due, waiting };
}

/** Without what was left to the person; what is wanted again is not on a hold. */
export function unknownNow({
  desired,
  ledger,
  left,
}: Pick<PlanInput, 'desired' | 'ledger' | 'left'>): Ledger['unknown'] {
  const entries = Object.entries(ledger.unknown).filter(
    ([key]) => desired.entitlements.has(key) || !left.has(key),
  );
  return Object.fromEntries(
    entries.map(([key, { hold, ...rest }]) => {
      return [key, hold === undefined || desired.entitlements.has(key) ? rest : { ...rest, hold }];
    }),
  );
}

export function revokesOfApplied(
  { ledger }: PlanInput,
  { handle, clocks }: { readonly handle: Identity; readonly clocks: Clocks },
): PlannedAction[] {
  return Object.entries(ledger.applied.entitlements)
    .filter(([key]) => clocks.due.has(key))
    .map(([key, { name }]) => ({ key, action: { kind: 'revoke', identity: handle, name } }));
}

/** No grace: the last thing we said about it was "in flight", and nobody knows whether it landed. */
export function revokesOfUnknown({ desired, ledger, left }: PlanInput, handle: Identity): PlannedAction[] {
  return Object.entries(ledger.unknown)
    .filter(
      ([key]) =>
        !desired.entitlements.has(key) && !left.has(key) && !Object.hasOwn(ledger.applied.entitlements, key),
    )
    .map(([key, { name }]) => ({ key, action: { kind: 'revoke', identity: handle, name } }));
}

/** Somebody who has more than we gave is looked at again after this long. */
const HOLDS_MORE_MS = 24 * 3600 * 1000;

export interface Removal {
  readonly action?: PlannedAction;
  readonly obstacle?: Obstacle;
  /** Adobe has nobody there any more. */
  readonly gone?: true;
}

/** Out of the org, when nothing of ours is left, the time has come, and a fresh read shows nothing else. */
export function removalOf(input: PlanInput, ledger: Ledger, handle: Identity): Removal {
  const { desired, known, now, removeAt } = input;
  if (removeAt === undefined || desired.live || ledger.origin !== 'made') return {};
  if (Object.keys(ledger.applied.entitlements).length + Object.keys(ledger.unknown).length > 0) return {};
  if (!holdsClaim(input.account, handle)) return {};
  if (now < removeAt) return { obstacle: { kind: 'wait', due: removeAt, reason: 'remove-later' } };
  const seen = known.get(emailKey(handle.email));
  if (seen === undefined || seen.at < now - FRESH_MS) return { obstacle: read([handle], now - FRESH_MS) };
  const there = foundUser(seen, handle);
  if (there === undefined) return { gone: true };
  if (there.admin || there.groups.length > 0)
    return { obstacle: { kind: 'wait', due: now + HOLDS_MORE_MS, reason: 'holds-more' } };
  return { action: { action: { kind: 'removeFromOrg', identity: handle } } };
}
