/** What one run of the drain carries along: its dependencies, its lease, and the budget slot it holds. */
import type { AdobeClient, AdobeError } from '../adobe/adobe.ts';
import type { CatalogueEntry } from '../directory/catalogue.ts';
import { marksOf } from '../directory/marks.ts';
import type { Account, AccountId, EntitlementKey, OrgKey } from '../directory/records.ts';
import { type Lease, LeaseLost, type SyncDirectory } from '../directory/work.ts';
import { LEASE_MS } from '../times.ts';
import { membersRead, type Reading } from './read-back.ts';
import { followRules, renamesOf } from './renames.ts';
import type { Slots } from './slots.ts';
import { indexCatalogue, type World } from './world.ts';

export interface DrainDeps {
  readonly directory: SyncDirectory;
  readonly adobe: AdobeClient;
  /** The bridge's clock, epoch milliseconds. */
  readonly now: () => number;
  /** Waits milliseconds of that clock. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly newId: () => string;
  /** Lower-case hex digits. */
  readonly randomHex: (digits: number) => string;
  readonly log: (event: string, detail: Record<string, unknown>) => void;
}

export interface Counts {
  requests: number;
  commands: number;
  reads: number;
  settled: number;
}

export interface Run {
  readonly deps: DrainDeps;
  readonly org: OrgKey;
  readonly slots: Slots;
  readonly lease: Lease;
  /** When the lease was last renewed. */
  renewedAt: number;
  /** A slot of the action budget, taken and not used yet (R18). */
  slot: string | undefined;
  /** No single-user read before this instant. */
  readsFreeAt: number;
  catalogue: readonly CatalogueEntry[] | undefined;
  /** The listing that it is of: a later one replaces it. */
  catalogueAt?: number | undefined;
  /** Readings of groups, finished or under way, by the group's key. */
  readonly readings: Map<EntitlementKey, Reading>;
  /** How many due accounts are looked at together. */
  window: number;
  /** The last request was of accounts that had been in failed ones. */
  suspectsWent: boolean;
  /** The last look was full, and somebody in it was put on hold. */
  holds: boolean;
  /** Somebody who wanted the entitlement at the last look: asked first whether anybody does (design.md section 6). */
  readonly wantedBy: Map<EntitlementKey, AccountId>;
  /** When nobody was found who wants it. */
  readonly unwantedAt: Map<EntitlementKey, number>;
  readonly counts: Counts;
}

/** Calls `work` for every item, at most `atOnce` at a time. All have ended when it throws the first error. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value);
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}

/** @throws LeaseLost when somebody else holds the lease now */
export async function renew(run: Run): Promise<void> {
  const now = run.deps.now();
  if (!(await run.deps.directory.renewLease(run.org, run.lease, now + LEASE_MS))) throw new LeaseLost();
  run.renewedAt = now;
}

/** What no other call could meet differently: credential, org id, the org being moved (F42, F43). */
export function stopsOrg(failure: { readonly reason?: string; readonly error: AdobeError }): boolean {
  const { reason, error } = failure;
  return error.class === 'auth' || (reason === 'rejected' && error.scope === 'org');
}

/** The org's calls stop; a person repairs the credential, and the drain asks again from time to time. */
export async function stopOrg(
  { deps, org }: Pick<Run, 'deps' | 'org'>,
  { code, message, hint }: AdobeError,
): Promise<void> {
  deps.log('org-stopped', { code });
  await deps.directory.changeOrg(org, { authFault: { code, message, hint, at: deps.now() } });
}

/** Rules, modes, faults and the holds of these accounts as they are now; the catalogue once per run. */
export async function readWorld(run: Run, accounts: readonly Account[]): Promise<World | undefined> {
  const { directory, now } = run.deps;
  const org = await directory.getOrg(run.org);
  if (org === undefined) return undefined;
  if (run.catalogue === undefined || run.catalogueAt !== org.catalogueAt) {
    run.catalogue = await directory.readCatalogue(run.org);
    run.catalogueAt = org.catalogueAt;
  }
  const connections = await Promise.all(org.connections.map((c) => directory.getConnection(c)));
  const rules = await Promise.all(connections.map((connection) => directory.rulesOf(connection)));
  const faults = await directory.readFaults(run.org);
  const paused = org.paused ?? (await directory.getPause());
  const renames = renamesOf(run.catalogue);
  const holds = [...new Set(accounts.flatMap(marksOf).map(({ id }) => id))];
  return {
    now: now(),
    org,
    connections: new Map(connections.map((connection) => [connection.id, connection])),
    rules: new Map(
      connections.map((connection, at) => [connection.id, followRules(rules[at] ?? [], renames)]),
    ),
    // A fault whose time has come stops nobody: the next request tells (section 18.3).
    faults: new Map(faults.filter((fault) => fault.retryAt > now()).map((fault) => [fault.scope, fault])),
    ...(paused === undefined ? {} : { paused }),
    holds: holds.length === 0 ? new Map() : await directory.readHolds(run.org, holds),
    catalogue: indexCatalogue(run.catalogue),
    renames,
    members: membersRead(run.readings),
  };
}

/** Once more before a call, for a pause of this minute counts (V10): whatever the pass read before may be older. */
export async function isPaused(run: Run, { connections }: World): Promise<boolean> {
  const { directory } = run.deps;
  const org = await directory.getOrg(run.org);
  if (org === undefined || org.paused !== undefined) return true;
  if ((await directory.getPause()) !== undefined) return true;
  for (const [c, before] of connections) {
    const { paused } = await directory.getConnection(c);
    // One that was stopped already has nothing in the request.
    if (paused !== undefined && before.paused === undefined) return true;
  }
  return false;
}
