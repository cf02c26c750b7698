/**
 * The removal limit on its way through the drain: before anything is packed, the removals of a request are judged
 * (`removals.ts`), and those beyond the limit are put on hold, account by account (V3). Whatever else was to be sent to
 * these people goes on with the next look.
 *
 * Invariant: every removal that is sent was judged against the table as it stands under the lease, and is on record
 * there with its intent. Nothing is kept in memory, so a new process knows what the last one sent.
 */
import { entitlementKey } from '../directory/keys.ts';
import { markOf, withMarks } from '../directory/marks.ts';
import type { Account, EntitlementKey } from '../directory/records.ts';
import type { Sending } from './company.ts';
import { decide } from './decide.ts';
import { desiredOf } from './desired.ts';
import {
  addLoss,
  emptyingFrom,
  type Judged,
  judgeLoss,
  OUT_OF_ORG,
  removalsIn,
  standingOf,
  WINDOW_MS,
  type Window,
  windowOf,
} from './removals.ts';
import { type Run, renew } from './run.ts';
import type { SendInput } from './send.ts';
import { factsBetween, ledgerOf } from './settle.ts';
import type { World } from './world.ts';

/** Where so many people were looked at and none wants it, it counts as wanted by nobody: held, for a person to see. */
const MOST_READ = 2_000;
/** That nobody wants it is believed so long, and costs a hold at the most: a crowd of leavers asks at every look. */
const UNWANTED_MS = 10_000;
const BEAT_MS = 30_000;
const POSTPONED_MS = 15 * 60 * 1000;

export interface Limited {
  readonly sendings: readonly Sending[];
  /** Accounts that were put on hold instead. */
  readonly held: number;
}

export async function limitRemovals(run: Run, input: SendInput): Promise<Limited> {
  if (!input.sendings.some((sending) => countedIn(sending, input.world).length > 0)) {
    return { sendings: input.sendings, held: 0 };
  }
  const { directory } = run.deps;
  const figures = await directory.readFigures(run.org);
  const window = windowOf(await directory.readRemoved(run.org, input.world.now - WINDOW_MS), figures);
  const emptied = await emptiedIn(run, input, window);
  const sendings: Sending[] = [];
  const held: string[] = [];
  for (const sending of input.sendings) {
    const loss = { account: sending.account.id, keys: countedIn(sending, input.world) };
    const again = new Set(loss.keys.filter((key) => isHeldAgain(sending, key, input.world)));
    const limit = input.world.connections.get(sending.account.connection)?.settings.removalLimit;
    const judged = withAgain(judgeLoss(window, loss, { limit, emptied }), again);
    if (judged.held.length > 0) {
      if (judged.held.includes(OUT_OF_ORG)) await postpone(run, sending);
      else await hold(run, input, { sending, judged });
      held.push(...judged.causes);
      continue;
    }
    addLoss(window, loss);
    sendings.push(loss.keys.length === 0 ? sending : { ...sending, loss: { keys: loss.keys, figures } });
  }
  const count = input.sendings.length - sendings.length;
  if (count > 0) run.deps.log('removals-held', { accounts: count, causes: [...new Set(held)] });
  return { sendings, held: count };
}

/** The removals that nobody approved. */
function countedIn({ decision }: Sending, world: World): EntitlementKey[] {
  return removalsIn(decision.actions).filter(
    (key) => standingOf(markOf(decision.ledger, key), world.holds, world.now) !== 'approved',
  );
}

function isHeldAgain({ decision }: Sending, key: EntitlementKey, world: World): boolean {
  return standingOf(markOf(decision.ledger, key), world.holds, world.now) === 'again';
}

function withAgain(judged: Judged, again: ReadonlySet<EntitlementKey>): Judged {
  if (again.size === 0) return judged;
  return {
    held: [...new Set([...judged.held, ...again])],
    causes: [...new Set([...judged.causes, 'not approved in time'])],
  };
}

/** Of what is to be taken away, the entitlements that nobody active wants any more, where that matters. */
async function emptiedIn(
  run: Run,
  { world, sendings }: SendInput,
  window: Window,
): Promise<Set<EntitlementKey>> {
  const asked = new Set<EntitlementKey>();
  for (const sending of sendings) {
    const limit = world.connections.get(sending.account.connection)?.settings.removalLimit;
    for (const key of countedIn(sending, world)) {
      if ((window.holders.get(key) ?? 0) >= emptyingFrom(limit)) asked.add(key);
    }
  }
  const emptied = new Set<EntitlementKey>();
  for (const key of asked) if (!(await isWanted(run, world, key))) emptied.add(key);
  return emptied;
}

/** Who wanted it at the last look is asked first: mostly one read. */
async function isWanted(run: Run, world: World, key: EntitlementKey): Promise<boolean> {
  if (run.deps.now() - (run.unwantedAt.get(key) ?? Number.NEGATIVE_INFINITY) < UNWANTED_MS) return false;
  const fits = (account: Account): boolean =>
    desiredOf(account, world.rules.get(account.connection) ?? []).entitlements.has(key);
  const known = run.wantedBy.get(key);
  if (known !== undefined && (await run.deps.directory.readAccounts(run.org, [known])).some(fits))
    return true;
  for (const [c, rules] of world.rules) {
    for (const rule of rules.filter(({ grants }) =>
      grants.some(({ name }) => entitlementKey(name) === key),
    )) {
      if (!rule.everyone && rule.binding?.state !== 'bound') continue;
      const group = rule.everyone ? undefined : rule.binding?.groupId;
      const found = await run.deps.directory.findAccount(c, group, { fits, most: MOST_READ });
      if (found === undefined) continue;
      run.wantedBy.set(key, found.id);
      return true;
    }
  }
  run.unwantedAt.set(key, run.deps.now());
  return false;
}

interface Holding {
  readonly sending: Sending;
  readonly judged: Judged;
}

/** Written as decided, with the marks; if the account moved meanwhile nothing is written and the next look decides. */
async function hold(run: Run, input: SendInput, { sending, judged }: Holding): Promise<void> {
  const { account, decision } = sending;
  const { ledger } = decision;
  // A long list is written under a lease that is ours all the time (R29).
  if (run.deps.now() - run.renewedAt > BEAT_MS) await renew(run);
  const standing = standingWhileHeld(input, { sending, judged });
  await run.deps.directory.changeLedger(run.org, account.id, {
    compute: (fresh) =>
      fresh.wantedRev === account.wantedRev && fresh.ledgerRev === account.ledgerRev
        ? {
            ledger,
            standing,
            clearIntent: true,
            facts: factsBetween(ledgerOf(account), ledger),
            hold: { keys: judged.held, causes: judged.causes },
          }
        : undefined,
  });
}

/** Out of the org goes only who has nothing of ours left: no list to approve, but no more than the limit in an hour. */
async function postpone(run: Run, { account, decision }: Sending): Promise<void> {
  const due = run.deps.now() + POSTPONED_MS;
  await run.deps.directory.changeLedger(run.org, account.id, {
    compute: (fresh) =>
      fresh.wantedRev === account.wantedRev && fresh.ledgerRev === account.ledgerRev
        ? {
            ledger: decision.ledger,
            standing: {
              place: { kind: 'timer', due },
              status: 'waiting',
              reason: 'removal-limit',
              attempts: 0,
            },
            clearIntent: true,
          }
        : undefined,
  });
}

/** Where it stands without what is held: grants and other removals keep it in `run`. */
function standingWhileHeld({ world, identities }: SendInput, { sending, judged }: Holding) {
  const { account, decision } = sending;
  const { intent: _settled, origin: _o, maybe: _m, goneAt: _g, refused: _r, ...base } = account;
  // No hold is numbered 0: like any that nobody decided.
  const marks = new Map(judged.held.map((key) => [key, { id: 0, seq: 0 }]));
  const next = decide({
    account: { ...base, ...withMarks(decision.ledger, marks) },
    world,
    identities,
  });
  if (next.kind === 'rest') return next.standing;
  return { place: { kind: 'run', urgent: false }, status: 'pending', attempts: 0 } as const;
}
