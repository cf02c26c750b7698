/**
 * `plan(desired, ledger, known, now)`: what would make Adobe match, as a pure function (R20). It knows no modes, no
 * budgets and no calls; `policy.ts` decides what part of it may run.
 *
 *   at Adobe, as we know it               wanted                plan
 *   nothing of ours, nothing wanted       -                     nothing: nobody is created unmapped
 *   nothing of ours                       entitlements          know first; then adopt, create or park (R19, R33)
 *   maybe created (answer lost)           entitlements          create again, then the grants (R26)
 *   maybe created (answer lost)           nothing               revoke what may have landed; a read settles the rest
 *   ours                                  same                  nothing
 *   ours                                  more / less           grant / revoke after the grace (R22)
 *   ours, outcome of X unknown            X / not X             grant X again / revoke X again (R26)
 *   ours and made by us                   other names           update
 *   ours and made by us                   other e-mail          rename, alone (R31), after a look at the new address
 *   ours but found (adopted)              other e-mail          parked: an operator must say yes (T14)
 *   ours, of a type Adobe cannot rename   other e-mail          parked; or, by policy, all revoked, then a first contact
 *   ours, but Adobe said "no such person" -                     a read decides, absence only after 30 minutes (R27)
 */
import type { Action } from '../adobe/adobe.ts';
import { sameIdentity } from '../directory/identity.ts';
import { emailKey } from '../directory/keys.ts';
import { keepMarks } from '../directory/marks.ts';
import type { AppliedEntitlement, EntitlementKey, Identity, ObservedUser } from '../directory/records.ts';
import type { Ledger } from '../directory/work.ts';
import { repairOf, withGone } from './drift.ts';
import { FRESH_MS, foundUser, type Knowledge } from './known.ts';
import { graceClocks, removalOf, revokesOfApplied, revokesOfUnknown, unknownNow } from './leaving.ts';
import {
  collision,
  identityProblem,
  notCreatedBeside,
  notRenamed,
  type Obstacle,
  read,
  twin,
} from './obstacles.ts';
import { holdsClaim, type Plan, type PlanInput, type PlannedAction } from './planning.ts';
import type { Renaming } from './settle.ts';
import { isBeside, mayCreateBeside, usable } from './twins.ts';
import {
  lateRenames,
  mayLandUntil,
  settleWatch,
  watchObstacle,
  withLateRename,
  withMoved,
  withoutRenames,
} from './watch.ts';

/** Absence counts only this long after the last call that could still land (R27, R28). */
export const LATE_EFFECT_MS = 30 * 60 * 1000;

export function plan(input: PlanInput): Plan {
  const settled = settleReads({ ...input, ledger: withGone({ ...input, ledger: withMoved(input) }) });
  if (settled.obstacle !== undefined) {
    const open = input.renaming !== undefined && settled.obstacle.kind !== 'park';
    return { ...resting(settled.ledger, [settled.obstacle]), intentOpen: open };
  }
  const ledger = settleWatch({ ...input, ledger: settled.ledger });
  if (ledger.applied.identity !== undefined) return planHeld({ ...input, ledger }, ledger.applied.identity);
  if (ledger.maybe !== undefined) return planMaybe({ ...input, ledger }, ledger.maybe);
  return planFirstContact({ ...input, ledger: { ...ledger, unknown: {} } });
}

function resting(ledger: Ledger, obstacles: readonly Obstacle[]): Plan {
  return { actions: [], obstacles, ledger, absentBefore: false, intentOpen: false };
}

function sending(ledger: Ledger, actions: readonly PlannedAction[], more: Partial<Plan> = {}): Plan {
  return { actions, obstacles: [], ledger, absentBefore: false, intentOpen: false, ...more };
}

/** Renames and vanished people: what only a read of Adobe can tell. */
function settleReads(input: PlanInput): { ledger: Ledger; obstacle?: Obstacle } {
  if (input.renaming !== undefined) return settleRename(input, input.renaming);
  const { ledger, now } = input;
  const handle = ledger.applied.identity ?? ledger.maybe?.identity;
  if (ledger.goneAt === undefined || handle === undefined) return { ledger: without(ledger, 'goneAt') };
  const seen = input.known.get(emailKey(handle.email));
  if (seen === undefined || seen.at < ledger.goneAt)
    return { ledger, obstacle: read([handle], ledger.goneAt) };
  const there = foundUser(seen, handle);
  if (there !== undefined) return { ledger: confirmed(without(ledger, 'goneAt'), handle, there) };
  const [to] = lateRenames(input, handle);
  if (to !== undefined) return settleRename(input, { from: handle, to, at: ledger.goneAt });
  const due = ledger.goneAt + LATE_EFFECT_MS;
  if (seen.at >= due) return { ledger: isBeside(ledger) ? notMade(input) : emptied() };
  if (now >= due) return { ledger, obstacle: read([handle], due) };
  return { ledger, obstacle: { kind: 'wait', due, reason: 'gone-check' } };
}

/** Created beside a twin, said Adobe, and nobody came of it: not tried again by itself. */
function notMade({ account, now }: PlanInput): Ledger {
  const { code, message, hint } = notCreatedBeside();
  const error = { code, message, hint, at: now };
  return { ...emptied(), refused: { wantedRev: account.wantedRev, actions: ['createUser'], error } };
}

/**
 * New name only = done, both = a collision for a person, old only = send again and watch, neither for long = gone (R26,
 * R27). An earlier rename that was watched may have landed instead, so its address counts as a new name, too (R28).
 */
function settleRename(input: PlanInput, { from, to, at }: Renaming): { ledger: Ledger; obstacle?: Obstacle } {
  const { now, known } = input;
  const ledger = without(input.ledger, 'goneAt');
  if (emailKey(from.email) === emailKey(to.email)) return { ledger };
  const earlier = lateRenames(input, from).filter(({ email }) => emailKey(email) !== emailKey(to.email));
  const all = [from, to, ...earlier];
  const seenAt = Math.min(
    ...all.map(({ email }) => known.get(emailKey(email))?.at ?? Number.NEGATIVE_INFINITY),
  );
  if (seenAt <= at) return { ledger: input.ledger, obstacle: read(all, at + 1) };
  const isThere = (one: Identity): boolean => foundUser(known.get(emailKey(one.email)), one) !== undefined;
  const moved = [to, ...earlier].find(isThere);
  if (moved !== undefined && isThere(from)) return { ledger: input.ledger, obstacle: collision(moved) };
  if (moved !== undefined)
    return { ledger: withoutRenames({ ...ledger, applied: { ...ledger.applied, identity: moved } }) };
  if (isThere(from)) return { ledger: withLateRename(ledger, to, at) };
  const due = at + LATE_EFFECT_MS;
  if (seenAt >= due) return { ledger: emptied() };
  if (now >= due) return { ledger: input.ledger, obstacle: read(all, due) };
  return { ledger: input.ledger, obstacle: { kind: 'wait', due, reason: 'gone-check' } };
}

function without(ledger: Ledger, key: 'goneAt' | 'maybe'): Ledger {
  const { [key]: _dropped, ...rest } = ledger;
  return rest;
}

/** The person is there: a create that may have happened did, with the names that are there now. */
function confirmed(ledger: Ledger, handle: Identity, { firstname, lastname }: ObservedUser): Ledger {
  if (ledger.applied.identity !== undefined) return ledger;
  const names = {
    ...(firstname === undefined ? {} : { firstname }),
    ...(lastname === undefined ? {} : { lastname }),
  };
  return {
    ...without(ledger, 'maybe'),
    applied: { ...ledger.applied, ...names, identity: handle },
    origin: 'made',
  };
}

function emptied(): Ledger {
  // The watch list speaks of a handle that is no more (R28).
  return { applied: { entitlements: {} }, unknown: {}, watch: {} };
}

function planMaybe(input: PlanInput, maybe: NonNullable<Ledger['maybe']>): Plan {
  const { desired, ledger } = input;
  const { identity, absentBefore } = maybe;
  if (isBeside(ledger)) return plan({ ...input, ledger: { ...ledger, goneAt: maybe.at } });
  // Without an identity that may be used, nobody is created, also not again (R2, T15).
  if (desired.live && desired.identity !== undefined && desired.entitlements.size > 0) {
    const actions = [...createAndGrant(input, identity), ...revokesOfUnknown(input, identity)];
    return sending(ledger, actions, { absentBefore });
  }
  const actions = revokesOfUnknown(input, identity);
  if (actions.length > 0) return sending(ledger, actions);
  // Nothing was granted that we know of: only whether the person exists is open, and a read tells.
  return plan({ ...input, ledger: { ...ledger, goneAt: maybe.at } });
}

function planFirstContact(input: PlanInput): Plan {
  const { desired, ledger, known, now } = input;
  if (!desired.live || desired.entitlements.size === 0) return resting(ledger, []);
  const { identity } = desired;
  if (identity === undefined) return resting(ledger, [identityProblem(desired)]);
  if (!holdsClaim(input.account, identity)) return resting(ledger, [{ kind: 'claim' }]);
  const seen = known.get(emailKey(identity.email));
  if (seen === undefined || seen.at < input.knownSince)
    return resting(ledger, [read([identity], input.knownSince)]);
  const there = foundUser(seen, identity);
  if (there !== undefined) {
    // Where an account of ours was before, what a read showed may be older than our own revokes (R20).
    const fresh = seen.at >= now - FRESH_MS && input.knownOrigin[identity.type] === undefined;
    const adopted = adopt(input, { identity, there, fresh });
    return planHeld({ ...input, ledger: adopted }, adopted.applied.identity ?? identity);
  }
  if (seen.users.length > 0) return planTwin(input, { seen, identity });
  return sending(ledger, createAndGrant(input, identity), { absentBefore: true });
}

function planTwin(
  input: PlanInput,
  { seen, identity }: { readonly seen: Knowledge; readonly identity: Identity },
): Plan {
  const { ledger, now, twins = 'leave' } = input;
  const found = twins === 'use-existing' ? usable(seen, identity) : undefined;
  if (found !== undefined) {
    const adopted = adopt(input, { ...found, fresh: seen.at >= now - FRESH_MS });
    return planHeld({ ...input, ledger: adopted }, adopted.applied.identity ?? identity);
  }
  if (twins !== 'create-beside' || !mayCreateBeside(seen, identity))
    return resting(ledger, [twin(seen.users[0]?.type ?? 'unknown')]);
  const tried = ledger.refused?.wantedRev === input.account.wantedRev;
  if (tried && ledger.refused?.actions.includes('createUser')) return resting(ledger, [notCreatedBeside()]);
  const sentLedger: Ledger = { ...ledger, maybe: { identity, at: now, absentBefore: false, beside: true } };
  return sending(ledger, createAndGrant(input, identity), { sentLedger, createsAlone: true });
}

function createAndGrant(input: PlanInput, identity: Identity): PlannedAction[] {
  const { firstname, lastname, country } = input.desired;
  const create: Action = {
    kind: 'createUser',
    identity,
    ...(firstname === undefined ? {} : { firstname }),
    ...(lastname === undefined ? {} : { lastname }),
    ...(country === undefined ? {} : { country }),
  };
  return [{ action: create }, ...grants(input, identity)];
}

interface Found {
  readonly identity: Identity;
  readonly there: ObservedUser;
  readonly fresh: boolean;
}

/** Same type: adopted as it is, in Adobe's spelling; what it already holds of the wanted is managed from now on. */
function adopt(input: PlanInput, { identity, there, fresh }: Found): Ledger {
  const { desired, ledger, now } = input;
  const held = new Set(there.groups.map((name) => emailKey(name)));
  const entitlements: Record<EntitlementKey, AppliedEntitlement> = {};
  for (const [key, wanted] of fresh ? desired.entitlements : []) {
    if (!held.has(key)) continue;
    const rule = wanted.rules[0]?.id;
    entitlements[key] = {
      name: wanted.name,
      kind: wanted.kind,
      since: now,
      found: true,
      ...(rule === undefined ? {} : { rule }),
    };
  }
  // Older than a change of names by an account of ours that was there before, they would be taken for the present ones.
  const { firstname, lastname } = fresh ? there : { firstname: undefined, lastname: undefined };
  return {
    ...ledger,
    applied: {
      identity: { ...identity, email: there.email, username: there.username },
      ...(firstname === undefined ? {} : { firstname }),
      ...(lastname === undefined ? {} : { lastname }),
      entitlements: { ...ledger.applied.entitlements, ...entitlements },
    },
    origin: identity.as === undefined ? (input.knownOrigin[identity.type] ?? 'found') : 'found',
  };
}

function planHeld(input: PlanInput, handle: Identity): Plan {
  const { desired, ledger } = input;
  const clocks = graceClocks(input);
  const repair = repairOf(input, handle);
  const revokes = [
    ...revokesOfApplied(input, { handle, clocks }),
    ...revokesOfUnknown(input, handle),
    ...repair.revokes,
  ];
  const waits: Obstacle[] = clocks.waiting.map((due) => ({ kind: 'wait', due, reason: 'grace' }));
  const obstacles: Obstacle[] = [...waits, ...repair.obstacles];
  const unknown = unknownNow(input);
  const after: Ledger = {
    ...ledger,
    unknown,
    applied: { ...ledger.applied, entitlements: clocks.entitlements },
  };
  if (!desired.live) {
    const watched = watchObstacle({ ...input, ledger: after }, handle);
    const removal = removalOf(input, after, handle);
    if (removal.gone) return resting(emptied(), []);
    if (removal.obstacle !== undefined) obstacles.push(removal.obstacle);
    const actions = removal.action === undefined ? revokes : [removal.action];
    return sending(after, actions, { obstacles: [...obstacles, ...watched] });
  }
  // Parked, visibly: nothing is added under the old address either (R2, R17).
  if (desired.identity === undefined) {
    const concerned = desired.entitlements.size > 0 || Object.keys(clocks.entitlements).length > 0;
    return sending(after, revokes, {
      obstacles: concerned ? [...obstacles, identityProblem(desired)] : obstacles,
    });
  }
  const rename = planRename({ ...input, ledger: after }, handle);
  // Somebody else may wait for the address that a late rename still claims, so the look does not wait for the night.
  if (rename.action === undefined && lateRenames(input, handle).length > 0)
    obstacles.push(...watchObstacle({ ...input, ledger: after }, handle));
  if (rename.action !== undefined && revokes.length === 0) {
    return sending(after, [{ action: rename.action }], { obstacles });
  }
  if (rename.replace)
    return planReplacement(
      { ...input, ledger: keepMarks(after, ledger) },
      { handle, obstacles, revokes, rename },
    );
  if (rename.obstacle !== undefined) obstacles.push(rename.obstacle);
  // Revokes that may run go first, and the rename is planned again when they are done; policy chooses (R31).
  const moves: PlannedAction[] = rename.action === undefined ? [] : [{ action: rename.action }];
  const actions = [
    ...revokes,
    ...moves,
    ...nameUpdate(input, handle),
    ...grants({ ...input, ledger: after }, handle),
    ...repair.grants,
  ];
  return sending(after, actions, { obstacles });
}

interface Replacing {
  readonly handle: Identity;
  readonly obstacles: readonly Obstacle[];
  /** Of what is not wanted under either address. */
  readonly revokes: readonly PlannedAction[];
  readonly rename: Rename;
}

/** Everything is taken there; when nothing is left, the new address is a first contact of its own. */
function planReplacement(input: PlanInput, replacing: Replacing): Plan {
  const { ledger } = input;
  const { handle, obstacles, revokes: unwanted, rename } = replacing;
  // Nobody looks at the old address afterwards, so what may still land there is waited for, then looked for (R28).
  const late = watchObstacle(input, handle);
  const first = late.length === 0 && rename.obstacle !== undefined ? [rename.obstacle] : late;
  if (first.length > 0) return sending(ledger, unwanted, { obstacles: [...obstacles, ...first] });
  const held = Object.entries({ ...ledger.unknown, ...ledger.applied.entitlements });
  if (held.length === 0) return plan({ ...input, ledger: emptied() });
  const revokes = held.map(
    ([key, { name }]): PlannedAction => ({ key, action: { kind: 'revoke', identity: handle, name } }),
  );
  return sending(ledger, revokes, { obstacles, together: true });
}

function grants({ desired, ledger }: PlanInput, handle: Identity): PlannedAction[] {
  return [...desired.entitlements]
    .filter(([key]) => !Object.hasOwn(ledger.applied.entitlements, key) || Object.hasOwn(ledger.unknown, key))
    .map(([key, { name }]) => ({ key, action: { kind: 'grant', identity: handle, name } }));
}

function isManaged({ type, as }: Identity): boolean {
  const there = as ?? type;
  return there === 'federatedID' || there === 'enterpriseID';
}

/** Only people that we made, and never an Adobe or Business ID, whose profile belongs to the person (R2, T14). */
function nameUpdate({ desired, ledger }: PlanInput, handle: Identity): PlannedAction[] {
  const { firstname, lastname } = desired;
  if (ledger.origin !== 'made' || !isManaged(handle)) return [];
  if (firstname === ledger.applied.firstname && lastname === ledger.applied.lastname) return [];
  return [
    {
      action: {
        kind: 'updateUser',
        identity: handle,
        ...(firstname === undefined ? {} : { firstname }),
        ...(lastname === undefined ? {} : { lastname }),
      },
    },
  ];
}

interface Rename {
  readonly action?: Action;
  readonly obstacle?: Obstacle;
  /** When the obstacle is out of the way, if there is one. */
  readonly replace?: true;
}

function planRename(input: PlanInput, handle: Identity): Rename {
  const { desired, ledger, known } = input;
  const to = desired.identity;
  if (to === undefined || sameIdentity(to, handle)) return {};
  const moves = emailKey(to.email) !== emailKey(handle.email);
  // A user of another type that the settings let us use has the username that it has.
  if (handle.as !== undefined && !moves) return {};
  const replaces = moves && !isManaged(handle) && input.onRename === 'replace';
  if (!replaces && (ledger.origin !== 'made' || !isManaged(handle) || to.type !== handle.type)) {
    return moves || to.type !== handle.type ? { obstacle: notRenamed(handle, ledger) } : {};
  }
  if (input.renameBlocked !== undefined) return { obstacle: input.renameBlocked };
  if (!holdsClaim(input.account, to)) return { obstacle: { kind: 'claim' } };
  const seen = moves ? known.get(emailKey(to.email)) : undefined;
  if (moves && (seen === undefined || seen.at < input.knownSince))
    return { obstacle: read([to], input.knownSince), ...(replaces ? { replace: true } : {}) };
  // Nothing is taken from the old address before it is known that the new one can have it.
  if (replaces) {
    const other = seen !== undefined && seen.users.length > 0 && foundUser(seen, to) === undefined;
    return other ? { obstacle: twin(seen.users[0]?.type ?? 'unknown') } : { replace: true };
  }
  // The person may sit there already, by username.
  const others = seen?.users.some((user) => emailKey(user.email) !== emailKey(handle.email)) === true;
  if (others) return { obstacle: collision(to) };
  // What is still on its way under the old address would make somebody of that address again (R28).
  const due = mayLandUntil(ledger.watch);
  if (moves && input.now < due) return { obstacle: { kind: 'wait', due, reason: 'watch' } };
  return { action: { kind: 'renameUser', identity: handle, to } };
}
