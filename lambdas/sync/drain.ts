/**
 * The drain of one Adobe org (design.md section 5; R18, R19, R29). Level-triggered: it looks at what is due, decides
 * each account from whole state read after a budget slot was taken, and sends one request's worth at a time. Losing
 * its lease, its time or its life at any point leaves nothing half-known: every call in flight has its intent.
 */
import { workPartition } from '../directory/keys.ts';
import type { Account, AccountError, AccountId, OrgKey } from '../directory/records.ts';
import { type Lease, LeaseLost } from '../directory/work.ts';
import { LEASE_MS } from '../times.ts';
import type { Sending } from './company.ts';
import { emailsOf } from './decide.ts';
import { takeInventory } from './inventory.ts';
import { LISTING_SHARE } from './listing.ts';
import { onlyIfSound } from './poison.ts';
import { limitRemovals } from './removal-limit.ts';
import {
  type Counts,
  type DrainDeps,
  inParallel,
  type Run,
  readWorld,
  renew,
  stopOrg,
  stopsOrg,
} from './run.ts';
import { gainsByLists, sendOne } from './send.ts';
import { openSlots } from './slots.ts';
import { inventoryDeps, type Look, type Resting, rest, takeStep } from './step.ts';

export interface DrainReport extends Counts {
  /** `idle`: nothing due is left. `paced`: Adobe's budget has no slot before `next`. `leased`: another run is at work. */
  readonly outcome:
    | 'idle'
    | 'paced'
    | 'out-of-time'
    | 'leased'
    | 'lease-lost'
    | 'stopped'
    | 'paused'
    | 'no-org';
  readonly next?: number;
}

/** How many due accounts are looked at together: a few requests' worth, or what one request of lists carries. */
const WINDOW = 40;
const WIDE_WINDOW = 1_000;
/** Decisions written down at the same time. */
const WRITES_AT_ONCE = 16;
/** R18: a moment for more changes to arrive, so that they share a request. */
const GATHER_MS = 2_000;
/** Longer waits for a slot end the run; the schedule looks again. */
const LONGEST_SLEEP_MS = 90_000;
const STOPPED_RETRY_MS = 10 * 60 * 1000;
/** An org on the move stays so for hours (`umapi.md` 10.4). */
const MIGRATING_RETRY_MS = 60 * 60 * 1000;
const WAKE_LIMIT = 500;
/** Sweeps take turns with requests, so that a large one never holds up a revoke (R18). */
const SWEEP_SLICE_MS = 2_000;

export async function drain(
  deps: DrainDeps,
  o: OrgKey,
  { until }: { readonly until: number },
): Promise<DrainReport> {
  const counts: Counts = { requests: 0, commands: 0, reads: 0, settled: 0 };
  const { directory, now } = deps;
  const org = await directory.getOrg(o);
  if (org === undefined) return { ...counts, outcome: 'no-org' };
  if (org.authFault !== undefined && now() < askAgainAt(org.authFault))
    return { ...counts, outcome: 'stopped' };
  const lease = await directory.acquireLease(o, { holder: deps.newId(), until: now() + LEASE_MS });
  if (lease === undefined) return { ...counts, outcome: 'leased' };
  const slots = openSlots({ directory, clientId: org.clientId, now, newId: deps.newId });
  const run: Run = {
    deps,
    org: o,
    slots,
    lease,
    renewedAt: now(),
    slot: undefined,
    readsFreeAt: 0,
    catalogue: undefined,
    readings: new Map(),
    window: WINDOW,
    // The first call of a run is not theirs: an answer of use ends the circuit's pause for everybody (F33).
    suspectsWent: true,
    holds: false,
    wantedBy: new Map(),
    unwantedAt: new Map(),
    counts,
  };
  try {
    if (org.authFault !== undefined) await directory.changeOrg(o, { authFault: undefined });
    const ended = await work(run, until);
    await directory.releaseLease(o, lease);
    return { ...counts, ...ended };
  } catch (error) {
    if (error instanceof LeaseLost) return { ...counts, outcome: 'lease-lost' };
    await giveBack(deps, o, lease);
    throw error;
  }
}

/**
 * A run that breaks lets the next one start at once: no call of it is open, each was awaited to its deadline (R29), and
 * what it left behind has its intents. Only a process that dies keeps its lease until it runs out.
 */
async function giveBack({ directory, log }: DrainDeps, o: OrgKey, lease: Lease): Promise<void> {
  try {
    await directory.releaseLease(o, lease);
  } catch (error) {
    // The reason of the broken run matters more; the lease runs out by itself.
    log('lease-kept', { reason: error instanceof Error ? error.name : 'unknown' });
  }
}

function askAgainAt({ code, at }: AccountError): number {
  return at + (code === 'error.organization.migrating' ? MIGRATING_RETRY_MS : STOPPED_RETRY_MS);
}

type Ended = Pick<DrainReport, 'outcome' | 'next'>;

async function work(run: Run, until: number): Promise<Ended> {
  const { deps } = run;
  await keepInventory(run, until);
  await wakeFaults(run);
  let gathered = false;
  while (deps.now() < until) {
    await renew(run);
    const swept = await deps.directory.runSweeps(run.org, Math.min(until, deps.now() + SWEEP_SLICE_MS));
    // Whoever is only put on hold leaves Adobe to the others, so grants go on beside a crowd of leavers (V3).
    const grants = run.holds ? Math.ceil(run.window / 4) : 0;
    const ids = await deps.directory.readDue(run.org, run.window, grants);
    if (ids.length === 0) {
      if (swept) return { outcome: 'idle' };
      continue;
    }
    if (run.slot !== undefined && ids.length < 10 && !gathered) {
      gathered = true;
      await deps.sleep(Math.max(0, Math.min(GATHER_MS, until - deps.now())));
      continue;
    }
    gathered = false;
    const next = await pass(run, ids);
    if (next.kind === 'progress') continue;
    if (next.kind === 'stopped') return { outcome: 'stopped' };
    if (next.kind === 'paused') {
      if (swept) return { outcome: 'paused' };
      continue;
    }
    if (next.at > until || next.at - deps.now() > LONGEST_SLEEP_MS)
      return { outcome: 'paced', next: next.at };
    await deps.sleep(Math.max(1, next.at - deps.now()));
  }
  return { outcome: 'out-of-time' };
}

/** Faults whose time has come: the accounts parked on them are marked, and the first request tells (section 18.3). */
async function wakeFaults(run: Run): Promise<void> {
  for (const fault of await run.deps.directory.readFaults(run.org)) {
    if (fault.retryAt <= run.deps.now())
      await run.deps.directory.clearFault(run.org, fault.scope, WAKE_LIMIT);
  }
}

/**
 * The first listing of all, before anything was ever sent (R19). Later ones are the reconcile's, beside the drain: a
 * listing of a large org takes minutes, and revokes do not wait for it.
 */
async function keepInventory(run: Run, until: number): Promise<void> {
  const { directory, now, newId } = run.deps;
  const org = await directory.getOrg(run.org);
  if (org === undefined || org.listing !== undefined) return;
  const slots = openSlots({ directory, clientId: org.clientId, now, newId, share: LISTING_SHARE });
  const taken = await takeInventory({ ...inventoryDeps(run), slots }, run.org, {
    clientId: org.clientId,
    until,
  });
  if (taken.kind !== 'incomplete') return;
  run.deps.log('inventory-incomplete', { reason: taken.reason });
  if (taken.failure !== undefined && stopsOrg(taken.failure)) await stopOrg(run, taken.failure.error);
}

type Passed =
  | { readonly kind: 'progress' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'paused' }
  /** Nothing more can be done before this instant. */
  | { readonly kind: 'wait'; readonly at: number };

/** One look at the accounts that are due: what needs no call is written, and one request is sent if a slot is held. */
async function pass(run: Run, ids: readonly AccountId[]): Promise<Passed> {
  const { directory } = run.deps;
  const read = await directory.readAccounts(run.org, ids);
  const { accounts, emails } = await soundOf(run, read);
  const identities = await directory.readIdentities(run.org, emails);
  const world = await readWorld(run, accounts);
  if (world === undefined || world.org.authFault !== undefined) return { kind: 'stopped' };
  if (world.paused !== undefined) return { kind: 'paused' };
  const look = { world, identities, backlog: ids.length >= run.window };
  const { sendings: wishes, resting, done, readAt, stopped } = await decideAll(run, look, accounts);
  await inParallel(resting, WRITES_AT_ONCE, (one) => rest(run, one));
  if (stopped) return { kind: 'stopped' };
  let progress = read.length < ids.length || done || resting.length > 0;
  const gains = resting.length > ids.length / 5 || gainsByLists(wishes, world);
  if (widens(run, { looked: ids.length, gains })) return { kind: 'progress' };
  const { sendings, held } = await limitRemovals(run, { ...look, sendings: wishes });
  run.holds = held > 0 && look.backlog;
  if (held > 0) progress = true;
  if (sendings.length > 0) {
    if (run.slot !== undefined)
      return (await sendOne(run, { ...look, sendings })) ? { kind: 'progress' } : again(run);
    const taken = await run.slots.take('action');
    // Decisions are made anew after the slot, so that none ages while waiting for it (R18).
    if (taken.ok) {
      run.slot = taken.id;
      return { kind: 'progress' };
    }
    if (!progress) return { kind: 'wait', at: Math.min(taken.freeAt, readAt ?? taken.freeAt) };
  }
  if (progress) return { kind: 'progress' };
  return { kind: 'wait', at: Math.max(readAt ?? run.deps.now() + 1000, run.deps.now() + 1) };
}

/** Who is looked at now, and every e-mail that has to be known for it. */
async function soundOf(
  run: Run,
  read: readonly Account[],
): Promise<{ readonly accounts: readonly Account[]; readonly emails: readonly string[] }> {
  const accounts: Account[] = [];
  const emails: string[] = [];
  for (const account of read) {
    if (isSetAside(run, account)) continue;
    const needed = await onlyIfSound(run, account, () => emailsOf(account));
    if (needed === undefined) continue;
    accounts.push(account);
    emails.push(...needed);
  }
  return { accounts, emails };
}

interface Decided {
  readonly sendings: Sending[];
  readonly resting: Resting[];
  /** Something was read or claimed: the account is due again. */
  done: boolean;
  /** Somebody needs a read that is not to be had before this instant. */
  readAt: number | undefined;
  stopped: boolean;
}

async function decideAll(run: Run, look: Look, accounts: readonly Account[]): Promise<Decided> {
  const all: Decided = { sendings: [], resting: [], done: false, readAt: undefined, stopped: false };
  for (const account of accounts) {
    const step = await onlyIfSound(run, account, () => takeStep(run, look, account));
    if (step === undefined) {
      all.done = true;
      continue;
    }
    if (step.kind === 'stopped') return { ...all, stopped: true };
    if (step.kind === 'send') all.sendings.push(step.sending);
    else if (step.kind === 'rest') all.resting.push(step.resting);
    else if (step.kind === 'done') all.done = true;
    else all.readAt = Math.min(step.at, all.readAt ?? step.at);
  }
  return all;
}

/**
 * Most requests carry ten people, and a look at a thousand for them would be read a hundred times over. Where lists
 * carry more, or many accounts only have to be written, the next look is wide; when that ends, narrow again.
 */
function widens(run: Run, { looked, gains }: { readonly looked: number; readonly gains: boolean }): boolean {
  const wide = gains && looked >= WINDOW;
  const grows = wide && run.window < WIDE_WINDOW;
  run.window = wide ? WIDE_WINDOW : WINDOW;
  return grows;
}

/** The index may lag behind the account (R16): one that was just put on a timer is not decided again before its time. */
function isSetAside(run: Run, account: Account): boolean {
  return account['wpk'] === workPartition.timer(run.org) && (account.due ?? 0) > run.deps.now();
}

/** Nothing was sent although a slot is held: the credential is blocked, or every account moved meanwhile. */
async function again(run: Run): Promise<Passed> {
  const slot = run.slot;
  if (slot !== undefined && (await run.slots.restamp('action', slot))) return { kind: 'progress' };
  run.slot = undefined;
  const taken = await run.slots.take('action');
  if (taken.ok) run.slot = taken.id;
  return taken.ok ? { kind: 'progress' } : { kind: 'wait', at: taken.freeAt };
}
