/** The arithmetic of the report, and the reading of the derived table. */
import { describe, expect, test } from 'vitest';
import { readDerived } from './derived.ts';
import { isKept, shownReport } from './family.ts';
import { dollars, median, percentile, shown, shownBar, table } from './figures.ts';

describe('figures', () => {
  test('the median is the middle, or the mean of the two in the middle, whatever the order', () => {
    expect([median([9, 1, 5]), median([4, 1, 3, 2]), median([7])]).toEqual([5, 2.5, 7]);
    expect(() => median([])).toThrow(RangeError);
  });

  test('a percentile lies between the two nearest ranks', () => {
    const values = Array.from({ length: 101 }, (_, at) => at);
    expect([0, 50, 95, 100].map((percent) => percentile(values, percent))).toEqual([0, 50, 95, 100]);
    expect(percentile([10, 20], 95)).toBeCloseTo(19.5);
  });

  test('an entry of the index costs what an item costs, and a write five reads', () => {
    expect(dollars({ read: 1_000_000, write: 0, index: 0 })).toBe(0.125);
    expect(dollars({ read: 0, write: 400_000, index: 600_000 })).toBe(0.625);
  });

  test('numbers are shown with as many digits as they carry', () => {
    expect([12_345, 123.456, 12.345, 1.2345].map(shown)).toEqual(['12,345', '123', '12.3', '1.23']);
    expect(shownBar({ most: 1.5 })).toBe('at most 1.50');
    expect(table(['a', 'bb'], [['ccc', '1']])).toBe('a    bb\nccc   1');
  });

  test('a figure that misses its bar is called broken', () => {
    const verdict = { what: 'ratio', value: 1.6, bar: { most: 1.5 } };
    expect([isKept(verdict), isKept({ ...verdict, value: 1.5 })]).toEqual([false, true]);
    expect(isKept({ ...verdict, bar: { least: 1.7 } })).toBe(false);
    expect(shownReport({ tables: [], verdicts: [verdict], data: {} })).toContain('BROKEN');
  });
});

describe('the derived table', () => {
  test('is read row by row; rows with formulas stay out', () => {
    const text =
      '### Calls and units per operation\n\n| operation | calls, in order | calls | read | write | index |\n| --- | --- | ---: | ---: | ---: | ---: |\n' +
      '| create | get t | 3 | 2 | 1,064 | 1 |\n| get g | get t | 4 | 3 + g | 0 | 0 |\n' +
      '\n### Figures\n\n| create | of another table | 1 | 1 | 1 | 1 |\n';
    expect([...readDerived(text)]).toEqual([['create', { calls: 3, read: 2, write: 1_064, index: 1 }]]);
    expect(() => readDerived('nothing')).toThrow('no table');
  });
});
