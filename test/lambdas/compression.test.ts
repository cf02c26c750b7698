/** Large answers: compressed for who accepts it, refused where the platform would lose them (docs/scim-support.md). */
import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { httpEdge } from '../../lambdas/edge.ts';
import { createLog } from '../../lambdas/log.ts';
import { acceptsGzip } from '../../lambdas/scim/weight.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { serve } from '../../local/serve.ts';

const megabyte = 1024 * 1024;
const platformBytes = 6_291_556;
/** Compresses to about the half of its length. */
const dense = (length: number) =>
  Array.from({ length: Math.ceil(length / 16) }, (_, n) =>
    Math.sin(n).toString(16).slice(-16).padEnd(16, '0'),
  )
    .join('')
    .slice(0, length);
const log = createLog({ level: 'error', now: () => 0, write: () => undefined });
const edgeOf = (body: string, status = 200) =>
  httpEdge({
    log,
    handle: async () => ({
      status,
      headers: { 'content-type': 'application/scim+json', etag: 'W/"1"' },
      body,
    }),
  });

async function answer(body: string, acceptEncoding?: string): Promise<APIGatewayProxyStructuredResultV2> {
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/scim/v2/Users',
    rawQueryString: '',
    headers: acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding },
    requestContext: {
      accountId: '0',
      apiId: 'test',
      domainName: 'bridge.example.test',
      domainPrefix: 'bridge',
      http: { method: 'GET', path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: 'r',
      routeKey: '$default',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    isBase64Encoded: false,
  };
  const context = lambdaContext({ functionName: 'scim', requestId: 'r', remainingMs: () => 29_000 });
  const result = await edgeOf(body)(event, context);
  if (typeof result === 'string') throw new Error('an answer without a status');
  return result;
}

describe('Accept-Encoding (RFC 9110 section 12.5.3)', () => {
  test.each<[string | undefined, boolean]>([
    [undefined, false],
    ['', false],
    ['identity', false],
    ['br, deflate', false],
    ['gzip', true],
    ['GZip', true],
    ['gzip, deflate, br', true],
    ['br;q=1.0, gzip;q=0.8, *;q=0.1', true],
    ['gzip;q=0', false],
    ['gzip;q=0.000', false],
    ['gzip; q=0.5', true],
    ['*', true],
    ['*;q=0', false],
    ['gzip;q=0, *', false],
    ['gzipped', false],
  ])('%s: %s', (header, accepted) => {
    expect(acceptsGzip(header)).toBe(accepted);
  });
});

describe('a large answer', () => {
  const body = JSON.stringify({ text: 'ä'.repeat(50_000) });

  test('is compressed in base64 for who accepts gzip, and keeps its headers', async () => {
    const { statusCode, headers, body: packed = '', isBase64Encoded } = await answer(body, 'gzip');
    expect([statusCode, isBase64Encoded]).toEqual([200, true]);
    expect(headers).toEqual({
      'content-type': 'application/scim+json',
      etag: 'W/"1"',
      'content-encoding': 'gzip',
      vary: 'Accept-Encoding',
    });
    expect(packed.length).toBeLessThan(5_000);
    expect(gunzipSync(Buffer.from(packed, 'base64')).toString()).toBe(body);
  });

  test('goes as it is to who does not, and says that it could be otherwise', async () => {
    const plain = await answer(body);
    expect([plain.body === body, plain.isBase64Encoded]).toEqual([true, false]);
    expect(plain.headers).toMatchObject({ vary: 'Accept-Encoding' });
    expect(plain.headers).not.toHaveProperty('content-encoding');
  });

  test('a small one is never compressed', async () => {
    const small = await answer('{"id":"1"}', 'gzip');
    expect([small.body, small.isBase64Encoded]).toEqual(['{"id":"1"}', false]);
  });

  test('a client of HTTP reads it through a socket as if nothing had happened', async () => {
    const served = await serve({ handler: edgeOf(body) });
    try {
      const response = await fetch(served.url, { headers: { 'accept-encoding': 'gzip' } });
      expect([response.headers.get('content-encoding'), await response.text()]).toEqual(['gzip', body]);
    } finally {
      await served.close();
    }
  });
});

describe('what the platform cannot carry', () => {
  test.each([
    ['7 MB of text', dense(7 * megabyte)],
    // 4.5 MB of text, of which a third are quotes that are escaped on the way.
    ['quotes that only escaping makes too many', JSON.stringify('a"b'.repeat(1.3 * megabyte))],
    ['characters of three bytes', '€'.repeat(2.5 * megabyte)],
  ])('%s is refused with 400 tooMany and what to do', async (_label, body) => {
    const { statusCode, body: text = '', headers } = await answer(body);
    expect(statusCode).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '400',
      scimType: 'tooMany',
    });
    expect(text).toMatch(/Accept-Encoding: gzip.*count.*excludedAttributes/);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/scim+json' });
  });

  test('compressed it goes through, and everything that goes through is within the limit', async () => {
    const sizes = [0.5, 5.9, 7].map((size) => dense(size * megabyte));
    for (const body of sizes) {
      const packed = await answer(body, 'gzip');
      expect(packed.statusCode).toBe(200);
      expect(Buffer.byteLength(JSON.stringify(packed))).toBeLessThan(platformBytes);
    }
    const plain = await answer(dense(5.9 * megabyte));
    expect(plain.statusCode).toBe(200);
    expect(Buffer.byteLength(JSON.stringify(plain))).toBeLessThan(platformBytes);
  });

  test('also compressed there is an end', async () => {
    const { statusCode, body } = await answer(dense(20 * megabyte), 'gzip');
    expect([statusCode, JSON.parse(body ?? '{}')['scimType']]).toEqual([400, 'tooMany']);
  });
});
