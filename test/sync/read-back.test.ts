/** Memberships that travelled in a list, against what a reading of the group shows (I12, R26, R27). */
import { describe, expect, test } from 'vitest';
import type { Identity } from '../../lambdas/directory/records.ts';
import type { Ledger } from '../../lambdas/directory/work.ts';
import { LAG_MS, READ_BACK_MS, readBackFacts, settleListed } from '../../lambdas/sync/read-back.ts';

const SENT = 1_000_000;
const MINUTE = 60_000;
const ada: Identity = { email: 'Ada@example.com', username: 'ada@example.com', type: 'federatedID' };
const desired = { live: true, entitlements: new Map() };

function sent(listed: 'grant' | 'revoke'): Ledger {
  const held = { staff: { name: 'Staff', kind: 'userGroup', since: 5 } } as const;
  return {
    applied: { identity: ada, entitlements: listed === 'revoke' ? held : {} },
    unknown: { staff: { name: 'Staff', at: SENT, listed } },
    watch: { staff: SENT },
  };
}
function look(ledger: Ledger, { now, reading }: { now: number; reading?: { at: number; member: boolean } }) {
  const emails = new Set(reading?.member === true ? ['ada@example.com'] : ['ben@example.com']);
  const members = new Map(reading === undefined ? [] : [['staff', { at: reading.at, emails }]]);
  return settleListed({ ledger, desired, members, now });
}

describe.each(['grant', 'revoke'] as const)('a %s by list', (listed) => {
  const shows = listed === 'grant';
  const rows: { label: string; now: number; reading?: { at: number; member: boolean }; verdict: string }[] = [
    { label: 'just sent: waits for the first reading', now: SENT + 1, verdict: `wait ${READ_BACK_MS}` },
    { label: 'five minutes later: a reading is due', now: SENT + READ_BACK_MS, verdict: 'ask 1' },
    {
      label: 'a reading from before it says nothing',
      now: SENT + READ_BACK_MS,
      reading: { at: SENT, member: shows },
      verdict: 'ask 1',
    },
    {
      label: 'a reading that shows it settles it at once',
      now: SENT + MINUTE,
      reading: { at: SENT + 1, member: shows },
      verdict: 'settled',
    },
    {
      label: 'one that does not show it may lag: waits for half an hour',
      now: SENT + 6 * MINUTE,
      reading: { at: SENT + 5 * MINUTE, member: !shows },
      verdict: `wait ${LAG_MS}`,
    },
    {
      label: 'then a newer reading is due',
      now: SENT + LAG_MS,
      reading: { at: SENT + 5 * MINUTE, member: !shows },
      verdict: `ask ${LAG_MS}`,
    },
    {
      label: 'which contradicts it: sent again by name',
      now: SENT + LAG_MS + 1,
      reading: { at: SENT + LAG_MS, member: !shows },
      verdict: 'by name',
    },
  ];
  test.each(rows)('$label', ({ now, reading, verdict }) => {
    const ledger = sent(listed);
    const found = look(ledger, { now, ...(reading === undefined ? {} : { reading }) });
    const [wait] = found.waits;
    const [ask] = found.asks;
    const word =
      wait?.kind === 'wait'
        ? `wait ${wait.due - SENT}`
        : ask !== undefined
          ? `ask ${ask.since - SENT}`
          : found.ledger.unknown['staff']?.byName === true
            ? 'by name'
            : 'settled';
    expect(word).toBe(verdict);
    expect(found.awaiting.has('staff')).toBe(/^(wait|ask)/.test(verdict));
    const holds = Object.hasOwn(found.ledger.applied.entitlements, 'staff');
    expect(holds).toBe(verdict === 'settled' ? shows : !shows);
    // The watch list outlives every reading but a complete listing (R28).
    expect(found.ledger.watch).toEqual({ staff: SENT });
    expect(readBackFacts(ledger, found.ledger).map(({ fact }) => fact)).toEqual(
      verdict === 'settled' ? [shows ? 'granted' : 'revoked'] : [],
    );
  });
});

test('an unknown outcome that did not travel in a list is not waited for: it is repeated (R26)', () => {
  const ledger = { ...sent('grant'), unknown: { staff: { name: 'Staff', at: SENT } } };
  expect(look(ledger, { now: SENT + 1 })).toEqual({ ledger, awaiting: new Map(), asks: [], waits: [] });
});
