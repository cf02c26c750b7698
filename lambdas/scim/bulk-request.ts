/**
 * Reads a bulk request (RFC 7644 section 3.7) and its `bulkId:x` references. What is wrong with the request as a whole
 * refuses it; what is wrong with one operation becomes the result of that operation, when its turn comes.
 */
import { badRequest, ScimError } from './errors.ts';
import { fold, isObject, membersOf } from './json.ts';

const BULK_URN = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const PREFIX = 'bulkId:';

/** Announced in ServiceProviderConfig and enforced here (T38). Authentik also takes it for the length of one PATCH. */
export const MOST_BULK_OPERATIONS = 100;

export interface BulkOperation {
  /** In capitals; may be anything. */
  readonly method: string;
  readonly path: string;
  readonly bulkId: string | undefined;
  readonly version: string | undefined;
  readonly data: unknown;
}

export interface BulkRequest {
  readonly operations: readonly BulkOperation[];
  /** How many operations may fail before the rest is left undone. */
  readonly failOnErrors: number;
}

/** @throws ScimError 400 invalidSyntax, invalidValue; 413 that names the limit (row 250) */
export function readBulk(body: unknown): BulkRequest {
  const members = isObject(body) ? membersOf(body) : new Map<string, unknown>();
  const schemas = members.get('schemas');
  const named = (Array.isArray(schemas) ? schemas : [schemas]).filter((urn) => typeof urn === 'string');
  if (named.length > 0 && !named.some((urn) => fold(urn) === fold(BULK_URN))) {
    throw badRequest('invalidSyntax', `A bulk request names the schema "${BULK_URN}" in "schemas". Add it.`);
  }
  const list = members.get('operations');
  if (!Array.isArray(list) || list.length === 0) {
    throw badRequest('invalidSyntax', 'A bulk request is an object with a non-empty array "Operations".');
  }
  if (list.length > MOST_BULK_OPERATIONS) {
    throw new ScimError(
      413,
      `This bulk request has ${list.length} operations, and maxOperations is ${MOST_BULK_OPERATIONS}. Split it into several.`,
    );
  }
  const operations = list.map(readOperation);
  checkBulkIds(operations);
  return { operations, failOnErrors: readFailOnErrors(members.get('failonerrors')) };
}

function readFailOnErrors(raw: unknown): number {
  if (raw === undefined || raw === null) return Number.POSITIVE_INFINITY;
  if (typeof raw === 'number' && Number.isInteger(raw) && raw >= 1) return raw;
  throw badRequest(
    'invalidValue',
    'failOnErrors must be a whole number from 1 on. Leave it out for no limit.',
  );
}

function readOperation(raw: unknown, index: number): BulkOperation {
  if (!isObject(raw)) {
    throw badRequest(
      'invalidSyntax',
      `Operation ${index + 1} is not an object. Send {"method": ..., "path": ...}.`,
    );
  }
  const members = membersOf(raw);
  const text = (name: string) => {
    const value = members.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    method: (text('method') ?? '').toUpperCase(),
    path: text('path') ?? '',
    bulkId: text('bulkid'),
    version: text('version'),
    data: members.get('data'),
  };
}

/** Two creates under one bulkId would leave a reference with two meanings. */
function checkBulkIds(operations: readonly BulkOperation[]): void {
  const seen = new Set<string>();
  for (const [index, { method, bulkId }] of operations.entries()) {
    if (method !== 'POST' || bulkId === undefined) continue;
    if (seen.has(bulkId)) {
      throw badRequest(
        'invalidValue',
        `Operation ${index + 1} repeats the bulkId of another create. Give it its own.`,
      );
    }
    seen.add(bulkId);
  }
}

/** The bulkIds that an operation refers to, in its path or anywhere in its data (row 247). */
export function referencesOf({ path, data }: BulkOperation): ReadonlySet<string> {
  const found = new Set<string>();
  const note = (text: string): string => {
    if (text.startsWith(PREFIX)) found.add(text.slice(PREFIX.length));
    return text;
  };
  mapTexts(data, note);
  for (const segment of path.split('/')) note(segment);
  return found;
}

/** The operation with ids for references; one that `ids` does not know is taken out, together with the value it is in. */
export function resolveReferences(operation: BulkOperation, ids: ReadonlyMap<string, string>): BulkOperation {
  const replace = (text: string): string | undefined =>
    text.startsWith(PREFIX) ? ids.get(text.slice(PREFIX.length)) : text;
  const path = operation.path
    .split('/')
    .map((segment) => replace(segment) ?? segment)
    .join('/');
  return { ...operation, path, data: mapTexts(operation.data, replace) };
}

/** Undefined for a text that is taken out; an object that loses its `value` goes with it. */
function mapTexts(value: unknown, change: (text: string) => string | undefined): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value))
    return value.map((item) => mapTexts(item, change)).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, mapTexts(item, change)] as const);
  if (entries.some(([name, item]) => fold(name) === 'value' && item === undefined)) return undefined;
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}
