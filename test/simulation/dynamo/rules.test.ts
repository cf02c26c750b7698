/** DynamoDB's rules on the model, and where the embedded engine has them, on both: a store that is kinder hides faults. */
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../../local/database.ts';
import { clientOf, createModel } from './model.ts';

const engine: Database = await openDatabase();
afterAll(() => engine.close());

const stores: [string, DynamoDBClient, string][] = [
  ['engine', engine.client, engine.table],
  ['model', clientOf(createModel({ now: () => 0 })), 'model'],
];

let count = 0;
const fresh = (): string => `p${++count}`;
const key = (pk: string, sk = '-') => marshall({ pk, sk });

describe.each(stores)('on the %s', (_, client, TableName) => {
  const put = (pk: string, item: object = {}, sk = '-') =>
    client.send(new PutItemCommand({ TableName, Item: { ...key(pk, sk), ...marshall(item) } }));
  const get = async (pk: string, sk = '-') =>
    (await client.send(new GetItemCommand({ TableName, Key: key(pk, sk), ConsistentRead: true }))).Item;
  const update = (pk: string, input: object) =>
    client.send(new UpdateItemCommand({ TableName, Key: key(pk), ...input }));
  const transact = (items: TransactWriteItem[], token?: string) =>
    client.send(new TransactWriteItemsCommand({ TransactItems: items, ClientRequestToken: token }));
  const putAction = (pk: string, more: object = {}): TransactWriteItem => ({
    Put: { TableName, Item: key(pk), ...more },
  });
  const absent = { ConditionExpression: 'attribute_not_exists(pk)' };

  test('an item is as it was put, and gone when it was deleted', async () => {
    const pk = fresh();
    await put(pk, { a: 1, b: ['x', true, null], c: { d: new Uint8Array([1, 2]) }, e: new Set(['x', 'y']) });
    expect(await get(pk)).toMatchObject({ a: { N: '1' }, c: { M: { d: { B: new Uint8Array([1, 2]) } } } });
    await client.send(new DeleteItemCommand({ TableName, Key: key(pk) }));
    expect(await get(pk)).toBeUndefined();
  });

  test('a condition that does not hold changes nothing', async () => {
    const pk = fresh();
    await put(pk, { a: 1 });
    const again = client.send(new PutItemCommand({ TableName, Item: key(pk), ...absent }));
    await expect(again).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect((await get(pk))?.['a']).toEqual({ N: '1' });
  });

  const conditions: [string, Record<string, unknown>, boolean][] = [
    ['n = :v', { ':v': 5 }, true],
    ['n <> :v', { ':v': 5 }, false],
    ['n < :v AND attribute_exists(m)', { ':v': 6 }, true],
    ['NOT n >= :v', { ':v': 5 }, false],
    ['gone = :v OR n = :v', { ':v': 5 }, true],
    ['gone <> :v', { ':v': 5 }, true],
    ['gone < :v', { ':v': 5 }, false],
    ['m.deep = :v', { ':v': 'x' }, true],
    ['contains(l, :v)', { ':v': 'b' }, true],
    ['contains(s, :v)', { ':v': 'z' }, false],
    ['begins_with(t, :v)', { ':v': 'te' }, true],
    ['n BETWEEN :v AND :w', { ':v': 4, ':w': 5 }, true],
    ['n IN (:v, :w)', { ':v': 4, ':w': 5 }, true],
    ['size(l) = :v', { ':v': 2 }, true],
    ['(n = :v OR n = :w) AND t = :t', { ':v': 1, ':w': 5, ':t': 'text' }, true],
    ['n = :v', { ':v': '5' }, false],
  ];
  test.each(conditions)('%s %j is %s', async (ConditionExpression, values, holds) => {
    const pk = fresh();
    await put(pk, { n: 5, m: { deep: 'x' }, l: ['a', 'b'], s: new Set(['y']), t: 'text' });
    const check = {
      TableName,
      Key: key(pk),
      ConditionExpression,
      ExpressionAttributeValues: marshall(values),
    };
    const done = transact([{ ConditionCheck: check }]).then(
      () => true,
      () => false,
    );
    expect(await done).toBe(holds);
  });

  test('SET, REMOVE, ADD and DELETE work on what was there before, and an emptied set is no attribute', async () => {
    const pk = fresh();
    await put(pk, { n: 1, gone: 'x', s: new Set(['a', 'b']), l: ['x'] });
    const answer = await update(pk, {
      UpdateExpression:
        'SET m = n + :two, k = if_not_exists(k, :two), l = list_append(l, :more) REMOVE gone ADD n :two, t :set DELETE s :both',
      ExpressionAttributeValues: marshall({
        ':two': 2,
        ':more': ['y'],
        ':set': new Set(['c']),
        ':both': new Set(['a', 'b']),
      }),
      ReturnValues: 'ALL_NEW',
    });
    expect(answer.Attributes).toEqual({
      ...key(pk),
      n: { N: '3' },
      m: { N: '3' },
      k: { N: '2' },
      l: marshall({ l: ['x', 'y'] })['l'],
      t: { SS: ['c'] },
    });
  });

  test('a cancelled transaction says which of its actions failed, and does none (F02)', async () => {
    const [one, two, three] = [fresh(), fresh(), fresh()];
    await put(two);
    const failed = transact([putAction(one, absent), putAction(two, absent), putAction(three)]);
    await expect(failed).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }, { Code: 'None' }],
    });
    expect([await get(one), await get(three)]).toEqual([undefined, undefined]);
  });

  const wrong: [string, () => Promise<unknown>][] = [
    ['101 actions', () => transact(Array.from({ length: 101 }, () => putAction(fresh())))],
    [
      'two actions on one item',
      () => transact([putAction('same'), { Delete: { TableName, Key: key('same') } }]),
    ],
    ['an item of more than 400 KB', () => put(fresh(), { a: 'x'.repeat(410_000) })],
    ['an empty key', () => put('')],
    [
      'a placeholder that nothing uses',
      () =>
        update(fresh(), {
          UpdateExpression: 'SET a = :a',
          ExpressionAttributeValues: marshall({ ':a': 1, ':b': 2 }),
        }),
    ],
    ['a placeholder that nobody defines', () => update(fresh(), { UpdateExpression: 'SET a = :a' })],
    [
      'an attribute set twice',
      () =>
        update(fresh(), {
          UpdateExpression: 'SET a = :a, a = :a',
          ExpressionAttributeValues: marshall({ ':a': 1 }),
        }),
    ],
    [
      'a change of the key',
      () =>
        update(fresh(), {
          UpdateExpression: 'SET pk = :a',
          ExpressionAttributeValues: marshall({ ':a': 'x' }),
        }),
    ],
    [
      'a strong read of the index',
      () =>
        client.send(
          new QueryCommand({
            TableName,
            IndexName: 'work',
            ConsistentRead: true,
            KeyConditionExpression: 'wpk = :a',
            ExpressionAttributeValues: marshall({ ':a': 'x' }),
          }),
        ),
    ],
    [
      'one key twice in a batch',
      () =>
        client.send(
          new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key('x'), key('x')] } } }),
        ),
    ],
    [
      'two conditions on the sort key',
      () =>
        client.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: 'pk = :a AND begins_with(sk, :a) AND sk <= :a',
            ExpressionAttributeValues: marshall({ ':a': 'x' }),
          }),
        ),
    ],
    [
      'an unaliased reserved word',
      () =>
        update(fresh(), {
          UpdateExpression: 'SET owner = :a',
          ExpressionAttributeValues: marshall({ ':a': 1 }),
        }),
    ],
    [
      'a syntax error',
      () =>
        update(fresh(), { UpdateExpression: 'SET a :a', ExpressionAttributeValues: marshall({ ':a': 1 }) }),
    ],
  ];
  test.each(wrong)('%s is refused as invalid', async (_, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a repeat with the same token does nothing twice; with another payload it is refused (F05)', async () => {
    const pk = fresh();
    const add: TransactWriteItem = {
      Update: {
        TableName,
        Key: key(pk),
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: marshall({ ':one': 1 }),
      },
    };
    const token = `token-${pk}`;
    await transact([add], token);
    await transact([add], token);
    expect((await get(pk))?.['n']).toEqual({ N: '1' });
    await expect(transact([putAction(pk)], token)).rejects.toMatchObject({
      name: 'IdempotentParameterMismatchException',
    });
  });

  test('a query walks one partition in order, page by page, in both directions', async () => {
    const pk = fresh();
    for (const sk of ['b', 'a', 'd', 'c', 'Z', '~']) await put(pk, {}, sk);
    const page = (more: object) =>
      client.send(
        new QueryCommand({
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: '#pk = :pk',
          ExpressionAttributeNames: { '#pk': 'pk' },
          ExpressionAttributeValues: marshall({ ':pk': pk }),
          ...more,
        }),
      );
    const sorted = ['Z', 'a', 'b', 'c', 'd', '~'];
    expect((await page({})).Items?.map((item) => item['sk']?.S)).toEqual(sorted);
    const first = await page({ Limit: 4 });
    const rest = await page({ ExclusiveStartKey: first.LastEvaluatedKey });
    expect([...(first.Items ?? []), ...(rest.Items ?? [])].map((item) => item['sk']?.S)).toEqual(sorted);
    const back = await page({ ScanIndexForward: false, ExclusiveStartKey: key(pk, 'b') });
    expect(back.Items?.map((item) => item['sk']?.S)).toEqual(['a', 'Z']);
  });

  test('the index holds keys only, of items that have its attributes', async () => {
    const [pk, wpk] = [fresh(), fresh()];
    await put(pk, { wpk, wsk: '2', more: 'x' }, 'one');
    await put(pk, { wpk, wsk: '1' }, 'two');
    await put(pk, { wpk }, 'three');
    const find = () =>
      client.send(
        new QueryCommand({
          TableName,
          IndexName: 'work',
          KeyConditionExpression: 'wpk = :a',
          ExpressionAttributeValues: marshall({ ':a': wpk }),
        }),
      );
    const found = (await find()).Items;
    expect(found).toEqual([
      marshall({ pk, sk: 'two', wpk, wsk: '1' }),
      marshall({ pk, sk: 'one', wpk, wsk: '2' }),
    ]);
    await put(pk, {}, 'two');
    expect((await find()).Items).toHaveLength(1);
  });
});
