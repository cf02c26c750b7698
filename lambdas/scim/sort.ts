/**
 * Sorting (RFC 7644 section 3.4.2.3, rows 141-145): what a resource is sorted by, and how two such keys compare. Texts
 * compare by code point in the normal form that equality uses, so `ada` and `Ada` stand together; no locale has a say.
 */
import { normal } from '../directory/normal.ts';
import { type Attribute, defaultSub, type ResourceKind, resolvePath } from './attributes.ts';
import { badRequest, invalidValue } from './errors.ts';
import { isAttributePath } from './filter.ts';
import { fold, isObject } from './json.ts';
import type { Query } from './request.ts';
import { compareTexts } from './texts.ts';
import type { Values } from './values.ts';

export interface Sort {
  readonly path: string;
  readonly descending: boolean;
}

/** Undefined for a resource that has no value there. */
export type SortKey = string | number | undefined;

/**
 * What `sortBy` and `sortOrder` ask for; undefined without a `sortBy`.
 * @throws ScimError 400 invalidPath for what is no attribute path, invalidValue for an unknown order
 */
export function readSort(query: Query): Sort | undefined {
  const path = (query.get('sortby') ?? '').trim();
  if (path === '') return undefined;
  if (!isAttributePath(path)) {
    throw badRequest('invalidPath', 'sortBy is not an attribute path. Examples: userName, name.familyName.');
  }
  const order = fold(query.get('sortorder') ?? '').trim();
  if (order !== '' && order !== 'ascending' && order !== 'descending') {
    throw invalidValue('sortOrder must be ascending or descending.');
  }
  return { path, descending: order === 'descending' };
}

/**
 * A complex attribute has no order of its own (row 144); what the kind does not have is no value.
 * @throws ScimError 400 invalidPath
 */
export function checkSort({ path }: Sort, kind: ResourceKind): void {
  const ref = resolvePath(kind, path);
  if (ref?.kind !== 'attribute' || ref.sub !== undefined || ref.attribute.type !== 'complex') return;
  if (defaultSub(ref.attribute) !== undefined) return;
  const example = [...ref.attribute.sub.values()][0]?.name ?? 'value';
  throw badRequest(
    'invalidPath',
    `sortBy names "${ref.attribute.name}" as a whole. Name a part of it, such as ${ref.attribute.name}.${example}.`,
  );
}

/** By the primary value of a list, else by the first (row 144). */
export function sortKeyOf(path: string, kind: ResourceKind, resource: Values): SortKey {
  const ref = resolvePath(kind, path);
  if (ref?.kind !== 'attribute') return undefined;
  const holder = ref.extension === undefined ? resource : resource[ref.extension];
  const value = onlyOne(isObject(holder) ? holder[ref.attribute.name] : undefined);
  const { attribute } = ref;
  const leaf = ref.sub ?? (attribute.type === 'complex' ? defaultSub(attribute) : undefined);
  if (leaf === undefined) return keyOf(attribute, value);
  return keyOf(leaf, isObject(value) ? onlyOne(value[leaf.name]) : undefined);
}

function onlyOne(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.find((item) => isObject(item) && item['primary'] === true) ?? value[0];
}

/** UTF-16 code units. */
const LONGEST_KEY = 512;

function keyOf(attribute: Attribute, value: unknown): SortKey {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || value === '') return undefined;
  if (attribute.type === 'dateTime') return Date.parse(value);
  // A cursor carries the key: what is alike for so long is told apart by the id.
  return (attribute.caseExact ? value : normal(value)).slice(0, LONGEST_KEY);
}

/** Row 145: no value comes last ascending, first descending. Negative, zero or positive. */
export function compareKeys(left: SortKey, right: SortKey, { descending }: Sort): number {
  const order = ascending(left, right);
  return descending ? -order : order;
}

function ascending(left: SortKey, right: SortKey): number {
  if (left === undefined || right === undefined)
    return Number(left === undefined) - Number(right === undefined);
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return compareTexts(String(left), String(right));
}
