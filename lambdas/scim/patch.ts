/**
 * PATCH, first half (RFC 7644 section 3.5.2): every spelling of an operation becomes the same list of primitive edits, each
 * with one attribute as its target (T37). Path or no path, dotted key, URN prefix, nested extension object, `Replace` or
 * `replace`: after this file the difference is gone. `patch-user.ts` and `patch-group.ts` apply the edits.
 *
 * Attributes that no schema knows are dropped (T23); what is read-only is refused by name, and ignored in a path-less value
 * where it changes nothing, because clients send back what they read (idp-traffic 1 row 9).
 */
import { type Attribute, type ResourceKind, resolvePath, SCHEMAS, type SchemaRef } from './attributes.ts';
import { badRequest, ScimError } from './errors.ts';
import { type Filter, parsePath } from './filter.ts';
import { fold, isObject, membersOf } from './json.ts';
import { checkElementFilter } from './matches.ts';

const PATCH_URN = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** One client sends one operation per member; as many as `MOST_MEMBER_EDITS`. */
export const MOST_OPERATIONS = 1_000;

export type Op = 'add' | 'replace' | 'remove';

export interface Edit {
  readonly op: Op;
  /** URN of the extension that holds the attribute; undefined for the core schema. */
  readonly extension: string | undefined;
  readonly attribute: Attribute;
  readonly filter: Filter | undefined;
  readonly sub: Attribute | undefined;
  readonly value: unknown;
  /** Where it came from, for messages: `displayName in operation 2`. */
  readonly at: string;
}

interface Operation {
  readonly op: Op;
  readonly value: unknown;
  readonly number: number;
  /** Id of the resource, to tell an echo from an attempt to change it. */
  readonly id: string;
}

/**
 * The edits that a PATCH body asks for, in its order.
 * @throws ScimError 400 invalidSyntax, invalidPath, invalidFilter, invalidValue, noTarget, mutability; 413 for too many
 */
export function readPatch(kind: ResourceKind, body: unknown, id: string): readonly Edit[] {
  return readOperations(body).flatMap((raw, index) => readOperation(kind, raw, { number: index + 1, id }));
}

function readOperations(body: unknown): readonly unknown[] {
  const members = isObject(body) ? membersOf(body) : new Map<string, unknown>();
  const schemas = members.get('schemas');
  const named = (Array.isArray(schemas) ? schemas : [schemas]).filter((urn) => typeof urn === 'string');
  // Tolerance `schemasMissing`: without any, the Operations say what it is.
  if (named.length > 0 && !named.some((urn) => fold(urn) === fold(PATCH_URN))) {
    throw badRequest('invalidSyntax', `A PATCH body names the schema "${PATCH_URN}" in "schemas". Add it.`);
  }
  const operations = members.get('operations');
  // Tolerance `singleForMany`.
  const list = isObject(operations) ? [operations] : operations;
  if (!Array.isArray(list) || list.every(isEmptyOperation)) {
    throw badRequest(
      'invalidSyntax',
      'A PATCH body is an object with a non-empty array "Operations". Send at least one operation.',
    );
  }
  if (list.length > MOST_OPERATIONS) throw tooMuch('operations');
  return list;
}

export function tooMuch(what: string): ScimError {
  return new ScimError(
    413,
    `This PATCH has more than ${MOST_OPERATIONS} ${what}, which is as many as one may have. Split it into several.`,
  );
}

/** Tolerance `emptyOperation`: an object of nothing beside real operations. */
function isEmptyOperation(raw: unknown): boolean {
  return isObject(raw) && Object.keys(raw).length === 0;
}

function readOperation(
  kind: ResourceKind,
  raw: unknown,
  { number, id }: { readonly number: number; readonly id: string },
): readonly Edit[] {
  if (!isObject(raw))
    throw badRequest(
      'invalidSyntax',
      `Operation ${number} is not an object. Send {"op": ..., "path": ..., "value": ...}.`,
    );
  if (isEmptyOperation(raw)) return [];
  const members = membersOf(raw);
  const operation: Operation = {
    op: readOp(members.get('op'), number),
    value: members.get('value'),
    number,
    id,
  };
  const path = members.get('path');
  if (path === undefined || path === null || path === '') return readPathless(kind, operation);
  if (typeof path !== 'string')
    throw badRequest('invalidPath', `The path of operation ${number} must be a string.`);
  return readPathed(kind, path, operation);
}

/** Tolerance `opInAnyCase`. Move, copy and test of RFC 6902 do not exist here (row 196). */
function readOp(raw: unknown, number: number): Op {
  const op = typeof raw === 'string' ? raw.toLowerCase() : undefined;
  if (op === 'add' || op === 'replace' || op === 'remove') return op;
  throw badRequest('invalidSyntax', `Operation ${number} must have an "op" of add, replace or remove.`);
}

function readPathless(kind: ResourceKind, operation: Operation): readonly Edit[] {
  const { op, value, number } = operation;
  if (op === 'remove') {
    throw badRequest(
      'noTarget',
      `Operation ${number} removes without saying what. Add the path of the attribute to remove.`,
    );
  }
  if (!isObject(value)) {
    throw badRequest(
      'invalidValue',
      `Operation ${number} has no path, so its value must be an object of attributes. Add a path or send an object.`,
    );
  }
  return readMembersAsEdits(kind, value, operation);
}

/** Each member of a path-less value is a path of its own (tolerance `pathsAsKeys`, row 222). */
function readMembersAsEdits(
  kind: ResourceKind,
  object: Record<string, unknown>,
  operation: Operation,
): readonly Edit[] {
  return Object.entries(object).flatMap(([key, value]) => {
    const inner = { ...operation, value };
    if (isEcho(key, inner)) return [];
    return isKeyOfUnknown(kind, key) ? [] : readPathed(kind, key, inner);
  });
}

const ownedByServer = SCHEMAS.filter(({ readOnly }) => readOnly).map(({ urn }) => fold(urn));

/** `schemas`, `meta` and our own extension are the server's, and `id` may be repeated as it is (S21, S22). */
function isEcho(key: string, { value, id }: Operation): boolean {
  const name = fold(key);
  if (ownedByServer.some((urn) => name === urn || name.startsWith(`${urn}:`))) return true;
  if (name.startsWith('meta.')) return true;
  return name === 'schemas' || name === 'meta' || (name === 'id' && value === id) || name === 'groups';
}

/** A key that is no path, and names nothing, is an attribute of somebody else's schema. */
function isKeyOfUnknown(kind: ResourceKind, key: string): boolean {
  return !key.includes('[') && resolvePath(kind, key) === undefined;
}

function readPathed(kind: ResourceKind, text: string, operation: Operation): readonly Edit[] {
  const { op, value, number } = operation;
  const path = parsePath(text);
  const ref = resolvePath(kind, path.attribute);
  if (ref === undefined) return [];
  if (ref.kind === 'schema') {
    if (ref.schema.readOnly) throw readOnly(ref.schema.name, number);
    return readWholeSchema(kind, ref, operation);
  }
  const { attribute, extension } = ref;
  if (attribute.name === 'schemas') return [];
  if (attribute.mutability === 'readOnly') {
    if (attribute.name === 'id' && value === operation.id) return [];
    throw readOnly(attribute.name, number);
  }
  const sub = path.sub === undefined ? ref.sub : attribute.sub.get(fold(path.sub));
  if (path.sub !== undefined && sub === undefined) return [];
  if (sub?.mutability === 'readOnly') return [];
  if (path.filter !== undefined) checkTarget(attribute, path.filter, ref.sub, number);
  // A replace without any value is no wish to clear: only null, "" and [] are (row 223).
  if (op !== 'remove' && value === undefined) {
    throw badRequest(
      'invalidValue',
      `Operation ${number} has no value. Send one; null clears the attribute.`,
    );
  }
  const at = `${attribute.name}${sub === undefined ? '' : `.${sub.name}`} in operation ${number}`;
  return [{ op, extension, attribute, filter: path.filter, sub, value, at }];
}

function readOnly(name: string, number: number): Error {
  return badRequest(
    'mutability',
    `${name} in operation ${number} cannot be changed by clients. Leave it out.`,
  );
}

function checkTarget(
  attribute: Attribute,
  filter: Filter,
  subBefore: Attribute | undefined,
  number: number,
): void {
  if (!attribute.multiValued || attribute.type !== 'complex' || subBefore !== undefined) {
    throw badRequest(
      'invalidPath',
      `The path of operation ${number} puts a filter on something that has no list of values. Remove the brackets.`,
    );
  }
  checkElementFilter(filter, attribute);
}

/** The path is the URN of a schema: its members are attributes, with removal meaning each of them. */
function readWholeSchema(kind: ResourceKind, { schema }: SchemaRef, operation: Operation): readonly Edit[] {
  const { op, value, number } = operation;
  const prefixed = (name: string) => `${schema.urn}:${name}`;
  if (op === 'remove') {
    if (schema === kind.core) {
      throw badRequest(
        'mutability',
        `Operation ${number} removes a whole ${kind.name}. Name the attributes to remove.`,
      );
    }
    return [...schema.attributes.values()].flatMap(({ name }) => readPathed(kind, prefixed(name), operation));
  }
  if (value === null || value === '') {
    return readWholeSchema(kind, { kind: 'schema', schema }, { ...operation, op: 'remove' });
  }
  if (!isObject(value)) {
    throw badRequest('invalidValue', `${schema.urn} in operation ${number} must be an object of attributes.`);
  }
  if (schema === kind.core) return readMembersAsEdits(kind, value, operation);
  const named = Object.entries(value).map(([name, item]) => [prefixed(name), item] as const);
  return readMembersAsEdits(kind, Object.fromEntries(named), operation);
}
