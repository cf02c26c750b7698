import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { httpEdge, lazily, toRequest, workEdge } from '../../lambdas/edge.ts';
import { createLog } from '../../lambdas/log.ts';
import type { ScimRequest, ScimResponse } from '../../lambdas/scim/request.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { serve } from '../../local/serve.ts';

function logged() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: 'debug', now: () => 0, write: (line) => lines.push(JSON.parse(line)) });
  return { log, lines };
}

function contextWith(remainingMs: number): Context {
  return lambdaContext({ functionName: 'f', requestId: 'r-1', remainingMs: () => remainingMs });
}

/** Sends one request through a socket, the localhost server and the edge, and shows what the routes saw. */
async function send(
  init: RequestInit,
  handle: (request: ScimRequest) => Promise<ScimResponse>,
  path = '/scim/v2/Users',
) {
  const { log, lines } = logged();
  const seen: ScimRequest[] = [];
  const handler = httpEdge({
    log,
    handle: async (request) => {
      seen.push(request);
      return handle(request);
    },
  });
  const served = await serve({ handler });
  try {
    const response = await fetch(`${served.url}${path}`, init);
    return {
      seen: seen[0],
      status: response.status,
      body: await response.text(),
      headers: response.headers,
      lines,
    };
  } finally {
    await served.close();
  }
}

const ok = async (): Promise<ScimResponse> => ({ status: 200, headers: {}, body: '{}' });
const scimJson = { 'content-type': 'application/scim+json' };

describe('the HTTP edge', () => {
  for (const type of ['application/scim+json', 'application/json']) {
    test(`a body of ${type} reaches the routes as the text that was sent`, async () => {
      const text = '{"userName":"zoë@example.com 😀"}';
      const { seen } = await send({ method: 'POST', headers: { 'content-type': type }, body: text }, ok);
      expect(seen).toMatchObject({ method: 'POST', rawPath: '/scim/v2/Users', body: text });
    });
  }

  test('a byte order mark before the JSON is dropped', async () => {
    const { seen } = await send({ method: 'POST', headers: scimJson, body: '\ufeff{}' }, ok);
    expect(seen?.body).toBe('{}');
  });

  test('a body that is not UTF-8 is handed on as a problem, not as text with holes', async () => {
    const { seen } = await send(
      { method: 'POST', headers: scimJson, body: Buffer.from([0x22, 0xe4, 0x22]) },
      ok,
    );
    expect([seen?.body, seen?.bodyProblem]).toEqual([undefined, 'notUtf8']);
  });

  test('headers are in lower case and the query is as sent', async () => {
    const { seen } = await send(
      { headers: { 'If-Match': 'W/"1"' } },
      ok,
      '/scim/v2/Users?filter=a%20eq%20%22b%22',
    );
    expect(seen).toMatchObject({ headers: { 'if-match': 'W/"1"' }, rawQuery: 'filter=a%20eq%20%22b%22' });
  });

  test('the source is what API Gateway saw at the other end, whatever a header says (T11)', async () => {
    let event: APIGatewayProxyEventV2 | undefined;
    const handler = async (seen: APIGatewayProxyEventV2) => {
      event = seen;
      return { statusCode: 200 };
    };
    const served = await serve({ handler });
    await fetch(served.url);
    await served.close();
    if (event === undefined) throw new Error('no event came');
    event.requestContext.http.sourceIp = '198.51.100.7';
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'true-client-ip', 'cf-connecting-ip']) {
      const spoofed = { ...event, headers: { ...event.headers, [name]: '203.0.113.7' } };
      expect(toRequest(spoofed, undefined).source).toBe('198.51.100.7');
    }
  });

  test('status, headers and body of the answer go back', async () => {
    const { status, body, headers } = await send({}, async () => ({
      status: 201,
      headers: { 'content-type': 'application/scim+json', location: 'x' },
      body: '{"a":1}',
    }));
    expect([status, body, headers.get('location')]).toEqual([201, '{"a":1}', 'x']);
  });

  test('an error nobody caught is a 500 with the request id, and its cause is in the log only (T07)', async () => {
    const { status, body, lines, seen } = await send({}, () =>
      Promise.reject(new Error('table bridge-7 is gone')),
    );
    expect(status).toBe(500);
    expect(JSON.parse(body)).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '500',
      detail: expect.stringContaining(seen?.requestId ?? 'none'),
    });
    expect(body).not.toContain('bridge-7');
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        error: expect.objectContaining({ message: 'table bridge-7 is gone' }),
      }),
    );
  });

  test('each request is one line, without its query', async () => {
    const { lines, seen } = await send(
      {},
      ok,
      '/scim/v2/Users?filter=userName%20eq%20%22jane%40example.com%22',
    );
    expect(lines).toEqual([
      expect.objectContaining({
        requestId: seen?.requestId,
        method: 'GET',
        path: '/scim/v2/Users',
        status: 200,
      }),
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/jane/);
  });

  test.each([
    [
      '/scim/v2/Users/019cad8f-ac00-7000-8000-00000000dead',
      '/scim/v2/Users/019cad8f-ac00-7000-8000-00000000dead',
    ],
    ['/scim/v2/Users/.search', '/scim/v2/Users/.search'],
    ['/scim/v2/Users/hunter2', '/scim/v2/Users/*'],
    ['/scim/v2/scimb_0123/Users', '/scim/v2/*/Users'],
    ['/scim/v2/Users/jane%40example.com', '/scim/v2/Users/*'],
  ])('of the path %s the line keeps words and ids: %s (T08)', async (path, shown) => {
    const { lines } = await send({}, ok, path);
    expect(lines).toEqual([expect.objectContaining({ message: 'request', path: shown })]);
  });

  test('half a second before the deadline the caller is told to repeat, and the signal aborts (F16)', async () => {
    const { log } = logged();
    let aborted = false;
    const handler = httpEdge({
      log,
      handle: (_request, signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
        }),
    });
    const served = await serve({ handler: (event) => handler(event, contextWith(520)) });
    const response = await fetch(served.url);
    await served.close();
    expect([response.status, response.headers.get('retry-after'), aborted]).toEqual([503, '5', true]);
  });
});

describe('the edge of background work', () => {
  test('the run ends five seconds before the function, by the clock that is given', async () => {
    const { log, lines } = logged();
    const untils: number[] = [];
    const handler = workEdge({
      name: 'provision',
      now: () => 1_000_000,
      log,
      run: async (until) => {
        untils.push(until);
        return { sent: 3 };
      },
    });
    expect(await handler({ wake: 'schedule' }, contextWith(60_000))).toEqual({ sent: 3 });
    expect(untils).toEqual([1_055_000]);
    expect(lines).toEqual([
      expect.objectContaining({ message: 'provision done', requestId: 'r-1', report: { sent: 3 } }),
    ]);
  });

  test('a failure is logged and passed on, so that the trigger sees it', async () => {
    const { log, lines } = logged();
    const handler = workEdge({
      name: 'provision',
      now: () => 0,
      log,
      run: () => Promise.reject(new Error('no')),
    });
    await expect(handler({}, contextWith(60_000))).rejects.toThrow('no');
    expect(lines).toEqual([expect.objectContaining({ level: 'error', message: 'provision failed' })]);
  });
});

describe('a handler that is made at its first call', () => {
  test('is made once', async () => {
    let made = 0;
    const handler = lazily(async () => {
      made += 1;
      return async (event: number) => event * 2;
    });
    expect(await Promise.all([handler(1, contextWith(1)), handler(2, contextWith(1))])).toEqual([2, 4]);
    expect(made).toBe(1);
  });

  test('is made again after making it failed (F17)', async () => {
    let made = 0;
    const handler = lazily(async () => {
      made += 1;
      if (made === 1) throw new Error('the secret store is away');
      return async (event: number) => event;
    });
    await expect(handler(1, contextWith(1))).rejects.toThrow('away');
    expect(await handler(1, contextWith(1))).toBe(1);
  });
});
