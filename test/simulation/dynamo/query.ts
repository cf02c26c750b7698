/** Query and Scan: one partition in order, page by page (1 MB, `Limit`), from an exclusive start key. */
import type { AttributeValue, QueryCommandInput, ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { tableDefinition } from '../../../infra/table-definition.ts';
import { refuseUnknown } from './commands.ts';
import { NotModelled, ValidationException } from './errors.ts';
import type { Placeholders } from './evaluate.ts';
import { project } from './project.ts';
import type { Condition, Operand } from './syntax.ts';
import { parseCondition } from './syntax.ts';
import { allItems, catchUp, exactKeyOf, firstWhere, placeOf, type Table } from './table.ts';
import { compareText, type Item, itemSize } from './values.ts';

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
  const place = placesIn(table, { range, given, input });
  const page = pageOf(place, { limit: input.Limit, mostItems, onIndex });
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

/** The texts of one partition that a query still has to answer, in its direction; rows are looked up page by page. */
interface Places {
  readonly texts: readonly string[];
  readonly rowAt: (text: string) => Row | undefined;
  /** From the first text to be answered, to the one behind the last. */
  readonly from: number;
  readonly to: number;
  readonly step: 1 | -1;
}

interface Row {
  readonly item: Item;
  readonly size: number;
}

interface Asked {
  readonly range: Range;
  readonly given: Placeholders;
  readonly input: QueryCommandInput;
}

/** A condition on the sort key is one stretch of the order, so both its ends are found without reading what lies between. */
function placesIn(table: Table, { range, given, input }: Asked): Places {
  const { IndexName, ScanIndexForward: forward, ExclusiveStartKey: start } = input;
  const onIndex = IndexName !== undefined;
  const { texts, rowAt } = onIndex ? indexRows(table, range.partition) : tableRows(table, range.partition);
  const side = sideOf(range.rest, given);
  const sideAt = (text: string): number => side(onIndex ? (text.split('\u0000')[0] ?? '') : text);
  let low = firstWhere(texts, (text) => sideAt(text) >= 0);
  let high = firstWhere(texts, (text) => sideAt(text) > 0);
  if (start !== undefined) {
    if (Object.keys(start).length !== (onIndex ? 4 : 2))
      throw new ValidationException('The provided starting key is invalid');
    const text = sortTextOf(start, onIndex);
    const place = placeOf(texts, text);
    if (forward === false) high = Math.min(high, place);
    else low = Math.max(low, texts[place] === text ? place + 1 : place);
  }
  const size = Math.max(0, high - low);
  return forward === false
    ? { texts, rowAt, from: high - 1, to: high - 1 - size, step: -1 }
    : { texts, rowAt, from: low, to: low + size, step: 1 };
}

/** Where a sort key stands to the stretch that is asked for: before it (-1), in it (0), behind it (1). */
function sideOf(condition: Condition | undefined, given: Placeholders): (text: string) => -1 | 0 | 1 {
  if (condition === undefined) return () => 0;
  const textIn = (operand: Operand): string => {
    const text = operand.kind === 'value' ? given.values?.[operand.name]?.S : undefined;
    if (text === undefined)
      throw new ValidationException('One or more parameter values were invalid: the sort key');
    return text;
  };
  if (condition.kind === 'begins') {
    const prefix = textIn(condition.value);
    return (text) => (text.startsWith(prefix) ? 0 : compareText(text, prefix) < 0 ? -1 : 1);
  }
  if (condition.kind === 'between') {
    const [low, high] = [textIn(condition.low), textIn(condition.high)];
    return (text) => (compareText(text, low) < 0 ? -1 : compareText(text, high) > 0 ? 1 : 0);
  }
  if (condition.kind !== 'compare') throw new NotModelled(`${condition.kind} on a sort key`);
  const { by } = condition;
  const bound = textIn(condition.right);
  return (text) => {
    const order = compareText(text, bound);
    if (order === 0) return by === '<' ? 1 : by === '>' ? -1 : 0;
    if (order < 0) return by === '<' || by === '<=' ? 0 : -1;
    return by === '>' || by === '>=' ? 0 : 1;
  };
}

type Partition = Pick<Places, 'texts' | 'rowAt'>;

function tableRows(table: Table, partition: string): Partition {
  const ordered = table.partitions.get(partition);
  return { texts: ordered?.texts ?? [], rowAt: (text) => ordered?.rows.get(text) };
}

/** KEYS_ONLY: the item's key and the index's. */
function indexRows(table: Table, partition: string): Partition {
  const ordered = table.index.get(partition);
  const rowAt = (text: string): Row | undefined => {
    const entry = ordered?.rows.get(text);
    if (entry === undefined) return undefined;
    const { pk, sk, wpk, wsk } = entry;
    const item = { pk: { S: pk }, sk: { S: sk }, wpk: { S: wpk }, wsk: { S: wsk } };
    return { item, size: itemSize(item) };
  };
  return { texts: ordered?.texts ?? [], rowAt };
}

function sortTextOf(item: Item, onIndex: boolean): string {
  const text = (name: string): string => item[name]?.S ?? '';
  return onIndex ? `${text('wsk')}\u0000${text('pk')}\u0000${text('sk')}` : text('sk');
}

interface Cut {
  readonly limit: number | undefined;
  readonly mostItems: number | undefined;
  readonly onIndex: boolean;
}

/** A page that was cut says where, also when nothing follows: only its absence means the end (F07). */
function pageOf({ texts, rowAt, from, to, step }: Places, { limit, mostItems, onIndex }: Cut): Page {
  if (limit !== undefined && limit < 1) throw new ValidationException('Limit must be at least 1');
  const most = Math.min(limit ?? Number.POSITIVE_INFINITY, mostItems ?? Number.POSITIVE_INFINITY);
  const items: Item[] = [];
  let bytes = 0;
  let at = from;
  while (at !== to && items.length < most && bytes < MAX_PAGE_BYTES) {
    const row = rowAt(texts[at] ?? '');
    at += step;
    if (row === undefined) continue;
    items.push(row.item);
    bytes += row.size;
  }
  const last = items.at(-1);
  const cut = items.length >= most || at !== to;
  const page = { Items: items, Count: items.length, ScannedCount: items.length };
  return cut && last !== undefined ? { ...page, LastEvaluatedKey: keysOf(last, onIndex) } : page;
}

function keysOf(item: Item, onIndex: boolean): Record<string, AttributeValue> {
  const names = onIndex ? ['pk', 'sk', work.partitionKey, work.sortKey] : ['pk', 'sk'];
  return Object.fromEntries(names.flatMap((name) => (item[name] === undefined ? [] : [[name, item[name]]])));
}

/** The whole table, page by page: what only tests ask for. */
export function scan(table: Table, input: ScanCommandInput): Page {
  refuseUnknown(input, new Set(['TableName', 'ConsistentRead', 'ExclusiveStartKey']), 'Scan');
  const start = input.ExclusiveStartKey;
  const items: Item[] = [];
  let bytes = 0;
  for (const item of allItems(table, start === undefined ? undefined : exactKeyOf(start))) {
    if (bytes >= MAX_PAGE_BYTES) {
      const last = items.at(-1);
      const more = last === undefined ? {} : { LastEvaluatedKey: keysOf(last, false) };
      return { Items: items, Count: items.length, ScannedCount: items.length, ...more };
    }
    items.push(item);
    bytes += itemSize(item);
  }
  return { Items: items, Count: items.length, ScannedCount: items.length };
}
