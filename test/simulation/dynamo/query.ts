/** Query and Scan: one partition in order, page by page (1 MB, `Limit`), from an exclusive start key. */
import type { AttributeValue, QueryCommandInput, ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { tableDefinition } from '../../../infra/table-definition.ts';
import { refuseUnknown } from './commands.ts';
import { NotModelled, ValidationException } from './errors.ts';
import { holds, type Placeholders } from './evaluate.ts';
import { project } from './project.ts';
import type { Condition, Operand } from './syntax.ts';
import { parseCondition } from './syntax.ts';
import { allItems, catchUp, placeOf, type Table } from './table.ts';
import { type Item, itemSize } from './values.ts';

const MAX_PAGE_BYTES = 1_024 * 1_024;
const [work] = tableDefinition.indexes;

const KNOWN = new Set([
  'TableName',
  'IndexName',
  'ConsistentRead',
  'KeyConditionExpression',
  'ProjectionExpression',
  'ExpressionAttributeNames',
  'ExpressionAttributeValues',
  'ExclusiveStartKey',
  'ScanIndexForward',
  'Limit',
]);

interface Range {
  readonly partition: string;
  /** The condition on the sort key, if there is one. */
  readonly rest: Condition | undefined;
}

export interface Page {
  readonly Items: Item[];
  readonly Count: number;
  readonly ScannedCount: number;
  readonly LastEvaluatedKey?: Record<string, AttributeValue>;
}

/** `mostItems` cuts pages shorter than asked, as DynamoDB may. */
export function query(table: Table, input: QueryCommandInput, mostItems?: number): Page {
  const given: Placeholders = {
    names: input.ExpressionAttributeNames,
    values: input.ExpressionAttributeValues,
  };
  refuseUnknown(input, KNOWN, 'Query');
  const onIndex = input.IndexName !== undefined;
  if (onIndex && input.IndexName !== work.name) throw new NotModelled(`the index ${input.IndexName}`);
  if (onIndex && input.ConsistentRead === true)
    throw new ValidationException('Consistent reads are not supported on global secondary indexes');
  const keys = onIndex
    ? [work.partitionKey, work.sortKey]
    : [tableDefinition.partitionKey, tableDefinition.sortKey];
  const range = rangeOf(input, { given, keys });
  if (onIndex) catchUp(table);
  const rows = (onIndex ? indexRows : tableRows)(table, range.partition).filter(
    ({ item }) => range.rest === undefined || holds(item, range.rest, given),
  );
  const ordered = input.ScanIndexForward === false ? rows.reverse() : rows;
  const page = pageOf(afterStart(ordered, input), { limit: input.Limit, mostItems, onIndex });
  return { ...page, Items: project(page.Items, input) };
}

function rangeOf(
  { KeyConditionExpression: text }: QueryCommandInput,
  { given, keys }: { given: Placeholders; keys: readonly string[] },
): Range {
  const { tree } = parseCondition(text ?? '');
  const [first, rest] = tree.kind === 'and' ? [tree.left, tree.right] : [tree, undefined];
  if (first.kind !== 'compare' || first.by !== '=' || nameIn(first.left, given) !== keys[0])
    throw new ValidationException('Query condition missed key schema element: the partition key');
  const partition = first.right.kind === 'value' ? given.values?.[first.right.name]?.S : undefined;
  if (partition === undefined)
    throw new ValidationException('One or more parameter values were invalid: the partition key');
  if (rest !== undefined) checkSortCondition(rest, { given, sortKey: keys[1] ?? '' });
  return { partition, rest };
}

function nameIn(operand: Operand, given: Placeholders): string | undefined {
  if (operand.kind !== 'path' || operand.path.length !== 1) return undefined;
  const [segment] = operand.path;
  return typeof segment === 'string' && segment.startsWith('#') ? given.names?.[segment] : String(segment);
}

/** DynamoDB takes one condition on the sort key, of these forms only. */
function checkSortCondition(
  condition: Condition,
  { given, sortKey }: { given: Placeholders; sortKey: string },
): void {
  const told =
    condition.kind === 'begins'
      ? nameIn({ kind: 'path', path: condition.path }, given)
      : condition.kind === 'compare' && condition.by !== '<>'
        ? nameIn(condition.left, given)
        : condition.kind === 'between'
          ? nameIn(condition.value, given)
          : undefined;
  if (told !== sortKey)
    throw new ValidationException('KeyConditionExpressions must only contain one condition per key');
}

interface Row {
  readonly item: Item;
  readonly size: number;
}

function tableRows(table: Table, partition: string): Row[] {
  const ordered = table.partitions.get(partition);
  return (ordered?.texts ?? []).flatMap((text) => ordered?.rows.get(text) ?? []);
}

/** KEYS_ONLY: the item's key and the index's. */
function indexRows(table: Table, partition: string): Row[] {
  const ordered = table.index.get(partition);
  return (ordered?.texts ?? []).flatMap((text) => {
    const entry = ordered?.rows.get(text);
    if (entry === undefined) return [];
    const { pk, sk, wpk, wsk } = entry;
    const item = { pk: { S: pk }, sk: { S: sk }, wpk: { S: wpk }, wsk: { S: wsk } };
    return [{ item, size: itemSize(item) }];
  });
}

function sortTextOf(item: Item, onIndex: boolean): string {
  const text = (name: string): string => item[name]?.S ?? '';
  return onIndex ? `${text('wsk')}\u0000${text('pk')}\u0000${text('sk')}` : text('sk');
}

function afterStart(rows: readonly Row[], input: QueryCommandInput): Row[] {
  const { ExclusiveStartKey: start, IndexName, ScanIndexForward: forward } = input;
  if (start === undefined) return [...rows];
  const onIndex = IndexName !== undefined;
  if (Object.keys(start).length !== (onIndex ? 4 : 2))
    throw new ValidationException('The provided starting key is invalid');
  const texts = rows.map(({ item }) => sortTextOf(item, onIndex));
  const from = sortTextOf(start, onIndex);
  if (forward === false) {
    const reversed = [...texts].reverse();
    return rows.slice(rows.length - placeOf(reversed, from));
  }
  const place = placeOf(texts, from);
  return rows.slice(texts[place] === from ? place + 1 : place);
}

interface Cut {
  readonly limit: number | undefined;
  readonly mostItems: number | undefined;
  readonly onIndex: boolean;
}

/** A page that was cut says where, also when nothing follows: only its absence means the end (F07). */
function pageOf(rows: readonly Row[], { limit, mostItems, onIndex }: Cut): Page {
  if (limit !== undefined && limit < 1) throw new ValidationException('Limit must be at least 1');
  const most = Math.min(limit ?? Number.POSITIVE_INFINITY, mostItems ?? Number.POSITIVE_INFINITY);
  const items: Item[] = [];
  let bytes = 0;
  for (const { item, size } of rows) {
    items.push(item);
    bytes += size;
    if (items.length >= most || bytes >= MAX_PAGE_BYTES) break;
  }
  const last = items.at(-1);
  const cut = items.length >= most || items.length < rows.length;
  const page = { Items: items, Count: items.length, ScannedCount: items.length };
  return cut && last !== undefined ? { ...page, LastEvaluatedKey: keysOf(last, onIndex) } : page;
}

function keysOf(item: Item, onIndex: boolean): Record<string, AttributeValue> {
  const names = onIndex ? ['pk', 'sk', work.partitionKey, work.sortKey] : ['pk', 'sk'];
  return Object.fromEntries(names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])));
}

/** The whole table: what only tests ask for. */
export function scan(table: Table, input: ScanCommandInput): Page {
  refuseUnknown(input, new Set(['TableName', 'ConsistentRead', 'ExclusiveStartKey']), 'Scan');
  const items = [...allItems(table)];
  return { Items: items, Count: items.length, ScannedCount: items.length };
}
