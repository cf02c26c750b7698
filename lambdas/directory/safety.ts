/**
 * The words of safety (design.md section 6): the removal limit with its holds, and the stop of everything. They are
 * parts of accounts, connections and orgs, and the hold, which is an item of its own.
 */
import * as z from 'zod';

/** Milliseconds since 1970 by the bridge's clock. */
const EpochMs = z.number().int();

/**
 * On an entitlement whose removal waits for an operator (design.md section 6): which hold lists it, and where in the list
 * it stands. Gone as soon as somebody wants the entitlement again, like `unwantedSince`.
 */
export const HoldMark = z.looseObject({
  id: z.number().int(),
  seq: z.number().int(),
  /** Let go alone by an operator until then, whatever becomes of the rest of the hold (V4). */
  releasedUntil: EpochMs.optional(),
});
export type HoldMark = z.infer<typeof HoldMark>;

/**
 * Numbers of the removal limit (design.md section 6) that differ from the built-in ones. Whatever could let more through
 * than those needs a reason, which is kept with it (V2).
 */
export const RemovalLimit = z
  .strictObject({
    /** People who may lose something in a rolling hour, instead of 10 % of the managed people within 10 to 200. */
    people: z.number().int().min(0).optional(),
    /** Percent of the holders of one entitlement; built in: 25. */
    percent: z.number().int().min(0).max(100).optional(),
    /** Taking an entitlement from the last who want it is held from so many holders on; built in: 5. */
    emptyingFrom: z.number().int().min(1).optional(),
    reason: z.string().min(1).optional(),
  })
  .refine(
    ({ people = 0, percent = 0, emptyingFrom = 0, reason }) =>
      reason !== undefined || (people <= 10 && percent <= 25 && emptyingFrom <= 5),
    'more than the built-in removal limit needs a reason',
  );
export type RemovalLimit = z.infer<typeof RemovalLimit>;

/** An operator's stop of everything that would be written to Adobe (V10). */
export const Pause = z.looseObject({ at: EpochMs, by: z.string(), reason: z.string() });
export type Pause = z.infer<typeof Pause>;

/** What stops a connection, whatever its mode. */
export const connectionSafety = {
  paused: Pause.optional(),
  /** The table in which an operator last confirmed the mode (V6). */
  tableId: z.string().optional(),
  /** Not stored: the table is another one, made by an install or a restore. It only reports until the mode is confirmed. */
  restored: z.boolean().optional(),
};

/**
 * `o / HOLD#<id>`: removals beyond the limit, waiting for an operator. Numbered from 1; only the newest can be open, and
 * what is held after a decision goes into a new one. Who is on it stands in `o#HOLD#<id>` and, as it is now, on the accounts.
 */
export const Hold = z.looseObject({
  id: z.number().int(),
  state: z.enum(['open', 'approved', 'rejected']),
  opened: EpochMs,
  last: EpochMs,
  /** Pairs of person and entitlement ever put on it: the last `seq`. */
  pairs: z.number().int(),
  /** `people`, `percent <entitlement>`, `emptied <entitlement>`. */
  causes: z.array(z.string()),
  /** What the operator had seen; later pairs are not approved (V5). */
  approvedUpTo: z.number().int().optional(),
  expiresAt: EpochMs.optional(),
  by: z.string().optional(),
  decidedAt: EpochMs.optional(),
});
export type Hold = z.infer<typeof Hold>;
