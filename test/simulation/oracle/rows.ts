/**
 * The table's rows as the oracle reads them: by the shape of their keys, with nothing of the product (design.md section 4).
 * What counts as one name is worked out here a second time, on purpose.
 */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { allItems, readItem, type Table } from '../dynamo/table.ts';
import type { Item } from '../dynamo/values.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Compatibility forms and letter case do not tell names apart. */
export function sameName(text: string): string {
  return text.normalize('NFKC').toUpperCase().toLowerCase().trim();
}

export const plain = (item: Item): Row => unmarshall(item);

export function rowAt(table: Table, pk: string, sk: string): Row | undefined {
  const item = readItem(table, { pk, sk });
  return item === undefined ? undefined : plain(item);
}

export function rowsIn(table: Table, pk: string, prefix = ''): Row[] {
  const ordered = table.partitions.get(pk);
  const texts = (ordered?.texts ?? []).filter((text) => text.startsWith(prefix));
  return texts.flatMap((text) => {
    const item = ordered?.rows.get(text)?.item;
    return item === undefined ? [] : [plain(item)];
  });
}

export function everyRow(table: Table): Row[] {
  return [...allItems(table)].map(plain);
}

/** Group ids of an account's set of 16-byte binaries. */
export function idsIn(value: unknown): string[] {
  if (!(value instanceof Set)) return [];
  return [...(value as Set<Uint8Array>)].map((bytes) => {
    const hex = Buffer.from(bytes).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  });
}

export interface Grant {
  readonly name: string;
  readonly kind: string;
}

export interface RuleRow {
  readonly id: string;
  readonly group?: string;
  readonly everyone: boolean;
  readonly grants: readonly Grant[];
}

export interface BindingRow {
  readonly rule: string;
  readonly groupId: string;
  readonly state: string;
}

export function rulesInForce(table: Table, connection: string): RuleRow[] {
  const version = Number(rowAt(table, connection, 'CONFIG')?.['mappingVersion'] ?? 0);
  // Written by the directory in this shape; a wrong one shows as a wrong expectation.
  return rowsIn(table, connection, `RULE#${String(version).padStart(8, '0')}#`) as unknown as RuleRow[];
}

export function bindingsOf(table: Table, connection: string): Map<string, BindingRow> {
  const rows = rowsIn(table, connection, 'BIND#') as unknown as BindingRow[];
  return new Map(rows.map((row) => [row.rule, row]));
}
