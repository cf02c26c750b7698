/** The suite can fail: servers with one fault each, and the check that sees it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discoveryBreakages } from './breakages-discovery.ts';
import { listBreakages } from './breakages-lists.ts';
import { patchBreakages } from './breakages-patch.ts';
import { resourcesBreakages } from './breakages-resources.ts';
import { writesBreakages } from './breakages-writes.ts';
import { openServing, type Serving } from './serving.ts';

const breakages = [
  ...discoveryBreakages,
  ...resourcesBreakages,
  ...writesBreakages,
  ...patchBreakages,
  ...listBreakages,
];

let serving: Serving;

beforeAll(async () => {
  serving = await openServing();
});

afterAll(async () => {
  await serving.close();
});

describe('a server with one fault is caught', () => {
  test('there are at least 40 faults, each seen by a check of its own or for its own reason', () => {
    expect(breakages.length).toBeGreaterThanOrEqual(40);
    expect(new Set(breakages.map(({ breaks }) => breaks)).size).toBe(breakages.length);
    expect(new Set(breakages.map(({ caughtBy }) => caughtBy)).size).toBeGreaterThanOrEqual(40);
  });

  test('the same checks pass on the server without a fault', async () => {
    const ids = new Set(breakages.flatMap(({ caughtBy, also = [] }) => [caughtBy, ...also]));
    const { results } = await serving.judge(({ id }) => ids.has(id));
    expect(results.length, 'a breakage names a check that does not exist').toBe(ids.size);
    const failed = results.filter(({ grade }) => grade !== 'pass');
    expect(failed.map(({ check, reason }) => `${check.id}: ${reason}`)).toEqual([]);
  }, 180_000);

  test.each(breakages)('that $breaks, by $caughtBy', async ({ caughtBy, also = [], proxy }) => {
    const { results } = await serving.judge(({ id }) => id === caughtBy || also.includes(id), {
      send: proxy(serving.send),
    });
    const result = results.find(({ check }) => check.id === caughtBy);
    expect(['error', 'deviation']).toContain(result?.grade);
    expect(result?.reason).not.toMatch(/^could not be judged/);
  });
});
