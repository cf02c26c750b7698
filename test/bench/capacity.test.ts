/** What an operation asks of DynamoDB is what the table of `docs/performance.md` says, derived by hand (design.md section 9). */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Counted, countUnits } from './capacity.ts';
import { readDerived } from './derived.ts';

let counted: readonly Counted[];
const derived = readDerived();

beforeAll(async () => {
  counted = await countUnits();
});

describe('calls and capacity units as the database reports them', () => {
  test('are those of the table, for every row with figures and nothing else', () => {
    expect(new Set(counted.map(({ operation }) => operation.label))).toEqual(new Set(derived.keys()));
    const report = counted.map(({ operation, units }) => [operation.name, units]);
    expect(report).toEqual(counted.map(({ operation }) => [operation.name, derived.get(operation.label)]));
  });
});
