/**
 * Reads one attribute's value from a client: first the shapes that identity providers really send are brought into the one
 * that the RFC describes (each is an entry of `tolerances.ts`), then the attribute's zod schema judges it.
 *
 * `undefined` means unassigned everywhere: missing, null, an empty string, an empty array, an object of nothing
 * (rows 62, 223). Unknown sub-attributes are dropped (T23). What comes out is built from names of the attribute table only.
 */
import type * as z from 'zod';
import { normal } from '../directory/normal.ts';
import { type Attribute, defaultSub } from './attributes.ts';
import { countryCode } from './country.ts';
import { invalidValue } from './errors.ts';
import { isObject, membersOf } from './json.ts';

export type Values = Record<string, unknown>;

/**
 * The value in canonical form, or undefined for "unassigned". `at` names the attribute in messages.
 * @throws ScimError 400 invalidValue
 */
export function readValue(attribute: Attribute, raw: unknown, at: string): unknown {
  const value = readShaped(attribute, raw, at);
  return attribute.multiValued && Array.isArray(value) ? tidyValues(attribute, value) : value;
}

/** One element of a list, also an incomplete one, such as a type that goes with a value already stored. */
export function readElement(attribute: Attribute, raw: unknown, at: string): Values | undefined {
  const value = readShaped(attribute, raw, at);
  const element: unknown = Array.isArray(value) ? value[0] : value;
  return isObject(element) ? element : undefined;
}

function readShaped(attribute: Attribute, raw: unknown, at: string): unknown {
  const shaped = shape(attribute, raw);
  if (shaped === undefined) return undefined;
  const parsed = attribute.schema.safeParse(shaped);
  if (!parsed.success) throw invalidValue(explain(parsed.error, at));
  return parsed.data;
}

function shape(attribute: Attribute, raw: unknown): unknown {
  if (raw === null || raw === undefined || raw === '') return undefined;
  if (attribute.multiValued) return shapeMany(attribute, raw);
  if (attribute.type === 'complex') return shapeComplex(attribute, onlyElement(raw));
  if (attribute.type === 'boolean') return shapeBoolean(raw);
  // Tolerance `countryByName`.
  if (attribute.canonicalForm === 'country' && typeof raw === 'string') return countryCode(raw);
  return raw;
}

function shapeMany(attribute: Attribute, raw: unknown): unknown {
  // Tolerance `singleForMany`.
  const items = Array.isArray(raw) ? raw : [raw];
  const shaped = items
    .map((item) => (attribute.type === 'complex' ? shapeComplex(attribute, item) : item))
    .filter((item) => item !== undefined && item !== null && item !== '');
  return shaped.length === 0 ? undefined : shaped;
}

function shapeComplex(attribute: Attribute, raw: unknown): unknown {
  if (raw === null || raw === undefined || raw === '') return undefined;
  const standsAlone = defaultSub(attribute);
  // Tolerances `managerAsText` and `bareValue`.
  if (typeof raw === 'string' && standsAlone !== undefined) return { [standsAlone.name]: raw };
  if (!isObject(raw)) return raw;
  const members = membersOf(raw);
  const result: Values = {};
  for (const [folded, sub] of attribute.sub) {
    if (sub.mutability === 'readOnly') continue;
    const value = shape(sub, members.get(folded));
    if (value !== undefined) result[sub.name] = value;
  }
  return Object.keys(result).length === 0 ? undefined : result;
}

/** Tolerance `managerAsList`: a single-valued complex attribute in an array of one. */
export function onlyElement(raw: unknown): unknown {
  if (!Array.isArray(raw)) return raw;
  return raw.length === 0 ? undefined : raw.length === 1 ? raw[0] : raw;
}

/** Tolerance `booleanAsText` (T40): true and false in any case; every other text stays and is refused. */
function shapeBoolean(raw: unknown): unknown {
  if (typeof raw !== 'string') return raw;
  const text = raw.toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : raw;
}

/**
 * Keeps the first `primary` (tolerance `twoPrimaries`), one of each (type, value) pair (row 72), and no element that
 * lacks the value it is about.
 */
function tidyValues(attribute: Attribute, items: readonly unknown[]): unknown {
  const kept: Values[] = [];
  let primarySeen = false;
  for (const item of items) {
    if (!isObject(item)) return items;
    if (isHollow(attribute, item)) continue;
    const twin = kept.find((other) => isSameElement(attribute, other, item));
    const isPrimary: boolean = item['primary'] === true && !primarySeen;
    primarySeen ||= isPrimary;
    if (twin !== undefined) {
      if (isPrimary) twin['primary'] = true;
      continue;
    }
    kept.push(item['primary'] === true && !isPrimary ? without(item, 'primary') : item);
  }
  return kept.length === 0 ? undefined : kept;
}

/** An e-mail without an address, an address of which only the type is known. */
function isHollow(attribute: Attribute, item: Values): boolean {
  const main = defaultSub(attribute);
  if (main !== undefined) return item[main.name] === undefined;
  return Object.keys(item).every((name) => name === 'type' || name === 'primary' || name === 'display');
}

/** Two elements are one when they agree in everything but `primary` and `display`. */
export function isSameElement(attribute: Attribute, left: Values, right: Values): boolean {
  return [...attribute.sub.values()].every(
    (sub) =>
      sub.name === 'primary' || sub.name === 'display' || sameValue(sub, left[sub.name], right[sub.name]),
  );
}

/** Equality as the attribute defines it: by normal form unless `caseExact` (row 130). */
export function sameValue(attribute: Attribute, left: unknown, right: unknown): boolean {
  if (typeof left !== 'string' || typeof right !== 'string' || attribute.caseExact) return left === right;
  return normal(left) === normal(right);
}

export function without(item: Values, name: string): Values {
  return Object.fromEntries(Object.entries(item).filter(([key]) => key !== name));
}

/** One sentence about the first thing that is wrong; never the value itself (T44). */
function explain(error: z.ZodError, at: string): string {
  const issue = error.issues[0];
  const where = issue === undefined ? at : `${at}${issue.path.map(step).join('')}`;
  switch (issue?.code) {
    case 'invalid_type':
      return `${where} must be ${kindNames[issue.expected] ?? issue.expected}. Send that type.`;
    case 'too_big':
      return `${where} has more than ${issue.maximum} ${issue.origin === 'array' ? 'values' : 'characters'}. Send fewer.`;
    case 'invalid_format':
      return `${where} must be ${issue.format}. Send it in that form.`;
    case 'custom':
      return `${where} ${issue.message}.`;
    default:
      return `${where} cannot be accepted in this form. Compare it with the schema at /Schemas.`;
  }
}

function step(part: PropertyKey): string {
  return typeof part === 'number' ? `[${part}]` : `.${String(part)}`;
}

const kindNames: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'a boolean, true or false without quotes',
  object: 'an object',
  array: 'an array',
};
