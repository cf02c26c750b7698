/** Look-ups of users and groups, and who is in which group. All strong: a guard or a membership decides, never an index. */
import { groupIdsOf } from './account-item.ts';
import type { GroupLookup, GroupRef, UserLookup } from './directory.ts';
import { type Context, connectionOf, readAccount } from './dynamo-context.ts';
import { getGroup, groupOf, readGuard } from './dynamo-groups.ts';
import { Conflict, keyText } from './dynamo-store.ts';
import { getUser, userOf } from './dynamo-users.ts';
import {
  accountKey,
  emailKey,
  emailPk,
  externalIdPk,
  groupKey,
  memberKey,
  membersPk,
  userKey,
  userNameKey,
} from './keys.ts';
import { normal } from './normal.ts';
import {
  type ConnectionId,
  GroupId,
  type GroupRecord,
  type UserGlimpse,
  UserId,
  type UserRecord,
} from './records.ts';

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
  return getUsers(
    ctx,
    c,
    items.map((item) => String(item['sk'])),
  );
}

export async function getUsers(ctx: Context, c: ConnectionId, ids: readonly string[]): Promise<UserRecord[]> {
  const keys = ids.flatMap((id) => UserId.safeParse(id).data ?? []).map((id) => userKey(c, id));
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

export async function getGroups(
  ctx: Context,
  c: ConnectionId,
  ids: readonly string[],
): Promise<GroupRecord[]> {
  const parsed = ids.flatMap((id) => GroupId.safeParse(id).data ?? []);
  const groups = await liveGroups(ctx, c, parsed);
  return parsed.flatMap((id) => groups.get(id) ?? []);
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

/** Of each account only its groups are read: a walk asks this about everybody. */
export async function groupsOf(
  ctx: Context,
  c: ConnectionId,
  users: readonly UserGlimpse[],
): Promise<Map<UserId, GroupRef[]>> {
  const { org } = await connectionOf(ctx, c);
  const keyOf = (user: UserGlimpse) => accountKey(org, user.accountId);
  const accounts = await ctx.store.batchGet(users.map(keyOf), [['groups'], ['suspended']]);
  const idsOf = (user: UserGlimpse): GroupId[] => groupIdsOf(accounts.get(keyText(keyOf(user))) ?? {});
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

export async function listMembers(
  ctx: Context,
  c: ConnectionId,
  group: GroupId,
  most = Number.POSITIVE_INFINITY,
): Promise<UserId[]> {
  const leaving = await leavingUsers(ctx, c);
  const members: UserId[] = [];
  for (let after: string | undefined; ; ) {
    const { items, more } = await ctx.store.query({
      pk: membersPk(c, group),
      only: [],
      ...(Number.isFinite(most) ? { limit: most - members.length } : {}),
      ...(after === undefined ? {} : { after }),
    });
    for (const item of items) {
      const id = UserId.parse(item['sk']);
      if (!leaving.has(id)) members.push(id);
    }
    after = String(items.at(-1)?.['sk']);
    // Who is leaving does not count: there may be others behind.
    if (!more || members.length >= most) return members;
  }
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
