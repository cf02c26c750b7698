import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startProvisionLoop } from '../../local/provision-loop.ts';

/** A loop whose runs take `runMs` and which counts them and how many overlap. */
function counted({ runMs = 1, everyMs = 10_000, gatherMs = 5, fails = false } = {}) {
  const seen = { runs: 0, atOnce: 0, mostAtOnce: 0 };
  const loop = startProvisionLoop({
    everyMs,
    gatherMs,
    run: async () => {
      seen.runs += 1;
      seen.atOnce += 1;
      seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
      await delay(runMs);
      seen.atOnce -= 1;
      if (fails) throw new Error('no');
    },
  });
  return { loop, seen };
}

async function until(holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; !holds(); waitedMs += 5) {
    if (waitedMs > 5_000) throw new Error('it does not happen');
    await delay(5);
  }
}

describe('the provision loop', () => {
  test('looks once at its start, without being told', async () => {
    const { loop, seen } = counted();
    await until(() => seen.runs === 1);
    await loop.stop(100);
  });

  test('a burst of wake-ups is one look', async () => {
    const { loop, seen } = counted({ gatherMs: 30 });
    for (let i = 0; i < 50; i += 1) loop.wake();
    await until(() => seen.runs === 1);
    await delay(60);
    expect(seen.runs).toBe(1);
    await loop.stop(100);
  });

  test('a wake-up during a look means one more look after it, never two at once', async () => {
    const { loop, seen } = counted({ runMs: 30 });
    await until(() => seen.atOnce === 1);
    loop.wake();
    loop.wake();
    await until(() => seen.runs === 2 && seen.atOnce === 0);
    await delay(20);
    expect(seen).toMatchObject({ runs: 2, mostAtOnce: 1 });
    await loop.stop(100);
  });

  test('without wake-ups it looks at its interval, also after a look that failed', async () => {
    const { loop, seen } = counted({ everyMs: 10, fails: true });
    await until(() => seen.runs >= 4);
    await loop.stop(100);
  });

  test('stopping waits for the look underway and starts no other', async () => {
    const { loop, seen } = counted({ runMs: 40, everyMs: 1 });
    await until(() => seen.atOnce === 1);
    loop.wake();
    await loop.stop(1_000);
    const { runs, atOnce } = seen;
    expect(atOnce).toBe(0);
    await delay(30);
    expect(seen.runs).toBe(runs);
  });
});
