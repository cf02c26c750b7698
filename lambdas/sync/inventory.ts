/**
 * Knowing before writing (design.md section 5, R19): the complete listing of an org's users and groups, and the
 * single-user read. A listing is complete or discarded whole (I11): every page answered, every page counted.
 * Users and groups are read as a pair, page 0 of each at most every two hours (R30).
 */
import type {
  AdobeClient,
  AdobeError,
  ListingPage,
  ObservedAdobeGroup,
  ObservedAdobeUser,
  ReadOutcome,
} from '../adobe/adobe.ts';
import { type Endpoint, mayListPageZero, PAGE_ZERO_INTERVAL_MS } from '../adobe/pace.ts';
import { emailKey } from '../directory/keys.ts';
import type { CatalogueEntry, Identity, ObservedUser, OrgKey } from '../directory/records.ts';
import type { SyncDirectory } from '../directory/work.ts';
import { HTTP_TIMEOUT_MS, type Slots } from './slots.ts';
import { indexCatalogue } from './world.ts';

export interface InventoryDeps {
  readonly directory: SyncDirectory;
  readonly adobe: AdobeClient;
  readonly slots: Slots;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Renews the lease under which this runs; before every call and now and then between writes (R29). */
  readonly beat: () => Promise<void>;
  readonly log: (event: string, detail: Record<string, unknown>) => void;
}

export type Inventory =
  | { readonly kind: 'complete'; readonly users: number; readonly groups: number }
  | { readonly kind: 'incomplete'; readonly reason: string; readonly failure?: ReadFailure }
  | { readonly kind: 'too-soon'; readonly at: number };

export interface ReadFailure {
  readonly reason: 'throttled' | 'auth' | 'rejected' | 'unreachable';
  readonly error: AdobeError;
}

/** Whether Adobe may be asked for page 0 again, and if so, that it was asked now: persisted before the call (R30). */
async function claimPageZero(deps: InventoryDeps, clientId: string): Promise<number | undefined> {
  return deps.directory.changeBudget(clientId, 'page-zero', (stored) => {
    const last = typeof stored === 'number' ? stored : undefined;
    const now = deps.now();
    if (!mayListPageZero(last, now)) return { result: (last ?? now) + PAGE_ZERO_INTERVAL_MS };
    return { next: now, result: undefined };
  });
}

/** Lists users and groups of the org and stores both, or stores nothing. `until` bounds the waiting for slots. */
export async function takeInventory(
  deps: InventoryDeps,
  o: OrgKey,
  { clientId, until }: { readonly clientId: string; readonly until: number },
): Promise<Inventory> {
  const again = await claimPageZero(deps, clientId);
  if (again !== undefined) return { kind: 'too-soon', at: again };
  const startedAt = deps.now();
  const groups = await listAll(deps, {
    until,
    endpoint: 'groups',
    page: (page, deadline) => deps.adobe.listGroups(page, deadline),
  });
  if (groups.rows === undefined) return incomplete(groups);
  const users = await listAll(deps, {
    until,
    endpoint: 'users',
    page: (page, deadline) => deps.adobe.listUsers(page, deadline),
  });
  if (users.rows === undefined) return incomplete(users);
  const catalogue = groups.rows.map(catalogueEntry);
  await noteSoleNames(deps, o, catalogue);
  await deps.directory.saveCatalogue(o, catalogue);
  let written = 0;
  for (const [address, people] of byAddress(users.rows)) {
    if (written++ % 500 === 0) await deps.beat();
    await deps.directory.observe(o, address, { at: startedAt, users: distinct(people) });
  }
  const completedAt = deps.now();
  const count = new Set(users.rows.map((user) => emailKey(user.email))).size;
  await deps.directory.changeOrg(o, {
    listing: { startedAt, completedAt, users: count },
    catalogueAt: startedAt,
  });
  deps.log('inventory', { users: count, groups: groups.rows.length });
  return { kind: 'complete', users: count, groups: groups.rows.length };
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

interface Missing {
  readonly rows: undefined;
  readonly reason: string;
  readonly failure?: ReadFailure;
}

function incomplete({ reason, failure }: Missing): Inventory {
  return { kind: 'incomplete', reason, ...(failure === undefined ? {} : { failure }) };
}

interface Listing<T> {
  readonly until: number;
  readonly endpoint: 'users' | 'groups';
  readonly page: (page: number, deadline: number) => Promise<ReadOutcome<ListingPage<T>>>;
}

/** Pages may overlap (F44), so rows are deduplicated by the caller; a page that fails ends the whole listing. */
async function listAll<T>(deps: InventoryDeps, listing: Listing<T>): Promise<{ rows: T[] } | Missing> {
  const rows: T[] = [];
  for (let page = 0; ; page++) {
    const answer = await slotted(deps, listing, page);
    if (answer === 'no-slot') return { rows: undefined, reason: 'no call was free in time' };
    if (answer.kind === 'failed')
      return { rows: undefined, reason: `page ${page}: ${answer.error.code}`, failure: answer };
    rows.push(...answer.value.rows);
    const { lastPage, pageCount } = answer.value;
    if (!lastPage) continue;
    const short = pageCount !== undefined && page + 1 < pageCount;
    return short ? { rows: undefined, reason: `the list ended at page ${page} of ${pageCount}` } : { rows };
  }
}

async function slotted<T>(
  deps: InventoryDeps,
  { endpoint, page, until }: Listing<T>,
  index: number,
): Promise<ReadOutcome<ListingPage<T>> | 'no-slot'> {
  for (;;) {
    const slot = await deps.slots.take(endpoint);
    if (!slot.ok) {
      if (slot.freeAt > until) return 'no-slot';
      await deps.sleep(slot.freeAt - deps.now());
      continue;
    }
    await deps.beat();
    const answer = await page(index, deps.now() + HTTP_TIMEOUT_MS);
    await deps.slots.settle(endpoint, slot.id);
    if (answer.kind === 'failed') await blockAfter(deps, endpoint, answer);
    return answer;
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

/** A pause without a length (section 4.1). */
const UNTOLD_WAIT_MS = 60_000;

async function blockAfter(
  deps: InventoryDeps,
  endpoint: Endpoint,
  { reason, blockedUntil }: ReadFailure & { readonly blockedUntil?: number },
): Promise<void> {
  const until = blockedUntil ?? (reason === 'throttled' ? deps.now() + UNTOLD_WAIT_MS : undefined);
  if (until !== undefined) await deps.slots.block(endpoint, until);
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
  const domain = identity.type === 'adobeID' ? 'AdobeID' : undefined;
  const answer = await deps.adobe.readUser(identity.email, at + HTTP_TIMEOUT_MS, domain);
  await deps.slots.settle('singleUser', slot.id);
  if (answer.kind === 'failed') {
    await blockAfter(deps, 'singleUser', answer);
    deps.log('read-failed', { code: answer.error.code });
    return { kind: 'failed', failure: answer };
  }
  const users = answer.value === undefined ? [] : [seenUnder(identity.email, observedUser(answer.value))];
  await deps.directory.observe(o, identity.email, { at, users });
  return { kind: 'known' };
}
