import { describe, expect, test } from 'vitest';
import type { Fetch } from '../../lambdas/adobe/exchange.ts';
import { createTokenSource } from '../../lambdas/adobe/token.ts';

const SECRET = 'p8e-canary+secret/';
const credential = { clientId: 'client-1', clientSecret: SECRET, imsUrl: 'https://ims.example/' };

interface Sent {
  url: string;
  init: RequestInit;
}
/** A token source on a clock that the test moves, and an IMS that answers from a list. */
function aSource(answers: (Response | Error)[]) {
  const clock = { now: 1_000_000 };
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, init) => {
    sent.push({ url, init });
    const answer = answers.shift() ?? new Error('no more answers');
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const timeoutSignal = (ms: number): AbortSignal => AbortSignal.timeout(ms);
  const source = createTokenSource({
    credential,
    fetch,
    now: () => clock.now,
    timeoutMs: 5_000,
    timeoutSignal,
  });
  return { source, clock, sent };
}
function grant(token: string, expires_in: unknown = 86_399): Response {
  return Response.json({ access_token: token, token_type: 'bearer', expires_in });
}

describe('a token request (umapi.md 2.2)', () => {
  test('is an urlencoded form; the secret is in the body only', async () => {
    const { source, sent } = aSource([grant('t1')]);
    expect(await source.get()).toEqual({ kind: 'ok', token: 't1' });
    const [{ url, init } = { url: '', init: {} }] = sent;
    expect(url).toBe('https://ims.example/ims/token/v3');
    expect(init.method).toBe('POST');
    expect(new Headers(init.headers).get('content-type')).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(String(init.body)))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client-1',
      client_secret: SECRET,
      scope: 'openid,AdobeID,user_management_sdk',
    });
  });
});

describe('a token is kept (F42)', () => {
  const rows = [
    { label: '90 % of a day', expiresIn: 86_399, keptMs: 77_759_100 },
    {
      label: '90 % of milliseconds, when the number is above a week (umapi.md 2.3)',
      expiresIn: 86_399_000,
      keptMs: 77_759_100,
    },
    { label: 'the same, told as text', expiresIn: '86399', keptMs: 77_759_100 },
    { label: 'a few minutes when Adobe names no time', expiresIn: null, keptMs: 270_000 },
    { label: 'a few minutes when the time is none', expiresIn: -5, keptMs: 270_000 },
  ];
  test.each(rows)('for $label', async ({ expiresIn, keptMs }) => {
    const { source, clock } = aSource([grant('t1', expiresIn), grant('t2')]);
    await source.get();
    clock.now += keptMs - 1;
    expect(await source.get()).toEqual({ kind: 'ok', token: 't1' });
    clock.now += 1;
    expect(await source.get()).toEqual({ kind: 'ok', token: 't2' });
  });
  test('and fetched once for all who ask at the same time', async () => {
    const { source, sent } = aSource([grant('t1'), grant('t2')]);
    const tokens = await Promise.all([source.get(), source.get(), source.get()]);
    expect(tokens).toEqual(Array.from({ length: 3 }, () => ({ kind: 'ok', token: 't1' })));
    expect(sent).toHaveLength(1);
  });
  test('until it is refused; a newer one is not forgotten with it', async () => {
    const { source } = aSource([grant('t1'), grant('t2')]);
    await source.get();
    source.invalidate('t1');
    expect(await source.get()).toEqual({ kind: 'ok', token: 't2' });
    source.invalidate('t1');
    expect(await source.get()).toEqual({ kind: 'ok', token: 't2' });
  });
  test('but a failure is not', async () => {
    const { source } = aSource([new Response('', { status: 502 }), grant('t1')]);
    expect((await source.get()).kind).toBe('failed');
    expect(await source.get()).toEqual({ kind: 'ok', token: 't1' });
  });
});

const refused = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
describe('a refused token request (umapi.md 2.4)', () => {
  const rows: { label: string; answer: Response | Error; reason: string; code: string; class: string }[] = [
    {
      label: 'wrong id',
      answer: Response.json(
        { error: 'invalid_client', error_description: 'invalid client_id parameter' },
        { status: 400 },
      ),
      reason: 'auth',
      code: 'invalid_client',
      class: 'auth',
    },
    {
      label: 'wrong secret',
      answer: Response.json({ error: 'invalid_client' }, { status: 401 }),
      reason: 'auth',
      code: 'invalid_client',
      class: 'auth',
    },
    {
      label: 'no scope',
      answer: Response.json({ error: 'invalid_scope', error_description: 'x' }, { status: 400 }),
      reason: 'auth',
      code: 'invalid_scope',
      class: 'auth',
    },
    {
      label: 'trouble',
      answer: Response.json(
        { error: 'internal_error', error_description: 'Please try again later' },
        { status: 500 },
      ),
      reason: 'unreachable',
      code: 'internal_error',
      class: 'retry',
    },
    {
      label: 'trouble with an odd status',
      answer: Response.json({ error: 'internal_error' }, { status: 400 }),
      reason: 'unreachable',
      code: 'internal_error',
      class: 'retry',
    },
    {
      label: 'throttled',
      answer: new Response('', { status: 429 }),
      reason: 'throttled',
      code: 'http.429',
      class: 'retry',
    },
    {
      label: 'HTML',
      answer: new Response('<html>', { status: 403 }),
      reason: 'auth',
      code: 'http.403',
      class: 'auth',
    },
    {
      label: '200 without token',
      answer: Response.json({ token_type: 'bearer' }),
      reason: 'unreachable',
      code: 'answer.unreadable',
      class: 'retry',
    },
    {
      label: 'a token that cannot stand in a header',
      answer: grant('t1\r\nX: 1'),
      reason: 'unreachable',
      code: 'answer.unreadable',
      class: 'retry',
    },
    {
      label: 'no connection',
      answer: refused,
      reason: 'unreachable',
      code: 'network.unreachable',
      class: 'retry',
    },
    {
      label: 'a lost connection',
      answer: new TypeError('terminated'),
      reason: 'unreachable',
      code: 'network.lost',
      class: 'retry',
    },
  ];
  test.each(rows)('$label: $reason', async ({ answer, reason, code, class: kind }) => {
    const { source } = aSource([answer]);
    expect(await source.get()).toMatchObject({ kind: 'failed', reason, error: { code, class: kind } });
  });
  test('obeys Retry-After', async () => {
    const { source, clock } = aSource([new Response('', { status: 429, headers: { 'Retry-After': '30' } })]);
    expect(await source.get()).toMatchObject({ blockedUntil: clock.now + 31_000 });
  });
  test('never repeats the secret, even when IMS does (I18)', async () => {
    const echo = {
      error: `bad ${SECRET}`,
      error_description: `secret ${SECRET} or ${encodeURIComponent(SECRET)}`,
    };
    const faults = [
      Response.json(echo, { status: 400 }),
      Response.json(echo, { status: 503 }),
      Object.assign(new TypeError(`posting ${SECRET}`), { cause: new Error(SECRET) }),
    ];
    for (const fault of faults) {
      const { source } = aSource([fault]);
      const text = JSON.stringify(await source.get());
      expect(text).toContain('failed');
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(encodeURIComponent(SECRET));
    }
  });
});
