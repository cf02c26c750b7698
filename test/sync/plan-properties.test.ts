/** What holds for every input of the plan (I06, I08, I09; R31; T14). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Intent } from '../../lambdas/directory/records.ts';
import type { Ledger } from '../../lambdas/directory/work.ts';
import { absorb } from '../../lambdas/sync/outcome.ts';
import { plan } from '../../lambdas/sync/plan.ts';
import type { Plan, PlanInput } from '../../lambdas/sync/planning.ts';
import {
  ada,
  desired,
  held,
  input,
  ledger,
  maybe,
  NOW,
  nobody,
  renamed,
  seen,
  there,
  told,
} from './plan-inputs.ts';

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
  const known =
    person === 'there'
      ? new Map([seen([there({ groups: applied.map((key) => key.toUpperCase()) })])])
      : nobody;
  return input({
    desired: desired(wanted, { live, firstname, identity: moved && person === 'made' ? renamed : ada }),
    ledger: ledgers[person],
    known: person === 'maybe' ? new Map([seen([there()])]) : known,
    left: new Set(left),
  });
}

/** An Adobe that does everything it is asked at once. */
function perfectly(given: PlanInput, planned: Plan): PlanInput {
  const intent: Intent = {
    id: 'i',
    at: NOW,
    wantedRev: 1,
    mappingVersion: 1,
    actions: [],
    absentBefore: planned.absentBefore,
  };
  const actions = planned.actions.map(({ action }) => ({ action, outcome: { kind: 'done' as const } }));
  const absorbed = absorb({
    ledger: planned.ledger,
    intent,
    desired: given.desired,
    actions,
    attempts: 0,
    now: NOW,
  });
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
        expect(second.actions.length === 0 || renamesNext || renameFirst || one.person === 'maybe').toBe(
          true,
        );
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
        const managed = new Set([
          ...given.desired.entitlements.keys(),
          ...Object.keys(given.ledger.applied.entitlements),
          ...Object.keys(given.ledger.unknown),
        ]);
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
        const turned = {
          ...one,
          wanted: [...one.wanted].reverse(),
          applied: [...one.applied].reverse(),
          unknown: [...one.unknown].reverse(),
        };
        expect(plan(inputOf(turned)).actions.map(told).sort()).toEqual(
          plan(inputOf(one)).actions.map(told).sort(),
        );
      }),
    );
  });

  test('a rename is planned alone or behind revokes, and only people we made are renamed or updated (R31, T14)', () => {
    fc.assert(
      fc.property(Cases, (one) => {
        const kinds = plan(inputOf(one)).actions.map(({ action }) => action.kind);
        if (kinds.includes('renameUser') && kinds.length > 1) expect(kinds[0]).toBe('revoke');
        if (kinds.includes('renameUser') || kinds.includes('updateUser'))
          expect(['made', 'maybe']).toContain(one.person);
      }),
    );
  });
});
