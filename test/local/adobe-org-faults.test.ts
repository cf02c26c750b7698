import { describe, expect, test } from 'vitest';
import { Fault } from '../../local/adobe-org/state.ts';
import { asFetch } from '../../local/adobe-org.ts';
import { aBench, add, federated, held, MINUTE, person, problems, remove } from './adobe-org-setup.ts';

const ADA = 'ada@example.com';
const BASE = '/v2/usermanagement';
const joinReaders = [{ user: ADA, do: [add('Readers')] }];
const fault = (fields: Record<string, unknown>): Fault => Fault.parse(fields);

describe('umapi.md 20 faults by the queue', () => {
  test.each<[string, Record<string, unknown>, number, boolean]>([
    ['500 before effect', { kind: 'status', status: 500 }, 500, false],
    ['502 after effect', { kind: 'status', status: 502, applied: true }, 502, true],
    ['empty 200 after effect', { kind: 'empty' }, 200, true],
    ['empty 200 before effect', { kind: 'empty', applied: false }, 200, false],
    ['HTML before effect', { kind: 'html' }, 502, false],
    ['HTML as 200 after effect', { kind: 'html', status: 200, applied: true }, 200, true],
    ['429', { kind: 'throttle', retryAfterSeconds: 7 }, 429, false],
    ['none', { kind: 'none' }, 200, true],
  ])('%s', async (_, fields, status, applied) => {
    const bench = aBench();
    bench.org.queueFaults([fault(fields)]);
    const answer = await bench.post(joinReaders);
    expect(answer.status).toBe(status);
    expect(bench.org.members('Readers')).toEqual(applied ? [ADA] : []);
    expect(bench.org.calls().at(-1)).toMatchObject({ status, applied });
    expect((await bench.post(joinReaders)).body.result).toBe('success');
  });

  test.each([true, false])('a reset connection rejects as fetch does; applied: %s', async (applied) => {
    const bench = aBench();
    bench.org.queueFaults([fault({ kind: 'reset', applied })]);
    await expect(bench.post(joinReaders)).rejects.toThrow(TypeError);
    expect(bench.org.members('Readers')).toEqual(applied ? [ADA] : []);
    expect(bench.org.calls().at(-1)).toMatchObject({ status: 0, applied });
  });

  test('a slow answer is the right answer, late', async () => {
    const bench = aBench();
    bench.org.queueFaults([fault({ kind: 'slow', ms: 60_000 })]);
    expect((await bench.post(joinReaders)).body.result).toBe('success');
    expect(bench.waits).toEqual([60_000]);
  });

  test('a late effect: 504 now, applied afterwards, also after newer commands (F36)', async () => {
    const bench = aBench();
    bench.org.queueFaults([fault({ kind: 'late', ms: 30_000 })]);
    expect((await bench.post(joinReaders)).status).toBe(504);
    await bench.post([{ user: ADA, do: [remove('Readers')] }]);
    bench.advance(29_999);
    await bench.post([{ user: ADA, do: [add('Chat Viewer')] }]);
    expect(held(bench, ADA)).toEqual(['Chat Viewer']);
    bench.advance(1);
    await bench.get(`${BASE}/organizations/{org}/users/${ADA}`);
    expect(held(bench, ADA)).toEqual(['Chat Viewer', 'Readers']);
  });

  test('a throttle that blocks holds every endpoint for its time', async () => {
    const bench = aBench();
    bench.org.queueFaults([fault({ kind: 'throttle', retryAfterSeconds: 600, blocks: true })]);
    await bench.post(joinReaders);
    bench.advance(599_000);
    expect((await bench.get(`${BASE}/groups/{org}/0`)).status).toBe(429);
    bench.advance(1000);
    expect((await bench.get(`${BASE}/groups/{org}/0`)).status).toBe(200);
  });

  test('one command of a 200 fails with a given code and is not applied', async () => {
    const bench = aBench();
    bench.org.queueFaults([fault({ kind: 'command', code: 'error.internal.exceptionflys', index: 1 })]);
    const answer = await bench.post([...joinReaders, { user: 'ben@example.com', do: [add('Readers')] }]);
    expect(problems(answer)).toEqual(['1.0 error.internal.exceptionflys']);
    expect(bench.org.members('Readers')).toEqual([ADA]);
  });

  test('an answer can be made to contradict itself (F38)', async () => {
    const bench = aBench();
    bench.org.queueFaults([fault({ kind: 'merge', fields: { result: 'partial', completed: 0 } })]);
    expect((await bench.post(joinReaders)).body).toMatchObject({
      result: 'partial',
      completed: 0,
      notCompleted: 0,
    });
    expect(bench.org.members('Readers')).toEqual([ADA]);
  });

  test('a fault waits for its endpoint, and commands faults for an action call', async () => {
    const bench = aBench();
    bench.org.queueFaults([
      fault({ kind: 'status', status: 503, endpoint: 'groups' }),
      fault({ kind: 'status', status: 500, endpoint: 'token' }),
      fault({ kind: 'command', code: 'error.internal.add' }),
    ]);
    expect(await bench.token()).toBe('');
    expect((await bench.get(`${BASE}/users/{org}/0`)).status).toBe(200);
    expect((await bench.get(`${BASE}/groups/{org}/0`)).status).toBe(503);
    expect(problems(await bench.post(joinReaders))).toEqual(['0.0 error.internal.add']);
    expect(bench.org.state().meta.faults).toEqual([]);
  });
});

describe('umapi.md 20 faults by sentinel users', () => {
  const create = (user: string) => [{ user, do: [federated(user), add('Readers')] }];

  test.each<[string, number[], boolean[]]>([
    ['sim-500.a@example.com', [500, 500, 500], [false, false, false]],
    ['sim-502.a@example.com', [502, 200], [false, true]],
    ['sim-503.a@example.com', [503, 200], [false, true]],
    ['sim-504.a@example.com', [504, 200], [false, true]],
    ['sim-504-x2.a@example.com', [504, 504, 200], [false, false, true]],
    ['sim-504-applied.a@example.com', [504, 200], [true, true]],
    ['sim-empty.a@example.com', [200, 200], [true, true]],
    ['sim-html.a@example.com', [502, 200], [false, true]],
    ['sim-slow.a@example.com', [200, 200], [true, true]],
    ['sim-late-effect.a@example.com', [504, 200], [false, true]],
  ])('%s', async (user, statuses, applied) => {
    const bench = aBench();
    const seen: { status: number; there: boolean }[] = [];
    for (const _ of statuses) {
      const { status } = await bench.post(create(user));
      seen.push({ status, there: bench.org.members('Readers').includes(user) });
    }
    expect(seen.map(({ status }) => status)).toEqual(statuses);
    expect(seen.map(({ there }) => there)).toEqual(applied);
  });

  test.each([
    ['sim-lost-answer.a@example.com', true],
    ['sim-reset.a@example.com', false],
  ])('%s breaks the connection once; applied: %s', async (user, applied) => {
    const bench = aBench();
    await expect(bench.post(create(user))).rejects.toThrow('fetch failed');
    expect(bench.org.members('Readers')).toEqual(applied ? [user] : []);
    expect((await bench.post(create(user))).status).toBe(200);
  });

  test.each([
    ['sim-throttled-backend.a@example.com', ['0.0 error.throttled_by_external_service'], []],
    [
      'sim-create-failed.a@example.com',
      ['0.0 error.internal.create_failed', '0.1 error.user.not_found'],
      ['0.0 error.internal.create_failed', '0.1 error.user.not_found'],
    ],
    [
      'sim-internal-add.a@example.com',
      ['0.1 error.internal.add'],
      ['0.0 error.user.already_in_org', '0.1 error.internal.add'],
    ],
  ])('%s fails alone inside a 200', async (user, first, second) => {
    const bench = aBench();
    const others = [{ user: ADA, do: [add('Readers')] }];
    expect(problems(await bench.post([...create(user), ...others]))).toEqual(first);
    expect(bench.org.members('Readers')).toEqual([ADA]);
    expect(problems(await bench.post(create(user)))).toEqual(second);
  });

  test('a sentinel in a usergroup list counts too', async () => {
    const bench = aBench();
    bench.hand(person('sim-503.b@example.com'));
    const commands = [{ usergroup: 'Readers', do: [{ add: { user: ['sim-503.b@example.com'] } }] }];
    expect((await bench.post(commands)).status).toBe(503);
  });
});

describe('umapi.md 20 faults by chance', () => {
  test.each([
    ['status500', 500],
    ['status502', 502],
    ['status504', 504],
    ['html', 502],
    ['emptyAnswer', 200],
    ['lateEffect', 504],
  ])('%s', async (name, status) => {
    const bench = aBench({ randomFaults: { [name]: 1 } });
    const answer = await bench.post(joinReaders);
    expect([answer.status, answer.body.result]).toEqual([status, undefined]);
  });

  test.each(['reset', 'lostAnswer'])('%s', async (name) => {
    await expect(aBench({ randomFaults: { [name]: 1 } }).post(joinReaders)).rejects.toThrow('fetch failed');
  });

  test('backendThrottle hits single commands; slow delays', async () => {
    const bench = aBench({ randomFaults: { backendThrottle: 1, slow: 1 } });
    expect(problems(await bench.post(joinReaders))).toEqual(['0.0 error.throttled_by_external_service']);
    expect(bench.waits).toEqual([60_000]);
  });

  test('a chance of a half hits about half of the calls, the same ones for the same seed', async () => {
    const statuses = async (): Promise<number[]> => {
      const bench = aBench({ randomFaults: { status500: 0.5 } });
      const seen: number[] = [];
      for (let n = 0; n < 100; n += 1) seen.push((await bench.post(joinReaders)).status);
      return seen;
    };
    const first = await statuses();
    const hits = first.filter((status) => status === 500).length;
    expect(hits).toBeGreaterThan(30);
    expect(hits).toBeLessThan(70);
    expect(await statuses()).toEqual(first);
  });
});

describe('umapi.md 20 time', () => {
  test('latency lies in its range', async () => {
    const bench = aBench({ latencyMs: [200, 2000] });
    await bench.post(joinReaders);
    const [wait = 0] = bench.waits;
    expect(wait).toBeGreaterThanOrEqual(200);
    expect(wait).toBeLessThanOrEqual(2000);
  });

  test('replication: reads and later adds see a new person late, the same command at once', async () => {
    const bench = aBench({ replicationDelayMs: [MINUTE, MINUTE] });
    const user = 'new@example.com';
    const read = async () => (await bench.get(`${BASE}/organizations/{org}/users/${user}`)).status;
    const listed = async () =>
      (await bench.get(`${BASE}/users/{org}/0`)).body.users?.some(({ email }) => email === user);
    expect((await bench.post([{ user, do: [federated(user), add('Readers')] }])).body.result).toBe('success');
    const early = await bench.post([{ user, do: [add('Agents')] }]);
    expect(early.body.errors?.[0]).toMatchObject({
      errorCode: 'error.user.nonexistent',
      message: `User Id does not exist: ${user}`,
    });
    expect([await read(), await listed()]).toEqual([404, false]);
    bench.advance(MINUTE);
    expect([await read(), await listed()]).toEqual([200, true]);
    expect((await bench.post([{ user, do: [add('Agents')] }])).body.result).toBe('success');
  });

  test('replication: reads show memberships late, joining and leaving', async () => {
    const bench = aBench();
    bench.hand({ action: 'grant', email: ADA, group: 'Agents' });
    bench.org.turnKnobs({ replicationDelayMs: [MINUTE, MINUTE] });
    await bench.post([{ user: ADA, do: [add('Readers'), remove('Agents')] }]);
    const shown = async () => (await bench.get(`${BASE}/organizations/{org}/users/${ADA}`)).body.user?.groups;
    const members = async (group: string) =>
      (await bench.get(`${BASE}/users/{org}/0/${group}`)).body.users?.map(({ email }) => email);
    expect([await shown(), await members('Agents'), await members('Readers')]).toEqual([
      ['Agents'],
      [ADA],
      [],
    ]);
    bench.advance(MINUTE);
    expect([await shown(), await members('Agents'), await members('Readers')]).toEqual([
      ['Readers'],
      [],
      [ADA],
    ]);
  });
});

test('asFetch makes the org a fetch for a client', async () => {
  const bench = aBench();
  const response = await asFetch(bench.org)('https://usermanagement.adobe.io/status', { method: 'GET' });
  expect(await response.json()).toMatchObject({ state: 'LIVE' });
});
