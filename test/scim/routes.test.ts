import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DirectoryBusy, type ScimDirectory } from '../../lambdas/directory/directory.ts';
import { createScimRoutes } from '../../lambdas/scim/routes.ts';
import { CONNECTION } from '../open.ts';
import { base, errorOf, filterBy, nobody, openTestScim, patchOp, type TestScim } from './bridge.ts';

let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
});
afterAll(() => bridge.close());

/** A directory that stays the same one for whomever it works. */
function replacing(directory: ScimDirectory): ScimDirectory {
  return { ...directory, onBehalfOf: () => directory };
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const paths = [
  '/scim/v2',
  '/scim/v2/Users',
  `/scim/v2/Users/${nobody}`,
  '/scim/v2/Groups',
  `/scim/v2/Groups/${nobody}`,
  '/scim/v2/ServiceProviderConfig',
  '/scim/v2/ResourceTypes',
  '/scim/v2/ResourceTypes/User',
  '/scim/v2/Schemas',
  '/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User',
  '/scim/v2/Bulk',
  '/scim/v2/Me',
  '/scim/v2/.search',
  '/scim/v2/Users/.search',
  '/scim/v2/Users/',
  '/scim/v2//Users',
  '/scim/v2/%55sers',
  '/scim/v2/Users/..%2fGroups',
  '/',
  '/anything',
];

describe('the token comes before everything (T01, T08, T12, rows 17, 18)', () => {
  test.each(paths)('%s without a live token is 401 in every method', async (rawPath) => {
    const wrong = bridge.token.slice(0, -1) + (bridge.token.endsWith('A') ? 'B' : 'A');
    const tokens = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer \t',
      'Bearer x',
      `Bearer ${wrong}`,
      `Basic ${bridge.token}`,
      bridge.token,
      'Bearer scimb__',
    ];
    for (const method of methods) {
      for (const authorization of tokens) {
        const answer = await bridge.send({
          method,
          rawPath,
          headers: authorization === undefined ? {} : { authorization },
          body: '{"userName": "x"}',
        });
        expect(errorOf(answer)).toEqual([401, undefined]);
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm=/);
        expect(answer.text).not.toContain(bridge.token.slice(10, 40));
      }
    }
  });

  test('a token in the URL is no token (T08)', async () => {
    const answer = await bridge.send({
      headers: {},
      rawQuery: `access_token=${bridge.token}&token=${bridge.token}`,
    });
    expect(errorOf(answer)).toEqual([401, undefined]);
  });

  test('the scheme is read in any case', async () => {
    expect((await bridge.send({ headers: { authorization: `bearer ${bridge.token}` } })).status).toBe(200);
  });

  test('several tokens live at once, and a revoked one is 401 at once (T07)', async () => {
    const second = await bridge.newToken(['read', 'write']);
    const ask = async (token: string) =>
      (await bridge.send({ headers: { authorization: `Bearer ${token}` } })).status;
    expect([await ask(bridge.token), await ask(second)]).toEqual([200, 200]);
    expect(await bridge.directory.revokeToken(CONNECTION, second.split('_')[1] ?? '')).toBe(true);
    expect([await ask(bridge.token), await ask(second)]).toEqual([200, 401]);
  });

  test('a token with the scope read reads everything and writes nothing: 403', async () => {
    const headers = {
      authorization: `Bearer ${await bridge.newToken(['read'])}`,
      'content-type': 'application/json',
    };
    const id = await bridge.newUser('reader-target@example.com');
    expect((await bridge.send({ headers })).status).toBe(200);
    expect((await bridge.send({ headers, rawPath: `/scim/v2/Users/${id}` })).status).toBe(200);
    for (const [method, rawPath] of [
      ['POST', '/scim/v2/Users'],
      ['PUT', `/scim/v2/Users/${id}`],
      ['PATCH', `/scim/v2/Users/${id}`],
      ['DELETE', `/scim/v2/Users/${id}`],
      ['POST', '/scim/v2/Groups'],
      ['DELETE', `/scim/v2/Groups/${nobody}`],
    ] as const) {
      expect(
        errorOf(
          await bridge.send({
            method,
            rawPath,
            headers,
            body: '{"userName": "new@example.com", "displayName": "x"}',
          }),
        ),
      ).toEqual([403, undefined]);
    }
    expect((await bridge.scim('GET', `/Users/${id}`)).status).toBe(200);
  });
});

describe('addresses (rows 9, 241, P 3.13)', () => {
  test.each([
    ['/'],
    ['/Users'],
    ['/v2/Users'],
    ['/scimv2/Users'],
    ['/scim/v1/Users'],
    ['/scim/v1'],
    ['/scim/Users/x/y'],
    ['/scim/scim/Users'],
    ['/scim/v2/users'],
    ['/scim/v2/Users/'],
    ['/scim/v2//Users'],
    ['/scim/v2/Users//'],
    ['/scim/v2/People'],
    ['/scim/v2/Users/x/y'],
    ['/scim/v2/Users/a%2fb'],
    ['/scim/v2/Users/%E0%A4%A'],
    ['/scim/v2/Users/..'],
    ['/scim/v2/ServiceProviderConfig/x'],
    ['/scim/v2/constructor'],
    ['/scim/v2/__proto__'],
    ['/scim/v2x/Users'],
  ])('%s is 404 and says the base URL', async (rawPath) => {
    const answer = await bridge.send({ rawPath });
    expect(errorOf(answer)).toEqual([404, undefined]);
    expect(answer.json['detail']).toContain(base);
  });

  test('without a version the newest answers, and names itself (row 10)', async () => {
    const id = await bridge.newUser('unversioned@example.com');
    const versioned = await bridge.send({ rawPath: `/scim/v2/Users/${id}` });
    const unversioned = await bridge.send({ rawPath: `/scim/Users/${id}` });
    expect([unversioned.status, unversioned.json]).toEqual([200, versioned.json]);
    expect(unversioned.headers['location']).toBe(`${base}/Users/${id}`);
    for (const rawPath of ['/scim', '/scim/', '/scim/Groups', '/scim/ServiceProviderConfig'])
      expect([rawPath, (await bridge.send({ rawPath })).status]).toEqual([rawPath, 200]);
    expect(errorOf(await bridge.send({ rawPath: '/scim/Users', headers: {} }))).toEqual([401, undefined]);
  });

  test.each([
    ['/Me', 'GET'],
    ['/Me', 'PATCH'],
  ])('%s is 501 to %s', async (path, method) => {
    expect(errorOf(await bridge.scim(method, path, method === 'GET' ? undefined : {}))).toEqual([
      501,
      undefined,
    ]);
  });

  test.each([
    ['PUT', '/Users', 'GET, POST'],
    ['DELETE', '/Groups', 'GET, POST'],
    ['POST', `/Users/${nobody}`, 'GET, PUT, PATCH, DELETE'],
    ['HEAD', '/Users', 'GET, POST'],
    ['POST', '/Schemas', 'GET'],
    ['PATCH', '/ServiceProviderConfig', 'GET'],
    ['constructor', '/Users', 'GET, POST'],
  ])('%s %s is 405 with Allow (rows 32, 241)', async (method, path, allow) => {
    const answer = await bridge.scim(method, path, {});
    expect(errorOf(answer)).toEqual([405, undefined]);
    expect(answer.headers['allow']).toBe(allow);
  });

  test('a base address that already ends in /scim/v2 is not doubled', async () => {
    const answer = await bridge.send({ rawPath: '/scim/v2/ServiceProviderConfig', baseUrl: base });
    expect(answer.json['meta']).toMatchObject({ location: `${base}/ServiceProviderConfig` });
  });
});

describe('bodies (rows 2, 6, 242; T35, T36, T42)', () => {
  const post = (body: string | undefined, contentType?: string, more: Record<string, string> = {}) =>
    bridge.send({
      method: 'POST',
      headers: {
        authorization: `Bearer ${bridge.token}`,
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
        ...more,
      },
      body,
    });

  test.each([
    ['application/scim+json'],
    ['application/json'],
    ['application/scim+json; charset=utf-8'],
    ['Application/JSON;charset="UTF-8"'],
    ['application/json ; odata=x'],
  ])('%s is accepted', async (type) => {
    expect(
      (await post(JSON.stringify({ userName: `type-${encodeURIComponent(type)}@example.com` }), type)).status,
    ).toBe(201);
  });

  test.each([
    ['no type', undefined, {}],
    ['a form', 'application/x-www-form-urlencoded', {}],
    ['text', 'text/plain', {}],
    ['another JSON', 'application/merge-patch+json', {}],
    ['another charset', 'application/json; charset=utf-16', {}],
    ['gzip', 'application/json', { 'content-encoding': 'gzip' }],
  ])('%s is 415 (T42)', async (_label, type, more) => {
    expect(errorOf(await post('{"userName": "never@example.com"}', type, more))).toEqual([415, undefined]);
  });

  test.each([
    ['no body', undefined],
    ['broken JSON', '{"userName": '],
    ['an array', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['a repeated key (T36)', '{"userName": "never@example.com", "USERNAME": "b"}'],
    ['21 levels (T35)', `{"userName": "never@example.com", "x": ${'['.repeat(21)}${']'.repeat(21)}}`],
  ])('%s is 400 invalidSyntax', async (_label, body) => {
    expect(errorOf(await post(body, 'application/json'))).toEqual([400, 'invalidSyntax']);
  });

  test('a body that is not UTF-8 is 400 invalidSyntax', async () => {
    const headers = { authorization: `Bearer ${bridge.token}`, 'content-type': 'application/json' };
    expect(errorOf(await bridge.send({ method: 'POST', headers, bodyProblem: 'notUtf8' }))).toEqual([
      400,
      'invalidSyntax',
    ]);
  });

  test('one byte over 1 MiB is 413, also in characters of three bytes (T35)', async () => {
    const frame = '{"userName": "", "x": ""}'.length;
    const body = (filler: string, count: number) => `{"userName": "", "x": "${filler.repeat(count)}"}`;
    expect(errorOf(await post(body('a', 1024 * 1024 - frame), 'application/json'))).toEqual([
      400,
      'invalidValue',
    ]);
    expect(errorOf(await post(body('a', 1024 * 1024 - frame + 1), 'application/json'))).toEqual([
      413,
      undefined,
    ]);
    expect(errorOf(await post(body('\u20AC', 349_530), 'application/json'))).toEqual([413, undefined]);
  });

  test('nothing of all that was stored', async () => {
    const found = await bridge.scim('GET', filterBy('/Users', 'userName eq "never@example.com"'));
    expect(found.json['totalResults']).toBe(0);
  });

  test('a GET and a DELETE with a content type and even a body work (row 7)', async () => {
    const id = await bridge.newUser('bodyless@example.com');
    expect(
      (await bridge.scim('GET', `/Users/${id}`, 'not json', { 'content-type': 'text/plain' })).status,
    ).toBe(200);
    expect(
      (await bridge.scim('DELETE', `/Users/${id}`, '{"broken', { 'content-type': 'text/plain' })).status,
    ).toBe(204);
  });
});

describe('answers', () => {
  test('every answer is SCIM JSON, not cached and not sniffed (row 5, T45, T49)', async () => {
    const answers = [
      await bridge.scim('GET', '/Users'),
      await bridge.scim('POST', '/Users', { userName: 'headers@example.com' }),
      await bridge.scim('GET', '/Schemas'),
      await bridge.scim('GET', '/nothing'),
      await bridge.send({ headers: {} }),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'content-type': 'application/scim+json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
    }
    const id = await bridge.newUser('deleted-headers@example.com');
    const deleted = await bridge.scim('DELETE', `/Users/${id}`);
    expect(deleted.text).toBeUndefined();
    expect(deleted.headers).toEqual({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });

  test('parameters that nobody knows, or that cannot be decoded, do not matter (row 11, idp-traffic 1 rows 23, 26)', async () => {
    for (const query of [
      'aadOptscim062020',
      'cursor&count=1',
      'sortBy=userName&sortOrder=ascending',
      'x=%',
      '&&=&',
      'startIndex=&count=',
    ]) {
      expect((await bridge.scim('GET', `/Users?${query}`)).status).toBe(200);
    }
  });

  test('a filter that cannot be decoded is 400', async () => {
    expect(errorOf(await bridge.scim('GET', '/Users?filter=%E0%A4%A'))).toEqual([400, 'invalidValue']);
  });

  test('an unknown failure is a bare 500 with the request id, and its cause is in the log (T48)', async () => {
    const lines: unknown[] = [];
    const note = (_message: string, fields?: unknown) => lines.push(fields);
    const broken = createScimRoutes({
      directory: replacing({
        ...bridge.directory,
        listUsers: () => Promise.reject(new Error('table scim-bridge is gone')),
      }),
      now: () => 0,
      cursorKey: 'test-cursor-key',
      log: { info: () => undefined, warn: () => undefined, error: note },
    });
    const answer = await broken({
      method: 'GET',
      rawPath: '/scim/v2/Users',
      rawQuery: '',
      headers: { authorization: `Bearer ${bridge.token}` },
      baseUrl: base,
      requestId: 'req-77',
    });
    expect(answer.status).toBe(500);
    expect(answer.body).toContain('req-77');
    expect(answer.body).not.toContain('table');
    expect(lines).toEqual([{ requestId: 'req-77', error: new Error('table scim-bridge is gone') }]);
  });

  test('a busy directory is 429 with Retry-After in whole seconds (row 240)', async () => {
    const busy = createScimRoutes({
      directory: replacing({
        ...bridge.directory,
        listUsers: () => Promise.reject(new DirectoryBusy(1.2)),
      }),
      now: () => 0,
      cursorKey: 'test-cursor-key',
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const { status, headers, body } = await busy({
      method: 'GET',
      rawPath: '/scim/v2/Users',
      rawQuery: '',
      headers: { authorization: `Bearer ${bridge.token}` },
      baseUrl: base,
      requestId: 'r',
    });
    expect([status, headers['retry-after']]).toEqual([429, '2']);
    expect(JSON.parse(body ?? '')).toMatchObject({ status: '429' });
  });

  test('log lines hold no address, name or token (T44)', async () => {
    bridge.log.length = 0;
    const id = await bridge.newUser('canary@example.com', { displayName: 'Canary Bird' });
    await bridge.scim('POST', '/Users', { userName: 'canary@example.com' });
    await bridge.scim('GET', filterBy('/Users', 'userName eq "canary@example.com"'));
    await bridge.scim('PATCH', `/Users/${id}`, {
      schemas: [patchOp],
      Operations: [{ op: 'replace', path: 'Canary Bird', value: 1 }],
    });
    expect(bridge.log.length).toBeGreaterThan(3);
    expect(JSON.stringify(bridge.log)).not.toMatch(/canary/i);
    expect(JSON.stringify(bridge.log)).not.toContain(bridge.token);
  });
});
