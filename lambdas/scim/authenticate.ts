/**
 * Who asks: the bearer value of a request, judged by the directory (T01-T11). Every refusal looks the same to the caller,
 * whatever is wrong with the value; what it was stands in the log. The only other answer is 429, for a wrong value from a
 * network that sent many; a right one is let in all the same.
 */
import type { Admission, Presented, ScimDirectory, TokenGrant } from '../directory/directory.ts';
import { ScimError } from './errors.ts';
import type { ScimLog, ScimRequest } from './request.ts';

export interface AuthenticateDeps {
  readonly directory: Pick<ScimDirectory, 'admit'>;
  readonly log: ScimLog;
}

/** What is known of a request for its line in the log, filled in on the way. */
export interface Seen {
  route: string;
  connection?: string;
  tokenId?: string;
  /** Why a credential was refused. */
  refused?: string;
  /** What a refused client was told; it never holds what the client sent. */
  detail?: string;
}

/** @throws ScimError 401, 429 */
export async function authenticate(
  deps: AuthenticateDeps,
  { headers, source, requestId }: ScimRequest,
  seen: Seen,
): Promise<TokenGrant> {
  const header = headers['authorization'] ?? '';
  const bearer = header.toLowerCase().startsWith('bearer ') ? header.slice('bearer '.length).trim() : '';
  if (bearer === '') {
    throw unauthorized('Send the header "Authorization: Bearer <token>" with a token of this bridge.', '');
  }
  const admission = await admitAndTell(deps, { presented: { bearer, source }, requestId, seen });
  if (admission.ok) return admission.grant;
  if (admission.reason === 'tooMany') throw tooManyWrong(admission.retryAfterSeconds);
  throw unauthorized(
    'This token is not valid: it was mistyped, revoked or has expired. Have the operator of the bridge make a new one.',
    ', error="invalid_token"',
  );
}

/** Judges a credential and tells the operator what the caller is not told. */
export async function admitAndTell(
  { directory, log }: AuthenticateDeps,
  { presented, requestId, seen }: { presented: Presented; requestId: string; seen: Seen },
): Promise<Admission> {
  const admission = await directory.admit(presented);
  const { source } = presented;
  if (admission.ok) {
    const { connection, tokenId } = admission.grant;
    seen.connection = connection;
    seen.tokenId = tokenId;
    const { newNetwork: network } = admission;
    // T11: somebody may have taken it along.
    if (network !== undefined)
      log.warn('a token is used from a new network', { requestId, tokenId, network });
    return admission;
  }
  seen.refused = admission.reason;
  if ('tokenId' in admission) seen.tokenId = admission.tokenId;
  if (admission.reason === 'foreignNetwork') {
    log.warn('a token was refused: it came from outside its networks', { requestId, ...seen, source });
  }
  if (admission.reason === 'tooMany' && admission.isFirst) {
    log.warn('many wrong tokens come from one network', { requestId, network: admission.network });
  }
  return admission;
}

/** RFC 6750 section 3: no error code where no token was sent at all. */
function unauthorized(detail: string, error: string): ScimError {
  return new ScimError(401, detail, { headers: { 'www-authenticate': `Bearer realm="scim"${error}` } });
}

function tooManyWrong(retryAfterSeconds: number): ScimError {
  return new ScimError(
    429,
    'This token is not valid, and too many wrong ones came from your network in this minute. Correct the token, then repeat the request later.',
    { headers: { 'retry-after': String(retryAfterSeconds) } },
  );
}
