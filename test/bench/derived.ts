/** Reads the table of `docs/performance.md` that was derived by hand: what an operation has to ask of DynamoDB. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Units } from './figures.ts';

export interface Derived extends Units {
  readonly calls: number;
}

const page = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');

/** By the name of the operation; rows whose figures are formulas are not in it. */
export function readDerived(text = readFileSync(page, 'utf8')): ReadonlyMap<string, Derived> {
  const [section = ''] = text.split('### Calls and units per operation').slice(1).join('').split('\n#');
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const found = new Map<string, Derived>();
  for (const [, label = '', , ...figures] of rows) {
    const [calls = 0, read = 0, write = 0, index = 0] = figures
      .slice(0, 4)
      .map((text) => Number(text.replaceAll(',', '')));
    if ([calls, read, write, index].every(Number.isInteger)) found.set(label, { calls, read, write, index });
  }
  if (found.size === 0) throw new Error('docs/performance.md has no table of calls and units');
  return found;
}
