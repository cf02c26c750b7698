import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryAfter } from '../../lambdas/adobe/retry-after.ts';

const now = Date.UTC(2026, 2, 1, 12, 0, 0);
const DAY_MS = 86_400_000;

describe('Retry-After (F32, umapi.md 4.1), as a wait from now, one second more than told', () => {
  const rows: { header: string | null | undefined; waitMs: number | undefined }[] = [
    { header: '0', waitMs: 1_000 },
    { header: '1', waitMs: 2_000 },
    { header: '38', waitMs: 39_000 },
    { header: ' 3244 ', waitMs: 3_245_000 },
    { header: '86400', waitMs: DAY_MS + 1_000 },
    { header: '1.5', waitMs: 2_500 },
    { header: '99999999999999999999', waitMs: DAY_MS + 1_000 },
    { header: '9'.repeat(400), waitMs: DAY_MS + 1_000 },
    { header: 'Sun, 01 Mar 2026 12:00:41 GMT', waitMs: 42_000 },
    { header: 'Sunday, 01-Mar-26 12:00:41 GMT', waitMs: 42_000 },
    { header: 'Sun Mar  1 12:00:41 2026', waitMs: 42_000 },
    { header: 'Sun, 01 Mar 2020 12:00:41 GMT', waitMs: 1_000 },
    { header: 'Sun, 01 Mar 2099 12:00:41 GMT', waitMs: DAY_MS + 1_000 },
    { header: 'Sun, 99 Mar 2026 12:00:41 GMT', waitMs: undefined },
    { header: '-5', waitMs: undefined },
    { header: '1e9', waitMs: undefined },
    { header: 'soon', waitMs: undefined },
    { header: '2026-03-01T12:00:41Z', waitMs: undefined },
    { header: '', waitMs: undefined },
    { header: null, waitMs: undefined },
    { header: undefined, waitMs: undefined },
  ];
  test.each(rows)('$header', ({ header, waitMs }) => {
    expect(retryAfter(header, now)).toBe(waitMs === undefined ? undefined : now + waitMs);
  });

  test('is total: any text gives nothing or an instant within a day', () => {
    const text = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.date().map(String),
      fc.stringMatching(/^[\d.,eE+-]*$/),
    );
    fc.assert(
      fc.property(text, (header) => {
        const until = retryAfter(header, now);
        if (until === undefined) return;
        expect(until).toBeGreaterThanOrEqual(now + 1_000);
        expect(until).toBeLessThanOrEqual(now + DAY_MS + 1_000);
      }),
    );
  });
});
