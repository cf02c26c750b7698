/**
 * What we know of an e-mail at Adobe, and how old that is (R19). A single-user read or an acknowledged write stands on
 * the identity item; a complete listing counts for everybody, also for absence, from the moment it began.
 */
import { emailKey } from '../directory/keys.ts';
import type { Identity, IdentityItem, ObservedUser, Org } from '../directory/records.ts';

export interface Knowledge {
  readonly at: number;
  /** Empty: Adobe held nobody under this e-mail. */
  readonly users: readonly ObservedUser[];
}

/** Older knowledge does not count before a first write. */
export const KNOWLEDGE_LIFE_MS = 24 * 3600 * 1000;
/** Observed entitlements may spare a grant only when younger than this (R20); newer reads are preferred up to this age. */
export const FRESH_MS = 15 * 60 * 1000;

export function knowledgeOf(item: IdentityItem | undefined, org: Org): Knowledge | undefined {
  const seen = item?.observed;
  const listedAt = org.listing?.startedAt;
  if (listedAt === undefined || (seen !== undefined && seen.at >= listedAt)) return seen;
  // The listing left untouched what it found unchanged; who is not listed was not there.
  return { at: listedAt, users: seen?.listed === true ? seen.users : [] };
}

/** A Business ID is whatever Adobe linked it to; otherwise the types must agree (R2, T17). */
export function isOfType(user: ObservedUser, { type, as }: Pick<Identity, 'type' | 'as'>): boolean {
  return type === 'businessID' || user.type.toLowerCase() === (as ?? type).toLowerCase();
}

/** A read may answer for somebody whose username, not e-mail, was asked for: that person blocks, but is not ours. */
export function foundUser(
  knowledge: Knowledge | undefined,
  identity: Pick<Identity, 'email' | 'type' | 'as'>,
): ObservedUser | undefined {
  return knowledge?.users.find(
    (user) => emailKey(user.email) === emailKey(identity.email) && isOfType(user, identity),
  );
}
