/**
 * Who holds what because of us, in numbers, and what was taken away in the last hour: the two things that the removal
 * limit is judged by (design.md section 6).
 *
 * The numbers move in the very transaction that changes `applied`, so they are true at every instant. They lie in
 * 64 items by account id: a change of one account writes one of them, however many entitlements it moves, and accounts
 * written at the same time seldom meet. What is taken away is written with the intents, before the call.
 */
import type { Context } from './dynamo-context.ts';
import { keyText, type Write } from './dynamo-store.ts';
import { figuresKey, instantKey, type Key, removedPk } from './keys.ts';
import type { Account, AccountId, EntitlementKey, OrgKey } from './records.ts';
import type { Figures, IntentDraft, Removed } from './work.ts';

const SHARDS = Array.from({ length: 64 }, (_, at) => String(at).padStart(2, '0'));
/** Attribute of an entitlement's count; the prefix keeps any name apart from the other attributes. */
const HOLDERS = 'h:';
/** Longer than any look back at it. */
const KEEP_MS = 24 * 3600 * 1000;

export interface Move {
  readonly id: AccountId;
  readonly before: Account['applied'];
  readonly after: Account['applied'];
}

/** One write per counter item that moves; none where nobody gained or lost anything. */
export function figureWrites(o: OrgKey, moves: readonly Move[]): Write[] {
  const shards = new Map<string, Map<string, number>>();
  for (const { id, before, after } of moves) {
    const shard = shardOf(id);
    const sums = shards.get(shard) ?? new Map<string, number>();
    shards.set(shard, sums);
    for (const [name, change] of difference(before, after)) sums.set(name, (sums.get(name) ?? 0) + change);
  }
  return [...shards].flatMap(([shard, sums]) => {
    const moved = [...sums].filter(([, change]) => change !== 0);
    return moved.length === 0 ? [] : [countWrite(figuresKey(o, shard), moved)];
  });
}

/** By the id's last digits, which are random. */
function shardOf(id: AccountId): string {
  return SHARDS[Number.parseInt(id.slice(-2), 16) % SHARDS.length] ?? '00';
}

function difference(before: Account['applied'], after: Account['applied']): [string, number][] {
  const had = Object.keys(before.entitlements);
  const has = Object.keys(after.entitlements);
  const managed = Math.sign(has.length) - Math.sign(had.length);
  return [
    ...(managed === 0 ? [] : [['people', managed] as [string, number]]),
    ...has.filter((key) => !had.includes(key)).map((key): [string, number] => [HOLDERS + key, 1]),
    ...had.filter((key) => !has.includes(key)).map((key): [string, number] => [HOLDERS + key, -1]),
  ];
}

function countWrite(key: Key, moved: readonly [string, number][]): Write {
  return {
    kind: 'update',
    key,
    expression: `SET v = :v ADD ${moved.map((_, at) => `#n${at} :n${at}`).join(', ')}`,
    names: Object.fromEntries(moved.map(([name], at) => [`#n${at}`, name])),
    values: { ':v': 1, ...Object.fromEntries(moved.map(([, change], at) => [`:n${at}`, change])) },
  };
}

export async function readFigures(ctx: Context, o: OrgKey): Promise<Figures> {
  const keys = SHARDS.map((shard) => figuresKey(o, shard));
  const items = await ctx.store.batchGet(keys);
  let people = 0;
  const holders = new Map<EntitlementKey, number>();
  for (const key of keys) {
    for (const [name, value] of Object.entries(items.get(keyText(key)) ?? {})) {
      if (name === 'people') people += Number(value);
      if (!name.startsWith(HOLDERS)) continue;
      const entitlement = name.slice(HOLDERS.length);
      holders.set(entitlement, (holders.get(entitlement) ?? 0) + Number(value));
    }
  }
  return { people, holders };
}

/** One record for all that the intents of a transaction take away from anybody, beside the approved. */
export function removedWrites(ctx: Context, o: OrgKey, drafts: readonly IntentDraft[]): Write[] {
  const losses = drafts.flatMap(({ account, loss }) =>
    loss === undefined || loss.keys.length === 0 ? [] : [{ account, loss }],
  );
  if (losses.length === 0) return [];
  const at = ctx.now();
  const item: Omit<Removed, 'holders'> & { holders: Record<EntitlementKey, number> } = {
    at,
    people: Math.max(...losses.map(({ loss }) => loss.figures.people)),
    holders: Object.assign({}, ...losses.map(({ loss }) => holdersOf(loss))),
    lost: Object.fromEntries(losses.map(({ account, loss }) => [account.id, [...loss.keys]])),
  };
  const expires = Math.ceil((at + KEEP_MS) / 1000);
  return [
    {
      kind: 'put',
      key: { pk: removedPk(o), sk: `${instantKey(at)}#${ctx.newId()}` },
      item: { ...item, expires, v: 1 },
      condition: 'attribute_not_exists(pk)',
    },
  ];
}

function holdersOf({ keys, figures }: NonNullable<IntentDraft['loss']>): Record<EntitlementKey, number> {
  return Object.fromEntries(keys.map((key) => [key, figures.holders.get(key) ?? 0]));
}

/** What was sent after the instant, also what a clock that was put back says lies in the future: it was sent, too. */
export async function readRemoved(ctx: Context, o: OrgKey, since: number): Promise<Removed[]> {
  const { items } = await ctx.store.query({ pk: removedPk(o), after: `${instantKey(since)}#~` });
  return items.map((item) => ({
    at: Number(item['at']),
    people: Number(item['people']),
    holders: item['holders'] as Record<EntitlementKey, number>,
    lost: item['lost'] as Record<AccountId, EntitlementKey[]>,
  }));
}
