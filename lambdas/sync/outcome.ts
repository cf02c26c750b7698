/**
 * What Adobe's answer does to a ledger (R24-R27). Pure. `applied` always takes the parsed outcome, whatever the
 * identity provider did meanwhile; what has no answer goes back on the list of unknown things, never assumed (I12).
 */
import type { Action, ActionOutcome, AdobeError } from '../adobe/adobe.ts';
import { domainOf } from '../directory/identity.ts';
import { emailKey, entitlementKey } from '../directory/keys.ts';
import type { AccountError, EntitlementKey, Identity, Intent, ObservedUser } from '../directory/records.ts';
import type { Fact, Fault, Ledger, Seen } from '../directory/work.ts';
import type { Desired } from './desired.ts';
import { withoutDrift } from './drift.ts';
import { maybeOf, withNamesUnknown, withoutNames, withUnknown } from './settle.ts';
import { isBeside } from './twins.ts';
import { withoutRenames } from './watch.ts';

export interface OutcomeInput {
  /** The ledger as written with the intent. */
  readonly ledger: Ledger;
  readonly intent: Intent;
  readonly desired: Desired;
  readonly actions: readonly { readonly action: Action; readonly outcome: ActionOutcome }[];
  /** How often Adobe already failed for this person in a row. */
  readonly attempts: number;
  readonly now: number;
}

export interface Absorbed {
  readonly ledger: Ledger;
  readonly faults: readonly Fault[];
  /** Wait before the next try, after an error of class RETRY. */
  readonly backoffMs?: number;
  readonly error?: AccountError;
  readonly seen: readonly Seen[];
  readonly facts: readonly Fact[];
  /** Only reads of both names tell how the rename ended: its intent stands (R26). */
  readonly open?: true;
}

/** A fault is tried again after this long, by one request. */
export const FAULT_RETRY_MS = 60 * 60 * 1000;
/** Errors of class RETRY become somebody's problem after this many tries, where the table says no other number. */
export const MAX_ATTEMPTS = 3;
const FIRST_BACKOFF_MS = 15_000;
const LONGEST_BACKOFF_MS = 15 * 60 * 1000;

export function backoffMs(attempts: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempts, 10));
}

export function absorb(input: OutcomeInput): Absorbed {
  let state: Absorbed = { ledger: input.ledger, faults: [], seen: [], facts: [] };
  for (const { action, outcome } of input.actions) {
    if (outcome.kind === 'done') state = done(state, action, input);
    else if (outcome.kind === 'unknown') state = unknown(state, action, input);
    else if (outcome.kind === 'unverified')
      state = unverified(state, { action, error: outcome.error }, input);
    else if (outcome.error.class === 'ok') state = already(state, action, input);
    else state = failed(state, { action, error: outcome.error }, input);
  }
  return state;
}

function done(state: Absorbed, action: Action, input: OutcomeInput): Absorbed {
  const { applied } = state.ledger;
  switch (action.kind) {
    case 'createUser': {
      // Success over a twin proves nothing (`umapi.md` 13): the next look reads (I12).
      if (isBeside(state.ledger)) return { ...state, facts: fact(state, 'createdBeside') };
      const ledger = accepted(state.ledger, action, 'made');
      return {
        ...state,
        ledger,
        seen: [...state.seen, seenAs(action.identity, action, input.now)],
        facts: fact(state, 'created'),
      };
    }
    case 'updateUser': {
      const { firstname, lastname } = action;
      const names = {
        ...(firstname === undefined ? {} : { firstname }),
        ...(lastname === undefined ? {} : { lastname }),
      };
      return {
        ...state,
        ledger: { ...state.ledger, applied: { ...applied, ...names } },
        facts: fact(state, 'updated'),
      };
    }
    case 'renameUser': {
      const ledger = withoutRenames({ ...state.ledger, applied: { ...applied, identity: action.to } });
      const left: Seen = { email: action.identity.email, at: input.now, users: [] };
      return {
        ...state,
        ledger,
        seen: [...state.seen, left, seenAs(action.to, applied, input.now)],
        facts: fact(state, 'renamed'),
      };
    }
    case 'grant':
      return {
        ...state,
        ledger: granted(state.ledger, action.name, input),
        facts: fact(state, 'granted', { name: action.name }),
      };
    case 'revoke':
      return {
        ...state,
        ledger: revoked(state.ledger, action.name),
        facts: fact(state, 'revoked', { name: action.name }),
      };
    case 'removeFromOrg': {
      const left: Seen = { email: action.identity.email, at: input.now, users: [] };
      const ledger: Ledger = { applied: { entitlements: {} }, unknown: {}, watch: {} };
      return { ...state, ledger, seen: [...state.seen, left], facts: fact(state, 'removedFromOrg') };
    }
  }
}

/** One record per kind of fact: a hundred entitlements of one outcome still fit in its transaction (R9). */
function fact(
  state: Absorbed,
  what: string,
  { name, code }: { name?: string | undefined; code?: string } = {},
): Fact[] {
  const before = state.facts.find((one) => one.fact === what && one['code'] === code);
  const names = [...namesIn(before), ...(name === undefined ? [] : [name])];
  const about = {
    ...(code === undefined ? {} : { code }),
    ...(names.length === 0 ? {} : { entitlements: names }),
  };
  return [...state.facts.filter((one) => one !== before), { fact: what, ...about }];
}

function namesIn(one: Fact | undefined): string[] {
  const names = one?.['entitlements'];
  return Array.isArray(names) ? names.map(String) : [];
}

/** An acknowledged write is knowledge too: without it the next look would see the world before it. */
function seenAs(
  identity: Identity,
  names: { firstname?: string | undefined; lastname?: string | undefined },
  at: number,
): Seen {
  const user: ObservedUser = {
    email: identity.email,
    username: identity.username,
    type: identity.type === 'businessID' ? 'adobeID' : identity.type,
    status: 'active',
    ...(names.firstname === undefined ? {} : { firstname: names.firstname }),
    ...(names.lastname === undefined ? {} : { lastname: names.lastname }),
    groups: [],
    admin: false,
  };
  return { email: identity.email, at, users: [user] };
}

function accepted(
  ledger: Ledger,
  action: Extract<Action, { kind: 'createUser' }>,
  origin: 'made' | 'found',
): Ledger {
  const { maybe: _settled, goneAt: _here, ...rest } = ledger;
  const { firstname, lastname } = action;
  return {
    ...rest,
    origin,
    applied: {
      ...ledger.applied,
      identity: action.identity,
      ...(firstname === undefined ? {} : { firstname }),
      ...(lastname === undefined ? {} : { lastname }),
    },
  };
}

function granted(ledger: Ledger, name: string, { desired, now }: OutcomeInput): Ledger {
  const key = entitlementKey(name);
  const wanted = desired.entitlements.get(key);
  const rule = wanted?.rules[0]?.id;
  const since = ledger.applied.entitlements[key]?.since ?? now;
  const entry = { name, kind: wanted?.kind ?? 'profile', since, ...(rule === undefined ? {} : { rule }) };
  return known(
    {
      ...ledger,
      applied: { ...ledger.applied, entitlements: { ...ledger.applied.entitlements, [key]: entry } },
    },
    key,
  );
}

function revoked(ledger: Ledger, name: string): Ledger {
  const key = entitlementKey(name);
  const { [key]: _revoked, ...entitlements } = ledger.applied.entitlements;
  return known({ ...ledger, applied: { ...ledger.applied, entitlements } }, key);
}

function known(ledger: Ledger, key: EntitlementKey): Ledger {
  const { [key]: _known, ...rest } = ledger.unknown;
  return withoutDrift({ ...ledger, unknown: rest }, key);
}

/** Class OK: what was asked for holds already. On a create it says that the person was there before us (R33, R26). */
function already(state: Absorbed, action: Action, input: OutcomeInput): Absorbed {
  if (action.kind !== 'createUser') return done(state, action, input);
  const ours = input.intent.absentBefore && input.intent['repeated'] === true;
  const accept = accepted(state.ledger, action, ours ? 'made' : 'found');
  // Which of several tries landed, or whether somebody was there after all, nobody knows: the names are sent once more.
  const ledger = ours ? { ...accept, applied: withoutNames(accept) } : accept;
  return { ...state, ledger, facts: fact(state, ours ? 'created' : 'adopted') };
}

/** R25: behind the first error nothing is known. A create without an answer is a "maybe". */
function unknown(state: Absorbed, action: Action, { intent }: OutcomeInput): Absorbed {
  const { ledger } = state;
  switch (action.kind) {
    case 'createUser':
      return { ...state, ledger: { ...ledger, maybe: maybeOf(ledger.maybe, action, intent) } };
    case 'grant':
    case 'revoke':
      return { ...state, ledger: withUnknown(ledger, { name: action.name, at: intent.at }) };
    case 'updateUser':
      return { ...state, ledger: withNamesUnknown(ledger, intent.at) };
    case 'renameUser':
    case 'removeFromOrg':
      // Alone in their commands, they are never behind an error.
      return state;
  }
}

interface Listed {
  readonly action: Action;
  readonly error: AdobeError | undefined;
}

/** I12: neither granted nor revoked before a reading shows it; a list that failed is taken apart, person by person. */
function unverified(state: Absorbed, { action, error }: Listed, input: OutcomeInput): Absorbed {
  if (action.kind !== 'grant' && action.kind !== 'revoke') return unknown(state, action, input);
  const { name, kind } = action;
  const ledger = withUnknown(state.ledger, {
    name,
    at: input.now,
    ...(error === undefined ? { listed: kind } : { byName: true }),
  });
  if (error === undefined) return { ...state, ledger, facts: fact(state, 'sentInList', { name }) };
  const about = { code: error.code, message: error.message, hint: error.hint, at: input.now };
  const facts = fact(state, 'listRefusedByAdobe', { name, code: error.code });
  const pause = error.class === 'retry' ? { backoffMs: backoffMs(input.attempts) } : {};
  return { ...state, ledger, facts, error: about, ...pause };
}

interface Failure {
  readonly action: Action;
  readonly error: AdobeError;
}

function failed(state: Absorbed, { action, error }: Failure, input: OutcomeInput): Absorbed {
  const about: AccountError = { code: error.code, message: error.message, hint: error.hint, at: input.now };
  const facts = fact(state, 'refusedByAdobe', { name: nameOf(action), code: error.code });
  const next = { ...state, error: about, facts };
  switch (error.class) {
    case 'gone':
      return gone(next, { action, error }, { about, input });
    case 'config':
      return misconfigured(next, { action, error }, { about, input });
    case 'retry':
      if (!givesUp(action, error, input)) return { ...next, backoffMs: backoffMs(input.attempts) };
      return misconfigured(next, { action, error }, { about, input });
    case 'auth':
      return { ...next, backoffMs: backoffMs(input.attempts) };
    default:
      return refuse(next, action, { about, input });
  }
}

interface Verdict {
  readonly about: AccountError;
  readonly input: OutcomeInput;
}

/** R27: a read decides. Where reads show the person and commands do not find them, that is not repeated for ever. */
function gone(state: Absorbed, { action, error }: Failure, { about, input }: Verdict): Absorbed {
  const next = { ...state, ledger: { ...state.ledger, goneAt: input.intent.at } };
  if (givesUp(action, error, input)) return refuse(next, action, { about, input });
  const pause = { backoffMs: backoffMs(input.attempts) };
  const moved = action.kind === 'renameUser' && emailKey(action.identity.email) !== emailKey(action.to.email);
  // An earlier try may have landed after it was looked for: then the person has the new name (R26).
  return moved ? { ...state, ...pause, open: true } : { ...next, ...pause };
}

/** A revoke is never given up for what may pass: nobody might ever change the account of a leaver again (I07). */
function givesUp(action: Action, { tries = MAX_ATTEMPTS }: AdobeError, { attempts }: OutcomeInput): boolean {
  return action.kind !== 'revoke' && attempts + 1 >= tries;
}

/** Trips once for all that depend on it (section 18.3); a revoke has no domain to wait for and comes back by time (R17). */
function misconfigured(state: Absorbed, { action, error }: Failure, { about, input }: Verdict): Absorbed {
  const scope = scopeOf(action, error);
  if (scope === undefined) return refuse(state, action, { about, input });
  const revoke = action.kind === 'revoke';
  const ofName = error.scope === 'entitlement';
  const stopsRevokes = ofName && (revoke || /not_found$/.test(error.code));
  const fault: Fault = {
    scope,
    error: about,
    retryAt: input.now + FAULT_RETRY_MS,
    ...(stopsRevokes ? { stopsRevokes } : {}),
  };
  const faults = [...state.faults, fault];
  return revoke && !ofName ? { ...state, faults, backoffMs: FAULT_RETRY_MS } : { ...state, faults };
}

function nameOf(action: Action): string | undefined {
  return 'name' in action ? action.name : undefined;
}

function scopeOf(action: Action, error: AdobeError): string | undefined {
  if (error.scope === 'entitlement' && 'name' in action) return entitlementKey(action.name);
  if (error.scope === 'domain')
    return domainOf(action.kind === 'renameUser' ? action.to.email : action.identity.email);
  return undefined;
}

/** Not repeated until the identity provider changes something or an operator asks: visible with Adobe's words. */
function refuse(state: Absorbed, action: Action, { about, input }: Verdict): Absorbed {
  const name = 'name' in action ? `${action.kind}:${entitlementKey(action.name)}` : action.kind;
  const { wantedRev } = input.intent;
  const before = state.ledger.refused?.wantedRev === wantedRev ? state.ledger.refused.actions : [];
  const actions = [...new Set([...before, name])];
  return { ...state, ledger: { ...state.ledger, refused: { wantedRev, actions, error: about } } };
}
