/**
 * The one clock of everything that runs locally. Simulated time is a fixed linear function of real time, so that the
 * bridge and the simulated Adobe org, two processes that share no channel, agree about it as long as both were given
 * the same speed: limits per minute, two-hour clocks and grace periods all shrink together.
 * Invariant: at speed 1 simulated time is real time. Only this file and process entries read the machine's clock.
 */
import { setTimeout as waitRealMs } from 'node:timers/promises';

/** The instant at which simulated and real time coincide, whatever the speed. */
export const EPOCH0 = Date.UTC(2026, 0, 1);

/** `setTimeout` cannot wait longer than a signed 32-bit number of milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface Clock {
  /** Simulated now, epoch milliseconds. */
  now(): number;
  /** Waits simulated milliseconds; rejects when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** How many real milliseconds a simulated duration takes. */
  realMs(ms: number): number;
}

/** A clock that runs `speed` times as fast as the machine's. @throws RangeError when `speed` is not positive */
export function scaledClock(speed: number): Clock {
  if (!(speed > 0) || !Number.isFinite(speed)) {
    throw new RangeError(`The speed must be a number above 0, got ${speed}.`);
  }
  const now = (): number => Math.floor(EPOCH0 + (Date.now() - EPOCH0) * speed);
  const realMs = (ms: number): number => ms / speed;
  return {
    now,
    realMs,
    async sleep(ms, signal) {
      const wakeAt = now() + ms;
      // A timer may fire a moment early, which a high speed would turn into minutes: look again.
      for (let left = ms; left > 0; left = wakeAt - now()) {
        const timerMs = Math.min(Math.max(1, realMs(left)), LONGEST_TIMER_MS);
        await waitRealMs(timerMs, undefined, signal === undefined ? {} : { signal });
      }
    },
  };
}
