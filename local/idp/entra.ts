/**
 * Microsoft Entra ID's provisioning client, in its default spelling and with the `aadOptscim062020` flag on the tenant
 * URL. It matches by userName, creates, reads back, compares what it read with what it has and sends one PATCH for the
 * difference; it never sends PUT. Groups are created empty, members follow in PATCH, and member lists are never read.
 *
 * Default: capitalised `op`, booleans as strings, one pathed operation per attribute, member removal as a value array.
 * Flag: lower-case `op`, real booleans, several plain replaces folded into one without a path whose keys are paths,
 * member removal by value filter. Sources: Microsoft entra-docs, use-scim-to-provision-users-and-groups;
 * application-provisioning-config-problem-scim-compatibility; how-provisioning-works (disable, delete after 30 days).
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
  type ScimAnswer,
  UnexpectedAnswer,
} from './dialect.ts';
import { currentValues, differenceOf, foldedOperations, newUser } from './entra-user.ts';

export type EntraKind = 'entra' | 'entra-flag';

export interface EntraDeps extends DialectDeps {
  /** For the match look-up that must not find anybody. */
  readonly newId: () => string;
}

interface Entra {
  readonly call: Call;
  readonly flag: boolean;
  readonly newId: () => string;
  /** Who this provider believes is in each group: it never reads members. */
  readonly members: Map<string, Set<string>>;
}

/** Microsoft's own schema URI, sent on every group create and registered nowhere. */
const ADSCIM_GROUP = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group';
/** Not documented; the gallery checklist only wants several memberships in one PATCH. */
const MAX_MEMBERS_PER_REQUEST = 100;
/** What failed is tried again in the next incremental cycle. */
const CYCLE_MS = 40 * 60_000;

export function createEntra(kind: EntraKind, deps: EntraDeps): Dialect {
  const entra: Entra = {
    call: createCaller(deps, { headersFor: entraHeaders, backoffMs: () => CYCLE_MS }),
    flag: kind === 'entra-flag',
    newId: deps.newId,
    members: new Map(),
  };
  return {
    name: kind,
    deletesUsers: true,
    testConnection: () => testConnection(entra),
    ensureUser: (person) => ensureUser(entra, person),
    updateProfile: (userId, person) => patchDifference(entra, userId, person),
    renamePerson: (userId, person) => patchDifference(entra, userId, person),
    deactivate: (userId) => setActive(entra, userId, false),
    reactivate: (userId) => setActive(entra, userId, true),
    deleteUser: (userId) => remove(entra, `/Users/${userId}`),
    ensureGroup: (group) => ensureGroup(entra, group),
    renameGroup: (groupId, name) => renameGroup(entra, groupId, name),
    addMembers: (groupId, userIds) => addMembers(entra, groupId, userIds),
    removeMembers: (groupId, userIds) => removeMembers(entra, groupId, userIds),
    pushMembers: (groupId, userIds) => pushMembers(entra, groupId, userIds),
    deleteGroup: (groupId) => remove(entra, `/Groups/${groupId}`),
  };
}

function entraHeaders(method: string): Record<string, string> {
  const hasBody = method === 'POST' || method === 'PATCH';
  return hasBody ? { 'content-type': 'application/scim+json' } : {};
}

/** The flag sits in the tenant URL, so it is in front of every other query parameter. */
function queryOf(entra: Entra, query: string): { query?: string } {
  const parts = [entra.flag ? 'aadOptscim062020' : '', query].filter((part) => part !== '');
  return parts.length === 0 ? {} : { query: parts.join('&') };
}

function filterQuery(filter: string): string {
  return `filter=${encodeURIComponent(filter).replaceAll('%20', '+')}`;
}

async function testConnection(entra: Entra): Promise<void> {
  const query = filterQuery(`userName eq "${entra.newId()}"`);
  for (const path of ['/Users', '/Groups']) {
    const answer = await entra.call('GET', path, {
      ...queryOf(entra, path === '/Users' ? query : filterQuery(`displayName eq "${entra.newId()}"`)),
      accept: [200],
    });
    const { totalResults } = ListResponse.parse(answer.json);
    if (totalResults !== 0) throw new UnexpectedAnswer({ method: 'GET', path, headers: {} }, answer);
  }
}

async function lookUp(entra: Entra, path: string, query: string): Promise<Resource | undefined> {
  const answer = await entra.call('GET', path, { ...queryOf(entra, query), accept: [200] });
  return ListResponse.parse(answer.json).Resources?.[0];
}

async function ensureUser(entra: Entra, person: Person): Promise<string> {
  const query = filterQuery(`userName eq ${JSON.stringify(person.userName)}`);
  return untilAnswered(async () => {
    const found = await lookUp(entra, '/Users', query);
    if (found) return adopt(entra, found, person);
    const answer = await create(entra, '/Users', newUser(person));
    if (answer.status === 201) return readBack(entra, '/Users', answer);
    // In the next cycle, which begins with the look-up again.
    const existing = await lookUp(entra, '/Users', query);
    if (!existing) throw new UnexpectedAnswer({ method: 'POST', path: '/Users', headers: {} }, answer);
    return adopt(entra, existing, person);
  });
}

async function adopt(entra: Entra, found: Resource, person: Person): Promise<string> {
  if (found.active === false) await setActive(entra, found.id, true);
  await patchDifference(entra, found.id, person);
  return found.id;
}

function create(entra: Entra, path: string, body: unknown): Promise<ScimAnswer> {
  return entra.call('POST', path, { ...queryOf(entra, ''), body, accept: [201, 409], repeat: 'caller' });
}

async function readBack(entra: Entra, path: string, created: ScimAnswer): Promise<string> {
  const { id } = Resource.parse(created.json);
  const query = path === '/Groups' ? 'excludedAttributes=members' : '';
  await entra.call('GET', `${path}/${id}`, { ...queryOf(entra, query), accept: [200] });
  return id;
}

async function patchDifference(entra: Entra, userId: string, person: Person): Promise<void> {
  const path = `/Users/${userId}`;
  const read = await entra.call('GET', path, { ...queryOf(entra, ''), accept: [200] });
  const edits = differenceOf(currentValues(read.json), person);
  if (edits.length === 0) return;
  await patch(entra, path, entra.flag ? foldedOperations(edits) : edits);
  await entra.call('GET', path, { ...queryOf(entra, ''), accept: [200] });
}

async function patch(entra: Entra, path: string, operations: readonly object[]): Promise<void> {
  const body = { schemas: [PATCH_OP], Operations: operations };
  await entra.call('PATCH', path, { ...queryOf(entra, ''), body, accept: [200, 204] });
}

async function setActive(entra: Entra, userId: string, active: boolean): Promise<void> {
  const operation = entra.flag
    ? { op: 'replace', path: 'active', value: active }
    : { op: 'Replace', path: 'active', value: active ? 'True' : 'False' };
  await patch(entra, `/Users/${userId}`, [operation]);
}

/** Deleting what is gone is success: the answer to the first DELETE may have been lost. */
async function remove(entra: Entra, path: string): Promise<void> {
  await entra.call('DELETE', path, { ...queryOf(entra, ''), accept: [204, 404] });
}

async function ensureGroup(entra: Entra, group: PushedGroup): Promise<string> {
  const query = `excludedAttributes=members&${filterQuery(`displayName eq ${JSON.stringify(group.name)}`)}`;
  return untilAnswered(async () => {
    const found = await lookUp(entra, '/Groups', query);
    if (found) return found.id;
    const answer = await create(entra, '/Groups', {
      schemas: [GROUP, ADSCIM_GROUP],
      externalId: group.key,
      displayName: group.name,
      meta: { resourceType: 'Group' },
    });
    if (answer.status === 201) return readBack(entra, '/Groups', answer);
    const existing = await lookUp(entra, '/Groups', query);
    if (!existing) throw new UnexpectedAnswer({ method: 'POST', path: '/Groups', headers: {} }, answer);
    return existing.id;
  });
}

async function renameGroup(entra: Entra, groupId: string, name: string): Promise<void> {
  const op = entra.flag ? 'replace' : 'Replace';
  await patch(entra, `/Groups/${groupId}`, [{ op, path: 'displayName', value: name }]);
}

function membersOf(entra: Entra, groupId: string): Set<string> {
  const members = entra.members.get(groupId) ?? new Set<string>();
  entra.members.set(groupId, members);
  return members;
}

async function addMembers(entra: Entra, groupId: string, userIds: readonly string[]): Promise<void> {
  for (const userId of userIds) membersOf(entra, groupId).add(userId);
  for (const batch of inBatches(userIds, MAX_MEMBERS_PER_REQUEST)) {
    const value = batch.map((userId) => ({ $ref: null, value: userId }));
    await patch(entra, `/Groups/${groupId}`, [{ op: entra.flag ? 'add' : 'Add', path: 'members', value }]);
  }
}

async function removeMembers(entra: Entra, groupId: string, userIds: readonly string[]): Promise<void> {
  for (const userId of userIds) membersOf(entra, groupId).delete(userId);
  for (const batch of inBatches(userIds, MAX_MEMBERS_PER_REQUEST)) {
    const operations = entra.flag
      ? batch.map((userId) => ({ op: 'remove', path: `members[value eq "${userId}"]` }))
      : [{ op: 'Remove', path: 'members', value: batch.map((userId) => ({ $ref: null, value: userId })) }];
    await patch(entra, `/Groups/${groupId}`, operations);
  }
}

/** There is no full list on Entra's wire: a restarted job adds everybody again and removes who has left since. */
async function pushMembers(entra: Entra, groupId: string, userIds: readonly string[]): Promise<void> {
  const wanted = new Set(userIds);
  const gone = [...membersOf(entra, groupId)].filter((userId) => !wanted.has(userId));
  await addMembers(entra, groupId, userIds);
  await removeMembers(entra, groupId, gone);
}
