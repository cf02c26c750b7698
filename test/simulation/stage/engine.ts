/**
 * The embedded engine in the model's place, for runs that show the two agree: the same handlers, the same faults, and a
 * real server behind them. It tells nobody of commits, so what is judged commit by commit is left to the end.
 */
import {
  DescribeTableCommand,
  PutItemCommand,
  ScanCommand,
  type ScanCommandOutput,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { type Database, openDatabase } from '../../../local/database.ts';
import { allItems, createTable, keyOf, type Table, writeItem } from '../dynamo/table.ts';
import type { Item } from '../dynamo/values.ts';
import type { Store } from './world.ts';

export interface EngineStore extends Store {
  readonly tableName: string;
  close(): Promise<void>;
}

let server: Promise<Database> | undefined;

/** Ends the server that all runs of this process share. */
export async function closeEngine(): Promise<void> {
  await (await server)?.close();
  server = undefined;
}

export async function openEngineStore(from: Table, onWake: () => void): Promise<EngineStore> {
  server ??= openDatabase();
  const { endpoint } = await server;
  const {
    client,
    table: TableName,
    close,
  } = await openDatabase({ environment: { DYNAMODB_ENDPOINT: endpoint } });
  const { Table: about } = await client.send(new DescribeTableCommand({ TableName }));
  for (const item of allItems(from)) {
    // Where the mode is confirmed for the model's table, it is for this one.
    const tableId = about?.TableId ?? '';
    const Item = item['tableId'] === undefined ? { ...item } : { ...item, tableId: { S: tableId } };
    await client.send(new PutItemCommand({ TableName, Item }));
  }
  return {
    tableName: TableName,
    perform: async (command) => {
      // Every command of the product is one of this client's.
      const answer = await client.send(command as PutItemCommand);
      if (wakes(command)) onWake();
      return answer;
    },
    table: async () => {
      const copy = createTable({ now: () => 0 });
      for (const item of await scanAll(client, TableName)) writeItem(copy, keyOf(item), item);
      return copy;
    },
    close,
  };
}

/** As the stream's filter: something that carries the mark was written. */
function wakes(command: object): boolean {
  if (!(command instanceof TransactWriteItemsCommand)) return false;
  return (command.input.TransactItems ?? []).some(
    ({ Put, Update }) =>
      Put?.Item?.['wake'] !== undefined || /\bwake = /.test(Update?.UpdateExpression ?? ''),
  );
}

async function scanAll(client: Database['client'], TableName: string): Promise<Item[]> {
  const items: Item[] = [];
  let start: ScanCommandOutput['LastEvaluatedKey'];
  do {
    const page: ScanCommandOutput = await client.send(
      new ScanCommand({ TableName, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}
