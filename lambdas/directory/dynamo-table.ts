/** What the table tells of itself: a copy restored from a backup, under whatever name, has another id (V6). */
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Asked for once; a failure is not kept. */
export function askTableId({
  client,
  table,
}: {
  client: DynamoDBClient;
  table: string;
}): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    if (known !== undefined) return known;
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    if (Table?.TableId === undefined) throw new Error(`the table ${table} tells no id of its own`);
    known = Table.TableId;
    return known;
  };
}
