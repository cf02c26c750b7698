/**
 * What a filter means, told a second time in the simplest way (T33): a tree of its own, a list of attribute facts of its own,
 * and no line of code from `lambdas/`. It reads the resource as it stands on the wire. Slow and without limits on purpose.
 */
import { meaningOf } from './spellings.ts';

export const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

export type Value = string | number | boolean | null;
export type Wanted =
  | { readonly all: readonly Wanted[] }
  | { readonly any: readonly Wanted[] }
  | { readonly not: Wanted }
  | { readonly has: string }
  | { readonly path: string; readonly op: string; readonly value: Value }
  /** One element of the list meets the whole condition. */
  | { readonly among: string; readonly one: Wanted };

/** Compared letter for letter; every other text without regard to case and spelling (RFC 7643 sections 3.1, 4, 7). */
const EXACT = new Set([
  'id',
  'externalid',
  'schemas',
  'meta.resourcetype',
  'meta.location',
  'meta.version',
  'profileurl',
  'photos.value',
  'manager.value',
  'manager.$ref',
  'groups.value',
  'groups.$ref',
  'members.value',
  'members.$ref',
]);
const DATES = new Set(['meta.created', 'meta.lastmodified']);
const BOOLEANS = new Set([
  'active',
  'emails.primary',
  'phonenumbers.primary',
  'addresses.primary',
  'photos.primary',
  'roles.primary',
]);
/** Complex without a `value` that could stand for the whole. */
const WITHOUT_VALUE = new Set(['name', 'addresses', 'meta']);
const WITH_VALUE = new Set(['emails', 'phonenumbers', 'photos', 'roles', 'manager', 'members', 'groups']);
/** Only for groups: blanks around a name do not count. */
const GROUP_NAME = 'displayname';

type Json = Readonly<Record<string, unknown>>;

/** Whether the filter means anything for a user; what does not has to be refused, whatever is stored. */
export function isSensible(wanted: Wanted, inside = ''): boolean {
  if ('all' in wanted) return wanted.all.every((part) => isSensible(part, inside));
  if ('any' in wanted) return wanted.any.every((part) => isSensible(part, inside));
  if ('not' in wanted) return isSensible(wanted.not, inside);
  if ('has' in wanted) return true;
  if ('among' in wanted) return inside !== '' || isSensible(wanted.one, plain(wanted.among));
  const name = nameOf(wanted.path, inside);
  if (WITHOUT_VALUE.has(name)) return false;
  const isEquality = wanted.op === 'eq' || wanted.op === 'ne';
  if (!isKnown(name)) return true;
  if (wanted.value === null) return isEquality;
  if (BOOLEANS.has(name)) return isEquality && /^(true|false)$/i.test(String(wanted.value));
  return !DATES.has(name) || instantOf(String(wanted.value)) !== undefined;
}

export function holds(wanted: Wanted, resource: Json, isGroup = false, inside = ''): boolean {
  if ('all' in wanted) return wanted.all.every((part) => holds(part, resource, isGroup, inside));
  if ('any' in wanted) return wanted.any.some((part) => holds(part, resource, isGroup, inside));
  if ('not' in wanted) return !holds(wanted.not, resource, isGroup, inside);
  if ('has' in wanted) return valuesAt(resource, wanted.has, inside).some(isSomething);
  if ('among' in wanted) {
    if (inside !== '') return false;
    return valuesAt(resource, wanted.among, '').some(
      (item) => isJson(item) && holds(wanted.one, item, isGroup, plain(wanted.among)),
    );
  }
  return compares(wanted, resource, isGroup, inside);
}

function compares(
  { path, op, value }: { readonly path: string; readonly op: string; readonly value: Value },
  resource: Json,
  isGroup: boolean,
  inside: string,
): boolean {
  let name = nameOf(path, inside);
  let found = valuesAt(resource, path, inside);
  if (WITH_VALUE.has(name)) {
    found = found.flatMap((item) => (isJson(item) ? valuesAt(item, 'value', name) : []));
    name += '.value';
  }
  if (value === null) return op === 'eq' ? found.length === 0 : found.length > 0;
  if (found.length === 0) return op === 'ne';
  return found.some((item) => compareOne(name, op, item, String(value), isGroup));
}

function compareOne(name: string, op: string, item: unknown, value: string, isGroup: boolean): boolean {
  if (typeof item === 'boolean') return (op === 'eq') === (String(item) === value.toLowerCase());
  const left = String(item);
  if (DATES.has(name)) return ordered(op, (instantOf(left) ?? 0) - (instantOf(value) ?? 0));
  const read = EXACT.has(name) ? (text: string) => text : meaningOf;
  if (op === 'co') return read(left).includes(read(value));
  if (op === 'sw') return read(left).startsWith(read(value));
  if (op === 'ew') return read(left).endsWith(read(value));
  const bare = isGroup && name === GROUP_NAME ? (text: string) => text.trim() : (text: string) => text;
  return ordered(op, byCodePoint(read(bare(left)), read(bare(value))));
}

function ordered(op: string, difference: number): boolean {
  const signs: Readonly<Record<string, readonly number[]>> = {
    eq: [0],
    ne: [-1, 1],
    gt: [1],
    ge: [0, 1],
    lt: [-1],
    le: [-1, 0],
  };
  return signs[op]?.includes(Math.sign(difference)) ?? false;
}

function byCodePoint(left: string, right: string): number {
  const [a, b] = [[...left], [...right]].map((text) =>
    text.map((character) => character.codePointAt(0) ?? 0),
  );
  for (let at = 0; at < Math.max(a?.length ?? 0, b?.length ?? 0); at += 1) {
    const difference = (a?.[at] ?? -1) - (b?.[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Epoch milliseconds, built from the digits. */
function instantOf(text: string): number | undefined {
  const parts = /^(....)-(..)-(..)T(..):(..):(..)(\.\d+)?(Z|[+-]..:..)?$/.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  const [fraction, zone = 'Z'] = [Number(parts[7] ?? 0), parts[8]];
  const [zoneHours, zoneMinutes] = zone === 'Z' ? [0, 0] : zone.slice(1).split(':').map(Number);
  const offset = (zone.startsWith('-') ? -1 : 1) * ((zoneHours ?? 0) * 60 + (zoneMinutes ?? 0));
  const whole = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, (minute ?? 0) - offset, second);
  return whole + Math.floor(fraction * 1000);
}

/** The values at a path, without those that are nothing. Names are found by looking at every key. */
function valuesAt(resource: Json, path: string, inside: string): readonly unknown[] {
  const steps = inside === '' ? stepsOf(path) : [path];
  let found: readonly unknown[] = [resource];
  for (const step of steps) {
    found = found
      .filter(isJson)
      .flatMap((item) => Object.entries(item).filter(([key]) => key.toLowerCase() === step.toLowerCase()))
      .flatMap(([, value]) => value)
      .filter((value) => value !== undefined && value !== null);
  }
  return found;
}

const ENTERPRISE_NAMES = [
  'employeenumber',
  'costcenter',
  'organization',
  'division',
  'department',
  'manager',
];

/** `urn:...:User:manager.value` is the key of the extension, then manager, then value; its short name means the same. */
function stepsOf(path: string): readonly string[] {
  const lower = path.toLowerCase();
  for (const urn of [core, enterprise]) {
    if (!lower.startsWith(`${urn.toLowerCase()}:`)) continue;
    const rest = path.slice(urn.length + 1).split('.');
    return urn === core ? rest : [enterprise, ...rest];
  }
  const steps = path.split('.');
  return ENTERPRISE_NAMES.includes(steps[0]?.toLowerCase() ?? '') ? [enterprise, ...steps] : steps;
}

/** In lower case, without URN; below a list with the list's name in front. */
function nameOf(path: string, inside: string): string {
  return inside === '' ? plain(path) : `${inside}.${path.toLowerCase()}`;
}

function plain(path: string): string {
  return path.toLowerCase().split(':').at(-1) ?? '';
}

function isKnown(name: string): boolean {
  return !/(^|\.)nothing(\.|$)/.test(name);
}

function isSomething(value: unknown): boolean {
  return isJson(value) ? Object.values(value).some(isSomething) : value !== '' && value !== null;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
