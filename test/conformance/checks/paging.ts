/** Index paging (checklist rows 147-153). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectList, expectSameSet, expectThat } from '../expect.ts';
import { read } from '../json.ts';
import { idsOf, page } from './cursors.ts';

export const indexPaging: Section = {
  title: 'Index paging',
  checks: [
    check(
      'page.start-below-one',
      { rule: 'a startIndex below 1 means 1', rfc: 'P 3.4.2.4', rows: [147, 151], level: 'must' },
      async (t) => {
        const first = idsOf(await page(t, 'startIndex=1&count=2'));
        for (const startIndex of [0, -5]) {
          const answer = await page(t, `startIndex=${startIndex}&count=2`);
          expectEqual(read(answer.json, 'startIndex'), 1, 'startIndex');
          expectEqual(idsOf(answer), first, 'the page');
        }
      },
    ),
    check(
      'page.count-zero',
      {
        rule: 'count 0 and below: no resources, the true total',
        rfc: 'P 3.4.2.4',
        rows: [148],
        level: 'must',
      },
      async (t) => {
        for (const count of [0, -3]) {
          const answer = await page(t, `count=${count}`);
          expectEqual(expectList(answer).length, 0, `resources with count=${count}`);
          expectEqual(read(answer.json, 'totalResults'), 6, 'totalResults');
        }
      },
    ),
    check(
      'page.count-limits',
      { rule: 'never more than count resources', rfc: 'P 3.4.2.4', rows: [149], level: 'must' },
      async (t) => {
        for (const count of [1, 2, 5]) {
          const found = expectList(await page(t, `count=${count}`)).length;
          expectThat(found <= count && found > 0, `count=${count} gave ${found} resources`);
        }
      },
    ),
    check(
      'page.total',
      {
        rule: 'totalResults is the number of matches on every page',
        rfc: 'P 3.4.2.4',
        rows: [150],
        level: 'must',
      },
      async (t) => {
        for (const query of ['count=1', 'startIndex=3&count=2', 'startIndex=6&count=10']) {
          expectEqual(read((await page(t, query)).json, 'totalResults'), 6, `totalResults with ${query}`);
        }
      },
    ),
    check(
      'page.numbers',
      {
        rule: 'startIndex and itemsPerPage say what was really returned',
        rfc: 'P 3.4.2.4',
        rows: [151],
        level: 'must',
      },
      async (t) => {
        const answer = await page(t, 'startIndex=5&count=100');
        expectEqual(read(answer.json, 'startIndex'), 5, 'startIndex');
        expectEqual(expectList(answer).length, 2, 'the number of resources');
        expectEqual(read(answer.json, 'itemsPerPage'), 2, 'itemsPerPage');
      },
    ),
    check(
      'page.walk',
      {
        rule: 'pages together are the whole, each resource once',
        rfc: 'P 3.4.2.4',
        rows: [150, 115],
        level: 'must',
      },
      async (t) => {
        const { ids } = await t.cast();
        const met: string[] = [];
        for (const startIndex of [1, 3, 5])
          met.push(...idsOf(await page(t, `startIndex=${startIndex}&count=2`)));
        expectSameSet(met, Object.values(ids), 'three pages of two');
      },
    ),
    check(
      'page.beyond',
      {
        rule: 'a startIndex beyond the end is an empty page with the total',
        rfc: '-',
        rows: [152],
        level: 'practice',
      },
      async (t) => {
        for (const startIndex of [7, 10_000]) {
          const answer = await page(t, `startIndex=${startIndex}&count=10`);
          expectEqual(expectList(answer).length, 0, 'the number of resources');
          expectEqual(read(answer.json, 'totalResults'), 6, 'totalResults');
        }
      },
    ),
    check(
      'page.not-a-number',
      { rule: 'what is no number is 400 invalidValue', rfc: '-', rows: [153], level: 'practice' },
      async (t) => {
        for (const query of ['startIndex=first', 'count=many', 'count=1.5', 'startIndex=1e2x']) {
          expectError(await t.get(`/Users?${query}`), 400, 'invalidValue', 'invalidCount');
        }
      },
    ),
  ],
};
