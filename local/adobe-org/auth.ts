/**
 * IMS tokens and who may call UMAPI (`umapi.md` sections 2, 3, 9). Tokens are signed, not stored: they outlive a restart
 * of the org, and older ones stay valid beside newer ones until they expire.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { empty, json } from './http.ts';
import { randomHex } from './random.ts';
import type { Credential, OrgMeta } from './state.ts';

const LIFE_MS = 86_400_000;
const NEEDED_SCOPES = ['openid', 'AdobeID', 'user_management_sdk'];

/** The claims that IMS puts into a token: times are strings of milliseconds (2.3). */
const Claims = z.object({
  client_id: z.string(),
  created_at: z.coerce.number(),
  expires_in: z.coerce.number(),
});

/** Reads the form of a token request, urlencoded or multipart, with parameters of the query beneath it. */
export async function readForm(url: URL, contentType: string, body: string): Promise<URLSearchParams> {
  const form = new URLSearchParams(url.search);
  if (contentType.includes('multipart/form-data')) {
    // A form that cannot be read, such as one without a boundary, says nothing, and is refused for what it lacks.
    const parts = await new Response(body, { headers: { 'Content-Type': contentType } })
      .formData()
      .catch(() => new FormData());
    for (const [key, value] of parts) form.set(key, typeof value === 'string' ? value : '');
    return form;
  }
  for (const [key, value] of new URLSearchParams(body)) form.set(key, value);
  return form;
}

/** Answers a token request (2.2 to 2.4). */
export function answerToken(
  meta: OrgMeta,
  form: URLSearchParams,
  { at, random }: { at: number; random: () => number },
): Response {
  const refuse = (error: string, description: string): Response =>
    json(meta.knobs.imsErrorStatus, { error, error_description: description });
  if (form.get('grant_type') !== 'client_credentials') {
    return refuse('unsupported_grant_type', 'grant_type must be client_credentials');
  }
  const credential = meta.credentials.find(({ clientId }) => clientId === form.get('client_id'));
  if (credential === undefined) return refuse('invalid_client', 'invalid client_id parameter');
  if (!credential.clientSecrets.includes(form.get('client_secret') ?? '')) {
    return refuse('invalid_client', 'invalid client_secret parameter');
  }
  const asked = (form.get('scope') ?? '').split(',').map((scope) => scope.trim());
  const lacking = NEEDED_SCOPES.filter((scope) => !asked.includes(scope));
  const foreign = asked.filter((scope) => !credential.scopes.includes(scope));
  if (lacking.length > 0 || foreign.length > 0) {
    return refuse('invalid_scope', `Invalid scope: ${[...lacking, ...foreign].join(',')}`);
  }
  const token = mintToken(meta, credential, { at, random });
  return json(200, { access_token: token, token_type: 'bearer', expires_in: LIFE_MS / 1000 - 1 });
}

function mintToken(
  meta: OrgMeta,
  credential: Credential,
  { at, random }: { at: number; random: () => number },
): string {
  const claims = {
    id: `${at}_${randomHex(random, 12)}_na1`,
    type: 'access_token',
    client_id: credential.clientId,
    scope: NEEDED_SCOPES.join(','),
    created_at: String(at),
    expires_in: String(LIFE_MS),
  };
  const unsigned = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${unsigned}.${sign(meta, unsigned).toString('base64url')}`;
}

function sign(meta: OrgMeta, text: string): Buffer {
  return createHmac('sha256', meta.signingKey).update(text).digest();
}

/** The client of a valid token; undefined for anything else. */
function clientOfToken(meta: OrgMeta, token: string, at: number): string | undefined {
  const [head = '', payload = '', signature = '', ...rest] = token.split('.');
  const expected = sign(meta, `${head}.${payload}`);
  const given = Buffer.from(signature, 'base64url');
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected))
    return undefined;
  const claims = Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  const alive = at < claims.created_at + claims.expires_in && claims.created_at >= meta.tokensValidFrom;
  return alive ? claims.client_id : undefined;
}

/** Whether a call may pass: the client id, or the gateway's refusal (section 9). */
export function authorise(
  meta: OrgMeta,
  headers: Headers,
  { orgId, at }: { orgId: string; at: number },
): { readonly clientId: string } | { readonly refusal: Response } {
  const apiKey = headers.get('x-api-key');
  if (apiKey === null || apiKey === '') return { refusal: empty(403) };
  const [, token = ''] = /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '') ?? [];
  const clientId = clientOfToken(meta, token, at);
  if (clientId === undefined) return { refusal: invalidToken() };
  const credential = meta.credentials.find((known) => known.clientId === clientId);
  if (credential === undefined || apiKey !== clientId) {
    return { refusal: json(403, { error_code: '403003', message: 'Api Key is invalid' }) };
  }
  if (!credential.umapi) {
    return { refusal: json(403, { error_code: '403025', message: 'Profile is not valid' }) };
  }
  if (orgId !== meta.orgId) return { refusal: wrongOrg(orgId) };
  return { clientId };
}

function invalidToken(): Response {
  return empty(401, {
    'WWW-Authenticate':
      'Bearer realm="JIL", error="invalid_token", error_description="The access token is invalid"',
  });
}

/** An id of the wrong form is a bad request; a well-formed one of another org is an authentication failure. */
function wrongOrg(orgId: string): Response {
  if (!/^[0-9A-Za-z]+@AdobeOrg$/.test(orgId)) {
    return json(400, { result: 'error.organization.invalid_id', message: 'Bad organization Id' });
  }
  const result = 'error.unauthorized';
  return json(401, { lastPage: false, result, message: 'Failed to authenticate provided token' });
}
