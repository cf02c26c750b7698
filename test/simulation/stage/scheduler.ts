/**
 * One thread, one clock, one queue. Whatever leaves the product waits here for its moment: every call of the table, of
 * Adobe, of the token service, and every sleep. The loop takes the earliest moment, lets it happen, and goes on when
 * nothing moves any more; so a run is a function of its tapes (I20), and a task can die at every call it makes.
 */

export interface Task {
  readonly id: number;
  readonly name: string;
  alive: boolean;
  /** Calls it made (I15). */
  calls: number;
  /** Set while it runs; told when it is killed. */
  onKill?: () => void;
}

export type Ended<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'killed' };

/** How a waiting call is brought to its end. */
export interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

interface Moment {
  readonly at: number;
  readonly order: number;
  readonly task: Task | undefined;
  readonly fire: () => void | Promise<void>;
}

export interface Scheduler {
  /** Epoch milliseconds; never steps back. */
  now(): number;
  /** Counts moments: the order of everything that happened. */
  step(): number;
  spawn<T>(name: string, work: (task: Task) => Promise<T>): Promise<Ended<T>>;
  kill(task: Task): void;
  /** Waits `ms`, then `fire` decides how the call ends. A call of a dead task never ends. */
  call<T>(task: Task, ms: number, fire: (settle: Settle<T>) => void | Promise<void>): Promise<T>;
  /** Something outside of every task. */
  after(ms: number, fire: () => void | Promise<void>): void;
  sleep(task: Task | undefined, ms: number): Promise<void>;
  /** Runs until `done`; `afterStep` follows every moment. @throws Stuck when nothing is left to wait for */
  run(done: () => boolean, afterStep?: () => void): Promise<void>;
}

/** A task waits for something that the scheduler knows nothing of: a real timer, real I/O, or a promise nobody keeps. */
export class Stuck extends Error {
  constructor(tasks: readonly Task[]) {
    super(
      `nothing left to happen, but still at work: ${tasks.map((task) => task.name).join(', ') || 'the run itself'}`,
    );
    this.name = 'Stuck';
  }
}

/** Resolves when all that can run without a moment has run: microtasks come before the next turn of the loop. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function createScheduler(startsAt: number): Scheduler {
  const queue = createQueue();
  const tasks = new Set<Task>();
  let now = startsAt;
  let order = 0;
  let step = 0;
  let lastTask = 0;
  const add = (ms: number, task: Task | undefined, fire: Moment['fire']): void => {
    order += 1;
    // Whole milliseconds, as every real clock of the product counts.
    queue.push({ at: now + Math.max(0, Math.ceil(ms)), order, task, fire });
  };
  const call = <T>(task: Task, ms: number, fire: (settle: Settle<T>) => void | Promise<void>): Promise<T> => {
    task.calls += 1;
    return new Promise<T>((resolve, reject) => {
      if (task.alive) add(ms, task, () => fire({ resolve, reject }));
    });
  };
  return {
    now: () => now,
    step: () => step,
    spawn: (name, work) => {
      lastTask += 1;
      const task: Task = { id: lastTask, name, alive: true, calls: 0 };
      tasks.add(task);
      return spawned(task, work).finally(() => tasks.delete(task));
    },
    kill: (task) => {
      task.alive = false;
      tasks.delete(task);
      task.onKill?.();
    },
    call,
    after: (ms, fire) => add(ms, undefined, fire),
    sleep: (task, ms) =>
      new Promise((resolve) => {
        add(ms, task, () => resolve());
      }),
    run: async (done, afterStep) => {
      await quiet();
      while (!done()) {
        const moment = queue.pop();
        if (moment === undefined) throw new Stuck([...tasks]);
        if (moment.task?.alive === false) continue;
        now = Math.max(now, moment.at);
        step += 1;
        await moment.fire();
        await quiet();
        afterStep?.();
      }
    },
  };
}

async function spawned<T>(task: Task, work: (task: Task) => Promise<T>): Promise<Ended<T>> {
  const killed = new Promise<Ended<T>>((resolve) => {
    task.onKill = () => resolve({ kind: 'killed' });
  });
  const worked = work(task).then(
    (value): Ended<T> => ({ kind: 'done', value }),
    (error: unknown): Ended<T> => ({ kind: 'failed', error }),
  );
  const ended = await Promise.race([worked, killed]);
  task.alive = false;
  return ended;
}

interface Queue {
  push(moment: Moment): void;
  pop(): Moment | undefined;
}

const isBefore = (a: Moment, b: Moment): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap by time, then by the order of arrival. */
function createQueue(): Queue {
  const heap: Moment[] = [];
  const swap = (a: number, b: number): void => {
    const [one, two] = [heap[a], heap[b]];
    if (one === undefined || two === undefined) return;
    heap[a] = two;
    heap[b] = one;
  };
  const before = (a: number, b: number): boolean => {
    const [one, two] = [heap[a], heap[b]];
    return one !== undefined && two !== undefined && isBefore(one, two);
  };
  return {
    push: (moment) => {
      let at = heap.push(moment) - 1;
      while (at > 0 && before(at, (at - 1) >> 1)) {
        swap(at, (at - 1) >> 1);
        at = (at - 1) >> 1;
      }
    },
    pop: () => {
      const [first] = heap;
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      heap[0] = last;
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2];
        const least = before(right, left) ? right : left;
        if (!before(least, at)) return first;
        swap(least, at);
        at = least;
      }
    },
  };
}
