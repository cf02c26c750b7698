/**
 * What a month costs, by arithmetic: counted requests and units times list prices. `docs/operations.md` shows it, and a
 * test holds the page to it. Pure. What cannot be counted here (how long a function runs, how often an identity provider
 * asks) is an assumption with a name.
 */

/** Dollars; list prices of us-east-1 in November 2026, without any free tier. */
export const prices = {
  perMillion: { readUnits: 0.125, writeUnits: 0.625, httpRequests: 1, invocations: 0.2 },
  gigabyteSecond: 0.0000133334,
  logGigabyte: 0.5,
  /** Kept in the table, and kept for recovery to any second. */
  storedGigabyte: 0.25 + 0.2,
  secret: 0.4,
  secretReads: 0.05 / 10_000,
  alarm: 0.1,
  metric: 0.3,
  dashboard: 3,
} as const;

/** Counted by `node test/cost/count.ts` on the embedded engine; the last five are rows of `docs/performance.md`. */
export const counted = {
  idleMinute: { read: 38, write: 3 },
  night: { read: 3.55, write: 0.17 },
  create: { read: 2, write: 21 },
  join: { read: 2.07, write: 4.19 },
  provision: { read: 20.2, write: 18.1 },
  lookUp: { read: 4, write: 0 },
  patch: { read: 3, write: 6 },
  member: { read: 5, write: 9 },
  leave: { read: 3, write: 9 },
} as const;

export const assumed = {
  minutes: 30 * 24 * 60,
  nights: 30,
  /** Of each person in an ordinary month. */
  lookUps: 10,
  patches: 0.5,
  members: 0.2,
  arrivals: 0.02,
  leavers: 0.02,
  /** Of a function of 1 GB. */
  requestSeconds: 0.05,
  idleSeconds: 0.5,
  wakeSeconds: 0.2,
  /** A person's share of a request to Adobe for ten. */
  provisionSeconds: 0.3,
  nightSeconds: 0.004,
  /** Kilobytes. */
  requestLog: 0.5,
  idleLog: 1.5,
  personStored: 5,
  alarms: 32,
  /** Written every minute also when nothing happens. */
  standingMetrics: 2,
  secrets: 2,
  /** Every five minutes. */
  secretReads: 8_640,
} as const;

export interface Month {
  readonly people: number;
  readonly fixed: number;
  readonly idle: number;
  readonly requests: number;
  readonly provisioning: number;
  readonly nights: number;
  readonly storage: number;
  readonly total: number;
}

interface Units {
  readonly read: number;
  readonly write: number;
}

const unitsOf = ({ read, write }: Units): number =>
  (read * prices.perMillion.readUnits + write * prices.perMillion.writeUnits) / 1e6;
const runs = (count: number, seconds: number): number =>
  count * (prices.perMillion.invocations / 1e6 + seconds * prices.gigabyteSecond);
const logged = (kilobytes: number): number => (kilobytes / 1e6) * prices.logGigabyte;

export function monthOf(people: number): Month {
  const { lookUps, patches, members, arrivals, leavers } = assumed;
  const fixed =
    assumed.alarms * prices.alarm +
    assumed.standingMetrics * prices.metric +
    prices.dashboard +
    assumed.secrets * prices.secret +
    assumed.secretReads * prices.secretReads;
  const idle =
    assumed.minutes * (unitsOf(counted.idleMinute) + logged(assumed.idleLog)) +
    runs(assumed.minutes, assumed.idleSeconds);
  const asked = people * (lookUps + patches + members + arrivals + leavers);
  const requests =
    people *
      (lookUps * unitsOf(counted.lookUp) +
        patches * unitsOf(counted.patch) +
        members * unitsOf(counted.member) +
        arrivals * (unitsOf(counted.create) + unitsOf(counted.join)) +
        leavers * unitsOf(counted.leave)) +
    asked * (prices.perMillion.httpRequests / 1e6 + logged(assumed.requestLog)) +
    runs(asked, assumed.requestSeconds);
  const changed = people * (members + arrivals + leavers);
  const provisioning =
    changed * unitsOf(counted.provision) +
    runs(changed, assumed.wakeSeconds) +
    changed * assumed.provisionSeconds * prices.gigabyteSecond;
  const nights =
    assumed.nights * people * (unitsOf(counted.night) + assumed.nightSeconds * prices.gigabyteSecond);
  const storage = ((people * assumed.personStored) / 1e6) * prices.storedGigabyte;
  const total = fixed + idle + requests + provisioning + nights + storage;
  return { people, fixed, idle, requests, provisioning, nights, storage, total };
}

/** Once: everybody is created, put into one group and granted. */
export function firstLoadOf(people: number): number {
  const asked = people * 1.01;
  return (
    people * (unitsOf(counted.create) + unitsOf(counted.join) + unitsOf(counted.provision)) +
    asked * (prices.perMillion.httpRequests / 1e6) +
    runs(asked, assumed.requestSeconds) +
    people * assumed.provisionSeconds * prices.gigabyteSecond
  );
}

export const sizes = [0, 1_000, 10_000, 100_000] as const;

export function rowsOf(): string[] {
  const dollars = (value: number): string => value.toFixed(2);
  return sizes.map((people) => {
    const { fixed, idle, requests, provisioning, nights, storage, total } = monthOf(people);
    const cells = [fixed, idle, requests, provisioning, nights, storage, total, firstLoadOf(people)];
    return `| ${people === 0 ? 'idle' : people.toLocaleString('en-US')} | ${cells.map(dollars).join(' | ')} |`;
  });
}

if (import.meta.main) process.stdout.write(`${rowsOf().join('\n')}\n`);
