/** What each documented code does to an account, step by step: one thing, and never for ever (F39, F49; I07). */
import { describe, expect, test } from 'vitest';
import type { Action } from '../../lambdas/adobe/adobe.ts';
import { ERROR_TABLE } from '../../lambdas/adobe/error-table.ts';
import { classifyError } from '../../lambdas/adobe/errors.ts';
import type { Identity } from '../../lambdas/directory/records.ts';
import type { Ledger } from '../../lambdas/directory/work.ts';
import { absorb } from '../../lambdas/sync/outcome.ts';

const ada: Identity = { email: 'ada@example.com', username: 'ada@example.com', type: 'federatedID' };
const steps: Readonly<Record<string, Action>> = {
  create: { kind: 'createUser', identity: ada },
  update: { kind: 'updateUser', identity: ada, firstname: 'Ada' },
  rename: { kind: 'renameUser', identity: ada, to: { ...ada, email: 'ada.l@example.com' } },
  grant: { kind: 'grant', identity: ada, name: 'Chat' },
  revoke: { kind: 'revoke', identity: ada, name: 'Chat' },
};

/** In one word; two at once would read as both. */
function fateOf(code: string, action: Action, attempts: number): string {
  const held = { chat: { name: 'Chat', kind: 'profile', since: 1 } } as const;
  const ledger: Ledger = {
    applied: { identity: ada, entitlements: action.kind === 'revoke' ? held : {} },
    unknown: {},
    watch: {},
  };
  const error = classifyError(code, 'Adobe says so', action.kind);
  const after = absorb({
    ledger,
    intent: { id: 'i', at: 1, wantedRev: 1, mappingVersion: 1, actions: [action], absentBefore: true },
    desired: { live: true, entitlements: new Map() },
    actions: [{ action, outcome: { kind: 'failed', error } }],
    attempts,
    now: 2,
  });
  const settled = after.error === undefined;
  const words = [
    settled ? 'satisfied' : '',
    after.faults.length > 0 ? 'fault' : '',
    after.ledger.refused === undefined ? '' : 'refused',
    after.faults.length === 0 && after.backoffMs !== undefined
      ? after.ledger.goneAt === undefined
        ? 'again'
        : 'look'
      : '',
  ];
  const holds = Object.hasOwn(after.ledger.applied.entitlements, 'chat');
  if (action.kind === 'grant') expect(holds, 'granted only if Adobe says so').toBe(settled);
  if (action.kind === 'revoke') expect(holds, 'held until Adobe says that it is gone').toBe(!settled);
  return words.filter(Boolean).join(' and ');
}

describe.each(Object.keys(ERROR_TABLE))('%s', (code) => {
  test('has one consequence on each step, from the first try to the last', () => {
    for (const action of Object.values(steps)) {
      for (const attempts of [0, 1, 2, 9]) {
        expect(['satisfied', 'fault', 'refused', 'again', 'look']).toContain(fateOf(code, action, attempts));
      }
    }
  });
  test('is not repeated for ever unless Adobe is only busy, and a revoke is never given up for what may pass (I07)', () => {
    const { class: kind, tries } = classifyError(code, '', 'grant');
    const patient = tries === Number.POSITIVE_INFINITY || kind === 'auth';
    const last = fateOf(code, { kind: 'grant', identity: ada, name: 'Chat' }, 9);
    expect(last === 'again').toBe(patient);
    const revoke = fateOf(code, { kind: 'revoke', identity: ada, name: 'Chat' }, 9);
    const passing = ['retry', 'gone', 'auth'].includes(classifyError(code, '', 'revoke').class);
    expect(/again|look/.test(revoke)).toBe(passing);
  });
});

test('a code that nobody documented is tried three times, then parked, and said aloud (10.4)', () => {
  const grant: Action = { kind: 'grant', identity: ada, name: 'Chat' };
  expect([0, 1, 2].map((attempts) => fateOf('error.brand.new', grant, attempts))).toEqual([
    'again',
    'again',
    'refused',
  ]);
});
