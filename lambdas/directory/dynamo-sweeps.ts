/**
 * Bounded background work over many items (R14): committed with its cause, continued by whoever holds the org's lease,
 * resumable at any point. A sweep marks and cleans; it never decides anything.
 */

import { readBindings } from './dynamo-bindings.ts';
import { type Context, freshConnection } from './dynamo-context.ts';
import { runGroupSweep } from './dynamo-group-sweep.ts';
import { heldOf } from './dynamo-holds.ts';
import { removeMembershipsOf } from './dynamo-leave.ts';
import type { Item } from './dynamo-store.ts';
import { updateUser, userOf } from './dynamo-users.ts';
import { accountIdOf, getOrg, markIfThere } from './dynamo-work.ts';
import { uuidOf } from './ids.ts';
import { heldKey, type Key, membersPk, workPartition } from './keys.ts';
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
  return runOrgSweeps(ctx, o, until);
}

/** What an operator decided for the org as a whole. */
async function runOrgSweeps(ctx: Context, o: OrgKey, until: number): Promise<boolean> {
  const { items } = await ctx.store.query({ pk: o, begins: 'SWEEP#' });
  for (const item of items) {
    const key = { pk: o, sk: String(item['sk']) };
    if (item['kind'] === 'hold' && !(await holdSweep(ctx, o, { item, key, until }))) return false;
    if (item['kind'] === 'waiting' && !(await waitingSweep(ctx, o, { item, key, until }))) return false;
  }
  return true;
}

/**
 * Wakes everybody on a hold that was decided. As one who gains something: a leaver of this minute goes before a long list
 * that was approved (V4).
 */
async function holdSweep(ctx: Context, o: OrgKey, { item, key, until }: Walk): Promise<boolean> {
  let after = item['after'] === undefined ? undefined : String(item['after']);
  const from = { hold: Number(item['hold']), ...(after === undefined ? {} : { after }) };
  for await (const pairs of heldOf(ctx, o, from)) {
    for (const { account, seq } of pairs) {
      if (ctx.now() >= until) return saveResume(ctx, key, { at: 0, after });
      await markIfThere(ctx, o, account);
      after = heldKey(o, from.hold, seq).sk;
    }
  }
  await ctx.store.remove(key);
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
  return endWithHeld(ctx, connection.org, { item, key, until, at, after });
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
  const at = Number(item['at'] ?? 0);
  let after = item['after'] === undefined ? undefined : String(item['after']);
  for (let more = at === 0; more; ) {
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
  return endWithHeld(ctx, connection.org, { item, key, until, at: 1, after: at === 0 ? undefined : after });
}

interface Ending extends Walk {
  readonly at: number;
  readonly after: string | undefined;
}

/** What waits for a mode waits for this too, also where no user is left to be found by: leavers, the deleted (I07). */
async function endWithHeld(ctx: Context, o: OrgKey, { key, until, at, after }: Ending): Promise<boolean> {
  const left = await markIndexed(ctx, o, { pk: workPartition.held(o), after, until });
  if (left.more) return saveResume(ctx, key, { at, after: left.after });
  await ctx.store.remove(key);
  return true;
}

/** How long the index may lag behind a decision that was made just before the sweep was written. */
const SECOND_LOOK_MS = 60_000;

/**
 * Marks whoever waits for anything, after a mode or a pause that changed: nobody else has something to do that it could
 * concern. The held are looked at twice, for the index is a hint (R16).
 */
async function waitingSweep(ctx: Context, o: OrgKey, { item, key, until }: Walk): Promise<boolean> {
  const second = Number(item['second'] ?? 0);
  if (second > ctx.now()) return true;
  const scopes = (await ctx.store.query({ pk: o, begins: 'PARK#' })).items.map((one) => String(one['scope']));
  const others = [workPartition.timer(o), ...scopes.map((scope) => workPartition.parked(o, scope))];
  const partitions = [workPartition.held(o), ...(second > 0 ? [] : others)];
  let after = item['after'] === undefined ? undefined : String(item['after']);
  for (let at = Number(item['at'] ?? 0); at < partitions.length; at++, after = undefined) {
    const left = await markIndexed(ctx, o, { pk: partitions[at] ?? '', after, until });
    if (left.more) return saveResume(ctx, key, { at, after: left.after });
  }
  if (second > 0) await ctx.store.remove(key);
  else {
    const values = { ':second': ctx.now() + SECOND_LOOK_MS };
    const names = { '#second': 'second', '#at': 'at', '#after': 'after' };
    const expression = 'SET #second = :second REMOVE #at, #after';
    await ctx.store.update({ key, expression, condition: 'attribute_exists(pk)', names, values });
  }
  return true;
}

interface Stretch {
  readonly pk: string;
  readonly after: string | undefined;
  readonly until: number;
}

/** Marks the accounts of one partition of the index, each once: one that lags behind still shows who was marked. */
async function markIndexed(
  ctx: Context,
  o: OrgKey,
  { pk, after, until }: Stretch,
): Promise<{ readonly more: boolean; readonly after: string | undefined }> {
  let last = after;
  for (let more = true; more; ) {
    if (ctx.now() >= until) return { more: true, after: last };
    const from = last === undefined ? {} : { after: last };
    const page = await ctx.store.query({ pk, index: 'work', limit: SLICE, ...from });
    for (const item of page.items) await markIfThere(ctx, o, accountIdOf(item));
    more = page.more;
    last = page.items.length > 0 ? String(page.items.at(-1)?.['wsk']) : last;
  }
  return { more: false, after: last };
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
