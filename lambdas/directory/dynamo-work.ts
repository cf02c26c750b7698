/**
 * The drain's view of the table: what is due, the lease with its fencing number (F18, F19), the persisted budgets
 * (R30), what was seen at Adobe, faults and the catalogue.
 */
import { markWrite } from './account-item.ts';
import { CatalogueEntry } from './catalogue.ts';
import { readBindings } from './dynamo-bindings.ts';
import { type Context, readAccounts, setOnly, UnreadableAccount } from './dynamo-context.ts';
import { identityItemOf, openIdentities } from './dynamo-identities.ts';
import { ConditionFailed, type Item, keyText } from './dynamo-store.ts';
import {
  accountKey,
  budgetKey,
  configKey,
  emailKey,
  faultKey,
  identityKey,
  instantKey,
  leaseKey,
  rulesPrefix,
  workPartition,
} from './keys.ts';
import {
  type Account,
  AccountError,
  AccountId,
  type BoundRule,
  type Connection,
  type IdentityItem,
  type ObservedUser,
  Org,
  type OrgKey,
  Rule,
} from './records.ts';
import type { Fault, Lease } from './work.ts';

const UNREADABLE_PAUSE_MS = 15 * 60 * 1000;

export async function getOrg(ctx: Context, o: OrgKey): Promise<Org | undefined> {
  const item = await ctx.store.get(configKey(o));
  return item === undefined ? undefined : Org.parse({ ...item, key: o });
}

export async function changeOrg(ctx: Context, o: OrgKey, change: Partial<Org>): Promise<void> {
  const set: string[] = [];
  const remove: string[] = [];
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(change)) {
    names[`#${name}`] = name;
    if (value === undefined) remove.push(`#${name}`);
    else {
      set.push(`#${name} = :${name}`);
      values[`:${name}`] = value;
    }
  }
  if (set.length + remove.length === 0) return;
  await ctx.store.update({
    key: configKey(o),
    expression: `${set.length > 0 ? `SET ${set.join(', ')}` : ''}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
    condition: 'attribute_exists(pk)',
    names,
    ...(set.length > 0 ? { values } : {}),
  });
}

/** The rules of the version in force, each with the group it follows (R11-R13). */
export async function rulesOf(ctx: Context, connection: Connection): Promise<BoundRule[]> {
  if (connection.mappingVersion === 0) return [];
  const [rules, bindings] = await Promise.all([
    ctx.store.query({ pk: connection.id, begins: rulesPrefix(connection.mappingVersion) }),
    readBindings(ctx, connection.id),
  ]);
  return rules.items.map((item) => {
    const rule = Rule.parse(item);
    return { ...rule, binding: bindings.get(rule.id) };
  });
}

export async function acquireLease(
  ctx: Context,
  o: OrgKey,
  { holder, until, of }: { readonly holder: string; readonly until: number; readonly of?: 'reconcile' },
): Promise<Lease | undefined> {
  const item = await ctx.store.update({
    key: leaseKey(o, of),
    expression: 'SET holder = :holder, #until = :until, v = :one ADD #number :one',
    condition: 'attribute_not_exists(pk) OR #until < :now OR attribute_not_exists(holder)',
    names: { '#until': 'until', '#number': 'number' },
    values: { ':holder': holder, ':until': until, ':now': ctx.now(), ':one': 1 },
  });
  if (item === undefined) return undefined;
  return { holder, number: Number(item['number']), ...(of === undefined ? {} : { of }) };
}

export async function renewLease(
  ctx: Context,
  o: OrgKey,
  { lease, until }: { lease: Lease; until: number },
): Promise<boolean> {
  const item = await ctx.store.update({
    key: leaseKey(o, lease.of),
    expression: 'SET #until = :until',
    condition: 'holder = :holder AND #number = :number',
    names: { '#until': 'until', '#number': 'number' },
    values: { ':holder': lease.holder, ':number': lease.number, ':until': until },
  });
  return item !== undefined;
}

export async function releaseLease(ctx: Context, o: OrgKey, lease: Lease): Promise<void> {
  await ctx.store.update({
    key: leaseKey(o, lease.of),
    expression: 'REMOVE holder, #until',
    condition: 'holder = :holder AND #number = :number',
    names: { '#until': 'until', '#number': 'number' },
    values: { ':holder': lease.holder, ':number': lease.number },
  });
}

export async function changeBudget<T>(
  ctx: Context,
  { clientId, endpoint }: { readonly clientId: string; readonly endpoint: string },
  change: (stored: unknown) => { readonly next?: unknown; readonly result: T },
): Promise<T> {
  return ctx.store.contend(async () => {
    const item = await ctx.store.get(budgetKey(clientId, endpoint));
    const { next, result } = change(item?.['budget']);
    if (next === undefined) return result;
    const rev = Number(item?.['rev'] ?? 0);
    const written = setOnly({ budget: next, rev: rev + 1 });
    await ctx.store.transactOnce([
      {
        kind: 'update',
        key: budgetKey(clientId, endpoint),
        ...written,
        condition: rev === 0 ? 'attribute_not_exists(pk)' : '#rev = :was',
        values: { ...written.values, ...(rev === 0 ? {} : { ':was': rev }) },
      },
    ]);
    return result;
  });
}

/** Behind every `0#...`, before every `1#...`. */
const LAST_REVOKE = '0$';

/**
 * A backlog of new people never keeps a grace that ended, or a retry, waiting: timers have a share of every look, and
 * all that is left of it. A thousand who failed together are seen together, too (F27).
 */
export async function readDue(
  ctx: Context,
  o: OrgKey,
  { limit, grants: kept }: { readonly limit: number; readonly grants: number },
): Promise<AccountId[]> {
  const upTo = `${instantKey(ctx.now())}#~`;
  const share = Math.ceil(limit / 4);
  const due = await ctx.store.query({ pk: workPartition.timer(o), index: 'work', limit, upTo });
  const rest = limit - Math.min(share, due.items.length);
  const run = await ctx.store.query({ pk: workPartition.run(o), index: 'work', limit: rest });
  const timers = due.items.slice(0, limit - run.items.length);
  const isRevoke = (item: Item): boolean => String(item['wsk']).startsWith('0#');
  const revokes = run.items.filter(isRevoke);
  const grants = run.items.filter((item) => !isRevoke(item));
  if (kept > 0 && revokes.length === rest) {
    const beyond = await ctx.store.query({
      pk: workPartition.run(o),
      index: 'work',
      limit: kept,
      after: LAST_REVOKE,
    });
    grants.push(...beyond.items);
    revokes.splice(rest - grants.length);
  }
  return [...revokes, ...timers, ...grants].map(accountIdOf);
}

export function accountIdOf(item: Item): AccountId {
  return AccountId.parse(String(item['pk']).split('#A#')[1]);
}

/**
 * One that this version cannot read (F21) is put on the timer, and the look fails once, loudly: the next one goes on with
 * all others, and only every quarter of an hour does one meet it again (F27).
 */
export async function readDueAccounts(
  ctx: Context,
  o: OrgKey,
  ids: readonly AccountId[],
): Promise<Account[]> {
  try {
    const accounts = await readAccounts(ctx, o, ids);
    return ids.flatMap((id) => accounts.get(id) ?? []);
  } catch (error) {
    if (!(error instanceof UnreadableAccount)) throw error;
    await ctx.store.update({
      key: accountKey(o, error.account),
      expression: 'SET wpk = :wpk, wsk = :wsk',
      condition: 'attribute_exists(wpk)',
      values: {
        ':wpk': workPartition.timer(o),
        ':wsk': `${instantKey(ctx.now() + UNREADABLE_PAUSE_MS)}#${error.account}`,
      },
    });
    throw error;
  }
}

export async function readIdentities(
  ctx: Context,
  o: OrgKey,
  emails: readonly string[],
): Promise<Map<string, IdentityItem>> {
  const items = await ctx.store.batchGet(emails.map((email) => identityKey(o, email)));
  const found = new Map<string, IdentityItem>();
  for (const email of emails) {
    const item = items.get(keyText(identityKey(o, email)));
    if (item !== undefined) found.set(emailKey(email), identityItemOf(item));
  }
  return found;
}

export async function observe(
  ctx: Context,
  o: OrgKey,
  {
    email,
    at,
    users,
  }: { readonly email: string; readonly at: number; readonly users: readonly ObservedUser[] },
): Promise<void> {
  await ctx.store.contend(async () => {
    const identities = await openIdentities(ctx, o, [email]);
    const known = identities.of(email).observed;
    if (known !== undefined && known.at > at) return;
    identities.change(email, { observed: { at, users: [...users] } });
    await ctx.store.transactOnce(identities.writes());
  });
}

export async function readFaults(ctx: Context, o: OrgKey): Promise<Fault[]> {
  const { items } = await ctx.store.query({ pk: o, begins: 'FAULT#' });
  return items.map((item) => ({
    scope: String(item['scope']),
    error: AccountError.parse(item['error']),
    retryAt: Number(item['retryAt']),
    ...(item['stopsRevokes'] === true ? { stopsRevokes: true } : {}),
  }));
}

export async function tripFault(ctx: Context, o: OrgKey, fault: Fault): Promise<void> {
  const { scope, error, retryAt, stopsRevokes } = fault;
  await ctx.store.update({
    key: faultKey(o, scope),
    ...setOnly({ scope, error, retryAt, stopsRevokes }),
  });
}

export async function clearFault(
  ctx: Context,
  o: OrgKey,
  { scope, limit }: { scope: string; limit: number },
): Promise<boolean> {
  // Lifted first and removed last: a crash in between leaves somebody who goes on waking (R16).
  await ctx.store.update({
    key: faultKey(o, scope),
    expression: 'SET retryAt = :now',
    condition: 'attribute_exists(pk) AND retryAt > :now',
    values: { ':now': ctx.now() },
  });
  const woken = await wakeParked(ctx, o, { scope, limit });
  if (woken) await ctx.store.remove(faultKey(o, scope));
  return woken;
}

/** Marks accounts parked on one entitlement or domain (R16: they return when what they wait for changes). */
export async function wakeParked(
  ctx: Context,
  o: OrgKey,
  { scope, limit }: { scope: string; limit: number },
): Promise<boolean> {
  const parked = await ctx.store.query({ pk: workPartition.parked(o, scope), index: 'work', limit });
  for (const item of parked.items) await markIfThere(ctx, o, accountIdOf(item));
  return !parked.more;
}

export async function markIfThere(
  ctx: Context,
  o: OrgKey,
  id: AccountId,
  kind: 'grant' | 'revoke' = 'grant',
): Promise<void> {
  try {
    await ctx.store.transact([markWrite({ org: o, id, now: ctx.now(), kind })]);
  } catch (error) {
    // The account ended meanwhile: nothing to do for it.
    if (!(error instanceof ConditionFailed)) throw error;
  }
}

export async function readCatalogue(ctx: Context, o: OrgKey): Promise<CatalogueEntry[]> {
  const { items } = await ctx.store.query({ pk: o, begins: 'CAT#' });
  return items.map((item) => CatalogueEntry.parse(item));
}
