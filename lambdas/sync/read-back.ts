/**
 * Memberships that travelled in a list (`umapi.md` 7): Adobe's answer tells nothing of the single person, so each
 * stands as unknown, marked `listed`, until a read of the group's members shows it (I12). Pure.
 *
 *   sent     the read shows    then
 *   grant    a member          granted, at once
 *   grant    no member         wait: reads may lag for 30 minutes (R27); after that sent again, by name
 *   revoke   no member         revoked, at once
 *   revoke   a member          wait likewise, then sent again, by name
 *
 * "By name" is a command for this person alone, whose answer is about this person: nobody is tried by list twice.
 * What is no longer wanted meanwhile is not waited for: the plan takes it back like any unknown outcome (R26).
 */
import type { ReadOutcome } from '../adobe/adobe.ts';
import { emailKey } from '../directory/keys.ts';
import type { AppliedEntitlement, EntitlementKey } from '../directory/records.ts';
import type { Fact, Ledger } from '../directory/work.ts';
import type { Desired } from './desired.ts';
import type { Obstacle } from './obstacles.ts';

/** The first read comes this long after the call: reads of Adobe lag behind its writes (`umapi.md` 14). */
export const READ_BACK_MS = 5 * 60 * 1000;
/** What a read contradicts counts only this long after the call (R27). */
export const LAG_MS = 30 * 60 * 1000;

/** A complete reading of one group's members. */
export interface Members {
  /** When it began. */
  readonly at: number;
  /** `emailKey`s. */
  readonly emails: ReadonlySet<string>;
}

/** A reading under way until it is `complete`: page by page, between the requests of one run of the drain. */
export interface Reading extends Members {
  readonly emails: Set<string>;
  page: number;
  complete: boolean;
  /** Why it was given up: not tried again at once for everybody who waits for it. */
  failure?: Pick<Extract<ReadOutcome<never>, { kind: 'failed' }>, 'reason' | 'error'>;
}

/** An incomplete reading counts for nothing (I11). */
export function membersRead(readings: ReadonlyMap<EntitlementKey, Reading>): Map<EntitlementKey, Members> {
  return new Map([...readings].filter(([, { complete }]) => complete));
}

/** A reading of a group that has to begin after `since`. */
export interface Ask {
  readonly key: EntitlementKey;
  readonly name: string;
  readonly since: number;
}

export interface ReadBack {
  readonly ledger: Ledger;
  /** Sent and neither shown nor contradicted: not sent again meanwhile. */
  readonly awaiting: ReadonlyMap<EntitlementKey, 'grant' | 'revoke'>;
  readonly asks: readonly Ask[];
  readonly waits: readonly Obstacle[];
}

export interface ReadBackInput {
  readonly ledger: Ledger;
  readonly desired: Desired;
  readonly members: ReadonlyMap<EntitlementKey, Members>;
  readonly now: number;
}

export function settleListed({ ledger, desired, members, now }: ReadBackInput): ReadBack {
  const awaiting = new Map<EntitlementKey, 'grant' | 'revoke'>();
  const asks: Ask[] = [];
  const waits: Obstacle[] = [];
  let after = ledger;
  const handle = ledger.applied.identity;
  for (const [key, { name, at, listed }] of Object.entries(ledger.unknown)) {
    if (listed === undefined || handle === undefined) continue;
    const reading = members.get(key);
    const read = reading !== undefined && reading.at > at ? reading : undefined;
    const member = read?.emails.has(emailKey(handle.email));
    if (member === (listed === 'grant')) {
      after = confirmed(after, { key, name, at, listed }, desired);
    } else if (read !== undefined && read.at >= at + LAG_MS) {
      after = { ...after, unknown: { ...after.unknown, [key]: { name, at, byName: true } } };
    } else {
      awaiting.set(key, listed);
      // Sooner than 30 minutes one reading is enough: what it did not show, no other does for sure.
      const due = at + (read === undefined ? READ_BACK_MS : LAG_MS);
      if (now < due) waits.push({ kind: 'wait', due, reason: 'read-back' });
      else asks.push({ key, name, since: now >= at + LAG_MS ? at + LAG_MS : at + 1 });
    }
  }
  return { ledger: after, awaiting, asks, waits };
}

interface Listed {
  readonly key: EntitlementKey;
  readonly name: string;
  readonly at: number;
  readonly listed: 'grant' | 'revoke';
}

function confirmed(ledger: Ledger, { key, name, at, listed }: Listed, desired: Desired): Ledger {
  const { [key]: _known, ...unknown } = ledger.unknown;
  const { [key]: before, ...others } = ledger.applied.entitlements;
  if (listed === 'revoke')
    return { ...ledger, unknown, applied: { ...ledger.applied, entitlements: others } };
  const rule = desired.entitlements.get(key)?.rules[0]?.id;
  const entry: AppliedEntitlement = {
    name,
    kind: 'userGroup',
    since: before?.since ?? at,
    ...(rule === undefined ? {} : { rule }),
  };
  return { ...ledger, unknown, applied: { ...ledger.applied, entitlements: { ...others, [key]: entry } } };
}

/** For the journal: what a reading of the members settled between two states of a ledger. */
export function readBackFacts(before: Ledger, after: Ledger): Fact[] {
  const settled = Object.entries(before.unknown).filter(
    ([key, { listed }]) => listed !== undefined && !Object.hasOwn(after.unknown, key),
  );
  return (['grant', 'revoke'] as const).flatMap((kind) => {
    const names = settled.filter(([, { listed }]) => listed === kind).map(([, { name }]) => name);
    if (names.length === 0) return [];
    return [{ fact: kind === 'grant' ? 'granted' : 'revoked', entitlements: names, seenBy: 'read-back' }];
  });
}
