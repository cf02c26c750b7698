/** The simulator's own parts: what they promise to the runs that trust them. */
import { describe, expect, test } from 'vitest';
import { ALWAYS, openHistory, registers } from './oracle/history.ts';
import { sentIn } from './oracle/sent.ts';
import { commandFor } from './report.ts';
import type { Outcome, RunOptions } from './run.ts';
import { shrink } from './shrink.ts';
import { openFaults } from './stage/faults.ts';
import { createScheduler, Stuck } from './stage/scheduler.ts';
import { openTape } from './stage/tape.ts';
import { drawWorkload } from './traffic/operations.ts';

describe('tapes', () => {
  test('repeat for one seed and purpose, and differ between purposes', () => {
    const draw = (seed: number, name: string) => Array.from({ length: 20 }, openTape(seed, name).random);
    expect(draw(1, 'workload')).toEqual(draw(1, 'workload'));
    expect(draw(1, 'workload')).not.toEqual(draw(1, 'schedule'));
    expect(draw(1, 'workload')).not.toEqual(draw(2, 'workload'));
  });

  test('a workload is drawn from its tape alone', () => {
    expect(drawWorkload(openTape(7, 'workload'))).toEqual(drawWorkload(openTape(7, 'workload')));
  });

  test('a fault that is spared leaves the draws behind it where they were', () => {
    const allowed = new Set(['storeThrottle'] as const);
    const open = (spared: Set<number>) =>
      openFaults(openTape(3, 'schedule'), openTape(5, 'swarm'), { allowed, spared, step: () => 0 });
    const [whole, without] = [open(new Set()), open(new Set([2]))];
    for (let at = 0; at < 2_000; at++) {
      whole.draw(['storeThrottle']);
      without.draw(['storeThrottle']);
    }
    expect(whole.struck.length).toBeGreaterThan(5);
    expect(without.struck.map((one) => one.number)).toEqual(
      whole.struck.map((one) => one.number).filter((number) => number !== 2),
    );
  });
});

describe('the scheduler', () => {
  test('lets things happen in the order of their time, and of their asking within one', async () => {
    const scheduler = createScheduler(0);
    const seen: string[] = [];
    for (const [ms, name] of [
      [5, 'c'],
      [1, 'a'],
      [5, 'd'],
      [1, 'b'],
    ] as const)
      scheduler.after(ms, () => void seen.push(name));
    await scheduler.run(() => seen.length === 4);
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(scheduler.now()).toBe(5);
  });

  test('a killed task never goes on, and its call never happens', async () => {
    const scheduler = createScheduler(0);
    let wentOn = false;
    let happened = false;
    const ended = scheduler.spawn('task', async (task) => {
      scheduler.after(1, () => scheduler.kill(task));
      await scheduler.call<void>(task, 2, ({ resolve }) => {
        happened = true;
        resolve();
      });
      wentOn = true;
    });
    let done = false;
    scheduler.after(10, () => {
      done = true;
    });
    await scheduler.run(() => done);
    expect(await ended).toEqual({ kind: 'killed' });
    expect([wentOn, happened]).toEqual([false, false]);
  });

  test('what waits for anything else than the scheduler is told from a run that ended', async () => {
    const scheduler = createScheduler(0);
    void scheduler.spawn('waits for ever', () => new Promise(() => undefined));
    await expect(scheduler.run(() => false)).rejects.toThrow(Stuck);
  });
});

describe('the history', () => {
  const sure = (start: number, end: number) => ({ start, end, sure: true });
  const perhaps = (start: number, end: number) => ({ start, end, sure: false });
  const name = registers.user('u', 'userName');
  const cases: [string, [string, ReturnType<typeof sure>][], string, boolean][] = [
    [
      'the last acknowledged value',
      [
        ['a', sure(1, 2)],
        ['b', sure(3, 4)],
      ],
      'b',
      true,
    ],
    [
      'one that an acknowledged write strictly followed',
      [
        ['a', sure(1, 2)],
        ['b', sure(3, 4)],
      ],
      'a',
      false,
    ],
    [
      'either of two that overlapped',
      [
        ['a', sure(1, 5)],
        ['b', sure(3, 4)],
      ],
      'a',
      true,
    ],
    [
      'one that may have happened',
      [
        ['a', sure(1, 2)],
        ['b', perhaps(3, 4)],
      ],
      'b',
      true,
    ],
    [
      'the one before a write that may have happened',
      [
        ['a', sure(1, 2)],
        ['b', perhaps(3, 4)],
      ],
      'a',
      true,
    ],
    ['a value that nobody wrote', [['a', sure(1, 2)]], 'c', false],
  ];
  test.each(cases)('%s', (_, writes, value, explained) => {
    const history = openHistory();
    for (const [written, stretch] of writes) history.write(name, written, stretch);
    expect(history.doubt(name, value, ALWAYS) === undefined).toBe(explained);
  });

  test('a write that ends after a reading began need not show in it', () => {
    const history = openHistory();
    history.write(name, 'a', sure(1, 2));
    history.write(name, 'b', sure(3, 9));
    expect(history.doubt(name, 'a', { from: 5, to: 6 })).toBeUndefined();
    expect(history.doubt(name, 'a', { from: 10, to: 11 })).toBeDefined();
  });

  test('replacing the members of a group takes out everybody else (I02)', () => {
    const history = openHistory();
    history.write(registers.member('g', 'u'), 'in', sure(1, 2));
    history.replaceMembers('g', { members: new Set(['v']), stretch: sure(3, 4) });
    const doubt = (user: string, isMember: boolean) =>
      history.membershipDoubt('g', user, { isMember, reading: ALWAYS });
    expect([doubt('u', true) === undefined, doubt('u', false) === undefined]).toEqual([false, true]);
    expect([doubt('v', true) === undefined, doubt('v', false) === undefined]).toEqual([true, false]);
  });
});

test('commands on the wire are read as what they do', () => {
  const body = JSON.stringify([
    {
      user: 'a@example.com',
      requestID: 'account',
      do: [{ createFederatedID: { email: 'a@example.com' } }, { add: { group: ['G'] } }],
    },
    {
      usergroup: 'H',
      requestID: 'x',
      do: [{ add: { user: ['b@example.com'] } }, { remove: { user: ['c@example.com'] } }],
    },
  ]);
  expect(sentIn(body)).toMatchObject([
    { accountId: 'account', user: 'a@example.com', grants: ['G'], creates: true, command: 0 },
    { accountId: undefined, user: 'b@example.com', grants: ['H'], revokes: [], command: 1 },
    { accountId: undefined, user: 'c@example.com', grants: [], revokes: ['H'], command: 1 },
  ]);
});

test('a finding shrinks to the operations and faults that make it', async () => {
  const workload = drawWorkload(openTape(1, 'workload'));
  const simulate = async (options: RunOptions): Promise<Outcome> => {
    const operations = workload.operations.filter((one) => options.operations?.has(one.number) !== false);
    const struck = [1, 2, 3]
      .filter((number) => options.spared?.has(number) !== true)
      .map((number) => ({ number, kind: 'kill' as const, step: number }));
    const needs = operations.some((one) => one.number === 4) && operations.some((one) => one.number === 11);
    const broken = needs && struck.some((one) => one.number === 2);
    const violations = broken ? [{ rule: 'I01', text: 'lost', step: 9 }] : [];
    const counts = { steps: 0, actionCalls: 0, mostCalls: 0, simulatedMs: 0 };
    return {
      violations,
      workload: { ...workload, operations },
      struck,
      trace: [],
      excused: new Map(),
      ...counts,
    };
  };
  const options = { seed: 1, profile: 'strict' } as const;
  const small = await shrink(simulate, { options, outcome: await simulate(options) }, 500);
  expect(small.outcome.workload.operations.map((one) => one.number)).toEqual([4, 11]);
  expect(small.outcome.struck.map((one) => one.number)).toEqual([2]);
  expect(commandFor(small.options)).toContain('--only 4,11');
});
