/**
 * The org in memory: records with the indexes that keep a command's cost independent of the org's size.
 * It decides nothing about Adobe's rules. Invariants: a record is replaced, never changed in place; every replacement
 * goes through `putUser`, `dropUser`, `putGroup`, `dropGroup`, so indexes, the undo list of a trial and the list of
 * unsaved changes always agree.
 */
import type { Call, Group, Mail, OrgChange, OrgMeta, OrgState, User } from './state.ts';

export interface Store {
  meta: OrgMeta;
  readonly users: Map<string, User>;
  readonly groups: Map<number, Group>;
  readonly mails: Mail[];
  readonly calls: Call[];
  readonly byEmail: Map<string, Set<string>>;
  readonly byUsername: Map<string, Set<string>>;
  /** Group id to user ids. */
  readonly members: Map<string, Set<string>>;
  /** Profile id to user group ids. */
  readonly attachedTo: Map<string, Set<number>>;
  readonly byName: Map<string, Set<number>>;
  readonly admins: Map<string, Set<string>>;
  readonly unsaved: Unsaved;
  /** Set while a trial runs: how to take its changes back, newest last. */
  undo: (() => void)[] | undefined;
}

interface Unsaved {
  readonly users: Set<string>;
  readonly groups: Set<number>;
  mails: number;
  calls: number;
}

/** Adobe compares names and addresses without case and surrounding blanks (section 12.4, 13). */
export function normal(text: string): string {
  return text.trim().toLowerCase();
}

export function openStore(state: OrgState): Store {
  const store: Store = {
    meta: structuredClone(state.meta),
    users: new Map(),
    groups: new Map(),
    mails: [...state.mails],
    calls: [...state.calls],
    byEmail: new Map(),
    byUsername: new Map(),
    members: new Map(),
    attachedTo: new Map(),
    byName: new Map(),
    admins: new Map(),
    unsaved: { users: new Set(), groups: new Set(), mails: 0, calls: 0 },
    undo: undefined,
  };
  for (const group of state.groups) putGroup(store, group);
  for (const user of state.users) putUser(store, user);
  store.unsaved.users.clear();
  store.unsaved.groups.clear();
  return store;
}

export function dumpStore(store: Store): OrgState {
  return structuredClone({
    version: 1,
    meta: store.meta,
    users: [...store.users.values()],
    groups: [...store.groups.values()],
    mails: store.mails,
    calls: store.calls,
  });
}

export function putUser(store: Store, user: User): void {
  const before = store.users.get(user.id);
  store.undo?.push(() => (before === undefined ? dropUser(store, user.id) : putUser(store, before)));
  if (before !== undefined) unindexUser(store, before);
  store.users.set(user.id, user);
  file(store.byEmail, normal(user.email), user.id);
  file(store.byUsername, normal(user.username), user.id);
  for (const groupId of Object.keys(user.memberships)) file(store.members, groupId, user.id);
  for (const role of user.roles) file(store.admins, role, user.id);
  store.unsaved.users.add(user.id);
}

export function dropUser(store: Store, userId: string): void {
  const before = store.users.get(userId);
  if (before === undefined) return;
  store.undo?.push(() => putUser(store, before));
  unindexUser(store, before);
  store.users.delete(userId);
  store.unsaved.users.add(userId);
}

function unindexUser(store: Store, user: User): void {
  unfile(store.byEmail, normal(user.email), user.id);
  unfile(store.byUsername, normal(user.username), user.id);
  for (const groupId of Object.keys(user.memberships)) unfile(store.members, groupId, user.id);
  for (const role of user.roles) unfile(store.admins, role, user.id);
}

export function putGroup(store: Store, group: Group): void {
  const before = store.groups.get(group.groupId);
  store.undo?.push(() => (before === undefined ? dropGroup(store, group.groupId) : putGroup(store, before)));
  if (before !== undefined) unindexGroup(store, before);
  store.groups.set(group.groupId, group);
  file(store.byName, normal(group.name), group.groupId);
  for (const profileId of attachedIds(group)) file(store.attachedTo, profileId, group.groupId);
  store.unsaved.groups.add(group.groupId);
}

/** Forgets the group itself; its members must have left before. */
export function dropGroup(store: Store, groupId: number): void {
  const before = store.groups.get(groupId);
  if (before === undefined) return;
  store.undo?.push(() => putGroup(store, before));
  unindexGroup(store, before);
  store.groups.delete(groupId);
  store.unsaved.groups.add(groupId);
}

function unindexGroup(store: Store, group: Group): void {
  unfile(store.byName, normal(group.name), group.groupId);
  for (const profileId of attachedIds(group)) unfile(store.attachedTo, profileId, group.groupId);
}

function attachedIds(group: Group): string[] {
  return group.kind === 'userGroup' ? Object.keys(group.attached) : [];
}

function file<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const entries = index.get(key);
  if (entries === undefined) index.set(key, new Set([value]));
  else entries.add(value);
}

function unfile<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const entries = index.get(key);
  entries?.delete(value);
  if (entries?.size === 0) index.delete(key);
}

/** The next number of the org: ids and orders all come from here. */
export function takeNumber(store: Store): number {
  store.meta.nextNumber += 1;
  return store.meta.nextNumber;
}

/** Puts a mail into the outbox; a trial sends none. */
export function addMail(store: Store, mail: Omit<Mail, 'number'>): void {
  if (store.undo !== undefined) return;
  store.mails.push({ number: takeNumber(store), ...mail });
  store.unsaved.mails += 1;
}

export function addCall(store: Store, call: Omit<Call, 'number'>): void {
  store.calls.push({ number: takeNumber(store), ...call });
  store.unsaved.calls += 1;
}

/** Runs `work` and takes back every record that it changed (5.2 `testOnly`). */
export function runAsTrial<T>(store: Store, work: () => T): T {
  const undo: (() => void)[] = [];
  store.undo = undo;
  try {
    return work();
  } finally {
    store.undo = undefined;
    for (const takeBack of undo.reverse()) takeBack();
  }
}

/** Everything changed since the last time it was asked, to be saved before an answer leaves. */
export function takeChange(store: Store): OrgChange {
  const { unsaved } = store;
  const users = [...unsaved.users];
  const groups = [...unsaved.groups];
  const change = {
    meta: store.meta,
    users: users.flatMap((id) => store.users.get(id) ?? []),
    goneUsers: users.filter((id) => !store.users.has(id)),
    groups: groups.flatMap((id) => store.groups.get(id) ?? []),
    goneGroups: groups.filter((id) => !store.groups.has(id)),
    mails: unsaved.mails === 0 ? [] : store.mails.slice(-unsaved.mails),
    calls: unsaved.calls === 0 ? [] : store.calls.slice(-unsaved.calls),
  };
  unsaved.users.clear();
  unsaved.groups.clear();
  unsaved.mails = 0;
  unsaved.calls = 0;
  return change;
}

/** Replays saved changes, oldest first, onto a saved state. */
export function replay(state: OrgState, changes: Iterable<OrgChange>): OrgState {
  const users = new Map(state.users.map((user) => [user.id, user]));
  const groups = new Map(state.groups.map((group) => [group.groupId, group]));
  const mails = [...state.mails];
  const calls = [...state.calls];
  let { meta } = state;
  for (const change of changes) {
    meta = change.meta;
    for (const user of change.users) users.set(user.id, user);
    for (const id of change.goneUsers) users.delete(id);
    for (const group of change.groups) groups.set(group.groupId, group);
    for (const id of change.goneGroups) groups.delete(id);
    mails.push(...change.mails);
    calls.push(...change.calls);
  }
  return { version: 1, meta, users: [...users.values()], groups: [...groups.values()], mails, calls };
}
