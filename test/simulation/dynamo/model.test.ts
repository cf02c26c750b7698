/** What the model does beyond the engine: it refuses what it does not know, keeps limits, lags and cuts when told to. */
import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import { type Command, createModel } from './model.ts';

let now = 0;
const model = createModel({ now: () => now });

let count = 0;
const fresh = (): string => `p${++count}`;
const key = (pk: string, sk = '-') => marshall({ pk, sk });

const on = (command: Command) => () => model.perform(command);

describe('the model', () => {
  const TableName = 'model';

  const unknown: [string, Command][] = [
    [
      'a filter',
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :a',
        FilterExpression: 'a = :a',
        ExpressionAttributeValues: marshall({ ':a': 'x' }),
      }),
    ],
    ['a projection', new GetItemCommand({ TableName, Key: key('x'), ProjectionExpression: 'pk' })],
    ['another answer', new PutItemCommand({ TableName, Item: key('x'), ReturnValues: 'ALL_OLD' })],
    [
      'attribute_type',
      new PutItemCommand({
        TableName,
        Item: key('x'),
        ConditionExpression: 'attribute_type(pk, :a)',
        ExpressionAttributeValues: marshall({ ':a': 'S' }),
      }),
    ],
  ];
  test.each(unknown)('%s is not known to the model and says so', (_, command) => {
    expect(on(command)).toThrow(/model does not know/);
  });

  test('a page ends at 1 MB', () => {
    const pk = fresh();
    for (let at = 0; at < 6; at++)
      model.perform(
        new PutItemCommand({ TableName, Item: { ...key(pk, `${at}`), a: { S: 'x'.repeat(300_000) } } }),
      );
    const command = new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :a',
      ExpressionAttributeValues: marshall({ ':a': pk }),
    });
    expect(model.perform(command)).toMatchObject({ Count: 4, LastEvaluatedKey: key(pk, '3') });
  });

  test('a transaction of more than 4 MB is refused', () => {
    const TransactItems = Array.from({ length: 11 }, () => ({
      Put: { TableName, Item: { ...key(fresh()), a: { S: 'x'.repeat(390_000) } } },
    }));
    expect(on(new TransactWriteItemsCommand({ TransactItems }))).toThrow(/4 MB/);
  });

  test('reads of a transaction come in their order', () => {
    const [one, two] = [fresh(), fresh()];
    model.perform(new PutItemCommand({ TableName, Item: key(two) }));
    const TransactItems = [one, two].map((pk) => ({ Get: { TableName, Key: key(pk) } }));
    expect(model.perform(new TransactGetItemsCommand({ TransactItems }))).toEqual({
      Responses: [{}, { Item: key(two) }],
    });
  });

  test('a token is forgotten after ten minutes', () => {
    const pk = fresh();
    const add = {
      TableName,
      Key: key(pk),
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: marshall({ ':one': 1 }),
    };
    const command = new TransactWriteItemsCommand({
      ClientRequestToken: pk,
      TransactItems: [{ Update: add }],
    });
    model.perform(command);
    now += 11 * 60_000;
    model.perform(command);
    expect(model.perform(new GetItemCommand({ TableName, Key: key(pk) }))).toMatchObject({
      Item: { n: { N: '2' } },
    });
  });

  test('a lagging index shows each change when its time has come, and those of one item in their order', () => {
    let [clock, delay] = [0, 0];
    const lagging = createModel({ now: () => clock, indexDelayMs: () => delay });
    const write = (wsk: string, ms: number): void => {
      delay = ms;
      lagging.perform(
        new PutItemCommand({ TableName, Item: { ...key('x'), ...marshall({ wpk: 'w', wsk }) } }),
      );
    };
    const seen = () => {
      const page = lagging.perform(
        new QueryCommand({
          TableName,
          IndexName: 'work',
          KeyConditionExpression: 'wpk = :a',
          ExpressionAttributeValues: marshall({ ':a': 'w' }),
        }),
      );
      return (page as { Items: { wsk: { S: string } }[] }).Items.map((item) => item.wsk.S);
    };
    write('first', 100);
    write('second', 0);
    expect(seen()).toEqual([]);
    clock = 100;
    expect(seen()).toEqual(['second']);
    write('third', 50);
    expect(seen()).toEqual(['second']);
    clock = 150;
    expect(seen()).toEqual(['third']);
  });

  test('pages and batches can be cut short (F06, F07)', () => {
    const pk = fresh();
    for (const sk of ['a', 'b', 'c']) model.perform(new PutItemCommand({ TableName, Item: key(pk, sk) }));
    const all = new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :a',
      ExpressionAttributeValues: marshall({ ':a': pk }),
    });
    expect(model.perform(all, { pageItems: 2 })).toMatchObject({ Count: 2, LastEvaluatedKey: key(pk, 'b') });
    const batch = new BatchGetItemCommand({
      RequestItems: { model: { Keys: [key(pk, 'a'), key(pk, 'b')] } },
    });
    const answer = model.perform(batch, { batchItems: 1 }) as { UnprocessedKeys: object };
    expect(answer.UnprocessedKeys).toEqual({ model: { Keys: [key(pk, 'b')], ConsistentRead: undefined } });
  });
});
