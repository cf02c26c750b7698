/**
 * The catalogue: groups and profiles of the Adobe org by id, as the last complete listing showed them. An entry keeps the
 * names that it had before, so that whoever knows an old one can be led to the new one (`umapi.md` 12).
 */
import { isDeepStrictEqual } from 'node:util';
import { CatalogueEntry, DomainSeen } from './catalogue.ts';
import { type Context, setOnly } from './dynamo-context.ts';
import { readCatalogue } from './dynamo-work.ts';
import { catalogueKey, domainsKey, entitlementKey } from './keys.ts';
import type { OrgKey } from './records.ts';

/** More names than this nobody remembers either. */
const NAMES_KEPT = 5;

/** What an entry may have and this one has not, is taken out of its item. */
const absent = {
  productName: undefined,
  memberCount: undefined,
  licenseQuota: undefined,
  formerly: undefined,
};

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
      await ctx.store.update({ key: catalogueKey(o, entry.groupId), ...setOnly({ ...absent, ...now }) });
    before.delete(entry.groupId);
  }
  for (const groupId of before.keys()) await ctx.store.remove(catalogueKey(o, groupId));
}

export async function saveDomains(ctx: Context, o: OrgKey, domains: readonly DomainSeen[]): Promise<void> {
  await ctx.store.update({ key: domainsKey(o), ...setOnly({ domains }) });
}

export async function readDomains(ctx: Context, o: OrgKey): Promise<DomainSeen[]> {
  const item = await ctx.store.get(domainsKey(o));
  return item === undefined ? [] : DomainSeen.array().parse(item['domains']);
}

/** As it came from Adobe, without what makes it an item or what a later version keeps there (F21). */
function bare(entry: CatalogueEntry): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name in CatalogueEntry.shape));
}

function withFormerNames(entry: CatalogueEntry, before: CatalogueEntry | undefined): CatalogueEntry {
  if (before === undefined) return entry;
  const key = entitlementKey(entry.name);
  const names = [...(before.formerly ?? []), entitlementKey(before.name)].filter((name) => name !== key);
  const formerly = [...new Set(names)].slice(-NAMES_KEPT);
  return formerly.length === 0 ? entry : { ...entry, formerly };
}
