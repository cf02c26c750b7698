/**
 * Every partition and sort key of the table, in one place (design.md section 4).
 * Strings that a client chose enter a key only as the SHA-256 of their normal form: long values would break
 * DynamoDB's key limits, and a digest cannot be crafted to collide with a key of another kind (T13, T20).
 */
import { createHash } from 'node:crypto';
import { normal } from './normal.ts';
import type { AccountId, ConnectionId, GroupId, OrgKey, UserId } from './records.ts';

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** Digest of the parts with their lengths, so that ("ab","c") and ("a","bc") differ (T20). */
export function digest(...parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('base64url');
}

/** Normal form of an e-mail or name as compared everywhere; the key of claims, waiters and knowledge. */
export function emailKey(email: string): string {
  return normal(email.trim());
}

/** Normal form of a profile's or user group's name (`umapi.md` 12: trimmed, any case). */
export function entitlementKey(name: string): string {
  return normal(name.trim());
}

/** What an account's watch list has beside entitlements (R28); no entitlement has one of these keys. */
export const watchKey = {
  /** First and last name. */
  names: ' names',
  /** A rename to this address. */
  rename: (email: string): string => `${RENAME}${digest(emailKey(email))}`,
  isRename: (key: string): boolean => key.startsWith(RENAME),
};
const RENAME = ' to ';

/** Rules are named after the group they speak of: one rule per group name (R11). */
export function ruleIdOf(rule: { everyone?: boolean; group?: string | undefined }): string {
  return rule.group === undefined ? 'everyone' : digest(normal(rule.group.trim()));
}

export const userKey = (c: ConnectionId, id: UserId): Key => ({ pk: `${c}#U`, sk: id });
export const groupKey = (c: ConnectionId, id: GroupId): Key => ({ pk: `${c}#G`, sk: id });
export const membersPk = (c: ConnectionId, group: GroupId): string => `${c}#G#${group}`;
export const memberKey = (c: ConnectionId, group: GroupId, user: UserId): Key => ({
  pk: membersPk(c, group),
  sk: user,
});
export const userNameKey = (c: ConnectionId, userName: string): Key => ({
  pk: `${c}#UN#${digest(normal(userName))}`,
  sk: '-',
});
export const groupNameKey = (c: ConnectionId, displayName: string): Key => ({
  pk: `${c}#GN#${digest(normal(displayName.trim()))}`,
  sk: '-',
});
/** `externalId` is case exact and opaque (RFC 7643 section 3.1, T13). */
export const externalIdPk = (c: ConnectionId, type: 'U' | 'G' | 'B', externalId: string): string =>
  `${c}#X#${type}#${digest(externalId)}`;
export const emailPk = (c: ConnectionId, email: string): string => `${c}#E#${digest(emailKey(email))}`;
export const counterPk = (c: ConnectionId): string => `${c}#N`;
/** Of one walker: after deletes the same index is another place for somebody else's walk. */
export const positionKey = (
  c: ConnectionId,
  {
    type,
    walker,
    startIndex,
  }: { readonly type: 'U' | 'G'; readonly walker: string; readonly startIndex: number },
): Key => ({
  pk: `${c}#POS#${type}#${walker}`,
  sk: String(startIndex).padStart(12, '0'),
});

export const accountKey = (o: OrgKey, id: AccountId): Key => ({ pk: `${o}#A#${id}`, sk: '-' });
export const identityKey = (o: OrgKey, email: string): Key => identityKeyOf(o, digest(emailKey(email)));
export const identityKeyOf = (o: OrgKey, emailDigest: string): Key => ({
  pk: `${o}#I#${emailDigest}`,
  sk: '-',
});

export const configKey = (owner: ConnectionId | OrgKey): Key => ({ pk: owner, sk: 'CONFIG' });
export const rulesPrefix = (version: number): string => `RULE#${String(version).padStart(8, '0')}#`;
export const ruleKey = (c: ConnectionId, version: number, rule: string): Key => ({
  pk: c,
  sk: `${rulesPrefix(version)}${rule}`,
});
export const bindingKey = (c: ConnectionId, rule: string): Key => ({ pk: c, sk: `BIND#${rule}` });
export const sweepKey = (owner: ConnectionId | OrgKey, id: string): Key => ({ pk: owner, sk: `SWEEP#${id}` });
/** Who holds what because of us, in numbers: items that the changes of accounts are spread over. */
export const figuresKey = (o: OrgKey, shard: string): Key => ({ pk: `${o}#HELD`, sk: shard });
export const removedPk = (o: OrgKey): string => `${o}#REMOVED`;
const holdNumber = (id: number): string => String(id).padStart(8, '0');
export const holdKey = (o: OrgKey, id: number): Key => ({ pk: o, sk: `HOLD#${holdNumber(id)}` });
/** The list of a hold, in the order of its numbers. */
export const heldPk = (o: OrgKey, hold: number): string => `${o}#HOLD#${holdNumber(hold)}`;
export const heldKey = (o: OrgKey, hold: number, seq: number): Key => ({
  pk: heldPk(o, hold),
  sk: String(seq).padStart(8, '0'),
});
/** What stops the bridge as a whole; capitals, so that no connection can be called like it. */
export const bridgeKey: Key = { pk: 'BRIDGE', sk: 'CONFIG' };
/** When something of this kind was last told to people. */
export const toldKey = (o: OrgKey, what: string): Key => ({ pk: o, sk: `TOLD#${what}` });
/** A partition of its own, so that every function may be let in to it and to nothing beside it. */
export const schemaKey: Key = { pk: 'SCHEMA', sk: '-' };
export const faultKey = (o: OrgKey, scope: string): Key => ({ pk: o, sk: `FAULT#${digest(scope)}` });
/** Remembers the name behind a parked partition's digest. */
export const parkedScopeKey = (o: OrgKey, scope: string): Key => ({ pk: o, sk: `PARK#${digest(scope)}` });
export const catalogueKey = (o: OrgKey, groupId: string): Key => ({ pk: o, sk: `CAT#${groupId}` });
export const leaseKey = (o: OrgKey, of?: 'reconcile'): Key => ({
  pk: o,
  sk: of === undefined ? 'LEASE' : 'LEASE#RECONCILE',
});
export const domainsKey = (o: OrgKey): Key => ({ pk: o, sk: 'DOMAINS' });
export const reconcileKey = (o: OrgKey): Key => ({ pk: o, sk: 'RECONCILE' });
/** The account has a drift record (R34). */
export const driftKey = (o: OrgKey, id: AccountId): Key => ({ pk: o, sk: `DRIFT#${id}` });
export const strangersKey = (o: OrgKey): Key => ({ pk: o, sk: 'STRANGERS' });
/** Digests of the addresses that a listing showed, in chunks. */
export const listedKey = (o: OrgKey, startedAt: number, chunk: number): Key => ({
  pk: o,
  sk: `LISTED#${instantKey(startedAt)}#${String(chunk).padStart(4, '0')}`,
});
export const budgetKey = (clientId: string, endpoint: string): Key => ({ pk: `B#${clientId}`, sk: endpoint });
export const tokenKey = (tokenId: string): Key => ({ pk: `T#${tokenId}`, sk: '-' });
export const tokenIndexKey = (c: ConnectionId, tokenId: string): Key => ({ pk: c, sk: `TOKEN#${tokenId}` });
/** Wrong credentials that one network presented in one minute (T10). */
export const refusalsKey = (network: string, minute: number): Key => ({
  pk: `F#${network}`,
  sk: String(minute).padStart(12, '0'),
});

/** 16 digits hold every instant until the year 300,000 and sort as text. */
export function instantKey(epochMs: number): string {
  return String(Math.max(0, Math.floor(epochMs))).padStart(16, '0');
}

/** Partitions of the sparse index `work` (R16). */
export const workPartition = {
  run: (o: OrgKey): string => `${o}#run`,
  held: (o: OrgKey): string => `${o}#held`,
  timer: (o: OrgKey): string => `${o}#timer`,
  parked: (o: OrgKey, on: string): string => `${o}#parked#${digest(on)}`,
};
