/** What the operator's commands work with, and the one look at the whole state that several of them take. */
import type { AdobeClient } from '../adobe/adobe.ts';
import type { ScimDirectory, TokenDirectory } from '../directory/directory.ts';
import type { Account, ConnectionId, OrgKey } from '../directory/records.ts';
import type { OperatorDirectory, SyncDirectory } from '../directory/work.ts';
import type { ReconcileReport, ReconcileWish } from '../sync/reconcile.ts';
import { followRules, renamesOf } from '../sync/renames.ts';
import { indexCatalogue, type World } from '../sync/world.ts';
import { Refused } from './command.ts';

/** Whoever keeps the Adobe credential of this process. */
export interface CredentialKeeper {
  /** The secret's name in Secrets Manager; absent where the process was started with the credential. */
  readonly secret?: string;
  /** Reads it anew; the next call uses what was found. Undefined: nothing usable is stored. */
  readonly renew: () => Promise<{ readonly orgId: string; readonly clientId: string } | undefined>;
}

export interface AdminParts {
  readonly directory: ScimDirectory & TokenDirectory & SyncDirectory & OperatorDirectory;
  readonly adobe: AdobeClient;
  readonly credential: CredentialKeeper;
  readonly connection: ConnectionId;
  readonly org: OrgKey;
  /** The bridge's clock, epoch milliseconds. */
  readonly now: () => number;
  readonly newId: () => string;
  /** One stretch of the comparison with Adobe (R34). */
  readonly reconcile: (wish: ReconcileWish) => Promise<ReconcileReport>;
}

/** Holds older than these are read when they are asked for. */
const MOST_HOLDS = 200;

/** The same that the drain decides with, as it is now. @throws Refused when the bridge was never set up */
export async function readWorldNow({ directory, org: o, now }: AdminParts): Promise<World> {
  const org = await directory.getOrg(o);
  if (org === undefined) {
    throw new Refused(`The Adobe org "${o}" is not set up in this table. Run the set-up, then try again.`);
  }
  const connections = await Promise.all(org.connections.map((c) => directory.getConnection(c)));
  const rules = await Promise.all(connections.map((connection) => directory.rulesOf(connection)));
  const faults = await directory.readFaults(o);
  const catalogue = await directory.readCatalogue(o);
  const renames = renamesOf(catalogue);
  const paused = org.paused ?? (await directory.getPause());
  const holds = await directory.listHolds(o, MOST_HOLDS);
  return {
    now: now(),
    org,
    connections: new Map(connections.map((connection) => [connection.id, connection])),
    rules: new Map(
      connections.map((connection, at) => [connection.id, followRules(rules[at] ?? [], renames)]),
    ),
    faults: new Map(faults.map((fault) => [fault.scope, fault])),
    catalogue: indexCatalogue(catalogue),
    renames,
    ...(paused === undefined ? {} : { paused }),
    holds: new Map(holds.map((hold) => [hold.id, hold])),
  };
}

/** How an operator knows the person behind an account: the e-mail, else the userName. */
export async function nameOf(
  { directory }: Pick<AdminParts, 'directory'>,
  account: Account,
): Promise<string> {
  const email = account.wanted.identity?.email ?? account.applied.identity?.email;
  if (email !== undefined || account.owner === undefined) return email ?? `account ${account.id}`;
  const user = await directory.getUser(account.owner.connection, account.owner.userId);
  return user?.resource.userName ?? `account ${account.id}`;
}
