/**
 * Transactions: all or nothing, conditions judged against one state, reasons by index (F02), 100 actions, 4 MB, no two
 * actions on one item, and a client token that makes a repeat within ten minutes harmless (F05).
 */
import { isDeepStrictEqual } from 'node:util';
import type {
  TransactGetItemsCommandInput,
  TransactWriteItem,
  TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb';
import { MAX_BATCH, type Planned, planWrite, refuseUnknown, type Wish, type WishKind } from './commands.ts';
import { cancelled, tokenMismatch, ValidationException } from './errors.ts';
import { checkItem, exactKeyOf, readItem, type Table, writeItem } from './table.ts';
import type { Item } from './values.ts';

const MAX_BYTES = 4 * 1_024 * 1_024;
const TOKEN_LIFE_MS = 10 * 60_000;
/** Whoever repeats does it at once; all of a long run's would be most of its memory. A forgotten one is done again. */
const MOST_TOKENS = 10_000;

interface Committed {
  readonly at: number;
  readonly items: readonly TransactWriteItem[];
}

/** Tokens of transactions that committed. */
export type Tokens = Map<string, Committed>;

export function transactWrite(table: Table, tokens: Tokens, input: TransactWriteItemsCommandInput): object {
  refuseUnknown(input, new Set(['ClientRequestToken', 'TransactItems']), 'TransactWriteItems');
  const { ClientRequestToken: token, TransactItems: items = [] } = input;
  if (items.length < 1 || items.length > MAX_BATCH)
    throw new ValidationException(`a transaction of ${items.length} actions, 1 to ${MAX_BATCH} are allowed`);
  if (token !== undefined && isRepeat(table, tokens, { token, items })) return {};
  const planned = items.map((item) => planAction(table, item));
  refuseTwice(planned);
  if (planned.some((one) => !one.met)) {
    throw cancelled(planned.map((one) => (one.met ? 'None' : 'ConditionalCheckFailed')));
  }
  const after = planned.map((one) => one.after());
  const bytes = after.reduce((sum, item) => sum + (item === undefined ? 0 : checkItem(item)), 0);
  if (bytes > MAX_BYTES) throw new ValidationException('Transaction is larger than 4 MB');
  for (const [place, one] of planned.entries()) {
    if (items[place]?.ConditionCheck === undefined) writeItem(table, one.key, after[place]);
  }
  if (token !== undefined) remember(tokens, token, { at: table.options.now(), items });
  return {};
}

function remember(tokens: Tokens, token: string, committed: Committed): void {
  tokens.set(token, committed);
  if (tokens.size <= MOST_TOKENS) return;
  for (const oldest of tokens.keys()) {
    tokens.delete(oldest);
    return;
  }
}

function isRepeat(
  table: Table,
  tokens: Tokens,
  { token, items }: { token: string; items: readonly TransactWriteItem[] },
): boolean {
  const known = tokens.get(token);
  if (known === undefined || table.options.now() - known.at > TOKEN_LIFE_MS) return false;
  if (known.items !== items && !isDeepStrictEqual(known.items, items)) throw tokenMismatch();
  return true;
}

const KINDS = { Put: 'put', Update: 'update', Delete: 'delete', ConditionCheck: 'check' } as const;

function planAction(table: Table, item: TransactWriteItem): Planned {
  const [[name, wish] = [], ...more] = Object.entries(item).filter(([, value]) => value !== undefined);
  const kind: WishKind | undefined = name === undefined ? undefined : KINDS[name as keyof typeof KINDS];
  if (kind === undefined || wish === undefined || more.length > 0)
    throw new ValidationException('TransactItems can only contain one of Check, Put, Update or Delete');
  // The four forms share these fields.
  return planWrite(table, kind, wish as Wish);
}

function refuseTwice(planned: readonly Planned[]): void {
  const keys = new Set(planned.map(({ key }) => `${key.pk}|${key.sk}`));
  if (keys.size < planned.length)
    throw new ValidationException('Transaction request cannot include multiple operations on one item');
}

export function transactGet(
  table: Table,
  input: TransactGetItemsCommandInput,
): { Responses: { Item?: Item }[] } {
  refuseUnknown(input, new Set(['TransactItems']), 'TransactGetItems');
  const { TransactItems: items = [] } = input;
  if (items.length < 1 || items.length > MAX_BATCH)
    throw new ValidationException(`a transaction of ${items.length} reads, 1 to ${MAX_BATCH} are allowed`);
  const keys = items.map(({ Get: get }) => {
    refuseUnknown(get ?? {}, new Set(['TableName', 'Key']), 'TransactGetItems');
    return exactKeyOf(get?.Key);
  });
  return {
    Responses: keys.map((key) => {
      const item = readItem(table, key);
      return item === undefined ? {} : { Item: item };
    }),
  };
}
