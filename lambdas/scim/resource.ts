/**
 * From a request body to what the directory stores, and from what it stores to the representation on the wire.
 *
 * Inwards only attributes of the table pass (T23), `id`, `meta`, `groups` and other read-only ones are ignored (rows 51, 55,
 * 96, 177), `password` is dropped (T22). Outwards the `id` stands near the front, because one client cuts it out with a
 * regular expression (idp-traffic 9.3), and what has no value is left out (row 63).
 */
import type { GroupRef } from '../directory/directory.ts';
import { normal } from '../directory/normal.ts';
import type { GroupRecord, UserGlimpse, UserResource } from '../directory/records.ts';
import { type Attribute, COMMON, GROUP, type ResourceKind, type Schema, USER } from './attributes.ts';
import { schemaOfDraft } from './drafts.ts';
import { badRequest, invalidValue } from './errors.ts';
import { fold, isObject, membersOf } from './json.ts';
import { readMembers } from './members.ts';
import { fingerprint } from './texts.ts';
import { readValue, type Values } from './values.ts';

/** One item of the table holds 400 KB; a person with more than this is a mistake. */
const LARGEST_RESOURCE_CHARACTERS = 100_000;

/** A group as a POST or PUT describes it. */
export interface GroupBody {
  readonly displayName: string;
  readonly externalId: string | undefined;
  /** Undefined when the body does not name members, which is not the same as none (F55). */
  readonly members: readonly string[] | undefined;
}

/**
 * The user that a POST describes, or that a PUT makes of `current`. Omitted attributes are cleared, except `active`, which
 * keeps its value: nobody is deactivated by omission (row 182, idp-traffic 14 row 6).
 * @throws ScimError 400
 */
export function readUserBody(body: unknown, current?: UserResource): UserResource {
  const members = openBody(body, USER);
  const resource: Values = {};
  for (const [attribute, raw] of writable(USER.core, members)) {
    assign(resource, attribute, readValue(attribute, raw, attribute.name));
  }
  for (const extension of USER.extensions) {
    const value = readExtension(extension, members.get(fold(extension.urn)));
    if (value !== undefined) resource[extension.urn] = value;
  }
  resource['active'] ??= current?.active ?? true;
  return finishUser({ ...unknownOf(current ?? {}), ...resource });
}

function openBody(body: unknown, kind: ResourceKind): Map<string, unknown> {
  if (!isObject(body)) {
    throw badRequest('invalidSyntax', `Send the ${kind.name} as one JSON object.`);
  }
  const members = membersOf(body);
  checkSchemas(members.get('schemas'), kind);
  for (const [name, value] of members) {
    const schema = schemaOfDraft(name, kind);
    if (schema !== undefined && !members.has(fold(schema.urn))) members.set(fold(schema.urn), value);
  }
  return members;
}

/**
 * Row 102: a body that names only foreign schemas is for another endpoint. None at all means the endpoint's own
 * (tolerance `schemasMissing`); an unknown one beside a known one is ignored (tolerance `foreignSchema`), and the URN of a
 * draft is as good as the RFC's (tolerance `draftSchema`).
 */
function checkSchemas(raw: unknown, kind: ResourceKind): void {
  if (raw === undefined || raw === null || (Array.isArray(raw) && raw.length === 0)) return;
  const named = (Array.isArray(raw) ? raw : [raw]).filter((urn) => typeof urn === 'string');
  const known = [kind.core, ...kind.extensions].map((schema) => plainUrn(schema.urn));
  if (named.some((urn) => known.includes(plainUrn(urn)) || schemaOfDraft(urn, kind) !== undefined)) return;
  throw badRequest(
    'invalidSyntax',
    `The body names no schema of ${kind.endpoint}. Put "${kind.core.urn}" into "schemas", or send it to the endpoint of its schema.`,
  );
}

/** Compared without case (row 44) and without colons: one of Microsoft's samples lacks one (tolerance `foreignSchema`). */
function plainUrn(urn: string): string {
  return fold(urn).replaceAll(':', '');
}

function* writable(schema: Schema, members: ReadonlyMap<string, unknown>): Generator<[Attribute, unknown]> {
  const common = schema === USER.core || schema === GROUP.core ? [...COMMON.values()] : [];
  for (const attribute of [...common, ...schema.attributes.values()]) {
    if (attribute.name === 'schemas' || attribute.mutability === 'readOnly') continue;
    yield [attribute, members.get(fold(attribute.name))];
  }
}

function readExtension(schema: Schema, raw: unknown): Values | undefined {
  if (raw === undefined || raw === null || raw === '') return undefined;
  if (!isObject(raw))
    throw invalidValue(`${schema.urn} must be an object. Put the attributes of the extension into it.`);
  const members = membersOf(raw);
  const values: Values = {};
  for (const [attribute, value] of writable(schema, members)) {
    assign(values, attribute, readValue(attribute, value, attribute.name));
  }
  return Object.keys(values).length === 0 ? undefined : values;
}

function assign(target: Values, attribute: Attribute, value: unknown): void {
  if (value !== undefined) target[attribute.name] = value;
}

/** What a newer release stored and this one has no name for passes through untouched (F20, F21). */
function unknownOf(stored: Values): Values {
  return Object.fromEntries(Object.entries(stored).filter(([name]) => !isKnown(name)));
}

function isKnown(name: string): boolean {
  const folded = fold(name);
  return (
    USER.core.attributes.has(folded) ||
    COMMON.has(folded) ||
    USER.extensions.some((schema) => schema.urn === name)
  );
}

/**
 * The last check of a user before it is stored, whatever spelling brought it here: what is required is there (row 257), the
 * size is sane, and attributes stand in one order so that equal users are equal texts (I19).
 * @throws ScimError 400 invalidValue
 */
export function finishUser(draft: Values): UserResource {
  const { userName, active } = draft;
  if (typeof userName !== 'string' || normal(userName).trim() === '') {
    throw invalidValue(
      'userName is required and cannot be empty. Send the name by which the identity provider knows the person.',
    );
  }
  if (typeof active !== 'boolean') throw invalidValue('active must be true or false. Send one of them.');
  const ordered: Values = {};
  const order = [
    COMMON.get('externalid')?.name ?? '',
    ...[...USER.core.attributes.values()].map(({ name }) => name),
  ];
  for (const name of [...order, ...USER.extensions.map(({ urn }) => urn), ...Object.keys(draft)]) {
    if (draft[name] !== undefined) ordered[name] = draft[name];
  }
  if (JSON.stringify(ordered).length > LARGEST_RESOURCE_CHARACTERS) {
    throw invalidValue(
      `The user is larger than ${LARGEST_RESOURCE_CHARACTERS} characters. Send fewer or shorter attributes.`,
    );
  }
  return { ...ordered, userName, active };
}

/**
 * The group that a POST or PUT describes.
 * @throws ScimError 400, also for a member that is a group (T29)
 */
export function readGroupBody(body: unknown): GroupBody {
  const members = openBody(body, GROUP);
  const displayName = readGroupName(members.get('displayname'));
  const externalId = readExternalId(members.get('externalid'));
  const listed = members.get('members');
  // Absent and null both say nothing about the members; only a list does.
  const said = listed === undefined || listed === null ? undefined : readMembers(listed, 'members');
  return { displayName, externalId, members: said };
}

/** @throws ScimError 400 invalidValue when it is missing or empty (row 87) */
export function readGroupName(raw: unknown): string {
  const attribute = GROUP.core.attributes.get('displayname');
  const value = attribute === undefined ? undefined : readValue(attribute, raw, 'displayName');
  if (typeof value !== 'string' || normal(value).trim() === '') {
    throw invalidValue('displayName is required and cannot be empty. Send the name of the group.');
  }
  return value;
}

export function readExternalId(raw: unknown): string | undefined {
  const attribute = COMMON.get('externalid');
  const value = attribute === undefined ? undefined : readValue(attribute, raw, 'externalId');
  return typeof value === 'string' ? value : undefined;
}

/** The representation of a user, as much as is there of it; `groups` undefined where they were not read. */
export function userToWire(
  user: UserGlimpse,
  baseUrl: string,
  groups: readonly GroupRef[] | undefined,
): Values {
  const { resource } = user;
  const extensions = USER.extensions.filter((schema) => isObject(resource[schema.urn]));
  const wire: Values = { schemas: [USER.core.urn, ...extensions.map(({ urn }) => urn)], id: user.id };
  if (resource.externalId !== undefined) wire['externalId'] = resource.externalId;
  for (const attribute of USER.core.attributes.values()) {
    if (attribute.name === 'groups') continue;
    if (resource[attribute.name] !== undefined) wire[attribute.name] = resource[attribute.name];
  }
  if (groups !== undefined && groups.length > 0) {
    wire['groups'] = groups.map(({ id, displayName }) => ({
      value: id,
      $ref: `${baseUrl}/Groups/${id}`,
      display: displayName,
      type: 'direct',
    }));
  }
  for (const { urn } of extensions) wire[urn] = withManagerRef(resource[urn], baseUrl);
  wire['meta'] = metaOf(USER, user, { baseUrl, version: userTag(user, groups) });
  return wire;
}

/** `$ref` only where the value is an id of ours: identity providers also write names there, and a link must lead somewhere. */
function withManagerRef(extension: unknown, baseUrl: string): unknown {
  if (!isObject(extension) || !isObject(extension['manager'])) return extension;
  const { value } = extension['manager'];
  if (typeof value !== 'string' || !isId(value)) return extension;
  return { ...extension, manager: { value, $ref: `${baseUrl}/Users/${value}` } };
}

/**
 * The full representation of a group; `members` undefined where they were not read. A list of none is shown, because one
 * client adds nobody to a group whose answer has no `members` (idp-traffic 9.1).
 */
export function groupToWire(
  group: GroupRecord,
  baseUrl: string,
  members: readonly string[] | undefined,
): Values {
  const wire: Values = { schemas: [GROUP.core.urn], id: group.id };
  if (group.externalId !== undefined) wire['externalId'] = group.externalId;
  wire['displayName'] = group.displayName;
  if (members !== undefined) wire['members'] = members.map((id) => memberToWire(id, baseUrl));
  wire['meta'] = metaOf(GROUP, group, { baseUrl, version: groupTag(group) });
  return wire;
}

export function memberToWire(id: string, baseUrl: string): Values {
  return { value: id, $ref: `${baseUrl}/Users/${id}`, type: 'User' };
}

function metaOf(
  kind: ResourceKind,
  record: UserGlimpse | GroupRecord,
  { baseUrl, version }: { readonly baseUrl: string; readonly version: string },
): Values {
  return {
    resourceType: kind.name,
    created: new Date(record.created).toISOString(),
    lastModified: new Date(record.lastModified).toISOString(),
    location: `${baseUrl}${kind.endpoint}/${record.id}`,
    version,
  };
}

export function groupTag(group: GroupRecord): string {
  return `W/"${group.version}"`;
}

/**
 * The entity tag of a user. `groups` is shown but is no part of the stored user, so its version does not count it; row 234
 * wants a tag that changes with the representation, hence the fingerprint behind the version. Where groups are not shown
 * the tag says so: it must not be taken for that of a user who is in no group.
 */
export function userTag(user: UserGlimpse, groups: readonly GroupRef[] | undefined): string {
  if (groups === undefined) return `W/"${user.version}-p"`;
  if (groups.length === 0) return `W/"${user.version}"`;
  return `W/"${user.version}-${fingerprint(groups.map(({ id, displayName }) => `${id} ${displayName}`).join('\n'))}"`;
}

/** The form of the ids that this server gives. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text);
}
