/**
 * The alarms, as plain data: one for each thing that a person must act on, and none for what mends itself. Each says why
 * its threshold is what it is; its name is the heading of its section in `docs/runbook.md`.
 *
 * What silence means is chosen per alarm. Our own figures are not written while they are zero, and AWS writes no point
 * where nothing happened, so silence is "nothing the matter"; only `not-looking` takes it for the worst.
 */
import type { MetricName } from '../lambdas/metrics.ts';

/** Counted by AWS itself, about one of our resources. */
export type NativeMetric =
  | { readonly of: 'scim' | 'provision' | 'reconcile'; readonly name: 'Errors' | 'Throttles' | 'IteratorAge' }
  | { readonly of: 'api'; readonly name: '5xx' }
  | { readonly of: 'table'; readonly name: 'ReadThrottleEvents' | 'WriteThrottleEvents' };

export interface AlarmSpec {
  /** Ours by name, or one of AWS's. */
  readonly metric: MetricName | NativeMetric;
  /** What adds up within a period is summed; of what stands, the highest counts. */
  readonly statistic: 'Sum' | 'Maximum';
  readonly periodMinutes: number;
  /** So many periods in a row. */
  readonly periods: number;
  /** At or above it; `below` instead where too little is what is wrong. */
  readonly threshold: number;
  readonly below?: true;
  readonly silence: 'notBreaching' | 'breaching';
  /** What the person who is called reads first. */
  readonly says: string;
  /** Why this threshold. */
  readonly because: string;
}

const MINUTES_PER_HOUR = 60;
const quiet = { silence: 'notBreaching' } as const;
// What stands is measured every minute; a minute that brings none must not end the alarm.
const atOnce = { statistic: 'Maximum', periodMinutes: 5, periods: 1, threshold: 1, ...quiet } as const;
const hourly = {
  statistic: 'Maximum',
  periodMinutes: MINUTES_PER_HOUR,
  periods: 1,
  threshold: 1,
  ...quiet,
} as const;
const counted = {
  statistic: 'Sum',
  periodMinutes: MINUTES_PER_HOUR,
  periods: 1,
  threshold: 1,
  ...quiet,
} as const;

const ofTheBridge = {
  'not-looking': {
    metric: 'Looks',
    statistic: 'Sum',
    periodMinutes: 5,
    periods: 2,
    threshold: 1,
    below: true,
    silence: 'breaching',
    says: 'Provisioning has not looked after its work for ten minutes: nothing reaches Adobe, and nothing is measured.',
    because: 'The schedule looks every minute; ten missing in a row are no hiccup.',
  },
  'revokes-late': {
    metric: 'RevokeAge',
    statistic: 'Maximum',
    periodMinutes: 5,
    periods: 2,
    threshold: 15 * 60,
    ...quiet,
    says: 'Somebody who should have lost access still has it after a quarter of an hour.',
    because:
      'Revokes go first: at nine calls a minute 15 minutes take 1,350 people, so something stops them.',
  },
  'grants-late': {
    metric: 'GrantAge',
    statistic: 'Maximum',
    periodMinutes: 5,
    periods: 3,
    threshold: 4 * 3600,
    ...quiet,
    says: 'Somebody waits for access for more than four hours.',
    because: 'Four hours take 20,000 new people at full pace; only a larger first load may need longer.',
  },
  'removals-held': {
    metric: 'RemovalsHeld',
    ...atOnce,
    says: 'Removals beyond the limit wait for your yes or no. Grants go on.',
    because: 'One held removal is a person who keeps access until somebody decides.',
  },
  'many-people-parked': {
    metric: 'PeopleParked',
    statistic: 'Maximum',
    periodMinutes: 15,
    periods: 2,
    threshold: 25,
    ...quiet,
    says: 'Many people cannot be provisioned until somebody puts something right.',
    because: 'Single ones are in the daily digest; 25 at once have one cause, mostly in the settings.',
  },
  'refused-by-adobe': {
    metric: 'FaultsOpen',
    statistic: 'Maximum',
    periodMinutes: 5,
    periods: 3,
    threshold: 1,
    ...quiet,
    says: 'Adobe refuses an entitlement or a domain for everybody, so nobody gets it.',
    because: 'A fault that is still open after 15 minutes was not a change in passing in the Admin Console.',
  },
  'credential-refused': {
    metric: 'CredentialRefused',
    ...atOnce,
    says: 'Adobe does not accept the credential. Nothing is sent until it does.',
    because: 'No call works any more, and only a person can change that.',
  },
  'adobe-blocks': {
    metric: 'BlockedFor',
    statistic: 'Maximum',
    periodMinutes: 5,
    periods: 1,
    threshold: 15 * 60 + 1,
    ...quiet,
    says: 'Adobe has told the bridge to be silent for more than a quarter of an hour.',
    because: 'The bridge itself never pauses longer than 15 minutes; anything above was asked for by Adobe.',
  },
  'adobe-unreachable': {
    metric: 'CallsFailedInRow',
    statistic: 'Maximum',
    periodMinutes: 5,
    periods: 1,
    threshold: 5,
    ...quiet,
    says: 'Five calls to Adobe in a row had no answer of use.',
    because:
      'The pauses between them are 1, 2, 4 and 8 minutes: Adobe has been away for a quarter of an hour.',
  },
  'tokens-ending': {
    metric: 'TokensEnding',
    ...hourly,
    says: 'The credential of an identity provider ends within 30 days, or has ended.',
    because: 'Thirty days are enough for the change in the identity provider, holidays included.',
  },
  'rule-orphaned': {
    metric: 'RulesOrphaned',
    statistic: 'Maximum',
    periodMinutes: 5,
    periods: 1,
    threshold: 1,
    ...quiet,
    says: 'The group of a rule is gone: its members lost what the rule gave, and no new group takes its place by itself.',
    because: 'Each one is a decision for a person (bind another group, or take the rule out).',
  },
  'bridge-stopped': {
    metric: 'ConnectionsStopped',
    statistic: 'Maximum',
    periodMinutes: MINUTES_PER_HOUR,
    periods: 12,
    threshold: 1,
    ...quiet,
    says: 'The bridge has been paused, or not confirmed after a restore, for twelve hours.',
    because: 'A pause for some hours is meant; one over night is forgotten.',
  },
  'adobe-not-listed': {
    metric: 'ListingAge',
    ...hourly,
    threshold: 48 * 3600,
    says: 'Adobe was not listed completely for two days: what is changed by hand there is not seen.',
    because: 'The comparison is nightly and tries for four hours; one night may fail, two do not.',
  },
  'no-licence': {
    metric: 'Unlicensed',
    ...hourly,
    says: 'People are members of a profile and have no licence: it is full.',
    because: 'Adobe gives no error for a full profile, so nobody else will tell.',
  },
  'other-tool': {
    metric: 'UndoneElsewhere',
    ...hourly,
    says: 'What the bridge set at Adobe was changed for many people in one night: another tool may be at work.',
    because:
      'It counts from five people and 2 % of all on, which is more than an administrator changes by hand.',
  },
  'account-failed': {
    metric: 'AccountsFailed',
    ...counted,
    periodMinutes: 30,
    says: 'The bridge itself failed on an account. The others go on.',
    because: 'It is tried every 15 minutes; one failure is a mistake of ours or of a later version.',
  },
  'answers-lost': {
    metric: 'AnswersLost',
    ...counted,
    threshold: 10,
    says: 'Many requests to Adobe ended without an answer that could be read.',
    because:
      'A lost answer is made good by itself; ten in an hour are the network, a proxy, or a change at Adobe.',
  },
  'adobe-throttles': {
    metric: 'CallsThrottled',
    ...counted,
    periods: 2,
    threshold: 3,
    says: 'Adobe puts off calls again and again although the bridge keeps below its limits.',
    because: 'Below the limit there is none; three in each of two hours mean somebody else uses them up.',
  },
  'unknown-code': {
    metric: 'UnknownCodes',
    ...counted,
    says: 'Adobe answered with a code that it never documented.',
    because: 'What it means has to be looked up once, and its people wait until then.',
  },
  'journal-not-sealed': {
    metric: 'SealsMissed',
    ...counted,
    periodMinutes: 15,
    threshold: 3,
    says: 'The journal could not be sealed several times: what happens now is not protected against changes.',
    because: 'It is sealed every minute, and a miss is made good by the next; three are no accident.',
  },
  'journal-broken': {
    metric: 'JournalBroken',
    ...counted,
    says: 'The nightly check found records of the journal changed, missing or slipped in.',
    because: 'A whole journal has no finding at all.',
  },
  'credentials-refused': {
    metric: 'CredentialsRefused',
    ...counted,
    threshold: 5,
    says: 'Requests with a wrong or ended credential were refused: an identity provider may be locked out.',
    because: 'Requests without any credential do not count; five in an hour are no typing mistake.',
  },
  'unusual-network': {
    metric: 'UnusualNetworks',
    ...counted,
    periodMinutes: 5,
    says: 'A right credential was used from a network that it was never seen in, or that it is not allowed in.',
    because: 'One use by a stranger is enough.',
  },
  'requests-put-off': {
    metric: 'RequestsPutOff',
    ...counted,
    periodMinutes: 15,
    periods: 2,
    threshold: 100,
    says: 'The bridge answers many requests of the identity provider with "later".',
    because: 'A burst is repeated by every identity provider; half an hour of it delays people.',
  },
} as const satisfies Readonly<Record<string, AlarmSpec>>;

const ofAws = {
  'scim-errors': {
    metric: { of: 'scim', name: 'Errors' },
    ...counted,
    periodMinutes: 15,
    threshold: 3,
    says: 'The SCIM function crashes, runs out of time or does not start.',
    because: 'Its code answers every request; three without an answer in 15 minutes are no single accident.',
  },
  'provision-errors': {
    metric: { of: 'provision', name: 'Errors' },
    ...counted,
    periodMinutes: 15,
    threshold: 3,
    says: 'Provisioning fails as a whole, again and again.',
    because: 'The next minute repeats a failed run; three in 15 minutes do not pass by themselves.',
  },
  'reconcile-errors': {
    metric: { of: 'reconcile', name: 'Errors' },
    ...counted,
    threshold: 2,
    says: 'The nightly comparison with Adobe fails as a whole.',
    because: 'It runs every 15 minutes at night, so a second failure within the hour is a repetition.',
  },
  'scim-throttled': {
    metric: { of: 'scim', name: 'Throttles' },
    ...counted,
    periodMinutes: 5,
    says: 'AWS refuses to run the SCIM function: too many functions run at once in this account.',
    because: 'Each one is a request that the identity provider sees fail.',
  },
  'stream-behind': {
    metric: { of: 'provision', name: 'IteratorAge' },
    statistic: 'Maximum',
    periodMinutes: 5,
    periods: 3,
    threshold: 20 * 60_000,
    ...quiet,
    says: 'Changes wake provisioning with a great delay; the schedule still looks every minute.',
    because: 'A run holds its part of the stream for 15 minutes at most (milliseconds here); 20 is more.',
  },
  'api-failing': {
    metric: { of: 'api', name: '5xx' },
    ...counted,
    periodMinutes: 5,
    threshold: 5,
    says: 'The identity provider gets server errors.',
    because:
      'Identity providers repeat single ones; Entra slows down and then stops when most requests fail.',
  },
  'table-reads-throttled': {
    metric: { of: 'table', name: 'ReadThrottleEvents' },
    ...counted,
    periodMinutes: 5,
    periods: 3,
    threshold: 100,
    says: 'DynamoDB keeps refusing reads because of too many at once.',
    because: 'Short ones are repeated and not noticed; 15 minutes of them slow everything down.',
  },
  'table-writes-throttled': {
    metric: { of: 'table', name: 'WriteThrottleEvents' },
    ...counted,
    periodMinutes: 5,
    periods: 3,
    threshold: 100,
    says: 'DynamoDB keeps refusing writes because of too many at once.',
    because: 'Short ones are repeated and not noticed; 15 minutes of them slow everything down.',
  },
} as const satisfies Readonly<Record<string, AlarmSpec>>;

export const alarmList: Readonly<Record<string, AlarmSpec>> = { ...ofTheBridge, ...ofAws };
