/**
 * Taking a deleted user's membership rows away (R7). Only the membership item and the group's version move: the
 * account may have a new owner by now. Used before the 204 and, after a crash, by the sweep.
 */
import type { Context } from './dynamo-context.ts';
import { ConditionFailed } from './dynamo-store.ts';
import { groupKey, memberKey } from './keys.ts';
import type { ConnectionId, GroupId, UserId } from './records.ts';

export async function removeMembershipsOf(
  ctx: Context,
  c: ConnectionId,
  { userId, groups }: { readonly userId: UserId; readonly groups: readonly GroupId[] },
): Promise<void> {
  for (const group of groups) {
    const key = memberKey(c, group, userId);
    try {
      await ctx.store.transact([
        { kind: 'delete', key, condition: 'attribute_exists(pk)' },
        {
          kind: 'update',
          key: groupKey(c, group),
          expression: 'SET lastModified = :now ADD #version :one',
          condition: 'attribute_exists(pk)',
          names: { '#version': 'version' },
          values: { ':now': ctx.now(), ':one': 1 },
        },
      ]);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      // Already gone, or the group is: then the row alone.
      await ctx.store.remove(key);
    }
  }
}
