/**
 * Bounded background work over many items (R14): committed with its cause, continued by whoever holds the org's lease,
 * resumable at any point. A sweep marks and cleans; it never decides anything.
 */

import { readBindings } from './dynamo-bindings.ts';
import { type Context, freshConnection } from './dynamo-context.ts';
import { runGroupSweep } from './dynamo-group-sweep.ts';
import { removeMembershipsOf } from './dynamo-leave.ts';
import type { Item } from './dynamo-store.ts';
import { updateUser, userOf } from './dynamo-users.ts';
import { accountIdOf, getOrg, markIfThere } from './dynamo-work.ts';
import { uuidOf } from './ids.ts';
import { type Key, membersPk, workPartition } from './keys.ts';
import {
  AccountId,
  type Connection,
  type ConnectionId,
  GroupId,
  type OrgKey,
  UserId,
  type UserRecord,
} from './records.ts';

const SLICE = 50;

export async function runSweeps(ctx: Context, o: OrgKey, until: number): Promise<boolean> {
  const org = await getOrg(ctx, o);
  for (const c of org?.connections ?? []) {
    const { items } = await ctx.store.query({ pk: c, begins: 'SWEEP#' });
    if (items.length === 0) continue;
    const connection = await freshConnection(ctx, c);
    for (const item of items) {
      if (!(await runSweep(ctx, connection, { item, until }))) return false;
    }
  }
  return true;
}

interface Sweep {
  readonly item: Item;
  readonly until: number;
}

async function runSweep(ctx: Context, connection: Connection, { item, until }: Sweep): Promise<boolean> {
  const key = { pk: String(item['pk']), sk: String(item['sk']) };
  switch (item['kind']) {
    case 'groupDeleted': {
      const at = { connection: connection.id, org: connection.org, group: GroupId.parse(item['groupId']) };
      while (ctx.now() < until) if (await runGroupSweep(ctx, at, { sweep: key, slices: 5 })) return true;
      return false;
    }
    case 'userDeleted': {
      const groups = [...(item['groups'] as Set<Uint8Array>)].map((id) => GroupId.parse(uuidOf(id)));
      await removeMembershipsOf(ctx, connection.id, { userId: UserId.parse(item['userId']), groups });
      await ctx.store.remove(key);
      return true;
    }
    case 'mark':
      return markSweep(ctx, connection, { item, key, until });
    case 'rederive':
      return rederiveSweep(ctx, connection, { item, key, until });
    default:
      // A kind of a later release: left for it (F20).
      return true;
  }
}

interface Walk extends Sweep {
  readonly key: Key;
}

/** Marks the members of each named group, or everybody. `at` and `after` are the resume key. */
async function markSweep(ctx: Context, connection: Connection, { item, key, until }: Walk): Promise<boolean> {
  const groups = await groupsToMark(ctx, connection.id, { item, key });
  const partitions =
    item['everyone'] === true
      ? [`${connection.id}#U`]
      : groups.map((id) => membersPk(connection.id, GroupId.parse(id)));
  let at = Number(item['at'] ?? 0);
  let after = item['after'] === undefined ? undefined : String(item['after']);
  for (; at < partitions.length; at++, after = undefined) {
    const pk = partitions[at] ?? '';
    for (let more = true; more; ) {
      if (ctx.now() >= until) return saveResume(ctx, key, { at, after });
      const page = await ctx.store.query({ pk, limit: SLICE, ...(after === undefined ? {} : { after }) });
      for (const row of page.items) await markIfThere(ctx, connection.org, AccountId.parse(row['accountId']));
      more = page.more;
      after = page.items.length > 0 ? String(page.items.at(-1)?.['sk']) : after;
    }
  }
  if (!(await markHeld(ctx, connection.org, until))) return saveResume(ctx, key, { at, after });
  await ctx.store.remove(key);
  return true;
}

/**
 * The groups that the touched rules follow, looked up once when the sweep begins: whoever joins one of them later marks
 * himself under the new mapping (R13). Kept on the sweep, so that its resume key keeps its meaning.
 */
async function groupsToMark(
  ctx: Context,
  c: ConnectionId,
  { item, key }: { readonly item: Item; readonly key: Key },
): Promise<string[]> {
  const groups = item['groups'] as Set<string>;
  if (item['rules'] instanceof Set) {
    const bindings = await readBindings(ctx, c);
    for (const rule of item['rules'] as Set<string>) {
      const binding = bindings.get(rule);
      if (binding !== undefined) groups.add(binding.groupId);
    }
    await ctx.store.update({
      key,
      expression: 'SET groups = :groups REMOVE #rules',
      condition: 'attribute_exists(pk)',
      names: { '#rules': 'rules' },
      values: { ':groups': groups },
    });
  }
  return [...groups].filter((id) => id !== '-').sort();
}

async function rederiveSweep(
  ctx: Context,
  connection: Connection,
  { item, key, until }: Walk,
): Promise<boolean> {
  let after = item['after'] === undefined ? undefined : String(item['after']);
  for (let more = true; more; ) {
    if (ctx.now() >= until) return saveResume(ctx, key, { at: 0, after });
    const page = await ctx.store.query({
      pk: `${connection.id}#U`,
      limit: SLICE,
      ...(after === undefined ? {} : { after }),
    });
    for (const row of page.items) {
      const user = userOf(row);
      await updateUser(ctx, connection.id, user.id, (current) => current.resource, { rederive: true });
      await markIfThere(ctx, connection.org, user.accountId);
    }
    more = page.more;
    after = page.items.length > 0 ? String(page.items.at(-1)?.['sk']) : after;
  }
  if (!(await markHeld(ctx, connection.org, until))) return saveResume(ctx, key, { at: 0, after });
  await ctx.store.remove(key);
  return true;
}

/** What waits for a mode waits for this too, also where no user is left to be found by: leavers, the deleted (I07). */
async function markHeld(ctx: Context, o: OrgKey, until: number): Promise<boolean> {
  while (ctx.now() < until) {
    const { items } = await ctx.store.query({ pk: workPartition.held(o), index: 'work', limit: SLICE });
    if (items.length === 0) return true;
    for (const item of items) await markIfThere(ctx, o, accountIdOf(item));
  }
  return false;
}

async function saveResume(
  ctx: Context,
  key: Key,
  { at, after }: { readonly at: number; readonly after: string | undefined },
): Promise<false> {
  await ctx.store.update({
    key,
    expression: `SET #at = :at${after === undefined ? ' REMOVE #after' : ', #after = :after'}`,
    condition: 'attribute_exists(pk)',
    names: { '#at': 'at', '#after': 'after' },
    values: { ':at': at, ...(after === undefined ? {} : { ':after': after }) },
  });
  return false;
}

export async function* eachUser(ctx: Context, c: ConnectionId): AsyncIterable<UserRecord> {
  let after: string | undefined;
  for (let more = true; more; ) {
    const page = await ctx.store.query({
      pk: `${c}#U`,
      limit: SLICE * 4,
      ...(after === undefined ? {} : { after }),
    });
    for (const row of page.items) yield userOf(row);
    more = page.more;
    after = String(page.items.at(-1)?.['sk']);
  }
}
