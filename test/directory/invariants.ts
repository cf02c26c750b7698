/**
 * What must be true of a whole table at rest, worked out from a dump: every reference has its other end, every counter
 * its number. Work that a sweep has still to do is allowed, and nothing else is.
 *
 * It reads keys by their shape and shares no code with the directory but the digests in them.
 */
import { digest, emailKey } from '../../lambdas/directory/keys.ts';
import { normal } from '../../lambdas/directory/normal.ts';
import type { Item } from './fixture.ts';

interface Table {
  readonly items: readonly Item[];
  at(pk: string, sk?: string): Item | undefined;
  like(pk: RegExp, sk?: RegExp): Item[];
}

interface Row {
  readonly user: string;
  readonly group: string;
  readonly account: string;
}

/** One sentence per broken invariant; empty when the table is sound. */
export function findBroken(items: readonly Item[], c = 'okta', o = 'acme'): string[] {
  const byKey = new Map(items.map((item) => [`${item['pk']}|${item['sk']}`, item]));
  const table: Table = {
    items,
    at: (pk, sk = '-') => byKey.get(`${pk}|${sk}`),
    like: (pk, sk = /./) =>
      items.filter((item) => pk.test(String(item['pk'])) && sk.test(String(item['sk']))),
  };
  return [
    ...brokenUsers(table, c, o),
    ...brokenGroups(table, c),
    ...brokenMemberships(table, c, o),
    ...brokenClaims(table, o),
    ...brokenIndex(table, o),
    ...brokenCounters(table, c),
    ...brokenFigures(table, o),
  ];
}

function brokenUsers(table: Table, c: string, o: string): string[] {
  const users = table.like(new RegExp(`^${c}#U$`));
  const expected = new Set<string>();
  const broken: string[] = [];
  for (const user of users) {
    const id = String(user['sk']);
    const resource = user['resource'] as {
      userName: string;
      externalId?: string;
      emails?: { value?: string }[];
    };
    const guard = table.at(`${c}#UN#${digest(normal(resource.userName))}`);
    if (guard?.['userId'] !== id) broken.push(`user ${id} does not stand on the guard of its name`);
    const account = table.at(`${o}#A#${user['accountId']}`);
    const owner = account?.['owner'] as { userId?: string } | undefined;
    if (owner?.userId !== id) broken.push(`the account of user ${id} is not owned by it`);
    if (resource.externalId !== undefined) expected.add(`${c}#X#U#${digest(resource.externalId)}|${id}`);
    for (const email of resource.emails ?? []) {
      if (email.value) expected.add(`${c}#E#${digest(emailKey(email.value))}|${id}`);
    }
  }
  const guards = table.like(new RegExp(`^${c}#UN#`));
  if (guards.length !== users.length)
    broken.push(`${guards.length} user name guards for ${users.length} users`);
  const owned = table.like(new RegExp(`^${o}#A#`)).filter((account) => account['owner'] !== undefined);
  const ours = owned.filter((account) => (account['owner'] as { connection: string }).connection === c);
  if (ours.length !== users.length) broken.push(`${ours.length} owned accounts for ${users.length} users`);
  return [
    ...broken,
    ...differing(`${c} user look-ups`, expected, rowsOf(table, new RegExp(`^${c}#(X#U|E)#`))),
  ];
}

function rowsOf(table: Table, pk: RegExp): Set<string> {
  return new Set(table.like(pk).map((item) => `${item['pk']}|${item['sk']}`));
}

function differing(what: string, expected: ReadonlySet<string>, found: ReadonlySet<string>): string[] {
  const missing = [...expected].filter((one) => !found.has(one));
  const stray = [...found].filter((one) => !expected.has(one));
  return [
    ...missing.map((one) => `${what}: ${one} is missing`),
    ...stray.map((one) => `${what}: ${one} is stray`),
  ];
}

function brokenGroups(table: Table, c: string): string[] {
  const groups = table.like(new RegExp(`^${c}#G$`)).filter((group) => group['state'] === 'live');
  const names = new Set<string>();
  const externals = new Set<string>();
  for (const group of groups) {
    names.add(`${c}#GN#${digest(normal(String(group['displayName']).trim()))}|${group['sk']}`);
    if (group['externalId'] !== undefined) {
      externals.add(`${c}#X#G#${digest(String(group['externalId']))}|${group['sk']}`);
    }
  }
  const guards = table.like(new RegExp(`^${c}#GN#`)).filter((guard) => guard['groupId'] !== undefined);
  const live = new Set(groups.map((group) => group['sk']));
  const bound = table.like(new RegExp(`^${c}$`), /^BIND#/).filter((one) => one['state'] === 'bound');
  return [
    ...differing(
      `${c} group names`,
      names,
      new Set(guards.map((guard) => `${guard['pk']}|${guard['groupId']}`)),
    ),
    ...differing(`${c} group look-ups`, externals, rowsOf(table, new RegExp(`^${c}#X#G#`))),
    ...bound
      .filter((one) => !live.has(one['groupId']))
      .map((one) => `rule ${one['rule']} is bound to no live group`),
  ];
}

/** A membership row and the group id on its user's account are one fact written twice; both or neither. */
function brokenMemberships(table: Table, c: string, o: string): string[] {
  const sweeps = table.like(new RegExp(`^${c}$`), /^SWEEP#/);
  const deletingGroups = new Set(
    sweeps.filter((one) => one['kind'] === 'groupDeleted').map((one) => one['groupId']),
  );
  const leavingUsers = new Set(
    sweeps.filter((one) => one['kind'] === 'userDeleted').map((one) => one['userId']),
  );
  const broken: string[] = [];
  const rows = new Set<string>();
  for (const row of membershipRows(table, c)) {
    if (leavingUsers.has(row.user)) continue;
    rows.add(`${row.user} in ${row.group} by ${row.account}`);
    const group = table.at(`${c}#G`, row.group);
    if (table.at(`${c}#U`, row.user) === undefined)
      broken.push(`member ${row.user} of ${row.group} is no user`);
    if (group?.['state'] !== 'live' && !deletingGroups.has(row.group)) {
      broken.push(`user ${row.user} is a member of ${row.group}, which is no group`);
    }
  }
  const listed = new Set<string>();
  for (const account of table.like(new RegExp(`^${o}#A#`))) {
    const owner = account['owner'] as { connection: string; userId: string } | undefined;
    for (const group of [...idsIn(account['groups']), ...idsIn(account['suspended'])]) {
      if (owner === undefined) broken.push(`ownerless account ${account['pk']} wants the group ${group}`);
      if (owner?.connection === c)
        listed.add(`${owner.userId} in ${group} by ${String(account['pk']).split('#')[2]}`);
    }
  }
  return [...broken, ...differing(`${c} memberships on accounts`, rows, listed)];
}

function membershipRows(table: Table, c: string): Row[] {
  return table.like(new RegExp(`^${c}#G#`)).map((item) => ({
    user: String(item['sk']),
    group: String(item['pk']).slice(`${c}#G#`.length),
    account: String(item['accountId']),
  }));
}

function idsIn(value: unknown): string[] {
  if (!(value instanceof Set)) return [];
  return [...(value as Set<Uint8Array>)].map((bytes) => {
    const hex = Buffer.from(bytes).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  });
}

/** R3, R4: claims on accounts and on identity items are one fact; a waiter exists and wants what it waits for. */
function brokenClaims(table: Table, o: string): string[] {
  const broken: string[] = [];
  const onAccounts = new Set<string>();
  const onItems = new Set<string>();
  for (const account of table.like(new RegExp(`^${o}#A#`))) {
    const id = String(account['pk']).split('#')[2];
    for (const one of account['claims'] as { email: string; type: string }[]) {
      onAccounts.add(`${emailKey(one.email)} ${one.type} ${id}`);
    }
  }
  for (const item of table.like(new RegExp(`^${o}#I#`))) {
    const email = emailKey(String(item['email']));
    for (const [type, id] of Object.entries(item['claims'] as Record<string, string>))
      onItems.add(`${email} ${type} ${id}`);
    for (const id of item['waiters'] as string[]) {
      const waiter = table.at(`${o}#A#${id}`);
      const wanted = (waiter?.['wanted'] as { identity?: { email: string } } | undefined)?.identity;
      if (wanted === undefined) broken.push(`waiter ${id} of ${email} wants no identity`);
      else if (emailKey(wanted.email) !== email)
        broken.push(`waiter ${id} of ${email} wants ${wanted.email}`);
    }
  }
  return [...broken, ...differing(`${o} claims on identity items`, onAccounts, onItems)];
}

/** R1, R16: in the index exactly while there is something to do or an intent stands. */
function brokenIndex(table: Table, o: string): string[] {
  return table.like(new RegExp(`^${o}#A#`)).flatMap((account) => {
    const there = account['wpk'] !== undefined && account['wsk'] !== undefined;
    const needed = account['status'] !== 'idle' || account['intent'] !== undefined;
    if ((account['wpk'] === undefined) !== (account['wsk'] === undefined))
      return [`${account['pk']} has half a place`];
    return there === needed
      ? []
      : [`${account['pk']} is ${account['status']} and ${there ? '' : 'not '}in the index`];
  });
}

function brokenCounters(table: Table, c: string): string[] {
  const shards = table.like(new RegExp(`^${c}#N$`));
  const sum = (what: string): number => shards.reduce((total, shard) => total + Number(shard[what]), 0);
  const users = table.like(new RegExp(`^${c}#U$`)).length;
  const groups = table.like(new RegExp(`^${c}#G$`)).filter((group) => group['state'] === 'live').length;
  return [
    ...(sum('users') === users ? [] : [`${users} users are counted as ${sum('users')}`]),
    ...(sum('groups') === groups ? [] : [`${groups} groups are counted as ${sum('groups')}`]),
  ];
}

/** What the removal limit is judged by: who holds what because of us, counted from the accounts themselves. */
function brokenFigures(table: Table, o: string): string[] {
  const found = new Map<string, number>();
  const count = (into: Map<string, number>, name: string, by: number): void => {
    const sum = (into.get(name) ?? 0) + by;
    if (sum === 0) into.delete(name);
    else into.set(name, sum);
  };
  for (const account of table.like(new RegExp(`^${o}#A#`))) {
    const { entitlements } = account['applied'] as { entitlements: object };
    const keys = Object.keys(entitlements);
    if (keys.length > 0) count(found, 'people', 1);
    for (const key of keys) count(found, `h:${key}`, 1);
  }
  const counted = new Map<string, number>();
  for (const shard of table.like(new RegExp(`^${o}#HELD$`))) {
    for (const [name, value] of Object.entries(shard)) {
      if (name === 'people' || name.startsWith('h:')) count(counted, name, Number(value));
    }
  }
  return [...new Set([...found.keys(), ...counted.keys()])]
    .filter((name) => found.get(name) !== counted.get(name))
    .map((name) => `${name} of ${o} are counted as ${counted.get(name) ?? 0}, not ${found.get(name) ?? 0}`);
}
