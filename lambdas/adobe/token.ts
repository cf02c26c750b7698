/**
 * The access token of one credential: OAuth server-to-server at Adobe's IMS (`umapi.md` section 2). It is kept until
 * about 90 % of its life and fetched once for all who ask at the same time (F42); a failure is never kept.
 * Invariant: neither the client secret nor a token appears in an error, whatever IMS answers (I18).
 */
import * as z from 'zod';
import type { AdobeCredential, AdobeError, ErrorClass } from './adobe.ts';
import { parseJson, plain, transportError } from './errors.ts';
import { exchange, type Fetch, type HttpAnswer, type TimeoutSignal } from './exchange.ts';
import { retryAfter } from './retry-after.ts';

export type TokenOutcome =
  | { readonly kind: 'ok'; readonly token: string }
  | {
      readonly kind: 'failed';
      /** `auth`: stop until an operator repairs the credential; the others pass. */
      readonly reason: 'auth' | 'throttled' | 'unreachable';
      readonly error: AdobeError;
      readonly blockedUntil?: number;
    };

export interface TokenSource {
  get(): Promise<TokenOutcome>;
  /** Forgets `token` after Adobe refused it. A newer one stays. */
  invalidate(token: string): void;
}

export interface TokenSourceDeps {
  readonly credential: Pick<AdobeCredential, 'clientId' | 'clientSecret' | 'imsUrl'>;
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly timeoutMs: number;
  readonly timeoutSignal: TimeoutSignal;
}

const SCOPES = 'openid,AdobeID,user_management_sdk';
const MAX_BYTES = 100_000;
/** Above a week the number is in milliseconds (`umapi.md` 2.3). */
const LONGEST_LIFE_SECONDS = 604_800;
const UNTOLD_LIFE_SECONDS = 300;
const USED_SHARE_OF_LIFE = 0.9;

/** Makes the token source of one credential. `timeoutMs` bounds one request to IMS. */
export function createTokenSource(deps: TokenSourceDeps): TokenSource {
  let kept: Minted | undefined;
  let underway: Promise<TokenOutcome> | undefined;

  async function refresh(): Promise<TokenOutcome> {
    const minted = await mint(deps);
    if (minted.kind === 'failed') return minted;
    kept = minted;
    return { kind: 'ok', token: minted.token };
  }

  return {
    async get() {
      if (kept !== undefined && deps.now() < kept.refreshAt) return { kind: 'ok', token: kept.token };
      underway ??= refresh().finally(() => {
        underway = undefined;
      });
      return await underway;
    },
    invalidate(token) {
      if (kept?.token === token) kept = undefined;
    },
  };
}

interface Minted {
  readonly kind: 'minted';
  readonly token: string;
  readonly refreshAt: number;
}
type Failed = Extract<TokenOutcome, { kind: 'failed' }>;

async function mint(deps: TokenSourceDeps): Promise<Minted | Failed> {
  const { credential, fetch, now, timeoutMs, timeoutSignal } = deps;
  const startedAt = now();
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: credential.clientId,
    client_secret: credential.clientSecret,
    scope: SCOPES,
  });
  const answer = await exchange(
    fetch,
    {
      url: `${credential.imsUrl.replace(/\/+$/, '')}/ims/token/v3`,
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
      body: form.toString(),
      maxBytes: MAX_BYTES,
    },
    timeoutSignal(timeoutMs),
  );
  if (answer.kind !== 'answer') return { kind: 'failed', reason: 'unreachable', error: answer.error };
  if (answer.status === 200 && answer.body.ok) {
    const grant = TokenGrant.safeParse(parseJson(answer.body.text));
    if (grant.success) return toMinted(grant.data, startedAt);
  }
  return explainRefusal(answer, deps);
}

const TokenGrant = z.object({
  // Only what may stand in a header: a line break would make every request fail as if the network had.
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: z.coerce.number().positive().optional().catch(undefined),
});

function toMinted(grant: z.infer<typeof TokenGrant>, startedAt: number): Minted {
  const told = grant.expires_in ?? UNTOLD_LIFE_SECONDS;
  const lifeSeconds = told > LONGEST_LIFE_SECONDS ? told / 1_000 : told;
  const refreshAt = startedAt + Math.floor(lifeSeconds * 1_000 * USED_SHARE_OF_LIFE);
  return { kind: 'minted', token: grant.access_token, refreshAt };
}

const Refusal = z.object({ error: z.string(), error_description: z.string().optional().catch(undefined) });

/** Sorts a refusal by `umapi.md` 2.4: a wrong credential stops everything, trouble at IMS passes. */
function explainRefusal({ status, headers, body }: HttpAnswer, { credential, now }: TokenSourceDeps): Failed {
  const text = body.ok ? body.text : '';
  const parsed = Refusal.safeParse(parseJson(text));
  if (status === 200) {
    const error = body.ok
      ? transportError('answer.unreadable', 'IMS answered 200 without a token')
      : body.error;
    return { kind: 'failed', reason: 'unreachable', error };
  }
  const code = parsed.success ? parsed.data.error : `http.${status}`;
  const said = parsed.success ? (parsed.data.error_description ?? 'no description') : 'no error code';
  const message = withoutSecret(`IMS answered HTTP ${status}: ${said}`, credential.clientSecret);
  const passes = status === 429 || status >= 500 || code === 'internal_error';
  const verdict: { class: ErrorClass; hint: string } = passes
    ? { class: 'retry', hint: 'The sign-in service of Adobe has trouble; the bridge tries again.' }
    : { class: 'auth', hint: refusalHint(code) };
  const error: AdobeError = {
    code: plain(withoutSecret(code, credential.clientSecret)),
    message: plain(message),
    scope: 'org',
    ...verdict,
  };
  if (!passes) return { kind: 'failed', reason: 'auth', error };
  const blockedUntil = retryAfter(headers.get('retry-after'), now());
  const reason = status === 429 || status === 503 ? 'throttled' : 'unreachable';
  return { kind: 'failed', reason, error, ...(blockedUntil === undefined ? {} : { blockedUntil }) };
}

function refusalHint(code: string): string {
  if (code === 'invalid_scope') {
    return 'The credential may not use the User Management API. Add that API to its project in the Developer Console.';
  }
  return 'Adobe does not accept client id and secret. Take both from the Developer Console and store them again.';
}

function withoutSecret(text: string, secret: string): string {
  if (secret === '') return text;
  return text.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***');
}
