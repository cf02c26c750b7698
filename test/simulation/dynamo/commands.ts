/**
 * DynamoDB's commands on the model's table: what each takes, refuses and answers. An input field that the model does
 * not know is refused, so that it can never be kinder than DynamoDB without anybody noticing.
 */
import type {
  AttributeValue,
  BatchGetItemCommandInput,
  DeleteItemCommandInput,
  GetItemCommandInput,
  PutItemCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { conditionFailed, NotModelled, ValidationException } from './errors.ts';
import { holds, type Placeholders, updated } from './evaluate.ts';
import { project } from './project.ts';
import { parseCondition } from './syntax.ts';
import { exactKeyOf, type Key, keyOf, readItem, type Table, writeItem } from './table.ts';
import { parseUpdate } from './update-syntax.ts';
import { type Item, refuseEmptySets } from './values.ts';

export const MAX_BATCH = 100;

const SINGLE = new Set([
  'TableName',
  'Key',
  'Item',
  'ConditionExpression',
  'UpdateExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ReturnValues',
]);

/** What one write asks for, whichever command carries it. */
export interface Wish {
  readonly Key?: Item | undefined;
  readonly Item?: Item | undefined;
  readonly ConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>> | undefined;
}

/** A write that was checked and can be done. */
export interface Planned {
  readonly key: Key;
  readonly met: boolean;
  /** What the item becomes; computed only when the condition is met. */
  readonly after: () => Item | undefined;
}

export type WishKind = 'put' | 'update' | 'delete' | 'check';

export function refuseUnknown(input: object, known: ReadonlySet<string>, what: string): void {
  for (const [name, value] of Object.entries(input)) {
    if (value !== undefined && !known.has(name)) throw new NotModelled(`${name} of a ${what}`);
  }
}

/** Judges a write against the table as it is; nothing is changed. */
export function planWrite(table: Table, kind: WishKind, wish: Wish): Planned {
  refuseUnknown(wish, SINGLE, kind);
  const key = kind === 'put' ? keyOf(wish.Item) : exactKeyOf(wish.Key);
  const given = placeholdersOf(wish);
  const before = readItem(table, key);
  const { ConditionExpression: condition, UpdateExpression: text } = wish;
  if (kind === 'check' && condition === undefined)
    throw new ValidationException('a ConditionCheck needs a condition');
  const met = condition === undefined || holds(before ?? {}, parseCondition(condition).tree, given);
  const after = (): Item | undefined => {
    if (kind === 'put') return wish.Item;
    if (kind === 'update') return updatedItem(key, before, { text, given });
    return kind === 'delete' ? undefined : before;
  };
  return { key, met, after };
}

function updatedItem(
  key: Key,
  before: Item | undefined,
  { text, given }: { text: string | undefined; given: Placeholders },
): Item {
  const base: Item = before ?? { pk: { S: key.pk }, sk: { S: key.sk } };
  const after = text === undefined ? base : updated(base, parseUpdate(text).tree, given);
  if (after['pk']?.S !== key.pk || after['sk']?.S !== key.sk)
    throw new ValidationException('Cannot update attribute: this attribute is part of the key');
  return after;
}

function placeholdersOf(wish: Wish): Placeholders {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = wish;
  const texts = [
    ...(wish.ConditionExpression === undefined ? [] : [parseCondition(wish.ConditionExpression)]),
    ...(wish.UpdateExpression === undefined ? [] : [parseUpdate(wish.UpdateExpression)]),
  ];
  const unused =
    Object.keys(names ?? {}).find((name) => !texts.some((text) => text.names.has(name))) ??
    Object.keys(values ?? {}).find((name) => !texts.some((text) => text.values.has(name)));
  if (unused !== undefined)
    throw new ValidationException(`Value provided but unused in expressions: ${unused}`);
  const undefinedOne =
    texts.flatMap((text) => [...text.names]).find((name) => names?.[name] === undefined) ??
    texts.flatMap((text) => [...text.values]).find((name) => values?.[name] === undefined);
  if (undefinedOne !== undefined)
    throw new ValidationException(
      `An expression attribute used in expression is not defined: ${undefinedOne}`,
    );
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) refuseEmptySets(value);
  }
  return { names, values };
}

export function getItem(table: Table, input: GetItemCommandInput): { Item?: Item } {
  refuseUnknown(input, new Set(['TableName', 'Key', 'ConsistentRead']), 'GetItem');
  const item = readItem(table, exactKeyOf(input.Key));
  return item === undefined ? {} : { Item: item };
}

export function writeOne(
  table: Table,
  kind: WishKind,
  input: PutItemCommandInput | UpdateItemCommandInput | DeleteItemCommandInput,
): { Attributes?: Item } {
  const planned = planWrite(table, kind, input);
  if (!planned.met) throw conditionFailed();
  const after = planned.after();
  writeItem(table, planned.key, after);
  const { ReturnValues: wanted = 'NONE' } = input;
  if (wanted === 'NONE') return {};
  if (wanted !== 'ALL_NEW' || kind !== 'update') throw new NotModelled(`ReturnValues ${wanted} of a ${kind}`);
  return after === undefined ? {} : { Attributes: after };
}

export interface BatchAnswer {
  readonly Responses: Record<string, Item[]>;
  readonly UnprocessedKeys: Record<string, { Keys: Item[]; ConsistentRead: boolean | undefined }>;
}

/** `mostItems` leaves keys unread, as DynamoDB may (F06). */
export function batchGet(table: Table, input: BatchGetItemCommandInput, mostItems?: number): BatchAnswer {
  refuseUnknown(input, new Set(['RequestItems']), 'BatchGetItem');
  const [[name, wish] = [], ...more] = Object.entries(input.RequestItems ?? {});
  if (name === undefined || wish === undefined || more.length > 0)
    throw new NotModelled('a BatchGetItem of anything but one table');
  refuseUnknown(
    wish,
    new Set(['Keys', 'ConsistentRead', 'ProjectionExpression', 'ExpressionAttributeNames']),
    'BatchGetItem',
  );
  const wanted: readonly Item[] = wish.Keys ?? [];
  if (wanted.length < 1 || wanted.length > MAX_BATCH)
    throw new ValidationException('Too many or too few items requested for the BatchGetItem call');
  const keys = wanted.map(exactKeyOf);
  if (new Set(keys.map(({ pk, sk }) => `${pk}|${sk}`)).size < keys.length)
    throw new ValidationException('Provided list of item keys contains duplicates');
  const read: Item[] = [];
  for (const key of keys.slice(0, mostItems ?? keys.length)) {
    const item = readItem(table, key);
    if (item !== undefined) read.push(item);
  }
  const left = mostItems === undefined ? [] : wanted.slice(mostItems);
  const unprocessed =
    left.length === 0 ? {} : { [name]: { Keys: left, ConsistentRead: wish.ConsistentRead } };
  return { Responses: { [name]: project(read, wish) }, UnprocessedKeys: unprocessed };
}
