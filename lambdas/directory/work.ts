/**
 * What the directory offers to `sync/` and to the operator's commands: the work index, leases, budgets, knowledge of
 * Adobe, the ledger of each account, connections and their mapping.
 *
 * The index is a hint; an account is always re-read strongly before anything is decided (R16). A ledger changes only
 * through `changeLedger` and `writeIntents`, both conditional on the revisions that were read (R23, R24).
 */
import type { Place } from './account-item.ts';
import type { Backlog } from './backlog.ts';
import type { CatalogueEntry, DomainSeen } from './catalogue.ts';
import type { Reconciliation } from './drift-records.ts';
import type { Finding, JournalRecord } from './journal.ts';
import type { Comparison, ListedPeople, ObservedCounts, Strangers } from './listed.ts';
import type {
  Account,
  AccountError,
  AccountId,
  AccountStatus,
  BoundRule,
  Claim,
  Connection,
  ConnectionId,
  ConnectionSettings,
  EntitlementKey,
  GroupId,
  GroupRecord,
  IdentityItem,
  Intent,
  Mode,
  ObservedUser,
  Org,
  OrgKey,
  Rule,
  UserId,
  UserRecord,
} from './records.ts';
import type { Hold, Pause } from './safety.ts';

/** A journal record in the words of design.md section 3: `granted`, `revoked`, `adopted`, ... */
export interface Fact {
  readonly fact: string;
  readonly [detail: string]: unknown;
}

export interface Lease {
  readonly holder: string;
  /** Fencing number: a later lease has a higher one. */
  readonly number: number;
  /** Whose lease it is, where it is not the drain's. */
  readonly of?: 'reconcile';
}

/** The part of an account that says what Adobe holds because of us. */
export type Ledger = Pick<
  Account,
  'applied' | 'origin' | 'maybe' | 'unknown' | 'watch' | 'goneAt' | 'refused' | 'drift'
>;

/** How an account stands after a decision. */
export interface Standing {
  readonly place: Place;
  readonly status: AccountStatus;
  readonly reason?: string;
  readonly error?: AccountError;
  readonly attempts: number;
  /** How many people were in the request that failed as a whole (F27); absent when the last one did not. */
  readonly company?: number;
}

/** Who holds what because of us, in numbers. */
export interface Figures {
  /** Accounts that hold at least one entitlement. */
  readonly people: number;
  readonly holders: ReadonlyMap<EntitlementKey, number>;
}

/** What one request took away, with the numbers as they were before it. */
export interface Removed {
  readonly at: number;
  readonly people: number;
  readonly holders: Readonly<Record<EntitlementKey, number>>;
  readonly lost: Readonly<Record<AccountId, readonly EntitlementKey[]>>;
}

/** Removals beyond the limit: they wait on the open hold of the org, or on a new one. */
export interface Holding {
  readonly keys: readonly EntitlementKey[];
  readonly causes: readonly string[];
}

/** An operator's word about what was seen of a hold (V5). */
export interface HoldDecision {
  readonly id: number;
  /** The state that was seen. */
  readonly from: Hold['state'];
  readonly by: string;
  readonly verdict:
    | { readonly kind: 'approved'; readonly upTo: number; readonly expiresAt: number }
    | { readonly kind: 'rejected' };
}

/** What one decision of the drain put on a hold; some of it may be wanted again, or done, by now. */
export interface HeldPairs {
  readonly account: AccountId;
  readonly keys: readonly EntitlementKey[];
  /** Of the first key. */
  readonly seq: number;
}

export interface LedgerChange {
  readonly ledger: Ledger;
  readonly standing: Standing;
  /** The intent's outcome is in `ledger` now. */
  readonly clearIntent: boolean;
  readonly facts?: readonly Fact[];
  /** What this outcome tells about e-mails: knowledge as of now, without a read. */
  readonly seen?: readonly Seen[];
  /** Of the ledger's entitlements, those to put on a hold: numbered and marked in the same transaction. */
  readonly hold?: Holding;
}

export interface Seen {
  readonly email: string;
  readonly at: number;
  readonly users: readonly ObservedUser[];
}

export interface IntentDraft {
  /** As read; its revisions are the condition. */
  readonly account: Account;
  readonly ledger: Ledger;
  readonly intent: Intent;
  /** For a create: the identity item must be as it was read: claim ours, observed unchanged. */
  readonly unchanged?: { readonly email: string; readonly rev: number };
  /** An address claimed together with the intent: the temporary one that breaks a swap (R32). */
  readonly claim?: Claim;
  /** What the decision found out by itself, journalled with the intent. */
  readonly facts?: readonly Fact[];
  /** What the removal limit counts of it, with the numbers of before. */
  readonly loss?: { readonly keys: readonly EntitlementKey[]; readonly figures: Figures };
}

export type ClaimOutcome =
  | { readonly kind: 'claimed' }
  /** Somebody else has it and keeps it for now; the account stands on the waiters' list. */
  | { readonly kind: 'taken'; readonly by: AccountId }
  /** The account changed meanwhile; look again. */
  | { readonly kind: 'changed' };

/** A configuration fault that trips once for all that depend on it (`umapi.md` 18.3). */
export interface Fault {
  /** An entitlement's key or an e-mail domain. */
  readonly scope: string;
  readonly error: AccountError;
  /** From then on it stops nobody, and whoever waits for it is woken. */
  readonly retryAt: number;
  /** Nobody can be taken out of that group either: it is unknown to Adobe, or a revoke met the fault (R17). */
  readonly stopsRevokes?: boolean;
}

export interface MappingDraft {
  readonly rules: readonly Rule[];
  /** The version this draft was planned against; another one in force refuses it. */
  readonly expectedVersion: number;
  readonly left: readonly string[];
}

export interface AccountPage {
  readonly accounts: readonly Account[];
  /** The last user of the page. */
  readonly next?: string;
}

export interface SyncDirectory {
  getOrg(o: OrgKey): Promise<Org | undefined>;
  changeOrg(
    o: OrgKey,
    change: Partial<Pick<Org, 'clientId' | 'listing' | 'counted' | 'catalogueAt' | 'authFault'>>,
  ): Promise<void>;
  /** What stops the bridge as a whole. */
  getPause(): Promise<Pause | undefined>;
  /** Always read from the table. */
  getConnection(c: ConnectionId): Promise<Connection>;
  rulesOf(connection: Connection): Promise<readonly BoundRule[]>;

  acquireLease(
    o: OrgKey,
    wish: { readonly holder: string; readonly until: number; readonly of?: 'reconcile' },
  ): Promise<Lease | undefined>;
  renewLease(o: OrgKey, lease: Lease, until: number): Promise<boolean>;
  releaseLease(o: OrgKey, lease: Lease): Promise<void>;
  /** Atomic change of a persisted budget; `change` sees the stored value (or undefined) and may run again. */
  changeBudget<T>(
    clientId: string,
    endpoint: string,
    change: (stored: unknown) => { readonly next?: unknown; readonly result: T },
  ): Promise<T>;

  /**
   * Revokes, then timers that are due (a quarter, and what grants leave free), then grants. `grants`: so many of them are
   * looked at even where revokes would take the whole look.
   */
  readDue(o: OrgKey, limit: number, grants?: number): Promise<readonly AccountId[]>;
  readAccounts(o: OrgKey, ids: readonly AccountId[]): Promise<readonly Account[]>;
  /** By `emailKey`. */
  readIdentities(o: OrgKey, emails: readonly string[]): Promise<ReadonlyMap<string, IdentityItem>>;
  /** Marks one account stale; one that ended is left alone. */
  mark(o: OrgKey, id: AccountId): Promise<void>;
  /** Tries to make the account the claimant of its wanted identity (R3-R5). */
  claimWanted(o: OrgKey, id: AccountId): Promise<ClaimOutcome>;
  observe(
    o: OrgKey,
    email: string,
    observed: { readonly at: number; readonly users: readonly ObservedUser[] },
  ): Promise<void>;

  /**
   * Stores what a complete listing showed, unchanged items untouched; whoever earlier listings showed and this one does
   * not is marked absent; who holds what a rule names and is nobody's account is kept as a stranger (F47). Nothing
   * counts before `changeOrg` names the listing. `beat` runs between chunks.
   */
  observeListing(o: OrgKey, listing: ListedPeople, beat: () => Promise<void>): Promise<ObservedCounts>;
  /** The strangers of the last listing whom nobody of ours stands for by now either. */
  readStrangers(o: OrgKey): Promise<Strangers | undefined>;
  /** The accounts behind a page of the connection's users, in id order; `next` while there are more. */
  accountsAfter(
    c: ConnectionId,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<AccountPage>;
  /** Accounts whose user was deleted, as far as something still waits for them, in slices. */
  accountsLeft(o: OrgKey): AsyncIterable<readonly Account[]>;
  /** Writes what the comparison found, unless the account moved since it was read. @returns whether it did not */
  noteComparison(account: Account, found: Comparison): Promise<boolean>;
  /** Accounts on which a drift record was written and not taken back by a later comparison. */
  readDrifted(o: OrgKey): Promise<readonly AccountId[]>;
  /** Takes accounts off that list. */
  forgetDrift(o: OrgKey, ids: readonly AccountId[]): Promise<void>;
  readReconciliation(o: OrgKey): Promise<Reconciliation | undefined>;
  saveReconciliation(o: OrgKey, state: Reconciliation): Promise<void>;

  /** Writes the intents of one request; accounts that changed meanwhile are left out (R23). @throws LeaseLost */
  writeIntents(o: OrgKey, lease: Lease, drafts: readonly IntentDraft[]): Promise<readonly AccountId[]>;
  /**
   * The one way an outcome or a decision reaches an account: reads it strongly and writes what `compute` makes of it,
   * again if it changed in between. With `intentId`, `lost` when another intent stands (R24). An ownerless account that
   * ends up clean is deleted with its claims (R6).
   */
  changeLedger(
    o: OrgKey,
    id: AccountId,
    input: { readonly intentId?: string; readonly compute: (fresh: Account) => LedgerChange | undefined },
  ): Promise<'written' | 'unchanged' | 'lost' | 'absent'>;

  readFigures(o: OrgKey): Promise<Figures>;
  /** Those that exist, by id. */
  readHolds(o: OrgKey, ids: readonly number[]): Promise<ReadonlyMap<number, Hold>>;
  /** The first account that fits among the newest `most`: members of the group, or without one all users. */
  findAccount(
    c: ConnectionId,
    group: GroupId | undefined,
    search: { readonly fits: (account: Account) => boolean; readonly most: number },
  ): Promise<Account | undefined>;
  /** What was taken away after the instant. */
  readRemoved(o: OrgKey, since: number): Promise<readonly Removed[]>;

  readFaults(o: OrgKey): Promise<readonly Fault[]>;
  tripFault(o: OrgKey, fault: Fault): Promise<void>;
  /** Lifts the fault and marks up to `limit` of the accounts parked on it; true, and the fault gone, when none is left. */
  clearFault(o: OrgKey, scope: string, limit: number): Promise<boolean>;

  readCatalogue(o: OrgKey): Promise<readonly CatalogueEntry[]>;
  /** The rules in force under the names of today (F45), like `applyMapping`. */
  replaceRules(c: ConnectionId, draft: MappingDraft): Promise<boolean>;
  saveCatalogue(o: OrgKey, entries: readonly CatalogueEntry[]): Promise<void>;
  /** Of the last complete listing. */
  saveDomains(o: OrgKey, domains: readonly DomainSeen[]): Promise<void>;
  readDomains(o: OrgKey): Promise<readonly DomainSeen[]>;
  /** Continues background work until nothing is left or `until` has passed. True when nothing is left. */
  runSweeps(o: OrgKey, until: number): Promise<boolean>;
  /** Seals the journal records that no seal covers; number and digest of each new seal, for the log (I14). */
  sealJournal(o: OrgKey): Promise<readonly { readonly n: number; readonly fingerprint: string }[]>;
}

/** What the verifier read, and what is wrong with it. */
export interface Verified {
  readonly records: number;
  readonly seals: number;
  readonly findings: readonly Finding[];
  /** The newest seal: compare it with the log, which no writer of the table can change. */
  readonly head?: { readonly n: number; readonly fingerprint: string; readonly at: number };
}

/** The work index as an operator sees it: a hint (R16). */
export interface Places {
  readonly run: readonly AccountId[];
  readonly held: readonly AccountId[];
  readonly timer: readonly AccountId[];
  readonly parked: readonly { readonly scope: string; readonly ids: readonly AccountId[] }[];
}

/** Who put somebody into a group, and when; without `request` it was before requests were kept. */
export interface Membership {
  readonly at: number;
  readonly request?: string | undefined;
  readonly token?: string | undefined;
}

/** What a pause stops: one connection, the org with all its connections, or the whole bridge. */
export type PauseScope =
  | { readonly kind: 'connection'; readonly id: ConnectionId }
  | { readonly kind: 'org' }
  | { readonly kind: 'all' };

export interface OperatorDirectory {
  /** Set-up: org, connection and their counters. Existing ones are left as they are. */
  setUp(draft: {
    readonly org: Pick<Org, 'key' | 'adobeOrgId' | 'clientId'>;
    readonly connection: {
      readonly id: ConnectionId;
      readonly settings: ConnectionSettings;
      /** Confirms the mode for this table; without it the connection only reports until `setMode` (V6). */
      readonly tableId?: string;
    };
  }): Promise<void>;
  /** Raises the table's schema version to the code's, which only tests name. @throws TableTooNew */
  claimSchema(code?: number): Promise<void>;
  readSchema(): Promise<number | undefined>;
  /** True for one caller, when the last time was not after the instant: then it is now (epoch milliseconds). */
  claimTelling(o: OrgKey, what: string, before: number): Promise<boolean>;
  /** When the credentials of the connection end, by their index: for whoever may not read them. Epoch milliseconds. */
  tokenEnds(c: ConnectionId): Promise<readonly number[]>;
  /** Tells this table from a restored copy of it. */
  tableId(): Promise<string>;
  /** Sets the mode, confirms it for this table, and wakes whoever waits. False when the connection changed meanwhile. */
  setMode(
    c: ConnectionId,
    change: { readonly mode: Mode; readonly rev: number; readonly by: string },
  ): Promise<boolean>;
  /** Stops what is written to Adobe, or with undefined lets it go on and wakes whoever waits (V10). */
  setPause(
    scope: PauseScope,
    o: OrgKey,
    change: { readonly pause: Pause | undefined; readonly by: string },
  ): Promise<void>;
  changeSettings(c: ConnectionId, change: (before: ConnectionSettings) => ConnectionSettings): Promise<void>;
  /** False when another version came into force since the draft was planned. */
  applyMapping(c: ConnectionId, draft: MappingDraft): Promise<boolean>;
  /** All users of a page of the partition, for plans over everybody. */
  eachUser(c: ConnectionId): AsyncIterable<UserRecord>;
  groupNamed(c: ConnectionId, displayName: string): Promise<GroupRecord | undefined>;
  readBacklog(o: OrgKey): Promise<Backlog>;
  /** Who stands where in the work index, by what the parked ones wait for. */
  readPlaces(o: OrgKey): Promise<Places>;
  /** The newest first. */
  listHolds(o: OrgKey, limit: number): Promise<readonly Hold[]>;
  /** The list of a hold, page by page, in the order in which the pairs came. */
  heldOf(o: OrgKey, hold: number): AsyncIterable<readonly HeldPairs[]>;
  /** False when the hold is not as it was seen any more. */
  decideHold(o: OrgKey, decision: HoldDecision): Promise<boolean>;
  /** The accounts behind a group's memberships, strongly, page by page. */
  accountsOfGroup(c: ConnectionId, group: GroupId): AsyncIterable<readonly Account[]>;
  membershipsOf(
    c: ConnectionId,
    of: { readonly user: UserId; readonly groups: readonly GroupId[] },
  ): Promise<ReadonlyMap<GroupId, Membership>>;
  /** An operator binds the rule to this group (R12, T27); false when either changed meanwhile. */
  relinkRule(
    c: ConnectionId,
    link: { readonly rule: string; readonly group: GroupRecord; readonly by: string },
  ): Promise<boolean>;
  /** Records of the org and its connections, by time. */
  readJournal(
    o: OrgKey,
    time: { readonly from: number; readonly to: number },
  ): Promise<readonly JournalRecord[]>;
  verifyJournal(o: OrgKey, from: number): Promise<Verified>;
  /** Accounts that ever had this e-mail, living or ended, unless erased. */
  accountsNamed(o: OrgKey, email: string): Promise<readonly AccountId[]>;
  /** Takes the e-mails of these accounts out of the table; how many it were. */
  eraseNames(
    o: OrgKey,
    names: { readonly accounts: readonly AccountId[]; readonly by: string },
  ): Promise<number>;
}

/** The lease went to somebody else: stop without touching anything. */
export class LeaseLost extends Error {
  constructor() {
    super('the lease of this Adobe org was taken over by another run');
    this.name = 'LeaseLost';
  }
}
