/**
 * The attribute table: the zod schemas of `schema.ts` turned into the terms of RFC 7643 section 7, once at start.
 * PATCH paths, filters, projection and `/Schemas` all read this one table. It is the allow-list through which every name
 * from outside must go (T34): there is no other way from a text to a property.
 */
import * as z from 'zod';
import { fold } from './json.ts';
import {
  ADOBE_URN,
  AdobeWire,
  type Characteristics,
  CommonWire,
  declarations,
  ENTERPRISE_URN,
  EnterpriseWire,
  GROUP_URN,
  GroupWire,
  USER_URN,
  UserWire,
} from './schema.ts';

export interface Attribute {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'dateTime' | 'reference' | 'binary' | 'complex';
  readonly description: string;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
  readonly returned: 'always' | 'never' | 'default' | 'request';
  readonly uniqueness: 'none' | 'server' | 'global';
  readonly canonicalValues: readonly string[];
  readonly referenceTypes: readonly string[];
  readonly canonicalForm: 'country' | undefined;
  readonly blanksAround: 'ignored' | undefined;
  /** Sub-attributes by folded name; empty unless `type` is complex. */
  readonly sub: ReadonlyMap<string, Attribute>;
  /** Validates a whole value: an array where `multiValued`. */
  readonly schema: z.ZodType;
}

export interface Schema {
  readonly urn: string;
  readonly name: string;
  readonly description: string;
  /** By folded name, in the order of `schema.ts`. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** All of it is the server's: clients only read it, and only by full names, so that no name of theirs means it. */
  readonly readOnly?: true;
}

export interface ResourceKind {
  readonly name: 'User' | 'Group';
  readonly endpoint: '/Users' | '/Groups';
  readonly description: string;
  readonly core: Schema;
  readonly extensions: readonly Schema[];
}

/** Where a value lives: top level, or under the URN of an extension. */
export interface AttributeRef {
  readonly kind: 'attribute';
  readonly extension: string | undefined;
  readonly attribute: Attribute;
  readonly sub: Attribute | undefined;
}
/** A path that names a schema as a whole, such as the object of an extension. */
export interface SchemaRef {
  readonly kind: 'schema';
  readonly schema: Schema;
}

function tableOf(object: z.ZodObject): ReadonlyMap<string, Attribute> {
  return new Map(
    Object.entries(object.shape).map(([name, schema]) => [fold(name), attributeOf(name, schema)]),
  );
}

function attributeOf(name: string, declared: unknown): Attribute {
  const schema = withoutOptional(declared);
  const { description, scim } = declarationOf(name, schema);
  const element = schema instanceof z.ZodArray ? withoutOptional(schema.element) : schema;
  return {
    name,
    type: scim.type ?? 'string',
    description,
    multiValued: schema instanceof z.ZodArray,
    required: scim.required ?? false,
    caseExact: scim.caseExact ?? false,
    mutability: scim.mutability ?? 'readWrite',
    returned: scim.returned ?? 'default',
    uniqueness: scim.uniqueness ?? 'none',
    canonicalValues: scim.canonicalValues ?? [],
    referenceTypes: scim.referenceTypes ?? [],
    canonicalForm: scim.canonicalForm,
    blanksAround: scim.blanksAround,
    sub: element instanceof z.ZodObject ? tableOf(element) : new Map(),
    schema,
  };
}

function declarationOf(name: string, schema: z.ZodType): { description: string; scim: Characteristics } {
  const declaration = declarations.get(schema);
  if (declaration === undefined) throw new Error(`schema.ts declares nothing of ${name}`);
  return declaration;
}

function withoutOptional(schema: unknown): z.ZodType {
  if (schema instanceof z.ZodOptional) return withoutOptional(schema.unwrap());
  if (schema instanceof z.ZodType) return schema;
  throw new Error('an attribute in schema.ts is not a zod schema');
}

/** RFC 7643 section 3.1; listed by no schema, answered for every resource. */
export const COMMON = tableOf(CommonWire);

const userSchema: Schema = {
  urn: USER_URN,
  name: 'User',
  description: 'A person in the identity provider.',
  attributes: tableOf(UserWire),
};

const enterpriseSchema: Schema = {
  urn: ENTERPRISE_URN,
  name: 'EnterpriseUser',
  description: 'What organisations add to a person.',
  attributes: tableOf(EnterpriseWire),
};

const adobeSchema: Schema = {
  urn: ADOBE_URN,
  name: 'AdobeProvisioning',
  description: 'How far provisioning of the person at Adobe is. Ask for it by name in attributes.',
  attributes: tableOf(AdobeWire),
  readOnly: true,
};

const groupSchema: Schema = {
  urn: GROUP_URN,
  name: 'Group',
  description: 'A group of people; mapping rules turn membership into assignments at Adobe.',
  attributes: tableOf(GroupWire),
};

export const SCHEMAS: readonly Schema[] = [userSchema, enterpriseSchema, adobeSchema, groupSchema];

export const USER: ResourceKind = {
  name: 'User',
  endpoint: '/Users',
  description: 'People.',
  core: userSchema,
  extensions: [enterpriseSchema, adobeSchema],
};

export const GROUP: ResourceKind = {
  name: 'Group',
  endpoint: '/Groups',
  description: 'Groups of people.',
  core: groupSchema,
  extensions: [],
};

/**
 * Finds what a path names: `name.givenName`, `urn:...:User:userName`, `urn:...:User:manager.value`, or a whole schema
 * (rows 61, 123, 140). Undefined for what no schema of this kind knows. An extension's attribute is also found by its
 * short name where the core has none of that name (tolerance `shortExtensionName`).
 */
export function resolvePath(kind: ResourceKind, path: string): AttributeRef | SchemaRef | undefined {
  const folded = fold(path);
  for (const schema of [kind.core, ...kind.extensions]) {
    const urn = fold(schema.urn);
    if (folded === urn) return { kind: 'schema', schema };
    if (folded.startsWith(`${urn}:`)) return within(kind, schema, folded.slice(urn.length + 1));
  }
  if (folded.startsWith('urn:')) return undefined;
  for (const schema of [kind.core, ...kind.extensions.filter(({ readOnly }) => readOnly === undefined)]) {
    const found = within(kind, schema, folded);
    if (found !== undefined) return found;
  }
  return undefined;
}

function within(kind: ResourceKind, schema: Schema, folded: string): AttributeRef | undefined {
  const [head = '', tail, ...rest] = folded.split('.');
  const isCore = schema === kind.core;
  const attribute = schema.attributes.get(head) ?? (isCore ? COMMON.get(head) : undefined);
  if (attribute === undefined || rest.length > 0) return undefined;
  const extension = isCore ? undefined : schema.urn;
  if (tail === undefined) return { kind: 'attribute', extension, attribute, sub: undefined };
  const sub = attribute.sub.get(tail);
  return sub === undefined ? undefined : { kind: 'attribute', extension, attribute, sub };
}

/** The sub-attribute that stands for a complex value where a path names none (RFC 7644 section 3.4.2.2). */
export function defaultSub(attribute: Attribute): Attribute | undefined {
  return attribute.sub.get('value');
}
