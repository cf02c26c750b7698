/**
 * A bridge as one version of it left it, as a file: every item of the table, the Adobe org beside it, the clock and the
 * credential. Read into a fresh table, it is the table of a customer who upgrades.
 */
import { type AttributeValue, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { OrgState } from '../../local/adobe-org/state.ts';

type Stored = Record<string, AttributeValue>;
type Table = Pick<DirectoryDeps, 'client' | 'table'>;

export const Golden = z.object({
  schema: z.number().int(),
  /** Epoch milliseconds of the bridge's clock. */
  at: z.number().int(),
  /** In two parts, so that nothing in the repository looks like a credential (T03). */
  token: z.tuple([z.string(), z.string()]),
  org: OrgState,
  items: z.array(z.record(z.string(), z.unknown())),
});
export type Golden = z.infer<typeof Golden>;

export async function readTable({ client, table }: Table): Promise<Stored[]> {
  const items: Stored[] = [];
  let start: Stored | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

/** Bytes become text: DynamoDB's own JSON. */
export function toJson(items: readonly Stored[]): Record<string, unknown>[] {
  const text = JSON.stringify(items, (_name, value: unknown) => {
    // What JSON.stringify sees of bytes is an object of numbers, or what Buffer makes of itself.
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    return value;
  });
  return JSON.parse(text);
}

export function fromJson(items: readonly Record<string, unknown>[]): Stored[] {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  return items.map((item) =>
    JSON.parse(JSON.stringify(item), (name, value: unknown) => {
      if (name === 'B' && typeof value === 'string') return bytes(value);
      if (name === 'BS' && Array.isArray(value)) return value.map(bytes);
      return value;
    }),
  );
}

/** Puts the items; those of a connection are confirmed for this table, as after an upgrade in place. */
export async function fill(
  { client, table }: Table,
  items: readonly Stored[],
  tableId: string | undefined,
): Promise<void> {
  for (const item of items) {
    const moved =
      tableId !== undefined && item['tableId'] !== undefined ? { ...item, ...marshall({ tableId }) } : item;
    await client.send(new PutItemCommand({ TableName: table, Item: moved }));
  }
}

export const keyOf = (item: Stored): string => `${item['pk']?.S}|${item['sk']?.S}`;
export const plain = (item: Stored): Record<string, unknown> => unmarshall(item);
