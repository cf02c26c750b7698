/**
 * What became of people, for those who look after them without access to AWS: outcomes for machines, and a digest in
 * sentences. Pure; `outcomes-telling.ts` reads and sends.
 *
 * Level-triggered like everything here: what stands is told every day until it is over, under an id that stays the same,
 * so a lost message costs a day and a doubled one nothing. Nobody's address is in either: an outcome names the account,
 * the digest only counts.
 */
import type { Account } from './directory/records.ts';
import type { Figures } from './metrics.ts';

export type OutcomeKind = 'failed' | 'held' | 'parked' | 'noLicence' | 'late';

export interface Outcome {
  /** The same as long as the outcome stands. */
  readonly id: string;
  readonly kind: OutcomeKind;
  readonly account: string;
  /** In a word, as `status` shows it. */
  readonly reason: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Longer in the queue than this is late. */
const LATE_MS = 4 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;

/** The outcome of an account as it stands, or undefined where nobody has to do or know anything. */
export function outcomeOf(account: Account, now: number): Outcome | undefined {
  const found = kindOf(account, now);
  if (found === undefined) return undefined;
  const { kind, reason, since } = found;
  const id = `${account.id}/${kind}/${reason}/${since}`;
  return { id, kind, account: account.id, reason, since: new Date(since).toISOString() };
}

function kindOf(
  { status, reason, error, refused, drift, touchedAt }: Account,
  now: number,
): { kind: OutcomeKind; reason: string; since: number } | undefined {
  const why = reason ?? error?.code ?? status;
  const since = error?.at ?? touchedAt;
  if (reason === 'bridge.failed' || refused !== undefined)
    return { kind: 'failed', reason: refused?.error.code ?? why, since: refused?.error.at ?? since };
  if (status === 'held' && why.startsWith('removal-')) return { kind: 'held', reason: why, since: touchedAt };
  if (status === 'parked') return { kind: 'parked', reason: why, since };
  if ((drift?.unlicensed?.length ?? 0) > 0)
    return { kind: 'noLicence', reason: 'profile-full', since: drift?.first ?? touchedAt };
  if (status === 'pending' && now - touchedAt > LATE_MS)
    return { kind: 'late', reason: 'in-the-queue', since: touchedAt };
  return undefined;
}

export interface DigestInput {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly outcomes: readonly Outcome[];
  readonly figures: Figures;
}

const kinds: Readonly<Record<OutcomeKind, string>> = {
  failed: 'Refused or failed',
  held: 'Held, a removal waits for a yes or no',
  parked: 'Parked, somebody has to put something right',
  noLicence: 'In a profile without a licence',
  late: `Waiting for more than ${LATE_MS / 3_600_000} hours`,
};

/** Without a younger list of Adobe nobody knows whether all is well. The alarm about it waits as long. */
export const LISTING_OLD_SECONDS = 48 * 3600;
/** The bridge's own pauses are not longer. */
const BLOCKED_LONG_SECONDS = 15 * 60;

type Concern = readonly [name: keyof Figures, says: (n: number) => string, above?: number];
const concerns: readonly Concern[] = [
  ['CredentialRefused', () => 'Adobe does not accept the credential: nothing is sent.'],
  ['ConnectionsStopped', () => 'The bridge is paused, or not confirmed after a restore: nothing is sent.'],
  ['RemovalsHeld', (n) => `Removals that came onto the open hold: ${n}.`],
  ['FaultsOpen', (n) => `Entitlements or domains that Adobe refuses for everybody: ${n}.`],
  ['RulesOrphaned', (n) => `Rules whose group is gone: ${n}.`],
  ['TokensEnding', (n) => `Credentials of identity providers that end within 30 days, or have ended: ${n}.`],
  ['Drifted', (n) => `People changed by hand at Adobe: ${n}.`],
  [
    'ListingAge',
    (n) => `Adobe was not listed completely for ${Math.floor(n / 3600)} hours: changes by hand are not seen.`,
    LISTING_OLD_SECONDS,
  ],
  [
    'BlockedFor',
    (n) => `Adobe has asked the bridge to be silent for another ${Math.ceil(n / 60)} minutes.`,
    BLOCKED_LONG_SECONDS,
  ],
  ['JournalBroken', (n) => `Records of the journal changed, missing or slipped in: ${n}.`],
];

/** The lines of the mail; undefined when there is nothing to say. */
export function composeDigest({ now, outcomes, figures }: DigestInput): string[] | undefined {
  const people = Object.entries(kinds).flatMap(([kind, says]) => {
    const own = outcomes.filter((one) => one.kind === kind);
    return own.length === 0 ? [] : [`${says}: ${own.length} (${reasonsIn(own)}).`];
  });
  const bridge = concerns.flatMap(([name, says, above = 0]) => {
    const n = figures[name] ?? 0;
    return n > above ? [says(n)] : [];
  });
  if (people.length + bridge.length === 0) return undefined;
  return [
    `Adobe SCIM bridge, ${day(now)}: what waits for somebody.`,
    ...people,
    ...bridge,
    'Who and why: whoever runs the bridge sees it with npm run bridge -- status',
  ];
}

/** Once a week, so that silence means that all is well: only for a bridge that knows it. */
export function composeHeartbeat(now: number): string[] {
  return [`Adobe SCIM bridge, ${day(now)}: all is well, and nobody has to do anything.`];
}

/** At least this long between two digests, and between two signs of life; nights are not equally long. */
export const DIGEST_EVERY_MS = DAY_MS - 4 * 3600 * 1000;
export const HEARTBEAT_EVERY_MS = 7 * DAY_MS - 4 * 3600 * 1000;

const MOST_REASONS = 5;

function reasonsIn(outcomes: readonly Outcome[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of outcomes) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const more = sorted.length - MOST_REASONS;
  const shown = sorted.slice(0, MOST_REASONS).map(([reason, n]) => `${n} ${reason}`);
  return [...shown, ...(more > 0 ? [`${more} other reasons`] : [])].join(', ');
}

function day(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}
