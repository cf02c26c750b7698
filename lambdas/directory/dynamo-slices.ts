/**
 * Walks over a whole partition, a stretch at a time, in both directions: what cursors and filters that no index answers
 * are made of. Every stretch is one strong Query; a walk needs no positions of its own, because the id says where it is.
 */
import type { Slice, SliceRequest } from './directory.ts';
import type { Context } from './dynamo-context.ts';
import { groupOf } from './dynamo-groups.ts';
import type { Item, QueryInput } from './dynamo-store.ts';
import { userOf } from './dynamo-users.ts';
import { type ConnectionId, type GroupRecord, UserGlimpse, type UserRecord } from './records.ts';

export async function sliceUsers(
  ctx: Context,
  c: ConnectionId,
  request: SliceRequest,
): Promise<Slice<UserRecord>> {
  const { items, next } = await slice(ctx, `${c}#U`, request);
  return { resources: items.map(userOf), ...next };
}

/** The attributes are top-level names of the resource; what else a record has is small and always there. */
export async function glimpseUsers(
  ctx: Context,
  c: ConnectionId,
  { attributes, ...request }: SliceRequest & { readonly attributes: readonly string[] },
): Promise<Slice<UserGlimpse>> {
  const only = [...RECORD_ATTRIBUTES, ...attributes.map((name) => ['resource', name])];
  const { items, next } = await slice(ctx, `${c}#U`, { ...request, only });
  return { resources: items.map(glimpseOf), ...next };
}

const RECORD_ATTRIBUTES = [['accountId'], ['version'], ['created'], ['lastModified']];

function glimpseOf({ sk, ...attributes }: Item): UserGlimpse {
  return UserGlimpse.parse({ resource: {}, ...attributes, id: sk });
}

/** Groups that are being deleted are passed over (R12). */
export async function sliceGroups(
  ctx: Context,
  c: ConnectionId,
  request: SliceRequest,
): Promise<Slice<GroupRecord>> {
  const { items, next } = await slice(ctx, `${c}#G`, request);
  return { resources: items.filter((item) => item['state'] === 'live').map(groupOf), ...next };
}

async function slice(
  ctx: Context,
  pk: string,
  request: SliceRequest & Pick<QueryInput, 'only'>,
): Promise<{ items: readonly Item[]; next: { next?: string } }> {
  const { items, more } = await ctx.store.query({ pk, ...request });
  const last = items.at(-1);
  return { items, next: more && last !== undefined ? { next: String(last['sk']) } : {} };
}
