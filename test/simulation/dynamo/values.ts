/** DynamoDB's typed values: equality, order, size (developer guide, "Item sizes and formats"). */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { NotModelled, ValidationException } from './errors.ts';

export type Item = Readonly<Record<string, AttributeValue>>;

const TYPES = ['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS'] as const;
export type TypeName = (typeof TYPES)[number];

export function typeOf(value: AttributeValue): TypeName {
  for (const name in value) {
    // Every key of the union is one of the ten, or the SDK's `$unknown`, which is refused here.
    if (TYPES.includes(name as TypeName)) return name as TypeName;
  }
  throw new NotModelled(`the value ${JSON.stringify(value)}`);
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** A set's element as a text that two equal elements share. */
export function elementText(element: string | Uint8Array, type: 'SS' | 'NS' | 'BS'): string {
  if (typeof element !== 'string') return Buffer.from(element).toString('base64');
  return type === 'NS' ? String(Number(element)) : element;
}

function setTexts(elements: readonly (string | Uint8Array)[], type: 'SS' | 'NS' | 'BS'): string {
  return elements
    .map((element) => elementText(element, type))
    .sort()
    .join('\u0000');
}

export function equal(a: AttributeValue, b: AttributeValue): boolean {
  const type = typeOf(a);
  if (type !== typeOf(b)) return false;
  if (a.S !== undefined) return a.S === b.S;
  if (a.N !== undefined) return Number(a.N) === Number(b.N);
  if (a.BOOL !== undefined) return a.BOOL === b.BOOL;
  if (a.NULL !== undefined) return true;
  if (a.B !== undefined && b.B !== undefined) return bytesEqual(a.B, b.B);
  if (a.L !== undefined && b.L !== undefined) return listsEqual(a.L, b.L);
  if (a.M !== undefined && b.M !== undefined) return mapsEqual(a.M, b.M);
  const [left, right] = [a.SS ?? a.NS ?? a.BS, b.SS ?? b.NS ?? b.BS];
  if (left === undefined || right === undefined) throw new NotModelled('a comparison of these values');
  return setTexts(left, type as 'SS') === setTexts(right, type as 'SS');
}

function listsEqual(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, at) => {
      const other = b[at];
      return other !== undefined && equal(one, other);
    })
  );
}

function mapsEqual(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [left, right] = [a[name], b[name]];
      return left !== undefined && right !== undefined && equal(left, right);
    })
  );
}

function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** By UTF-8 bytes, as DynamoDB sorts strings. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (isPlain(a) && isPlain(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Negative, 0 or positive; undefined for values that have no order between them (the condition is then false). */
export function compare(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return compareText(a.S, b.S);
  if (a.N !== undefined && b.N !== undefined) return Number(a.N) - Number(b.N);
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B);
  return undefined;
}

const numberSize = (text: string): number => Math.ceil(text.replace(/[^0-9]/g, '').length / 2) + 1;
const textSize = (text: string): number => (isPlain(text) ? text.length : Buffer.byteLength(text));

export function sizeOf(value: AttributeValue): number {
  if (value.S !== undefined) return textSize(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1;
  if (value.M !== undefined) return 3 + itemSize(value.M) + Object.keys(value.M).length;
  if (value.L !== undefined) return value.L.reduce((sum, one) => sum + sizeOf(one) + 1, 3);
  if (value.BS !== undefined) return value.BS.reduce((sum, one) => sum + one.byteLength, 0);
  if (value.SS !== undefined) return value.SS.reduce((sum, one) => sum + textSize(one), 0);
  if (value.NS !== undefined) return value.NS.reduce((sum, one) => sum + numberSize(one), 0);
  throw new NotModelled(`the value ${JSON.stringify(value)}`);
}

export function itemSize(item: Item): number {
  let sum = 0;
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) sum += textSize(name) + sizeOf(value);
  }
  return sum;
}

/** What may stand in an item or in `ExpressionAttributeValues`. */
export function refuseEmptySets(value: AttributeValue): void {
  if (value.SS?.length === 0 || value.NS?.length === 0 || value.BS?.length === 0) {
    throw new ValidationException('One or more parameter values were invalid: a set may not be empty');
  }
  if (value.L !== undefined) for (const one of value.L) refuseEmptySets(one);
  if (value.M !== undefined) for (const one of Object.values(value.M)) refuseEmptySets(one);
}
