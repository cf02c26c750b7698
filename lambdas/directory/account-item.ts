/**
 * How an account is laid out as an item, and the one way its mark and its place in the `work` index are written.
 * Group ids are a top-level set of 16-byte binaries: adding one is an `ADD`, never a read-modify-write (T41).
 * Invariant: index keys are present exactly while there is something to do or an intent stands (R1).
 */

import type { Item, Write } from './dynamo-store.ts';
import { bytesOf, uuidOf } from './ids.ts';
import { accountKey, instantKey, workPartition } from './keys.ts';
import { Account, type AccountId, GroupId, type OrgKey, SCHEMA_VERSION } from './records.ts';

export function accountOf(item: Item): Account {
  const wanted = {
    ...(item['wanted'] as object),
    groups: idsOf(item['groups']),
    suspended: idsOf(item['suspended']),
  };
  const id = String(item['pk']).split('#A#')[1];
  return Account.parse({ ...item, id, wanted });
}

/** The attributes of a new account's item, without its key. */
export function accountAttributes(account: Account): Item {
  const { wanted, id: _id, ...rest } = account;
  const { groups, suspended, ...inputs } = wanted;
  return {
    ...rest,
    wanted: inputs,
    ...(groups.length > 0 ? { groups: idSet(groups) } : {}),
    ...(suspended.length > 0 ? { suspended: idSet(suspended) } : {}),
    v: SCHEMA_VERSION,
  };
}

export function idSet(ids: readonly string[]): Set<Uint8Array> {
  return new Set(ids.map(bytesOf));
}

/** The groups of an account's item, suspended ones with them (R21): what the identity provider put the person into. */
export function groupIdsOf(item: Item): GroupId[] {
  return [...idsOf(item['groups']), ...idsOf(item['suspended'])];
}

function idsOf(value: unknown): GroupId[] {
  if (!(value instanceof Set)) return [];
  return [...value].map((bytes: Uint8Array) => GroupId.parse(uuidOf(bytes))).sort();
}

/** `run` sorts revoke before grant, then by due time. */
function runKey(kind: 'revoke' | 'grant', at: number, id: AccountId): string {
  return `${kind === 'revoke' ? 0 : 1}#${instantKey(at)}#${id}`;
}

export interface Mark {
  readonly org: OrgKey;
  readonly id: AccountId;
  readonly now: number;
  readonly kind: 'revoke' | 'grant';
}

/**
 * The expression parts that mark an account stale: wantedRev moves, the account enters `run`, and a later grant mark
 * never demotes a revoke that still waits there (R16: `urgent` holds the revoke's key until a drain took it).
 */
export function markParts({ org, id, now, kind }: Mark): {
  set: string;
  add: string;
  names: Record<string, string>;
  values: Record<string, unknown>;
} {
  const key = runKey(kind, now, id);
  const place = kind === 'revoke' ? 'wsk = :wsk, urgent = :wsk' : 'wsk = if_not_exists(urgent, :wsk)';
  return {
    set: `wpk = :wpk, ${place}, wake = :now, touchedAt = :now, #status = :pending`,
    add: 'wantedRev :one',
    names: { '#status': 'status' },
    values: { ':wpk': workPartition.run(org), ':wsk': key, ':now': now, ':one': 1, ':pending': 'pending' },
  };
}

/** Marks an account and nothing else: sweeps, freed claims, due timers. A missing account fails the condition. */
export function markWrite(mark: Mark): Write {
  const parts = markParts(mark);
  return {
    kind: 'update',
    key: accountKey(mark.org, mark.id),
    expression: `SET ${parts.set} ADD ${parts.add}`,
    condition: 'attribute_exists(pk)',
    names: parts.names,
    values: parts.values,
  };
}

/** Where an account stands after a decision; `none` takes it out of the index. */
export type Place =
  | { readonly kind: 'none' }
  | { readonly kind: 'run'; readonly urgent: boolean }
  | { readonly kind: 'timer'; readonly due: number }
  | { readonly kind: 'held' }
  | { readonly kind: 'parked'; readonly on: string };

export function placeKeys(
  org: OrgKey,
  id: AccountId,
  place: Place,
  now: number,
): { wpk: string; wsk: string } | undefined {
  switch (place.kind) {
    case 'none':
      return undefined;
    case 'run':
      return { wpk: workPartition.run(org), wsk: runKey(place.urgent ? 'revoke' : 'grant', now, id) };
    case 'timer':
      return { wpk: workPartition.timer(org), wsk: `${instantKey(place.due)}#${id}` };
    case 'held':
      return { wpk: workPartition.held(org), wsk: `${instantKey(now)}#${id}` };
    case 'parked':
      return { wpk: workPartition.parked(org, place.on), wsk: `${instantKey(now)}#${id}` };
  }
}
