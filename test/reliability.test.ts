/** `docs/reliability.md` names every promise and every fault once, with tests that exist and that cite the row. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8');

interface Proof {
  readonly path: string;
  readonly name: string;
}
interface Row {
  readonly id: string;
  /** Of a fault only. */
  readonly state: string | undefined;
  readonly proofs: readonly Proof[];
}

const rows: readonly Row[] = text
  .split('\n')
  .filter((line) => /^\| [IF]\d\d \|/.test(line))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, id = ''] = cells;
    const proofs = [...(cells.at(-2) ?? '').matchAll(/`(test\/[\w/-]+\.test\.ts)`: (.*?)(?=<br>|$)/g)];
    return {
      id,
      state: id.startsWith('F') ? cells.at(-3) : undefined,
      proofs: proofs.map(([, path = '', name = '']) => ({ path, name })),
    };
  });

const numbered = (letter: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${letter}${String(at + 1).padStart(2, '0')}`);
const sourceOf = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the table of reliability', () => {
  test('has I01 to I20 and F01 to F58, once and in order', () => {
    expect(rows.map(({ id }) => id)).toEqual([...numbered('I', 20), ...numbered('F', 58)]);
  });

  test('names only tests that exist, by words of their names', () => {
    const proofs = rows.flatMap(({ id, proofs: some }) => some.map((one) => ({ id, ...one })));
    expect(proofs.length).toBeGreaterThan(100);
    expect(proofs.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
    expect(proofs.filter(({ path, name }) => name.length < 5 || !sourceOf(path).includes(name))).toEqual([]);
  });

  test('names a test for every fault, and one of them cites its number', () => {
    const faults = rows.filter(({ id }) => id.startsWith('F'));
    expect(faults.filter(({ proofs }) => proofs.length === 0)).toEqual([]);
    const uncited = faults.filter(
      ({ id, proofs }) => !proofs.some(({ path }) => cites(sourceOf(path)).includes(id)),
    );
    expect(uncited.map(({ id }) => id)).toEqual([]);
  });

  test('knows three states, counts them, and says what is missing where a row is not proved', () => {
    const count = (wanted: string) => rows.filter(({ state }) => state === wanted).length;
    expect(count('proved') + count('partly') + count('open')).toBe(58);
    expect(text).toContain(
      `Of 58 rows ${count('proved')} are proved, ${count('partly')} partly, ${count('open')} is open.`,
    );
    const unproved = text.slice(text.indexOf('## What is not proved'));
    for (const { id, state } of rows)
      if (state === 'partly' || state === 'open') expect(unproved).toContain(id);
  });
});

/** Row numbers in a file, ranges such as F34-F40 included. */
function cites(source: string): string[] {
  const ranges = [...source.matchAll(/F(\d\d)-F(\d\d)/g)].flatMap(([, from, to]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) + at),
  );
  const single = [...source.matchAll(/\bF(\d\d)\b/g)].map(([, number]) => Number(number));
  return [...ranges, ...single].map((number) => `F${String(number).padStart(2, '0')}`);
}
