/** The pure plan: one row per line of the table in `plan.ts`, and what holds for every input (R20-R22, R26, R27, R31; T14). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Action } from '../../lambdas/adobe/adobe.ts';
import type { Intent, ObservedUser } from '../../lambdas/directory/records.ts';
import type { Ledger } from '../../lambdas/directory/work.ts';
import type { Desired } from '../../lambdas/sync/desired.ts';
import { FRESH_MS, type Knowledge } from '../../lambdas/sync/known.ts';
import { absorb } from '../../lambdas/sync/outcome.ts';
import { LATE_EFFECT_MS, type Obstacle, type Plan, plan, type PlanInput } from '../../lambdas/sync/plan.ts';

const NOW = 1_800_000_000_000;
const ada = { email: 'ada@example.com', username: 'ada@example.com', type: 'federatedID' } as const;
const renamed = { ...ada, email: 'ada.l@example.com', username: 'ada.l@example.com' };
const names = { firstname: 'Ada', lastname: 'Okafor' };

function desired(keys: readonly string[], over: Partial<Desired> = {}): Desired {
  // As `desiredOf` has it: nothing for somebody who is inactive.
  const wanted = over.live === false ? [] : keys;
  const entitlements = new Map(wanted.map((key) => [key, { name: key.toUpperCase(), kind: 'profile' as const, rules: [] }]));
  return { live: true, identity: ada, ...names, country: 'US', entitlements, ...over };
}

function ledger(over: Partial<Ledger> = {}): Ledger {
  return { applied: { entitlements: {} }, unknown: {}, watch: {}, ...over };
}

function held(keys: readonly string[], over: Partial<Ledger> = {}): Ledger {
  const entitlements = Object.fromEntries(keys.map((key) => [key, { name: key.toUpperCase(), kind: 'profile' as const, since: 1 }]));
  return ledger({ applied: { identity: ada, ...names, entitlements }, origin: 'made', ...over });
}

function there(over: Partial<ObservedUser> = {}): ObservedUser {
  return { ...ada, status: 'active', groups: [], admin: false, ...names, ...over };
}

function seen(users: readonly ObservedUser[], at = NOW, email = ada.email): [string, Knowledge] {
  return [email, { at, users }];
}

function input(over: Partial<PlanInput> = {}): PlanInput {
  const claims = [ada, renamed].map(({ email, type }) => ({ email, type }));
  return {
    account: { claims },
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

function told({ action }: { action: Action }): string {
  if (action.kind === 'renameUser') return `rename to ${action.to.email}`;
  return 'name' in action ? `${action.kind} ${action.name}` : action.kind;
}

function met(obstacle: Obstacle): string {
  if (obstacle.kind === 'read') return `read ${obstacle.emails.map(({ email }) => email).join(' ')}`;
  if (obstacle.kind === 'wait') return `wait ${obstacle.reason} ${(obstacle.due - NOW) / 1000}`;
  return obstacle.kind === 'park' ? `park ${obstacle.code}` : obstacle.kind;
}

function say({ actions, obstacles }: Plan): string {
  return [...actions.map(told), ...obstacles.map(met)].join(', ');
}

const maybe = { identity: ada, at: NOW - 60_000, absentBefore: true, ...names };
const unknownX = { x: { name: 'X', at: NOW - 60_000 } };
const gone = { goneAt: NOW - 60_000 };
const nobody = new Map([seen([]), seen([], NOW, renamed.email)]);
const onlyNew = new Map([seen([]), seen([there(renamed)], NOW, renamed.email)]);
const onlyOld = new Map([seen([there()]), seen([], NOW, renamed.email)]);
const both = new Map([seen([there()]), seen([there(renamed)], NOW, renamed.email)]);
const renaming = { from: ada, to: renamed, at: NOW - 1 };
const wantsNew = desired(['x'], { identity: renamed });

const rows: [string, Partial<PlanInput>, string][] = [
  ['nothing of ours, nothing wanted', {}, ''],
  ['nothing of ours, wanted, inactive', { desired: desired(['x'], { live: false }) }, ''],
  ['nothing of ours, wanted, no e-mail', { desired: { live: true, entitlements: desired(['x']).entitlements, problem: { code: 'email-missing', detail: 'No e-mail.' } } }, 'park email-missing'],
  ['nothing of ours, wanted, claim elsewhere', { desired: desired(['x']), account: { claims: [] } }, 'claim'],
  ['nothing of ours, wanted, nothing known', { desired: desired(['x']), known: new Map() }, 'read ada@example.com'],
  ['nothing of ours, wanted, known too long ago', { desired: desired(['x']), known: new Map([seen([], NOW - FRESH_MS - 1)]) }, 'read ada@example.com'],
  ['nothing of ours, wanted, absent', { desired: desired(['x', 'y']) }, 'createUser, grant X, grant Y'],
  ['nothing of ours, wanted, another type there', { desired: desired(['x']), known: new Map([seen([there({ type: 'adobeID' })])]) }, 'park twin'],
  ['nothing of ours, wanted, same type there', { desired: desired(['x', 'y']), known: new Map([seen([there({ groups: ['X'] })])]) }, 'grant Y'],
  ['nothing of ours, wanted, same type there, seen a while ago', { desired: desired(['x']), knownSince: NOW - 2 * FRESH_MS, known: new Map([seen([there({ groups: ['X'] })], NOW - FRESH_MS - 1)]) }, 'grant X'],
  ['nothing of ours, wanted, an account of ours was here before', { desired: desired(['x']), knownOrigin: { federatedID: 'made' }, known: new Map([seen([there({ groups: ['X'] })])]) }, 'grant X'],
  ['nothing of ours, wanted, only a username of another', { desired: desired(['x']), known: new Map([seen([there({ email: 'other@example.com', type: 'username of another federatedID' })])]) }, 'park twin'],
  ['a Business ID, whatever type is there', { desired: desired(['x'], { identity: { ...ada, type: 'businessID' } }), account: { claims: [{ email: ada.email, type: 'businessID' }] }, known: new Map([seen([there({ type: 'adobeID' })])]) }, 'grant X'],
  ['a Business ID, and only a username of another', { desired: desired(['x'], { identity: { ...ada, type: 'businessID' } }), account: { claims: [{ email: ada.email, type: 'businessID' }] }, known: new Map([seen([there({ email: 'other@example.com', type: 'adobeID' })])]) }, 'park twin'],
  ['maybe created, wanted', { desired: desired(['x']), ledger: ledger({ maybe, unknown: unknownX }) }, 'createUser, grant X'],
  ['maybe created, no longer wanted', { ledger: ledger({ maybe, unknown: unknownX }) }, 'revoke X'],
  ['maybe created, revoked, seen', { ledger: ledger({ maybe }), known: new Map([seen([there()])]) }, ''],
  ['maybe created, revoked, not seen yet', { ledger: ledger({ maybe }), known: new Map([seen([], NOW - 90_000)]) }, 'read ada@example.com'],
  ['maybe created, revoked, seen as absent', { ledger: ledger({ maybe }) }, 'wait gone-check 1740'],
  ['maybe created, now outside the allow-list', { desired: { live: true, entitlements: desired(['x']).entitlements }, ledger: ledger({ maybe, unknown: unknownX }) }, 'wait gone-check 1740'],
  ['ours, same', { desired: desired(['x']), ledger: held(['x']) }, ''],
  ['ours, more and less', { desired: desired(['y']), ledger: held(['x']) }, 'revoke X, grant Y'],
  ['ours, less, within the grace', { ledger: held(['x']), graceMs: 300_000 }, 'wait grace 300'],
  ['ours, less, left by an operator', { ledger: held(['x']), left: new Set(['x']) }, ''],
  ['ours, inactive', { desired: desired(['x'], { live: false }), ledger: held(['x']) }, 'revoke X'],
  ['ours, outcome of X unknown, wanted', { desired: desired(['x']), ledger: held(['x'], { unknown: unknownX }) }, 'grant X'],
  ['ours, outcome of X unknown, unwanted, whatever the grace', { ledger: held([], { unknown: unknownX }), graceMs: 300_000 }, 'revoke X'],
  ['made by us, other names', { desired: desired(['x'], { firstname: 'Augusta' }), ledger: held(['x']) }, 'updateUser'],
  ['found, other names', { desired: desired(['x'], { firstname: 'Augusta' }), ledger: held(['x'], { origin: 'found' }) }, ''],
  ['made by us, other e-mail', { desired: wantsNew, ledger: held(['x']) }, 'rename to ada.l@example.com'],
  ['made by us, other e-mail, new one not looked at', { desired: wantsNew, ledger: held(['x']), known: new Map() }, 'read ada.l@example.com'],
  ['made by us, other e-mail, somebody there', { desired: wantsNew, ledger: held(['x']), known: new Map([seen([there(renamed)], NOW, renamed.email)]) }, 'park rename-collision'],
  ['made by us, other e-mail, claimed elsewhere', { desired: wantsNew, ledger: held(['x']), account: { claims: [] } }, 'claim'],
  ['made by us, other e-mail and less', { desired: { ...wantsNew, entitlements: new Map() }, ledger: held(['x']) }, 'revoke X'],
  ['made by us, letter case of the e-mail', { desired: desired(['x'], { identity: { ...ada, email: 'Ada@Example.com', username: 'Ada@Example.com' } }), ledger: held(['x']) }, ''],
  ['made by us, e-mail gone, wants more', { desired: { live: true, entitlements: desired(['x', 'y']).entitlements }, ledger: held(['x']) }, 'park identity-missing'],
  ['made by us, e-mail gone, wants less', { desired: { live: true, entitlements: new Map() }, ledger: held(['x']) }, 'revoke X, park identity-missing'],
  ['found, other e-mail', { desired: wantsNew, ledger: held(['x'], { origin: 'found' }) }, 'park adopted-rename'],
  ['found, other e-mail and more', { desired: desired(['x', 'y'], { identity: renamed }), ledger: held(['x'], { origin: 'found' }) }, 'grant Y, park adopted-rename'],
  ['ours, Adobe said no such person', { desired: desired(['x']), ledger: held(['x'], gone), known: new Map() }, 'read ada@example.com'],
  ['the same, and a read shows the person', { desired: desired(['x', 'y']), ledger: held(['x'], gone), known: new Map([seen([there()])]) }, 'grant Y'],
  ['the same, and a read shows nobody', { desired: desired(['x']), ledger: held(['x'], gone) }, 'wait gone-check 1740'],
  ['the same, 30 minutes later', { desired: desired(['x']), ledger: held(['x'], { goneAt: NOW - LATE_EFFECT_MS }), known: new Map([seen([], NOW - 1)]) }, 'read ada@example.com'],
  ['the same, and still nobody', { desired: desired(['x']), ledger: held(['x'], { goneAt: NOW - LATE_EFFECT_MS }) }, 'createUser, grant X'],
  ['a rename in flight, nothing read', { desired: wantsNew, ledger: held(['x']), renaming, known: new Map() }, 'read ada@example.com ada.l@example.com'],
  ['a rename in flight, only the new one there', { desired: wantsNew, ledger: held(['x']), renaming, known: onlyNew }, ''],
  ['a rename in flight, only the old one there', { desired: wantsNew, ledger: held(['x']), renaming, known: onlyOld }, 'rename to ada.l@example.com'],
  ['a rename in flight, both there', { desired: wantsNew, ledger: held(['x']), renaming, known: both }, 'park rename-collision'],
  ['a rename in flight, neither there', { desired: wantsNew, ledger: held(['x']), renaming, known: nobody }, 'wait gone-check 1799.999'],
  ['a rename in flight, neither there for 30 minutes', { desired: wantsNew, ledger: held(['x']), renaming: { ...renaming, at: NOW - LATE_EFFECT_MS }, known: nobody }, 'createUser, grant X'],
];

describe('the table of plan.ts', () => {
  test.each(rows)('%s', (_label, over, expected) => {
    expect(say(plan(input(over)))).toBe(expected);
  });

  test('a rename that is settled leaves no open intent, one that is not does (R26)', () => {
    const open = [onlyNew, onlyOld, both, nobody, new Map()].map(
      (known) => plan(input({ desired: wantsNew, ledger: held(['x']), renaming, known })).intentOpen,
    );
    expect(open).toEqual([false, false, false, true, true]);
  });

  test('the grace clock starts with the first plan that misses the entitlement and stops when it is wanted (R22)', () => {
    const first = plan(input({ ledger: held(['x']), graceMs: 300_000 }));
    expect(first.ledger.applied.entitlements['x']?.unwantedSince).toBe(NOW);
    const later = plan(input({ ledger: first.ledger, graceMs: 300_000, now: NOW + 200_000 }));
    expect(later.ledger.applied.entitlements['x']?.unwantedSince).toBe(NOW);
    const due = plan(input({ ledger: first.ledger, graceMs: 300_000, now: NOW + 300_000 }));
    expect(say(due)).toBe('revoke X');
    const wanted = plan(input({ desired: desired(['x']), ledger: later.ledger, graceMs: 300_000, now: NOW + 250_000 }));
    expect(wanted.ledger.applied.entitlements['x']?.unwantedSince).toBeUndefined();
  });

  test('adoption takes Adobe’s spelling and what is wanted of what is held, and calls it found (T14)', () => {
    const { ledger: after } = plan(
      input({ desired: desired(['x']), known: new Map([seen([there({ email: 'ADA@example.com', username: 'a.okafor@example.com', firstname: 'A.', groups: ['X', 'Hand made'] })])]) }),
    );
    expect(after.origin).toBe('found');
    expect(after.applied.identity).toEqual({ ...ada, email: 'ADA@example.com', username: 'a.okafor@example.com' });
    expect(Object.keys(after.applied.entitlements)).toEqual(['x']);
  });
});

const Keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 5 });
const Cases = fc.record({
  wanted: Keys,
  applied: Keys,
  unknown: Keys,
  left: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 1 }),
  live: fc.boolean(),
  moved: fc.boolean(),
  person: fc.constantFrom('absent', 'made', 'found', 'maybe', 'there'),
  firstname: fc.constantFrom('Ada', 'Augusta'),
});
type Case = typeof Cases extends fc.Arbitrary<infer T> ? T : never;

function inputOf(one: Case): PlanInput {
  const { wanted, applied, unknown, left, live, moved, person, firstname } = one;
  const unknowns = Object.fromEntries(unknown.map((key) => [key, { name: key.toUpperCase(), at: NOW - 5 }]));
  const ledgers: Record<typeof person, Ledger> = {
    absent: ledger(),
    there: ledger(),
    made: held(applied, { unknown: unknowns }),
    found: held(applied, { unknown: unknowns, origin: 'found' }),
    maybe: ledger({ maybe, unknown: unknowns }),
  };
  const known = person === 'there' ? new Map([seen([there({ groups: applied.map((key) => key.toUpperCase()) })])]) : nobody;
  return input({
    desired: desired(wanted, { live, firstname, identity: moved && person === 'made' ? renamed : ada }),
    ledger: ledgers[person],
    known: person === 'maybe' ? new Map([seen([there()])]) : known,
    left: new Set(left),
  });
}

/** An Adobe that does everything it is asked at once. */
function perfectly(given: PlanInput, planned: Plan): PlanInput {
  const intent: Intent = { id: 'i', at: NOW, wantedRev: 1, mappingVersion: 1, actions: [], absentBefore: planned.absentBefore };
  const actions = planned.actions.map(({ action }) => ({ action, outcome: { kind: 'done' as const } }));
  const absorbed = absorb({ ledger: planned.ledger, intent, desired: given.desired, actions, attempts: 0, now: NOW });
  const known = new Map(given.known);
  for (const { email, at, users } of absorbed.seen) known.set(email, { at, users });
  return { ...given, ledger: absorbed.ledger, known };
}

describe('for every input', () => {
  test('a perfect Adobe makes the plan empty: at once, or one round later where a rename waits for revokes (I08, I09)', () => {
    fc.assert(
      fc.property(Cases, (one) => {
        const given = inputOf(one);
        const first = plan(given);
        const second = plan(perfectly(given, first));
        const renamesNext = second.actions.every(({ action }) => action.kind === 'renameUser');
        const renameFirst = first.actions[0]?.action.kind === 'renameUser';
        expect(second.actions.length === 0 || renamesNext || renameFirst || one.person === 'maybe').toBe(true);
        const third = plan(perfectly(perfectly(given, first), second));
        expect(third.actions.map(told)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('at rest the ledger holds exactly what is wanted, and what was left (I06)', () => {
    fc.assert(
      fc.property(Cases, (one) => {
        let given = inputOf(one);
        for (let round = 0; round < 4; round++) given = perfectly(given, plan(given));
        const keys = Object.keys(given.ledger.applied.entitlements).sort();
        const wanted = one.live ? [...one.wanted].sort() : [];
        expect(keys).toEqual(wanted);
      }),
      { numRuns: 1000 },
    );
  });

  test('nothing is named that is neither wanted nor in the ledger, and nothing that was left is revoked', () => {
    fc.assert(
      fc.property(Cases, (one) => {
        const given = inputOf(one);
        const managed = new Set([...given.desired.entitlements.keys(), ...Object.keys(given.ledger.applied.entitlements), ...Object.keys(given.ledger.unknown)]);
        for (const { key, action } of plan(given).actions) {
          if (key !== undefined) expect(managed.has(key)).toBe(true);
          if (action.kind === 'revoke') expect(one.left).not.toContain(key);
        }
      }),
    );
  });

  test('the order in which things are told does not matter', () => {
    fc.assert(
      fc.property(Cases, (one) => {
        const turned = { ...one, wanted: [...one.wanted].reverse(), applied: [...one.applied].reverse(), unknown: [...one.unknown].reverse() };
        expect(plan(inputOf(turned)).actions.map(told).sort()).toEqual(plan(inputOf(one)).actions.map(told).sort());
      }),
    );
  });

  test('a rename travels alone, and only people we made are renamed or updated (R31, T14)', () => {
    fc.assert(
      fc.property(Cases, (one) => {
        const kinds = plan(inputOf(one)).actions.map(({ action }) => action.kind);
        if (kinds.includes('renameUser')) expect(kinds).toHaveLength(1);
        if (kinds.includes('renameUser') || kinds.includes('updateUser')) expect(one.person).toBe('made');
      }),
    );
  });
});
