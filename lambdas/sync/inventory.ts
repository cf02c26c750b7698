/**
 * Knowing before writing (design.md section 5, R19): what a complete listing showed is stored whole or not at all (I11),
 * and so is the answer of a single-user read. A list that shrank by more than a fifth since the one before is not
 * believed before a second one says the same (V7).
 */
import type { ObservedAdobeGroup, ObservedAdobeUser } from '../adobe/adobe.ts';
import type { CatalogueEntry } from '../directory/catalogue.ts';
import { emailKey } from '../directory/keys.ts';
import type { EntitlementKey, Identity, ObservedUser, OrgKey } from '../directory/records.ts';
import { HTTP_TIMEOUT_MS } from '../times.ts';
import { domainsIn } from './domains.ts';
import { reported } from './drift.ts';
import {
  agreement,
  blockAfter,
  countBefore,
  countPeople,
  type Listing,
  type ListingDeps,
  type NoListing,
  type ReadFailure,
  readListing,
} from './listing.ts';
import { followRules, renamesOf } from './renames.ts';
import { indexCatalogue } from './world.ts';

export type InventoryDeps = ListingDeps;

export interface Counted {
  readonly startedAt: number;
  readonly users: number;
  readonly groups: number;
}

export type Inventory =
  | (Counted & {
      readonly kind: 'complete';
      /** The count moved by at most a fifth: revokes may follow from this listing (V7). */
      readonly agrees: boolean;
      readonly written: number;
      readonly unchanged: number;
      readonly vanished: number;
      /** People who are nobody's account and hold what a rule names. */
      readonly strangers: number;
    })
  /** Complete, but far shorter than the one before: nothing was stored but its count. */
  | (Counted & { readonly kind: 'doubtful'; readonly before: number })
  | NoListing;

/** Lists users and groups of the org and stores both, or stores nothing. `until` bounds the waiting for slots. */
export async function takeInventory(
  deps: InventoryDeps,
  o: OrgKey,
  { clientId, until }: { readonly clientId: string; readonly until: number },
): Promise<Inventory> {
  const listing = await readListing(deps, { clientId, until });
  if ('kind' in listing) return listing;
  const org = await deps.directory.getOrg(o);
  const { startedAt, groups } = listing;
  const users = countPeople(listing.users);
  const before = org === undefined ? undefined : countBefore(org);
  const verdict = agreement(users, before);
  const counted = { at: startedAt, users };
  if (verdict === 'shrank') {
    await deps.directory.changeOrg(o, { counted });
    deps.log('inventory-doubtful', { users, before });
    return { kind: 'doubtful', startedAt, users, groups: groups.length, before: before ?? 0 };
  }
  const agrees = verdict === 'agrees';
  const stored = await store(deps, o, listing);
  await deps.directory.changeOrg(o, {
    listing: { startedAt, completedAt: deps.now(), users, agrees },
    counted,
    catalogueAt: startedAt,
  });
  deps.log('inventory', { users, groups: groups.length, agrees, ...stored });
  return { kind: 'complete', startedAt, users, groups: groups.length, agrees, ...stored };
}

async function store(deps: InventoryDeps, o: OrgKey, { startedAt, groups, users }: Listing) {
  const catalogue = groups.map(catalogueEntry);
  await noteSoleNames(deps, o, catalogue);
  await deps.directory.saveCatalogue(o, catalogue);
  await deps.directory.saveDomains(o, domainsIn(users));
  const people = new Map([...byAddress(users)].map(([address, found]) => [address, distinct(found)]));
  const named = await namedKeys(deps, o);
  return deps.directory.observeListing(o, { startedAt, people, named }, deps.beat);
}

/** What the rules in force speak of, under the names that this listing showed (F45). */
async function namedKeys({ directory }: InventoryDeps, o: OrgKey): Promise<Set<EntitlementKey>> {
  const connections = (await directory.getOrg(o))?.connections ?? [];
  const rules = await Promise.all(
    connections.map(async (c) => directory.rulesOf(await directory.getConnection(c))),
  );
  return reported(followRules(rules.flat(), renamesOf(await directory.readCatalogue(o))));
}

/** Names that several groups shared and no longer do: whoever was parked on them is woken like from a fault (R16). */
async function noteSoleNames(
  deps: InventoryDeps,
  o: OrgKey,
  after: readonly CatalogueEntry[],
): Promise<void> {
  const before = indexCatalogue(await deps.directory.readCatalogue(o));
  const now = indexCatalogue(after);
  const at = deps.now();
  for (const [scope, entries] of before) {
    if (entries.length < 2 || (now.get(scope)?.length ?? 0) > 1) continue;
    const error = { code: 'name-not-unique', message: 'The name was shared.', hint: 'Nothing to do.', at };
    await deps.directory.tripFault(o, { scope, error, retryAt: at });
  }
}

function catalogueEntry(group: ObservedAdobeGroup): CatalogueEntry {
  const { groupId, name, type, productName, memberCount, licenseQuota } = group;
  return {
    groupId,
    name,
    type,
    ...(productName === undefined ? {} : { productName }),
    ...(memberCount === undefined ? {} : { memberCount }),
    ...(licenseQuota === undefined ? {} : { licenseQuota }),
  };
}

/** Names starting with `_` are admin groups: only that there is one matters (design.md section 6). */
export function observedUser(user: ObservedAdobeUser): ObservedUser {
  const { email, username, type, status, firstname, lastname, country, groups } = user;
  return {
    email,
    username,
    type,
    status,
    ...(firstname === undefined ? {} : { firstname }),
    ...(lastname === undefined ? {} : { lastname }),
    ...(country === undefined ? {} : { country }),
    groups: groups.filter((name) => !name.startsWith('_')),
    admin: groups.some((name) => name.startsWith('_')),
  };
}

function distinct(people: readonly ObservedUser[]): ObservedUser[] {
  return [...new Map(people.map((one) => [one.type.toLowerCase(), one])).values()];
}

/** Somebody whose username, not e-mail, is this address: that person blocks it, but is not ours. */
function seenUnder(address: string, user: ObservedUser): ObservedUser {
  return emailKey(user.email) === emailKey(address)
    ? user
    : { ...user, type: `username of another ${user.type}` };
}

/** Commands may find a person by e-mail or username (`umapi.md` 5.1), so both addresses are taken. */
function byAddress(rows: readonly ObservedAdobeUser[]): Map<string, ObservedUser[]> {
  const found = new Map<string, ObservedUser[]>();
  for (const row of rows) {
    const user = observedUser(row);
    for (const address of new Set(
      [user.email, user.username].filter((one) => one.includes('@')).map(emailKey),
    )) {
      found.set(address, [...(found.get(address) ?? []), seenUnder(address, user)]);
    }
  }
  return found;
}

export type Looked =
  | { readonly kind: 'known' }
  | { readonly kind: 'no-slot'; readonly freeAt: number }
  | { readonly kind: 'failed'; readonly failure: ReadFailure };

/** One single-user read, recorded as knowledge. Without `domain` Adobe shows the managed identity first (`umapi.md` 13). */
export async function lookAt(deps: InventoryDeps, o: OrgKey, identity: Identity): Promise<Looked> {
  const slot = await deps.slots.take('singleUser');
  if (!slot.ok) return { kind: 'no-slot', freeAt: slot.freeAt };
  await deps.beat();
  const at = deps.now();
  const domain = (identity.as ?? identity.type) === 'adobeID' ? 'AdobeID' : undefined;
  const answer = await deps.adobe.readUser(identity.email, at + HTTP_TIMEOUT_MS, domain);
  await deps.slots.settle('singleUser', slot.id);
  if (answer.kind === 'failed') {
    await blockAfter(deps, 'singleUser', answer);
    deps.log('read-failed', { reason: answer.reason, code: answer.error.code });
    return { kind: 'failed', failure: answer };
  }
  const users = answer.value === undefined ? [] : [seenUnder(identity.email, observedUser(answer.value))];
  await deps.directory.observe(o, identity.email, { at, users });
  return { kind: 'known' };
}
