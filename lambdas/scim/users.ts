/**
 * The operations on `/Users`, one short function each: read what was asked, let the directory do it, show the result.
 * A user that is inactive is shown like any other (row 86); one that was deleted does not exist (row 225).
 */
import type { GroupRef, Precondition, UserWritten } from '../directory/directory.ts';
import type { GroupId, UserGlimpse, UserRecord, UserResource } from '../directory/records.ts';
import { resolvePath, USER } from './attributes.ts';
import { notFound, preconditionFailed, ScimError } from './errors.ts';
import { fold, isObject } from './json.ts';
import { type Lookup, planUserLookups, type UserBy } from './lookup.ts';
import { isAbout, pathsIn } from './matches.ts';
import { patchUser } from './patch-user.ts';
import { type Projection, project, readProjection, wants, wantsExtension } from './projection.ts';
import { withProvisioning } from './provisioning.ts';
import { answerQuery } from './query.ts';
import { type Answer, type Call, isNotModified, readBody, readIfMatch } from './request.ts';
import { isId, readUserBody, userToWire } from './resource.ts';
import { ADOBE_URN } from './schema.ts';
import { type Needs, openSource, type Source } from './source.ts';
import type { Values } from './values.ts';

/** RFC 7644 section 3.3: 201, the whole user and where it is. */
export async function createUser(call: Call): Promise<Answer> {
  const resource = readUserBody(readBody(call.request));
  return answerWith(call, written(await call.directory.createUser(call.connection, resource)), 201);
}

export async function getUser(call: Call, id: string): Promise<Answer> {
  const answer = await answerWith(call, { user: await findUser(call, id) }, 200);
  const { etag = '' } = answer.headers ?? {};
  return isNotModified(call.request, etag) ? { status: 304, headers: answer.headers ?? {} } : answer;
}

/** RFC 7644 section 3.4.2; a filter that nobody matches is an empty list (row 110). */
export function listUsers(call: Call): Promise<Answer> {
  return answerQuery(call, [openUsers(call)]);
}

/** Users judged in one go: about a page of the store. */
const STRETCH = 1_000;

/** The users of the connection, for queries. */
export function openUsers(call: Call): Source {
  const { directory, connection } = call;
  const projection = projectionOf(call);
  return openSource<UserRecord, UserGlimpse>({
    kind: USER,
    list: (page) => directory.listUsers(connection, page),
    slice: (request) => directory.sliceUsers(connection, request),
    glimpse: (request, needs) => directory.glimpseUsers(connection, request, attributesFor(needs)),
    get: (ids) => directory.getUsers(connection, ids),
    lookUp: (filter) => {
      const lookups = planUserLookups(filter, USER);
      return lookups === undefined ? undefined : lookUpAll(call, lookups);
    },
    judged: (users, needs) => judged(call, users, needs),
    shown: (users) => show(call, users, projection),
    isCostly: (path) => asksGroups(path) || asksProvisioning(path),
    stretch: () => STRETCH,
  });
}

/** RFC 7644 section 3.5.1. A PUT never creates (row 12). */
export async function replaceUser(call: Call, id: string): Promise<Answer> {
  const body = readBody(call.request);
  return update(call, id, (current) => readUserBody(body, current.resource));
}

/** RFC 7644 section 3.5.2: 200 with the user (idp-traffic 14 row 10). */
export async function changeUser(call: Call, id: string): Promise<Answer> {
  const body = readBody(call.request);
  return update(call, id, (current) => patchUser(current, body));
}

export async function deleteUser(call: Call, id: string): Promise<Answer> {
  const condition = await conditionOf(call, id);
  const outcome = isId(id) ? await call.directory.deleteUser(call.connection, id, condition) : 'absent';
  if (outcome === 'absent') throw notFound('user');
  if (outcome === 'versionMismatch') throw preconditionFailed('user');
  return { status: 204 };
}

async function update(
  call: Call,
  id: string,
  change: (current: UserRecord) => UserResource,
): Promise<Answer> {
  if (!isId(id)) throw notFound('user');
  const condition = await conditionOf(call, id);
  return answerWith(
    call,
    written(await call.directory.updateUser(call.connection, id, change, condition)),
    200,
  );
}

/** A user, and of which groups a write knows it to be a member. */
interface Found {
  readonly user: UserRecord;
  readonly groups?: readonly GroupId[];
}

/** The user as the request wants to see it; the tag in the header is the one in `meta` (row 231). */
async function answerWith(call: Call, { user, groups }: Found, status: number): Promise<Answer> {
  const projection = projectionOf(call);
  const known = groups === undefined ? {} : { known: groups };
  const [wire = {}] = await toWire(call, [user], { ...wantedBy(projection), ...known });
  return {
    status,
    body: project(projection, wire),
    headers: { etag: tagIn(wire), location: locationOf(call, user) },
  };
}

function tagIn({ meta }: Values): string {
  return isObject(meta) ? String(meta['version']) : '';
}

interface Wanted {
  readonly groups: boolean;
  readonly provisioning: boolean;
  /** The groups of the one user that is asked about, where they need not be read: at birth there are none (T21). */
  readonly known?: readonly GroupId[];
}

function wantedBy(projection: Projection): Wanted {
  return { groups: wants(projection, 'groups'), provisioning: wantsExtension(projection, ADOBE_URN) };
}

/** Full representations, with what the caller wants read beside the users themselves. */
async function toWire(call: Call, users: readonly UserGlimpse[], wanted: Wanted): Promise<readonly Values[]> {
  const { directory, connection, baseUrl } = call;
  const isAny = users.length > 0;
  const groups =
    isAny && wanted.groups ? await groupsOf(call, users, wanted.known) : new Map<string, GroupRef[]>();
  const states = isAny && wanted.provisioning ? await directory.provisioningOf(connection, users) : undefined;
  return users.map((user) => {
    const wire = userToWire(user, baseUrl, wanted.groups ? (groups.get(user.id) ?? []) : undefined);
    return withProvisioning(wire, states?.get(user.id), baseUrl);
  });
}

async function groupsOf(
  { directory, connection }: Call,
  users: readonly UserGlimpse[],
  known: readonly GroupId[] | undefined,
): Promise<ReadonlyMap<string, readonly GroupRef[]>> {
  if (known === undefined) return directory.groupsOf(connection, users);
  const groups = known.length === 0 ? [] : await directory.getGroups(connection, known);
  return new Map(
    users.map(({ id }) => [id, groups.map(({ id: value, displayName }) => ({ id: value, displayName }))]),
  );
}

function conditionOf(call: Call, id: string): Promise<Precondition> {
  return readIfMatch(call.request, async () => {
    const user = isId(id) ? await call.directory.getUser(call.connection, id) : undefined;
    return user === undefined ? undefined : { version: user.version, tags: await tagsOf(call, user) };
  });
}

/** With groups and without, with the state of provisioning and without: whichever a client was shown. */
async function tagsOf(call: Call, user: UserRecord): Promise<readonly string[]> {
  const shapes = [true, false].flatMap((groups) =>
    [true, false].map((provisioning) => ({ groups, provisioning })),
  );
  const wires = await Promise.all(shapes.map((shape) => toWire(call, [user], shape)));
  return wires.flat().map(tagIn);
}

function written(outcome: UserWritten): Found {
  if (outcome.ok) return outcome;
  switch (outcome.reason) {
    case 'absent':
      throw notFound('user');
    case 'versionMismatch':
      throw preconditionFailed('user');
    case 'userNameTaken':
      throw new ScimError(
        409,
        'Another user has this userName. Look it up with filter=userName eq "..." and update that user, or send another userName.',
        { scimType: 'uniqueness' },
      );
  }
}

async function findUser(call: Call, id: string): Promise<UserRecord> {
  const user = isId(id) ? await call.directory.getUser(call.connection, id) : undefined;
  if (user === undefined) throw notFound('user');
  return user;
}

async function lookUpAll(call: Call, lookups: readonly Lookup<UserBy>[]): Promise<readonly UserRecord[]> {
  const found = new Map<string, UserRecord>();
  for (const lookup of lookups) {
    for (const user of await lookUp(call, lookup)) found.set(user.id, user);
  }
  return [...found.values()];
}

function judged(call: Call, users: readonly UserGlimpse[], needs: Needs): Promise<readonly Values[]> {
  const paths = pathsOf(needs);
  return toWire(call, users, { groups: paths.some(asksGroups), provisioning: paths.some(asksProvisioning) });
}

/** About groups, or about the tag that changes with them. */
function asksGroups(path: string): boolean {
  const isTag = isAbout(path, USER, 'meta') && fold(path).endsWith('.version');
  return isTag || isAbout(path, USER, 'groups');
}

/** `schemas` names the extension only where it is shown, so a filter on it never asks for it. */
function asksProvisioning(path: string): boolean {
  return fold(path).startsWith(fold(ADOBE_URN));
}

/** What of the stored resource decides; `schemas` follow from the extensions that are there. */
function attributesFor(needs: Needs): readonly string[] {
  const names = pathsOf(needs).flatMap((path) => {
    const ref = resolvePath(USER, path);
    if (ref?.kind === 'schema') return [ref.schema.urn];
    if (ref?.attribute.name === 'schemas') return USER.extensions.map(({ urn }) => urn);
    return ref === undefined ? [] : [ref.extension ?? ref.attribute.name];
  });
  return [...new Set(names)];
}

function pathsOf({ filter, sortPath }: Needs): readonly string[] {
  return [...(filter === undefined ? [] : pathsIn(filter)), ...(sortPath === undefined ? [] : [sortPath])];
}

async function lookUp(call: Call, { by, value }: Lookup<UserBy>): Promise<readonly UserRecord[]> {
  // The directory keeps no text but ids under ids; anything else cannot be there.
  if (by === 'id' && !isId(value)) return [];
  return call.directory.findUsers(call.connection, { by, value });
}

async function show(
  call: Call,
  users: readonly UserRecord[],
  projection: Projection,
): Promise<readonly Values[]> {
  const wires = await toWire(call, users, wantedBy(projection));
  return wires.map((wire) => project(projection, wire));
}

function projectionOf({ query }: Call): Projection {
  return readProjection(USER, query.get('attributes'), query.get('excludedattributes'));
}

function locationOf({ baseUrl }: Call, { id }: UserRecord): string {
  return `${baseUrl}${USER.endpoint}/${id}`;
}
