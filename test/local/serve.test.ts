import { connect } from 'node:net';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterEach, describe, expect, test } from 'vitest';
import { type Served, serve } from '../../local/serve.ts';

const open: Served[] = [];
afterEach(async () => {
  for (const served of open.splice(0)) await served.close();
});

/** A server whose handler remembers its event and gives this result. */
async function served(result: unknown = { statusCode: 200, body: 'ok' }) {
  const events: APIGatewayProxyEventV2[] = [];
  const server = await serve({
    handler: async (event) => {
      events.push(event);
      if (result instanceof Error) throw result;
      return result;
    },
  });
  open.push(server);
  const seen = (): APIGatewayProxyEventV2 => {
    const event = events.at(-1);
    if (event === undefined) throw new Error('the handler was not called');
    return event;
  };
  return { url: server.url, port: server.port, events, seen };
}

const scim = { 'content-type': 'application/scim+json; charset=utf-8' };

describe('the localhost server makes API Gateway events of payload format 2.0', () => {
  const bodies = [
    { label: 'application/scim+json comes in base64', type: 'application/scim+json', base64: true },
    {
      label: 'application/scim+json with a charset, too',
      type: 'application/scim+json; charset=utf-8',
      base64: true,
    },
    { label: 'application/json comes as text', type: 'application/json', base64: false },
    { label: 'application/json with a charset, too', type: 'Application/JSON; charset=utf-8', base64: false },
    { label: 'text/plain comes as text', type: 'text/plain', base64: false },
    { label: 'application/octet-stream comes in base64', type: 'application/octet-stream', base64: true },
  ];
  for (const { label, type, base64 } of bodies) {
    test(label, async () => {
      const { url, seen } = await served();
      const text = '{"displayName":"Zoë 😀"}';
      await fetch(`${url}/scim/v2/Users`, { method: 'POST', headers: { 'content-type': type }, body: text });
      const { body, isBase64Encoded } = seen();
      expect({ body, isBase64Encoded }).toEqual({
        body: base64 ? Buffer.from(text).toString('base64') : text,
        isBase64Encoded: base64,
      });
    });
  }

  test('bytes that are not UTF-8 survive in base64', async () => {
    const { url, seen } = await served();
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    await fetch(url, { method: 'POST', headers: scim, body: bytes });
    expect(Buffer.from(seen().body ?? '', 'base64')).toEqual(bytes);
  });

  test('a request without a body has no body, and is not base64', async () => {
    const { url, seen } = await served();
    await fetch(`${url}/Users`);
    expect(seen()).not.toHaveProperty('body');
    expect(seen().isBase64Encoded).toBe(false);
  });

  test('the path is decoded, the query is not', async () => {
    const { url, seen } = await served();
    await fetch(`${url}/Groups/a%20b?filter=userName%20eq%20%22a%2Bb%40example.com%22&count=1&count=2`);
    expect(seen()).toMatchObject({
      version: '2.0',
      rawPath: '/Groups/a b',
      rawQueryString: 'filter=userName%20eq%20%22a%2Bb%40example.com%22&count=1&count=2',
      queryStringParameters: { filter: 'userName eq "a+b@example.com"', count: '1,2' },
      requestContext: { http: { method: 'GET', path: '/Groups/a b' }, stage: '$default' },
    });
  });

  test('header names are in lower case, repeated ones joined, cookies apart', async () => {
    const { port, seen } = await served();
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'GET / HTTP/1.1\r\nHost: Bridge.Example\r\nAuthorization: Bearer x\r\nX-A: 1\r\nx-a: 2\r\nCookie: a=1; b=2\r\nConnection: close\r\n\r\n',
    );
    await new Promise((closed) => socket.resume().once('close', closed));
    const { headers, cookies } = seen();
    expect(headers).toMatchObject({ host: 'Bridge.Example', authorization: 'Bearer x', 'x-a': '1,2' });
    expect(headers).not.toHaveProperty('cookie');
    expect(cookies).toEqual(['a=1', 'b=2']);
  });

  test('a body over 10 MB is answered 413 and never reaches the handler', async () => {
    const { url, events } = await served();
    const response = await fetch(url, {
      method: 'POST',
      headers: scim,
      body: Buffer.alloc(10 * 1024 * 1024 + 1),
    });
    expect([response.status, await response.json(), events.length]).toEqual([
      413,
      { message: 'Request Entity Too Large' },
      0,
    ]);
  });

  test('a body of exactly 10 MB passes', async () => {
    const { url, seen } = await served();
    const response = await fetch(url, {
      method: 'POST',
      headers: scim,
      body: Buffer.alloc(10 * 1024 * 1024),
    });
    expect(response.status).toBe(200);
    expect(Buffer.from(seen().body ?? '', 'base64').length).toBe(10 * 1024 * 1024);
  });

  test('a path with broken percent-encoding is answered 400', async () => {
    const { port, events } = await served();
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await new Promise((closed) => socket.once('close', closed));
    expect([text.split('\r\n')[0], events.length]).toEqual(['HTTP/1.1 400 Bad Request', 0]);
  });
});

describe('the localhost server turns results into answers', () => {
  test('status, headers and text', async () => {
    const { url } = await served({
      statusCode: 201,
      headers: { 'content-type': 'application/scim+json', location: '/Users/1' },
      body: '{"a":"ü"}',
    });
    const response = await fetch(url, { method: 'POST', headers: scim, body: '{}' });
    expect([response.status, response.headers.get('location'), await response.json()]).toEqual([
      201,
      '/Users/1',
      { a: 'ü' },
    ]);
  });

  test('a body in base64 is decoded', async () => {
    const { url } = await served({
      statusCode: 200,
      body: Buffer.from('héllo').toString('base64'),
      isBase64Encoded: true,
    });
    expect(await (await fetch(url)).text()).toBe('héllo');
  });

  test('204 has no body', async () => {
    const { url } = await served({ statusCode: 204, body: 'ignored' });
    const response = await fetch(url, { method: 'DELETE' });
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      204,
      null,
      '',
    ]);
  });

  const failures = [
    { label: 'a handler that throws', result: new Error('secret cause') },
    { label: 'a handler that returns nothing', result: undefined },
    { label: 'a status that is not one', result: { statusCode: 'fine' } },
  ];
  for (const { label, result } of failures) {
    test(`${label} is answered 500 without its reason`, async () => {
      const server = await serve({
        handler: async () => {
          if (result instanceof Error) throw result;
          return result;
        },
      });
      open.push(server);
      const response = await fetch(server.url);
      expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
    });
  }

  test('a port that is taken is an error, not a hang', async () => {
    const { port } = await served();
    await expect(serve({ handler: async () => ({ statusCode: 200 }), port })).rejects.toThrow(/EADDRINUSE/);
  });
});
