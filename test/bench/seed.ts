/**
 * Seeds a large directory: the directory's own functions make everybody in the simulation's model of DynamoDB, a thousand at a
 * time, and the rows are put into the embedded database as they are. Only rows that the measurements touch are taken along
 * (user, user name, account, membership), because the database takes 0.3 ms for each; accounts are settled.
 */
import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { openDirectory } from '../../lambdas/directory/dynamo.ts';
import { counterPk } from '../../lambdas/directory/keys.ts';
import { CONNECTION, ORG } from '../open.ts';
import { clientOf, createModel } from '../simulation/dynamo/model.ts';
import { personNumber, type Stage } from '../size/stage.ts';

type Row = Record<string, AttributeValue>;

export interface Crowd {
  /** Numbers of `personNumber`. */
  readonly from: number;
  readonly to: number;
  /** Everybody joins it. */
  readonly group: string;
}

const AT_ONCE = 1_000;

/** Gives the ids in the order of the numbers. */
export async function seedCrowd(
  stage: Stage,
  { from, to, group }: Crowd,
  onProgress: (made: number) => void,
): Promise<string[]> {
  const users: string[] = [];
  const before = await rowsBefore(stage);
  for (let first = from; first < to; first += AT_ONCE) {
    const until = Math.min(to, first + AT_ONCE);
    const { ids, rows } = await rowsOf(stage, before, { from: first, to: until, group });
    await putAll(stage, rows);
    users.push(...ids);
    onProgress(until);
  }
  await countIn(stage, users.length);
  return users;
}

/** Settings, counters and groups, without which the directory makes nobody. */
async function rowsBefore({ deps: { client, table } }: Stage): Promise<Row[]> {
  const rows: Row[] = [];
  for (const pk of [CONNECTION, ORG, counterPk(CONNECTION), `${CONNECTION}#G`]) {
    const answer = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
      }),
    );
    rows.push(...(answer.Items ?? []));
  }
  return rows;
}

async function rowsOf(
  stage: Stage,
  before: readonly Row[],
  { from, to, group }: Crowd,
): Promise<{ readonly ids: string[]; readonly rows: readonly Row[] }> {
  const client = clientOf(createModel({ now: () => performance.now() }));
  for (const Item of before) await client.send(new PutItemCommand({ TableName: 'model', Item }));
  const directory = openDirectory({ ...stage.deps, client, table: 'model' });
  const ids: string[] = [];
  for (let number = from; number < to; number++) {
    const made = await directory.createUser(CONNECTION, personNumber(number));
    if (!made.ok) throw new Error(`person ${number} was not made: ${made.reason}`);
    ids.push(made.user.id);
  }
  const joined = await directory.changeGroup(CONNECTION, group, {
    members: { kind: 'delta', add: ids, remove: [] },
  });
  if (!joined.ok) throw new Error(`nobody joined: ${joined.reason}`);
  stage.clock.advance(1_000);
  return { ids, rows: (await everyRow(client)).filter(isTaken(group)).map(settled) };
}

async function everyRow(client: DynamoDBClient): Promise<Row[]> {
  const rows: Row[] = [];
  let start: Row | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName: 'model', ExclusiveStartKey: start }));
    rows.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return rows;
}

function isTaken(group: string): (row: Row) => boolean {
  const taken = [`${CONNECTION}#U`, `${CONNECTION}#G#${group}`];
  const begins = [`${CONNECTION}#UN#`, `${ORG}#A#`];
  return ({ pk }) => taken.includes(pk?.S ?? '') || begins.some((begin) => pk?.S?.startsWith(begin) === true);
}

/** As a drain leaves an account that has nothing to do. */
function settled({ wpk: _wpk, wsk: _wsk, wake: _wake, urgent: _urgent, status, ...row }: Row): Row {
  return status === undefined ? row : { ...row, status: { S: 'idle' } };
}

/** The database takes four requests side by side without taking longer. */
async function putAll({ deps: { client, table } }: Stage, rows: readonly Row[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 100) {
    const batches = [0, 25, 50, 75].map((more) => rows.slice(at + more, at + more + 25));
    await Promise.all(
      batches
        .filter(({ length }) => length > 0)
        .map((batch) =>
          client.send(
            new BatchWriteItemCommand({
              RequestItems: { [table]: batch.map((Item) => ({ PutRequest: { Item } })) },
            }),
          ),
        ),
    );
  }
}

async function countIn({ deps: { client, table } }: Stage, users: number): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { pk: { S: counterPk(CONNECTION) }, sk: { S: '00' } },
      UpdateExpression: 'ADD #users :users',
      ExpressionAttributeNames: { '#users': 'users' },
      ExpressionAttributeValues: { ':users': { N: String(users) } },
    }),
  );
}
