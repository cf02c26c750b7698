/**
 * The token endpoint of OAuth 2.0 (RFC 6749 section 3.2) for the client credentials grant (section 4.4), for identity providers
 * that take a token URL instead of a token. It is the one address that is answered without a bearer value, because a client
 * proves itself here with id and secret, in Basic or in the form. Errors have the form of section 5.2, and like everywhere
 * a refused client is told no reason. Nothing of a request but its header and its form is looked at.
 */

import { DirectoryBusy, type ScimDirectory, type TokenGrant } from '../directory/directory.ts';
import type { TokenScope } from '../directory/records.ts';
import { type AuthenticateDeps, admitAndTell, type Seen } from './authenticate.ts';
import { fold } from './json.ts';
import { type Answer, BASE_PATH, decode, type ScimRequest } from './request.ts';
import type { Values } from './values.ts';

export const TOKEN_PATH = '/oauth/token';
/** A grant request has some 200 characters. */
const LONGEST_FORM = 8_192;

/** Where the token endpoint is, for a base URL that ends in `/scim/v2`. */
export function tokenUrlOf(baseUrl: string): string {
  return `${baseUrl.slice(0, -BASE_PATH.length)}${TOKEN_PATH}`;
}

export interface OAuthDeps extends AuthenticateDeps {
  readonly directory: Pick<ScimDirectory, 'admit' | 'sealAccessToken'>;
}

type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'temporarily_unavailable'
  | 'server_error';

class OAuthError extends Error {
  readonly status: number;
  readonly code: OAuthErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: OAuthErrorCode,
    description: string,
    more: { status?: number; headers?: Record<string, string> } = {},
  ) {
    super(description);
    this.name = 'OAuthError';
    this.code = code;
    this.status = more.status ?? 400;
    this.headers = more.headers ?? {};
  }
}

/** RFC 6749 sections 4.4.2 and 4.4.3. It never throws. */
export async function answerTokenRequest(deps: OAuthDeps, request: ScimRequest, seen: Seen): Promise<Answer> {
  seen.route = 'oauth/token';
  try {
    return await grantToken(deps, request, seen);
  } catch (error) {
    const refusal = error instanceof OAuthError ? error : refusalFor(error, deps, request);
    seen.detail = refusal.message;
    const { code, status, headers } = refusal;
    return answerWith(status, { error: code, error_description: refusal.message }, headers);
  }
}

async function grantToken(deps: OAuthDeps, request: ScimRequest, seen: Seen): Promise<Answer> {
  if (request.method !== 'POST') {
    const headers = { allow: 'POST' };
    throw new OAuthError('invalid_request', 'Send the request with POST.', { status: 405, headers });
  }
  const form = readForm(request);
  const { clientId, clientSecret } = readClient(request, form);
  const presented = { clientId, clientSecret, source: request.source };
  const admission = await admitAndTell(deps, { presented, requestId: request.requestId, seen });
  if (!admission.ok) {
    throw admission.reason === 'tooMany' ? tooManyWrong(admission.retryAfterSeconds) : invalidClient();
  }
  checkGrantType(form.get('grant_type'));
  const scopes = readScopes(form.get('scope'), admission.grant);
  const { accessToken, lifeSeconds } = deps.directory.sealAccessToken(admission.grant, scopes);
  return answerWith(200, {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: lifeSeconds,
    scope: scopes.join(' '),
  });
}

type Form = ReadonlyMap<string, string>;

/** RFC 6749 section 3.2: a parameter without a value counts as absent, one that comes twice refuses the request. */
function readForm({ headers, body = '', bodyProblem }: ScimRequest): Form {
  const [type = ''] = fold(headers['content-type'] ?? '').split(';');
  if (type.trim() !== 'application/x-www-form-urlencoded' || headers['content-encoding'] !== undefined) {
    throw invalidRequest('Send the parameters as Content-Type: application/x-www-form-urlencoded.');
  }
  if (bodyProblem !== undefined || body.length > LONGEST_FORM) {
    throw invalidRequest('The form is too long, or it is not UTF-8.');
  }
  const form = new Map<string, string>();
  const names = new Set<string>();
  for (const [name, value] of new URLSearchParams(body)) {
    if (names.has(name)) throw invalidRequest('A parameter comes twice. Send each once.');
    names.add(name);
    if (value !== '') form.set(name, value);
  }
  return form;
}

interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Section 2.3.1: by Basic, or in the form, but not by both. */
function readClient({ headers }: ScimRequest, form: Form): Client {
  const header = (headers['authorization'] ?? '').trim();
  const clientId = form.get('client_id');
  const clientSecret = form.get('client_secret');
  if (header === '') {
    if (clientId === undefined || clientSecret === undefined) throw invalidClient();
    return { clientId, clientSecret };
  }
  const basic = readBasic(header);
  if (basic === undefined) throw invalidClient();
  // The id alone is no second proof, and some clients send it along.
  if (clientSecret !== undefined || (clientId !== undefined && clientId !== basic.clientId)) {
    throw invalidRequest('Send client id and secret once: in the header or in the form.');
  }
  return basic;
}

/** Both parts are form-encoded before they are joined. Undefined for what is no such header. */
function readBasic(header: string): Client | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/_=-]+)$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  const [id = '', ...rest] = Buffer.from(encoded, 'base64').toString('latin1').split(':');
  const [clientId, clientSecret] = [id, rest.join(':')].map((part) => decode(part.replaceAll('+', ' ')));
  return clientId === undefined || clientSecret === undefined ? undefined : { clientId, clientSecret };
}

function checkGrantType(grantType: string | undefined): void {
  if (grantType === undefined) throw invalidRequest('Send grant_type=client_credentials.');
  if (grantType === 'client_credentials') return;
  throw new OAuthError('unsupported_grant_type', 'The only grant_type here is client_credentials.');
}

/** Section 3.3: all scopes of the client unless it asks for less. */
function readScopes(text: string | undefined, { scopes }: TokenGrant): readonly TokenScope[] {
  if (text === undefined) return scopes;
  const asked = text.split(' ').filter((name) => name !== '');
  const given = scopes.filter((scope) => asked.includes(scope));
  if (given.length > 0 && asked.every((name) => scopes.some((scope) => scope === name))) return given;
  throw new OAuthError('invalid_scope', `The scopes of this client are: ${scopes.join(' ')}.`);
}

function invalidRequest(description: string): OAuthError {
  return new OAuthError('invalid_request', description);
}

/** One answer for everything that can be wrong with a client: unknown, revoked, expired, another secret, another network. */
function invalidClient(): OAuthError {
  return new OAuthError('invalid_client', 'There is no such client, or its secret is wrong.', {
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="scim"' },
  });
}

function tooManyWrong(retryAfterSeconds: number): OAuthError {
  return comeAgain('Too many wrong secrets came from your network in this minute.', retryAfterSeconds);
}

function comeAgain(description: string, retryAfterSeconds: number): OAuthError {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) };
  return new OAuthError('temporarily_unavailable', description, { status: 429, headers });
}

/** What nobody meant to happen, with its cause in the log only (T48). */
function refusalFor(error: unknown, { log }: OAuthDeps, { requestId }: ScimRequest): OAuthError {
  if (error instanceof DirectoryBusy) return comeAgain('The bridge is busy.', error.retryAfterSeconds);
  log.error('a token request failed', { requestId, error });
  const description = `The bridge failed on this request. Its request id is ${requestId}`;
  return new OAuthError('server_error', description, { status: 500 });
}

/** Section 5.1: never cached; `routes.ts` says so for every answer, and HTTP/1.0 has its own word. */
function answerWith(status: number, body: Values, headers: Answer['headers'] = {}): Answer {
  return { status, body, headers: { 'content-type': 'application/json', pragma: 'no-cache', ...headers } };
}
