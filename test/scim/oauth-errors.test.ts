/** What the token endpoint refuses: RFC 6749 section 5.2. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DirectoryBusy } from '../../lambdas/directory/directory.ts';
import { createScimRoutes } from '../../lambdas/scim/routes.ts';
import { CONNECTION } from '../open.ts';
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

describe('errors (RFC 6749 5.2)', () => {
  const twice = (name: string, value: string) => `${GRANT}&${at.inForm}&${name}=${value}&${name}=${value}`;
  const rows: [string, () => Ask, number, string][] = [
    ['no grant_type', () => ({ form: at.inForm }), 400, 'invalid_request'],
    ['an empty grant_type', () => ({ form: `grant_type=&${at.inForm}` }), 400, 'invalid_request'],
    [
      'another grant_type',
      () => ({ form: `grant_type=password&${at.inForm}` }),
      400,
      'unsupported_grant_type',
    ],
    [
      'a refresh',
      () => ({ form: `grant_type=refresh_token&refresh_token=x&${at.inForm}` }),
      400,
      'unsupported_grant_type',
    ],
    [
      'grant_type in capitals',
      () => ({ form: `grant_type=CLIENT_CREDENTIALS&${at.inForm}` }),
      400,
      'unsupported_grant_type',
    ],
    ['an unknown scope', () => ({ form: `${GRANT}&${at.inForm}&scope=admin` }), 400, 'invalid_scope'],
    [
      'a scope beside a known one',
      () => ({ form: `${GRANT}&${at.inForm}&scope=read%20admin` }),
      400,
      'invalid_scope',
    ],
    ['a scope of blanks', () => ({ form: `${GRANT}&${at.inForm}&scope=%20` }), 400, 'invalid_scope'],
    ['grant_type twice', () => ({ form: twice('grant_type', 'client_credentials') }), 400, 'invalid_request'],
    ['client_id twice', () => ({ form: twice('client_id', at.id) }), 400, 'invalid_request'],
    ['scope twice', () => ({ form: twice('scope', 'read') }), 400, 'invalid_request'],
    ['an unknown parameter twice', () => ({ form: twice('x', '1') }), 400, 'invalid_request'],
    ['an empty parameter twice', () => ({ form: twice('scope', '') }), 400, 'invalid_request'],
    [
      'the secret in header and form',
      () => ({ form: `${GRANT}&${at.inForm}`, authorization: basic(at.id, at.secret) }),
      400,
      'invalid_request',
    ],
    [
      'another id in header and form',
      () => ({ form: `${GRANT}&client_id=${'0'.repeat(32)}`, authorization: basic(at.id, at.secret) }),
      400,
      'invalid_request',
    ],
    [
      'JSON',
      () => ({ form: JSON.stringify({ grant_type: 'client_credentials' }), type: 'application/json' }),
      400,
      'invalid_request',
    ],
    ['SCIM', () => ({ form: '{}', type: 'application/scim+json' }), 400, 'invalid_request'],
    ['no content type', () => ({ form: `${GRANT}&${at.inForm}`, type: '' }), 400, 'invalid_request'],
    [
      'a compressed form',
      () => ({ form: `${GRANT}&${at.inForm}`, headers: { 'content-encoding': 'gzip' } }),
      400,
      'invalid_request',
    ],
    [
      'a very long form',
      () => ({ form: `${GRANT}&${at.inForm}&x=${'x'.repeat(9_000)}` }),
      400,
      'invalid_request',
    ],
    ['GET', () => ({ method: 'GET', query: `${GRANT}&${at.inForm}` }), 405, 'invalid_request'],
    ['PUT', () => ({ method: 'PUT', form: `${GRANT}&${at.inForm}` }), 405, 'invalid_request'],
    ['OPTIONS', () => ({ method: 'OPTIONS' }), 405, 'invalid_request'],
    ['no client', () => ({ form: GRANT }), 401, 'invalid_client'],
    ['no form at all', () => ({}), 401, 'invalid_client'],
    ['an id without a secret', () => ({ form: `${GRANT}&client_id=${at.id}` }), 401, 'invalid_client'],
    [
      'a secret without an id',
      () => ({ form: `${GRANT}&client_secret=${at.secret}` }),
      401,
      'invalid_client',
    ],
    ['the client in the URL (T08)', () => ({ form: GRANT, query: at.inForm }), 401, 'invalid_client'],
    [
      'an unknown client',
      () => ({ form: `${GRANT}&client_id=${'0'.repeat(32)}&client_secret=${at.secret}` }),
      401,
      'invalid_client',
    ],
    [
      'a wrong secret',
      () => ({ form: `${GRANT}&client_id=${at.id}&client_secret=scimc_${'A'.repeat(43)}` }),
      401,
      'invalid_client',
    ],
    [
      'a bearer token as the secret (T04)',
      () => ({ form: `${GRANT}&client_id=${at.id}&client_secret=${at.bridge.token}` }),
      401,
      'invalid_client',
    ],
    [
      'a bearer header',
      () => ({ form: GRANT, authorization: `Bearer ${at.bridge.token}` }),
      401,
      'invalid_client',
    ],
    ['Basic without anything', () => ({ form: GRANT, authorization: 'Basic' }), 401, 'invalid_client'],
    [
      'Basic without a colon',
      () => ({ form: GRANT, authorization: `Basic ${Buffer.from('me').toString('base64')}` }),
      401,
      'invalid_client',
    ],
    ['Basic that is no base64', () => ({ form: GRANT, authorization: 'Basic %%%' }), 401, 'invalid_client'],
    [
      'Basic of odd percents',
      () => ({ form: GRANT, authorization: basic('%zz', '%') }),
      401,
      'invalid_client',
    ],
  ];
  test.each(rows)('%s', async (_label, request, status, error) => {
    const answer = await at.ask(request());
    expect(errorIn(answer)).toEqual([status, error]);
    if (status === 401) expect(answer.headers['www-authenticate']).toBe('Basic realm="scim"');
    if (status === 405) expect(answer.headers['allow']).toBe('POST');
    expect(answer.text).not.toContain(at.secret.slice(10));
  });

  test('whatever is wrong with a client, the answer is the same byte for byte (T05, T30)', async () => {
    const ended = await at.newClient({ expiresAt: at.bridge.clock.now() });
    const revoked = await at.newClient();
    await at.bridge.directory.revokeToken(CONNECTION, revoked.id);
    const elsewhere = await at.newClient({ networks: ['198.51.100.0/24'] });
    const other = (await at.newClient()).secret;
    const answers = [
      [at.id, other],
      ['0'.repeat(32), other],
      ['me', 'hunter2'],
      [ended.id, ended.secret],
      [revoked.id, revoked.secret],
      [elsewhere.id, elsewhere.secret],
    ].map(async ([clientId, clientSecret]) => {
      const form = `${GRANT}&client_id=${clientId}&client_secret=${clientSecret}`;
      const { status, headers, text } = await at.ask({ form, source: '192.0.2.7' });
      return { status, headers, text };
    });
    const [first, ...rest] = await Promise.all(answers);
    expect(first?.status).toBe(401);
    for (const one of rest) expect(one).toEqual(first);
  });

  test('a body that is not UTF-8 is invalid_request', async () => {
    const headers = { 'content-type': FORM };
    const answer = await at.bridge.send({
      method: 'POST',
      rawPath: '/oauth/token',
      headers,
      bodyProblem: 'notUtf8',
    });
    expect(errorIn(answer)).toEqual([400, 'invalid_request']);
  });

  test('too many wrong secrets are 429 with Retry-After, and a right one works all the same (T10)', async () => {
    const source = '203.0.113.7';
    const wrong = () =>
      at.ask({ form: `${GRANT}&client_id=${at.id}&client_secret=scimc_${'A'.repeat(43)}`, source });
    for (let i = 0; i < 30; i++) expect((await wrong()).status).toBe(401);
    const answer = await wrong();
    expect(errorIn(answer)).toEqual([429, 'temporarily_unavailable']);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect((await at.ask({ form: `${GRANT}&${at.inForm}`, source })).status).toBe(200);
  });

  test('a failure inside is server_error with the request id, its cause in the log only; a busy directory says when to come again (T48)', async () => {
    const lines: unknown[] = [];
    const failing = (error: Error) =>
      createScimRoutes({
        directory: { ...at.bridge.directory, admit: () => Promise.reject(error) },
        now: () => 0,
        cursorKey: 'test-cursor-key',
        log: {
          info: () => undefined,
          warn: () => undefined,
          error: (_message, fields) => lines.push(fields),
        },
      })({
        method: 'POST',
        rawPath: '/oauth/token',
        rawQuery: '',
        headers: { 'content-type': FORM },
        body: `${GRANT}&${at.inForm}`,
        baseUrl: 'https://bridge.example.net',
        requestId: 'req-77',
      });
    const broken = await failing(new Error('table scim-bridge is gone'));
    expect([broken.status, JSON.parse(broken.body ?? '')]).toEqual([
      500,
      {
        error: 'server_error',
        error_description: 'The bridge failed on this request. Its request id is req-77',
      },
    ]);
    expect(lines).toEqual([{ requestId: 'req-77', error: new Error('table scim-bridge is gone') }]);
    const busy = await failing(new DirectoryBusy(1.2));
    expect([busy.status, busy.headers['retry-after'], JSON.parse(busy.body ?? '').error]).toEqual([
      429,
      '2',
      'temporarily_unavailable',
    ]);
  });

  test('no bytes make it fail: 2,000 forms and headers, each answered below 500', async () => {
    const piece = fc.constantFrom(
      'grant_type',
      'client_id',
      'client_secret',
      'scope',
      '=',
      '&',
      '+',
      '%',
      '%00',
      '%zz',
      ':',
      ' ',
      'é',
      '\u0000',
      'client_credentials',
      '__proto__',
      '[]',
    );
    const noise = fc.oneof(
      fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    const header = fc.oneof(
      fc.constant(undefined),
      noise,
      noise.map((text) => `Basic ${text}`),
      noise.map((text) => `Basic ${Buffer.from(text).toString('base64')}`),
    );
    await fc.assert(
      fc.asyncProperty(noise, header, async (form, authorization) => {
        const answer = await at.ask({ form, ...(authorization === undefined ? {} : { authorization }) });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        errorIn(answer);
      }),
      { numRuns: 2_000 },
    );
  });
});
