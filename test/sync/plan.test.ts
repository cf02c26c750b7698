/** The pure plan: a row or more per line of the table in `plan.ts` (R20-R22, R26, R27; T14). */
import { describe, expect, test } from 'vitest';
import { FRESH_MS } from '../../lambdas/sync/known.ts';
import { LATE_EFFECT_MS, plan } from '../../lambdas/sync/plan.ts';
import type { PlanInput } from '../../lambdas/sync/planning.ts';
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
  say,
  seen,
  there,
} from './plan-inputs.ts';

const unknownX = { x: { name: 'X', at: NOW - 60_000 } };
const gone = { goneAt: NOW - 60_000 };
const onlyNew = new Map([seen([]), seen([there(renamed)], NOW, renamed.email)]);
const onlyOld = new Map([seen([there()]), seen([], NOW, renamed.email)]);
const both = new Map([seen([there()]), seen([there(renamed)], NOW, renamed.email)]);
const renaming = { from: ada, to: renamed, at: NOW - 1 };
const wantsNew = desired(['x'], { identity: renamed });

const rows: [string, Partial<PlanInput>, string][] = [
  ['nothing of ours, nothing wanted', {}, ''],
  ['nothing of ours, wanted, inactive', { desired: desired(['x'], { live: false }) }, ''],
  [
    'nothing of ours, wanted, no e-mail',
    {
      desired: {
        live: true,
        entitlements: desired(['x']).entitlements,
        problem: { code: 'email-missing', detail: 'No e-mail.' },
      },
    },
    'park email-missing',
  ],
  [
    'nothing of ours, wanted, claim elsewhere',
    { desired: desired(['x']), account: { wantedRev: 1, claims: [] } },
    'claim',
  ],
  [
    'nothing of ours, wanted, nothing known',
    { desired: desired(['x']), known: new Map() },
    'read ada@example.com',
  ],
  [
    'nothing of ours, wanted, known too long ago',
    { desired: desired(['x']), known: new Map([seen([], NOW - FRESH_MS - 1)]) },
    'read ada@example.com',
  ],
  ['nothing of ours, wanted, absent', { desired: desired(['x', 'y']) }, 'createUser, grant X, grant Y'],
  [
    'nothing of ours, wanted, another type there',
    { desired: desired(['x']), known: new Map([seen([there({ type: 'adobeID' })])]) },
    'park twin',
  ],
  [
    'nothing of ours, wanted, same type there',
    { desired: desired(['x', 'y']), known: new Map([seen([there({ groups: ['X'] })])]) },
    'grant Y',
  ],
  [
    'nothing of ours, wanted, same type there, seen a while ago',
    {
      desired: desired(['x']),
      knownSince: NOW - 2 * FRESH_MS,
      known: new Map([seen([there({ groups: ['X'] })], NOW - FRESH_MS - 1)]),
    },
    'grant X',
  ],
  [
    'nothing of ours, wanted, an account of ours was here before: what was seen may be older than its last words',
    {
      desired: desired(['x']),
      knownOrigin: { federatedID: 'made' },
      known: new Map([seen([there({ groups: ['X'] })])]),
    },
    'updateUser, grant X',
  ],
  [
    'nothing of ours, wanted, only a username of another',
    {
      desired: desired(['x']),
      known: new Map([
        seen([there({ email: 'other@example.com', type: 'username of another federatedID' })]),
      ]),
    },
    'park twin',
  ],
  [
    'a Business ID, whatever type is there',
    {
      desired: desired(['x'], { identity: { ...ada, type: 'businessID' } }),
      account: { wantedRev: 1, claims: [{ email: ada.email, type: 'businessID' }] },
      known: new Map([seen([there({ type: 'adobeID' })])]),
    },
    'grant X',
  ],
  [
    'a Business ID, and only a username of another',
    {
      desired: desired(['x'], { identity: { ...ada, type: 'businessID' } }),
      account: { wantedRev: 1, claims: [{ email: ada.email, type: 'businessID' }] },
      known: new Map([seen([there({ email: 'other@example.com', type: 'adobeID' })])]),
    },
    'park twin',
  ],
  [
    'maybe created, wanted',
    { desired: desired(['x']), ledger: ledger({ maybe, unknown: unknownX }) },
    'createUser, grant X',
  ],
  ['maybe created, no longer wanted', { ledger: ledger({ maybe, unknown: unknownX }) }, 'revoke X'],
  ['maybe created, revoked, seen', { ledger: ledger({ maybe }), known: new Map([seen([there()])]) }, ''],
  [
    'maybe created, revoked, not seen yet',
    { ledger: ledger({ maybe }), known: new Map([seen([], NOW - 90_000)]) },
    'read ada@example.com',
  ],
  ['maybe created, revoked, seen as absent', { ledger: ledger({ maybe }) }, 'wait gone-check 1740'],
  [
    'maybe created, now outside the allow-list',
    {
      desired: { live: true, entitlements: desired(['x']).entitlements },
      ledger: ledger({ maybe, unknown: unknownX }),
    },
    'wait gone-check 1740',
  ],
  ['ours, same', { desired: desired(['x']), ledger: held(['x']) }, ''],
  ['ours, more and less', { desired: desired(['y']), ledger: held(['x']) }, 'revoke X, grant Y'],
  ['ours, less, within the grace', { ledger: held(['x']), graceMs: 300_000 }, 'wait grace 300'],
  ['ours, less, left by an operator', { ledger: held(['x']), left: new Set(['x']) }, ''],
  ['ours, inactive', { desired: desired(['x'], { live: false }), ledger: held(['x']) }, 'revoke X'],
  [
    'ours, inactive, watched for what an operator left to the person: looked at once (R13, R28)',
    {
      desired: desired([], { live: false }),
      ledger: held([], {
        unknown: { y: { name: 'Y', at: NOW - LATE_EFFECT_MS } },
        watch: { y: NOW - LATE_EFFECT_MS },
      }),
      left: new Set(['y']),
      known: new Map([seen([there()])]),
    },
    '',
  ],
  [
    'ours, outcome of X unknown, wanted',
    { desired: desired(['x']), ledger: held(['x'], { unknown: unknownX }) },
    'grant X',
  ],
  [
    'ours, outcome of X unknown, unwanted, whatever the grace',
    { ledger: held([], { unknown: unknownX }), graceMs: 300_000 },
    'revoke X',
  ],
  [
    'made by us, other names',
    { desired: desired(['x'], { firstname: 'Augusta' }), ledger: held(['x']) },
    'updateUser',
  ],
  [
    'found, other names',
    { desired: desired(['x'], { firstname: 'Augusta' }), ledger: held(['x'], { origin: 'found' }) },
    '',
  ],
  ['made by us, other e-mail', { desired: wantsNew, ledger: held(['x']) }, 'rename to ada.l@example.com'],
  [
    'made by us, other e-mail, new one not looked at',
    { desired: wantsNew, ledger: held(['x']), known: new Map() },
    'read ada.l@example.com',
  ],
  [
    'made by us, other e-mail, somebody there',
    { desired: wantsNew, ledger: held(['x']), known: new Map([seen([there(renamed)], NOW, renamed.email)]) },
    'park rename-collision',
  ],
  [
    'made by us, the new e-mail is the username already',
    {
      desired: wantsNew,
      ledger: held(['x']),
      known: new Map([
        seen(
          [there({ username: renamed.email, type: 'username of another federatedID' })],
          NOW,
          renamed.email,
        ),
      ]),
    },
    'rename to ada.l@example.com',
  ],
  [
    'made by us, other e-mail, and a call under the old one without an answer',
    { desired: wantsNew, ledger: held(['x'], { watch: { y: NOW - 60_000 } }) },
    'wait watch 1740',
  ],
  [
    'made by us, other e-mail, half an hour after a call without an answer',
    { desired: wantsNew, ledger: held(['x'], { watch: { y: NOW - 30 * 60_000 } }) },
    'rename to ada.l@example.com',
  ],
  [
    'made by us, other e-mail, claimed elsewhere',
    { desired: wantsNew, ledger: held(['x']), account: { wantedRev: 1, claims: [] } },
    'claim',
  ],
  [
    'made by us, other e-mail and less',
    { desired: { ...wantsNew, entitlements: new Map() }, ledger: held(['x']) },
    'revoke X, rename to ada.l@example.com',
  ],
  [
    'made by us, letter case of the e-mail',
    {
      desired: desired(['x'], {
        identity: { ...ada, email: 'Ada@Example.com', username: 'Ada@Example.com' },
      }),
      ledger: held(['x']),
    },
    '',
  ],
  [
    'made by us, e-mail gone, wants more',
    { desired: { live: true, entitlements: desired(['x', 'y']).entitlements }, ledger: held(['x']) },
    'park identity-missing',
  ],
  [
    'made by us, e-mail gone, wants less',
    { desired: { live: true, entitlements: new Map() }, ledger: held(['x']) },
    'revoke X, park identity-missing',
  ],
  [
    'found, other e-mail',
    { desired: wantsNew, ledger: held(['x'], { origin: 'found' }) },
    'park adopted-rename',
  ],
  [
    'found, other e-mail and more',
    { desired: desired(['x', 'y'], { identity: renamed }), ledger: held(['x'], { origin: 'found' }) },
    'grant Y, park adopted-rename',
  ],
  [
    'ours, Adobe said no such person',
    { desired: desired(['x']), ledger: held(['x'], gone), known: new Map() },
    'read ada@example.com',
  ],
  [
    'the same, and a read shows the person',
    { desired: desired(['x', 'y']), ledger: held(['x'], gone), known: new Map([seen([there()])]) },
    'grant Y',
  ],
  [
    'the same, and a read shows nobody',
    { desired: desired(['x']), ledger: held(['x'], gone) },
    'wait gone-check 1740',
  ],
  [
    'the same, 30 minutes later',
    {
      desired: desired(['x']),
      ledger: held(['x'], { goneAt: NOW - LATE_EFFECT_MS }),
      known: new Map([seen([], NOW - 1)]),
    },
    'read ada@example.com',
  ],
  [
    'the same, and still nobody',
    { desired: desired(['x']), ledger: held(['x'], { goneAt: NOW - LATE_EFFECT_MS }) },
    'createUser, grant X',
  ],
  [
    'a rename in flight, nothing read',
    { desired: wantsNew, ledger: held(['x']), renaming, known: new Map() },
    'read ada@example.com ada.l@example.com',
  ],
  [
    'a rename in flight, only the new one there',
    { desired: wantsNew, ledger: held(['x']), renaming, known: onlyNew },
    '',
  ],
  [
    'a rename in flight, only the old one there',
    { desired: wantsNew, ledger: held(['x']), renaming, known: onlyOld },
    'rename to ada.l@example.com',
  ],
  [
    'a rename in flight, both there',
    { desired: wantsNew, ledger: held(['x']), renaming, known: both },
    'park rename-collision',
  ],
  [
    'a rename in flight, neither there',
    { desired: wantsNew, ledger: held(['x']), renaming, known: nobody },
    'wait gone-check 1799.999',
  ],
  [
    'a rename in flight, neither there for 30 minutes',
    {
      desired: wantsNew,
      ledger: held(['x']),
      renaming: { ...renaming, at: NOW - LATE_EFFECT_MS },
      known: nobody,
    },
    'createUser, grant X',
  ],
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
    const wanted = plan(
      input({ desired: desired(['x']), ledger: later.ledger, graceMs: 300_000, now: NOW + 250_000 }),
    );
    expect(wanted.ledger.applied.entitlements['x']?.unwantedSince).toBeUndefined();
  });

  test('adoption takes Adobe’s spelling and what is wanted of what is held, and calls it found (T14)', () => {
    const { ledger: after } = plan(
      input({
        desired: desired(['x']),
        known: new Map([
          seen([
            there({
              email: 'ADA@example.com',
              username: 'a.okafor@example.com',
              firstname: 'A.',
              groups: ['X', 'Hand made'],
            }),
          ]),
        ]),
      }),
    );
    expect(after.origin).toBe('found');
    expect(after.applied.identity).toEqual({
      ...ada,
      email: 'ADA@example.com',
      username: 'a.okafor@example.com',
    });
    expect(Object.keys(after.applied.entitlements)).toEqual(['x']);
  });
});
