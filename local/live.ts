/**
 * A real Adobe org for a bridge on this machine (`npm start -- --adobe live`). The credential comes from the environment
 * or is asked for at every start, and stays in this process: no file of the data folder ever holds the secret. The base
 * URLs are Adobe's, unless the environment names others under the same names as the functions in AWS.
 */
import * as z from 'zod';
import type { AdobeCredential } from '../lambdas/adobe/adobe.ts';
import { createTokenSource } from '../lambdas/adobe/token.ts';
import { AdobeConfig, type Environment, variables } from '../lambdas/config.ts';
import type { Terminal } from '../operator/terminal.ts';

/** The credential of a live bridge; `docs/admin-guide.md` names them. */
export const liveVariables = {
  orgId: 'BRIDGE_ADOBE_ORG',
  clientId: 'BRIDGE_ADOBE_CLIENT_ID',
  clientSecret: 'BRIDGE_ADOBE_CLIENT_SECRET',
} as const;

const knockTimeoutMs = 10_000;

/** The credential, tested with a token. @throws Error that says what to do, without the secret */
export async function connectLive(environment: Environment, terminal: Terminal): Promise<AdobeCredential> {
  const credential = { ...(await readCredential(environment, terminal)), ...readUrls(environment) };
  const outcome = await createTokenSource({
    credential,
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    timeoutMs: knockTimeoutMs,
    timeoutSignal: (ms) => AbortSignal.timeout(ms),
  }).get();
  if (outcome.kind === 'ok' || outcome.reason === 'throttled') return credential;
  const { message, hint } = outcome.error;
  throw new Error(
    outcome.reason === 'auth'
      ? `Adobe refuses the credential (${message}): ${hint}`
      : `Adobe cannot be reached at ${credential.imsUrl} (${message}): look at the network, then start again`,
  );
}

async function readCredential(
  environment: Environment,
  terminal: Terminal,
): Promise<Pick<AdobeCredential, 'orgId' | 'clientId' | 'clientSecret'>> {
  const missing = Object.values(liveVariables).filter((name) => !environment[name]);
  if (missing.length > 0 && !terminal.isInteractive) {
    throw new Error(
      `--adobe live needs the Adobe credential: set ${missing.join(', ')}, or start it at a terminal, which asks`,
    );
  }
  const orgId =
    environment[liveVariables.orgId] || (await terminal.ask('Organization ID (ends with @AdobeOrg): '));
  const clientId = environment[liveVariables.clientId] || (await terminal.ask('Client ID: '));
  const clientSecret =
    environment[liveVariables.clientSecret] || (await terminal.askSecret('Client secret (not shown): '));
  if (!/^[^@\s]+@AdobeOrg$/.test(orgId)) throw new Error('the organization ID must end with @AdobeOrg');
  if (clientId === '' || clientSecret === '') throw new Error('client ID and client secret are both needed');
  return { orgId, clientId, clientSecret };
}

const Urls = z.object({ imsUrl: AdobeConfig.shape.imsUrl, umapiUrl: AdobeConfig.shape.adobeUrl });

function readUrls(environment: Environment): Pick<AdobeCredential, 'imsUrl' | 'umapiUrl'> {
  const parsed = Urls.safeParse({
    imsUrl: environment[variables.imsUrl] || undefined,
    umapiUrl: environment[variables.adobeUrl] || undefined,
  });
  if (parsed.success) return parsed.data;
  throw new Error(
    `${variables.imsUrl} and ${variables.adobeUrl} must be addresses such as https://example.com`,
  );
}
