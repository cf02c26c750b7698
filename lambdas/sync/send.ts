/**
 * One action request: pack, intents, send, record (R18, R23-R25, R29). The intent is written before the call and its
 * outcome after it, each account by its own; an answer that never came leaves the intents standing.
 */
import {
  type AccountActions,
  Action,
  type CommandOutcome,
  type PackedCommand,
  type RequestOutcome,
} from '../adobe/adobe.ts';
import { isDocumented } from '../adobe/errors.ts';
import { packRequest } from '../adobe/pack.ts';
import { keepMembers } from '../adobe/pack-lists.ts';
import { emailKey } from '../directory/keys.ts';
import type { Account, IdentityItem, Intent } from '../directory/records.ts';
import type { Fault, IntentDraft, LedgerChange, Seen, Standing } from '../directory/work.ts';
import { HTTP_TIMEOUT_MS, RENEWAL_AGE_MS } from '../times.ts';
import { chooseCompany, failedInList, mayBeListed, type Sending } from './company.ts';
import { decide, emailsOf } from './decide.ts';
import { desiredOf } from './desired.ts';
import { type Absorbed, absorb, backoffMs, MAX_ATTEMPTS } from './outcome.ts';
import { lostBy } from './removals.ts';
import { inParallel, isPaused, type Run, renew, stopOrg, stopsOrg } from './run.ts';
import { factsBetween, ledgerOf } from './settle.ts';
import type { World } from './world.ts';

export interface SendInput {
  readonly world: World;
  readonly identities: ReadonlyMap<string, IdentityItem>;
  readonly sendings: readonly Sending[];
}

/** Ledgers written at the same time. */
const WRITES_AT_ONCE = 16;

/** Sends as much of the given work as one request takes. False when nothing was sent. */
export async function sendOne(run: Run, input: SendInput): Promise<boolean> {
  const { deps, slots } = run;
  const company = chooseCompany(input.sendings, { world: input.world, suspectsWent: run.suspectsWent });
  const commands = packed(company.sendings, input.world);
  const slot = run.slot;
  if (slot === undefined || commands.length === 0 || !(await slots.restamp('action', slot))) return false;
  await renew(run);
  if (await isPaused(run, input.world)) return false;
  const drafts = draftsOf(run, input, commands);
  const accepted = new Set<string>(await deps.directory.writeIntents(run.org, run.lease, drafts));
  const sent = commands.flatMap((command) => stillSent(command, accepted));
  if (sent.length === 0) return false;
  if (deps.now() - run.renewedAt > RENEWAL_AGE_MS) await renew(run);
  run.slot = undefined;
  run.suspectsWent = company.suspects;
  const outcome = await deps.adobe.send(sent, run.renewedAt + HTTP_TIMEOUT_MS);
  await slots.settleCall('action', slot, isFailure(outcome));
  run.counts.requests += 1;
  run.counts.commands += sent.length;
  await settleRequest(run, {
    ...input,
    outcome,
    drafts: new Map(
      drafts.flatMap((draft) => (accepted.has(draft.account.id) ? [[draft.account.id, draft]] : [])),
    ),
  });
  return true;
}

/**
 * Whether lists would carry what the given work needs in fewer requests: then a larger look pays. Of a list that failed
 * a narrow look shows a few, where other work fills it (decision 9).
 */
export function gainsByLists(sendings: readonly Sending[], world: World): boolean {
  return (
    sendings.some((one) => failedInList(one, world)) || packRequest(workOf(sendings, world)).lists.length > 0
  );
}

function packed(sendings: readonly Sending[], world: World): readonly PackedCommand[] {
  const { commands, lists } = packRequest(workOf(sendings, world), { requestId: (accountId) => accountId });
  return [...commands, ...lists];
}

function workOf(sendings: readonly Sending[], world: World): AccountActions[] {
  return sendings.map((sending) => ({
    accountId: sending.account.id,
    actions: sending.decision.actions.map((planned) => planned.action),
    byList: mayBeListed(sending, world),
  }));
}

/** What is left of a command without the accounts whose intent could not be written (R23). */
function stillSent(command: PackedCommand, accepted: ReadonlySet<string>): readonly PackedCommand[] {
  if ('lists' in command) {
    const kept = keepMembers(command, (id) => accepted.has(id));
    return kept === undefined ? [] : [kept];
  }
  return accepted.has(command.accountId) ? [command] : [];
}

function draftsOf(run: Run, input: SendInput, commands: readonly PackedCommand[]): IntentDraft[] {
  const sendings = new Map<string, Sending>(input.sendings.map((one) => [one.account.id, one]));
  const actions = commands.flatMap((command): (readonly [string, readonly Action[]])[] =>
    'lists' in command
      ? command.lists.flat().map(({ accountId, action }) => [accountId, [action]] as const)
      : [[command.accountId, command.steps.flat()] as const],
  );
  return actions.flatMap(([accountId, parts]) => {
    const sending = sendings.get(accountId);
    return sending === undefined ? [] : [draftOf(run, { sending, actions: parts, input })];
  });
}

interface DraftInput {
  readonly sending: Sending;
  readonly actions: readonly Action[];
  readonly input: SendInput;
}

function draftOf(run: Run, { sending, actions, input }: DraftInput): IntentDraft {
  const { account, decision, claim, loss } = sending;
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
    ...(loss === undefined ? {} : { loss: lossOf(loss, actions) }),
  };
}

/** Only what the request has room for: the rest is judged again. */
function lossOf(
  loss: NonNullable<Sending['loss']>,
  actions: readonly Action[],
): NonNullable<Sending['loss']> {
  const sent = actions.flatMap((action) => lostBy(action) ?? []);
  return { ...loss, keys: loss.keys.filter((key) => sent.includes(key)) };
}

interface Answered extends SendInput {
  readonly outcome: RequestOutcome;
  readonly drafts: ReadonlyMap<string, IntentDraft>;
}

async function settleRequest(run: Run, answered: Answered): Promise<void> {
  const { outcome, drafts } = answered;
  if (outcome.kind === 'answered') {
    await recordAll(run, answered, outcome.commands);
    return;
  }
  const { error, blockedUntil } = outcome;
  const reason = outcome.kind === 'refused' ? outcome.reason : undefined;
  run.deps.log('request-failed', { kind: outcome.kind, reason, code: error.code, people: drafts.size });
  const stopped = stopsOrg(outcome);
  if (stopped) await stopOrg(run, error);
  if (blockedUntil !== undefined) await run.slots.block('action', blockedUntil);
  const throttled =
    outcome.kind === 'refused' && (outcome.reason === 'throttled' || outcome.reason === 'unreachable');
  // By its content, as far as we can tell.
  const blamed = outcome.kind === 'refused' && !throttled && !stopped;
  await inParallel([...drafts.values()], WRITES_AT_ONCE, async ({ account, intent }) => {
    await run.deps.directory.changeLedger(run.org, account.id, {
      intentId: intent.id,
      compute: (fresh) => {
        const failed = { fresh, company: drafts.size, error };
        return outcome.kind === 'unknown'
          ? { ledger: ledgerOf(fresh), clearIntent: false, standing: afterSilence(run, failed) }
          : notDone(run, failed, blamed);
      },
    });
  });
}

/** Without an answer of use, and without Adobe's word for how long to wait: the circuit opens. */
function isFailure(outcome: RequestOutcome): boolean {
  if (outcome.kind === 'answered') return false;
  if (outcome.kind === 'unknown') return true;
  const { reason, blockedUntil, error } = outcome;
  if (reason === 'throttled') return blockedUntil === undefined;
  return reason === 'unreachable' || (error.scope === 'org' && !stopsOrg(outcome));
}

interface Failed {
  readonly fresh: Account;
  /** How many people were in the request. */
  readonly company: number;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

/** R24: whoever moved meanwhile is due now, as with every outcome. */
function afterSilence(run: Run, failed: Failed): Standing {
  const { fresh } = failed;
  return fresh.intent?.wantedRev === fresh.wantedRev
    ? postponed(run, failed, 'unknown-outcome')
    : inRun(fresh);
}

/** The pause grows for whoever is alone with it; others go on in smaller company, at the pace of the circuit (F27, F33). */
function postponed(run: Run, { fresh, company, error }: Failed, reason: string): Standing {
  const now = run.deps.now();
  const { code, message, hint } = error;
  return {
    place: { kind: 'timer', due: now + backoffMs(company === 1 ? fresh.attempts : 0) },
    status: 'waiting',
    reason,
    error: { code, message, hint, at: now },
    attempts: fresh.attempts + 1,
    company,
  };
}

/** R24: a request that was refused as a whole did nothing; its intents go. */
function notDone(run: Run, failed: Failed, blamed: boolean): LedgerChange {
  const { fresh, company, error } = failed;
  const again: Standing = { ...inRun(fresh), attempts: fresh.attempts };
  const later = postponed(run, failed, 'refused');
  const parked: Standing = {
    place: { kind: 'parked', on: 'person' },
    status: 'parked',
    reason: error.code,
    ...(later.error === undefined ? {} : { error: later.error }),
    attempts: 0,
  };
  const moved = fresh.intent?.wantedRev !== fresh.wantedRev;
  const last = company === 1 && triesOf(fresh, 'refused') + 1 >= MAX_ATTEMPTS;
  const standing = !blamed || moved ? again : last ? parked : later;
  return { ledger: ledgerOf(fresh), clearIntent: true, standing };
}

function inRun(fresh: Account): Standing {
  return { place: { kind: 'run', urgent: fresh['urgent'] !== undefined }, status: 'pending', attempts: 0 };
}

/** Faults first: whoever waits for one that nobody wrote down would wait for ever (R16). */
async function recordAll(run: Run, answered: Answered, outcomes: readonly CommandOutcome[]): Promise<void> {
  const tripped = await tripFaults(run, answered, outcomes);
  await inParallel(outcomes, WRITES_AT_ONCE, (outcome) => record(run, { ...answered, tripped }, outcome));
  const errors = outcomes.flatMap(({ actions }) =>
    actions.flatMap(({ outcome }) =>
      'error' in outcome && outcome.error !== undefined ? [outcome.error] : [],
    ),
  );
  for (const [code, error] of new Map(errors.map((one) => [one.code, one]))) {
    // Whoever looks after the bridge has to hear of codes that Adobe never documented (`umapi.md` 10.4).
    const people = errors.filter((one) => one.code === code).length;
    run.deps.log(isDocumented(code) ? 'refused-by-adobe' : 'unknown-code', { code, people });
    if (error.class === 'auth') await stopOrg(run, error);
  }
}

async function record(run: Run, answered: Recorded, command: CommandOutcome): Promise<void> {
  const draft = answered.drafts.get(command.accountId);
  if (draft === undefined) return;
  await run.deps.directory.changeLedger(run.org, draft.account.id, {
    intentId: draft.intent.id,
    compute: (fresh) =>
      changeOf(run, {
        fresh,
        absorbed: absorbFresh(run, { fresh, world: answered.world, command }),
        answered,
      }),
  });
}

/** Once per entitlement or domain, however many people met it (section 18.3). */
async function tripFaults(
  run: Run,
  answered: Answered,
  outcomes: readonly CommandOutcome[],
): Promise<ReadonlyMap<string, Fault>> {
  const tripped = new Map<string, Fault>();
  for (const command of outcomes) {
    const draft = answered.drafts.get(command.accountId);
    if (draft === undefined || command.actions.every(({ outcome }) => outcome.kind !== 'failed')) continue;
    const fresh = { ...draft.account, ...draft.ledger, intent: draft.intent };
    for (const fault of absorbFresh(run, { fresh, world: answered.world, command }).faults) {
      const before = tripped.get(fault.scope);
      if (before !== undefined && (before.stopsRevokes === true || fault.stopsRevokes !== true)) continue;
      tripped.set(fault.scope, fault);
    }
  }
  for (const fault of tripped.values()) {
    await run.deps.directory.tripFault(run.org, fault);
    run.deps.log('fault', { code: fault.error.code, scope: fault.scope });
  }
  return tripped;
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

type Recorded = Answered & { readonly tripped: ReadonlyMap<string, Fault> };

interface Recording {
  readonly fresh: Account;
  readonly absorbed: Absorbed;
  readonly answered: Recorded;
}

function changeOf(run: Run, { fresh, absorbed, answered }: Recording): LedgerChange {
  const { ledger, seen, facts, open } = absorbed;
  const standing = standingAfter(run, { fresh, absorbed, answered });
  return { ledger, clearIntent: open !== true, standing, facts, seen };
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
  const { origin: _o, maybe: _m, goneAt: _g, refused: _r, drift: _d, intent: _i, ...base } = fresh;
  const faults = new Map(answered.world.faults);
  for (const fault of answered.tripped.values()) faults.set(fault.scope, fault);
  const account = { ...base, ...absorbed.ledger };
  return {
    account,
    world: { ...answered.world, faults, now: run.deps.now() },
    identities: withSeen(ofAccount(answered.identities, account), absorbed.seen),
  };
}

/** Of a look at a thousand, what one account needs. */
function ofAccount(
  identities: ReadonlyMap<string, IdentityItem>,
  account: Account,
): Map<string, IdentityItem> {
  const own = new Map<string, IdentityItem>();
  for (const key of emailsOf(account).map(emailKey)) {
    const item = identities.get(key);
    if (item !== undefined) own.set(key, item);
  }
  return own;
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
