/**
 * The four reads of `umapi.md` section 11, as answers. They show what replication has brought to light, not always the
 * truth; page contents are stable from call to call, the order inside a page is not.
 */
import { fault } from './errors.ts';
import { groupEntries } from './group-entries.ts';
import { json, rejected } from './http.ts';
import { resolveName, roleName } from './names.ts';
import { accessOf, licensedIn, membersOf, peopleInProfile, type Run, shownAt } from './people.ts';
import { shuffle } from './random.ts';
import type { Group, ShownUser, User } from './state.ts';
import { normal, type Store } from './store.ts';
import { directoryOf, domainOf } from './subject.ts';
import { pickFor } from './user-steps.ts';

/** Users of the org (11.1). */
export function listUsers(run: Run, page: number, query: URLSearchParams): Response {
  const domain = query.get('domain');
  const shown = [...run.store.users.values()]
    .flatMap((user) => shownAt(user, run.at) ?? [])
    .filter((user) => user.inOrg && isListed(user))
    .filter((user) => domain === null || inDomain(user, normal(domain)))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
  const directOnly = isDirectOnly(query);
  const { usersPageSize: size } = run.store.meta.knobs;
  return answerPage(run, shown, {
    page,
    size,
    key: 'users',
    fields: {},
    // Technical accounts count for pages and totals and are left out of the body.
    show: (user) =>
      user.technical ? [] : [userEntry(run.store, user, { directOnly, withGroups: true, withId: true })],
  });
}

function isListed({ technical, status }: ShownUser): boolean {
  return technical || status === 'active';
}

function inDomain(user: ShownUser, domain: string): boolean {
  return normal(user.domain) === domain || domainOf(user.email) === domain;
}

function isDirectOnly(query: URLSearchParams): boolean {
  return query.get('directOnly')?.toLowerCase() !== 'false';
}

/** Users of a group, profile or admin group (11.2); `segment` is the undecoded last part of the path. */
export function listGroupUsers(
  run: Run,
  segment: string,
  { page, query }: { page: number; query: URLSearchParams },
): Response {
  const name = decodeURIComponent(segment);
  const found = findListed(run, name);
  if (found === undefined) {
    return json(404, {
      lastPage: false,
      result: 'error.group.not_found',
      message: `Not found: Group ${name}`,
    });
  }
  const directOnly = isDirectOnly(query);
  const withGroups = query.get('excludeGroups')?.toLowerCase() !== 'true';
  const people = found.people(directOnly, query.get('status'));
  return answerPage(run, people, {
    page,
    size: run.store.meta.knobs.usersPageSize,
    key: 'users',
    fields: { groupName: found.name },
    show: (user) => [userEntry(run.store, user, { directOnly, withGroups, withId: true })],
  });
}

interface Listed {
  readonly name: string;
  people(directOnly: boolean, status: string | null): ShownUser[];
}

function findListed(run: Run, name: string): Listed | undefined {
  const { store } = run;
  if (/^\d+$/.test(name) && store.groups.has(Number(name))) return listedGroup(run, Number(name));
  if (name.includes('/')) return undefined;
  // A name is cut at a dot that a space follows, however it is encoded (11.2).
  const cut = store.meta.knobs.truncateNamesAtDot ? (name.split('. ')[0] ?? name) : name;
  const adminRole = Object.entries(store.meta.adminGroupIds).find(([, id]) => String(id) === name)?.[0];
  const named =
    adminRole === undefined
      ? resolveName(store, cut, pickFor(run))
      : { kind: 'role' as const, role: adminRole };
  if (named.kind === 'unknown') return undefined;
  if (named.kind === 'group') return listedGroup(run, named.group.groupId);
  const holders = [...(store.admins.get(named.role) ?? [])].flatMap((id) => store.users.get(id) ?? []);
  return {
    name: roleName(store, named.role) ?? cut,
    people: () => visible(run, holders, (user) => user.roles.includes(named.role)),
  };
}

function listedGroup(run: Run, groupId: number): Listed | undefined {
  const group = run.store.groups.get(groupId);
  if (group === undefined) return undefined;
  return {
    name: group.name,
    people(directOnly, status) {
      const candidates = lagging(run) ? [...run.store.users.values()] : candidatesOf(run.store, group);
      const key = String(groupId);
      const belongs = (user: ShownUser): boolean =>
        key in user.memberships || (!directOnly && accessOf(run.store, user).has(groupId));
      const licensed = group.kind === 'profile' && status !== null ? licensedIn(run.store, group) : undefined;
      return visible(run, candidates, belongs).filter(
        ({ id }) => licensed === undefined || licensed.has(id) === (status === 'active'),
      );
    },
  };
}

function candidatesOf(store: Store, group: Group): User[] {
  return group.kind === 'profile' ? peopleInProfile(store, group) : membersOf(store, group.groupId);
}

/** With a replication delay a read may still show those who have left. */
function lagging(run: Run): boolean {
  return run.store.meta.knobs.replicationDelayMs[1] > 0;
}

function visible(run: Run, users: readonly User[], belongs: (user: ShownUser) => boolean): ShownUser[] {
  return users
    .flatMap((user) => shownAt(user, run.at) ?? [])
    .filter((user) => user.inOrg && user.status === 'active' && !user.technical && belongs(user))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** One user (11.3): e-mail or bare name in any letter case; `domain` tells the identities of one e-mail apart. */
export function readUser(run: Run, segment: string, query: URLSearchParams): Response {
  const wanted = decodeURIComponent(segment);
  const domain = query.get('domain');
  if (!wanted.includes('@') && domain === null) {
    return rejected(400, 'error.user.email.invalid', fault('error.user.email.invalid').message);
  }
  const index = wanted.includes('@') ? run.store.byEmail : run.store.byUsername;
  const ids = lagging(run) ? run.store.users.keys() : (index.get(normal(wanted)) ?? []);
  const users = [...ids]
    .flatMap((id) => run.store.users.get(id) ?? [])
    .flatMap((user) => shownAt(user, run.at) ?? [])
    .filter((user) => user.inOrg && isNamed(user, wanted) && matchesDomain(run.store, user, domain));
  const user = users.find(({ type }) => type !== 'adobeID') ?? users[0];
  if (user === undefined) return rejected(404, 'error.user.not_found', `User not found ${wanted}`);
  const entry = userEntry(run.store, user, { directOnly: true, withGroups: true, withId: false });
  return json(200, { result: 'success', user: entry });
}

function isNamed(user: ShownUser, wanted: string): boolean {
  return normal(wanted.includes('@') ? user.email : user.username) === normal(wanted);
}

function matchesDomain(store: Store, user: ShownUser, domain: string | null): boolean {
  if (domain === null) return true;
  if (normal(domain) === 'adobeid') return user.type === 'adobeID';
  return user.type !== 'adobeID' && directoryOf(store, user.domain) === directoryOf(store, domain);
}

/** Groups, profiles and admin groups (11.4). */
export function listGroups(run: Run, page: number): Response {
  const { groupsPageSize: size } = run.store.meta.knobs;
  const rows = groupEntries(run.store);
  return answerPage(run, rows, { page, size, key: 'groups', fields: {}, show: (entry) => [entry] });
}

/** A user as reads show one; empty fields are left out (11.1). */
function userEntry(
  store: Store,
  user: ShownUser,
  { directOnly, withGroups, withId }: { directOnly: boolean; withGroups: boolean; withId: boolean },
): Record<string, unknown> {
  const { id, email, status, username, domain, firstname, lastname, country, type } = user;
  const groups = withGroups ? groupNames(store, user, directOnly) : [];
  return {
    ...(withId ? { id } : {}),
    email,
    status,
    username,
    domain,
    ...(firstname ? { firstname } : {}),
    ...(lastname ? { lastname } : {}),
    ...(country ? { country } : {}),
    type,
    ...(groups.length === 0 ? {} : { groups }),
  };
}

function groupNames(store: Store, user: ShownUser, directOnly: boolean): string[] {
  const ids = new Set(Object.keys(user.memberships).map(Number));
  if (!directOnly) for (const profileId of accessOf(store, user).keys()) ids.add(profileId);
  const names = [...ids].flatMap((id) => store.groups.get(id)?.name ?? []);
  return [...names, ...user.roles.flatMap((role) => roleName(store, role) ?? [])];
}

interface PageWish<T> {
  readonly page: number;
  readonly size: number;
  readonly key: 'users' | 'groups';
  readonly fields: Readonly<Record<string, unknown>>;
  show(row: T): Record<string, unknown>[];
}

function answerPage<T>(run: Run, rows: readonly T[], wish: PageWish<T>): Response {
  const { knobs } = run.store.meta;
  const pageCount = Math.max(1, Math.ceil(rows.length / wish.size));
  const beyond = wish.page >= pageCount;
  if (beyond && knobs.beyondEnd === '404') {
    return json(404, { lastPage: true, result: 'Not found', ...wish.fields });
  }
  if (beyond && knobs.beyondEnd === 'not found result')
    return json(200, { lastPage: true, result: 'Not found' });
  const page = Math.min(wish.page, pageCount - 1);
  const start = page === 0 ? 0 : page * wish.size - Math.min(knobs.pageOverlap, wish.size);
  const cut = rows.slice(start, (page + 1) * wish.size);
  const ordered = knobs.shuffleReads ? shuffle(run.random, cut) : cut;
  const body = {
    lastPage: page === pageCount - 1,
    result: 'success',
    ...wish.fields,
    [wish.key]: ordered.flatMap((row) => wish.show(row)),
  };
  return json(200, body, {
    'X-Total-Count': String(rows.length),
    'X-Page-Count': String(pageCount),
    'X-Current-Page': String(page),
    'X-Page-Size': String(wish.size),
  });
}
