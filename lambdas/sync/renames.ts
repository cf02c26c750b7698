/**
 * Profiles and user groups that were renamed in the Admin Console (F45, `umapi.md` 12). Adobe takes names only, so a
 * rename would stop grants, and worse, revokes. The catalogue knows the id behind a name: rules in force are written
 * anew with the new name, and ledgers follow when they are next looked at.
 *
 * A name that belongs to something else by now is never followed: the name is what the operator wrote.
 */

import type { CatalogueEntry } from '../directory/catalogue.ts';
import { entitlementKey } from '../directory/keys.ts';
import type { BoundRule, EntitlementKey, OrgKey, Rule } from '../directory/records.ts';
import type { Ledger, SyncDirectory } from '../directory/work.ts';

/** Old name → the entry that has another one now. */
export type Renames = ReadonlyMap<EntitlementKey, CatalogueEntry>;

const ASSIGNABLE = new Set(['PRODUCT_PROFILE', 'USER_GROUP']);

export function renamesOf(entries: readonly CatalogueEntry[]): Renames {
  const current = new Map<EntitlementKey, number>();
  for (const { name } of entries) {
    const key = entitlementKey(name);
    current.set(key, (current.get(key) ?? 0) + 1);
  }
  const found = new Map<EntitlementKey, CatalogueEntry | undefined>();
  for (const entry of entries) {
    const key = entitlementKey(entry.name);
    if (!ASSIGNABLE.has(entry.type) || key.startsWith('_') || current.get(key) !== 1) continue;
    // Two that were called alike: nobody knows which was meant.
    for (const old of entry.formerly ?? [])
      if (!current.has(old)) found.set(old, found.has(old) ? undefined : entry);
  }
  return new Map([...found].flatMap(([old, entry]) => (entry === undefined ? [] : [[old, entry] as const])));
}

/** The ledger under the names of today. */
export function followLedger(ledger: Ledger, renames: Renames): Ledger {
  const { applied, unknown, watch, drift } = ledger;
  const drifted = [...(drift?.missing ?? []), ...(drift?.extra ?? []), ...Object.keys(drift?.holds ?? {})];
  const keys = [applied.entitlements, unknown, watch].flatMap((map) => Object.keys(map)).concat(drifted);
  if (!keys.some((key) => renames.has(key))) return ledger;
  const to = (key: EntitlementKey): EntitlementKey => {
    const entry = renames.get(key);
    return entry === undefined ? key : entitlementKey(entry.name);
  };
  // The spelling is what is sent.
  const named = <T extends { readonly name: string }>(map: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(map).map(([key, held]) => [
        to(key),
        { ...held, name: renames.get(key)?.name ?? held.name },
      ]),
    );
  return {
    ...ledger,
    applied: { ...applied, entitlements: named(applied.entitlements) },
    unknown: named(unknown),
    watch: Object.fromEntries(Object.entries(watch).map(([key, at]) => [to(key), at])),
    ...(drift === undefined
      ? {}
      : {
          drift: {
            ...drift,
            missing: drift.missing.map(to),
            extra: drift.extra.map(to),
            ...(drift.holds === undefined
              ? {}
              : {
                  holds: Object.fromEntries(
                    Object.entries(drift.holds).map(([key, mark]) => [to(key), mark]),
                  ),
                }),
          },
        }),
  };
}

/** The rules in force under the names of today, so that ledger and mapping always move together. */
export function followRules(rules: readonly BoundRule[], renames: Renames): readonly BoundRule[] {
  return renames.size === 0 ? rules : rules.map((rule) => ({ ...rule, ...followRule(rule, renames) }));
}

function followRule({ binding: _bound, ...rule }: BoundRule, renames: Renames): Rule {
  const grants = rule.grants.map((grant) => {
    const entry = renames.get(entitlementKey(grant.name));
    return entry === undefined ? grant : { ...grant, name: entry.name };
  });
  const keys = grants.map(({ name }) => entitlementKey(name));
  return { ...rule, grants: grants.filter((_, at) => keys.indexOf(keys[at] ?? '') === at) };
}

/** Writes rules that name something under its old name anew, as a new mapping version. @returns the old names */
export async function followRenames(
  directory: Pick<SyncDirectory, 'getOrg' | 'getConnection' | 'rulesOf' | 'readCatalogue' | 'replaceRules'>,
  o: OrgKey,
): Promise<string[]> {
  const renames = renamesOf(await directory.readCatalogue(o));
  if (renames.size === 0) return [];
  const followed: string[] = [];
  for (const c of (await directory.getOrg(o))?.connections ?? []) {
    const connection = await directory.getConnection(c);
    const rules = await directory.rulesOf(connection);
    const old = rules.flatMap(({ grants }) => grants.filter(({ name }) => renames.has(entitlementKey(name))));
    if (old.length === 0) continue;
    const draft = {
      expectedVersion: connection.mappingVersion,
      rules: rules.map((rule) => followRule(rule, renames)),
      left: connection.left,
    };
    // Another mapping came into force meanwhile: the next comparison looks again.
    if (await directory.replaceRules(c, draft)) followed.push(...old.map(({ name }) => name));
  }
  return [...new Set(followed)];
}
