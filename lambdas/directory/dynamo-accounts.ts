/**
 * The account's part of a user's transaction: made or taken over on create, re-derived on change, set free on delete
 * (R2-R7, R21). The SCIM side only claims what is free; whatever is contested is left to the drain, which follows it.
 */
import { isDeepStrictEqual } from 'node:util';
import { accountAttributes, idSet, markParts, markWrite } from './account-item.ts';
import { type Context, journalNames, journalWrite, readAccount } from './dynamo-context.ts';
import { type Identities, openIdentities } from './dynamo-identities.ts';
import { Conflict, keyText, type Write } from './dynamo-store.ts';
import { type Derived, deriveIdentity, sameIdentity } from './identity.ts';
import { accountKey, configKey, emailKey, memberKey, watchKey } from './keys.ts';
import {
  type Account,
  AccountId,
  type Connection,
  type ConnectionId,
  type GroupId,
  type Identity,
  type UserId,
  type UserRecord,
  type Wanted,
} from './records.ts';
import type { Fact } from './work.ts';

/** After this long away, memberships from before are no longer believed (R21). */
export const REHIRE_AFTER_MS = 30 * 24 * 3600 * 1000;

interface NewAccount {
  connection: Connection;
  derived: Derived;
  identities: Identities;
  id: UserId;
  active: boolean;
}

/** A fresh account, or the ownerless one whose accepted handle this person has (R5). */
export async function accountForNew(
  ctx: Context,
  input: NewAccount,
): Promise<{ id: AccountId; write: Write }> {
  const { connection, derived, identities, id, active } = input;
  const { identity } = derived;
  const holderId = identity && identities.claimant(identity.email, identity.type);
  const holder = holderId && (await readAccount(ctx, connection.org, holderId));
  const wanted = wantedOf(derived, { active, since: ctx.now(), groups: [], suspended: [] });
  const owner = { connection: connection.id, userId: id };
  if (holder && identity && isFreeToTake(holder, connection.id, identity)) {
    return { id: holder.id, write: takeOverWrite(ctx, holder, { owner, wanted }) };
  }
  const accountId = AccountId.parse(ctx.newId());
  const claims = [];
  if (identity !== undefined && holderId === undefined) {
    identities.claim(identity.email, identity.type, accountId);
    claims.push({ email: identity.email, type: identity.type });
  } else if (identity !== undefined) {
    identities.wait(identity.email, accountId);
  }
  const account: Account = {
    id: accountId,
    org: connection.org,
    connection: connection.id,
    owner,
    wanted,
    applied: { entitlements: {} },
    unknown: {},
    watch: {},
    claims,
    wantedRev: 1,
    ledgerRev: 0,
    touchedAt: ctx.now(),
    status: 'pending',
    attempts: 0,
  };
  const place = markParts({ org: connection.org, id: accountId, now: ctx.now(), kind: 'grant' }).values;
  return {
    id: accountId,
    write: {
      kind: 'put',
      key: accountKey(connection.org, accountId),
      item: { ...accountAttributes(account), wpk: place[':wpk'], wsk: place[':wsk'], wake: ctx.now() },
      condition: 'attribute_not_exists(pk)',
    },
  };
}

function isFreeToTake(holder: Account, c: ConnectionId, identity: Identity): boolean {
  return holder.owner === undefined && holder.connection === c && isAccepted(holder, identity);
}

function takeOverWrite(
  ctx: Context,
  holder: Account,
  next: { owner: NonNullable<Account['owner']>; wanted: Wanted },
): Write {
  const { groups: _groups, suspended: _suspended, ...inputs } = next.wanted;
  const mark = markParts({ org: holder.org, id: holder.id, now: ctx.now(), kind: 'grant' });
  return {
    kind: 'update',
    key: accountKey(holder.org, holder.id),
    expression: `SET ${mark.set}, #owner = :owner, wanted = :wanted, attempts = :zero ADD ${mark.add} REMOVE groups, suspended, #error`,
    condition: 'attribute_not_exists(#owner) AND wantedRev = :wantedRev AND ledgerRev = :ledgerRev',
    names: { ...mark.names, '#owner': 'owner', '#error': 'error' },
    values: {
      ...mark.values,
      ':owner': next.owner,
      ':wanted': inputs,
      ':zero': 0,
      ':wantedRev': holder.wantedRev,
      ':ledgerRev': holder.ledgerRev,
    },
  };
}

export interface AccountChange {
  /** With the journal record; empty when nothing moved at all. */
  readonly writes: Write[];
  /** Whoever is in a group, suspended or not, is shown in it (R21). */
  readonly groups: readonly GroupId[];
}

/** The account's part of a user change. */
export async function accountChange(
  ctx: Context,
  connection: Connection,
  change: { user: UserRecord; next: UserRecord },
): Promise<AccountChange> {
  const account = await readAccount(ctx, connection.org, change.user.accountId);
  // The user was deleted between the two reads: look again.
  if (account === undefined) throw new Conflict();
  const { groups, suspended } = account.wanted;
  const writes = await changeWrites(ctx, connection, { ...change, account });
  return { writes, groups: [...groups, ...suspended] };
}

async function changeWrites(
  ctx: Context,
  connection: Connection,
  { user, next, account }: { user: UserRecord; next: UserRecord; account: Account },
): Promise<Write[]> {
  const derived = deriveIdentity(next.resource, connection.settings);
  const undecided = undecidedWrites(connection, derived);
  const { active } = next.resource;
  const flipped = active !== account.wanted.active;
  const since = flipped ? ctx.now() : account.wanted.since;
  const wanted = wantedOf(derived, { ...account.wanted, active, since });
  const recorded = (suspended: number): Write =>
    journalWrite(ctx, connection.id, factOf(account, { flipped, active, suspended }));
  if (isDeepStrictEqual(plain(wanted), plain(account.wanted))) {
    // Nothing that Adobe could see moved; the change of the resource is on record all the same (I14).
    return next === user ? undecided : [...undecided, recorded(0)];
  }
  const suspend = flipped && active ? await staleGroups(ctx, connection.id, { user, account }) : [];
  const before = account.wanted.identity;
  const stays =
    before !== undefined && derived.identity !== undefined && sameIdentity(before, derived.identity);
  // A claim that stays where it is needs no look at who else claims.
  const touched = stays ? [] : [before?.email, derived.identity?.email];
  const emails = touched.filter((email) => email !== undefined);
  const identities = await openIdentities(ctx, connection.org, emails);
  const moved = moveWantedClaim(account, derived.identity, identities);
  return [
    wantedUpdate(ctx, account, { wanted, claims: moved.claims, suspend, leaver: flipped && !active }),
    ...identities.writes(),
    ...moved.wake.map((id) => markWrite({ org: connection.org, id, now: ctx.now(), kind: 'grant' })),
    recorded(suspend.length),
    ...undecided,
    ...journalNames(account, emailsOf(derived), account.wanted.identity?.email),
  ];
}

function factOf(account: Account, change: { flipped: boolean; active: boolean; suspended: number }): Fact {
  const fact = change.flipped ? (change.active ? 'userActivated' : 'userDeactivated') : 'userChanged';
  return { fact, account: account.id, ...(change.suspended > 0 ? { suspended: change.suspended } : {}) };
}

/** Frees what is neither accepted nor possibly in flight, claims the new identity when it is free, else waits (R3). */
function moveWantedClaim(
  account: Account,
  after: Derived['identity'],
  identities: Identities,
): { claims: Account['claims']; wake: AccountId[] } {
  const before = account.wanted.identity;
  let claims = [...account.claims];
  const wake: AccountId[] = [];
  if (before !== undefined && after !== undefined && sameIdentity(before, after)) return { claims, wake };
  const inFlight = account.intent !== undefined || account.maybe !== undefined;
  if (before !== undefined && !inFlight && !keepsClaim(account, before)) {
    const waiter = identities.release(before.email, before.type, account.id);
    if (waiter !== undefined) wake.push(waiter);
    claims = claims.filter(
      (claim) => emailKey(claim.email) !== emailKey(before.email) || claim.type !== before.type,
    );
  }
  if (before !== undefined) identities.unwait(before.email, account.id);
  if (after === undefined) return { claims, wake };
  const claimant = identities.claimant(after.email, after.type);
  if (claimant === undefined) {
    identities.claim(after.email, after.type, account.id);
    claims = [...claims, { email: after.email, type: after.type }];
  } else if (claimant !== account.id) {
    identities.wait(after.email, account.id);
  }
  return { claims, wake };
}

type Handle = Pick<Identity, 'email' | 'type'>;

/** Whether Adobe knows the account by this handle. */
function isAccepted({ applied: { identity } }: Account, handle: Handle): boolean {
  return (
    identity !== undefined &&
    emailKey(identity.email) === emailKey(handle.email) &&
    identity.type === handle.type
  );
}

/** Whatever is wanted now, the claim stays (R3): Adobe knows the account by it, or may by a rename that still lands (R28). */
function keepsClaim(account: Account, handle: Handle): boolean {
  const mayLand = Object.hasOwn(account.watch, watchKey.rename(handle.email));
  return isAccepted(account, handle) || (mayLand && account.applied.identity?.type === handle.type);
}

interface WantedChange {
  wanted: Wanted;
  claims: Account['claims'];
  suspend: readonly GroupId[];
  leaver: boolean;
}

function wantedUpdate(ctx: Context, account: Account, change: WantedChange): Write {
  const { groups: _groups, suspended: _suspended, ...inputs } = change.wanted;
  const mark = markParts({
    org: account.org,
    id: account.id,
    now: ctx.now(),
    kind: change.leaver ? 'revoke' : 'grant',
  });
  const moving = change.suspend.length > 0;
  return {
    kind: 'update',
    key: accountKey(account.org, account.id),
    expression:
      `SET ${mark.set}, wanted = :wanted, claims = :claims, attempts = :zero ` +
      `ADD ${mark.add}${moving ? ', suspended :suspend DELETE groups :suspend' : ''}`,
    condition: 'wantedRev = :wantedRev AND ledgerRev = :ledgerRev',
    names: mark.names,
    values: {
      ...mark.values,
      ':wanted': inputs,
      ':claims': change.claims,
      ':zero': 0,
      ':wantedRev': account.wantedRev,
      ':ledgerRev': account.ledgerRev,
      ...(moving ? { ':suspend': idSet(change.suspend) } : {}),
    },
  };
}

/** Re-hire after more than 30 days: the groups whose membership is older than the deactivation (R21). */
async function staleGroups(
  ctx: Context,
  c: ConnectionId,
  { user, account }: { user: UserRecord; account: Account },
): Promise<GroupId[]> {
  const leftAt = account.wanted.since;
  if (ctx.now() - leftAt <= REHIRE_AFTER_MS) return [];
  const keys = account.wanted.groups.map((group) => memberKey(c, group, user.id));
  const members = await ctx.store.batchGet(keys);
  return account.wanted.groups.filter((group) => {
    const item = members.get(keyText(memberKey(c, group, user.id)));
    return item !== undefined && Number(item['addedAt']) <= leftAt;
  });
}

/** R7: ownerless, wanted inputs emptied, claims neither accepted nor in flight freed; R6: nothing left = deleted. */
export async function releaseAccount(
  ctx: Context,
  account: Account,
  { settings }: Pick<Connection, 'settings'>,
): Promise<Write[]> {
  const inFlight = account.intent !== undefined || account.maybe !== undefined;
  const leavesOrg =
    settings.onDelete === 'removeFromOrg' &&
    account.origin === 'made' &&
    account.applied.identity !== undefined;
  const ends = isClean(account) && !leavesOrg;
  const freed = account.claims.filter((claim) => ends || (!inFlight && !keepsClaim(account, claim)));
  const wantedEmail = account.wanted.identity?.email;
  const emails = [
    ...account.claims.map((claim) => claim.email),
    ...(wantedEmail === undefined ? [] : [wantedEmail]),
  ];
  const identities = await openIdentities(ctx, account.org, emails);
  const wake = new Set<AccountId>();
  for (const claim of account.claims) {
    const waiter = freed.includes(claim)
      ? identities.release(claim.email, claim.type, account.id)
      : identities.of(claim.email).waiters[0];
    if (waiter !== undefined && waiter !== account.id) wake.add(waiter);
  }
  if (wantedEmail !== undefined) identities.unwait(wantedEmail, account.id);
  const kept = account.claims.filter((claim) => !freed.includes(claim));
  return [
    ends ? endWrite(account) : ownerlessUpdate(ctx, account, kept),
    ...identities.writes(),
    ...[...wake].map((id) => markWrite({ org: account.org, id, now: ctx.now(), kind: 'grant' })),
  ];
}

/** Nothing of this account is at Adobe because of us, and nothing may still land there. */
export function isClean(account: Account): boolean {
  return (
    account.intent === undefined &&
    account.maybe === undefined &&
    Object.keys(account.applied.entitlements).length === 0 &&
    Object.keys(account.unknown).length === 0 &&
    // What may still land is looked at once more, where there is somebody on whom it could land (R28).
    (account.applied.identity === undefined || Object.keys(account.watch).length === 0)
  );
}

/** R6, conditional on both revisions. */
export function endWrite(account: Account): Write {
  return {
    kind: 'delete',
    key: accountKey(account.org, account.id),
    condition: 'wantedRev = :wantedRev AND ledgerRev = :ledgerRev',
    values: { ':wantedRev': account.wantedRev, ':ledgerRev': account.ledgerRev },
  };
}

function ownerlessUpdate(ctx: Context, account: Account, claims: Account['claims']): Write {
  const mark = markParts({ org: account.org, id: account.id, now: ctx.now(), kind: 'revoke' });
  return {
    kind: 'update',
    key: accountKey(account.org, account.id),
    expression: `SET ${mark.set}, wanted = :wanted, claims = :claims ADD ${mark.add} REMOVE #owner, groups, suspended`,
    condition: 'wantedRev = :wantedRev AND ledgerRev = :ledgerRev',
    names: { ...mark.names, '#owner': 'owner' },
    values: {
      ...mark.values,
      ':wanted': { active: false, since: ctx.now() },
      ':claims': claims,
      ':wantedRev': account.wantedRev,
      ':ledgerRev': account.ledgerRev,
    },
  };
}

function wantedOf(derived: Derived, rest: Pick<Wanted, 'active' | 'since' | 'groups' | 'suspended'>): Wanted {
  const { active, since, groups, suspended } = rest;
  return { ...derived, active, since, groups, suspended };
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

export function emailsOf(derived: Derived): string[] {
  return derived.identity === undefined ? [] : [derived.identity.email];
}

/** While people have username and e-mail different and nobody chose, the whole connection only reports. */
export function undecidedWrites(connection: Connection, derived: Derived): Write[] {
  if (derived.problem?.code !== 'username-undecided' || connection['usernameUndecided'] === true) return [];
  return [
    {
      kind: 'update',
      key: configKey(connection.id),
      expression: 'SET usernameUndecided = :yes',
      condition: 'settingsVersion = :version',
      values: { ':yes': true, ':version': connection.settingsVersion },
    },
  ];
}
