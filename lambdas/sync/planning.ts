/** What a plan is made from and what it is: the words that `plan.ts` and its parts share. */
import type { Action } from '../adobe/adobe.ts';
import { emailKey } from '../directory/keys.ts';
import type { Account, BoundRule, EntitlementKey, Identity } from '../directory/records.ts';
import type { Ledger } from '../directory/work.ts';
import type { Desired } from './desired.ts';
import type { Knowledge } from './known.ts';
import type { Obstacle } from './obstacles.ts';
import type { Renaming } from './settle.ts';
import type { TwinPolicy } from './twins.ts';

export interface PlannedAction {
  readonly action: Action;
  /** For grants and revokes. */
  readonly key?: EntitlementKey;
  /** For a revoke of what we did not give: the rule whose mode decides. */
  readonly rule?: string;
}

export interface Plan {
  readonly actions: readonly PlannedAction[];
  readonly obstacles: readonly Obstacle[];
  /** The ledger with what the plan itself settled: adoption, grace clocks, a read that answered. */
  readonly ledger: Ledger;
  /** For a create: known to be absent before it. */
  readonly absentBefore: boolean;
  /** Only later reads can tell how a rename ended: the intent stands until then (R26). */
  readonly intentOpen: boolean;
  /** The ledger if something is sent; absent = `ledger`. */
  readonly sentLedger?: Ledger;
  /** The create travels without the grants, which are judged with it: nobody is created whom no rule may serve. */
  readonly createsAlone?: true;
  /** All of the actions may run, or none of them does. */
  readonly together?: true;
}

export interface PlanInput {
  readonly account: Pick<Account, 'claims' | 'wantedRev' | 'sentAt'>;
  readonly desired: Desired;
  /** In force for the connection: what else they name is in the range of their drift policy. */
  readonly rules?: readonly BoundRule[];
  readonly ledger: Ledger;
  readonly renaming?: Renaming;
  /** Knowledge by `emailKey`. */
  readonly known: ReadonlyMap<string, Knowledge>;
  /** Origins kept on the identity item of the wanted e-mail, by type. */
  readonly knownOrigin: Readonly<Record<string, 'made' | 'found'>>;
  /** Entitlements that an operator decided to leave (R13), by key. */
  readonly left: ReadonlySet<EntitlementKey>;
  readonly graceMs: number;
  /** When somebody who left may be taken out of the org; absent where the settings only revoke. */
  readonly removeAt?: number;
  /** Of the domain of the wanted e-mail. */
  readonly twins?: TwinPolicy;
  /** What happens when the address of somebody changes whom Adobe cannot rename. */
  readonly onRename?: 'keep' | 'replace';
  /** Why no rename may be sent now (refused, or a fault of the domain): the rest goes on under the old handle. */
  readonly renameBlocked?: Obstacle;
  /** Knowledge from before this instant does not count for a first write (R19). */
  readonly knownSince: number;
  readonly now: number;
}

/** The account stands as the claimant of this identity (R3). */
export function holdsClaim(account: Pick<Account, 'claims'>, identity: Identity): boolean {
  return account.claims.some(
    (claim) => claim.type === identity.type && emailKey(claim.email) === emailKey(identity.email),
  );
}
