/** What a client sees when something inside breaks (T48), and that nothing may be kept by who carries an answer (T49). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScimDirectory } from '../../lambdas/directory/directory.ts';
import { httpEdge } from '../../lambdas/edge.ts';
import type { ScimResponse } from '../../lambdas/scim/request.ts';
import { createScimRoutes, listRoutes } from '../../lambdas/scim/routes.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { faultsOf } from '../fuzz/judge.ts';
import { openTestScim, patchOp, type TestScim } from './bridge.ts';

let bridge: TestScim;
let ids: Readonly<Record<string, string>>;
beforeAll(async () => {
  bridge = await openTestScim();
  const user = await bridge.newUser('forced@example.com');
  ids = {
    Users: user,
    Groups: await bridge.newGroup('Forced', [user]),
    ResourceTypes: 'User',
    Schemas: 'urn:ietf:params:scim:schemas:core:2.0:User',
  };
});
afterAll(() => bridge.close());

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const secrets =
  'ConditionalCheckFailedException: table bridge-7 in arn:aws:dynamodb:eu-west-1:123456789012, key okta#UN#x at put (/var/task/scim.mjs:7:1)';

/** A good request to each address in each method. */
function asks(): readonly { readonly method: string; readonly rawPath: string; readonly body: string }[] {
  const patch = { schemas: [patchOp], Operations: [{ op: 'replace', path: 'displayName', value: 'Forced' }] };
  const bodies: Readonly<Record<string, unknown>> = {
    PATCH: patch,
    'POST /Bulk': {
      Operations: [
        { method: 'DELETE', path: `/Users/${ids['Users']}` },
        { method: 'POST', path: '/Users', bulkId: 'a', data: { userName: 'new@example.com' } },
      ],
    },
    'POST .search': { filter: 'title eq "x"' },
  };
  return listRoutes().flatMap(({ path }) => {
    const rawPath = path.replace('{id}', ids[path.split('/')[3] ?? ''] ?? 'x');
    return methods.map((method) => {
      const special = path.endsWith('.search')
        ? 'POST .search'
        : path.endsWith('/Bulk')
          ? 'POST /Bulk'
          : method;
      const body = bodies[special] ??
        bodies[method] ?? { userName: 'forced2@example.com', displayName: 'Forced 2' };
      return { method, rawPath, body: JSON.stringify(body) };
    });
  });
}

/** Everything but the token check answers by this error. */
function brokenDirectory(error: unknown): ScimDirectory {
  const broken = new Proxy(bridge.directory, {
    get: (target, name) => {
      if (name === 'admit') return target.admit;
      if (name === 'onBehalfOf') return () => broken;
      return () => {
        throw error;
      };
    },
  });
  return broken;
}

async function answersOver(
  directory: ScimDirectory,
  headers: Record<string, string>,
): Promise<readonly (readonly [string, ScimResponse])[]> {
  const lines = () => undefined;
  const routes = createScimRoutes({
    directory,
    now: () => 0,
    realNow: () => 0,
    cursorKey: 'test-cursor-key',
    log: { info: lines, warn: lines, error: lines },
  });
  const answers: (readonly [string, ScimResponse])[] = [];
  for (const ask of asks()) {
    const request = {
      ...ask,
      rawQuery: '',
      headers: { 'content-type': 'application/scim+json', ...headers },
      baseUrl: 'https://bridge.example.net',
      requestId: 'req-9',
    };
    answers.push([`${ask.method} ${ask.rawPath}`, await routes(request)]);
  }
  return answers;
}

const judged = (address: string, { status, headers, body }: ScimResponse) =>
  faultsOf(address.split(' ')[1] ?? '', { status, headers, body, cpuUs: 0 }, bridge.token);

describe('every address in every method', () => {
  test.each<[string, () => unknown]>([
    ['an error', () => new Error(secrets)],
    ['an error with a cause', () => new Error('outer', { cause: new TypeError(secrets) })],
    [
      'an error of the SDK',
      () => Object.assign(new Error(secrets), { name: 'ValidationException', $metadata: { requestId: 'x' } }),
    ],
    ['a text', () => secrets],
    ['nothing', () => undefined],
    ['a RangeError', () => new RangeError('Maximum call stack size exceeded')],
  ])(
    'when %s comes up from below, the answer is a bare 500 with the request id and nothing of the cause (T48)',
    async (_label, make) => {
      const answers = await answersOver(brokenDirectory(make()), { authorization: `Bearer ${bridge.token}` });
      const failed = answers.filter(([, { status }]) => status === 500);
      // Lists, one by one, create, replace, change, delete, three searches; documents and refusals need no store.
      expect(failed.map(([address]) => address.replaceAll(/[0-9a-f-]{36}/g, 'ID')).sort()).toEqual(
        [
          'DELETE /scim/v2/Groups/ID',
          'DELETE /scim/v2/Users/ID',
          'GET /scim/v2',
          'GET /scim/v2/Groups',
          'GET /scim/v2/Groups/ID',
          'GET /scim/v2/Users',
          'GET /scim/v2/Users/ID',
          'PATCH /scim/v2/Groups/ID',
          'PATCH /scim/v2/Users/ID',
          'POST /scim/v2/.search',
          'POST /scim/v2/Groups',
          'POST /scim/v2/Groups/.search',
          'POST /scim/v2/Users',
          'POST /scim/v2/Users/.search',
          'PUT /scim/v2/Groups/ID',
          'PUT /scim/v2/Users/ID',
        ].sort(),
      );
      for (const [address, answer] of failed) {
        expect([address, judged(address, answer)]).toEqual([address, ['status 500']]);
        expect(answer.body).toContain('req-9');
      }
      const bulk = answers.find(([address]) => address === 'POST /scim/v2/Bulk')?.[1];
      const { Operations }: { Operations: { status: string; response: unknown }[] } = JSON.parse(
        bulk?.body ?? '{}',
      );
      expect(Operations.map(({ status }) => status)).toEqual(['500', '500']);
      expect(bulk?.body).not.toMatch(/bridge-7|arn:|okta#|stack size/);
    },
  );

  test('may be kept by nobody, with a token and without, and errors have one form (T49)', async () => {
    const good = await answersOver(bridge.directory, { authorization: `Bearer ${bridge.token}` });
    const refused = await answersOver(bridge.directory, {});
    expect(good.length).toBe(listRoutes().length * methods.length);
    for (const [address, answer] of [...good, ...refused])
      expect([address, judged(address, answer)]).toEqual([address, []]);
    expect(
      new Set(refused.filter(([address]) => !address.endsWith('/token')).map(([, { status }]) => status)),
    ).toEqual(new Set([401]));
  });
});

describe('the edge', () => {
  const event = (isBroken: boolean) => ({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/scim/v2/Users',
    rawQueryString: '',
    headers: isBroken ? Object.create(null) : {},
    requestContext: {
      accountId: '0',
      apiId: 'x',
      domainName: 'x',
      domainPrefix: 'x',
      http: { method: 'GET', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'x' },
      requestId: 'req-9',
      routeKey: '$default',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    isBase64Encoded: false,
  });
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    with: () => log,
  };
  const context = (remainingMs: number) =>
    lambdaContext({ functionName: 'scim', requestId: 'x', remainingMs: () => remainingMs });

  test.each<[string, () => Promise<ScimResponse>, number, number]>([
    ['what throws', () => Promise.reject(new Error(secrets)), 29_000, 500],
    ['what takes too long', () => new Promise(() => undefined), 600, 503],
  ])(
    '%s is an error of SCIM, not cached, and says nothing of the inside (T48, T49)',
    async (_label, handle, remainingMs, status) => {
      const {
        statusCode = 0,
        headers = {},
        body,
      } = await httpEdge({ handle, log })(event(false), context(remainingMs));
      const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
      expect(statusCode).toBe(status);
      expect(
        faultsOf('/scim/v2/Users', { status: statusCode, headers: named, body, cpuUs: 0 }, 'token'),
      ).toEqual([`status ${status}`]);
    },
  );
});
