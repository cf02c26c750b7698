/**
 * How much waits, and since when, as numbers: what is measured once a minute, so what it costs is bounded whatever the
 * backlog. Read from the work index, a hint (R16); nothing is decided by it.
 */
import type { Backlog } from './backlog.ts';
import type { Context } from './dynamo-context.ts';
import type { Item } from './dynamo-store.ts';
import { workPartition } from './keys.ts';
import type { OrgKey } from './records.ts';

/** More are not counted: 10,000 keys are about 160 read units. */
const MOST = 10_000;
/** Things that people are parked on; each is a query of its own. */
const MOST_SCOPES = 200;
const SCOPES_AT_ONCE = 10;

export async function readBacklog(ctx: Context, o: OrgKey): Promise<Backlog> {
  const run = (begins: string) =>
    ctx.store.query({ pk: workPartition.run(o), index: 'work', begins, limit: MOST });
  const [revokes, grants] = await Promise.all([run('0#'), run('1#')]);
  const revokeSince = sinceOf(revokes.items[0]);
  const grantSince = sinceOf(grants.items[0]);
  return {
    pending: revokes.items.length + grants.items.length,
    parked: await countParked(ctx, o),
    ...(revokeSince === undefined ? {} : { revokeSince }),
    ...(grantSince === undefined ? {} : { grantSince }),
  };
}

/** The second part of the index key is the instant at which the account came to stand there. */
function sinceOf(item: Item | undefined): number | undefined {
  return item === undefined ? undefined : Number(String(item['wsk']).split('#')[1]);
}

async function countParked(ctx: Context, o: OrgKey): Promise<number> {
  const named = await ctx.store.query({ pk: o, begins: 'PARK#', limit: MOST_SCOPES });
  const scopes = named.items.map((item) => String(item['scope']));
  let parked = 0;
  for (let at = 0; at < scopes.length; at += SCOPES_AT_ONCE) {
    const pages = await Promise.all(
      scopes
        .slice(at, at + SCOPES_AT_ONCE)
        .map((scope) => ctx.store.query({ pk: workPartition.parked(o, scope), index: 'work', limit: MOST })),
    );
    parked += pages.reduce((sum, { items }) => sum + items.length, 0);
  }
  return parked;
}
