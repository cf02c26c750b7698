/** `docs/scim-support.md` names every rule once, with its state and its proof. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sections } from '../conformance/checks/all.ts';

const root = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(root, 'docs', 'scim-support.md'), 'utf8');

interface Row {
  readonly number: number;
  readonly level: string;
  readonly state: string;
  readonly reason: string;
  readonly proof: string;
}
const rows: readonly Row[] = text
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => {
    const [, number = '', level = '', , state = '', reason = '', proof = ''] = line
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    return { number: Number(number), level, state, reason, proof };
  });

describe('the table of support', () => {
  test('has every row from 1 to 270, once and in order', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 270 }, (_, at) => at + 1));
  });

  test('knows three states, and says why a row is not simply met', () => {
    for (const { number, state, reason } of rows) {
      expect([number, ['yes', 'deviation', 'not applicable'].includes(state), reason.length > 15]).toEqual([
        number,
        true,
        true,
      ]);
    }
  });

  test('has at most 25 rows that do not apply, and deviates from no MUST', () => {
    expect(rows.filter(({ state }) => state === 'not applicable').length).toBeLessThanOrEqual(25);
    expect(rows.filter(({ state, level }) => state === 'deviation' && level.startsWith('MUST'))).toEqual([]);
  });

  test('names a proof for every row that is met', () => {
    expect(rows.filter(({ state, proof }) => state === 'yes' && proof.length < 5)).toEqual([]);
  });

  test('names for each row the checks of the suite that judge it, all of them and no others', () => {
    const checks = sections.flatMap((section) => section.checks);
    for (const { number, proof } of rows) {
      const judging = checks.filter((check) => check.rows.includes(number)).map(({ id }) => id);
      const named = [...proof.matchAll(/`([a-z]+\.[a-z0-9-]+)`/g)].map(([, id]) => id);
      expect([number, [...named].sort()]).toEqual([number, [...judging].sort()]);
    }
  });

  test('names only tests that exist', () => {
    const named = new Set(rows.flatMap(({ proof }) => proof.match(/test\/[a-z/-]+\.test\.ts/g) ?? []));
    expect(named.size).toBeGreaterThan(10);
    expect([...named].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('counts what it holds', () => {
    const count = (wanted: string) => rows.filter(({ state }) => state === wanted).length;
    expect(text).toContain(
      `${count('yes')} rows are met, ${count('deviation')} are deviations from a SHOULD with their reason, ${count('not applicable')} do not apply.`,
    );
  });
});
