/**
 * The catalogue: groups and profiles of the Adobe org by id, as the last complete listing showed them. An entry keeps the
 * names that it had before, so that whoever knows an old one can be led to the new one (`umapi.md` 12).
 */
import { isDeepStrictEqual } from 'node:util';
import { type CatalogueEntry, DomainSeen } from './catalogue.ts';
import type { Context } from './dynamo-context.ts';
import { readCatalogue } from './dynamo-work.ts';
import { catalogueKey, domainsKey, entitlementKey } from './keys.ts';
import type { OrgKey } from './records.ts';

/** More names than this nobody remembers either. */
const NAMES_KEPT = 5;

/** A complete listing replaces the catalogue: what it no longer shows goes, what is as it was is not written. */
export async function saveCatalogue(
  ctx: Context,
  o: OrgKey,
  entries: readonly CatalogueEntry[],
): Promise<void> {
  const before = new Map((await readCatalogue(ctx, o)).map((entry) => [entry.groupId, entry]));
  for (const entry of entries) {
    const was = before.get(entry.groupId);
    const now = withFormerNames(entry, was);
    if (was === undefined || !isDeepStrictEqual(bare(was), now))
      await ctx.store.put(catalogueKey(o, entry.groupId), { ...now, v: 1 });
    before.delete(entry.groupId);
  }
  for (const groupId of before.keys()) await ctx.store.remove(catalogueKey(o, groupId));
}

export async function saveDomains(ctx: Context, o: OrgKey, domains: readonly DomainSeen[]): Promise<void> {
  await ctx.store.put(domainsKey(o), { domains, v: 1 });
}

export async function readDomains(ctx: Context, o: OrgKey): Promise<DomainSeen[]> {
  const item = await ctx.store.get(domainsKey(o));
  return item === undefined ? [] : DomainSeen.array().parse(item['domains']);
}

/** As it came from Adobe, without what makes it an item. */
function bare(entry: CatalogueEntry): Record<string, unknown> {
  const { pk: _pk, sk: _sk, v: _v, ...rest } = { pk: 0, sk: 0, v: 0, ...entry };
  return rest;
}

function withFormerNames(entry: CatalogueEntry, before: CatalogueEntry | undefined): CatalogueEntry {
  if (before === undefined) return entry;
  const key = entitlementKey(entry.name);
  const names = [...(before.formerly ?? []), entitlementKey(before.name)].filter((name) => name !== key);
  const formerly = [...new Set(names)].slice(-NAMES_KEPT);
  return formerly.length === 0 ? entry : { ...entry, formerly };
}
