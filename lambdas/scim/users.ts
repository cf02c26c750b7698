/**
 * The operations on `/Users`, one short function each: read what was asked, let the directory do it, show the result.
 * A user that is inactive is shown like any other (row 86); one that was deleted does not exist (row 225).
 */
import type { GroupRef, Precondition, UserWritten } from '../directory/directory.ts';
import type { UserRecord, UserResource } from '../directory/records.ts';
import { USER } from './attributes.ts';
import { notFound, preconditionFailed, ScimError } from './errors.ts';
import { type Lookup, planUserLookups, type UserBy } from './lookup.ts';
import { isAbout, pathsIn } from './matches.ts';
import { patchUser } from './patch-user.ts';
import { type Projection, project, readProjection, wants } from './projection.ts';
import { answerQuery } from './query.ts';
import { type Answer, type Call, isNotModified, readBody, readIfMatch } from './request.ts';
import { isId, readUserBody, userTag, userToWire } from './resource.ts';
import { type Needs, openSource, type Source } from './source.ts';
import type { Values } from './values.ts';

/** RFC 7644 section 3.3: 201, the whole user and where it is. */
export async function createUser(call: Call): Promise<Answer> {
  const resource = readUserBody(readBody(call.request));
  const user = written(await call.directory.createUser(call.connection, resource));
  // Nobody is in a group at birth, also not when the userName was in use before (T21).
  const tag = userTag(user, []);
  const body = project(projectionOf(call), userToWire(user, call.baseUrl, []));
  return { status: 201, body, headers: { etag: tag, location: locationOf(call, user) } };
}

export async function getUser(call: Call, id: string): Promise<Answer> {
  const user = await findUser(call, id);
  const projection = projectionOf(call);
  const groups = await groupsOf(call, user, projection);
  const tag = userTag(user, groups);
  const headers = { etag: tag, location: locationOf(call, user) };
  if (isNotModified(call.request, tag)) return { status: 304, headers };
  return { status: 200, body: project(projection, userToWire(user, call.baseUrl, groups)), headers };
}

/** RFC 7644 section 3.4.2; a filter that nobody matches is an empty list (row 110). */
export function listUsers(call: Call): Promise<Answer> {
  return answerQuery(call, [openUsers(call)]);
}

/** Users judged in one go: a few pages of the store. */
const STRETCH = 500;

/** The users of the connection, for queries. */
export function openUsers(call: Call): Source {
  const { directory, connection } = call;
  const projection = projectionOf(call);
  return openSource<UserRecord>({
    kind: USER,
    list: (page) => directory.listUsers(connection, page),
    slice: (request) => directory.sliceUsers(connection, request),
    get: (id) => directory.getUser(connection, id),
    lookUp: (filter) => {
      const lookups = planUserLookups(filter, USER);
      return lookups === undefined ? undefined : lookUpAll(call, lookups);
    },
    judged: (users, needs) => judged(call, users, needs),
    shown: (users) => show(call, users, projection),
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
  const user = written(await call.directory.updateUser(call.connection, id, change, condition));
  const projection = projectionOf(call);
  const groups = await groupsOf(call, user, projection);
  return {
    status: 200,
    body: project(projection, userToWire(user, call.baseUrl, groups)),
    headers: { etag: userTag(user, groups), location: locationOf(call, user) },
  };
}

function conditionOf(call: Call, id: string): Promise<Precondition> {
  return readIfMatch(call.request, async () =>
    isId(id) ? (await call.directory.getUser(call.connection, id))?.version : undefined,
  );
}

function written(outcome: UserWritten): UserRecord {
  if (outcome.ok) return outcome.user;
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

/** Groups are read where the query asks about them, or about the tag that changes with them. */
async function judged(call: Call, users: readonly UserRecord[], needs: Needs): Promise<readonly Values[]> {
  const paths = pathsOf(needs);
  const asksGroups = paths.some((path) => isAbout(path, USER, 'groups') || isAbout(path, USER, 'meta'));
  const groups = asksGroups ? await call.directory.groupsOf(call.connection, users) : undefined;
  return users.map((user) => userToWire(user, call.baseUrl, groups?.get(user.id)));
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
  const wanted = users.length > 0 && wants(projection, 'groups');
  const groups = wanted ? await call.directory.groupsOf(call.connection, users) : undefined;
  return users.map((user) => project(projection, userToWire(user, call.baseUrl, groups?.get(user.id))));
}

async function groupsOf(
  call: Call,
  user: UserRecord,
  projection: Projection,
): Promise<readonly GroupRef[] | undefined> {
  if (!wants(projection, 'groups')) return undefined;
  return (await call.directory.groupsOf(call.connection, [user])).get(user.id) ?? [];
}

function projectionOf({ query }: Call): Projection {
  return readProjection(USER, query.get('attributes'), query.get('excludedattributes'));
}

function locationOf({ baseUrl }: Call, { id }: UserRecord): string {
  return `${baseUrl}${USER.endpoint}/${id}`;
}
