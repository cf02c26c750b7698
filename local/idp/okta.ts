/**
 * The two Okta clients. Both look people up by userName, create them, update profiles by GET and PUT, and never delete
 * a user. The catalog (OIN) client sends PATCH for `active` and for groups; the client of apps made with the App
 * Integration Wizard sends PUT for everything, so each of its group writes carries the whole membership.
 *
 * Okta pushes only people who are assigned to the app: somebody deactivated is missing from every later full list, and
 * is pushed into the groups again when assigned again. Sources: Okta developer docs, reference/scim/scim-20;
 * concepts/scim (retries); the published SCIM 2.0 test file (headers).
 */
import { type Call, createCaller, untilAnswered } from './caller.ts';
import {
  type Dialect,
  type DialectDeps,
  GROUP,
  inBatches,
  ListResponse,
  PATCH_OP,
  type Person,
  type PushedGroup,
  Resource,
  UnexpectedAnswer,
  USER,
} from './dialect.ts';

export type OktaKind = 'okta-catalog' | 'okta-wizard';

export interface OktaDeps extends DialectDeps {
  /** Okta sends a random password on create even when password sync is off. */
  readonly newPassword: () => string;
}

interface PushedMembers {
  name: string;
  readonly members: Set<string>;
}

interface Okta {
  readonly call: Call;
  readonly kind: OktaKind;
  readonly newPassword: () => string;
  readonly assigned: Map<string, { person: Person; active: boolean }>;
  readonly groups: Map<string, PushedMembers>;
}

/** Members in one request (seen on the wire by others; not in Okta's documentation). */
const MAX_MEMBERS_PER_REQUEST = 256;
const FIVE_MINUTES_MS = 300_000;

export function createOkta(kind: OktaKind, deps: OktaDeps): Dialect {
  const okta: Okta = {
    call: createCaller(deps, {
      headersFor: oktaHeaders,
      backoffMs: (attempt) => FIVE_MINUTES_MS * 2 ** (attempt - 1),
    }),
    kind,
    newPassword: deps.newPassword,
    assigned: new Map(),
    groups: new Map(),
  };
  return {
    name: kind,
    deletesUsers: false,
    testConnection: () => testConnection(okta),
    ensureUser: (person) => ensureUser(okta, person),
    updateProfile: (userId, person) => putProfile(okta, userId, person),
    renamePerson: (userId, person) => putProfile(okta, userId, person),
    deactivate: (userId) => setActive(okta, userId, false),
    reactivate: (userId) => assignAgain(okta, userId),
    deleteUser: (userId) => setActive(okta, userId, false),
    ensureGroup: (group) => ensureGroup(okta, group),
    renameGroup: (groupId, name) => renameGroup(okta, groupId, name),
    addMembers: (groupId, userIds) => addMembers(okta, groupId, userIds),
    removeMembers: (groupId, userIds) => removeMembers(okta, groupId, userIds),
    pushMembers: (groupId, userIds) => pushMembers(okta, groupId, userIds),
    deleteGroup: (groupId) => deleteGroup(okta, groupId),
  };
}

/** The published test suite puts a content type on GET too, and plain JSON on POST. */
function oktaHeaders(method: string): Record<string, string> {
  return {
    'user-agent': 'Okta SCIM Client 1.0.0',
    accept: 'application/scim+json',
    'accept-charset': 'utf-8',
    'content-type': method === 'POST' ? 'application/json' : 'application/scim+json; charset=utf-8',
  };
}

async function testConnection({ call }: Okta): Promise<void> {
  await call('GET', '/Users', { query: 'count=1&startIndex=1', accept: [200] });
}

async function lookUp({ call }: Okta, path: string, filter: string): Promise<Resource | undefined> {
  const query = `filter=${encodeURIComponent(filter)}&startIndex=1&count=100`;
  const answer = await call('GET', path, { query, accept: [200, 404] });
  return answer.status === 404 ? undefined : ListResponse.parse(answer.json).Resources?.[0];
}

async function ensureUser(okta: Okta, person: Person): Promise<string> {
  const filter = `userName eq ${JSON.stringify(person.userName)}`;
  return untilAnswered(async () => {
    const found = await lookUp(okta, '/Users', filter);
    if (found) return adopt(okta, found, person);
    const body = newUser(person, okta.newPassword());
    const answer = await okta.call('POST', '/Users', { body, accept: [201, 409], repeat: 'caller' });
    if (answer.status === 201) return remember(okta, Resource.parse(answer.json).id, person);
    // The task stops on 409; started again it begins with the look-up.
    const existing = await lookUp(okta, '/Users', filter);
    if (!existing) throw new UnexpectedAnswer({ method: 'POST', path: '/Users', headers: {} }, answer);
    return adopt(okta, existing, person);
  });
}

async function adopt(okta: Okta, found: Resource, person: Person): Promise<string> {
  remember(okta, found.id, person);
  if (found.active === false) await setActive(okta, found.id, true);
  await putProfile(okta, found.id, person);
  return found.id;
}

function remember(okta: Okta, userId: string, person: Person): string {
  okta.assigned.set(userId, { person, active: true });
  return userId;
}

function profileOf(person: Person) {
  const { email, givenName, familyName } = person;
  return {
    userName: person.userName,
    name: { givenName, familyName },
    emails: email === undefined ? [] : [{ primary: true, value: email, type: 'work' }],
    displayName: `${givenName} ${familyName}`,
    locale: 'en-US',
    externalId: person.key,
  };
}

function newUser(person: Person, password: string) {
  return { schemas: [USER], ...profileOf(person), groups: [], password, active: true };
}

/** Reads the user, changes what differs, and sends everything back, read-only attributes included. */
async function putUser(okta: Okta, userId: string, changes: object): Promise<void> {
  const path = `/Users/${userId}`;
  const read = Resource.parse((await okta.call('GET', path, { accept: [200] })).json);
  await okta.call('PUT', path, { body: { ...read, ...changes }, accept: [200] });
}

async function putProfile(okta: Okta, userId: string, person: Person): Promise<void> {
  const active = okta.assigned.get(userId)?.active ?? true;
  okta.assigned.set(userId, { person, active });
  await putUser(okta, userId, { ...profileOf(person), active });
}

async function setActive(okta: Okta, userId: string, active: boolean): Promise<void> {
  const known = okta.assigned.get(userId);
  if (known) known.active = active;
  if (okta.kind === 'okta-wizard') return putUser(okta, userId, { active });
  const body = { schemas: [PATCH_OP], Operations: [{ op: 'replace', value: { active } }] };
  await okta.call('PATCH', `/Users/${userId}`, { body, accept: [200, 204] });
}

async function assignAgain(okta: Okta, userId: string): Promise<void> {
  const known = okta.assigned.get(userId);
  if (known) await lookUp(okta, '/Users', `userName eq ${JSON.stringify(known.person.userName)}`);
  await setActive(okta, userId, true);
  for (const [groupId, group] of okta.groups) {
    if (group.members.has(userId)) await addMembers(okta, groupId, [userId]);
  }
}

async function ensureGroup(okta: Okta, group: PushedGroup): Promise<string> {
  const filter = `displayName eq ${JSON.stringify(group.name)}`;
  const id = await untilAnswered(async () => {
    const found = await lookUp(okta, '/Groups', filter);
    if (found) return found.id;
    const body = { schemas: [GROUP], displayName: group.name, members: [] };
    const answer = await okta.call('POST', '/Groups', { body, accept: [201, 409], repeat: 'caller' });
    if (answer.status === 201) return Resource.parse(answer.json).id;
    const existing = await lookUp(okta, '/Groups', filter);
    if (!existing) throw new UnexpectedAnswer({ method: 'POST', path: '/Groups', headers: {} }, answer);
    return existing.id;
  });
  if (!okta.groups.has(id)) okta.groups.set(id, { name: group.name, members: new Set() });
  return id;
}

function pushedGroup(okta: Okta, groupId: string): PushedMembers {
  const group = okta.groups.get(groupId);
  if (!group) throw new Error(`group ${groupId} was never pushed: call ensureGroup first`);
  return group;
}

function memberObjects(okta: Okta, userIds: readonly string[]) {
  return userIds.map((value) => ({ value, display: okta.assigned.get(value)?.person.userName }));
}

function pushable(okta: Okta, userIds: Iterable<string>): string[] {
  return [...userIds].filter((userId) => okta.assigned.get(userId)?.active ?? true);
}

async function patchGroup(okta: Okta, groupId: string, operations: readonly object[]): Promise<void> {
  const body = { schemas: [PATCH_OP], Operations: operations };
  await okta.call('PATCH', `/Groups/${groupId}`, { body, accept: [200, 204] });
}

async function putGroup(okta: Okta, groupId: string): Promise<void> {
  const { name, members } = pushedGroup(okta, groupId);
  const body = {
    schemas: [GROUP],
    displayName: name,
    members: memberObjects(okta, pushable(okta, members)),
  };
  await okta.call('PUT', `/Groups/${groupId}`, { body, accept: [200, 204] });
}

/** Goes along with every membership update too, changed or not (reference/scim/scim-20, "Update a specific Group name"). */
async function replaceName(okta: Okta, groupId: string): Promise<void> {
  const displayName = pushedGroup(okta, groupId).name;
  await patchGroup(okta, groupId, [{ op: 'replace', value: { id: groupId, displayName } }]);
}

async function renameGroup(okta: Okta, groupId: string, name: string): Promise<void> {
  pushedGroup(okta, groupId).name = name;
  if (okta.kind === 'okta-wizard') return putGroup(okta, groupId);
  await replaceName(okta, groupId);
}

async function addMembers(okta: Okta, groupId: string, userIds: readonly string[]): Promise<void> {
  const group = pushedGroup(okta, groupId);
  for (const userId of userIds) group.members.add(userId);
  if (okta.kind === 'okta-wizard') return putGroup(okta, groupId);
  for (const batch of inBatches(userIds, MAX_MEMBERS_PER_REQUEST)) {
    await replaceName(okta, groupId);
    await patchGroup(okta, groupId, [{ op: 'add', path: 'members', value: memberObjects(okta, batch) }]);
  }
}

async function removeMembers(okta: Okta, groupId: string, userIds: readonly string[]): Promise<void> {
  const group = pushedGroup(okta, groupId);
  for (const userId of userIds) group.members.delete(userId);
  if (okta.kind === 'okta-wizard') return putGroup(okta, groupId);
  for (const batch of inBatches(userIds, MAX_MEMBERS_PER_REQUEST)) {
    await replaceName(okta, groupId);
    await patchGroup(
      okta,
      groupId,
      batch.map((userId) => ({ op: 'remove', path: `members[value eq "${userId}"]` })),
    );
  }
}

async function pushMembers(okta: Okta, groupId: string, userIds: readonly string[]): Promise<void> {
  const group = pushedGroup(okta, groupId);
  group.members.clear();
  for (const userId of userIds) group.members.add(userId);
  if (okta.kind === 'okta-wizard') return putGroup(okta, groupId);
  await replaceName(okta, groupId);
  const value = memberObjects(okta, pushable(okta, userIds));
  await patchGroup(okta, groupId, [{ op: 'replace', path: 'members', value }]);
}

async function deleteGroup(okta: Okta, groupId: string): Promise<void> {
  okta.groups.delete(groupId);
  await okta.call('DELETE', `/Groups/${groupId}`, { accept: [204, 404] });
}
