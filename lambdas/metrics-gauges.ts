/**
 * How the bridge stands, in figures, read from the table once a minute for `metrics.ts`. It decides nothing; what a
 * figure means, and when somebody is called, is said by the alarms (`infra/alarms.ts`).
 */
import { Budget } from './adobe/pace.ts';
import type { Directory } from './directory/dynamo.ts';
import type { Connection, OrgKey } from './directory/records.ts';
import type { Figures } from './metrics.ts';
import { undoneElsewhere } from './sync/signs.ts';

/** As early as `token list` and `status` say so (T11). */
const ENDING_MS = 30 * 24 * 3600 * 1000;

export interface GaugeDeps {
  readonly directory: Directory;
  /** The bridge's clock, epoch milliseconds. */
  readonly now: () => number;
}

/** A dozen small reads. An org that was not set up yet has nothing but the look itself. */
export async function readGauges({ directory, now }: GaugeDeps, o: OrgKey): Promise<Figures> {
  const org = await directory.getOrg(o);
  if (org === undefined) return { Looks: 1 };
  const connections = await Promise.all(org.connections.map((c) => directory.getConnection(c)));
  const paused = (org.paused ?? (await directory.getPause())) !== undefined;
  const seconds = (since: number | undefined): number =>
    since === undefined ? 0 : Math.max(0, Math.round((now() - since) / 1000));
  const backlog = await directory.readBacklog(o);
  const [hold] = await directory.listHolds(o, 1);
  const state = await directory.readReconciliation(o);
  const perConnection = await Promise.all(connections.map((one) => ofConnection(directory, one, now())));
  return {
    Looks: 1,
    PeoplePending: backlog.pending,
    PeopleParked: backlog.parked,
    RevokeAge: seconds(backlog.revokeSince),
    GrantAge: seconds(backlog.grantSince),
    RemovalsHeld: hold?.state === 'open' ? hold.pairs : 0,
    FaultsOpen: (await directory.readFaults(o)).length,
    CredentialRefused: org.authFault === undefined ? 0 : 1,
    ...(await ofBudget(directory, org.clientId, now())),
    TokensEnding: sum(perConnection, 'ending'),
    RulesOrphaned: sum(perConnection, 'orphaned'),
    ConnectionsStopped: paused ? connections.length : connections.filter(isStopped).length,
    // Of a bridge that never got a list: how long it has been without.
    ListingAge: seconds(org.listing?.startedAt ?? org.setUpAt),
    Unlicensed: state?.byKind['unlicensed'] ?? 0,
    Drifted: state?.drifted ?? 0,
    UndoneElsewhere: undoneElsewhere(state),
  };
}

/** A new table reports only until the mode is confirmed, and is meant to; one that was confirmed elsewhere was restored (V6). */
function isStopped({ paused, restored, tableId }: Connection): boolean {
  return paused !== undefined || (restored === true && tableId !== undefined);
}

interface OfConnection {
  /** Credentials of the identity provider; one that has ended stays in the number for as long again. */
  readonly ending: number;
  readonly orphaned: number;
}

async function ofConnection(
  directory: Directory,
  connection: Connection,
  now: number,
): Promise<OfConnection> {
  const ends = await directory.tokenEnds(connection.id);
  const rules = await directory.rulesOf(connection);
  return {
    ending: ends.filter((end) => Math.abs(end - now) <= ENDING_MS).length,
    orphaned: rules.filter(({ binding }) => binding?.state === 'orphaned').length,
  };
}

async function ofBudget(directory: Directory, clientId: string, now: number): Promise<Figures> {
  return directory.changeBudget(clientId, 'action', (stored) => {
    const { blockedUntil = 0, failures = 0 } = Budget.parse(stored ?? { slots: [] });
    return {
      result: {
        BlockedFor: Math.max(0, Math.round((blockedUntil - now) / 1000)),
        CallsFailedInRow: failures,
      },
    };
  });
}

function sum(of: readonly OfConnection[], what: keyof OfConnection): number {
  return of.reduce((total, one) => total + one[what], 0);
}
