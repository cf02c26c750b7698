/**
 * What a filter means (RFC 7644 section 3.4.2.2, rows 130-140). `checkFilter` refuses what makes no sense for the schema,
 * before any data is read, so a refusal never depends on what is stored; `matches` then answers for one resource.
 *
 * Decided once (row 139): `eq null` means "has no value"; `ne` is true where there is no value at all, and for a
 * multi-valued attribute as soon as any value differs (row 131 read literally). An attribute that the schema does not know
 * has no value.
 */
import { normal } from '../directory/normal.ts';
import { type Attribute, defaultSub, type ResourceKind, resolvePath } from './attributes.ts';
import { badRequest } from './errors.ts';
import type { Filter, Literal, Operator } from './filter.ts';
import { fold, isObject } from './json.ts';
import { compareTexts } from './texts.ts';
import type { Values } from './values.ts';

/** Where a path leads: the attribute whose rules apply, and the values found there. */
interface Found {
  readonly attribute: Attribute;
  readonly values: readonly unknown[];
}
type Find = (path: string) => Found | undefined;

/** Whether a resource, as it is shown on the wire, satisfies the filter. */
export function matches(filter: Filter, kind: ResourceKind, resource: Values): boolean {
  return holds(filter, (path) => findIn(kind, resource, path));
}

/** The same for one element of a multi-valued attribute; paths are its sub-attributes. */
export function elementMatches(filter: Filter, attribute: Attribute, element: Values): boolean {
  return holds(filter, (path) => findSub(attribute, element, path));
}

function holds(filter: Filter, find: Find): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.of.every((part) => holds(part, find));
    case 'or':
      return filter.of.some((part) => holds(part, find));
    case 'not':
      return !holds(filter.of, find);
    case 'present':
      return find(filter.path)?.values.some(isAssigned) ?? false;
    case 'element': {
      const found = find(filter.path);
      if (found === undefined) return false;
      return found.values.some((item) => isObject(item) && elementMatches(filter.of, found.attribute, item));
    }
    case 'compare':
      return compareAll(find(filter.path), filter.op, filter.value);
  }
}

function findIn(kind: ResourceKind, resource: Values, path: string): Found | undefined {
  const ref = resolvePath(kind, path);
  if (ref?.kind !== 'attribute') return undefined;
  const holder = ref.extension === undefined ? resource : resource[ref.extension];
  const values = isObject(holder) ? listOf(holder[ref.attribute.name]) : [];
  const { sub } = ref;
  if (sub === undefined) return { attribute: ref.attribute, values };
  return { attribute: sub, values: values.flatMap((item) => (isObject(item) ? listOf(item[sub.name]) : [])) };
}

function findSub(attribute: Attribute, element: Values, path: string): Found | undefined {
  const sub = attribute.sub.get(fold(path));
  return sub === undefined ? undefined : { attribute: sub, values: listOf(element[sub.name]) };
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

/** Row 136. */
function isAssigned(value: unknown): boolean {
  if (isObject(value)) return Object.values(value).some(isAssigned);
  return value !== '' && value !== null && value !== undefined;
}

function compareAll(found: Found | undefined, op: Operator, wanted: Literal): boolean {
  const { attribute, values } = found === undefined ? { attribute: undefined, values: [] } : leafOf(found);
  if (wanted === null) return op === 'eq' ? values.length === 0 : op === 'ne' && values.length > 0;
  if (attribute === undefined || values.length === 0) return op === 'ne';
  return values.some((value) => compareOne(attribute, op, value, wanted));
}

/** Row 132: a complex attribute without a sub-attribute is compared by its `value`. */
function leafOf(found: Found): Found {
  const sub = found.attribute.type === 'complex' ? defaultSub(found.attribute) : undefined;
  if (sub === undefined) return found;
  const values = found.values.flatMap((item) => (isObject(item) ? listOf(item[sub.name]) : []));
  return { attribute: sub, values };
}

function compareOne(
  attribute: Attribute,
  op: Operator,
  value: unknown,
  wanted: Exclude<Literal, null>,
): boolean {
  if (typeof value === 'boolean') {
    const boolean = booleanOf(wanted);
    return op === 'eq' ? value === boolean : op === 'ne' && value !== boolean;
  }
  if (typeof value !== 'string') return false;
  if (attribute.type === 'dateTime') return order(op, instantOf(value) - instantOf(String(wanted)));
  const trim = (text: string) => (attribute.blanksAround === 'ignored' && isOrder(op) ? text.trim() : text);
  const prepare = attribute.caseExact ? trim : (text: string) => normal(trim(text));
  return compareText(op, prepare(value), prepare(String(wanted)));
}

/** Including equality; of a part of a text every blank counts. */
function isOrder(op: Operator): boolean {
  return op !== 'co' && op !== 'sw' && op !== 'ew';
}

const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/;

/** Epoch milliseconds of an xsd:dateTime, in UTC where it names no zone; NaN for what only a lenient parser takes (row 66). */
function instantOf(text: string): number {
  const [whole, zone] = dateTime.exec(text) ?? [];
  if (whole === undefined) return Number.NaN;
  return Date.parse(zone === undefined ? `${whole}Z` : whole);
}

function compareText(op: Operator, left: string, right: string): boolean {
  switch (op) {
    case 'co':
      return left.includes(right);
    case 'sw':
      return left.startsWith(right);
    case 'ew':
      return left.endsWith(right);
    default:
      return order(op, compareTexts(left, right));
  }
}

/** `difference` of the two sides: negative where the left one comes first. */
function order(op: Operator, difference: number): boolean {
  switch (op) {
    case 'eq':
      return difference === 0;
    case 'ne':
      return difference !== 0;
    case 'gt':
      return difference > 0;
    case 'ge':
      return difference >= 0;
    case 'lt':
      return difference < 0;
    case 'le':
      return difference <= 0;
    default:
      return false;
  }
}

/** Tolerance `booleanAsText`, on the right-hand side of a filter (S13). */
function booleanOf(literal: Literal): boolean | undefined {
  const text = String(literal).toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/**
 * Refuses comparisons that the schema gives no meaning: order of booleans and binary values (row 135), parts of them,
 * a complex attribute as a whole (row 132), a date that is none.
 * @throws ScimError 400 invalidFilter
 */
export function checkFilter(filter: Filter, kind: ResourceKind): void {
  check(filter, (path) => {
    const ref = resolvePath(kind, path);
    return ref?.kind === 'attribute' ? (ref.sub ?? ref.attribute) : undefined;
  });
}

/** The same for the filter inside `attribute[...]`. */
export function checkElementFilter(filter: Filter, attribute: Attribute): void {
  check(filter, (path) => attribute.sub.get(fold(path)));
}

function check(filter: Filter, attributeAt: (path: string) => Attribute | undefined): void {
  switch (filter.kind) {
    case 'and':
    case 'or':
      for (const part of filter.of) check(part, attributeAt);
      return;
    case 'not':
      check(filter.of, attributeAt);
      return;
    case 'present':
      return;
    case 'element': {
      const attribute = attributeAt(filter.path);
      if (attribute !== undefined) checkElementFilter(filter.of, attribute);
      return;
    }
    case 'compare':
      checkCompare(attributeAt(filter.path), filter.op, filter.value);
  }
}

function checkCompare(named: Attribute | undefined, op: Operator, value: Literal): void {
  if (named === undefined) return;
  const attribute = named.type === 'complex' ? defaultSub(named) : named;
  if (attribute === undefined) {
    const example = [...named.sub.values()][0]?.name ?? 'value';
    throw refuse(`compares "${named.name}" as a whole; name a part of it, such as ${named.name}.${example}`);
  }
  if (value === null) {
    if (op !== 'eq' && op !== 'ne') throw refuse('compares with null; only eq and ne can');
    return;
  }
  const isEquality = op === 'eq' || op === 'ne';
  if (attribute.type === 'boolean') {
    if (!isEquality) throw refuse(`orders "${attribute.name}", which is true or false; use eq or ne`);
    if (booleanOf(value) === undefined)
      throw refuse(`compares "${attribute.name}" with something else than true or false`);
  }
  if (attribute.type === 'binary' && !isEquality)
    throw refuse(`orders "${attribute.name}", which is binary; use eq or ne`);
  if (attribute.type === 'dateTime' && Number.isNaN(instantOf(String(value)))) {
    throw refuse(`compares "${attribute.name}" with something that is no date; write 2026-01-31T09:00:00Z`);
  }
}

function refuse(problem: string): Error {
  return badRequest('invalidFilter', `The filter ${problem}.`);
}

/** Whether any condition of the filter is about this core attribute or a part of it. */
export function mentions(filter: Filter, kind: ResourceKind, name: string): boolean {
  return pathsIn(filter).some((path) => isAbout(path, kind, name));
}

/** Whether a path names this core attribute or a part of it. */
export function isAbout(path: string, kind: ResourceKind, name: string): boolean {
  const ref = resolvePath(kind, path);
  return ref?.kind === 'attribute' && ref.extension === undefined && ref.attribute.name === name;
}

/** Every attribute path that the filter evaluates on the resource itself. */
export function pathsIn(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.of.flatMap(pathsIn);
    case 'not':
      return pathsIn(filter.of);
    case 'present':
    case 'compare':
    case 'element':
      return [filter.path];
  }
}
