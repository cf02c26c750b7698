/**
 * Emptying a group that was deleted (R12): memberships go in slices, their accounts are marked, then the group's item
 * and the sweep's go. Every slice leaves a true state, so a sweep may stop anywhere and be taken up by another process.
 */
import type { Context } from './dynamo-context.ts';
import { type GroupAt, type MemberChange, pairWrites } from './dynamo-members.ts';
import { ConditionFailed } from './dynamo-store.ts';
import { groupKey, type Key, memberKey, membersPk } from './keys.ts';
import { AccountId, UserId } from './records.ts';

const SLICE = 45;

/** True when the group is gone for good. */
export async function runGroupSweep(
  ctx: Context,
  at: GroupAt,
  { sweep, slices }: { readonly sweep: Key; readonly slices: number },
): Promise<boolean> {
  for (let done = 0; done < slices; done++) {
    const { items, more } = await ctx.store.query({ pk: membersPk(at.connection, at.group), limit: SLICE });
    const leaving = items.map(
      (item): MemberChange => ({
        kind: 'leave',
        user: UserId.parse(item['sk']),
        account: AccountId.parse(item['accountId']),
      }),
    );
    await leaveAll(ctx, at, leaving);
    if (more) continue;
    await ctx.store.transact([
      { kind: 'delete', key: groupKey(at.connection, at.group) },
      { kind: 'delete', key: sweep },
    ]);
    return true;
  }
  return false;
}

async function leaveAll(ctx: Context, at: GroupAt, leaving: readonly MemberChange[]): Promise<void> {
  if (leaving.length === 0) return;
  try {
    await ctx.store.transact(leaving.flatMap((change) => pairWrites(ctx, at, change)));
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    // One of them left or was deleted meanwhile: one by one, and whoever has no account of his own loses the row alone.
    for (const change of leaving) {
      await ctx.store.transact(pairWrites(ctx, at, change)).catch(async (failure: unknown) => {
        if (!(failure instanceof ConditionFailed)) throw failure;
        await ctx.store.remove(memberKey(at.connection, at.group, change.user));
      });
    }
  }
}
