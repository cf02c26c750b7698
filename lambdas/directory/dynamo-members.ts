/**
 * Membership as deltas (R8-R10). A chunk is one transaction of at most 100 actions: the group's version, a journal
 * record, and pairs of membership item and account. No chunk ever reads or writes another member (I02, T41).
 */
import { groupIdsOf, idSet, markParts } from './account-item.ts';
import type { MemberEdit } from './directory.ts';
import { type Context, journalWrite } from './dynamo-context.ts';
import { Conflict, type Item, keyText, MAX_ACTIONS, type Write } from './dynamo-store.ts';
import { accountKey, groupKey, memberKey, membersPk, userKey } from './keys.ts';
import { AccountId, type ConnectionId, type GroupId, type OrgKey, UserId } from './records.ts';

export interface MemberChange {
  readonly kind: 'join' | 'leave' | 'resume';
  readonly user: UserId;
  readonly account: AccountId;
}

export interface MemberPlan {
  readonly changes: readonly MemberChange[];
  readonly unknown: readonly string[];
}

/** Actions of a chunk that are not pairs: group, journal, guards, look-ups and the bindings of a new group. */
const OVERHEAD = 16;
const PAIRS_PER_CHUNK = Math.floor((MAX_ACTIONS - OVERHEAD) / 2);

export interface GroupAt {
  readonly connection: ConnectionId;
  readonly org: OrgKey;
  readonly group: GroupId;
}

/** What is already true is dropped by strong reads; a suspended group id (R21) is not "already true". */
export async function planMembers(ctx: Context, at: GroupAt, edit: MemberEdit): Promise<MemberPlan> {
  if (edit.kind === 'delta') return planDelta(ctx, at, edit);
  const { items } = await ctx.store.query({ pk: membersPk(at.connection, at.group), only: [['accountId']] });
  const members = new Map(items.map((item) => [String(item['sk']), item]));
  const wanted = new Set(edit.members);
  const named = namedIn({ add: edit.members, remove: [...members.keys()].filter((id) => !wanted.has(id)) });
  const moving = [...named.add.filter((user) => !members.has(user)), ...named.remove];
  const users = await ctx.store.batchGet(moving.map((user) => userKey(at.connection, user)));
  return planFrom(ctx, at, { ...named, members, users });
}

interface Delta {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** Memberships and users in one go: a round trip costs more than the few users who are members already. */
async function planDelta(ctx: Context, at: GroupAt, edit: Delta): Promise<MemberPlan> {
  const named = namedIn(edit);
  const both = [...named.add, ...named.remove];
  const keyOf = (user: UserId) => memberKey(at.connection, at.group, user);
  const users = await ctx.store.batchGet([
    ...both.map(keyOf),
    ...both.map((user) => userKey(at.connection, user)),
  ]);
  const members = new Map(both.flatMap((user) => entry(user, users.get(keyText(keyOf(user))))));
  return planFrom(ctx, at, { ...named, members, users });
}

function entry(user: UserId, item: Item | undefined): [string, Item][] {
  return item === undefined ? [] : [[user, item]];
}

interface Named {
  /** As asked, each once: what is nobody's id is an unknown member too. */
  readonly asked: readonly string[];
  readonly add: readonly UserId[];
  readonly remove: readonly UserId[];
}

function namedIn({ add, remove }: Delta): Named {
  const idsIn = (ids: readonly string[]) =>
    [...new Set(ids)].flatMap((id) => UserId.safeParse(id).data ?? []);
  return { asked: [...new Set(add)], add: idsIn(add), remove: idsIn(remove) };
}

interface Read extends Named {
  /** Membership items by user id. */
  readonly members: ReadonlyMap<string, Item>;
  /** By key, of those at least who join or leave. */
  readonly users: ReadonlyMap<string, Item>;
}

async function planFrom(ctx: Context, at: GroupAt, read: Read): Promise<MemberPlan> {
  const { members, users } = read;
  const changes: MemberChange[] = [];
  const present: { user: UserId; account: AccountId }[] = [];
  const known = new Set<string>();
  for (const user of read.add) {
    const member = members.get(user);
    const item = users.get(keyText(userKey(at.connection, user)));
    if (member !== undefined) present.push({ user, account: AccountId.parse(member['accountId']) });
    else if (item !== undefined)
      changes.push({ kind: 'join', user, account: AccountId.parse(item['accountId']) });
    if (member !== undefined || item !== undefined) known.add(user);
  }
  for (const user of read.remove) {
    const member = members.get(user);
    // The row of a deleted user belongs to the sweep, and no list shows it any more (R7).
    if (member !== undefined && users.has(keyText(userKey(at.connection, user))))
      changes.push({ kind: 'leave', user, account: AccountId.parse(member['accountId']) });
  }
  changes.push(...(await resumed(ctx, at, present)));
  return { changes, unknown: read.asked.filter((id) => !known.has(id)) };
}

async function resumed(
  ctx: Context,
  at: GroupAt,
  present: readonly { user: UserId; account: AccountId }[],
): Promise<MemberChange[]> {
  const keyOf = (account: AccountId) => accountKey(at.org, account);
  // A list that is sent again names everybody, and of their accounts only this is asked.
  const accounts = await ctx.store.batchGet(
    present.map(({ account }) => keyOf(account)),
    [['suspended']],
  );
  return present
    .filter(({ account }) => groupIdsOf(accounts.get(keyText(keyOf(account))) ?? {}).includes(at.group))
    .map((one) => ({ kind: 'resume', ...one }));
}

/** How often the group's version has moved by this request, over all its attempts. */
export interface Progress {
  versions: number;
}

/**
 * Commits the changes in chunks. `first` rides in the first chunk: attribute changes and its conditions (R8).
 * A conflicting chunk is halved (R10); the halves are repeated by time.
 */
export async function commitMembers(
  ctx: Context,
  at: GroupAt,
  {
    changes,
    first,
    progress,
  }: { changes: readonly MemberChange[]; first: readonly Write[]; progress: Progress },
): Promise<void> {
  let head = first;
  for (let from = 0; from < Math.max(1, changes.length); from += PAIRS_PER_CHUNK) {
    await commitChunk(ctx, at, { changes: changes.slice(from, from + PAIRS_PER_CHUNK), head, progress });
    head = [];
  }
}

interface Chunk {
  readonly changes: readonly MemberChange[];
  readonly head: readonly Write[];
  readonly progress: Progress;
}

async function commitChunk(ctx: Context, at: GroupAt, chunk: Chunk): Promise<void> {
  const { changes, progress } = chunk;
  const writes = chunkWrites(ctx, at, chunk);
  if (writes.length === 0) return;
  try {
    await ctx.store.transactOnce(writes);
    progress.versions += 1;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    if (changes.length < 2) {
      await ctx.store.transact(writes);
      progress.versions += 1;
      return;
    }
    const middle = Math.ceil(changes.length / 2);
    await commitChunk(ctx, at, { ...chunk, changes: changes.slice(0, middle) });
    await commitChunk(ctx, at, { ...chunk, changes: changes.slice(middle), head: [] });
  }
}

function chunkWrites(ctx: Context, at: GroupAt, { changes, head }: Chunk): Write[] {
  if (changes.length === 0) return [...head];
  const movesGroup = head.some((write) => keyText(write.key) === keyText(groupKey(at.connection, at.group)));
  return [
    ...head,
    ...(movesGroup ? [] : [groupMoves(ctx, at)]),
    ...changes.flatMap((change) => pairWrites(ctx, at, change)),
    journalWrite(ctx, at.connection, {
      fact: 'membersChanged',
      group: at.group,
      joined: changes.filter((change) => change.kind !== 'leave').map((change) => change.account),
      left: changes.filter((change) => change.kind === 'leave').map((change) => change.account),
    }),
  ];
}

function groupMoves(ctx: Context, at: GroupAt): Write {
  return {
    kind: 'update',
    key: groupKey(at.connection, at.group),
    expression: 'SET lastModified = :now ADD #version :one',
    condition: '#state = :live',
    names: { '#version': 'version', '#state': 'state' },
    values: { ':now': ctx.now(), ':one': 1, ':live': 'live' },
  };
}

/** Membership item and account, moved together; the account's owner must still be this user (R9). */
export function pairWrites(ctx: Context, at: GroupAt, change: MemberChange): Write[] {
  const key = memberKey(at.connection, at.group, change.user);
  const mark = markParts({
    org: at.org,
    id: change.account,
    now: ctx.now(),
    kind: change.kind === 'leave' ? 'revoke' : 'grant',
  });
  const moves = {
    join: `ADD ${mark.add}, groups :group`,
    resume: `ADD ${mark.add}, groups :group DELETE suspended :group`,
    leave: `ADD ${mark.add} DELETE groups :group, suspended :group`,
  }[change.kind];
  const account: Write = {
    kind: 'update',
    key: accountKey(at.org, change.account),
    expression: `SET ${mark.set}, attempts = :zero ${moves}`,
    condition: '#owner.userId = :user',
    names: { ...mark.names, '#owner': 'owner' },
    values: { ...mark.values, ':group': idSet([at.group]), ':user': change.user, ':zero': 0 },
  };
  switch (change.kind) {
    case 'join':
      return [
        {
          kind: 'put',
          key,
          item: { ...ctx.behalf, accountId: change.account, addedAt: ctx.now(), v: 1 },
          condition: 'attribute_not_exists(pk)',
        },
        account,
      ];
    case 'leave':
      return [{ kind: 'delete', key, condition: 'attribute_exists(pk)' }, account];
    case 'resume':
      return [account];
  }
}
