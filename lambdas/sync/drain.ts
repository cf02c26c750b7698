/**
 * The drain of one Adobe org (design.md section 5; R18, R19, R29). Level-triggered: it looks at what is due, decides
 * each account from whole state read after a budget slot was taken, and sends one request's worth at a time. Losing
 * its lease, its time or its life at any point leaves nothing half-known: every call in flight has its intent.
 */
import { workPartition } from '../directory/keys.ts';
import type { Account, AccountError, AccountId, IdentityItem, OrgKey } from '../directory/records.ts';
import { LeaseLost, type Standing } from '../directory/work.ts';
import { type Decision, decide, emailsOf } from './decide.ts';
import { desiredOf } from './desired.ts';
import { type InventoryDeps, lookAt, takeInventory } from './inventory.ts';
import { FRESH_MS, KNOWLEDGE_LIFE_MS } from './known.ts';
import { backoffMs } from './outcome.ts';
import type { PlannedAction } from './plan.ts';
import { permit } from './policy.ts';
import { type Counts, type DrainDeps, type Run, readWorld, renew, stopOrg, stopsOrg } from './run.ts';
import { type Sending, sendOne } from './send.ts';
import { factsBetween, ledgerOf } from './settle.ts';
import { LEASE_MS, openSlots } from './slots.ts';
import { followBlockers } from './swap.ts';
import { connectionMode, type World } from './world.ts';

export interface DrainReport extends Counts {
  /** `idle`: nothing due is left. `paced`: Adobe's budget has no slot before `next`. `leased`: another run is at work. */
  readonly outcome: 'idle' | 'paced' | 'out-of-time' | 'leased' | 'lease-lost' | 'stopped' | 'no-org';
  readonly next?: number;
}

/** How many due accounts are looked at together. */
const WINDOW = 40;
/** R18: a moment for more changes to arrive, so that they share a request. */
const GATHER_MS = 2_000;
/** Longer waits for a slot end the run; the schedule looks again. */
const LONGEST_SLEEP_MS = 90_000;
const STOPPED_RETRY_MS = 10 * 60 * 1000;
/** An org on the move stays so for hours (`umapi.md` 10.4). */
const MIGRATING_RETRY_MS = 60 * 60 * 1000;
/** The second net under the waiters' list (R4). */
const CLAIM_RETRY_MS = 15 * 60 * 1000;
const WAKE_LIMIT = 500;
/** Sweeps take turns with requests, so that a large one never holds up a revoke (R18). */
const SWEEP_SLICE_MS = 2_000;
/** While the read budget is empty, first contacts take what the listing says (R19). */
const READ_PAUSE_MS = 3_000;

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
    counts,
  };
  try {
    if (org.authFault !== undefined) await directory.changeOrg(o, { authFault: undefined });
    const ended = await work(run, until);
    await directory.releaseLease(o, lease);
    return { ...counts, ...ended };
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    return { ...counts, outcome: 'lease-lost' };
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
    const ids = await deps.directory.readDue(run.org, WINDOW);
    if (ids.length === 0) {
      if (swept) return { outcome: 'idle' };
      continue;
    }
    if (run.slot !== undefined && ids.length < 10 && !gathered) {
      gathered = true;
      await deps.sleep(GATHER_MS);
      continue;
    }
    gathered = false;
    const next = await pass(run, ids);
    if (next.kind === 'progress') continue;
    if (next.kind === 'stopped') return { outcome: 'stopped' };
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

/** The listing that counts as knowledge, also of absence: at first start, and when the last one is a day old (R19). */
async function keepInventory(run: Run, until: number): Promise<void> {
  const org = await run.deps.directory.getOrg(run.org);
  if (org?.listing !== undefined && run.deps.now() - org.listing.startedAt < KNOWLEDGE_LIFE_MS) return;
  const taken = await takeInventory(inventoryDeps(run), run.org, {
    clientId: org?.clientId ?? '',
    until,
  });
  if (taken.kind !== 'incomplete') return;
  run.deps.log('inventory-incomplete', { reason: taken.reason });
  if (taken.failure !== undefined && stopsOrg(taken.failure)) await stopOrg(run, taken.failure.error);
}

function inventoryDeps(run: Run): InventoryDeps {
  const { directory, adobe, now, sleep, log } = run.deps;
  return { directory, adobe, slots: run.slots, now, sleep, log, beat: () => renew(run) };
}

type Passed =
  | { readonly kind: 'progress' }
  | { readonly kind: 'stopped' }
  /** Nothing more can be done before this instant. */
  | { readonly kind: 'wait'; readonly at: number };

interface Look {
  readonly world: World;
  readonly identities: ReadonlyMap<string, IdentityItem>;
}

/** One look at the accounts that are due: what needs no call is written, and one request is sent if a slot is held. */
async function pass(run: Run, ids: readonly AccountId[]): Promise<Passed> {
  const { directory } = run.deps;
  const read = await directory.readAccounts(run.org, ids);
  const accounts = read.filter((account) => !isSetAside(run, account));
  const identities = await directory.readIdentities(run.org, accounts.flatMap(emailsOf));
  const world = await readWorld(run);
  if (world === undefined || world.org.authFault !== undefined) return { kind: 'stopped' };
  const look = { world, identities };
  const sendings: Sending[] = [];
  let progress = read.length < ids.length;
  let readsWaiting = false;
  for (const account of accounts) {
    const step = await settle(run, look, account);
    if (step.kind === 'stopped') return step;
    if (step.kind === 'send') sendings.push(step.sending);
    else if (step.kind === 'done') progress = true;
    else readsWaiting = true;
  }
  if (sendings.length > 0) {
    if (run.slot !== undefined)
      return (await sendOne(run, { ...look, sendings })) ? { kind: 'progress' } : again(run);
    const taken = await run.slots.take('action');
    // Decisions are made anew after the slot, so that none ages while waiting for it (R18).
    if (taken.ok) {
      run.slot = taken.id;
      return { kind: 'progress' };
    }
    if (!progress) return { kind: 'wait', at: taken.freeAt };
  }
  if (progress) return { kind: 'progress' };
  return {
    kind: 'wait',
    at: readsWaiting ? Math.max(run.readsFreeAt, run.deps.now() + 1) : run.deps.now() + 1000,
  };
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

type Step =
  | { readonly kind: 'send'; readonly sending: Sending }
  | { readonly kind: 'done' }
  | { readonly kind: 'stopped' }
  /** It needs a read, and no read is free now. */
  | { readonly kind: 'read-later' };

async function settle(run: Run, look: Look, account: Account): Promise<Step> {
  const now = run.deps.now();
  // While reads are free, first contacts look for themselves; in a backlog the listing of the day counts (R19).
  const knownSince = now >= run.readsFreeAt ? now - FRESH_MS : now - KNOWLEDGE_LIFE_MS;
  let decision = decide({ account, ...look, knownSince });
  if (decision.kind === 'read') {
    const looked = await readFor(run, account, decision);
    if (looked.kind !== 'read-later') return looked;
    decision = decide({ account, ...look, knownSince: now - KNOWLEDGE_LIFE_MS });
  }
  switch (decision.kind) {
    case 'send':
      return { kind: 'send', sending: { account, decision } };
    case 'read':
      return { kind: 'read-later' };
    case 'claim':
      return resolveClaim(run, look, { account, decision });
    case 'rest':
      await rest(run, { account, decision });
      return { kind: 'done' };
  }
}

type ReadStep = Exclude<Step, { kind: 'send' }>;

async function readFor(
  run: Run,
  account: Account,
  { emails }: Extract<Decision, { kind: 'read' }>,
): Promise<ReadStep> {
  for (const identity of emails) {
    const looked = await lookAt(inventoryDeps(run), run.org, identity);
    if (looked.kind === 'no-slot') {
      run.readsFreeAt = Math.max(looked.freeAt, run.deps.now() + READ_PAUSE_MS);
      return { kind: 'read-later' };
    }
    run.counts.reads += 1;
    if (looked.kind === 'failed') {
      if (stopsOrg(looked.failure)) {
        await stopOrg(run, looked.failure.error);
        return { kind: 'stopped' };
      }
      await postpone(run, account);
      return { kind: 'done' };
    }
  }
  return { kind: 'done' };
}

/** Adobe did not answer a read: later, with a growing pause. Nothing is concluded from it (I11). */
async function postpone(run: Run, account: Account): Promise<void> {
  const standing: Standing = {
    place: { kind: 'timer', due: run.deps.now() + backoffMs(account.attempts) },
    status: 'waiting',
    reason: 'read-failed',
    attempts: account.attempts + 1,
  };
  await run.deps.directory.changeLedger(run.org, account.id, {
    compute: (fresh) =>
      isSame(fresh, account) ? { ledger: ledgerOf(fresh), clearIntent: false, standing } : undefined,
  });
}

function isSame(fresh: Account, account: Account): boolean {
  return fresh.wantedRev === account.wantedRev && fresh.ledgerRev === account.ledgerRev;
}

interface Resting {
  readonly account: Account;
  readonly decision: Pick<Extract<Decision, { kind: 'rest' }>, 'ledger' | 'standing' | 'clearIntent'>;
}

/** Writes the decision; if the account moved meanwhile nothing is written and the next look decides again. */
async function rest(run: Run, { account, decision }: Resting): Promise<void> {
  run.counts.settled += 1;
  const { ledger, standing, clearIntent } = decision;
  const facts = factsBetween(ledgerOf(account), ledger);
  await run.deps.directory.changeLedger(run.org, account.id, {
    compute: (fresh) => (isSame(fresh, account) ? { ledger, standing, clearIntent, facts } : undefined),
  });
}

interface Claiming {
  readonly account: Account;
  readonly decision: Extract<Decision, { kind: 'claim' }>;
}

async function resolveClaim(run: Run, look: Look, { account, decision }: Claiming): Promise<Step> {
  const claimed = await run.deps.directory.claimWanted(run.org, account.id);
  if (claimed.kind !== 'taken') return { kind: 'done' };
  const blocked = await followBlockers(run, account, claimed.by);
  if (blocked.kind === 'break') {
    const planned: PlannedAction = { action: blocked.action };
    const { email, type } = blocked.action.to;
    if (mayRename(look, account, planned)) {
      const send = {
        kind: 'send' as const,
        actions: [planned],
        ledger: decision.ledger,
        absentBefore: false,
      };
      return { kind: 'send', sending: { account, decision: send, claim: { email, type } } };
    }
  }
  if (blocked.kind === 'follow') await run.deps.directory.mark(run.org, blocked.breaker);
  const due = Math.min(run.deps.now() + CLAIM_RETRY_MS, decision.due ?? Number.POSITIVE_INFINITY);
  const standing = waitingFor(run, { by: claimed.by, stuck: blocked.kind === 'stuck', due });
  // The waiters' entry moved no revision of ours, so a fresh read is compared with what we decided on.
  await rest(run, { account, decision: { ledger: decision.ledger, clearIntent: true, standing } });
  return { kind: 'done' };
}

function mayRename({ world, identities }: Look, account: Account, planned: PlannedAction): boolean {
  const connection = world.connections.get(account.connection);
  const rules = world.rules.get(account.connection) ?? [];
  if (connection === undefined || connectionMode(connection) === 'report-only') return false;
  const plan = {
    actions: [planned],
    obstacles: [],
    ledger: ledgerOf(account),
    absentBefore: false,
    intentOpen: false,
  };
  const known = new Map(
    [...identities].flatMap(([key, item]) => (item.observed === undefined ? [] : [[key, item.observed]])),
  );
  const permitted = permit(plan, {
    account,
    desired: desiredOf(account, rules),
    world,
    connection,
    rules,
    known,
  });
  return permitted.actions.length > 0;
}

function waitingFor(
  run: Run,
  { by, stuck, due }: { readonly by: AccountId; readonly stuck: boolean; readonly due: number },
): Standing {
  const error = {
    code: stuck ? 'swap-adopted' : 'identity-taken',
    message: `Another account (${by}) has this identity at Adobe.`,
    hint: stuck
      ? 'These people exchange their addresses, and one of them existed at Adobe before the bridge, so nobody is renamed. Change the addresses in the Admin Console.'
      : 'Nothing to do if the other person is leaving or changing the address: this account follows. Otherwise correct one of the two addresses in the identity provider.',
    at: run.deps.now(),
  };
  return {
    place: { kind: 'timer', due },
    status: stuck ? 'parked' : 'waiting',
    reason: error.code,
    error,
    attempts: 0,
  };
}
