import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, openIds, uuidOf, uuidV7 } from '../../lambdas/directory/ids.ts';

describe('ids (RFC 9562)', () => {
  test('a UUIDv7 says its version, its variant and its millisecond', () => {
    const id = uuidV7(Date.parse('2026-03-02T08:00:00Z'), randomBytes(10));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.parse('2026-03-02T08:00:00Z'));
  });

  test('sixteen bytes and back are the same id', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(uuidOf(bytesOf(id))).toBe(id);
      }),
    );
  });

  test('ids sort in the order they were made: within a millisecond, beyond 4,096 of them, and when the clock steps back (F23)', () => {
    const times = [1_000_000, ...Array<number>(9_000).fill(1_000_001), 999_000, 1_000_002, 1_000_500];
    let at = 0;
    const newId = openIds(
      () => times[at++] ?? 0,
      (length) => randomBytes(length),
    );
    const ids = times.map(() => newId());
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
