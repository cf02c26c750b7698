/**
 * Items in memory, ordered as DynamoDB orders them, and the sparse index `work` beside them. The index is a copy that
 * may lag: each change reaches it after a delay of its own, changes of one item in their order.
 */
import { tableDefinition } from '../../../infra/table-definition.ts';
import { ValidationException } from './errors.ts';
import { compareText, type Item, itemSize } from './values.ts';

const { partitionKey, sortKey, indexes } = tableDefinition;
const [work] = indexes;

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** One item before and after a committed write. */
export interface Change extends Key {
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

export interface TableOptions {
  /** Milliseconds of any clock that does not step back; the index and tokens live by it. */
  readonly now: () => number;
  /** How late the next change reaches the index; absent = at once. */
  readonly indexDelayMs?: () => number;
  /** What DescribeTable tells: a restored copy has another one. Absent = the same in every run. */
  readonly id?: string;
  readonly onChange?: (change: Change) => void;
}

interface Row {
  readonly key: Key;
  readonly item: Item;
  readonly size: number;
}

/** Rows in the order of their sort text. */
interface Ordered<T> {
  readonly texts: string[];
  readonly rows: Map<string, T>;
}

interface IndexEntry extends Key {
  readonly wpk: string;
  readonly wsk: string;
}

interface Lagging {
  readonly at: number;
  readonly key: Key;
  readonly entry: IndexEntry | undefined;
}

export interface Table {
  readonly options: TableOptions;
  readonly partitions: Map<string, Ordered<Row>>;
  readonly index: Map<string, Ordered<IndexEntry>>;
  readonly indexed: Map<string, IndexEntry>;
  lagging: Lagging[];
  /** The partitions' keys in order; absent when one came or went since they were last asked for. */
  order: readonly string[] | undefined;
}

export function createTable(options: TableOptions): Table {
  return {
    options,
    partitions: new Map(),
    index: new Map(),
    indexed: new Map(),
    lagging: [],
    order: undefined,
  };
}

/** A table of its own with the same items: items are never changed in place. */
export function copyTable(table: Table, options: TableOptions): Table {
  const copied = <T>(from: Map<string, Ordered<T>>): Map<string, Ordered<T>> =>
    new Map([...from].map(([name, one]) => [name, { texts: [...one.texts], rows: new Map(one.rows) }]));
  return {
    options,
    partitions: copied(table.partitions),
    index: copied(table.index),
    indexed: new Map(table.indexed),
    lagging: [...table.lagging],
    order: undefined,
  };
}

const MAX_PK_BYTES = 2_048;
const MAX_SK_BYTES = 1_024;
const MAX_ITEM_BYTES = 400 * 1_024;

export function keyOf(item: Item | undefined): Key {
  const [pk, sk] = [item?.[partitionKey]?.S, item?.[sortKey]?.S];
  if (pk === undefined || sk === undefined || pk === '' || sk === '') {
    throw new ValidationException('The provided key element does not match the schema');
  }
  if (Buffer.byteLength(pk) > MAX_PK_BYTES || Buffer.byteLength(sk) > MAX_SK_BYTES) {
    throw new ValidationException('One or more parameter values were invalid: a key is too long');
  }
  return { pk, sk };
}

/** The key of a request, which names the two key attributes and nothing else. */
export function exactKeyOf(item: Item | undefined): Key {
  if (Object.keys(item ?? {}).length !== 2)
    throw new ValidationException('The provided key element does not match the schema');
  return keyOf(item);
}

export function readItem(table: Table, { pk, sk }: Key): Item | undefined {
  return table.partitions.get(pk)?.rows.get(sk)?.item;
}

/** What must hold of an item before it may be written. */
export function checkItem(item: Item): number {
  const size = itemSize(item);
  if (size > MAX_ITEM_BYTES) throw new ValidationException('Item size has exceeded the maximum allowed size');
  for (const name of [work.partitionKey, work.sortKey]) {
    const value = item[name];
    if (value !== undefined && (value.S === undefined || value.S === ''))
      throw new ValidationException(
        `One or more parameter values were invalid: ${name} of index ${work.name}`,
      );
  }
  return size;
}

export function writeItem(table: Table, key: Key, after: Item | undefined): void {
  const before = readItem(table, key);
  const { size } = table.partitions;
  if (after === undefined) removeRow(table.partitions, key.pk, key.sk);
  else putRow(table.partitions, key.pk, { text: key.sk, row: { key, item: after, size: checkItem(after) } });
  if (table.partitions.size !== size) table.order = undefined;
  index(table, key, after);
  table.options.onChange?.({ ...key, before, after });
}

function putRow<T>(
  into: Map<string, Ordered<T>>,
  partition: string,
  { text, row }: { text: string; row: T },
): void {
  let ordered = into.get(partition);
  if (ordered === undefined) {
    ordered = { texts: [], rows: new Map() };
    into.set(partition, ordered);
  }
  if (!ordered.rows.has(text)) ordered.texts.splice(placeOf(ordered.texts, text), 0, text);
  ordered.rows.set(text, row);
}

function removeRow<T>(from: Map<string, Ordered<T>>, partition: string, text: string): void {
  const ordered = from.get(partition);
  if (ordered?.rows.delete(text) !== true) return;
  ordered.texts.splice(placeOf(ordered.texts, text), 1);
  if (ordered.texts.length === 0) from.delete(partition);
}

/** Where a text stands or would stand. */
export function placeOf(texts: readonly string[], text: string): number {
  return firstWhere(texts, (one) => compareText(one, text) >= 0);
}

/** The place of the first text of which this is true, where it is true of all behind it. */
export function firstWhere(texts: readonly string[], isTrue: (text: string) => boolean): number {
  let [low, high] = [0, texts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isTrue(texts[middle] ?? '')) high = middle;
    else low = middle + 1;
  }
  return low;
}

function index(table: Table, key: Key, after: Item | undefined): void {
  const [wpk, wsk] = [after?.[work.partitionKey]?.S, after?.[work.sortKey]?.S];
  const entry = wpk === undefined || wsk === undefined ? undefined : { ...key, wpk, wsk };
  const now = table.options.now();
  const behind = table.lagging.findLast((one) => one.key.pk === key.pk && one.key.sk === key.sk);
  const at = Math.max(now + (table.options.indexDelayMs?.() ?? 0), behind?.at ?? now);
  if (at <= now && behind === undefined) setEntry(table, key, entry);
  else table.lagging.push({ at, key, entry });
}

/** Lets the changes whose time has come reach the index. */
export function catchUp(table: Table): void {
  if (table.lagging.length === 0) return;
  const now = table.options.now();
  const due = table.lagging.filter((one) => one.at <= now);
  if (due.length === 0) return;
  table.lagging = table.lagging.filter((one) => one.at > now);
  for (const { key, entry } of due) setEntry(table, key, entry);
}

function setEntry(table: Table, key: Key, entry: IndexEntry | undefined): void {
  const text = `${key.pk}|${key.sk}`;
  const before = table.indexed.get(text);
  if (before?.wpk === entry?.wpk && before?.wsk === entry?.wsk) return;
  if (before !== undefined) removeRow(table.index, before.wpk, placeText(before));
  if (entry === undefined) table.indexed.delete(text);
  else {
    table.indexed.set(text, entry);
    putRow(table.index, entry.wpk, { text: placeText(entry), row: entry });
  }
}

/** Entries of one sort key have an order of their own, as stable as it is meaningless. */
const placeText = ({ wsk, pk, sk }: IndexEntry): string => `${wsk}\u0000${pk}\u0000${sk}`;

/** Every item, in the order of keys; those behind one key only, if one is given. */
export function* allItems(table: Table, after?: Key): Iterable<Item> {
  table.order ??= [...table.partitions.keys()].sort(compareText);
  const pks = table.order;
  for (let place = after === undefined ? 0 : placeOf(pks, after.pk); place < pks.length; place++) {
    const pk = pks[place] ?? '';
    const ordered = table.partitions.get(pk);
    const texts = ordered?.texts ?? [];
    const first = pk === after?.pk ? firstWhere(texts, (sk) => compareText(sk, after.sk) > 0) : 0;
    for (let at = first; at < texts.length; at++) {
      const row = ordered?.rows.get(texts[at] ?? '');
      if (row !== undefined) yield row.item;
    }
  }
}
