import { describe, expect, test } from 'vitest';
import { aBench, tokenRequest } from './adobe-org-setup.ts';

const ACTION = '/v2/usermanagement/action/';

describe('umapi.md 20 auth: token', () => {
  test.each(['/ims/token/v2', '/ims/token/v3'])(
    'POST %s answers a bearer token for 86399 seconds',
    async (path) => {
      const bench = aBench();
      const answer = await bench.raw(path, tokenRequest(bench.credential));
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ token_type: 'bearer', expires_in: 86_399 });
      expect(answer.body.access_token?.split('.')).toHaveLength(3);
    },
  );

  test('a multipart form is answered too (2.2)', async () => {
    const bench = aBench();
    const body = new FormData();
    const { body: fields } = tokenRequest(bench.credential);
    for (const [key, value] of new URLSearchParams(String(fields))) body.set(key, value);
    expect((await bench.raw('/ims/token/v3', { method: 'POST', body })).body.expires_in).toBe(86_399);
  });

  test.each([
    ['an unknown client id', { client_id: 'nobody' }, 'invalid_client'],
    ['a wrong secret', { client_secret: 'p8e-wrong' }, 'invalid_client'],
    ['no scope', { scope: '' }, 'invalid_scope'],
    ['a scope short of user_management_sdk', { scope: 'openid,AdobeID' }, 'invalid_scope'],
    ['a scope that was not granted', { scope: 'openid,AdobeID,user_management_sdk,sign' }, 'invalid_scope'],
    ['another grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
  ])('%s is refused', async (_, changed, error) => {
    const bench = aBench();
    const answer = await bench.raw('/ims/token/v3', tokenRequest(bench.credential, changed));
    expect([answer.status, answer.body.error]).toEqual([400, error]);
    expect(answer.body.access_token).toBeUndefined();
  });

  test('the status of a refusal is a knob', async () => {
    const bench = aBench({ imsErrorStatus: 401 });
    expect(
      (await bench.raw('/ims/token/v3', tokenRequest(bench.credential, { client_id: 'x' }))).status,
    ).toBe(401);
  });

  test('a second client secret works beside the first (2.1)', async () => {
    const state = aBench().org.state();
    state.meta.credentials[0]?.clientSecrets.push('p8e-second');
    const bench = aBench({}, { state });
    const answers = await Promise.all(
      ['p8e-second', bench.credential.clientSecrets[0] ?? ''].map((secret) =>
        bench.raw('/ims/token/v3', tokenRequest(bench.credential, { client_secret: secret })),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('old tokens stay valid beside newer ones until 24 hours are over', async () => {
    const bench = aBench();
    const old = await bench.token();
    bench.advance(1000);
    const young = await bench.token();
    expect(young).not.toBe(old);
    const statuses = async (): Promise<number[]> =>
      Promise.all([old, young].map(async (token) => (await readUser(bench, { token })).status));
    expect(await statuses()).toEqual([200, 200]);
    bench.advance(86_400_000 - 1000);
    expect(await statuses()).toEqual([401, 200]);
  });

  test('minting too many tokens is throttled when the knob says so', async () => {
    const bench = aBench({ throttle: true, mintLimitPerMinute: 2 });
    const mint = async (): Promise<number> =>
      (await bench.raw('/ims/token/v3', tokenRequest(bench.credential))).status;
    expect([await mint(), await mint(), await mint()]).toEqual([200, 200, 429]);
  });
});

async function readUser(
  bench: ReturnType<typeof aBench>,
  {
    token,
    key = bench.credential.clientId,
    org = bench.orgId,
  }: { token: string; key?: string; org?: string },
) {
  const headers = { Authorization: `Bearer ${token}`, ...(key === '' ? {} : { 'X-Api-Key': key }) };
  return bench.raw(`/v2/usermanagement/organizations/${org}/users/ada@example.com`, { headers });
}

describe('umapi.md 20 auth: UMAPI', () => {
  test('no X-Api-Key answers 403 without a body', async () => {
    const bench = aBench();
    const answer = await readUser(bench, { token: await bench.token(), key: '' });
    expect([answer.status, answer.text]).toEqual([403, '']);
  });

  test("a key that is not the token's client answers 403003", async () => {
    const bench = aBench();
    const answer = await readUser(bench, { token: await bench.token(), key: 'other' });
    expect([answer.status, answer.body.error_code]).toEqual([403, '403003']);
  });

  test.each(['garbage', 'a.b.c', '', 'eyJhbGciOiJIUzI1NiJ9.e30.AAAA'])(
    'the token %j answers 401 with WWW-Authenticate',
    async (token) => {
      const answer = await readUser(aBench(), { token });
      expect([answer.status, answer.text]).toEqual([401, '']);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="JIL", error="invalid_token"/);
    },
  );

  test('a token whose claims were changed answers 401', async () => {
    const bench = aBench();
    const [head, claims = '', signature] = (await bench.token()).split('.');
    const stretched = Buffer.from(claims, 'base64url').toString().replace('86400000', '96400000');
    const forged = [head, Buffer.from(stretched).toString('base64url'), signature].join('.');
    expect((await readUser(bench, { token: forged })).status).toBe(401);
  });

  test('a token of before the day that all tokens were dropped answers 401', async () => {
    const bench = aBench();
    const token = await bench.token();
    bench.hand({ action: 'expireTokens' });
    expect((await readUser(bench, { token })).status).toBe(401);
    bench.advance(1);
    expect((await readUser(bench, { token: await bench.token() })).status).toBe(200);
  });

  test('a foreign org answers 401, an id that is none answers 400', async () => {
    const bench = aBench();
    const token = await bench.token();
    const foreign = await readUser(bench, { token, org: 'ABC123@AdobeOrg' });
    expect([foreign.status, foreign.body.result]).toEqual([401, 'error.unauthorized']);
    const bad = await readUser(bench, { token, org: 'ABC123' });
    expect([bad.status, bad.body.result]).toEqual([400, 'error.organization.invalid_id']);
  });

  test('a credential whose project lacks the API answers 403025', async () => {
    const state = aBench().org.state();
    for (const credential of state.meta.credentials) credential.umapi = false;
    const bench = aBench({}, { state });
    expect((await bench.get('/v2/usermanagement/groups/{org}/0')).body.error_code).toBe('403025');
  });

  test('an org that is being migrated answers 403 error.organization.migrating', async () => {
    const bench = aBench();
    bench.hand({ action: 'setMigrating', migrating: true });
    const answer = await bench.post([{ user: 'ada@example.com', do: [{ add: { group: ['Agents'] } }] }]);
    expect([answer.status, answer.body.result]).toEqual([403, 'error.organization.migrating']);
    expect(bench.org.members('Agents')).toEqual([]);
  });

  test.each([
    ['GET on the action endpoint', 'GET', ACTION],
    ['POST on a listing', 'POST', '/v2/usermanagement/groups/{org}/0'],
    ['a path of nobody', 'GET', '/v2/usermanagement/nothing/{org}'],
    ['a path outside', 'GET', '/elsewhere'],
  ])('%s answers 403 as HTML', async (_, method, path) => {
    const bench = aBench();
    const answer = await bench.raw(path.replace('{org}', bench.orgId), { method });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'text/html']);
    expect(answer.text).toContain('openresty');
  });

  test('GET /status needs no token; the deprecated lists answer 404', async () => {
    const bench = aBench();
    expect((await bench.raw('/status')).body).toMatchObject({ state: 'LIVE' });
    expect((await bench.raw(`/v2/usermanagement/${bench.orgId}/user-groups`)).status).toBe(404);
  });

  test('X-Request-Id is echoed, or made up; errors carry Canonical-Resource', async () => {
    const bench = aBench();
    const path = `${ACTION}${bench.orgId}`;
    const echoed = await bench.raw(path, { method: 'POST', headers: { 'X-Request-Id': 'mine' } });
    expect(echoed.headers.get('x-request-id')).toBe('mine');
    expect(echoed.headers.get('canonical-resource')).toBe(path);
    expect((await bench.raw('/status')).headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });
});
