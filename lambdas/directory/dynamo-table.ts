/** What the table tells of itself: a copy restored from a backup, under whatever name, has another id (V6). */
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Asked for once; a failure is not kept. `again` repeats what DynamoDB asks to repeat (F01, F05). */
export function askTableId(
  { client, table }: { readonly client: DynamoDBClient; readonly table: string },
  again: <T>(send: () => Promise<T>) => Promise<T>,
): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    if (known !== undefined) return known;
    const { Table } = await again(() => client.send(new DescribeTableCommand({ TableName: table })));
    if (Table?.TableId === undefined) throw new Error(`the table ${table} tells no id of its own`);
    known = Table.TableId;
    return known;
  };
}
