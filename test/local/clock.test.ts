import { expect, test } from 'vitest';
import { EPOCH0, scaledClock } from '../../local/clock.ts';

test('at speed 1 simulated time is real time', () => {
  expect(Math.abs(scaledClock(1).now() - Date.now())).toBeLessThan(50);
});

test('two clocks of one speed agree without talking, and run that much faster from the same instant', () => {
  const [one, other] = [scaledClock(60), scaledClock(60)];
  expect(Math.abs(one.now() - other.now())).toBeLessThan(60 * 50);
  const expected = EPOCH0 + (Date.now() - EPOCH0) * 60;
  expect(Math.abs(one.now() - expected)).toBeLessThan(60 * 50);
});

test('a sleep takes its simulated time, never less', async () => {
  const clock = scaledClock(600);
  const startedAt = clock.now();
  await clock.sleep(12_000);
  expect(clock.now() - startedAt).toBeGreaterThanOrEqual(12_000);
  expect(clock.realMs(12_000)).toBe(20);
});

test('an aborted sleep rejects', async () => {
  const gone = new AbortController();
  const sleep = scaledClock(1).sleep(60_000, gone.signal);
  gone.abort();
  await expect(sleep).rejects.toThrow();
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('speed %s is refused', (speed) => {
  expect(() => scaledClock(speed)).toThrow(RangeError);
});
