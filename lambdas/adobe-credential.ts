/**
 * The Adobe credential of a function: read from where it is kept when a call needs it, and anew every five minutes, so
 * that a secret that was rotated or stored for the first time is used without a deployment. A function that never calls
 * Adobe never reads it, and one that finds nothing usable says so like Adobe refusing it: the org stops visibly, and
 * goes on by itself once the secret is there. A place that cannot be read is an answer like an Adobe that cannot be reached.
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
    const found = await current().catch((error: unknown) => ({ unreadable: error }));
    if (found === undefined) return { reason: 'auth', error: missing(deps.secret) };
    if ('unreadable' in found)
      return { reason: 'unreachable', error: unreadable(deps.secret, found.unreadable) };
    own ??= await deps.setUpFor();
    if (own === undefined || kept?.credential?.orgId === own) return { client: found };
    return { reason: 'auth', error: ofAnotherOrg(own, kept?.credential?.orgId) };
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

interface Refusal {
  readonly reason: 'auth' | 'unreachable';
  readonly error: AdobeError;
}
type Usable = { readonly client: AdobeClient } | Refusal;

function missing(secret: string): AdobeError {
  return {
    code: 'credential.missing',
    message: `the secret ${secret} holds no Adobe credential`,
    hint: 'Store it: npm run bridge -- setup.',
    class: 'auth',
    scope: 'org',
  };
}

/** Nothing of the cause but its name, which tells a missing right from a service that is away. */
function unreadable(secret: string, cause: unknown): AdobeError {
  return {
    code: 'credential.unreadable',
    message: `the credential in the secret ${secret} cannot be read: ${cause instanceof Error ? cause.name : 'no reason given'}`,
    hint: 'The bridge tries again. If it stays: may the function read the secret, and does the secret exist?',
    class: 'retry',
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
    <A extends unknown[], R, F>(call: Call<A, R>, refuse: (refusal: Refusal) => F) =>
    async (...args: A): Promise<R | F> => {
      const found = await usable();
      return 'client' in found ? call(found.client, ...args) : refuse(found);
    };
  const refused = (refusal: Refusal) => ({ ...refusal, kind: 'refused' }) as const;
  const failed = (refusal: Refusal) => ({ ...refusal, kind: 'failed' }) as const;
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
