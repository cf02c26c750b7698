/**
 * What the nightly comparison writes (R34): the drift record on the account, its entry in the list of drifted accounts,
 * and the mark where there is something to do, all in one transaction that fails if the account moved since it was read.
 * It never touches `applied`.
 */
import { markParts } from './account-item.ts';
import { Reconciliation } from './drift-records.ts';
import { type Context, readAccounts, setOnly } from './dynamo-context.ts';
import { readPlaces } from './dynamo-operator.ts';
import { ConditionFailed, isConflict, type Write } from './dynamo-store.ts';
import { accountKey, driftKey, reconcileKey } from './keys.ts';
import type { Comparison } from './listed.ts';
import { type Account, AccountId, type ConnectionId, type OrgKey } from './records.ts';
import type { AccountPage } from './work.ts';

const SLICE = 100;

/** Page by page over the connection's users; `accountsLeft` are the others. */
export async function accountsAfter(
  ctx: Context,
  at: { readonly connection: ConnectionId; readonly org: OrgKey },
  { after, limit }: { readonly after?: string; readonly limit: number },
): Promise<AccountPage> {
  const page = await ctx.store.query({
    pk: `${at.connection}#U`,
    limit,
    ...(after === undefined ? {} : { after }),
  });
  const ids = page.items.map((item) => AccountId.parse(item['accountId']));
  const accounts = [...(await readAccounts(ctx, at.org, ids)).values()];
  return { accounts, ...(page.more ? { next: String(page.items.at(-1)?.['sk']) } : {}) };
}

/** Accounts without a user, in slices: what they hold keeps them in the work index, which is a hint (R16). */
export async function* accountsLeft(ctx: Context, o: OrgKey): AsyncIterable<readonly Account[]> {
  const { held, timer, parked } = await readPlaces(ctx, o);
  const ids = [...new Set([...held, ...timer, ...parked.flatMap((place) => place.ids)])];
  for (let from = 0; from < ids.length; from += SLICE) {
    const accounts = await readAccounts(ctx, o, ids.slice(from, from + SLICE));
    yield [...accounts.values()].filter(({ owner }) => owner === undefined);
  }
}

export async function noteComparison(ctx: Context, account: Account, found: Comparison): Promise<boolean> {
  const { org, id } = account;
  const writes: Write[] = [accountWrite(ctx, account, found)];
  if (found.drift !== undefined)
    writes.push({ kind: 'update', key: driftKey(org, id), ...setOnly({ accountId: id }) });
  else if (account.drift !== undefined) writes.push({ kind: 'delete', key: driftKey(org, id) });
  try {
    await ctx.store.transactOnce(writes);
    return true;
  } catch (error) {
    // It moved, or is just moving: nothing is concluded about it this time (R34).
    if (error instanceof ConditionFailed || isConflict(error)) return false;
    throw error;
  }
}

function accountWrite(ctx: Context, account: Account, { drift, confirmedAt, mark }: Comparison): Write {
  const { org, id } = account;
  const parts = mark === undefined ? undefined : markParts({ org, id, now: ctx.now(), kind: mark });
  const set = [
    ...(parts === undefined ? [] : [parts.set]),
    ...(drift === undefined ? [] : ['drift = :drift']),
    ...(confirmedAt === undefined ? [] : ['confirmedAt = :confirmedAt']),
  ];
  return {
    kind: 'update',
    key: accountKey(org, id),
    expression: [
      set.length === 0 ? '' : `SET ${set.join(', ')}`,
      drift === undefined ? 'REMOVE drift' : '',
      `ADD ledgerRev :step${parts === undefined ? '' : `, ${parts.add}`}`,
    ]
      .filter((part) => part !== '')
      .join(' '),
    condition: 'wantedRev = :wasWanted AND ledgerRev = :wasLedger AND attribute_not_exists(intent)',
    ...(parts === undefined ? {} : { names: parts.names }),
    values: {
      ...parts?.values,
      ':step': 1,
      ':wasWanted': account.wantedRev,
      ':wasLedger': account.ledgerRev,
      ...(drift === undefined ? {} : { ':drift': drift }),
      ...(confirmedAt === undefined ? {} : { ':confirmedAt': confirmedAt }),
    },
  };
}

/** A hint, like every index: an account may have ended, or its drift may be repaired by now. */
export async function readDrifted(ctx: Context, o: OrgKey): Promise<AccountId[]> {
  const { items } = await ctx.store.query({ pk: o, begins: 'DRIFT#' });
  return items.map((item) => AccountId.parse(item['accountId']));
}

export async function forgetDrift(ctx: Context, o: OrgKey, ids: readonly AccountId[]): Promise<void> {
  for (const id of ids) await ctx.store.remove(driftKey(o, id));
}

export async function readReconciliation(ctx: Context, o: OrgKey): Promise<Reconciliation | undefined> {
  const item = await ctx.store.get(reconcileKey(o));
  return item === undefined ? undefined : Reconciliation.parse(item);
}

export async function saveReconciliation(ctx: Context, o: OrgKey, state: Reconciliation): Promise<void> {
  // Of a new listing the place and the end are absent; whatever a later version keeps there stays.
  const named = Object.entries(state).filter(([name]) => name in Reconciliation.shape);
  const item = { next: undefined, endedAt: undefined, ...Object.fromEntries(named) };
  await ctx.store.update({ key: reconcileKey(o), ...setOnly(item) });
}
