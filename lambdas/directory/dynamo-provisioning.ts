/** Reads what `provisioning.ts` judges: accounts, rules in force and the names of groups, for a page of users at once. */
import type { Provisioning } from './directory.ts';
import { type Context, freshConnection, readAccounts } from './dynamo-context.ts';
import { liveGroups } from './dynamo-lists.ts';
import { rulesOf } from './dynamo-work.ts';
import { provisioningOf as judge } from './provisioning.ts';
import type { ConnectionId, GroupId, UserGlimpse, UserId } from './records.ts';

export async function provisioningOf(
  ctx: Context,
  c: ConnectionId,
  users: readonly UserGlimpse[],
): Promise<Map<UserId, Provisioning>> {
  const connection = await freshConnection(ctx, c);
  const [rules, accounts] = await Promise.all([
    rulesOf(ctx, connection),
    readAccounts(
      ctx,
      connection.org,
      users.map((user) => user.accountId),
    ),
  ]);
  const ids = new Set([...accounts.values()].flatMap(({ wanted }) => wanted.groups));
  const groups = await liveGroups(ctx, c, [...ids]);
  const names = new Map<GroupId, string>(
    [...groups.values()].map(({ id, displayName }) => [id, displayName]),
  );
  const found = new Map<UserId, Provisioning>();
  for (const user of users) {
    const account = accounts.get(user.accountId);
    if (account !== undefined) found.set(user.id, judge(account, rules, names));
  }
  return found;
}
