/** The token endpoint: RFC 6749 sections 2.3.1, 3.2, 3.3, 4.4, 5.1. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Ask,
  basic,
  errorIn,
  FORM,
  GRANT,
  openTokenEndpoint,
  type TokenEndpoint,
} from './token-endpoint.ts';

let at: TokenEndpoint;
beforeAll(async () => {
  at = await openTokenEndpoint();
});
afterAll(() => at.bridge.close());

describe('the client credentials grant (RFC 6749 4.4)', () => {
  test.each<[string, () => Ask]>([
    ['in the form', () => ({ form: `${GRANT}&${at.inForm}` })],
    ['by Basic', () => ({ form: GRANT, authorization: basic(at.id, at.secret) })],
    [
      'by Basic in small letters',
      () => ({ form: GRANT, authorization: basic(at.id, at.secret).replace('Basic', 'basic') }),
    ],
    [
      'by Basic with the id in the form, too',
      () => ({ form: `${GRANT}&client_id=${at.id}`, authorization: basic(at.id, at.secret) }),
    ],
    [
      'by Basic, form-encoded as section 2.3.1 has it',
      () => ({
        form: GRANT,
        authorization: basic(at.id, at.secret.replaceAll('_', '%5F').replaceAll('-', '%2d')),
      }),
    ],
    ['with a charset', () => ({ form: `${GRANT}&${at.inForm}`, type: `${FORM}; charset=UTF-8` })],
    [
      'in another case of the media type',
      () => ({ form: `${GRANT}&${at.inForm}`, type: FORM.toUpperCase() }),
    ],
    [
      'with parameters that nobody knows, and empty ones',
      () => ({ form: `${GRANT}&${at.inForm}&resource=x&audience=&scope=` }),
    ],
  ])('%s gives a bearer token for an hour that opens SCIM', async (_label, request) => {
    const { status, headers, json } = await at.ask(request());
    expect([status, json]).toEqual([
      200,
      {
        access_token: expect.stringMatching(/^scima_/),
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'read write',
      },
    ]);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    });
    const authorization = `Bearer ${json['access_token']}`;
    expect((await at.bridge.send({ headers: { authorization } })).status).toBe(200);
    at.bridge.log.length = 0;
  });

  test.each([
    ['read', 'read', 200, 403],
    ['write', 'write', 200, 201],
    ['read write', 'read write', 200, 201],
    ['write read', 'read write', 200, 201],
    ['read  read', 'read', 200, 403],
  ])('scope=%s is %s: reading %i, writing %i', async (asked, given, reading, writing) => {
    const { json } = await at.ask({ form: `${GRANT}&${at.inForm}&scope=${encodeURIComponent(asked)}` });
    expect(json['scope']).toBe(given);
    const authorization = `Bearer ${json['access_token']}`;
    expect((await at.bridge.send({ headers: { authorization } })).status).toBe(reading);
    const body = JSON.stringify({ userName: `${encodeURIComponent(asked)}@example.com` });
    const headers = { authorization, 'content-type': 'application/json' };
    expect((await at.bridge.send({ method: 'POST', headers, body })).status).toBe(writing);
  });

  test('a client that may only read gets a token that may only read', async () => {
    const reader = await at.newClient({ scopes: ['read'] });
    const form = `${GRANT}&client_id=${reader.id}&client_secret=${reader.secret}`;
    expect((await at.ask({ form })).json['scope']).toBe('read');
    expect(errorIn(await at.ask({ form: `${form}&scope=read%20write` }))).toEqual([400, 'invalid_scope']);
  });
});

describe('the address of the token endpoint', () => {
  test('stands in the configuration (row 28)', async () => {
    const { json } = await at.bridge.scim('GET', '/ServiceProviderConfig');
    expect(JSON.stringify(json['authenticationSchemes'])).toContain('https://bridge.example.net/oauth/token');
  });

  test.each([
    '/oauth/token/',
    '/oauth//token',
    '//oauth/token',
    '/OAuth/token',
    '/oauth/Token',
    '/oauth',
    '/oauth/token;x',
    '/oauth/%74oken',
    '/oauth/./token',
    '/x/../oauth/token',
    '/scim/v2/oauth/token',
    '/oauth/token\u0000',
  ])('%j is not it: 401 without a bearer value, 404 with one (T12)', async (rawPath) => {
    const headers = { 'content-type': FORM };
    const body = `${GRANT}&${at.inForm}`;
    expect((await at.bridge.send({ method: 'POST', rawPath, headers, body })).status).toBe(401);
    const authorization = `Bearer ${at.bridge.token}`;
    expect(
      (await at.bridge.send({ method: 'POST', rawPath, headers: { ...headers, authorization }, body }))
        .status,
    ).toBe(404);
  });
});

test('what an operator reads: client id and reason, never a secret (T08)', async () => {
  at.bridge.log.length = 0;
  const { json } = await at.ask({ form: `${GRANT}&${at.inForm}&scope=read`, source: '192.0.2.7' });
  await at.ask({ form: `${GRANT}&client_id=${at.id}&client_secret=scimc_${'A'.repeat(43)}` });
  expect(at.bridge.log.filter(({ message }) => message === 'scim').map(({ fields }) => fields)).toEqual([
    expect.objectContaining({ route: 'oauth/token', status: 200, tokenId: at.id, connection: 'okta' }),
    expect.objectContaining({ route: 'oauth/token', status: 401, refused: 'unknown' }),
  ]);
  for (const hidden of [at.secret, String(json['access_token'])])
    expect(JSON.stringify(at.bridge.log)).not.toContain(hidden);
});
