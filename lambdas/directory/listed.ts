/** What a complete listing and the comparison with it hand to the directory, and what it keeps of strangers (R34, F47). */
import * as z from 'zod';
import type { Drift } from './drift-records.ts';
import type { EntitlementKey, IdentityItem, ObservedUser } from './records.ts';

/** What the comparison of one account writes, with its mark in the same write. */
export interface Comparison {
  readonly drift: Drift | undefined;
  readonly confirmedAt: number | undefined;
  /** There is something to do. */
  readonly mark?: 'revoke' | 'grant';
}

export interface ListedPeople {
  readonly startedAt: number;
  /** By address, in any spelling. */
  readonly people: ReadonlyMap<string, readonly ObservedUser[]>;
  /** What makes somebody whom we do not know worth telling of. */
  readonly named: ReadonlySet<EntitlementKey>;
}

export interface ObservedCounts {
  readonly unchanged: number;
  readonly written: number;
  readonly vanished: number;
  readonly strangers: number;
}

/** People at Adobe who hold what a rule names, and whom no identity provider of ours sends. */
export interface Strangers {
  readonly people: number;
  /** The first of them. */
  readonly shown: readonly IdentityItem[];
}

/** `o / STRANGERS`: of the last listing, by the digests of their addresses, so that an erasure needs nothing here. */
export const StrangersItem = z.looseObject({
  listing: z.number().int(),
  people: z.number().int(),
  digests: z.array(z.string()),
});
