/**
 * What a first start stores, so that the bridge works without a question asked: the local connection with its Adobe
 * org, and a token. A later start finds it all there and changes nothing that an operator may have changed since.
 */
import type { ScimDirectory, TokenDirectory } from '../lambdas/directory/directory.ts';
import { ruleIdOf } from '../lambdas/directory/keys.ts';
import { ConnectionId, type ConnectionSettings, OrgKey, type Rule } from '../lambdas/directory/records.ts';
import type { OperatorDirectory, SyncDirectory } from '../lambdas/directory/work.ts';
import type { StartOptions } from './options.ts';

export const localConnection = ConnectionId.parse('local');
/** Not the name of a connection: settings of both lie under their key. */
export const localOrg = OrgKey.parse('adobe');

const federated = { type: 'federatedID', country: 'US', username: 'email' } as const;

const simulated: ConnectionSettings = {
  mode: 'full',
  domains: {
    'example.com': federated,
    'example.org': federated,
    'example.net': { type: 'businessID', country: 'US', username: 'email' },
  },
  graceSeconds: { active: 0, gone: 0 },
  protected: [],
  // High enough to try out anything; a real connection starts with the built-in limit.
  removalLimit: { people: 1000, percent: 100, emptyingFrom: 1000, reason: 'a bridge to try things out' },
};

/** A real org: it reports, nobody is allowed before somebody said so, and the removal limit is the built-in one (V6). */
const live: ConnectionSettings = {
  mode: 'report-only',
  domains: {},
  graceSeconds: { active: 300, gone: 0 },
  protected: [],
};

/** The mapping that a first start applies: two subscriptions of Dynamic Chat told apart by user groups, and the rest. */
const exampleMapping: readonly Pick<Rule, 'group' | 'grants'>[] = [
  { group: 'Chat agents EU', grants: [{ name: 'Chat agents EU', kind: 'userGroup' }] },
  { group: 'Chat agents US', grants: [{ name: 'Chat agents US', kind: 'userGroup' }] },
  {
    group: 'Marketing EU',
    grants: [{ name: 'Marketing User EU', kind: 'profile', product: 'Dynamic Chat (EU)' }],
  },
  {
    group: 'Marketing',
    grants: [
      { name: 'Marketing', kind: 'userGroup' },
      { name: 'Marketo Standard', kind: 'profile', product: 'Marketo Engage' },
    ],
  },
  { group: 'Sales', grants: [{ name: 'Sales Insight', kind: 'profile', product: 'Sales Insight Actions' }] },
];

export interface SeedInput {
  readonly directory: OperatorDirectory &
    TokenDirectory &
    Pick<SyncDirectory, 'getConnection' | 'getOrg' | 'changeOrg'> &
    Pick<ScimDirectory, 'admit'>;
  readonly adobe: { readonly orgId: string; readonly clientId: string };
  /** Absent: simulated. */
  readonly kind?: StartOptions['adobe'];
  /** The token of the last start, if there was one. */
  readonly token: string | undefined;
}

/** Makes what is missing. Returns the token of the last start while it is valid, else a new one. */
export async function seedBridge({
  directory,
  adobe,
  kind = 'simulated',
  token,
}: SeedInput): Promise<{ token: string }> {
  await directory.claimSchema();
  await directory.setUp({
    org: { key: localOrg, adobeOrgId: adobe.orgId, clientId: adobe.clientId },
    connection: {
      id: localConnection,
      settings: kind === 'live' ? live : simulated,
      tableId: await directory.tableId(),
    },
  });
  if (kind === 'simulated') await seedMapping(directory);
  else await keepClient(directory, adobe);
  if (token !== undefined && (await directory.admit({ bearer: token })).ok) return { token };
  const { secret } = await directory.createToken(localConnection, {
    label: 'npm start',
    createdBy: 'npm start',
  });
  return { token: secret };
}

/** Adobe counts calls by client, and the next start may bring another one of the same org. */
async function keepClient(
  directory: SeedInput['directory'],
  { orgId, clientId }: SeedInput['adobe'],
): Promise<void> {
  const org = await directory.getOrg(localOrg);
  if (org !== undefined && org.adobeOrgId !== orgId) {
    throw new Error(
      `this folder belongs to the Adobe org ${org.adobeOrgId}, and the credential is of ${orgId}: choose another folder with --data`,
    );
  }
  if (org !== undefined && org.clientId !== clientId) await directory.changeOrg(localOrg, { clientId });
}

/** Only where no mapping was ever applied: an operator's mapping is never touched. */
async function seedMapping(directory: SeedInput['directory']): Promise<void> {
  const { mappingVersion } = await directory.getConnection(localConnection);
  if (mappingVersion > 0) return;
  const rules = exampleMapping.map((rule) => ({ ...rule, id: ruleIdOf(rule), everyone: false }));
  await directory.applyMapping(localConnection, { rules, left: [], expectedVersion: 0 });
}
