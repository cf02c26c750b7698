/**
 * What the comparison with a listing stores (R34): drift on accounts, the policy of rules, and how far it came. Apart
 * from `records.ts`, which names them; times are milliseconds since 1970 by the bridge's clock.
 */
import * as z from 'zod';
import { HoldMark } from './safety.ts';

const EpochMs = z.number().int();

/** The last complete listing, on the org. */
export const ListingMark = z.looseObject({
  startedAt: EpochMs,
  completedAt: EpochMs,
  users: z.number().int(),
  /** Its count agreed with the listing before: revokes may follow from it (V7). */
  agrees: z.boolean().optional(),
});

/** How Adobe differed from the ledger when a complete listing was compared (R34). Absent keys mean "as it should be". */
export const Drift = z.looseObject({
  /** When the listing began. */
  at: EpochMs,
  /** Since when this person differs without a break, by the first listing that showed it. */
  first: EpochMs,
  /** Wanted and granted by us, and not there any more, by key. */
  missing: z.array(z.string()),
  /** There, named by a rule, and neither wanted nor given by us, by key. */
  extra: z.array(z.string()),
  /** Members of these profiles without a licence (F46), by key. */
  unlicensed: z.array(z.string()).optional(),
  /** The listing did not show the person at all. */
  gone: z.boolean().optional(),
  /** The names at Adobe are others than we sent. */
  names: z.boolean().optional(),
  /** Of `extra`: those whose removal was held. */
  holds: z.record(z.string(), HoldMark).optional(),
  /** The listing agreed with the one before (V7): a revoke may follow from it. */
  agrees: z.boolean(),
});
export type Drift = z.infer<typeof Drift>;

/** What follows when somebody changed at Adobe by hand what a rule speaks of (F47). */
export const DriftPolicy = z.enum(['report', 'ignore', 'revert']);
export type DriftPolicy = z.infer<typeof DriftPolicy>;

/** `o / RECONCILE`: how far the comparison with the last listing is, and what the last one found. */
export const Reconciliation = z.looseObject({
  /** The listing that is compared, by its start. */
  listing: EpochMs,
  /** Until it ends: the connection and the user after whom the next run goes on. */
  next: z.object({ connection: z.string(), after: z.string().optional() }).optional(),
  endedAt: EpochMs.optional(),
  compared: z.number().int(),
  /** Left out: an intent, a mark, or a change of the half hour before the listing (R34). */
  skipped: z.number().int(),
  drifted: z.number().int(),
  /** Differed for the first time, although it had been confirmed before. */
  undone: z.number().int(),
  /** Wanted and not given yet, by entitlement: how many seats will be needed. */
  coming: z.record(z.string(), z.number().int()),
  byKind: z.record(z.string(), z.number().int()),
  /** By rule id: people that differ in what the rule names. */
  byRule: z.record(z.string(), z.number().int()),
});
export type Reconciliation = z.infer<typeof Reconciliation>;
