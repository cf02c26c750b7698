/**
 * The watch list (R28). A call without an answer may still land after it was repeated and acknowledged, so what it spoke
 * of is watched until Adobe was seen at least 30 minutes after it. What is there then is ours, whatever the drift
 * policy: wanted, it stands in `applied`; unwanted, it stands there too and is revoked like everything else of ours.
 * What is not there leaves the list and, if wanted, is granted again. Names that are others than the last ones
 * acknowledged are sent again; who is no longer under the old address is looked for under the one of a late rename. Pure.
 */
import { emailKey, entitlementKey, watchKey } from '../directory/keys.ts';
import type { Account, AppliedEntitlement, EntitlementKey, Identity } from '../directory/records.ts';
import type { Ledger } from '../directory/work.ts';
import type { Desired } from './desired.ts';
import { hasOtherNames, LAG_MS } from './drift.ts';
import { foundUser, type Knowledge } from './known.ts';
import { unknownNow } from './leaving.ts';
import type { Obstacle } from './obstacles.ts';
import { withoutNames } from './settle.ts';

export interface WatchInput {
  readonly account: { readonly sentAt?: number | undefined };
  readonly desired: Desired;
  readonly ledger: Ledger;
  readonly left: ReadonlySet<EntitlementKey>;
  readonly known: ReadonlyMap<string, Knowledge>;
  readonly now: number;
}

type LateInput = Pick<WatchInput, 'desired' | 'ledger'> & { readonly account: Pick<Account, 'claims'> };

export function settleWatch(input: WatchInput): Ledger {
  const { account, desired, ledger, known } = input;
  const handle = ledger.applied.identity;
  const seen = handle === undefined ? undefined : known.get(emailKey(handle.email));
  if (handle === undefined || seen === undefined || Object.keys(ledger.watch).length === 0) return ledger;
  // A call of ours of the half hour before the look may be what it does not show yet.
  if ((account.sentAt ?? 0) + LAG_MS > seen.at) return ledger;
  const there = foundUser(seen, handle);
  const shown = new Map((there?.groups ?? []).map((name) => [entitlementKey(name), name] as const));
  // What was left to the person is not sent again.
  const open = unknownNow(input);
  const entitlements = { ...ledger.applied.entitlements };
  const watch = { ...ledger.watch };
  for (const [key, at] of Object.entries(ledger.watch)) {
    // Still open: it is sent again first, and watched from then on.
    if (seen.at < at + LAG_MS || Object.hasOwn(open, key)) continue;
    delete watch[key];
    const name = shown.get(key);
    if (name !== undefined) entitlements[key] ??= ours(desired, { key, name, at });
    // Of somebody who is not there at all only a command's own answer says so (R27).
    else if (there !== undefined) delete entitlements[key];
  }
  const names = Object.hasOwn(ledger.watch, watchKey.names) && !Object.hasOwn(watch, watchKey.names);
  const older = names && there !== undefined && hasOtherNames(ledger, there);
  const applied = older ? withoutNames(ledger) : ledger.applied;
  return { ...ledger, watch, applied: { ...applied, entitlements } };
}

function ours(
  desired: Desired,
  { key, name, at }: { readonly key: EntitlementKey; readonly name: string; readonly at: number },
): AppliedEntitlement {
  const wanted = desired.entitlements.get(key);
  const rule = wanted?.rules[0]?.id;
  return { name, kind: wanted?.kind ?? 'profile', since: at, ...(rule === undefined ? {} : { rule }) };
}

/** Until then a call under the handle may still land, and would make somebody of an address that was left (R28). */
export function mayLandUntil(watch: Ledger['watch']): number {
  const calls = Object.entries(watch).filter(([key]) => !watchKey.isRename(key));
  return Math.max(Number.NEGATIVE_INFINITY, ...calls.map(([, at]) => at)) + LAG_MS;
}

/** A look showed the person under the old address: the rename to the other one may land after it (R26). */
export function withLateRename(ledger: Ledger, { email }: Identity, at: number): Ledger {
  const key = watchKey.rename(email);
  return { ...ledger, watch: { ...ledger.watch, [key]: Math.max(at, ledger.watch[key] ?? 0) } };
}

/** From wherever the person was last seen, no earlier rename can land. */
export function withoutRenames(ledger: Ledger): Ledger {
  const watch = Object.entries(ledger.watch).filter(([key]) => !watchKey.isRename(key));
  return { ...ledger, watch: Object.fromEntries(watch) };
}

/** Half an hour after such a rename nobody is under the handle: reads of all these addresses decide (R26). */
export function withMoved(input: LateInput & Pick<WatchInput, 'known'>): Ledger {
  const { ledger, known } = input;
  const handle = ledger.applied.identity;
  const targets = handle === undefined ? [] : lateRenames(input, handle);
  if (handle === undefined || targets.length === 0 || ledger.goneAt !== undefined) return ledger;
  const seen = known.get(emailKey(handle.email));
  const at = Math.max(...targets.map(({ email }) => ledger.watch[watchKey.rename(email)] ?? 0));
  if (seen === undefined || seen.at < at + LAG_MS || foundUser(seen, handle) !== undefined) return ledger;
  return { ...ledger, goneAt: at };
}

/** Where the person may be who is not found under the handle: under the addresses of ours to which renames were sent. */
export function lateRenames({ account, desired, ledger }: LateInput, handle: Identity): Identity[] {
  const claims = account.claims.filter(
    ({ email, type }) =>
      type === handle.type &&
      emailKey(email) !== emailKey(handle.email) &&
      Object.hasOwn(ledger.watch, watchKey.rename(email)),
  );
  const byEmail = emailKey(handle.username) === emailKey(handle.email);
  const wanted = desired.identity;
  return claims.map(({ email }) =>
    wanted !== undefined && emailKey(wanted.email) === emailKey(email)
      ? wanted
      : { ...handle, email, username: byEmail ? email : handle.username },
  );
}

/**
 * A look that does not wait for the night: at people of whom nothing is wanted any more, because nobody may look at their
 * account again, and one who was deleted is in no list of users (I07); or because something else hangs on it.
 */
export function watchObstacle({ account, ledger, now }: WatchInput, handle: Identity): Obstacle[] {
  const open = Object.entries(ledger.watch).filter(([key]) => !Object.hasOwn(ledger.unknown, key));
  if (open.length === 0) return [];
  const due = Math.max(account.sentAt ?? 0, ...open.map(([, at]) => at)) + LAG_MS;
  return [
    now < due ? { kind: 'wait', due, reason: 'watch' } : { kind: 'read', emails: [handle], since: due },
  ];
}
