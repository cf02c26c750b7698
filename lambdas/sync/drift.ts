/**
 * Where Adobe differs from the ledger, and what follows (R34, F47). Pure. The comparison says what is different; the
 * policy of the rules says whether that is shown, passed over, or put right, and putting right is the plan's: it goes
 * through modes, holds and the removal limit like every other change, and `applied` moves only with Adobe's answer.
 *
 *   what a listing shows                         `ignore`   `report`   `revert`
 *   wanted and given by us, not there            nothing    record     granted again
 *   named by a rule, there, not wanted, not ours nothing    record     revoked, after a fresh look (V7)
 *   the person is not there at all               nothing    record     a single read decides (R27), then made anew
 *   other names, no licence                      record     record     record
 *
 * Several rules may name one entitlement: to give back, one `revert` is enough; to take away, all must say it.
 */

import type { Action } from '../adobe/adobe.ts';
import type { Drift, DriftPolicy } from '../directory/drift-records.ts';

import { emailKey, entitlementKey, watchKey } from '../directory/keys.ts';
import type { Comparison } from '../directory/listed.ts';

import type { Account, BoundRule, EntitlementKey, Identity, ObservedUser } from '../directory/records.ts';
import type { Ledger } from '../directory/work.ts';
import type { Desired } from './desired.ts';
import { FRESH_MS, foundUser, type Knowledge } from './known.ts';
import type { Obstacle } from './obstacles.ts';

/** Our own calls of this long before a listing may not show in it (R34). */
export const LAG_MS = 30 * 60 * 1000;

/** What the comparison of one account needs. */
export interface CompareInput {
  readonly account: Account;
  readonly desired: Desired;
  /** In force for the account's connection. */
  readonly rules: readonly BoundRule[];
  readonly left: ReadonlySet<EntitlementKey>;
  /** What the listing (or a later read) shows under the accepted e-mail. */
  readonly known: Knowledge | undefined;
  readonly listing: { readonly startedAt: number; readonly agrees: boolean };
  /** Adobe shows this person as the listing before did: what differs now, differed then. */
  readonly asBefore?: boolean;
  /** E-mail keys of members without a licence, by profile; profiles that could not be read are absent (F46). */
  readonly unlicensed?: ReadonlyMap<EntitlementKey, ReadonlySet<string>>;
}

export type Compared =
  /** Not ours at Adobe, so there is nothing to compare. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'skipped' }
  | {
      readonly kind: 'compared';
      /** Absent: as it should be, and everything that is stored says so. */
      readonly write?: Comparison;
      readonly drift?: Drift;
      /** Confirmed before and different now: somebody else changed it. */
      readonly undone: boolean;
      readonly rules: readonly string[];
    };

export function compare(input: CompareInput): Compared {
  const { account, listing } = input;
  const handle = account.applied.identity;
  if (handle === undefined) return { kind: 'nobody' };
  if (!isSettled(account, listing.startedAt)) return { kind: 'skipped' };
  const there = foundUser(input.known, handle);
  const { drift, rules } = driftOf(input, handle, there);
  const confirms = there !== undefined && isNews(account);
  const mark = markOf(input, drift);
  const changes = drift !== undefined || account.drift !== undefined || confirms || mark !== undefined;
  const news = isByHand(drift) && !isByHand(account.drift) && input.asBefore !== true;
  return {
    kind: 'compared',
    undone: news && account.confirmedAt !== undefined,
    rules,
    ...(drift === undefined ? {} : { drift }),
    ...(changes
      ? {
          write: {
            drift,
            confirmedAt: confirms ? listing.startedAt : account.confirmedAt,
            ...(mark === undefined ? {} : { mark }),
          },
        }
      : {}),
  };
}

/** Nothing of ours is under way, and nothing of ours may be younger than what the listing saw (R34). */
export function isSettled(
  { intent, maybe, goneAt, status, touchedAt, sentAt }: Account,
  listedAt: number,
): boolean {
  const open = intent !== undefined || maybe !== undefined || goneAt !== undefined || status === 'pending';
  return !open && Math.max(touchedAt, sentAt ?? 0) <= listedAt - LAG_MS;
}

/** Something of the ledger is younger than its last confirmation. */
function isNews({ confirmedAt, sentAt, applied }: Account): boolean {
  const since = Object.values(applied.entitlements).map((held) => held.since);
  return confirmedAt === undefined || Math.max(sentAt ?? 0, ...since) > confirmedAt;
}

const isGone = (drift: Drift): boolean => drift.gone === true;
const touched = ({ missing, extra }: Drift): EntitlementKey[] => [...missing, ...extra];

/** Somebody else changed it at Adobe; a seat that is wanting is nobody's doing. */
function isByHand(drift: Drift | undefined): boolean {
  return drift !== undefined && (isGone(drift) || drift.names === true || touched(drift).length > 0);
}

interface Found {
  readonly drift?: Drift;
  /** Ids of the rules that speak of what differs. */
  readonly rules: readonly string[];
}

function driftOf(input: CompareInput, handle: Identity, there: ObservedUser | undefined): Found {
  const { account, desired, listing } = input;
  const gone = there === undefined && goneMatters(desired, account);
  const held = new Set((there?.groups ?? []).map(entitlementKey));
  const missing = there === undefined ? [] : missingOf(input, held);
  const extra = there === undefined ? [] : extrasOf(input, held);
  const unlicensed = unlicensedOf(input, handle);
  const watched = Object.hasOwn(account.watch, watchKey.names);
  const names = there !== undefined && !watched && hasOtherNames(account, there);
  const about = {
    ...(gone ? { gone } : {}),
    ...(names ? { names } : {}),
    ...(unlicensed.length === 0 ? {} : { unlicensed }),
  };
  if (missing.length + extra.length + Object.keys(about).length === 0) return { rules: [] };
  const { startedAt: at, agrees } = listing;
  const before = { first: account.drift?.first ?? at, ...holdsOf(account, extra) };
  const drift = { at, ...before, missing, extra, agrees, ...about };
  const wanted = gone ? [...desired.entitlements.keys()] : [...missing, ...unlicensed];
  const ids = [
    ...wanted.flatMap((key) => desired.entitlements.get(key)?.rules ?? []),
    ...extra.flatMap((key) => naming(input.rules, key)),
  ].map((rule) => rule.id);
  return { drift, rules: [...new Set(ids)] };
}

/** What was held stays held while it is there. */
function holdsOf({ drift }: Account, extra: readonly EntitlementKey[]): Pick<Drift, 'holds'> {
  const holds = Object.entries(drift?.holds ?? {}).filter(([key]) => extra.includes(key));
  return holds.length === 0 ? {} : { holds: Object.fromEntries(holds) };
}

function goneMatters({ entitlements }: Desired, { applied }: Account): boolean {
  const policies = [...entitlements.values()].map(({ rules }) => policyToGive(rules));
  if (policies.length === 0) return Object.keys(applied.entitlements).length > 0;
  return policies.some((policy) => policy !== 'ignore');
}

/** Wanted, acknowledged before the listing could miss it, and not there. What is leaving anyway is no loss. */
function missingOf({ account, desired, listing }: CompareInput, held: ReadonlySet<string>): EntitlementKey[] {
  const { applied, unknown, watch } = account;
  return Object.entries(applied.entitlements).flatMap(([key, { since }]) => {
    if (held.has(key) || since > listing.startedAt - LAG_MS) return [];
    if (Object.hasOwn(unknown, key) || Object.hasOwn(watch, key)) return [];
    return isMissed(desired, key) ? [key] : [];
  });
}

function isMissed({ entitlements }: Desired, key: EntitlementKey): boolean {
  const wanted = entitlements.get(key);
  return wanted !== undefined && policyToGive(wanted.rules) !== 'ignore';
}

/** In the range of a rule, and nobody said that the person should have it. What no rule names is none of our business. */
function extrasOf(input: CompareInput, held: ReadonlySet<string>): EntitlementKey[] {
  const { applied, unknown, watch } = input.account;
  const ours = { ...applied.entitlements, ...unknown, ...watch };
  return [...held].filter((key) => !Object.hasOwn(ours, key) && isExtra(input, key)).sort();
}

function isExtra({ desired, rules, left }: Rules, key: EntitlementKey): boolean {
  if (desired.entitlements.has(key) || left.has(key)) return false;
  const speaking = naming(rules, key);
  return speaking.length > 0 && policyToTake(speaking) !== 'ignore';
}

type Rules = Pick<CompareInput, 'desired' | 'rules' | 'left'>;

/** The record as the rules are by now: what they pass over, or speak of no more, is off it at once. */
export function driftUnder(account: Account, ruled: Rules): Drift | undefined {
  if (account.drift === undefined) return undefined;
  const { gone, ...drift } = account.drift;
  const stands = {
    ...drift,
    missing: drift.missing.filter((key) => isMissed(ruled.desired, key)),
    extra: drift.extra.filter((key) => isExtra(ruled, key)),
    ...(gone === true && goneMatters(ruled.desired, account) ? { gone } : {}),
  };
  return isByHand(stands) || (stands.unlicensed ?? []).length > 0 ? stands : undefined;
}

/** Of a profile that could not be read, what was known before stands. */
function unlicensedOf({ account, unlicensed }: CompareInput, { email }: Identity): EntitlementKey[] {
  const before = account.drift?.unlicensed ?? [];
  return Object.keys(account.applied.entitlements).filter(
    (key) => unlicensed?.get(key)?.has(emailKey(email)) ?? before.includes(key),
  );
}

/** Only of people that we made: of the others the names are their own (T14). */
export function hasOtherNames(
  { origin, applied }: Pick<Ledger, 'origin' | 'applied'>,
  { firstname, lastname }: ObservedUser,
): boolean {
  if (origin !== 'made') return false;
  const differs = (ours: string | undefined, shown: string | undefined): boolean =>
    ours !== undefined && shown !== undefined && ours !== shown;
  return differs(applied.firstname, firstname) || differs(applied.lastname, lastname);
}

/** What the plan will find to do: a mark, and whether it takes something away. */
function markOf(
  { account, desired, rules, listing }: CompareInput,
  drift: Drift | undefined,
): Comparison['mark'] {
  if (drift !== undefined && revertible({ desired, rules, drift }).extra.length > 0) return 'revoke';
  if (Object.values(account.watch).some((at) => at + LAG_MS <= listing.startedAt)) return 'revoke';
  if (drift === undefined) return undefined;
  const back = revertible({ desired, rules, drift });
  return back.missing.length > 0 || back.gone ? 'grant' : undefined;
}

interface Reverting {
  readonly desired: Desired;
  readonly rules: readonly BoundRule[];
  readonly drift: Drift;
}

/** The part of a drift record that a rule wants put right. */
function revertible({ desired, rules, drift }: Reverting): {
  missing: EntitlementKey[];
  extra: EntitlementKey[];
  gone: boolean;
} {
  const gives = (key: EntitlementKey): boolean =>
    policyToGive(desired.entitlements.get(key)?.rules ?? []) === 'revert';
  const takes = (key: EntitlementKey): boolean =>
    !desired.entitlements.has(key) && policyToTake(naming(rules, key)) === 'revert';
  return {
    missing: drift.missing.filter(gives),
    extra: drift.agrees ? drift.extra.filter(takes) : [],
    gone: isGone(drift) && [...desired.entitlements.keys()].some(gives),
  };
}

export function policyToGive(rules: readonly BoundRule[]): DriftPolicy {
  const policies = rules.map((rule) => rule.drift ?? 'report');
  if (policies.includes('revert')) return 'revert';
  return policies.length > 0 && policies.every((policy) => policy === 'ignore') ? 'ignore' : 'report';
}

export function policyToTake(rules: readonly BoundRule[]): DriftPolicy {
  const [first, ...others] = rules.map((rule) => rule.drift ?? 'report');
  return first !== undefined && others.every((policy) => policy === first) ? first : 'report';
}

/** What the rules speak of and do not pass over: somebody whom we do not know and who holds it is told of (F47). */
export function reported(rules: readonly BoundRule[]): Set<EntitlementKey> {
  const keys = rules.flatMap(({ grants }) => grants.map(({ name }) => entitlementKey(name)));
  return new Set(keys.filter((key) => policyToTake(naming(rules, key)) !== 'ignore'));
}

export function naming(rules: readonly BoundRule[], key: EntitlementKey): BoundRule[] {
  return rules.filter(({ grants }) => grants.some(({ name }) => entitlementKey(name) === key));
}

/** What of the ledger's drift record a plan takes up. */
export interface DriftInput {
  readonly desired: Desired;
  readonly ledger: Ledger;
  readonly rules?: readonly BoundRule[];
  readonly left: ReadonlySet<EntitlementKey>;
  readonly known: ReadonlyMap<string, Knowledge>;
  readonly now: number;
}

/** Somebody whom a listing did not show, and who is to be there: from here on R27 decides, by a read of that person. */
export function withGone(input: DriftInput): Ledger {
  const { ledger, desired, rules = [] } = input;
  const { drift, ...rest } = ledger;
  if (drift === undefined || ledger.goneAt !== undefined) return ledger;
  return revertible({ desired, rules, drift }).gone ? { ...rest, goneAt: drift.at } : ledger;
}

/** A `PlannedAction` of `plan.ts`. */
export interface RepairAction {
  readonly key: EntitlementKey;
  readonly action: Action;
  readonly rule?: string;
}

export interface Repair {
  readonly grants: readonly RepairAction[];
  readonly revokes: readonly RepairAction[];
  /** A look at the person before something is taken away that we did not give (V7: under 15 minutes old). */
  readonly obstacles: readonly Obstacle[];
}

export function repairOf(
  { desired, ledger, rules = [], left, known, now }: DriftInput,
  handle: Identity,
): Repair {
  const { drift } = ledger;
  if (drift === undefined) return { grants: [], revokes: [], obstacles: [] };
  const { missing, extra } = revertible({ desired, rules, drift });
  const grants = missing
    .filter((key) => Object.hasOwn(ledger.applied.entitlements, key) && !Object.hasOwn(ledger.unknown, key))
    .map((key) => {
      const name = desired.entitlements.get(key)?.name ?? key;
      return { key, action: { kind: 'grant', identity: handle, name } } satisfies RepairAction;
    });
  const taken = extra.filter((key) => !left.has(key) && !Object.hasOwn(ledger.applied.entitlements, key));
  const seen = known.get(emailKey(handle.email));
  if (taken.length === 0) return { grants, revokes: [], obstacles: [] };
  if (seen === undefined || seen.at < now - FRESH_MS)
    return { grants, revokes: [], obstacles: [{ kind: 'read', emails: [handle], since: now - FRESH_MS }] };
  const held = new Set((foundUser(seen, handle)?.groups ?? []).map(entitlementKey));
  const revokes = taken
    .filter((key) => held.has(key) && !Object.hasOwn(ledger.unknown, key))
    .map((key) => revokeOf(naming(rules, key), { key, handle }));
  return { grants, revokes, obstacles: [] };
}

/** In the mode of the strictest rule that names it. */
function revokeOf(
  rules: readonly BoundRule[],
  { key, handle }: { readonly key: EntitlementKey; readonly handle: Identity },
): RepairAction {
  const order = ['report-only', 'additive', 'full', undefined];
  const [rule] = [...rules].sort((a, b) => order.indexOf(a.mode) - order.indexOf(b.mode));
  const name = rule?.grants.find((grant) => entitlementKey(grant.name) === key)?.name ?? key;
  return {
    key,
    action: { kind: 'revoke', identity: handle, name },
    ...(rule === undefined ? {} : { rule: rule.id }),
  };
}

/** After Adobe's answer about one entitlement the record says nothing about it any more. */
export function withoutDrift(ledger: Ledger, key: EntitlementKey): Ledger {
  const { drift, ...rest } = ledger;
  if (drift === undefined) return ledger;
  const missing = drift.missing.filter((one) => one !== key);
  const extra = drift.extra.filter((one) => one !== key);
  const empty = touched({ ...drift, missing, extra }).length === 0 && !isGone(drift) && drift.names !== true;
  if (empty && (drift.unlicensed ?? []).length === 0) return rest;
  return { ...rest, drift: { ...drift, missing, extra } };
}
