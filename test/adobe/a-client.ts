/** A client over a real server that plays both Adobe's sign-in and its API, on a clock that stands still. */
import type { AdobeClient } from '../../lambdas/adobe/adobe.ts';
import { createAdobeClient } from '../../lambdas/adobe/client.ts';
import type { Fetch } from '../../lambdas/adobe/exchange.ts';
import { createTokenSource } from '../../lambdas/adobe/token.ts';
import { reply } from './server.ts';

export const NOW = 5_000_000;
export const DEADLINE = NOW + 5_000;
export const ORG = '8F3A1C20B7D44E9A0A49@AdobeOrg';
/** The first and the second access token. */
export const fresh = reply(200, { access_token: 'token-1', expires_in: 86_399 });
export const renewed = reply(200, { access_token: 'token-2', expires_in: 86_399 });

interface ClientOptions {
  /** Where the User Management API is, if not at the server. */
  umapiBase?: string;
  fetch?: Fetch;
}

export function aClient(
  serverUrl: string,
  { umapiBase = serverUrl, fetch = globalThis.fetch }: ClientOptions = {},
): AdobeClient {
  const credential = {
    orgId: ORG,
    clientId: 'client-1',
    clientSecret: 'secret-1',
    imsUrl: serverUrl,
    umapiUrl: `${umapiBase}/v2/usermanagement`,
  };
  const now = (): number => NOW;
  const timeoutSignal = (ms: number): AbortSignal => AbortSignal.timeout(ms);
  const token = createTokenSource({
    credential,
    fetch: globalThis.fetch,
    now,
    timeoutMs: 5_000,
    timeoutSignal,
  });
  let calls = 0;
  const newRequestId = (): string => {
    calls += 1;
    return `r${calls}`;
  };
  return createAdobeClient({
    credential,
    fetch,
    now,
    token,
    newRequestId,
    userAgent: 'bridge/1.0',
    timeoutSignal,
  });
}
