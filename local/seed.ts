/**
 * What a first start stores, so that the bridge works without a question asked: the local connection with its Adobe
 * org, and a token. A later start finds it all there and changes nothing that an operator may have changed since.
 */
import type { TokenDirectory } from '../lambdas/directory/directory.ts';
import { ConnectionId, type ConnectionSettings, OrgKey } from '../lambdas/directory/records.ts';
import type { OperatorDirectory } from '../lambdas/directory/work.ts';
import type { AdobeEndpoint } from './endpoint.ts';

export const localConnection = ConnectionId.parse('local');
/** Not the name of a connection: settings of both lie under their key. */
export const localOrg = OrgKey.parse('adobe');

const federated = { type: 'federatedID', country: 'US', username: 'email' } as const;

const settings: ConnectionSettings = {
  mode: 'full',
  domains: {
    'example.com': federated,
    'example.org': federated,
    'example.net': { type: 'businessID', country: 'US', username: 'email' },
  },
  graceSeconds: { active: 0, gone: 0 },
  protected: [],
};

export interface SeedInput {
  readonly directory: OperatorDirectory & TokenDirectory & { findToken(presented: string): Promise<unknown> };
  readonly adobe: AdobeEndpoint;
  /** The token of the last start, if there was one. */
  readonly token: string | undefined;
}

/** Makes what is missing. Returns the token of the last start while it is valid, else a new one. */
export async function seedBridge({ directory, adobe, token }: SeedInput): Promise<{ token: string }> {
  await directory.setUp({
    org: { key: localOrg, adobeOrgId: adobe.orgId, clientId: adobe.clientId },
    connection: { id: localConnection, settings },
  });
  if (token !== undefined && (await directory.findToken(token)) !== undefined) return { token };
  const { secret } = await directory.createToken(localConnection, { label: 'npm start' });
  return { token: secret };
}
