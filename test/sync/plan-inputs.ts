/** Inputs for the plan's tests, and a short way to read what comes out. */
import type { Action } from '../../lambdas/adobe/adobe.ts';
import type { Identity, ObservedUser } from '../../lambdas/directory/records.ts';
import type { Ledger } from '../../lambdas/directory/work.ts';
import type { Desired } from '../../lambdas/sync/desired.ts';
import { FRESH_MS, type Knowledge } from '../../lambdas/sync/known.ts';
import type { Obstacle } from '../../lambdas/sync/obstacles.ts';
import type { Plan, PlanInput } from '../../lambdas/sync/planning.ts';

export const NOW = 1_800_000_000_000;
export const ada: Identity = { email: 'ada@example.com', username: 'ada@example.com', type: 'federatedID' };
export const renamed = { ...ada, email: 'ada.l@example.com', username: 'ada.l@example.com' };
export const names = { firstname: 'Ada', lastname: 'Okafor' };

export function desired(keys: readonly string[], over: Partial<Desired> = {}): Desired {
  // As `desiredOf` has it: nothing for somebody who is inactive.
  const wanted = over.live === false ? [] : keys;
  const entitlements = new Map(
    wanted.map((key) => [key, { name: key.toUpperCase(), kind: 'profile' as const, rules: [] }]),
  );
  return { live: true, identity: ada, ...names, country: 'US', entitlements, ...over };
}

export function ledger(over: Partial<Ledger> = {}): Ledger {
  return { applied: { entitlements: {} }, unknown: {}, watch: {}, ...over };
}

export function held(keys: readonly string[], over: Partial<Ledger> = {}): Ledger {
  const entitlements = Object.fromEntries(
    keys.map((key) => [key, { name: key.toUpperCase(), kind: 'profile' as const, since: 1 }]),
  );
  return ledger({ applied: { identity: ada, ...names, entitlements }, origin: 'made', ...over });
}

export function there(over: Partial<ObservedUser> = {}): ObservedUser {
  return { ...ada, status: 'active', groups: [], admin: false, ...names, ...over };
}

export function seen(users: readonly ObservedUser[], at = NOW, email = ada.email): [string, Knowledge] {
  return [email, { at, users }];
}

export function input(over: Partial<PlanInput> = {}): PlanInput {
  const claims = [ada, renamed].map(({ email, type }) => ({ email, type }));
  return {
    account: { wantedRev: 1, claims },
    desired: desired([]),
    ledger: ledger(),
    known: new Map([seen([]), seen([], NOW, renamed.email)]),
    knownOrigin: {},
    left: new Set(),
    graceMs: 0,
    knownSince: NOW - FRESH_MS,
    now: NOW,
    ...over,
  };
}

export function told({ action }: { action: Action }): string {
  if (action.kind === 'renameUser') return `rename to ${action.to.email}`;
  return 'name' in action ? `${action.kind} ${action.name}` : action.kind;
}

export function met(obstacle: Obstacle): string {
  if (obstacle.kind === 'read') return `read ${obstacle.emails.map(({ email }) => email).join(' ')}`;
  if (obstacle.kind === 'wait') return `wait ${obstacle.reason} ${(obstacle.due - NOW) / 1000}`;
  return obstacle.kind === 'park' ? `park ${obstacle.code}` : obstacle.kind;
}

export function say({ actions, obstacles }: Plan): string {
  return [...actions.map(told), ...obstacles.map(met)].join(', ');
}

export const maybe = { identity: ada, at: NOW - 60_000, absentBefore: true, ...names };
export const nobody = new Map([seen([]), seen([], NOW, renamed.email)]);
