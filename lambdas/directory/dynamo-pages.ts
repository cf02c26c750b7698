/**
 * Pages by `startIndex` (R15). A list is one partition in id order; the place of an index is found by positions that earlier
 * pages left behind (short-lived items), so a walk reads every resource once and costs the same on every page. Who stands
 * behind a position is not shifted by deletes before it: a walk misses nobody and shows nobody twice. The positions belong to
 * the connection: two walks at the same time are only safe from each other while nobody is deleted (cursors always are).
 */
import type { Page, PageRequest } from './directory.ts';
import { type Context, countOf } from './dynamo-context.ts';
import { groupOf } from './dynamo-groups.ts';
import type { AttributePath } from './dynamo-projection.ts';
import type { Item } from './dynamo-store.ts';
import { userOf } from './dynamo-users.ts';
import { positionKey } from './keys.ts';
import type { ConnectionId, GroupRecord, UserRecord } from './records.ts';

const POSITION_LIFE_MS = 3600 * 1000;

export async function listUsers(ctx: Context, c: ConnectionId, page: PageRequest): Promise<Page<UserRecord>> {
  const { items, total } = await listPage(ctx, c, { type: 'U', page, judged: [], keep: () => true });
  return { resources: items.map(userOf), totalResults: total };
}

export async function listGroups(
  ctx: Context,
  c: ConnectionId,
  page: PageRequest,
): Promise<Page<GroupRecord>> {
  const keep = (item: Item): boolean => item['state'] === 'live';
  const { items, total } = await listPage(ctx, c, { type: 'G', page, judged: [['state']], keep });
  return { resources: items.map(groupOf), totalResults: total };
}

interface ListRequest {
  readonly type: 'U' | 'G';
  readonly page: PageRequest;
  /** Which items of the partition are visible, and what that is judged by. */
  readonly keep: (item: Item) => boolean;
  readonly judged: readonly AttributePath[];
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
  let { after } = start;
  if (skip > 0) {
    // No walk came by here: far beyond the end nothing is read at all (I15).
    const total = await counted();
    if (page.startIndex > total) return { items: [], total };
    after = await passOver(ctx, `${c}#${type}`, { ...request, after, wanted: skip });
    if (after === undefined) return { items: [], total };
  }
  const { items, more } = await read(ctx, `${c}#${type}`, { ...request, after, wanted: page.count });
  // Read from the beginning to the end, the page itself is the count; behind a position others may have come or gone.
  if (!more) return { items, total: after === undefined ? items.length : await counted() };
  const next = { type, startIndex: page.startIndex + items.length, after: String(items.at(-1)?.['sk']) };
  await leavePosition(ctx, c, { ...next, isJump: skip > 0 });
  const total = await counted();
  if (total >= next.startIndex) return { items, total };
  // By the count this was the last page. Deletes behind a walk can make it look so: then it is told that one more follows.
  const { items: following } = await ctx.store.query({ pk: `${c}#${type}`, after: next.after, limit: 1 });
  return { items, total: following.length > 0 ? next.startIndex : total };
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

/** Passed over in one go: their keys are held meanwhile. */
const PASS_AT_ONCE = 10_000;

/** The key behind `wanted` visible items, of which only the keys are fetched; undefined when they are not so many. */
async function passOver(
  ctx: Context,
  pk: string,
  { after, wanted, keep, judged }: Wanted,
): Promise<string | undefined> {
  let from = after;
  for (let passed = 0; passed < wanted; ) {
    const page = await ctx.store.query({
      pk,
      limit: Math.min(wanted - passed, PASS_AT_ONCE),
      only: judged,
      ...(from === undefined ? {} : { after: from }),
    });
    passed += page.items.filter(keep).length;
    from = String(page.items.at(-1)?.['sk']);
    if (!page.more) return passed < wanted ? undefined : from;
  }
  return from;
}

/** A token walks by itself (T30); the bridge's own reads have one walk. */
function walkerOf({ behalf }: Context): string {
  return behalf?.token ?? '-';
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
  const { pk, sk } = positionKey(c, { type, walker: walkerOf(ctx), startIndex });
  const [item] = (await ctx.store.query({ pk, upTo: sk, limit: 1, backward: true })).items;
  if (item === undefined || Number(item['until']) < ctx.now()) return beginning;
  return { startIndex: Number(item['sk']), after: String(item['after']) };
}

interface NewPosition {
  readonly type: 'U' | 'G';
  readonly startIndex: number;
  readonly after: string;
  /** The page was reached by counting, not by a walk. */
  readonly isJump: boolean;
}

/**
 * A walk that comes by here goes on where its own last page ended, so a jump never replaces what a walk left: after deletes the
 * same index is another place, and the walk would miss somebody.
 */
async function leavePosition(ctx: Context, c: ConnectionId, position: NewPosition): Promise<void> {
  const { type, startIndex, after, isJump } = position;
  const until = ctx.now() + POSITION_LIFE_MS;
  await ctx.store.update({
    key: positionKey(c, { type, walker: walkerOf(ctx), startIndex }),
    // TTL sweeps late or never (F13), so the code judges `until` itself.
    expression: 'SET #after = :after, #until = :until, expires = :expires, v = :v',
    ...(isJump ? { condition: 'attribute_not_exists(pk) OR #until < :now' } : {}),
    names: { '#after': 'after', '#until': 'until' },
    values: {
      ':after': after,
      ':until': until,
      ':expires': Math.ceil(until / 1000),
      ':v': 1,
      ...(isJump ? { ':now': ctx.now() } : {}),
    },
  });
}
