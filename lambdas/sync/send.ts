/**
 * One action request: pack, intents, send, record (R18, R23-R25, R29). The intent is written before the call and its
 * outcome after it, each account by its own; an answer that never came leaves the intents standing.
 */
import {
  type AccountActions,
  Action,
  type AdobeError,
  type CommandOutcome,
  type RequestOutcome,
} from '../adobe/adobe.ts';
import { isDocumented } from '../adobe/errors.ts';
import { packRequest } from '../adobe/pack.ts';
import { emailKey } from '../directory/keys.ts';
import type { Account, Claim, IdentityItem, Intent } from '../directory/records.ts';
import type { IntentDraft, LedgerChange, Seen, Standing } from '../directory/work.ts';
import { type Decision, decide } from './decide.ts';
import { desiredOf } from './desired.ts';
import { type Absorbed, absorb, backoffMs, MAX_ATTEMPTS } from './outcome.ts';
import { type Run, renew, stopOrg, stopsOrg } from './run.ts';
import { factsBetween, ledgerOf } from './settle.ts';
import { HTTP_TIMEOUT_MS, RENEWAL_AGE_MS } from './slots.ts';
import type { World } from './world.ts';

export interface Sending {
  readonly account: Account;
  readonly decision: Extract<Decision, { kind: 'send' }>;
  /** A temporary address to claim together with the intent (R32). */
  readonly claim?: Claim;
}

/** A pause without a length (`umapi.md` 4.1). */
const UNTOLD_WAIT_MS = 60_000;

export interface SendInput {
  readonly world: World;
  readonly identities: ReadonlyMap<string, IdentityItem>;
  readonly sendings: readonly Sending[];
}

/** Sends as much of the given work as one request takes. False when nothing was sent. */
export async function sendOne(run: Run, input: SendInput): Promise<boolean> {
  const { deps, slots } = run;
  const work: AccountActions[] = unsuspected(input.sendings).map(({ account, decision }) => ({
    accountId: account.id,
    actions: decision.actions.map((planned) => planned.action),
  }));
  const { commands } = packRequest(work, { requestId: (accountId) => accountId });
  const slot = run.slot;
  if (slot === undefined || commands.length === 0 || !(await slots.restamp('action', slot))) return false;
  await renew(run);
  const drafts = commands.flatMap((command): IntentDraft[] => {
    const sending = input.sendings.find((one) => one.account.id === command.accountId);
    return sending === undefined ? [] : [draftOf(run, { sending, actions: command.steps.flat(), input })];
  });
  const accepted = new Set<string>(await deps.directory.writeIntents(run.org, run.lease, drafts));
  const sent = commands.filter((command) => accepted.has(command.accountId));
  if (sent.length === 0) return false;
  if (deps.now() - run.renewedAt > RENEWAL_AGE_MS) await renew(run);
  run.slot = undefined;
  const outcome = await deps.adobe.send(sent, run.renewedAt + HTTP_TIMEOUT_MS);
  await slots.settle('action', slot);
  run.counts.requests += 1;
  run.counts.commands += sent.length;
  await settleRequest(run, {
    ...input,
    outcome,
    drafts: drafts.filter((draft) => accepted.has(draft.account.id)),
  });
  return true;
}

/**
 * Whoever was in requests that failed as a whole travels in ever smaller company, in the end alone: one poisonous
 * command must not keep nine others back (F27, `umapi.md` 18.3).
 */
export function unsuspected<T extends { readonly account: Account }>(sendings: readonly T[]): readonly T[] {
  const calm = sendings.filter(({ account }) => strikes(account) === 0);
  if (calm.length > 0) return calm;
  const worst = Math.max(0, ...sendings.map(({ account }) => strikes(account)));
  return sendings.slice(0, Math.max(1, Math.floor(10 / 2 ** worst)));
}

/** One answer that never came is nobody's fault; a refused request may be. */
function strikes({ attempts, reason }: Account): number {
  if (reason === 'refused') return attempts;
  return reason === 'unknown-outcome' ? Math.max(0, attempts - 1) : 0;
}

interface DraftInput {
  readonly sending: Sending;
  readonly actions: readonly Action[];
  readonly input: SendInput;
}

function draftOf(run: Run, { sending, actions, input }: DraftInput): IntentDraft {
  const { account, decision, claim } = sending;
  const { ledger, absentBefore } = decision;
  const create = actions.find((action) => action.kind === 'createUser');
  const connection = input.world.connections.get(account.connection);
  const intent: Intent = {
    id: `${run.lease.number}-${run.deps.newId()}`,
    at: run.deps.now(),
    wantedRev: account.wantedRev,
    mappingVersion: connection?.mappingVersion ?? 0,
    actions: [...actions],
    absentBefore: create !== undefined && absentBefore,
    repeated: ledger.maybe !== undefined,
  };
  const item = create === undefined ? undefined : input.identities.get(emailKey(create.identity.email));
  return {
    account,
    ledger,
    intent,
    facts: factsBetween(ledgerOf(account), ledger),
    ...(item === undefined ? {} : { unchanged: { email: item.email, rev: item.rev } }),
    ...(claim === undefined ? {} : { claim }),
  };
}

interface Answered extends SendInput {
  readonly outcome: RequestOutcome;
  readonly drafts: readonly IntentDraft[];
}

async function settleRequest(run: Run, answered: Answered): Promise<void> {
  const { outcome, drafts } = answered;
  if (outcome.kind === 'answered') {
    for (const command of outcome.commands) await record(run, answered, command);
    return;
  }
  const { error, blockedUntil } = outcome;
  run.deps.log('request-failed', { kind: outcome.kind, code: error.code, commands: drafts.length });
  const stopped = stopsOrg(outcome);
  if (stopped) await stopOrg(run, error);
  const throttled =
    outcome.kind === 'refused' && (outcome.reason === 'throttled' || outcome.reason === 'unreachable');
  const pause = throttled || (error.scope === 'org' && !stopped);
  const until = blockedUntil ?? (pause ? run.deps.now() + UNTOLD_WAIT_MS : undefined);
  if (until !== undefined) await run.slots.block('action', until);
  const blamed = outcome.kind === 'refused' && !throttled && !stopped;
  for (const { account, intent } of drafts) {
    await run.deps.directory.changeLedger(run.org, account.id, {
      intentId: intent.id,
      compute: (fresh) =>
        outcome.kind === 'unknown'
          ? { ledger: ledgerOf(fresh), clearIntent: false, standing: afterSilence(run, fresh, error) }
          : notDone(run, { fresh, blamed, alone: drafts.length === 1, error }),
    });
  }
}

/** R24: whoever moved meanwhile is due now, as with every outcome. */
function afterSilence(run: Run, fresh: Account, { code, message, hint }: AdobeError): Standing {
  if (fresh.intent?.wantedRev !== fresh.wantedRev) return inRun(fresh);
  return { ...postponed(run, fresh, 'unknown-outcome'), error: { code, message, hint, at: run.deps.now() } };
}

function postponed(run: Run, fresh: Account, reason: string): Standing {
  const due = run.deps.now() + backoffMs(fresh.attempts);
  return { place: { kind: 'timer', due }, status: 'waiting', reason, attempts: fresh.attempts + 1 };
}

interface NotDone {
  readonly fresh: Account;
  /** The request itself was refused: by its content, as far as we can tell. */
  readonly blamed: boolean;
  /** No other command was in the request. */
  readonly alone: boolean;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

/** R24: a request that was refused as a whole did nothing; its intents go. */
function notDone(run: Run, { fresh, blamed, alone, error }: NotDone): LedgerChange {
  const { code, message, hint } = error;
  const about = { code, message, hint, at: run.deps.now() };
  const again: Standing = { ...inRun(fresh), attempts: fresh.attempts };
  const parked: Standing = {
    place: { kind: 'parked', on: 'person' },
    status: 'parked',
    reason: code,
    error: about,
    attempts: 0,
  };
  const later = { ...postponed(run, fresh, 'refused'), error: about };
  const moved = fresh.intent?.wantedRev !== fresh.wantedRev;
  const standing =
    !blamed || moved ? again : alone && triesOf(fresh, 'refused') + 1 >= MAX_ATTEMPTS ? parked : later;
  return { ledger: ledgerOf(fresh), clearIntent: true, standing };
}

function inRun(fresh: Account): Standing {
  return { place: { kind: 'run', urgent: fresh['urgent'] !== undefined }, status: 'pending', attempts: 0 };
}

async function record(run: Run, answered: Answered, command: CommandOutcome): Promise<void> {
  const draft = answered.drafts.find((one) => one.account.id === command.accountId);
  if (draft === undefined) return;
  await tripFaults(run, answered, { command, draft });
  await run.deps.directory.changeLedger(run.org, draft.account.id, {
    intentId: draft.intent.id,
    compute: (fresh) =>
      changeOf(run, {
        fresh,
        absorbed: absorbFresh(run, { fresh, world: answered.world, command }),
        answered,
      }),
  });
  const refused = command.actions.flatMap(({ outcome }) =>
    outcome.kind === 'failed' ? [outcome.error] : [],
  );
  for (const { code } of refused) {
    // Whoever looks after the bridge has to hear of codes that Adobe never documented (`umapi.md` 10.4).
    run.deps.log(isDocumented(code) ? 'refused-by-adobe' : 'unknown-code', { code });
  }
  const stop = refused.find((error) => error.class === 'auth');
  if (stop !== undefined) await stopOrg(run, stop);
}

/** Before the account is parked on it: whoever waits for a fault that nobody wrote down would wait for ever (R16). */
async function tripFaults(
  run: Run,
  answered: Answered,
  { command, draft }: { readonly command: CommandOutcome; readonly draft: IntentDraft },
): Promise<void> {
  if (command.actions.every(({ outcome }) => outcome.kind !== 'failed')) return;
  const [fresh] = await run.deps.directory.readAccounts(run.org, [draft.account.id]);
  if (fresh?.intent?.id !== draft.intent.id) return;
  for (const fault of absorbFresh(run, { fresh, world: answered.world, command }).faults) {
    await run.deps.directory.tripFault(run.org, fault);
    run.deps.log('fault', { code: fault.error.code, scope: fault.scope });
  }
}

function absorbFresh(
  run: Run,
  {
    fresh,
    world,
    command,
  }: { readonly fresh: Account; readonly world: World; readonly command: CommandOutcome },
): Absorbed {
  const { intent } = fresh;
  if (intent === undefined) throw new Error(`account ${fresh.id} has no intent to record`);
  return absorb({
    ledger: ledgerOf(fresh),
    intent,
    desired: desiredOf(fresh, world.rules.get(fresh.connection) ?? []),
    actions: command.actions.map(({ action, outcome }) => ({ action: Action.parse(action), outcome })),
    attempts: triesOf(fresh, 'backoff'),
    now: run.deps.now(),
  });
}

/** Tries in a row that ended the same way: a lost answer before does not use up the tries of an error (I08). */
function triesOf(fresh: Account, reason: 'backoff' | 'refused'): number {
  return fresh.reason === reason ? fresh.attempts : 0;
}

interface Recording {
  readonly fresh: Account;
  readonly absorbed: Absorbed;
  readonly answered: Answered;
}

function changeOf(run: Run, { fresh, absorbed, answered }: Recording): LedgerChange {
  const { ledger, seen, facts } = absorbed;
  const standing = standingAfter(run, { fresh, absorbed, answered });
  return { ledger, clearIntent: true, standing, facts, seen };
}

/** R24: `applied` took the outcome; only the mark depends on whether the wanted inputs moved meanwhile. */
function standingAfter(run: Run, { fresh, absorbed, answered }: Recording): Standing {
  if (fresh.intent?.wantedRev !== fresh.wantedRev) return inRun(fresh);
  const { ledger, backoffMs: pause, error } = absorbed;
  const why = error === undefined ? {} : { error };
  if (pause !== undefined) {
    const due = run.deps.now() + pause;
    return {
      place: { kind: 'timer', due },
      status: 'waiting',
      reason: 'backoff',
      attempts: triesOf(fresh, 'backoff') + 1,
      ...why,
    };
  }
  const next = decide(afterwards(run, { fresh, absorbed, answered }));
  if (next.kind !== 'rest') return { ...inRun(fresh), ...why };
  const standing = next.standing;
  // What the plan itself changed (grace clocks) is not in the recorded ledger; a look in `run` writes it.
  const moved = JSON.stringify(next.ledger) !== JSON.stringify(ledger);
  return moved ? { ...inRun(fresh), ...why } : { ...standing, ...(standing.error === undefined ? {} : why) };
}

function afterwards(run: Run, { fresh, absorbed, answered }: Recording): Parameters<typeof decide>[0] {
  const { origin: _o, maybe: _m, goneAt: _g, refused: _r, intent: _i, ...base } = fresh;
  const faults = new Map(answered.world.faults);
  for (const fault of absorbed.faults) faults.set(fault.scope, fault);
  return {
    account: { ...base, ...absorbed.ledger },
    world: { ...answered.world, faults, now: run.deps.now() },
    identities: withSeen(answered.identities, absorbed.seen),
  };
}

function withSeen(
  identities: ReadonlyMap<string, IdentityItem>,
  seen: readonly Seen[],
): Map<string, IdentityItem> {
  const after = new Map(identities);
  for (const { email, at, users } of seen) {
    const before = after.get(emailKey(email)) ?? { email, claims: {}, waiters: [], origin: {}, rev: 0 };
    after.set(emailKey(email), { ...before, observed: { at, users: [...users] } });
  }
  return after;
}
