/**
 * The operations on `/Groups`. Members are read only when they are shown or asked about (row 94, idp-traffic 1 row 19), and
 * never to change one of them: a write hands the directory a delta (I02).
 */
import type { GroupEdit, GroupWritten, Precondition } from '../directory/directory.ts';
import type { GroupRecord, UserId } from '../directory/records.ts';
import { GROUP } from './attributes.ts';
import { notFound, preconditionFailed, ScimError } from './errors.ts';
import type { Filter } from './filter.ts';
import { type GroupBy, type Lookup, membersNamed, planGroupLookups } from './lookup.ts';
import { isAbout, mentions } from './matches.ts';
import { readGroupPatch } from './patch-group.ts';
import { type Projection, project, readProjection, wants } from './projection.ts';
import { answerQuery } from './query.ts';
import { type Answer, type Call, isNotModified, readBody, readIfMatch } from './request.ts';
import { groupTag, groupToWire, isId, memberToWire, readGroupBody } from './resource.ts';
import { type Needs, openSource, type Source } from './source.ts';
import type { Values } from './values.ts';
import { mostMembersShown, tooManyMembers } from './weight.ts';

/** 201 with the group. Members that name nobody are left out and reported (F57). */
export async function createGroup(call: Call): Promise<Answer> {
  const { displayName, externalId, members } = readGroupBody(readBody(call.request));
  const draft = { displayName, members: members ?? [], ...(externalId === undefined ? {} : { externalId }) };
  const group = written(call, await call.directory.createGroup(call.connection, draft));
  const body = await showWritten(call, group, projectionOf(call));
  return { status: 201, body, headers: headersOf(call, group) };
}

export async function getGroup(call: Call, id: string): Promise<Answer> {
  const group = await findGroup(call, id);
  const headers = headersOf(call, group);
  if (isNotModified(call.request, groupTag(group))) return { status: 304, headers };
  return { status: 200, body: await showOne(call, group, projectionOf(call)), headers };
}

export function listGroups(call: Call): Promise<Answer> {
  return answerQuery(call, [openGroups(call)]);
}

/** Groups judged in one go: a few pages of the store, or few where their members have to be read. */
const STRETCH = 500;
const SHORT_STRETCH = 20;

function asksMembers(filter: Filter | undefined, sortPath: string | undefined): boolean {
  const isSorted = sortPath !== undefined && isAbout(sortPath, GROUP, 'members');
  return isSorted || (filter !== undefined && mentions(filter, GROUP, 'members'));
}

/** The groups of the connection, for queries. */
export function openGroups(call: Call): Source {
  const { directory, connection } = call;
  const projection = projectionOf(call);
  /** Memberships that a look-up has already proved. */
  const proved: Proved = new Map();
  return openSource<GroupRecord, GroupRecord>({
    kind: GROUP,
    list: (page) => directory.listGroups(connection, page),
    slice: (request) => directory.sliceGroups(connection, request),
    glimpse: (request) => directory.sliceGroups(connection, request),
    get: (ids) => directory.getGroups(connection, ids),
    lookUp: (filter) => {
      const lookups = planGroupLookups(filter, GROUP);
      return lookups === undefined ? undefined : lookUpAll(call, lookups, proved);
    },
    judged: (groups, needs, cost) => judged(call, groups, { needs, cost, proved }),
    shown: (groups) => show(call, groups, projection),
    isCostly: (path) => isAbout(path, GROUP, 'members'),
    stretch: ({ filter, sortPath }) => (asksMembers(filter, sortPath) ? SHORT_STRETCH : STRETCH),
  });
}

/** A PUT without `members` keeps them, an empty list empties the group (F55); without `externalId` it is cleared. */
export async function replaceGroup(call: Call, id: string): Promise<Answer> {
  const { displayName, externalId, members } = readGroupBody(readBody(call.request));
  const edit: GroupEdit = {
    displayName,
    externalId: externalId ?? null,
    ...(members === undefined ? {} : { members: { kind: 'replace', members } }),
  };
  const group = await change(call, id, edit);
  return {
    status: 200,
    body: await showWritten(call, group, projectionOf(call)),
    headers: headersOf(call, group),
  };
}

/** 204, because no client reads the members back; with `attributes` 200 and a body (row 170). */
export async function changeGroup(call: Call, id: string): Promise<Answer> {
  const edit = readGroupPatch(readBody(call.request), id);
  const group = await change(call, id, edit);
  const headers = headersOf(call, group);
  const projection = projectionOf(call);
  if (projection.mode !== 'only') return { status: 204, headers };
  return { status: 200, body: await showWritten(call, group, projection), headers };
}

export async function deleteGroup(call: Call, id: string): Promise<Answer> {
  const condition = await conditionOf(call, id);
  const outcome = isId(id) ? await call.directory.deleteGroup(call.connection, id, condition) : 'absent';
  if (outcome === 'absent') throw notFound('group');
  if (outcome === 'versionMismatch') throw preconditionFailed('group');
  return { status: 204 };
}

async function change(call: Call, id: string, edit: GroupEdit): Promise<GroupRecord> {
  if (!isId(id)) throw notFound('group');
  const condition = await conditionOf(call, id);
  return written(call, await call.directory.changeGroup(call.connection, id, edit, condition));
}

function conditionOf({ directory, connection, request }: Call, id: string): Promise<Precondition> {
  return readIfMatch(request, async () => {
    const group = isId(id) ? await directory.getGroup(connection, id) : undefined;
    return group === undefined ? undefined : { version: group.version, tags: [groupTag(group)] };
  });
}

function written({ log, request, connection }: Call, outcome: GroupWritten): GroupRecord {
  if (outcome.ok) {
    const { group, unknownMembers } = outcome;
    if (unknownMembers.length > 0) {
      const fields = {
        requestId: request.requestId,
        connection,
        groupId: group.id,
        unknown: unknownMembers.length,
      };
      log.warn('members that name no user were left out of a group', fields);
    }
    return group;
  }
  switch (outcome.reason) {
    case 'absent':
      throw notFound('group');
    case 'versionMismatch':
      throw preconditionFailed('group');
    case 'displayNameTaken':
      throw new ScimError(
        409,
        'Another group has this displayName. Look it up with filter=displayName eq "..." and update that group, or send another name.',
        { scimType: 'uniqueness' },
      );
  }
}

async function findGroup(call: Call, id: string): Promise<GroupRecord> {
  const group = isId(id) ? await call.directory.getGroup(call.connection, id) : undefined;
  if (group === undefined) throw notFound('group');
  return group;
}

/** By group id. */
type Proved = Map<string, Set<string>>;

async function lookUpAll(
  call: Call,
  lookups: readonly Lookup<GroupBy>[],
  proved: Proved,
): Promise<readonly GroupRecord[]> {
  const found = new Map<string, GroupRecord>();
  for (const lookup of lookups) {
    for (const group of await lookUp(call, lookup)) {
      found.set(group.id, group);
      const known = proved.get(group.id) ?? new Set();
      if (lookup.by === 'member') known.add(lookup.value);
      proved.set(group.id, known);
    }
  }
  return [...found.values()];
}

async function lookUp(call: Call, { by, value }: Lookup<GroupBy>): Promise<readonly GroupRecord[]> {
  if ((by === 'id' || by === 'member') && !isId(value)) return [];
  return call.directory.findGroups(call.connection, { by, value });
}

interface Judging {
  readonly needs: Needs;
  readonly cost: (items: number) => void;
  readonly proved: Proved;
}

async function judged(
  call: Call,
  groups: readonly GroupRecord[],
  judging: Judging,
): Promise<readonly Values[]> {
  const values: Values[] = [];
  for (const group of groups) {
    const members = await membersAskedAbout(call, group, judging);
    judging.cost(members.length);
    values.push(groupToWire(group, call.baseUrl, members));
  }
  return values;
}

/** The members that decide: those that the filter names, or all where it asks about all (F7). */
async function membersAskedAbout(
  { directory, connection }: Call,
  group: GroupRecord,
  { needs: { filter, sortPath }, proved }: Judging,
): Promise<readonly string[]> {
  const sorts = sortPath !== undefined && isAbout(sortPath, GROUP, 'members');
  const named = sorts ? 'all' : filter === undefined ? [] : membersNamed(filter, GROUP);
  if (named === 'all') return directory.listMembers(connection, group.id);
  const members: string[] = [];
  for (const id of named) {
    const isProved = proved.get(group.id)?.has(id) ?? false;
    if (isProved || (isId(id) && (await directory.isMember(connection, group.id, id)))) members.push(id);
  }
  return members;
}

/** Groups whose members are read side by side. */
const GROUPS_AT_ONCE = 10;

/** @throws ScimError 400 tooMany when the members of all groups together are more than an answer holds */
async function show(
  call: Call,
  groups: readonly GroupRecord[],
  projection: Projection,
): Promise<readonly Values[]> {
  const most = mostMembersShown(call.request, (id) => memberToWire(id, call.baseUrl));
  const shown: Values[] = [];
  let left = most;
  for (let at = 0; at < groups.length; at += GROUPS_AT_ONCE) {
    const some = groups.slice(at, at + GROUPS_AT_ONCE);
    const reading = { projection, most: left };
    const lists = await Promise.all(some.map((group) => membersShown(call, group, reading)));
    for (const [index, group] of some.entries()) {
      const members = lists[index];
      left -= members?.length ?? 0;
      if (left < 0) throw tooManyMembers(most, call.request);
      shown.push(project(projection, groupToWire(group, call.baseUrl, members)));
    }
  }
  return shown;
}

async function showOne(call: Call, group: GroupRecord, projection: Projection): Promise<Values> {
  const [shown = {}] = await show(call, [group], projection);
  return shown;
}

/** After a write that succeeded: members that do not fit are left out, because an error would deny what was done. */
async function showWritten(call: Call, group: GroupRecord, projection: Projection): Promise<Values> {
  const most = mostMembersShown(call.request, (id) => memberToWire(id, call.baseUrl));
  const members = await membersShown(call, group, { projection, most });
  const fitting = members !== undefined && members.length > most ? undefined : members;
  return project(projection, groupToWire(group, call.baseUrl, fitting));
}

/** One more than fit, where there are more. */
async function membersShown(
  { directory, connection }: Call,
  group: GroupRecord,
  { projection, most }: { readonly projection: Projection; readonly most: number },
): Promise<readonly UserId[] | undefined> {
  return wants(projection, 'members') ? directory.listMembers(connection, group.id, most + 1) : undefined;
}

function projectionOf({ query }: Call): Projection {
  return readProjection(GROUP, query.get('attributes'), query.get('excludedattributes'));
}

function headersOf({ baseUrl }: Call, group: GroupRecord): Record<string, string> {
  return { etag: groupTag(group), location: `${baseUrl}${GROUP.endpoint}/${group.id}` };
}
