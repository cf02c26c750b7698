/**
 * Lists and look-ups, all strong (R15). A list is one partition in id order; what `startIndex` asks for is found by
 * positions that earlier pages left behind (short-lived items), so a walk reads every resource once.
 */
import type { GroupLookup, GroupRef, Page, PageRequest, UserLookup } from './directory.ts';
import { type Context, connectionOf, countOf, readAccount, readAccounts } from './dynamo-context.ts';
import { getGroup, groupOf, readGuard } from './dynamo-groups.ts';
import { Conflict, type Item, keyText } from './dynamo-store.ts';
import { getUser, userOf } from './dynamo-users.ts';
import {
  emailKey,
  emailPk,
  externalIdPk,
  groupKey,
  memberKey,
  membersPk,
  positionKey,
  userKey,
  userNameKey,
} from './keys.ts';
import { normal } from './normal.ts';
import { type ConnectionId, type GroupId, type GroupRecord, UserId, type UserRecord } from './records.ts';

const POSITION_LIFE_MS = 3600 * 1000;

export async function findUsers(ctx: Context, c: ConnectionId, lookup: UserLookup): Promise<UserRecord[]> {
  switch (lookup.by) {
    case 'id': {
      const user = await getUser(ctx, c, lookup.value);
      return user === undefined ? [] : [user];
    }
    case 'userName': {
      const user = await userNamed(ctx, c, lookup.value);
      return user === undefined ? [] : [user];
    }
    case 'externalId': {
      const users = await usersBehind(ctx, c, externalIdPk(c, 'U', lookup.value));
      return users.filter((user) => user.resource.externalId === lookup.value);
    }
    case 'email': {
      const users = await usersBehind(ctx, c, emailPk(c, lookup.value));
      const wanted = emailKey(lookup.value);
      return users.filter((user) =>
        user.resource.emails?.some((email) => emailKey(email.value ?? '') === wanted),
      );
    }
  }
}

/** The name may move from one user to another between the two reads: then it is looked up again (I01). */
async function userNamed(ctx: Context, c: ConnectionId, userName: string): Promise<UserRecord | undefined> {
  return ctx.store.contend(async () => {
    const guard = await ctx.store.get(userNameKey(c, userName));
    if (guard === undefined) return undefined;
    const user = await getUser(ctx, c, String(guard['userId']));
    if (user !== undefined && normal(user.resource.userName) === normal(userName)) return user;
    throw new Conflict();
  });
}

async function usersBehind(ctx: Context, c: ConnectionId, pk: string): Promise<UserRecord[]> {
  const { items } = await ctx.store.query({ pk });
  const keys = items.map((item) => userKey(c, UserId.parse(item['sk'])));
  const users = await ctx.store.batchGet(keys);
  const found = keys.map((key) => users.get(keyText(key))).filter((item) => item !== undefined);
  return found.map((item) => userOf(item));
}

export async function findGroups(ctx: Context, c: ConnectionId, lookup: GroupLookup): Promise<GroupRecord[]> {
  switch (lookup.by) {
    case 'id': {
      const group = await getGroup(ctx, c, lookup.value);
      return group === undefined ? [] : [group];
    }
    case 'displayName': {
      const group = await groupNamed(ctx, c, lookup.value);
      return group === undefined ? [] : [group];
    }
    case 'externalId': {
      const { items } = await ctx.store.query({ pk: externalIdPk(c, 'G', lookup.value) });
      const groups = await Promise.all(items.map((item) => getGroup(ctx, c, String(item['sk']))));
      return groups
        .filter((group) => group?.externalId === lookup.value)
        .filter((group) => group !== undefined);
    }
    case 'member': {
      const user = await getUser(ctx, c, lookup.value);
      if (user === undefined) return [];
      const { org } = await connectionOf(ctx, c);
      const account = await readAccount(ctx, org, user.accountId);
      const ids = [...(account?.wanted.groups ?? []), ...(account?.wanted.suspended ?? [])].sort();
      const groups = await liveGroups(ctx, c, ids);
      return ids.flatMap((id) => groups.get(id) ?? []);
    }
  }
}

async function groupNamed(
  ctx: Context,
  c: ConnectionId,
  displayName: string,
): Promise<GroupRecord | undefined> {
  return ctx.store.contend(async () => {
    const { groupId } = await readGuard(ctx, c, displayName);
    if (groupId === undefined) return undefined;
    const group = await getGroup(ctx, c, groupId);
    if (group !== undefined && normal(group.displayName.trim()) === normal(displayName.trim())) return group;
    throw new Conflict();
  });
}

export async function liveGroups(
  ctx: Context,
  c: ConnectionId,
  ids: readonly GroupId[],
): Promise<Map<GroupId, GroupRecord>> {
  const items = await ctx.store.batchGet(ids.map((id) => groupKey(c, id)));
  const groups = [...items.values()].map(groupOf).filter((group) => group.state === 'live');
  return new Map(groups.map((group) => [group.id, group]));
}

export async function groupsOf(
  ctx: Context,
  c: ConnectionId,
  users: readonly UserRecord[],
): Promise<Map<UserId, GroupRef[]>> {
  const { org } = await connectionOf(ctx, c);
  const accounts = await readAccounts(
    ctx,
    org,
    users.map((user) => user.accountId),
  );
  const idsOf = (user: UserRecord): GroupId[] => {
    const wanted = accounts.get(user.accountId)?.wanted;
    return wanted === undefined ? [] : [...wanted.groups, ...wanted.suspended];
  };
  const groups = await liveGroups(ctx, c, [...new Set(users.flatMap(idsOf))]);
  const refs = new Map<UserId, GroupRef[]>();
  for (const user of users) {
    const own = idsOf(user).flatMap((id) => groups.get(id) ?? []);
    if (own.length > 0)
      refs.set(
        user.id,
        own.map(({ id, displayName }) => ({ id, displayName })),
      );
  }
  return refs;
}

export async function listMembers(ctx: Context, c: ConnectionId, group: GroupId): Promise<UserId[]> {
  const [rows, leaving] = await Promise.all([
    ctx.store.query({ pk: membersPk(c, group) }),
    leavingUsers(ctx, c),
  ]);
  return rows.items.map((item) => UserId.parse(item['sk'])).filter((id) => !leaving.has(id));
}

/** Deleted users whose memberships a crash left behind: gone for every reader until the sweep has them (I04, R7). */
async function leavingUsers(ctx: Context, c: ConnectionId): Promise<Set<string>> {
  const { items } = await ctx.store.query({ pk: c, begins: 'SWEEP#' });
  return new Set(
    items.filter((item) => item['kind'] === 'userDeleted').map((item) => String(item['userId'])),
  );
}

export async function isMember(
  ctx: Context,
  c: ConnectionId,
  group: GroupId,
  user: string,
): Promise<boolean> {
  const parsed = UserId.safeParse(user);
  if (!parsed.success) return false;
  const keys = [memberKey(c, group, parsed.data), userKey(c, parsed.data)];
  return (await ctx.store.batchGet(keys)).size === keys.length;
}

export async function listUsers(ctx: Context, c: ConnectionId, page: PageRequest): Promise<Page<UserRecord>> {
  const { items, total } = await listPage(ctx, c, { type: 'U', page, keep: () => true });
  return { resources: items.map(userOf), totalResults: total };
}

export async function listGroups(
  ctx: Context,
  c: ConnectionId,
  page: PageRequest,
): Promise<Page<GroupRecord>> {
  const live = (item: Item): boolean => item['state'] === 'live';
  const { items, total } = await listPage(ctx, c, { type: 'G', page, keep: live });
  return { resources: items.map(groupOf), totalResults: total };
}

interface ListRequest {
  readonly type: 'U' | 'G';
  readonly page: PageRequest;
  /** Which items of the partition are visible. */
  readonly keep: (item: Item) => boolean;
}

async function listPage(
  ctx: Context,
  c: ConnectionId,
  request: ListRequest,
): Promise<{ items: Item[]; total: number }> {
  const { type, page } = request;
  const counted = () => countOf(ctx, c, type === 'U' ? 'users' : 'groups');
  if (page.count === 0) return { items: [], total: await counted() };
  const start = await positionOf(ctx, c, { type, startIndex: page.startIndex });
  const skip = page.startIndex - start.startIndex;
  if (skip > 0) {
    // No walk came by here: far beyond the end nothing is read at all (I15).
    const total = await counted();
    if (page.startIndex > total) return { items: [], total };
  }
  const { items, more } = await read(ctx, `${c}#${type}`, {
    ...request,
    after: start.after,
    wanted: skip + page.count,
  });
  const shown = items.slice(skip);
  // Read from the beginning to the end, the page itself is the count; behind a position others may have come or gone.
  if (!more) return { items: shown, total: start.after === undefined ? items.length : await counted() };
  const next = { type, startIndex: page.startIndex + shown.length, after: String(shown.at(-1)?.['sk']) };
  await leavePosition(ctx, c, next);
  const total = await counted();
  if (total >= next.startIndex) return { items: shown, total };
  // By the count this was the last page. Deletes behind a walk can make it look so: then it is told that one more follows.
  const { items: following } = await ctx.store.query({ pk: `${c}#${type}`, after: next.after, limit: 1 });
  return { items: shown, total: following.length > 0 ? next.startIndex : total };
}

interface Wanted extends ListRequest {
  readonly after: string | undefined;
  readonly wanted: number;
}

async function read(
  ctx: Context,
  pk: string,
  { after, wanted, keep }: Wanted,
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = [];
  let from = after;
  for (;;) {
    const page = await ctx.store.query({
      pk,
      limit: wanted - items.length,
      ...(from === undefined ? {} : { after: from }),
    });
    items.push(...page.items.filter(keep));
    from = String(page.items.at(-1)?.['sk']);
    if (!page.more || items.length >= wanted) return { items, more: page.more };
  }
}

interface Position {
  readonly startIndex: number;
  readonly after: string | undefined;
}

/** The nearest position at or before the wanted index; the beginning when none is left. */
async function positionOf(
  ctx: Context,
  c: ConnectionId,
  { type, startIndex }: { type: 'U' | 'G'; startIndex: number },
): Promise<Position> {
  const beginning = { startIndex: 1, after: undefined };
  if (startIndex === 1) return beginning;
  const { pk, sk } = positionKey(c, type, startIndex);
  const [item] = (await ctx.store.query({ pk, upTo: sk, limit: 1, backward: true })).items;
  if (item === undefined || Number(item['until']) < ctx.now()) return beginning;
  return { startIndex: Number(item['sk']), after: String(item['after']) };
}

async function leavePosition(
  ctx: Context,
  c: ConnectionId,
  { type, startIndex, after }: { type: 'U' | 'G'; startIndex: number; after: string },
): Promise<void> {
  const until = ctx.now() + POSITION_LIFE_MS;
  // TTL sweeps late or never (F13), so the code judges `until` itself.
  await ctx.store.put(positionKey(c, type, startIndex), {
    after,
    until,
    expires: Math.ceil(until / 1000),
    v: 1,
  });
}
