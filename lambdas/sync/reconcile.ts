/**
 * The nightly comparison with Adobe (design.md section 5, "Reconcile"; R34): one complete listing, then every account
 * against it, in slices that the next run continues. It reads Adobe and never writes to it; what is to be put right is
 * marked, and the drain does it.
 *
 * It runs under a lease of its own, beside the drain, so that a revoke never waits for a listing. The two meet only in
 * conditional writes: budget slots, identity items, accounts whose revisions are checked. Whoever moved is left out.
 */

import type { Reconciliation } from '../directory/drift-records.ts';
import { emailKey, entitlementKey } from '../directory/keys.ts';
import type {
  Account,
  BoundRule,
  Connection,
  ConnectionId,
  EntitlementKey,
  Identity,
  IdentityItem,
  Org,
  OrgKey,
} from '../directory/records.ts';
import { type Lease, LeaseLost } from '../directory/work.ts';
import { LEASE_MS } from '../times.ts';
import { desiredOf } from './desired.ts';
import { type Compared, type CompareInput, compare } from './drift.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { foundUser, knowledgeOf } from './known.ts';
import { limitedProfiles, readUnlicensed } from './licences.ts';
import { LISTING_SHARE, type ListingDeps } from './listing.ts';
import { followLedger, followRenames, type Renames, renamesOf } from './renames.ts';
import { type DrainDeps, stopOrg, stopsOrg } from './run.ts';
import { ledgerOf } from './settle.ts';
import { openSlots } from './slots.ts';
import { indexCatalogue } from './world.ts';

export interface ReconcileReport {
  /** `continues`: the next run goes on. `nothing-due`: the last listing is young and compared. */
  readonly outcome:
    | 'compared'
    | 'continues'
    | 'nothing-due'
    | 'not-listed'
    | 'leased'
    | 'lease-lost'
    | 'stopped'
    | 'no-org';
  /** Of a listing that this run tried. */
  readonly inventory?: Inventory;
  readonly state?: Reconciliation;
}

export interface ReconcileWish {
  readonly until: number;
  /** List now, if Adobe's two hours allow it, however young the last listing is. */
  readonly force?: boolean;
}

/** A listing younger than this is not repeated: of the runs of one night the first one lists, the others compare. */
export const LIST_AGAIN_MS = 20 * 3600 * 1000;
const SLICE = 100;

interface Working {
  readonly deps: DrainDeps;
  readonly org: OrgKey;
  readonly lease: Lease;
  readonly until: number;
}

export async function reconcile(
  deps: DrainDeps,
  o: OrgKey,
  { until, force = false }: ReconcileWish,
): Promise<ReconcileReport> {
  const org = await deps.directory.getOrg(o);
  if (org === undefined) return { outcome: 'no-org' };
  if (org.authFault !== undefined) return { outcome: 'stopped' };
  const wish = { holder: deps.newId(), until: deps.now() + LEASE_MS, of: 'reconcile' as const };
  const lease = await deps.directory.acquireLease(o, wish);
  if (lease === undefined) return { outcome: 'leased' };
  const working = { deps, org: o, lease, until };
  try {
    return await work(working, org, force);
  } catch (error) {
    if (error instanceof LeaseLost) return { outcome: 'lease-lost' };
    throw error;
  } finally {
    await deps.directory.releaseLease(o, lease);
  }
}

async function work(working: Working, org: Org, force: boolean): Promise<ReconcileReport> {
  const { deps, until } = working;
  // The very first listing is the drain's: before it nothing is sent, and nothing can have drifted.
  if (org.listing === undefined && !force) return { outcome: 'nothing-due' };
  const old = org.listing === undefined || deps.now() - org.listing.startedAt >= LIST_AGAIN_MS;
  const inventory = force || old ? await list(working, org, until) : undefined;
  const tried = inventory === undefined ? {} : { inventory };
  const listed = (await deps.directory.getOrg(working.org))?.listing;
  // In every run: one that ended between the catalogue and the rules is made good by the next.
  const names = await followRenames(deps.directory, working.org);
  if (names.length > 0) deps.log('renamed-at-adobe', { names });
  if (listed === undefined) return { outcome: 'not-listed', ...tried };
  const before = await deps.directory.readReconciliation(working.org);
  const begun = before?.listing === listed.startedAt ? before : startOf(listed.startedAt, org);
  if (begun.endedAt !== undefined)
    return { outcome: inventory === undefined ? 'nothing-due' : 'not-listed', ...tried, state: begun };
  const state = await compareAll(working, { agrees: listed.agrees === true }, begun);
  return { outcome: state.endedAt === undefined ? 'continues' : 'compared', ...tried, state };
}

async function list(working: Working, { clientId }: Org, until: number): Promise<Inventory> {
  const { deps, org: o } = working;
  const taken = await takeInventory(readingOf(working, clientId), o, { clientId, until });
  if (taken.kind !== 'complete') deps.log('inventory-failed', { kind: taken.kind, ...reasonOf(taken) });
  // At night perhaps nothing else is called: a credential that Adobe refuses shows all the same.
  if (taken.kind === 'incomplete' && taken.failure !== undefined && stopsOrg(taken.failure))
    await stopOrg(working, taken.failure.error);
  return taken;
}

/** Half of the read budget at most is ours. */
function readingOf(working: Working, clientId: string): ListingDeps {
  const { directory, adobe, now, sleep, newId, log } = working.deps;
  const slots = openSlots({ directory, clientId, now, newId, share: LISTING_SHARE });
  return { directory, adobe, slots, now, sleep, log, beat: beatOf(working) };
}

function reasonOf(taken: Inventory): { reason?: string } {
  return 'reason' in taken ? { reason: taken.reason } : {};
}

function beatOf({ deps, org, lease }: Working): () => Promise<void> {
  let renewedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = deps.now();
    if (now - renewedAt < LEASE_MS / 10) return;
    if (!(await deps.directory.renewLease(org, lease, now + LEASE_MS))) throw new LeaseLost();
    renewedAt = now;
  };
}

function startOf(listing: number, { connections }: Org): Reconciliation {
  const [first] = connections;
  return {
    listing,
    compared: 0,
    skipped: 0,
    drifted: 0,
    undone: 0,
    coming: {},
    byKind: {},
    byRule: {},
    ...(first === undefined ? {} : { next: { connection: first } }),
  };
}

/** Goes on where the last run ended, and keeps its place after every slice: bounded and resumable like a sweep (R14). */
async function compareAll(
  working: Working,
  { agrees }: { readonly agrees: boolean },
  begun: Reconciliation,
): Promise<Reconciliation> {
  const { deps, org: o, until } = working;
  const beat = beatOf(working);
  const org = await deps.directory.getOrg(o);
  let state = begun;
  for (const c of org?.connections ?? []) {
    if (state.next === undefined || state.next.connection !== c) continue;
    const view = await viewOf(working, { connection: c, listing: { startedAt: state.listing, agrees } });
    for (let more = true; more; ) {
      if (deps.now() >= until) return state;
      await beat();
      const { after } = state.next ?? {};
      const page = await deps.directory.accountsAfter(c, {
        limit: SLICE,
        ...(after === undefined ? {} : { after }),
      });
      const slice = await compareSlice(working, view, { accounts: page.accounts, state });
      more = page.next !== undefined;
      const compared = more ? slice : await compareLeft(working, view, slice);
      if (compared === undefined) return state;
      state = compared;
      const next = more ? { connection: c, after: page.next } : connectionAfter(org, c);
      const { next: _was, ...rest } = state;
      state = { ...rest, ...(next === undefined ? {} : { next }) };
      await deps.directory.saveReconciliation(o, state);
    }
  }
  await forgetRepaired(working);
  const ended = { ...state, endedAt: deps.now() };
  await deps.directory.saveReconciliation(o, ended);
  deps.log('reconciled', { ...ended, byRule: undefined });
  return ended;
}

/** Whose user was deleted: with the last slice, so that its place says that both are done. Undefined: no time was left. */
async function compareLeft(
  working: Working,
  view: View,
  begun: Reconciliation,
): Promise<Reconciliation | undefined> {
  const beat = beatOf(working);
  let state = begun;
  for await (const slice of working.deps.directory.accountsLeft(working.org)) {
    if (working.deps.now() >= working.until) return undefined;
    await beat();
    const accounts = slice.filter((account) => account.connection === view.connection.id);
    state = await compareSlice(working, view, { accounts, state });
  }
  return state;
}

function connectionAfter(org: Org | undefined, c: ConnectionId): { connection: string } | undefined {
  const all = org?.connections ?? [];
  const next = all[all.indexOf(c) + 1];
  return next === undefined ? undefined : { connection: next };
}

interface View {
  readonly connection: Connection;
  readonly rules: readonly BoundRule[];
  readonly org: Org;
  readonly listing: { readonly startedAt: number; readonly agrees: boolean };
  readonly unlicensed: ReadonlyMap<EntitlementKey, ReadonlySet<string>>;
  readonly renames: Renames;
}

async function viewOf(
  working: Working,
  { connection: c, listing }: { readonly connection: ConnectionId; readonly listing: View['listing'] },
): Promise<View> {
  const { deps, org: o } = working;
  const connection = await deps.directory.getConnection(c);
  const org = await deps.directory.getOrg(o);
  if (org === undefined) throw new Error(`the org ${o} is gone: set it up again`);
  const rules = await deps.directory.rulesOf(connection);
  const catalogue = await deps.directory.readCatalogue(o);
  const profiles = limitedProfiles(rules, indexCatalogue(catalogue));
  const unlicensed = await readUnlicensed(readingOf(working, org.clientId), profiles, working.until);
  return { connection, org, rules, listing, unlicensed, renames: renamesOf(catalogue) };
}

async function compareSlice(
  { deps, org: o }: Working,
  view: View,
  { accounts, state }: { readonly accounts: readonly Account[]; readonly state: Reconciliation },
): Promise<Reconciliation> {
  const emails = accounts.flatMap((account) => handleOf(account)?.email ?? []);
  const identities = await deps.directory.readIdentities(o, emails);
  const coming: EntitlementKey[] = [];
  const results = await Promise.all(
    accounts.map(async (stored): Promise<Compared> => {
      const account = { ...stored, ...followLedger(ledgerOf(stored), view.renames) };
      const handle = handleOf(account);
      const item = handle === undefined ? undefined : identities.get(emailKey(handle.email));
      const known = handle === undefined ? undefined : knowledgeOf(item, view.org);
      const desired = desiredOf(account, view.rules);
      coming.push(...comingOf({ account, desired, known }));
      const compared = compare({
        account,
        desired,
        rules: view.rules,
        left: new Set(view.connection.left),
        known,
        listing: view.listing,
        asBefore: isAsBefore(item, view.listing.startedAt),
        unlicensed: view.unlicensed,
      });
      if (compared.kind !== 'compared' || compared.write === undefined) return compared;
      // It moved since it was read: nothing is said about it this time.
      return (await deps.directory.noteComparison(stored, compared.write)) ? compared : { kind: 'skipped' };
    }),
  );
  let after = { ...state, coming: plusOne(state.coming, coming) };
  for (const compared of results) after = tally(after, compared);
  return after;
}

/** As Adobe has the person, else as the person is to be there. */
function handleOf({ applied, wanted }: Pick<Account, 'applied' | 'wanted'>): Identity | undefined {
  return applied.identity ?? wanted.identity;
}

/** A listing that finds somebody as the one before did, there or not there, writes nothing. */
function isAsBefore(item: IdentityItem | undefined, listedAt: number): boolean {
  const { observed } = item ?? {};
  if (observed === undefined || observed.at >= listedAt) return false;
  return observed.listed === true || observed.users.length === 0;
}

/** Who has it at Adobe already, by whose hand ever, needs no further seat. */
function comingOf({
  account,
  desired,
  known,
}: Pick<CompareInput, 'account' | 'desired' | 'known'>): EntitlementKey[] {
  const handle = handleOf(account);
  const there = handle === undefined ? undefined : foundUser(known, handle);
  const held = new Set(there?.groups.map(entitlementKey));
  return [...desired.entitlements.keys()].filter(
    (key) => !Object.hasOwn(account.applied.entitlements, key) && !held.has(key),
  );
}

const KINDS = ['missing', 'extra', 'unlicensed', 'gone', 'names'] as const;

function tally(state: Reconciliation, compared: Compared): Reconciliation {
  if (compared.kind === 'nobody') return state;
  if (compared.kind === 'skipped') return { ...state, skipped: state.skipped + 1 };
  const { drift, undone, rules } = compared;
  const next = { ...state, compared: state.compared + 1 };
  if (drift === undefined) return next;
  const kinds = KINDS.filter((kind) => {
    const found = drift[kind];
    return Array.isArray(found) ? found.length > 0 : found === true;
  });
  return {
    ...next,
    drifted: state.drifted + 1,
    undone: state.undone + (undone ? 1 : 0),
    byKind: plusOne(state.byKind, kinds),
    byRule: plusOne(state.byRule, rules),
  };
}

function plusOne(counts: Readonly<Record<string, number>>, keys: readonly string[]): Record<string, number> {
  const after = { ...counts };
  for (const key of keys) after[key] = (after[key] ?? 0) + 1;
  return after;
}

/** Accounts that ended, or whose drift Adobe's answers took back, leave the list. */
async function forgetRepaired({ deps, org }: Working): Promise<void> {
  const ids = await deps.directory.readDrifted(org);
  for (let from = 0; from < ids.length; from += SLICE) {
    const part = ids.slice(from, from + SLICE);
    const drifted = new Set(
      (await deps.directory.readAccounts(org, part))
        .filter((one) => one.drift !== undefined)
        .map(({ id }) => id),
    );
    await deps.directory.forgetDrift(
      org,
      part.filter((id) => !drifted.has(id)),
    );
  }
}
