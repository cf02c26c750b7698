/** Filters against a second opinion: an evaluator that shares no code with the server (T33). */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GROUP, USER } from '../../lambdas/scim/attributes.ts';
import { FILTER_LIMITS, parseFilter, printFilter } from '../../lambdas/scim/filter.ts';
import { checkFilter, matches } from '../../lambdas/scim/matches.ts';
import { group, groupFilter, hand, user, userFilter, write } from './filter-arbitraries.ts';
import { holds, isSensible, type Wanted } from './naive-filter.ts';
import { refusal } from './refusal.ts';

const RUNS = 10_000;
const isShort = (text: string) => text.length <= FILTER_LIMITS.characters;
/** The only lists that do not nest in the naive tree nest once more in the text. */
const depthOf = (text: string) => {
  let [open, deepest] = [0, 0];
  for (const character of text.replaceAll(/"(?:\\.|[^"\\])*"/g, '')) {
    if ('(['.includes(character)) open += 1;
    if (')]'.includes(character)) open -= 1;
    deepest = Math.max(deepest, open);
  }
  return deepest;
};
const clausesOf = (wanted: Wanted): number => {
  if ('all' in wanted) return wanted.all.reduce((sum, part) => sum + clausesOf(part), 0);
  if ('any' in wanted) return wanted.any.reduce((sum, part) => sum + clausesOf(part), 0);
  if ('not' in wanted) return clausesOf(wanted.not);
  return 'among' in wanted ? clausesOf(wanted.one) : 1;
};
const fits = (wanted: Wanted, text: string) =>
  isShort(text) && depthOf(text) <= FILTER_LIMITS.depth && clausesOf(wanted) <= FILTER_LIMITS.clauses;

describe.each([
  ['users', USER, user, userFilter],
  ['groups', GROUP, group, groupFilter],
] as const)('%s', (_label, kind, resource, filter) => {
  test('a filter selects what the naive evaluator selects, and is refused where that sees no sense (T33)', () => {
    const seen = { yes: 0, no: 0, refused: 0, tooBig: 0 };
    fc.assert(
      fc.property(filter, hand, resource, (wanted, by, stored) => {
        const text = write(wanted, by);
        if (!fits(wanted, text)) {
          seen.tooBig += 1;
          expect(refusal(() => parseFilter(text))).toEqual([400, 'invalidFilter']);
          return;
        }
        const tree = parseFilter(text);
        if (!isSensible(wanted)) {
          seen.refused += 1;
          expect([text, refusal(() => checkFilter(tree, kind))]).toEqual([text, [400, 'invalidFilter']]);
          return;
        }
        checkFilter(tree, kind);
        const expected = holds(wanted, stored, kind === GROUP);
        seen[expected ? 'yes' : 'no'] += 1;
        if (matches(tree, kind, stored) !== expected)
          expect([text, stored]).toEqual(expected ? 'selected' : 'not selected');
      }),
      { numRuns: RUNS },
    );
    // The property says little when nearly everything falls on one side.
    expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(RUNS / 10);
    expect(seen.refused).toBeGreaterThan(0);
  });

  test('however a filter is written, printing its tree and parsing that gives the tree again (row 127)', () => {
    fc.assert(
      fc.property(filter, hand, hand, (wanted, one, other) => {
        const texts = [write(wanted, one), write(wanted, other)].map((text) => text);
        fc.pre(texts.every((text) => fits(wanted, text)));
        const [first, second] = texts.map((text) => parseFilter(text));
        if (first === undefined || second === undefined) throw new Error('two texts');
        const printed = printFilter(first);
        fc.pre(isShort(printed));
        expect(parseFilter(printed)).toEqual(first);
        // Names keep the case they were written in, and mean the same in any.
        expect(JSON.stringify(second).toLowerCase()).toBe(JSON.stringify(first).toLowerCase());
      }),
      { numRuns: RUNS },
    );
  });
});
