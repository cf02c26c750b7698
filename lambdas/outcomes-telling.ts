/**
 * The night of a bridge: the comparison, and once a day, when it has ended, what there is to tell. The answer of the
 * function carries it: AWS hands the answer of a scheduled run to EventBridge (`infra/telling.ts`), which needs no call
 * and no right of ours. The same stands in the log, which is where `npm start` shows it.
 */
import type { Directory } from './directory/dynamo.ts';
import type { AccountId, OrgKey } from './directory/records.ts';
import type { Figures } from './metrics.ts';
import { readGauges } from './metrics-gauges.ts';
import {
  composeDigest,
  composeHeartbeat,
  DIGEST_EVERY_MS,
  HEARTBEAT_EVERY_MS,
  LISTING_OLD_SECONDS,
  type Outcome,
  outcomeOf,
} from './outcomes.ts';
import { type AdobeParts, reconcileOf } from './runtime.ts';
import type { ReconcileReport } from './sync/reconcile.ts';

export interface Told {
  /** The first of them; `more` are not listed. */
  readonly outcomes: readonly Outcome[];
  readonly more: number;
  /** The mail, a line for each key `line01`, `line02` and so on; absent when there is nothing to say. */
  readonly digest?: Readonly<Record<string, string>>;
}

/** An answer of 256 kB is the most that is handed on. */
const MOST_TOLD = 500;
/** As many accounts are read for their reasons as `status` reads. */
const MOST_READ = 2_000;

export function nightOf(
  parts: AdobeParts,
  org: OrgKey,
): (until: number) => Promise<ReconcileReport & Partial<Told>> {
  const compare = reconcileOf(parts, org);
  return async (until) => {
    const report = await compare({ until });
    // A comparison that is not over yet goes on in a quarter of an hour; when it has begun, its end is awaited.
    if (report.outcome === 'continues') return report;
    return { ...report, ...(await tell(parts, org, { JournalBroken: report.journalBroken ?? 0 })) };
  };
}

async function tell(
  { directory, now, log }: AdobeParts,
  org: OrgKey,
  ofTheNight: Figures,
): Promise<Told | undefined> {
  const at = now();
  if (!(await directory.claimTelling(org, 'digest', at - DIGEST_EVERY_MS))) return undefined;
  const outcomes = await readOutcomes(directory, org, at);
  const figures = { ...(await readGauges({ directory, now }, org)), ...ofTheNight };
  const said = composeDigest({ now: at, outcomes, figures });
  const listed = (await directory.getOrg(org))?.listing?.startedAt ?? Number.NEGATIVE_INFINITY;
  const isKnown = at - listed <= LISTING_OLD_SECONDS * 1000;
  const isQuiet =
    said === undefined &&
    isKnown &&
    (await directory.claimTelling(org, 'heartbeat', at - HEARTBEAT_EVERY_MS));
  const lines = said ?? (isQuiet ? composeHeartbeat(at) : []);
  log.info('told', { outcomes, lines });
  return {
    outcomes: outcomes.slice(0, MOST_TOLD),
    more: Math.max(0, outcomes.length - MOST_TOLD),
    ...(lines.length === 0 ? {} : { digest: numbered(lines) }),
  };
}

/** Everybody who stands somewhere in the work index, and whoever the last comparison found different. */
async function readOutcomes(directory: Directory, org: OrgKey, now: number): Promise<Outcome[]> {
  const { run, held, timer, parked } = await directory.readPlaces(org);
  const drifted = await directory.readDrifted(org);
  const ids = new Set<AccountId>([
    ...parked.flatMap((place) => place.ids),
    ...held,
    ...timer,
    ...drifted,
    ...run,
  ]);
  const accounts = await directory.readAccounts(org, [...ids].slice(0, MOST_READ));
  return accounts.flatMap((account) => outcomeOf(account, now) ?? []);
}

function numbered(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map((line, at) => [`line${String(at + 1).padStart(2, '0')}`, line]));
}
