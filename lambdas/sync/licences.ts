/**
 * Seats of product profiles (F46). Adobe has no error for a full profile: the member is there and `inactive`. Two things
 * tell: a read of the members without a licence, and the count against the quota before people are added.
 */
import type { AdobeClient } from '../adobe/adobe.ts';
import type { CatalogueEntry } from '../directory/catalogue.ts';
import { emailKey, entitlementKey } from '../directory/keys.ts';
import type { BoundRule, EntitlementKey } from '../directory/records.ts';
import { HTTP_TIMEOUT_MS } from '../times.ts';
import { blockAfter, type ListingDeps } from './listing.ts';

export interface Seats {
  readonly key: EntitlementKey;
  readonly name: string;
  readonly product?: string;
  readonly quota: number;
  /** Members at the last listing, with and without a licence. */
  readonly used: number;
  readonly after: number;
  /** How many of them would be without a licence. */
  readonly short: number;
}

/** Seats after so many people gain and lose each entitlement; profiles without a quota have no line. Pure. */
export function forecastSeats(
  catalogue: ReadonlyMap<EntitlementKey, readonly CatalogueEntry[]>,
  moves: ReadonlyMap<EntitlementKey, { readonly gains: number; readonly losses?: number }>,
): Seats[] {
  return [...moves].flatMap(([key, { gains, losses = 0 }]): Seats[] => {
    const [entry, ...others] = catalogue.get(key) ?? [];
    const quota = entry === undefined ? undefined : quotaOf(entry);
    if (entry === undefined || others.length > 0 || quota === undefined || entry.memberCount === undefined)
      return [];
    const { name, memberCount: used, productName } = entry;
    const after = Math.max(0, used + gains - losses);
    const short = Math.max(0, after - quota);
    return [
      {
        key,
        name,
        quota,
        used,
        after,
        short,
        ...(productName === undefined ? {} : { product: productName }),
      },
    ];
  });
}

/** Adobe sends it as text, and sometimes not at all (`umapi.md` 11.4). */
export function quotaOf({ licenseQuota }: CatalogueEntry): number | undefined {
  return licenseQuota !== undefined && /^\d{1,9}$/.test(licenseQuota) ? Number(licenseQuota) : undefined;
}

/** Profiles that a rule names and that can run out of seats. */
export function limitedProfiles(
  rules: readonly BoundRule[],
  catalogue: ReadonlyMap<EntitlementKey, readonly CatalogueEntry[]>,
): CatalogueEntry[] {
  const keys = new Set(rules.flatMap(({ grants }) => grants.map(({ name }) => entitlementKey(name))));
  return [...keys].flatMap((key) => {
    const [entry, ...others] = catalogue.get(key) ?? [];
    return entry !== undefined && others.length === 0 && quotaOf(entry) !== undefined ? [entry] : [];
  });
}

/**
 * The members without a licence by profile, as e-mail keys. A profile that could not be read to its end is absent: then
 * nothing is said about its members (I11).
 */
export async function readUnlicensed(
  deps: ListingDeps & { readonly adobe: Pick<AdobeClient, 'listUnlicensed'> },
  profiles: readonly CatalogueEntry[],
  until: number,
): Promise<Map<EntitlementKey, ReadonlySet<string>>> {
  const found = new Map<EntitlementKey, ReadonlySet<string>>();
  for (const { groupId, name } of profiles) {
    const people = await readMembers(deps, groupId, until);
    if (people === 'stop') return found;
    if (people !== undefined) found.set(entitlementKey(name), people);
  }
  return found;
}

async function readMembers(
  deps: ListingDeps & { readonly adobe: Pick<AdobeClient, 'listUnlicensed'> },
  groupId: string,
  until: number,
): Promise<Set<string> | undefined | 'stop'> {
  const people = new Set<string>();
  for (let page = 0; ; page++) {
    const slot = await deps.slots.take('usersByGroup');
    if (!slot.ok) {
      if (slot.freeAt > until) return 'stop';
      await deps.sleep(Math.max(1, slot.freeAt - deps.now()));
      page -= 1;
      continue;
    }
    await deps.beat();
    const answer = await deps.adobe.listUnlicensed(groupId, page, deps.now() + HTTP_TIMEOUT_MS);
    await deps.slots.settle('usersByGroup', slot.id);
    if (answer.kind === 'failed') {
      await blockAfter(deps, 'usersByGroup', answer);
      return answer.reason === 'throttled' ? 'stop' : undefined;
    }
    if (answer.value === undefined) return undefined;
    for (const { email } of answer.value.rows) people.add(emailKey(email));
    if (answer.value.lastPage) return people;
    if ((answer.value.pageCount ?? page + 2) <= page + 1) return undefined;
  }
}
