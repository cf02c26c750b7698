/**
 * Who is in what, and what follows from a change: access to profiles (directly or through a user group), seats, mail,
 * and the delay before reads show it. All changes of people go through `changeUser`, so that no path forgets the mail.
 */
import { pickBetween, randomHex } from './random.ts';
import type { Group, Profile, ShownUser, User } from './state.ts';
import { addMail, normal, putUser, type Store, takeNumber } from './store.ts';

/** What a change is made with: one call of the API, or one hand action in the console. */
export interface Run {
  readonly store: Store;
  readonly random: () => number;
  /** Epoch milliseconds of the org's clock. */
  readonly at: number;
  readonly by: 'api' | 'console';
}

export function makeUserId(run: Run): string {
  return `${randomHex(run.random, 20).toUpperCase()}@${randomHex(run.random, 12)}.e`;
}

/** Accounts with that e-mail, in the org or not, oldest id first for a stable order. */
export function usersWithEmail(store: Store, email: string): User[] {
  return lookUp(store, store.byEmail.get(normal(email)));
}

export function usersWithUsername(store: Store, username: string): User[] {
  return lookUp(store, store.byUsername.get(normal(username)));
}

function lookUp(store: Store, ids: ReadonlySet<string> | undefined): User[] {
  return [...(ids ?? [])].flatMap((id) => store.users.get(id) ?? []);
}

export function membersOf(store: Store, groupId: number): User[] {
  return lookUp(store, store.members.get(String(groupId)));
}

/** The profiles a person can use, each with the number that orders its members' joining. */
export function accessOf(store: Store, user: ShownUser): Map<number, number> {
  const access = new Map<number, number>();
  if (!user.inOrg) return access;
  for (const [groupId, joined] of Object.entries(user.memberships)) {
    const group = store.groups.get(Number(groupId));
    if (group?.kind === 'profile') keepEarliest(access, group.groupId, joined);
    if (group?.kind !== 'userGroup') continue;
    for (const [profileId, attached] of Object.entries(group.attached)) {
      keepEarliest(access, Number(profileId), Math.max(joined, attached));
    }
  }
  return access;
}

function keepEarliest(access: Map<number, number>, profileId: number, joined: number): void {
  access.set(profileId, Math.min(joined, access.get(profileId) ?? joined));
}

/** Everybody with access to a profile by any path, in order of joining. */
export function peopleInProfile(store: Store, profile: Profile): User[] {
  const groupIds = [profile.groupId, ...(store.attachedTo.get(String(profile.groupId)) ?? [])];
  const people = new Map(groupIds.flatMap((id) => membersOf(store, id)).map((user) => [user.id, user]));
  return [...people.values()]
    .map((user) => ({ user, joined: accessOf(store, user).get(profile.groupId) ?? 0 }))
    .sort((left, right) => left.joined - right.joined)
    .map(({ user }) => user);
}

/** Members who have a seat: the first `quota` of them; a freed seat goes to whoever has waited longest. */
export function licensedIn(store: Store, profile: Profile): Set<string> {
  const people = peopleInProfile(store, profile);
  return new Set(people.slice(0, profile.quota ?? people.length).map(({ id }) => id));
}

/** Replaces a person's record, mails what the change gives and takes, and delays what reads show. */
export function changeUser(run: Run, user: User, change: Partial<ShownUser>): User {
  const before = run.store.users.get(user.id);
  const past = laggingPast(run, before);
  const after: User = { ...user, ...change, past };
  putUser(run.store, after);
  const accessBefore = before === undefined ? new Map<number, number>() : accessOf(run.store, before);
  mailAccessChange(run, after, [accessBefore, accessOf(run.store, after)]);
  return after;
}

function laggingPast(run: Run, before: User | undefined): User['past'] {
  const delayMs = pickBetween(run.random, run.store.meta.knobs.replicationDelayMs);
  const past = (before?.past ?? []).filter(({ until }) => until > run.at);
  if (delayMs === 0) return past;
  const until = Math.max(run.at + delayMs, past.at(-1)?.until ?? 0);
  if (before === undefined) return [...past, { until, was: null }];
  const { past: _, ...was } = before;
  return [...past, { until, was }];
}

/** What reads show of a person at an instant; undefined: nobody yet. */
export function shownAt(user: User, at: number): ShownUser | undefined {
  const lagging = user.past.find(({ until }) => until > at);
  if (lagging === undefined) return user;
  return lagging.was ?? undefined;
}

export function mailAccessChange(
  run: Run,
  user: User,
  [before, after]: readonly [ReadonlyMap<number, number>, ReadonlyMap<number, number>],
): void {
  for (const profileId of after.keys()) {
    if (!before.has(profileId)) mailAbout(run, user, { profileId, kind: 'profileAdded' });
  }
  for (const profileId of before.keys()) {
    if (!after.has(profileId)) mailAbout(run, user, { profileId, kind: 'profileRemoved' });
  }
}

function mailAbout(
  run: Run,
  user: User,
  { profileId, kind }: { profileId: number; kind: 'profileAdded' | 'profileRemoved' },
): void {
  const profile = run.store.groups.get(profileId);
  if (profile?.kind !== 'profile' || !profile.notify) return;
  addMail(run.store, {
    at: run.at,
    to: user.email,
    kind,
    profile: profile.name,
    product: productName(run.store, profile),
    by: run.by,
  });
}

export function productName(store: Store, profile: Profile): string {
  return store.meta.products.find(({ id }) => id === profile.productId)?.name ?? '';
}

export function joinGroup(run: Run, user: User, group: Group): User {
  if (String(group.groupId) in user.memberships) return user;
  return changeUser(run, user, {
    memberships: { ...user.memberships, [group.groupId]: takeNumber(run.store) },
  });
}

export function leaveGroup(run: Run, user: User, group: Group): User {
  const { [String(group.groupId)]: joined, ...memberships } = user.memberships;
  return joined === undefined ? user : changeUser(run, user, { memberships });
}

/** Takes a person out of the org and everything in it; the account stays in its directory (6.4). */
export function leaveOrg(run: Run, user: User): User {
  return changeUser(run, user, { inOrg: false, memberships: {}, roles: [] });
}
