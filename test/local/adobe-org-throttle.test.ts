import { describe, expect, test } from 'vitest';
import { makeCredential } from '../../local/adobe-org/seed.ts';
import { type Answer, aBench, add, type Bench, MINUTE, START } from './adobe-org-setup.ts';

const BASE = '/v2/usermanagement';
const LIMITED = { throttle: true };

async function times(count: number, call: () => Promise<Answer>): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < count; n += 1) statuses.push((await call()).status);
  return statuses;
}

describe('umapi.md 20 throttling per minute', () => {
  test.each<[string, number, (bench: Bench) => Promise<Answer>]>([
    ['action', 10, (bench) => bench.post([{ user: 'ada@example.com', do: [add('Agents')] }])],
    ['users', 25, (bench) => bench.get(`${BASE}/users/{org}/0`)],
    ['users by group', 25, (bench) => bench.get(`${BASE}/users/{org}/0/Agents`)],
    ['single user', 25, (bench) => bench.get(`${BASE}/organizations/{org}/users/ada@example.com`)],
    ['groups', 5, (bench) => bench.get(`${BASE}/groups/{org}/0`)],
  ])('%s: call %i + 1 in a minute answers 429 in the documented form', async (_, limit, call) => {
    const bench = aBench(LIMITED);
    expect(await times(limit, () => call(bench))).toEqual(Array(limit).fill(200));
    bench.advance(19_000);
    const refused = await call(bench);
    expect([refused.status, refused.body.error_code]).toEqual([429, '429050']);
    expect(refused.headers.get('retry-after')).toBe('41');
    expect(refused.headers.get('server')).toBe('APIP');
    expect(refused.headers.get('x-request-id')).toBeTruthy();
    bench.advance(41_000);
    expect((await call(bench)).status).toBe(200);
  });

  test('the 11th action call in a minute changes nothing', async () => {
    const bench = aBench(LIMITED);
    await times(10, () => bench.post([{ user: 'ada@example.com', do: [add('Chat Viewer')] }]));
    const before = bench.org.state();
    const refused = await bench.post([{ user: 'ben@example.com', do: [add('Chat Viewer')] }]);
    expect(refused.status).toBe(429);
    const after = bench.org.state();
    expect([after.users, after.groups, after.mails]).toEqual([before.users, before.groups, before.mails]);
    expect(bench.org.calls().at(-1)).toMatchObject({
      endpoint: 'action',
      status: 429,
      applied: false,
      commands: 1,
    });
  });

  test('a throttled call does not count against the next minute', async () => {
    const bench = aBench(LIMITED);
    await times(15, () => bench.post([{ user: 'ada@example.com', do: [add('Agents')] }]));
    bench.advance(MINUTE);
    expect(await times(10, () => bench.post([{ user: 'ada@example.com', do: [add('Agents')] }]))).toEqual(
      Array(10).fill(200),
    );
  });

  test('the window slides, or with the knob starts at the full minute', async () => {
    const call = (bench: Bench): Promise<Answer> => bench.get(`${BASE}/groups/{org}/0`);
    const sliding = aBench(LIMITED);
    const fixed = aBench({ ...LIMITED, throttleWindow: 'fixed' });
    const late = 59_000 - (START % MINUTE);
    for (const bench of [sliding, fixed]) {
      bench.advance(late);
      await times(5, () => call(bench));
      bench.advance(1000);
    }
    expect((await call(sliding)).status).toBe(429);
    expect((await call(fixed)).status).toBe(200);
  });

  test('each client has its own limit, and all together the global one', async () => {
    const state = aBench().org.state();
    const other = makeCredential(() => 0.5);
    state.meta.credentials.push(other);
    const bench = aBench({ ...LIMITED, globalLimitPerMinute: 15 }, { state });
    const call = (as = bench.credential) =>
      bench.post([{ user: 'ada@example.com', do: [add('Agents')] }], { as });
    expect(await times(11, () => call())).toEqual([...Array(10).fill(200), 429]);
    expect(await times(6, () => call(other))).toEqual([...Array(5).fill(200), 429]);
  });

  test('testOnly calls count, or do not, by knob', async () => {
    const call = (bench: Bench) =>
      bench.post([{ user: 'ada@example.com', do: [add('Agents')] }], { testOnly: true });
    const counting = aBench(LIMITED);
    const free = aBench({ ...LIMITED, testOnlyCounts: false });
    expect((await times(11, () => call(counting))).at(-1)).toBe(429);
    expect((await times(11, () => call(free))).at(-1)).toBe(200);
  });
});

describe('umapi.md 20 form of the refusal', () => {
  test.each([
    ['absent' as const, 429 as const, null],
    ['date' as const, 503 as const, new Date(START + MINUTE).toUTCString()],
  ])('Retry-After %s with status %i', async (retryAfterForm, throttleStatus, header) => {
    const bench = aBench({ ...LIMITED, retryAfterForm, throttleStatus });
    await times(5, () => bench.get(`${BASE}/groups/{org}/0`));
    const refused = await bench.get(`${BASE}/groups/{org}/0`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([throttleStatus, header]);
  });
});

describe('umapi.md 20 frequency throttle', () => {
  const FREQUENT = { frequencyThrottle: true };

  test.each(['users', 'groups'])(
    'page 0 of %s twice within 2 hours pauses all calls of the client',
    async (list) => {
      const bench = aBench(FREQUENT);
      expect((await bench.get(`${BASE}/${list}/{org}/0`)).status).toBe(200);
      bench.advance(119 * MINUTE);
      const refused = await bench.get(`${BASE}/${list}/{org}/0`);
      const pause = Number(refused.headers.get('retry-after'));
      expect(refused.status).toBe(429);
      expect(pause).toBeGreaterThanOrEqual(1800);
      expect(pause).toBeLessThanOrEqual(4500);
      bench.advance((pause - 1) * 1000);
      const others = [
        await bench.post([{ user: 'ada@example.com', do: [add('Agents')] }]),
        await bench.get(`${BASE}/users/{org}/0/Agents`),
        await bench.get(`${BASE}/organizations/{org}/users/ada@example.com`),
      ];
      expect(others.map(({ status }) => status)).toEqual([429, 429, 429]);
      expect(bench.org.members('Agents')).toEqual([]);
      bench.advance(1000);
      expect((await bench.post([{ user: 'ada@example.com', do: [add('Agents')] }])).status).toBe(200);
      expect(bench.org.members('Agents')).toEqual(['ada@example.com']);
    },
  );

  test('after 2 hours, on later pages, and for the other list, page 0 is free', async () => {
    const bench = aBench(FREQUENT);
    const statuses = [
      (await bench.get(`${BASE}/users/{org}/0`)).status,
      (await bench.get(`${BASE}/users/{org}/1`)).status,
      (await bench.get(`${BASE}/groups/{org}/0`)).status,
    ];
    bench.advance(120 * MINUTE);
    statuses.push((await bench.get(`${BASE}/users/{org}/0`)).status);
    expect(statuses).toEqual([200, 200, 200, 200]);
  });

  test('a page 0 that was answered 504 was a listing all the same', async () => {
    const bench = aBench(FREQUENT);
    bench.org.queueFaults([{ kind: 'status', status: 504, applied: false, headers: {} }]);
    expect((await bench.get(`${BASE}/users/{org}/0`)).status).toBe(504);
    expect((await bench.get(`${BASE}/users/{org}/0`)).status).toBe(429);
  });

  test('another client is not paused; with the knob, other endpoints are not either', async () => {
    const state = aBench().org.state();
    const other = makeCredential(() => 0.5);
    state.meta.credentials.push(other);
    const bench = aBench({ ...FREQUENT, frequencyBlocksAllCalls: false }, { state });
    await bench.get(`${BASE}/users/{org}/0`);
    expect((await bench.get(`${BASE}/users/{org}/0`)).status).toBe(429);
    expect((await bench.get(`${BASE}/users/{org}/0`, other)).status).toBe(200);
    expect((await bench.get(`${BASE}/users/{org}/0/Agents`)).status).toBe(200);
  });
});
