/** Drift as sentences, for one person and for the whole org. Pure. */
import type { Drift, Reconciliation } from '../directory/drift-records.ts';
import { entitlementKey } from '../directory/keys.ts';
import type { Account, BoundRule, EntitlementKey } from '../directory/records.ts';
import { desiredOf } from '../sync/desired.ts';
import { driftUnder, naming, policyToGive, policyToTake } from '../sync/drift.ts';
import type { Sign } from '../sync/signs.ts';
import type { World } from '../sync/world.ts';
import { count, instant, quoted } from './words.ts';

/** What the last comparison found of one person, as far as the rules of this moment mind it. */
export function driftNow(account: Account, world: World): Drift | undefined {
  const rules = rulesFor(account, world);
  const left = new Set(world.connections.get(account.connection)?.left);
  return driftUnder(account, { desired: desiredOf(account, rules), rules, left });
}

/** How one person differs at Adobe; nothing for somebody who does not. */
export function driftLines(account: Account, world: World): string[] {
  const drift = driftNow(account, world);
  if (drift === undefined) return [];
  const { applied } = account;
  const rules = rulesFor(account, world);
  const named = (keys: readonly EntitlementKey[]): string =>
    quoted(keys.map((key) => nameOfKey(key, applied, rules)));
  const { missing, extra, unlicensed = [], gone, names, first } = drift;
  return [
    ...(gone === true ? ['is not in the Adobe org any more: somebody removed the person there'] : []),
    ...(missing.length === 0
      ? []
      : [`lost ${named(missing)} at Adobe: somebody took it away (${giving(missing, rules)})`]),
    ...(extra.length === 0
      ? []
      : [`has ${named(extra)}, which no group gives: somebody gave it (${taking(extra, rules)})`]),
    ...(unlicensed.length === 0
      ? []
      : [
          `has no licence in ${named(unlicensed)}: granted, but the profile has no seat left; buy or free seats`,
        ]),
    ...(names === true ? ['has other first or last names at Adobe; the bridge leaves them'] : []),
    `since the list of ${instant(first)} or before`,
  ];
}

function rulesFor({ connection }: Account, world: World): readonly BoundRule[] {
  return world.rules.get(connection) ?? [];
}

function nameOfKey(key: EntitlementKey, applied: Account['applied'], rules: readonly BoundRule[]): string {
  const grant = rules.flatMap(({ grants }) => grants).find(({ name }) => entitlementKey(name) === key);
  return applied.entitlements[key]?.name ?? grant?.name ?? key;
}

function giving(keys: readonly EntitlementKey[], rules: readonly BoundRule[]): string {
  const reverts = keys.some((key) => policyToGive(naming(rules, key)) === 'revert');
  return reverts
    ? 'given again, "drift: revert"'
    : 'left so; to have it given again write "drift: revert" into the rule';
}

function taking(keys: readonly EntitlementKey[], rules: readonly BoundRule[]): string {
  const reverts = keys.some((key) => policyToTake(naming(rules, key)) === 'revert');
  return reverts
    ? 'taken away, "drift: revert"'
    : 'left so; take it away in the Admin Console, or write "drift: revert" into every rule that names it';
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  missing: 'lost a product or group of theirs',
  extra: 'have one of a rule that no group gives them',
  unlicensed: 'are members without a licence',
  gone: 'are not in the Adobe org any more',
  names: 'have other names at Adobe',
};

/** What the last comparison found, in numbers. */
export function stateLines(
  state: Reconciliation | undefined,
  ruleNames: ReadonlyMap<string, string>,
): string[] {
  if (state === undefined)
    return ['Nothing was compared yet. It happens at night; to do it now say reconcile.'];
  const { listing, endedAt, compared, skipped, drifted, byKind, byRule } = state;
  return [
    `Compared with Adobe as of ${instant(listing)}${endedAt === undefined ? ', not at its end yet' : ''}: ${count(compared, 'person', 'people')}, ${drifted === 0 ? 'all as they should be' : `${drifted} different`}.`,
    ...(skipped === 0
      ? []
      : [`  ${skipped} left out: a change of theirs was under way, or had just been made`]),
    ...Object.entries(byKind).map(([kind, n]) => `  ${n} ${KIND_WORDS[kind] ?? kind}`),
    ...Object.entries(byRule).map(
      ([rule, n]) => `  ${count(n, 'person', 'people')} in ${ruleNames.get(rule) ?? 'a rule of before'}`,
    ),
  ];
}

export function signLines(signs: readonly Sign[]): string[] {
  return signs.flatMap(({ message, hint }) => [`! ${message}`, `  ${hint}`]);
}

/** Without the account's own words: what a machine asks for. */
export function driftData(drift: Drift): Record<string, unknown> {
  const { at, first, missing, extra, unlicensed = [], gone = false, names = false } = drift;
  return { at, first, missing, extra, unlicensed, gone, names };
}
