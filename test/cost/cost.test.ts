/** The cost page stands on what this code asks for: counted anew, small, and against the model that the page shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alarmList } from '../../infra/alarm-list.ts';
import { readDerived } from '../bench/derived.ts';
import { countWork } from './count.ts';
import { assumed, counted, rowsOf } from './model.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operations.md'), 'utf8');

test('the table of costs is the arithmetic of the model', () => {
  for (const row of rowsOf()) expect(page).toContain(row);
  expect(assumed.alarms).toBe(Object.keys(alarmList).length);
});

test('the counted units are those of this code, give or take a fifth for the number of people', async () => {
  const counts = await countWork(60);
  const off: string[] = [];
  for (const name of ['idleMinute', 'create', 'join', 'provision'] as const) {
    const { read, write, index } = counts[name];
    for (const [kind, is] of [['read', read] as const, ['write', write + index] as const]) {
      const said = counted[name][kind];
      if (Math.abs(is - said) > Math.max(0.5, said / 5))
        off.push(`${name} ${kind}: ${is}, the model says ${said}`);
    }
  }
  expect(off).toEqual([]);
});

test('what requests ask is what docs/performance.md derives', () => {
  const derived = readDerived();
  const rows = {
    lookUp: 'look-up by userName, found',
    patch: 'patch, another title (nothing that Adobe has)',
    member: 'add or remove 1 member',
    leave: 'deactivate',
  } as const;
  for (const [name, row] of Object.entries(rows)) {
    const { read = 0, write = 0, index = 0 } = derived.get(row) ?? {};
    // By the table of names above.
    expect({ [row]: counted[name as keyof typeof rows] }).toEqual({ [row]: { read, write: write + index } });
  }
});
