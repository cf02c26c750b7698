/**
 * The Adobe credential of a function: read from where it is kept when a call needs it, and anew every five minutes, so
 * that a secret that was rotated or stored for the first time is used without a deployment. A function that never calls
 * Adobe never reads it, and one that finds nothing usable says so like Adobe refusing it: the org stops visibly, and
 * goes on by itself once the secret is there.
 */
import type { CredentialKeeper } from './admin/parts.ts';
import type { AdobeClient, AdobeError } from './adobe/adobe.ts';

export interface StoredCredential {
  readonly orgId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

interface RenewingDeps {
  readonly read: () => Promise<StoredCredential | undefined>;
  readonly open: (credential: StoredCredential) => AdobeClient;
  readonly now: () => number;
  readonly secret: string;
}

const MAX_AGE_MS = 5 * 60 * 1000;

interface Kept {
  readonly credential: StoredCredential | undefined;
  readonly client: AdobeClient | undefined;
  readonly at: number;
}

export function renewingAdobe(deps: RenewingDeps): {
  readonly adobe: AdobeClient;
  readonly keeper: CredentialKeeper;
} {
  let kept: Kept | undefined;
  const renew = async (): Promise<Kept> => {
    const credential = await deps.read();
    const client = sameCredential(kept?.credential, credential)
      ? // Its access token is still good.
        kept?.client
      : credential && deps.open(credential);
    kept = { credential, client, at: deps.now() };
    return kept;
  };
  const current = async (): Promise<AdobeClient | undefined> => {
    if (kept?.client === undefined) return (await renew()).client;
    if (Math.abs(deps.now() - kept.at) < MAX_AGE_MS) return kept.client;
    try {
      return (await renew()).client;
    } catch {
      // While Secrets Manager has trouble the credential of before goes on working; five minutes later it is read again.
      kept = { ...kept, at: deps.now() };
      return kept.client;
    }
  };
  return {
    adobe: clientOf(current, deps.secret),
    keeper: { secret: deps.secret, renew: async () => aboutOf(await renew()) },
  };
}

/** Never the secret. */
function aboutOf({ credential }: Kept): Pick<StoredCredential, 'orgId' | 'clientId'> | undefined {
  return credential && { orgId: credential.orgId, clientId: credential.clientId };
}

function sameCredential(a: StoredCredential | undefined, b: StoredCredential | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function clientOf(current: () => Promise<AdobeClient | undefined>, secret: string): AdobeClient {
  const error: AdobeError = {
    code: 'credential.missing',
    message: `the secret ${secret} holds no Adobe credential`,
    hint: 'Store it: npm run bridge -- setup.',
    class: 'auth',
    scope: 'org',
  };
  const failed = { kind: 'failed', reason: 'auth', error } as const;
  return {
    send: async (...args) => (await current())?.send(...args) ?? { kind: 'refused', reason: 'auth', error },
    validate: async (...args) =>
      (await current())?.validate(...args) ?? { kind: 'refused', reason: 'auth', error },
    readUser: async (...args) => (await current())?.readUser(...args) ?? failed,
    listUsers: async (...args) => (await current())?.listUsers(...args) ?? failed,
    listGroups: async (...args) => (await current())?.listGroups(...args) ?? failed,
    readGroupMembers: async (...args) => (await current())?.readGroupMembers(...args) ?? failed,
    listUnlicensed: async (...args) => (await current())?.listUnlicensed(...args) ?? failed,
  };
}
