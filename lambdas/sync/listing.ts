/**
 * The complete listing of an org's groups and users, read as a pair (R30). It decides whether what Adobe answered is one
 * complete list, and whether it agrees with the list before (V7); storing it is `inventory.ts`.
 *
 * Invariant: every page answered, every page counted, nothing shrank meanwhile, or there is no listing (I11, F44). The
 * two-hour clock of a list starts with the call for its page 0, never before a slot for it is in hand.
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
import type { Org } from '../directory/records.ts';
import type { SyncDirectory } from '../directory/work.ts';
import { HTTP_TIMEOUT_MS } from '../times.ts';
import type { Slots } from './slots.ts';

export interface ListingDeps {
  readonly directory: SyncDirectory;
  readonly adobe: AdobeClient;
  readonly slots: Slots;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Renews the lease under which this runs; before every call and now and then between writes (R29). */
  readonly beat: () => Promise<void>;
  readonly log: (event: string, detail: Record<string, unknown>) => void;
}

/** Listings leave half of Adobe's read budget to the drain and to operators. */
export const LISTING_SHARE = 0.5;

export interface ReadFailure {
  readonly reason: 'throttled' | 'auth' | 'rejected' | 'unreachable';
  readonly error: AdobeError;
}

export interface Listing {
  readonly startedAt: number;
  readonly groups: readonly ObservedAdobeGroup[];
  readonly users: readonly ObservedAdobeUser[];
}

export interface NoListing {
  readonly kind: 'incomplete' | 'too-soon' | 'no-slot';
  readonly reason: string;
  /** For `too-soon`: when the two hours are over. */
  readonly at?: number;
  readonly failure?: ReadFailure;
}

type List = 'groups' | 'users';

/** Both lists, or why there is none. `until` bounds the waiting for slots. */
export async function readListing(
  deps: ListingDeps,
  { clientId, until }: { readonly clientId: string; readonly until: number },
): Promise<Listing | NoListing> {
  const again = await pageZeroFreeAt(deps, clientId);
  if (again > deps.now())
    return { kind: 'too-soon', reason: 'page 0 was read less than two hours ago', at: again };
  const slots = {
    groups: await waitForSlot(deps, 'groups', until),
    users: await waitForSlot(deps, 'users', until),
  };
  if (slots.groups === undefined || slots.users === undefined)
    return { kind: 'no-slot', reason: 'no call was free in time' };
  const startedAt = deps.now();
  const walk = <T>(list: List, page: Walk<T>['page']) =>
    walkList(deps, { list, clientId, until, slot: slots[list], page });
  const groups = await walk('groups', (page, deadline) => deps.adobe.listGroups(page, deadline));
  if (!Array.isArray(groups)) return groups;
  const users = await walk('users', (page, deadline) => deps.adobe.listUsers(page, deadline));
  if (!Array.isArray(users)) return users;
  return { startedAt, groups, users };
}

type Clocks = Partial<Record<List, number>>;

/** Both lists were one clock once, and a number. */
function clocksOf(stored: unknown): Clocks {
  if (typeof stored === 'number') return { groups: stored, users: stored };
  return typeof stored === 'object' && stored !== null ? (stored as Clocks) : {};
}

/** When both page 0 may be read: the lists are a pair. */
async function pageZeroFreeAt({ directory, now }: ListingDeps, clientId: string): Promise<number> {
  return directory.changeBudget(clientId, 'page-zero', (stored) => {
    const clocks = clocksOf(stored);
    const busy = [clocks.groups, clocks.users].filter((last) => !mayListPageZero(last, now()));
    return { result: Math.max(0, ...busy.map((last) => (last ?? 0) + PAGE_ZERO_INTERVAL_MS)) };
  });
}

/** Starts the list's two hours, right before the call; false when another run just did (R30). */
async function claimPageZero(
  { directory, now }: ListingDeps,
  clientId: string,
  list: List,
): Promise<boolean> {
  return directory.changeBudget(clientId, 'page-zero', (stored) => {
    const clocks = clocksOf(stored);
    if (!mayListPageZero(clocks[list], now())) return { result: false };
    return { next: { ...clocks, [list]: now() }, result: true };
  });
}

async function waitForSlot(
  { slots, now, sleep }: ListingDeps,
  endpoint: Endpoint,
  until: number,
): Promise<string | undefined> {
  for (;;) {
    const slot = await slots.take(endpoint);
    if (slot.ok) return slot.id;
    if (slot.freeAt > until) return undefined;
    await sleep(Math.max(1, slot.freeAt - now()));
  }
}

interface Walk<T> {
  readonly list: List;
  readonly clientId: string;
  readonly until: number;
  /** Taken before the first list began, so that the second does not cost the first its two hours. */
  readonly slot: string | undefined;
  readonly page: (page: number, deadline: number) => Promise<ReadOutcome<ListingPage<T>>>;
}

/** Pages may overlap (F44), so rows are deduplicated by whoever stores them; a page that fails ends the whole listing. */
async function walkList<T>(deps: ListingDeps, walk: Walk<T>): Promise<T[] | NoListing> {
  const rows: T[] = [];
  let before: ListingPage<T> | undefined;
  for (let index = 0; ; index++) {
    const answer = await readPage(deps, walk, index);
    if ('reason' in answer && answer.kind !== 'failed') return answer;
    if (answer.kind === 'failed')
      return {
        kind: 'incomplete',
        reason: `${walk.list} page ${index}: ${answer.error.code}`,
        failure: answer,
      };
    const flaw = flawOf(answer.value, index, before);
    if (flaw !== undefined) return { kind: 'incomplete', reason: `${walk.list} ${flaw}` };
    rows.push(...answer.value.rows);
    if (answer.value.lastPage) return rows;
    before = answer.value;
  }
}

/** Why a page cannot be part of one complete list. */
function flawOf(
  { lastPage, pageCount, currentPage, totalCount }: ListingPage<unknown>,
  index: number,
  before: ListingPage<unknown> | undefined,
): string | undefined {
  // Past the end Adobe repeats the last page.
  if (currentPage !== undefined && currentPage !== index)
    return `page ${index}: Adobe sent page ${currentPage}`;
  if (lastPage && pageCount !== undefined && index + 1 < pageCount)
    return `the list ended at page ${index} of ${pageCount}`;
  if (!lastPage && pageCount !== undefined && index >= pageCount)
    return `page ${index}: the list has ${pageCount} pages and no end`;
  // Whoever moved up into a page that was read already would be missed.
  if ((totalCount ?? 0) < (before?.totalCount ?? 0) || (pageCount ?? 0) < (before?.pageCount ?? 0))
    return `page ${index}: the list shrank while it was read`;
  return undefined;
}

async function readPage<T>(
  deps: ListingDeps,
  { list, clientId, until, slot, page }: Walk<T>,
  index: number,
): Promise<ReadOutcome<ListingPage<T>> | NoListing> {
  const kept = index === 0 && slot !== undefined && (await deps.slots.restamp(list, slot)) ? slot : undefined;
  const id = kept ?? (await waitForSlot(deps, list, until));
  if (id === undefined) return { kind: 'no-slot', reason: 'no call was free in time' };
  if (index === 0 && !(await claimPageZero(deps, clientId, list)))
    return { kind: 'too-soon', reason: 'another run reads this list' };
  await deps.beat();
  const answer = await page(index, deps.now() + HTTP_TIMEOUT_MS);
  await deps.slots.settle(list, id);
  if (answer.kind === 'failed') await blockAfter(deps, list, answer);
  return answer;
}

/** A pause without a length (`umapi.md` 4.1). */
const UNTOLD_WAIT_MS = 60_000;

export async function blockAfter(
  { slots, now }: Pick<ListingDeps, 'slots' | 'now'>,
  endpoint: Endpoint,
  { reason, blockedUntil }: ReadFailure & { readonly blockedUntil?: number },
): Promise<void> {
  const until = blockedUntil ?? (reason === 'throttled' ? now() + UNTOLD_WAIT_MS : undefined);
  if (until !== undefined) await slots.block(endpoint, until);
}

/** How far two counts of a small org may be apart and still agree: one team that left is no broken list. */
const AGREES_WITHIN = 10;

/** Whether the count moved by no more than a fifth since the list before (V7). */
export function agreement(users: number, before: number | undefined): 'agrees' | 'grew' | 'shrank' | 'first' {
  if (before === undefined) return 'first';
  if (Math.abs(users - before) <= Math.max(AGREES_WITHIN, before / 5)) return 'agrees';
  return users > before ? 'grew' : 'shrank';
}

/** What the count is compared with: the last list that was read to its end, believed or not. */
export function countBefore({ counted, listing }: Pick<Org, 'counted' | 'listing'>): number | undefined {
  return counted?.users ?? listing?.users;
}

export function countPeople(users: readonly ObservedAdobeUser[]): number {
  return new Set(users.map((user) => emailKey(user.email))).size;
}
