/** `docs/hardening.md` has every line once, with its state, and names only tests that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const rows = readFileSync(join(root, 'docs/hardening.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| H\d\d /.test(line))
  .map((line) => line.split(' | '))
  .map(([line = '', state = '', how = '', proof = '']) => ({ id: line.slice(2, 5), state, how, proof }));

test('every line stands once and in order', () => {
  expect(rows.map(({ id }) => id)).toEqual(
    Array.from({ length: 42 }, (_, at) => `H${String(at + 1).padStart(2, '0')}`),
  );
});

test('a line that is met has a proof, one that is not has a reason', () => {
  expect(rows.filter(({ state }) => !['met', 'partly', 'yours', 'not'].includes(state))).toEqual([]);
  expect(rows.filter(({ state, proof }) => state === 'met' && !proof.includes('test/'))).toEqual([]);
  expect(rows.filter(({ how }) => how.length < 6)).toEqual([]);
});

test('only tests that exist are named', () => {
  const named = rows.flatMap(({ proof }) => [...proof.matchAll(/((?:test|docs)\/[\w./-]+)(?: "([^"]*)")?/g)]);
  expect(named.length).toBeGreaterThan(35);
  const missing = named.filter(([, path = '', name]) => {
    const file = join(root, path);
    return !existsSync(file) || (name !== undefined && !readFileSync(file, 'utf8').includes(name));
  });
  expect(missing.map(([text]) => text)).toEqual([]);
});
