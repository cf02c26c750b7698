import { describe, expect, test } from 'vitest';
import { Account } from '../../lambdas/directory/records.ts';
import type { Figures } from '../../lambdas/metrics.ts';
import {
  composeDigest,
  composeHeartbeat,
  type Outcome,
  type OutcomeKind,
  outcomeOf,
} from '../../lambdas/outcomes.ts';

const now = Date.parse('2026-03-02T05:00:00Z');
const HOUR = 3_600_000;
const error = { code: 'error.user.x', message: 'm jane@example.com', hint: 'h', at: now - HOUR };

function anAccount(): Account {
  return Account.parse({
    id: '019cad8f-acc0-7220-8eaa-c82000000000',
    org: 'acme',
    connection: 'okta',
    wanted: { active: true, since: 0, groups: [], suspended: [] },
    applied: { entitlements: {} },
    unknown: {},
    watch: {},
    claims: [],
    wantedRev: 1,
    ledgerRev: 1,
    touchedAt: 0,
    status: 'idle',
    attempts: 0,
  });
}

describe('the outcome of an account', () => {
  const rows: readonly { label: string; with: object; is: string | undefined }[] = [
    { label: 'up to date', with: { status: 'idle' }, is: undefined },
    { label: 'about to be sent', with: { status: 'pending', touchedAt: now - HOUR }, is: undefined },
    {
      label: 'in the queue for long',
      with: { status: 'pending', touchedAt: now - 5 * HOUR },
      is: 'late in-the-queue',
    },
    { label: 'waiting for its time', with: { status: 'waiting', reason: 'backoff', error }, is: undefined },
    {
      label: 'failed by our mistake',
      with: { status: 'waiting', reason: 'bridge.failed', error },
      is: 'failed bridge.failed',
    },
    {
      label: 'refused by Adobe',
      with: { status: 'idle', refused: { wantedRev: 1, actions: [], error } },
      is: 'failed error.user.x',
    },
    {
      label: 'beyond the removal limit',
      with: { status: 'held', reason: 'removal-limit' },
      is: 'held removal-limit',
    },
    { label: 'only reported', with: { status: 'held', reason: 'report-only' }, is: undefined },
    { label: 'parked', with: { status: 'parked', reason: 'twin', error }, is: 'parked twin' },
    {
      label: 'without a licence',
      with: {
        status: 'idle',
        drift: { at: now, first: now - HOUR, missing: [], extra: [], unlicensed: ['agent'], agrees: true },
      },
      is: 'noLicence profile-full',
    },
  ];
  for (const { label, with: change, is } of rows) {
    test(label, () => {
      const outcome = outcomeOf({ ...anAccount(), touchedAt: now, ...change }, now);
      expect(outcome && `${outcome.kind} ${outcome.reason}`).toBe(is);
    });
  }

  test('keeps its id while it stands, and names nobody', () => {
    const account = { ...anAccount(), status: 'parked' as const, reason: 'twin', error };
    const [first, later] = [outcomeOf(account, now), outcomeOf(account, now + 24 * HOUR)];
    expect(first).toEqual(later);
    expect(first?.id).toContain(account.id);
    expect(JSON.stringify(first)).not.toContain('@');
  });
});

const outcomes = (kind: OutcomeKind, ...reasons: string[]): Outcome[] =>
  reasons.map((reason, at) => ({ id: `${kind}${at}`, kind, account: `a${at}`, reason, since: '' }));

describe('the digest', () => {
  const rows: readonly {
    label: string;
    outcomes: Outcome[];
    figures: Figures;
    lines: string[] | undefined;
  }[] = [
    {
      label: 'nothing to say',
      outcomes: [],
      figures: { Looks: 1, ListingAge: 9, PeoplePending: 4 },
      lines: undefined,
    },
    {
      label: 'people by what became of them, the most frequent reason first',
      outcomes: [...outcomes('parked', 'twin', 'domain', 'domain'), ...outcomes('failed', 'error.x')],
      figures: {},
      lines: [
        'Adobe SCIM bridge, 2026-03-02: what waits for somebody.',
        'Refused or failed: 1 (1 error.x).',
        'Parked, somebody has to put something right: 3 (2 domain, 1 twin).',
        'Who and why: whoever runs the bridge sees it with npm run bridge -- status',
      ],
    },
    {
      label: 'what concerns the bridge as a whole',
      outcomes: [],
      figures: { CredentialRefused: 1, TokensEnding: 2 },
      lines: [
        'Adobe SCIM bridge, 2026-03-02: what waits for somebody.',
        'Adobe does not accept the credential: nothing is sent.',
        'Credentials of identity providers that end within 30 days, or have ended: 2.',
        'Who and why: whoever runs the bridge sees it with npm run bridge -- status',
      ],
    },
    {
      label: 'a bridge that does not know how things stand',
      outcomes: [],
      figures: { ListingAge: 50 * 3600, BlockedFor: 3600, JournalBroken: 3 },
      lines: [
        'Adobe SCIM bridge, 2026-03-02: what waits for somebody.',
        'Adobe was not listed completely for 50 hours: changes by hand are not seen.',
        'Adobe has asked the bridge to be silent for another 60 minutes.',
        'Records of the journal changed, missing or slipped in: 3.',
        'Who and why: whoever runs the bridge sees it with npm run bridge -- status',
      ],
    },
    {
      label: 'a list of two days and a pause of our own are none',
      outcomes: [],
      figures: { ListingAge: 48 * 3600, BlockedFor: 15 * 60 },
      lines: undefined,
    },
    {
      label: 'many reasons are cut',
      outcomes: outcomes('parked', 'a', 'b', 'c', 'd', 'e', 'f', 'g'),
      figures: {},
      lines: [
        'Adobe SCIM bridge, 2026-03-02: what waits for somebody.',
        'Parked, somebody has to put something right: 7 (1 a, 1 b, 1 c, 1 d, 1 e, 2 other reasons).',
        'Who and why: whoever runs the bridge sees it with npm run bridge -- status',
      ],
    },
  ];
  for (const { label, lines, ...input } of rows) {
    test(label, () => expect(composeDigest({ now, ...input })).toEqual(lines));
  }

  test('a sign of life is one line', () => {
    expect(composeHeartbeat(now)).toEqual([
      'Adobe SCIM bridge, 2026-03-02: all is well, and nobody has to do anything.',
    ]);
  });
});
