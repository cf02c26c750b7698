/**
 * What only an operator's commands read: where accounts stand in the work index, and the accounts behind a group.
 * A parked partition is named by the digest of what it waits for, so every scope that an account was ever parked on is
 * remembered by name in `o / PARK#..`; without it nobody could list them, and the table is never scanned (R35).
 */
import * as z from 'zod';
import { type Context, connectionOf, readAccounts, setOnly } from './dynamo-context.ts';
import { keyText } from './dynamo-store.ts';
import { accountIdOf } from './dynamo-work.ts';
import { memberKey, membersPk, parkedScopeKey, workPartition } from './keys.ts';
import {
  type Account,
  AccountId,
  type ConnectionId,
  EpochMs,
  type GroupId,
  type OrgKey,
  type UserId,
} from './records.ts';
import type { LedgerChange, Membership, Places } from './work.ts';

const PAGE = 100;
/** Somebody who fits is mostly found at once. */
const SEARCH_PAGE = 25;

/** The work index by place: a hint like the index itself (R16); read the accounts to be sure. */
export async function readPlaces(ctx: Context, o: OrgKey): Promise<Places> {
  const idsIn = async (pk: string): Promise<AccountId[]> =>
    (await ctx.store.query({ pk, index: 'work' })).items.map(accountIdOf);
  const scopes = (await ctx.store.query({ pk: o, begins: 'PARK#' })).items.map((item) =>
    String(item['scope']),
  );
  const [run, held, timer, ...parked] = await Promise.all(
    [workPartition.run(o), workPartition.held(o), workPartition.timer(o)]
      .concat(scopes.map((scope) => workPartition.parked(o, scope)))
      .map(idsIn),
  );
  return {
    run: run ?? [],
    held: held ?? [],
    timer: timer ?? [],
    parked: scopes.map((scope, at) => ({ scope, ids: parked[at] ?? [] })).filter(({ ids }) => ids.length > 0),
  };
}

/** Passes the change on and remembers the scope it parks on; a scope is written once per process. */
export async function noteParked<T>(
  ctx: Context,
  { org, known }: { readonly org: OrgKey; readonly known: Set<string> },
  work: (note: (change: LedgerChange | undefined) => LedgerChange | undefined) => Promise<T>,
): Promise<T> {
  let scope: string | undefined;
  const result = await work((change) => {
    scope = change?.standing.place.kind === 'parked' ? change.standing.place.on : undefined;
    return change;
  });
  if (scope !== undefined && !known.has(`${org}#${scope}`)) {
    await ctx.store.update({ key: parkedScopeKey(org, scope), ...setOnly({ scope }) });
    known.add(`${org}#${scope}`);
  }
  return result;
}

/** Page by page, strongly; an account whose user left meanwhile may be among them, and its wanted groups tell. */
export async function* accountsOfGroup(
  ctx: Context,
  c: ConnectionId,
  group: GroupId,
): AsyncIterable<readonly Account[]> {
  const { org } = await connectionOf(ctx, c);
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await ctx.store.query({
      pk: membersPk(c, group),
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    const ids = page.items.map((item) => AccountId.parse(item['accountId']));
    yield [...(await readAccounts(ctx, org, ids)).values()];
    more = page.more;
    after = String(page.items.at(-1)?.['sk']);
  }
}

const StoredMembership = z.object({
  addedAt: EpochMs,
  request: z.string().optional(),
  token: z.string().optional(),
});

/** Since when, and by which request of the identity provider, the user is in these groups. */
export async function membershipsOf(
  ctx: Context,
  c: ConnectionId,
  { user, groups }: { readonly user: UserId; readonly groups: readonly GroupId[] },
): Promise<Map<GroupId, Membership>> {
  const keys = groups.map((group) => memberKey(c, group, user));
  const items = await ctx.store.batchGet(keys);
  const found = new Map<GroupId, Membership>();
  for (const [at, group] of groups.entries()) {
    const key = keys[at];
    const item = key === undefined ? undefined : items.get(keyText(key));
    if (item === undefined) continue;
    const { addedAt, ...by } = StoredMembership.parse(item);
    found.set(group, { at: addedAt, ...by });
  }
  return found;
}

interface Search {
  readonly group: GroupId | undefined;
  readonly fits: (account: Account) => boolean;
  readonly most: number;
}

/** Strongly, the newest first: who came last is still there more often than who came first. */
export async function findAccount(
  ctx: Context,
  c: ConnectionId,
  { group, fits, most }: Search,
): Promise<Account | undefined> {
  const { org } = await connectionOf(ctx, c);
  const pk = group === undefined ? `${c}#U` : membersPk(c, group);
  let after: string | undefined;
  for (let read = 0; read < most; read += SEARCH_PAGE) {
    const from = after === undefined ? {} : { after };
    const page = await ctx.store.query({ pk, limit: SEARCH_PAGE, backward: true, ...from });
    const ids = page.items.map((item) => AccountId.parse(item['accountId']));
    const found = [...(await readAccounts(ctx, org, ids)).values()].find(fits);
    if (found !== undefined || !page.more) return found;
    after = String(page.items.at(-1)?.['sk']);
  }
  return undefined;
}
