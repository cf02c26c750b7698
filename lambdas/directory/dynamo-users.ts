/**
 * Users: each change is one transaction over the user, its guard and look-ups, its account and the identity it claims
 * (design.md section 4; R2-R7). An identity that somebody else owns never refuses the identity provider: the user is
 * stored, the account stands on the waiters' list and the drain resolves it.
 */
import { isDeepStrictEqual } from 'node:util';
import { idSet } from './account-item.ts';
import type { Deleted, Precondition, UserWritten } from './directory.ts';
import {
  accountChange,
  accountForNew,
  emailsOf,
  releaseAccount,
  undecidedWrites,
} from './dynamo-accounts.ts';
import {
  type Context,
  connectionOf,
  countWrite,
  journalNames,
  journalWrite,
  readAccount,
  withVersion,
} from './dynamo-context.ts';
import { openIdentities } from './dynamo-identities.ts';
import { removeMembershipsOf } from './dynamo-leave.ts';
import { ConditionFailed, Conflict, type Write } from './dynamo-store.ts';
import { deriveIdentity } from './identity.ts';
import { emailPk, externalIdPk, sweepKey, userKey, userNameKey } from './keys.ts';
import { normal } from './normal.ts';
import { type ConnectionId, UserId, UserRecord, type UserResource } from './records.ts';

export async function getUser(ctx: Context, c: ConnectionId, id: string): Promise<UserRecord | undefined> {
  const parsed = UserId.safeParse(id);
  if (!parsed.success) return undefined;
  const item = await ctx.store.get(userKey(c, parsed.data));
  return item === undefined ? undefined : userOf(item);
}

export function userOf(item: Readonly<Record<string, unknown>>): UserRecord {
  const { pk: _pk, sk, v: _v, ...attributes } = item;
  return UserRecord.parse({ ...attributes, id: sk });
}

export async function createUser(
  ctx: Context,
  c: ConnectionId,
  resource: UserResource,
): Promise<UserWritten> {
  const id = UserId.parse(ctx.newId());
  return ctx.store.contend(async () => {
    const connection = await connectionOf(ctx, c);
    const derived = deriveIdentity(resource, connection.settings);
    const identities = await openIdentities(ctx, connection.org, emailsOf(derived));
    const account = await accountForNew(ctx, {
      connection,
      derived,
      identities,
      id,
      active: resource.active,
    });
    const at = ctx.now();
    const user: UserRecord = {
      id,
      accountId: account.id,
      version: 1,
      created: at,
      lastModified: at,
      resource,
    };
    const { id: _id, ...attributes } = user;
    const absent = 'attribute_not_exists(pk)';
    const writes: Write[] = [
      {
        kind: 'put',
        key: userNameKey(c, resource.userName),
        item: withVersion({ userId: id }),
        condition: absent,
      },
      { kind: 'put', key: userKey(c, id), item: withVersion(attributes), condition: absent },
      ...lookupPuts(c, id, resource),
      account.write,
      ...identities.writes(),
      journalWrite(ctx, c, { fact: 'userCreated', account: account.id, user: id, active: resource.active }),
      ...journalNames({ id: account.id, org: connection.org }, emailsOf(derived)),
      ...undecidedWrites(connection, derived),
      countWrite(ctx, c, { users: 1, settingsVersion: connection.settingsVersion }),
    ];
    if (await commitUser(ctx, c, { userId: id, writes })) return { ok: true, user, groups: [] };
    return { ok: false, reason: 'userNameTaken' };
  });
}

interface UserCommit {
  readonly userId: UserId;
  readonly writes: readonly Write[];
}

/**
 * A user name guard, where there is one, is the first action of a user transaction. False: somebody else has the name.
 * A guard that is ours or free by now means that another condition decided: look again (F02, F04).
 */
async function commitUser(ctx: Context, c: ConnectionId, { userId, writes }: UserCommit): Promise<boolean> {
  try {
    await ctx.store.transactOnce(writes);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    // The cached settings may be what was out of date (R2).
    ctx.settings.delete(c);
    const first = writes[0];
    if (first?.kind !== 'put' || !error.failed.includes(0)) throw error;
    const guard = await ctx.store.get(first.key);
    if (guard === undefined || guard['userId'] === userId) throw error;
    return false;
  }
  if (writes.some((write) => write.key.sk === 'CONFIG')) ctx.settings.delete(c);
  return true;
}

export async function updateUser(
  ctx: Context,
  c: ConnectionId,
  id: string,
  change: (current: UserRecord) => UserResource,
  precondition: Precondition & { readonly rederive?: true } = {},
): Promise<UserWritten> {
  return ctx.store.contend(async () => {
    const user = await getUser(ctx, c, id);
    if (user === undefined) return { ok: false, reason: 'absent' };
    if (precondition.ifVersion !== undefined && precondition.ifVersion !== user.version) {
      return { ok: false, reason: 'versionMismatch' };
    }
    const resource = change(user);
    const same = isDeepStrictEqual(
      JSON.parse(JSON.stringify(resource)),
      JSON.parse(JSON.stringify(user.resource)),
    );
    if (same && precondition.rederive === undefined) return { ok: true, user };
    const connection = await connectionOf(ctx, c);
    const next = same ? user : { ...user, resource, version: user.version + 1, lastModified: ctx.now() };
    const account = await accountChange(ctx, connection, { user, next });
    if (same && account.writes.length === 0) return { ok: true, user, groups: account.groups };
    const writes = [
      ...guardMoves(c, user, next),
      userUpdate(c, user, next),
      ...lookupMoves(c, user, next),
      ...account.writes,
      countWrite(ctx, c, { settingsVersion: connection.settingsVersion }),
    ];
    if (await commitUser(ctx, c, { userId: user.id, writes }))
      return { ok: true, user: next, groups: account.groups };
    return { ok: false, reason: 'userNameTaken' };
  });
}

function guardMoves(c: ConnectionId, user: UserRecord, next: UserRecord): Write[] {
  if (normal(user.resource.userName) === normal(next.resource.userName)) return [];
  const absent = 'attribute_not_exists(pk)';
  return [
    {
      kind: 'put',
      key: userNameKey(c, next.resource.userName),
      item: withVersion({ userId: user.id }),
      condition: absent,
    },
    { kind: 'delete', key: userNameKey(c, user.resource.userName) },
  ];
}

function userUpdate(c: ConnectionId, user: UserRecord, next: UserRecord): Write {
  return {
    kind: 'update',
    key: userKey(c, user.id),
    expression: 'SET #resource = :resource, #version = :next, lastModified = :now',
    condition: '#version = :version',
    names: { '#resource': 'resource', '#version': 'version' },
    values: {
      ':resource': next.resource,
      ':next': next.version,
      ':now': next.lastModified,
      ':version': user.version,
    },
  };
}

export async function deleteUser(
  ctx: Context,
  c: ConnectionId,
  id: string,
  precondition: Precondition = {},
): Promise<Deleted> {
  const gone = await ctx.store.contend(async () => {
    const user = await getUser(ctx, c, id);
    if (user === undefined) return 'absent';
    if (precondition.ifVersion !== undefined && precondition.ifVersion !== user.version)
      return 'versionMismatch';
    const connection = await connectionOf(ctx, c);
    const account = await readAccount(ctx, connection.org, user.accountId);
    // Another DELETE came first, between the two reads: look again (F51).
    if (account === undefined) throw new Conflict();
    const groups = [...account.wanted.groups, ...account.wanted.suspended];
    const sweep = sweepKey(c, ctx.newId());
    await ctx.store.transactOnce([
      {
        kind: 'delete',
        key: userKey(c, user.id),
        condition: '#version = :version',
        names: { '#version': 'version' },
        values: { ':version': user.version },
      },
      { kind: 'delete', key: userNameKey(c, user.resource.userName) },
      ...lookupDeletes(c, user.id, user.resource),
      ...(await releaseAccount(ctx, account, connection)),
      ...(groups.length === 0
        ? []
        : [
            {
              kind: 'put' as const,
              key: sweep,
              item: withVersion({ kind: 'userDeleted', userId: user.id, groups: idSet(groups) }),
            },
          ]),
      journalWrite(ctx, c, { fact: 'userDeleted', account: account.id, user: user.id }),
      countWrite(ctx, c, { users: -1 }),
    ]);
    return { user, groups, sweep };
  });
  if (typeof gone === 'string') return gone;
  if (gone.groups.length > 0) {
    await removeMembershipsOf(ctx, c, { userId: gone.user.id, groups: gone.groups });
    await ctx.store.remove(gone.sweep);
  }
  return 'deleted';
}

function lookupKeys(c: ConnectionId, id: UserId, resource: UserResource): { pk: string; sk: string }[] {
  const keys = new Set<string>();
  if (resource.externalId !== undefined) keys.add(externalIdPk(c, 'U', resource.externalId));
  for (const email of resource.emails ?? []) {
    if (email.value !== undefined && email.value !== '') keys.add(emailPk(c, email.value));
  }
  return [...keys].map((pk) => ({ pk, sk: id }));
}

function lookupPuts(c: ConnectionId, id: UserId, resource: UserResource): Write[] {
  return lookupKeys(c, id, resource).map((key) => ({ kind: 'put', key, item: withVersion({}) }));
}

function lookupDeletes(c: ConnectionId, id: UserId, resource: UserResource): Write[] {
  return lookupKeys(c, id, resource).map((key) => ({ kind: 'delete', key }));
}

function lookupMoves(c: ConnectionId, user: UserRecord, next: UserRecord): Write[] {
  const before = new Set(lookupKeys(c, user.id, user.resource).map((key) => key.pk));
  const after = new Set(lookupKeys(c, user.id, next.resource).map((key) => key.pk));
  return [
    ...lookupPuts(c, user.id, next.resource).filter((write) => !before.has(write.key.pk)),
    ...lookupDeletes(c, user.id, user.resource).filter((write) => !after.has(write.key.pk)),
  ];
}
