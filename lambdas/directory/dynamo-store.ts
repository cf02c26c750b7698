/**
 * DynamoDB's API as the directory uses it: strong reads, conditional transactions, and one place that repeats what
 * DynamoDB asks to repeat. Repetition is bounded by time, never by a count (R10), on a clock of real milliseconds
 * that does not run faster when the bridge's own clock does.
 */
import {
  type AttributeValue,
  BatchGetItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { DirectoryBusy } from './directory.ts';
import { type AttributePath, type Projected, projectionOf } from './dynamo-projection.ts';
import { askTableId } from './dynamo-table.ts';
import type { Key } from './keys.ts';

export type Item = Readonly<Record<string, unknown>>;

/** One action of a transaction, in plain values. */
export interface Write {
  readonly kind: 'put' | 'update' | 'delete' | 'check';
  readonly key: Key;
  /** For `put`: the attributes beside the key. */
  readonly item?: Item;
  readonly expression?: string;
  readonly condition?: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
}

/** At least one condition of a transaction did not hold; `failed` are the indexes of its actions (F02). */
export class ConditionFailed extends Error {
  readonly failed: readonly number[];
  constructor(failed: readonly number[]) {
    super(`condition failed at ${failed.join(', ')}`);
    this.name = 'ConditionFailed';
    this.failed = failed;
  }
}

/** Another transaction held one of the items (F03). */
export class Conflict extends Error {
  constructor() {
    super('transaction conflict');
    this.name = 'Conflict';
  }
}

export interface StoreDeps {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly newId: () => string;
  /** Real milliseconds from any origin, for deadlines of contention. */
  readonly realNow: () => number;
  /** Waits real milliseconds. */
  readonly pause: (realMs: number) => Promise<void>;
  /** 0 to 1. */
  readonly random: () => number;
}

/** Rows asked for at once: small ones fill a page of 1 MB, which DynamoDB does not exceed; the loop follows the pages. */
const MOST_PER_PAGE = 10_000;
/** DynamoDB's limit of actions in one transaction. */
export const MAX_ACTIONS = 100;
/** How long a losing writer repeats before the client is asked to come again (R10). */
export const CONTENTION_MS = 10_000;
const MARSHALL = { removeUndefinedValues: true, convertClassInstanceToMap: true };

export interface QueryInput {
  readonly pk: string;
  readonly begins?: string;
  /** Exclusive; in the index not together with `upTo`. */
  readonly after?: string;
  /** Inclusive upper bound of the sort key. */
  readonly upTo?: string;
  readonly limit?: number;
  readonly index?: 'work';
  /** From the end of the partition. */
  readonly backward?: true;
  /** Only these, and the sort key: what is not read is neither sent nor unpacked. Capacity is that of whole items. */
  readonly only?: readonly AttributePath[];
}

export interface QueryPage {
  readonly items: readonly Item[];
  /** False when the partition was read to its end. */
  readonly more: boolean;
}

export interface Store {
  /** Of the table itself: a copy restored from a backup has another one. Asked for once. */
  tableId(): Promise<string>;
  readonly newId: () => string;
  get(key: Key): Promise<Item | undefined>;
  /** Items by `pk|sk`; absent ones are absent. */
  batchGet(keys: readonly Key[], only?: readonly AttributePath[]): Promise<ReadonlyMap<string, Item>>;
  /** Follows pages until `limit` items or the end (F07). Index queries are hints; base queries are strong. */
  query(input: QueryInput): Promise<QueryPage>;
  put(key: Key, item: Item, condition?: string): Promise<void>;
  /** The item after the update, or undefined when the condition did not hold. */
  update(write: Omit<Write, 'kind'>): Promise<Item | undefined>;
  remove(key: Key): Promise<void>;
  /** One attempt sequence: throttling is repeated here; `Conflict` and `ConditionFailed` are the caller's. */
  transactOnce(writes: readonly Write[]): Promise<void>;
  /** As `transactOnce`, and conflicts are repeated until the contention deadline. */
  transact(writes: readonly Write[]): Promise<void>;
  /** Runs `attempt` again while it throws `ConditionFailed` or `Conflict`, with growing pauses, then `DirectoryBusy`. */
  contend<T>(attempt: () => Promise<T>): Promise<T>;
}

export const keyText = (key: Key): string => `${key.pk}|${key.sk}`;

/** Two texts, by far the most frequent thing that is marshalled: written out instead of walked through. */
const keyAttributes = ({ pk, sk }: Key): Record<string, AttributeValue> => ({ pk: { S: pk }, sk: { S: sk } });

export function createStore(deps: StoreDeps): Store {
  const store: Store = {
    tableId: askTableId(deps, (send) => again(deps, send)),
    newId: deps.newId,
    get: (key) => getItem(deps, key),
    batchGet: (keys, only) => batchGet(deps, keys, only),
    query: (input) => query(deps, input),
    put: async (key, item, condition) => {
      const command = new PutItemCommand({
        TableName: deps.table,
        Item: marshall({ ...item, ...key }, MARSHALL),
        ConditionExpression: condition,
      });
      await again(deps, () => deps.client.send(command));
    },
    update: (write) => updateItem(deps, write),
    remove: async (key) => {
      const command = new DeleteItemCommand({ TableName: deps.table, Key: keyAttributes(key) });
      await again(deps, () => deps.client.send(command));
    },
    transactOnce: (writes) => transactOnce(deps, writes),
    transact: (writes) => contend(deps, () => transactOnce(deps, writes), isConflict),
    contend: (attempt) =>
      contend(deps, attempt, (error) => isConflict(error) || error instanceof ConditionFailed),
  };
  return store;
}

async function getItem(deps: StoreDeps, key: Key): Promise<Item | undefined> {
  const command = new GetItemCommand({
    TableName: deps.table,
    Key: keyAttributes(key),
    ConsistentRead: true,
  });
  const answer = await again(deps, () => deps.client.send(command));
  return answer.Item === undefined ? undefined : unmarshall(answer.Item);
}

/** Batches of one reading that are under way side by side: accounts stand in partitions of their own. */
const BATCHES_AT_ONCE = 4;

async function batchGet(
  deps: StoreDeps,
  keys: readonly Key[],
  only: readonly AttributePath[] | undefined,
): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>();
  const projection = only === undefined ? {} : projectionOf([['pk'], ['sk'], ...only]);
  const unique = [...new Map(keys.map((key) => [keyText(key), key])).values()];
  const wide = BATCHES_AT_ONCE * MAX_ACTIONS;
  for (let at = 0; at < unique.length; at += wide) {
    const batches = chunksOf(unique.slice(at, at + wide), MAX_ACTIONS);
    const read = await Promise.all(batches.map((batch) => readBatch(deps, batch, projection)));
    for (const item of read.flat()) found.set(`${item['pk']}|${item['sk']}`, item);
  }
  return found;
}

function chunksOf<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, at) =>
    list.slice(at * size, (at + 1) * size),
  );
}

async function readBatch(deps: StoreDeps, keys: readonly Key[], projection: Projected): Promise<Item[]> {
  const items: Item[] = [];
  let wanted: Record<string, AttributeValue>[] = keys.map((key) => keyAttributes(key));
  for (let attempt = 0; wanted.length > 0; attempt++) {
    if (attempt > 0) await deps.pause(backoffMs(deps, attempt));
    const command = new BatchGetItemCommand({
      RequestItems: { [deps.table]: { Keys: wanted, ConsistentRead: true, ...projection } },
    });
    const answer = await again(deps, () => deps.client.send(command));
    for (const raw of answer.Responses?.[deps.table] ?? []) items.push(unmarshall(raw));
    wanted = answer.UnprocessedKeys?.[deps.table]?.Keys ?? [];
  }
  return items;
}

async function query(deps: StoreDeps, input: QueryInput): Promise<QueryPage> {
  const [pk, sk] = input.index === 'work' ? ['wpk', 'wsk'] : ['pk', 'sk'];
  const values: Record<string, AttributeValue> = { ':pk': { S: input.pk } };
  const conditions = ['#pk = :pk'];
  if (input.begins !== undefined) {
    conditions.push('begins_with(#sk, :begins)');
    values[':begins'] = { S: input.begins };
  }
  if (input.upTo !== undefined) {
    conditions.push('#sk <= :upTo');
    values[':upTo'] = { S: input.upTo };
  }
  if (input.index !== undefined && input.after !== undefined) {
    conditions.push('#sk > :after');
    values[':after'] = { S: input.after };
  }
  const names: Record<string, string> = conditions.length > 1 ? { '#pk': pk, '#sk': sk } : { '#pk': pk };
  const { ExpressionAttributeNames = {}, ...projection }: Projected =
    input.only === undefined ? {} : projectionOf([['sk'], ...input.only]);
  const items: Item[] = [];
  let start: Record<string, AttributeValue> | undefined =
    input.after === undefined || input.index !== undefined
      ? undefined
      : keyAttributes({ pk: input.pk, sk: input.after });
  for (;;) {
    const command = new QueryCommand({
      TableName: deps.table,
      IndexName: input.index,
      ConsistentRead: input.index === undefined,
      KeyConditionExpression: conditions.join(' AND '),
      ExpressionAttributeNames: { ...names, ...ExpressionAttributeNames },
      ...projection,
      ExpressionAttributeValues: values,
      ExclusiveStartKey: start,
      ScanIndexForward: input.backward === undefined,
      Limit: input.limit === undefined ? undefined : Math.min(input.limit - items.length, MOST_PER_PAGE),
    });
    const answer: QueryCommandOutput = await again(deps, () => deps.client.send(command));
    for (const raw of answer.Items ?? []) items.push(unmarshall(raw));
    start = answer.LastEvaluatedKey;
    if (start === undefined) return { items, more: false };
    if (input.limit !== undefined && items.length >= input.limit) return { items, more: true };
  }
}

async function updateItem(deps: StoreDeps, write: Omit<Write, 'kind'>): Promise<Item | undefined> {
  const command = new UpdateItemCommand({
    TableName: deps.table,
    Key: keyAttributes(write.key),
    UpdateExpression: write.expression,
    ConditionExpression: write.condition,
    ExpressionAttributeNames: write.names,
    ExpressionAttributeValues: write.values === undefined ? undefined : marshall(write.values, MARSHALL),
    ReturnValues: 'ALL_NEW',
  });
  try {
    const answer = await again(deps, () => deps.client.send(command));
    return answer.Attributes === undefined ? {} : unmarshall(answer.Attributes);
  } catch (error) {
    if (errorName(error) === 'ConditionalCheckFailedException') return undefined;
    throw error;
  }
}

function toAction(table: string, write: Write): TransactWriteItem {
  const values = write.values === undefined ? undefined : marshall(write.values, MARSHALL);
  const rest = {
    TableName: table,
    ConditionExpression: write.condition,
    ExpressionAttributeNames: write.names,
    ExpressionAttributeValues: values,
  };
  switch (write.kind) {
    case 'put':
      return { Put: { ...rest, Item: marshall({ ...write.item, ...write.key }, MARSHALL) } };
    case 'update':
      return { Update: { ...rest, Key: keyAttributes(write.key), UpdateExpression: write.expression ?? '' } };
    case 'delete':
      return { Delete: { ...rest, Key: keyAttributes(write.key) } };
    case 'check':
      return {
        ConditionCheck: {
          ...rest,
          Key: keyAttributes(write.key),
          ConditionExpression: write.condition ?? '',
        },
      };
  }
}

const RETRYABLE_REASONS = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
]);

/**
 * One token for one payload: a repeat after a lost answer replays instead of failing its own condition (F05).
 * Throttling inside a cancelled transaction is reported as a conflict: both mean "again, unchanged".
 */
async function transactOnce(deps: StoreDeps, writes: readonly Write[]): Promise<void> {
  if (writes.length > MAX_ACTIONS)
    throw new Error(`a transaction of ${writes.length} actions, ${MAX_ACTIONS} allowed`);
  const command = new TransactWriteItemsCommand({
    ClientRequestToken: deps.newId(),
    TransactItems: writes.map((write) => toAction(deps.table, write)),
  });
  try {
    await again(deps, () => deps.client.send(command));
  } catch (error) {
    throw translate(error);
  }
}

function translate(error: unknown): unknown {
  const name = errorName(error);
  if (name !== 'TransactionCanceledException') return error;
  const reasons = (error as { CancellationReasons?: { Code?: string }[] }).CancellationReasons ?? [];
  const failed = reasons.flatMap((reason, at) => (reason.Code === 'ConditionalCheckFailed' ? [at] : []));
  // A conflict first: the conditions were judged against an item that is just changing.
  if (reasons.some((reason) => RETRYABLE_REASONS.has(reason.Code ?? ''))) return new Conflict();
  return failed.length > 0 ? new ConditionFailed(failed) : error;
}

function errorName(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

export function isConflict(error: unknown): boolean {
  return error instanceof Conflict;
}

/** Answers after which the same request may be sent again as it is: nothing happened, or nobody knows (F01, F05). */
const PASSING = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'ThrottlingException',
  'TimeoutError',
  'TransactionConflictException',
  // The first sending of this very payload still runs: a new token could commit it twice.
  'TransactionInProgressException',
]);
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND']);

function passes(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Every failure of the SDK has the shape of an Error with these optional fields.
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  return (
    PASSING.has(error.name) ||
    (typeof code === 'string' && NETWORK.has(code)) ||
    ($metadata?.httpStatusCode ?? 0) >= 500
  );
}

/** Sends the same request until DynamoDB answers it; beyond the SDK's own few tries, bounded by time (F01, F11). */
async function again<T>(deps: StoreDeps, send: () => Promise<T>): Promise<T> {
  return contend(deps, send, passes);
}

function backoffMs(deps: StoreDeps, attempt: number): number {
  return Math.min(400, 5 * 2 ** Math.min(attempt, 10)) * (0.5 + deps.random());
}

async function contend<T>(
  deps: StoreDeps,
  attempt: () => Promise<T>,
  again: (error: unknown) => boolean,
): Promise<T> {
  const deadline = deps.realNow() + CONTENTION_MS;
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!again(error)) throw error;
      if (deps.realNow() > deadline) throw new DirectoryBusy(2, { cause: error });
      await deps.pause(backoffMs(deps, tries));
    }
  }
}
