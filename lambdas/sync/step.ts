/**
 * One account's step in a look of the drain: decided from what was read; what needs no call to Adobe's action endpoint
 * is done here (reads, claims, writing down where it stands), the rest is handed back to be sent (R18, R19, R32).
 */
import type { Account, AccountId, IdentityItem } from '../directory/records.ts';
import type { Standing } from '../directory/work.ts';
import type { Sending } from './company.ts';
import { type Decision, decide } from './decide.ts';
import { desiredOf } from './desired.ts';
import { type InventoryDeps, lookAt } from './inventory.ts';
import { FRESH_MS, KNOWLEDGE_LIFE_MS } from './known.ts';
import type { ReadFailure } from './listing.ts';
import { readMembers } from './members.ts';
import { backoffMs } from './outcome.ts';
import type { PlannedAction } from './planning.ts';
import { permit } from './policy.ts';
import { type Run, renew, stopOrg, stopsOrg } from './run.ts';
import { factsBetween, ledgerOf } from './settle.ts';
import { followBlockers } from './swap.ts';
import { connectionMode, type World } from './world.ts';

/** The second net under the waiters' list (R4). */
const CLAIM_RETRY_MS = 15 * 60 * 1000;
/** While the read budget is empty, first contacts take what the listing says (R19). */
const READ_PAUSE_MS = 3_000;

/** What was read before the accounts are decided. */
export interface Look {
  readonly world: World;
  readonly identities: ReadonlyMap<string, IdentityItem>;
  /** More accounts are due than one look takes. */
  readonly backlog: boolean;
}

export function inventoryDeps(run: Run): InventoryDeps {
  const { directory, adobe, now, sleep, log } = run.deps;
  return { directory, adobe, slots: run.slots, now, sleep, log, beat: () => renew(run) };
}

export type Step =
  | { readonly kind: 'send'; readonly sending: Sending }
  /** To be written down: nothing to do, or nothing now. */
  | { readonly kind: 'rest'; readonly resting: Resting }
  | { readonly kind: 'done' }
  | { readonly kind: 'stopped' }
  /** It needs a read, and none is free before this instant. */
  | { readonly kind: 'read-later'; readonly at: number };

/** Decides one account and does what needs no action request. */
export async function takeStep(run: Run, look: Look, account: Account): Promise<Step> {
  const now = run.deps.now();
  // While reads are free, first contacts look for themselves. In a backlog the listing of the day counts (R19): reads
  // one after the other would keep the action calls waiting, at a quarter of the pace.
  const looksItself = now >= run.readsFreeAt && !look.backlog;
  const knownSince = looksItself ? now - FRESH_MS : now - KNOWLEDGE_LIFE_MS;
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
      return { kind: 'read-later', at: run.readsFreeAt };
    case 'members':
      return readBack(run, account, decision);
    case 'claim':
      return resolveClaim(run, look, { account, decision });
    case 'rest':
      return { kind: 'rest', resting: { account, decision } };
  }
}

/** The next look settles everybody whom this reading is about. */
async function readBack(
  run: Run,
  account: Account,
  { asks }: Extract<Decision, { kind: 'members' }>,
): Promise<Step> {
  for (const ask of asks) {
    const looked = await readMembers(run, ask);
    if (looked.kind === 'later') return { kind: 'read-later', at: looked.at };
    if (looked.kind === 'failed') return afterFailedRead(run, account, looked.failure);
  }
  return { kind: 'done' };
}

async function afterFailedRead(run: Run, account: Account, failure: ReadFailure): Promise<ReadStep> {
  if (stopsOrg(failure)) {
    await stopOrg(run, failure.error);
    return { kind: 'stopped' };
  }
  await postpone(run, account);
  return { kind: 'done' };
}

type ReadStep = Exclude<Step, { kind: 'send' | 'rest' }>;

async function readFor(
  run: Run,
  account: Account,
  { emails }: Extract<Decision, { kind: 'read' }>,
): Promise<ReadStep> {
  for (const identity of emails) {
    const looked = await lookAt(inventoryDeps(run), run.org, identity);
    if (looked.kind === 'no-slot') {
      run.readsFreeAt = Math.max(looked.freeAt, run.deps.now() + READ_PAUSE_MS);
      return { kind: 'read-later', at: run.readsFreeAt };
    }
    run.counts.reads += 1;
    if (looked.kind === 'failed') return afterFailedRead(run, account, looked.failure);
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

export interface Resting {
  readonly account: Account;
  readonly decision: Pick<Extract<Decision, { kind: 'rest' }>, 'ledger' | 'standing' | 'clearIntent'>;
}

/** Writes the decision; if the account moved meanwhile nothing is written and the next look decides again. */
export async function rest(run: Run, { account, decision }: Resting): Promise<void> {
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
  // As the reads of a lost rename left it: the stored handle may be out of date (R26).
  const blocked = await followBlockers(run, { ...account, ...decision.ledger }, claimed.by);
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
  return {
    kind: 'rest',
    resting: { account, decision: { ledger: decision.ledger, clearIntent: true, standing } },
  };
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
