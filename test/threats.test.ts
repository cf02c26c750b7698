/** `docs/threats.md` has every row once, with its state, and names only tests that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs', 'threats.md'), 'utf8');

interface Row {
  readonly id: string;
  readonly state: string;
  readonly proof: string;
}
const rows: readonly Row[] = text
  .split('\n')
  .filter((line) => /^\| T\d\d \|/.test(line))
  .map((line) => {
    const [, id = '', , state = '', , proof = ''] = line
      .split(' | ')
      .flatMap((cell) => cell.split(/^\| | \|$/));
    return { id, state, proof };
  });

interface Named {
  readonly path: string;
  readonly name: string | undefined;
}
/** `test/x.test.ts "a name"`, or a file alone. */
function named(proof: string): readonly Named[] {
  return [...proof.matchAll(/((?:test|docs)\/[\w./-]+)(?: "((?:[^"\\]|\\.)*)")?/g)].map(
    ([, path = '', name]) => ({
      path,
      name: name?.replaceAll('\\"', '"'),
    }),
  );
}

describe('the table of threats', () => {
  test('has every row from T01 to T56, once and in order', () => {
    expect(rows.map(({ id }) => id)).toEqual(
      Array.from({ length: 56 }, (_, at) => `T${String(at + 1).padStart(2, '0')}`),
    );
  });

  test('knows three states, and every row that is met has a proof', () => {
    expect(rows.filter(({ state }) => !['met', 'partly', 'later'].includes(state))).toEqual([]);
    expect(rows.filter(({ state, proof }) => state === 'met' && named(proof).length === 0)).toEqual([]);
  });

  test('names only tests that exist', () => {
    const all = rows.flatMap(({ proof }) => named(proof));
    expect(all.length).toBeGreaterThan(70);
    const missing = all.filter(({ path, name }) => {
      const file = join(root, path);
      if (!existsSync(file)) return true;
      return name !== undefined && !readFileSync(file, 'utf8').includes(name);
    });
    expect(missing).toEqual([]);
  });
});
