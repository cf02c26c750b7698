import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AdobeIdentity } from '../../lambdas/adobe/adobe.ts';
import { BugError } from '../../lambdas/adobe/errors.ts';
import { packRequest } from '../../lambdas/adobe/pack.ts';
import { aClient, DEADLINE, fresh, NOW, ORG, renewed } from './a-client.ts';
import { type Answer, reply, reset, silence, startServer, type TestServer } from './server.ts';

const ada: AdobeIdentity = { email: 'ada@example.com', username: 'ada@example.com', type: 'federatedID' };
const { commands } = packRequest([
  { accountId: 'a1', actions: [{ kind: 'grant', identity: ada, name: 'Live' }] },
]);

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

describe('an action request', () => {
  test('carries the commands, the token, the key, a request id and a real agent (umapi.md 3)', async () => {
    server.next(fresh, reply(200, { result: 'success', completed: 1, notCompleted: 0 }));
    expect(await aClient(server.url).send(commands, DEADLINE)).toMatchObject({
      kind: 'answered',
      commands: [{ accountId: 'a1', actions: [{ outcome: { kind: 'done' } }] }],
    });
    const call = server.seen[1];
    expect([call?.method, call?.path]).toEqual(['POST', `/v2/usermanagement/action/${ORG}`]);
    expect(call?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'x-api-key': 'client-1',
      'x-request-id': 'r1',
      'user-agent': 'bridge/1.0',
      'content-type': 'application/json',
    });
    expect(JSON.parse(call?.body ?? '')).toEqual([
      { user: 'ada@example.com', do: [{ add: { group: ['Live'] } }] },
    ]);
  });

  const migrating = { result: 'error.organization.migrating', message: 'wait' };
  const rows: { label: string; answer: Answer; expected: object }[] = [
    {
      label: '429 is throttled until Retry-After + 1 s',
      answer: reply(429, { error_code: '429050' }, { 'Retry-After': '41' }),
      expected: { kind: 'refused', reason: 'throttled', blockedUntil: NOW + 42_000 },
    },
    {
      label: '503 is throttled too (4.1)',
      answer: reply(503, '', { 'Retry-After': '5' }),
      expected: { kind: 'refused', reason: 'throttled', blockedUntil: NOW + 6_000 },
    },
    {
      label: '400 is rejected as our bug',
      answer: reply(400, { result: 'error.command.malformed' }),
      expected: {
        kind: 'refused',
        reason: 'rejected',
        error: { code: 'error.command.malformed', class: 'bug' },
      },
    },
    {
      label: '403 HTML is rejected as a matter of the credential (F43)',
      answer: reply(403, '<html>'),
      expected: { kind: 'refused', reason: 'rejected', error: { class: 'auth' } },
    },
    {
      label: '403 of a migrating org passes (F43)',
      answer: reply(403, migrating),
      expected: { kind: 'refused', reason: 'rejected', error: { class: 'retry', scope: 'org' } },
    },
    {
      label: '404 is rejected as a wrong address',
      answer: reply(404, 'no'),
      expected: { kind: 'refused', reason: 'rejected', error: { class: 'config' } },
    },
    {
      label: 'a redirect is not followed (T46)',
      answer: reply(307, '', { Location: 'http://127.0.0.1:1/' }),
      expected: { kind: 'refused', reason: 'rejected', error: { code: 'http.307' } },
    },
    {
      label: '500 leaves everything unknown (F35)',
      answer: reply(500, 'oops'),
      expected: { kind: 'unknown', error: { class: 'retry' } },
    },
    { label: '502 leaves everything unknown', answer: reply(502), expected: { kind: 'unknown' } },
    {
      label: '504 leaves everything unknown, and its Retry-After holds',
      answer: reply(504, '', { 'Retry-After': '9' }),
      expected: { kind: 'unknown', blockedUntil: NOW + 10_000 },
    },
    {
      label: 'a reset after the request leaves everything unknown (I12)',
      answer: reset,
      expected: { kind: 'unknown', error: { code: 'network.lost' } },
    },
    {
      label: '200 with HTML leaves everything unknown (F40)',
      answer: reply(200, '<html>'),
      expected: { kind: 'unknown', error: { code: 'answer.unreadable' } },
    },
    {
      label: '200 without body leaves everything unknown',
      answer: reply(200),
      expected: { kind: 'unknown' },
    },
    { label: '204 leaves everything unknown', answer: reply(204), expected: { kind: 'unknown' } },
    {
      label: '200 cut off in the middle leaves everything unknown',
      answer: (response) => {
        response.writeHead(200, { 'Content-Length': '99' }).write('{"result"');
        setTimeout(() => response.destroy(), 5);
      },
      expected: { kind: 'unknown', error: { code: 'network.lost' } },
    },
    {
      label: '200 of more than 5 MB leaves everything unknown (F40)',
      answer: reply(200, `{"result":"success","x":"${'y'.repeat(5_000_000)}"}`),
      expected: { kind: 'unknown', error: { code: 'answer.unreadable' } },
    },
  ];
  test.each(rows)('$label', async ({ answer, expected }) => {
    server.next(fresh, answer);
    expect(await aClient(server.url).send(commands, DEADLINE)).toMatchObject(expected);
    expect(server.seen).toHaveLength(2);
  });

  test('without Retry-After names no instant', async () => {
    server.next(fresh, reply(429));
    expect(await aClient(server.url).send(commands, DEADLINE)).not.toHaveProperty('blockedUntil');
  });
  test('of no commands, or more than 10, is a bug (I16)', async () => {
    await expect(aClient(server.url).send([], DEADLINE)).rejects.toThrow(BugError);
    await expect(
      aClient(server.url).send(Array.from({ length: 11 }, () => commands).flat(), DEADLINE),
    ).rejects.toThrow(BugError);
    expect(server.seen).toEqual([]);
  });
});

describe('a refused token (umapi.md 9, F42)', () => {
  test('is renewed once and the call repeated once', async () => {
    server.next(fresh, reply(401), renewed, reply(200, { result: 'success' }));
    const client = aClient(server.url);
    expect(await client.send(commands, DEADLINE)).toMatchObject({ kind: 'answered' });
    expect(server.seen[3]?.headers).toMatchObject({ authorization: 'Bearer token-2', 'x-request-id': 'r2' });
    server.next(reply(200, { result: 'success' }));
    await client.send(commands, DEADLINE);
    expect(server.seen[4]?.headers.authorization).toBe('Bearer token-2');
  });
  test('twice is refused as a matter of the credential', async () => {
    server.next(fresh, reply(401), renewed, reply(401));
    expect(await aClient(server.url).send(commands, DEADLINE)).toMatchObject({
      kind: 'refused',
      reason: 'auth',
      error: { class: 'auth' },
    });
    expect(server.seen).toHaveLength(4);
  });
  test('and a repeat whose answer is lost leaves everything unknown', async () => {
    server.next(fresh, reply(401), renewed, reset);
    expect((await aClient(server.url).send(commands, DEADLINE)).kind).toBe('unknown');
  });
  test('without a new one is refused: nothing was sent that Adobe took', async () => {
    server.next(fresh, reply(401), reply(400, { error: 'invalid_client' }));
    expect(await aClient(server.url).send(commands, DEADLINE)).toMatchObject({
      kind: 'refused',
      reason: 'auth',
      error: { code: 'invalid_client' },
    });
  });
  test('is never read as absence of a person', async () => {
    server.next(fresh, reply(401), renewed, reply(401));
    expect(await aClient(server.url).readUser('ada@example.com', DEADLINE)).toMatchObject({
      kind: 'failed',
      reason: 'auth',
    });
  });
});

describe('a call that is not answered', () => {
  test('because nobody listens was surely not sent', async () => {
    server.next(fresh);
    const closed = await startServer();
    await closed[Symbol.asyncDispose]();
    const client = aClient(server.url, { umapiBase: closed.url });
    expect(await client.send(commands, DEADLINE)).toMatchObject({
      kind: 'refused',
      reason: 'unreachable',
      error: { code: 'network.unreachable' },
    });
  });
  test('because the name does not resolve was surely not sent', async () => {
    server.next(fresh);
    const fault = Object.assign(new TypeError('fetch failed'), {
      cause: { code: 'ENOTFOUND', syscall: 'getaddrinfo' },
    });
    const client = aClient(server.url, { fetch: async () => await Promise.reject(fault) });
    expect(await client.send(commands, DEADLINE)).toMatchObject({ kind: 'refused', reason: 'unreachable' });
  });
  test('because every address of the name refused was surely not sent', async () => {
    server.next(fresh);
    const tried = Object.assign(new AggregateError([], ''), { code: 'ETIMEDOUT' });
    const client = aClient(server.url, {
      fetch: async () => await Promise.reject(new TypeError('fetch failed', { cause: tried })),
    });
    expect(await client.send(commands, DEADLINE)).toMatchObject({ kind: 'refused', reason: 'unreachable' });
  });
  test('by its deadline may have happened (F41)', async () => {
    server.next(fresh, silence);
    expect(await aClient(server.url).send(commands, NOW + 60)).toMatchObject({
      kind: 'unknown',
      error: { code: 'network.timeout' },
    });
  });
  test('by its deadline, through a fetch that ignores its signal, ends all the same', async () => {
    server.next(fresh);
    const client = aClient(server.url, { fetch: () => new Promise(() => undefined) });
    expect(await client.send(commands, NOW + 60)).toMatchObject({
      kind: 'unknown',
      error: { code: 'network.timeout' },
    });
  });
  test('whose body does not end before the deadline may have happened', async () => {
    server.next(fresh, (response) => void response.writeHead(200).write('{"result":"success"'));
    expect(await aClient(server.url).send(commands, NOW + 100)).toMatchObject({
      kind: 'unknown',
      error: { code: 'network.timeout' },
    });
  });
  test('because the deadline had passed was not sent (R29)', async () => {
    expect(await aClient(server.url).send(commands, NOW)).toMatchObject({
      kind: 'refused',
      reason: 'unreachable',
      error: { code: 'deadline.passed' },
    });
    expect(server.seen).toEqual([]);
  });
  test('because no token came in time was not sent', async () => {
    server.next(silence);
    expect(await aClient(server.url).send(commands, NOW + 60)).toMatchObject({
      kind: 'refused',
      reason: 'unreachable',
      error: { code: 'deadline.passed' },
    });
    expect(server.seen.map((one) => one.path)).toEqual(['/ims/token/v3']);
  });
});
