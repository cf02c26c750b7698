/**
 * The Adobe credential of a function: read from where it is kept when a call needs it, and anew every five minutes, so
 * that a secret that was rotated or stored for the first time is used without a deployment. A function that never calls
 * Adobe never reads it, and one that finds nothing usable says so like Adobe refusing it: the org stops visibly, and
 * goes on by itself once the secret is there.
 *
 * Invariant: nothing goes out with the credential of another Adobe org than the one that the table is about, whoever
 * stored it and however; that, too, is an answer like Adobe refusing the credential.
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
  /** The Adobe org that the bridge was set up for; undefined before that. It never changes afterwards. */
  readonly setUpFor: () => Promise<string | undefined>;
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
  let own: string | undefined;
  const usable = async (): Promise<Usable> => {
    const client = await current();
    if (client === undefined) return { error: missing(deps.secret) };
    own ??= await deps.setUpFor();
    const foreign = own !== undefined && kept?.credential?.orgId !== own;
    return foreign ? { error: ofAnotherOrg(own, kept?.credential?.orgId) } : { client };
  };
  return {
    adobe: clientOf(usable),
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

type Usable = { readonly client: AdobeClient } | { readonly error: AdobeError };

function missing(secret: string): AdobeError {
  return {
    code: 'credential.missing',
    message: `the secret ${secret} holds no Adobe credential`,
    hint: 'Store it: npm run bridge -- setup.',
    class: 'auth',
    scope: 'org',
  };
}

function ofAnotherOrg(own: string | undefined, stored: string | undefined): AdobeError {
  return {
    code: 'credential.other-org',
    message: `this bridge is for the Adobe org ${own}, and the stored credential is of ${stored}`,
    hint: `Nothing was sent. Store a credential of ${own}: npm run bridge -- setup. Another org needs a stack of its own.`,
    class: 'auth',
    scope: 'org',
  };
}

function clientOf(usable: () => Promise<Usable>): AdobeClient {
  type Call<A extends unknown[], R> = (client: AdobeClient, ...args: A) => Promise<R>;
  const guarded =
    <A extends unknown[], R, F>(call: Call<A, R>, refuse: (error: AdobeError) => F) =>
    async (...args: A): Promise<R | F> => {
      const found = await usable();
      return 'client' in found ? call(found.client, ...args) : refuse(found.error);
    };
  const refused = (error: AdobeError) => ({ kind: 'refused', reason: 'auth', error }) as const;
  const failed = (error: AdobeError) => ({ kind: 'failed', reason: 'auth', error }) as const;
  type Args<K extends keyof AdobeClient> = Parameters<AdobeClient[K]>;
  return {
    send: guarded((client, ...args: Args<'send'>) => client.send(...args), refused),
    validate: guarded((client, ...args: Args<'validate'>) => client.validate(...args), refused),
    readUser: guarded((client, ...args: Args<'readUser'>) => client.readUser(...args), failed),
    listUsers: guarded((client, ...args: Args<'listUsers'>) => client.listUsers(...args), failed),
    listGroups: guarded((client, ...args: Args<'listGroups'>) => client.listGroups(...args), failed),
    readGroupMembers: guarded(
      (client, ...args: Args<'readGroupMembers'>) => client.readGroupMembers(...args),
      failed,
    ),
    listUnlicensed: guarded(
      (client, ...args: Args<'listUnlicensed'>) => client.listUnlicensed(...args),
      failed,
    ),
  };
}
