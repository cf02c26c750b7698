/**
 * The metrics of the bridge as plain data, and which line of the log counts as what. A line that counts is written in
 * CloudWatch's embedded metric format: it stays a readable line, and CloudWatch takes its figures out. There is no other
 * way to a metric, so nothing is measured that the log does not show, and no call is made for it.
 *
 * What is zero is not written: CloudWatch charges by the metric that has data, and its alarms take silence for "nothing
 * the matter". That the measuring itself goes on is told by `Looks`, once a minute, and by nothing else.
 * Invariant: figures are numbers. No address, name or id ever becomes part of a metric; its one dimension is the table.
 */

export type Unit = 'Count' | 'Seconds';

export interface Metric {
  readonly unit: Unit;
  /** For the dashboard and the runbook. */
  readonly says: string;
}

export const NAMESPACE = 'AdobeScimBridge';
/** One table is one bridge; two stacks in one account do not mix. */
export const DIMENSION = 'Table';

export const metrics = {
  // As it stands once a minute, zero left out.
  Looks: { unit: 'Count', says: 'the bridge looked after itself' },
  PeoplePending: { unit: 'Count', says: 'people with something to send' },
  GrantAge: { unit: 'Seconds', says: 'the longest that a grant waits for its turn' },
  RevokeAge: { unit: 'Seconds', says: 'the longest that a revoke waits for its turn' },
  PeopleParked: { unit: 'Count', says: 'people for whom somebody has to do something' },
  RemovalsHeld: { unit: 'Count', says: 'removals that came onto the open hold' },
  FaultsOpen: { unit: 'Count', says: 'entitlements and domains that Adobe refuses altogether' },
  CredentialRefused: { unit: 'Count', says: 'Adobe does not accept the credential' },
  BlockedFor: { unit: 'Seconds', says: 'until Adobe takes calls again' },
  CallsFailedInRow: { unit: 'Count', says: 'calls to Adobe in a row without an answer of use' },
  TokensEnding: { unit: 'Count', says: 'credentials of identity providers within 30 days of their end' },
  RulesOrphaned: { unit: 'Count', says: 'rules whose group is gone' },
  ConnectionsStopped: { unit: 'Count', says: 'connections paused, or restored and not confirmed' },
  ListingAge: { unit: 'Seconds', says: 'since Adobe was last listed completely, or since the set-up' },
  Unlicensed: { unit: 'Count', says: 'people in a profile without a licence' },
  Drifted: { unit: 'Count', says: 'people changed by hand at Adobe' },
  UndoneElsewhere: { unit: 'Count', says: 'people changed at Adobe by what looks like another tool' },
  // As it happens.
  AccountsFailed: { unit: 'Count', says: 'accounts on which the bridge itself failed' },
  AnswersLost: { unit: 'Count', says: 'requests to Adobe with an unknown outcome' },
  CallsThrottled: { unit: 'Count', says: 'calls that Adobe put off' },
  UnknownCodes: { unit: 'Count', says: 'answers with a code that Adobe never documented' },
  ListingsFailed: { unit: 'Count', says: 'listings of Adobe that failed or were not believed' },
  SealsMissed: { unit: 'Count', says: 'times the journal could not be sealed' },
  JournalBroken: { unit: 'Count', says: 'findings of the nightly check of the journal' },
  CredentialsRefused: { unit: 'Count', says: 'SCIM requests with a wrong, ended or misplaced credential' },
  UnusualNetworks: { unit: 'Count', says: 'right credentials that came from an unusual network' },
  RequestsPutOff: { unit: 'Count', says: 'SCIM requests answered 429 because of too much at once' },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;
export type Figures = Readonly<Partial<Record<MetricName, number>>>;

type Fields = Readonly<Record<string, unknown>>;

const once = (name: MetricName) => (): Figures => ({ [name]: 1 });
const throttled = ({ reason }: Fields): Figures => (reason === 'throttled' ? { CallsThrottled: 1 } : {});

/** By the message of a line, what it counts as. */
const counted: Readonly<Record<string, (fields: Fields) => Figures>> = {
  figures: ({ figures }) => knownIn(figures),
  'account-failed': once('AccountsFailed'),
  'request-failed': (fields) => ({
    ...throttled(fields),
    ...(fields['kind'] === 'unknown' ? { AnswersLost: 1 } : {}),
  }),
  'read-failed': throttled,
  'unknown-code': once('UnknownCodes'),
  'inventory-failed': once('ListingsFailed'),
  'inventory-incomplete': once('ListingsFailed'),
  'journal-not-sealed': once('SealsMissed'),
  'journal-broken': ({ findings }) => ({ JournalBroken: Number(findings) }),
  'a token is used from a new network': once('UnusualNetworks'),
  'a token was refused: it came from outside its networks': once('UnusualNetworks'),
  scim: ({ status, refused }) => {
    if (refused !== undefined) return { CredentialsRefused: 1 };
    return status === 429 ? { RequestsPutOff: 1 } : {};
  },
};

/** What a line counts as; empty for most. */
export function figuresOf(message: string, fields: Fields): Figures {
  return Object.hasOwn(counted, message) ? (counted[message]?.(fields) ?? {}) : {};
}

function knownIn(figures: unknown): Figures {
  const given = Object.entries(figures ?? {});
  return Object.fromEntries(given.filter(([name, value]) => name in metrics && Number(value) > 0));
}

/** The fields that make CloudWatch take these figures out of the line; `at` in epoch milliseconds. */
export function embedded(figures: Figures, { table, at }: { table: string; at: number }): Fields {
  const names = Object.keys(figures);
  const Metrics = names.map((name) => ({ Name: name, Unit: unitOf(name) }));
  return {
    ...figures,
    [DIMENSION]: table,
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [[DIMENSION]], Metrics }],
    },
  };
}

function unitOf(name: string): Unit {
  return Object.entries(metrics).find(([known]) => known === name)?.[1].unit ?? 'Count';
}
