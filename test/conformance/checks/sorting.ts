import { check, type Section } from '../check.ts';
import { expectEqual, expectSameSet, skip } from '../expect.ts';
import { readText } from '../json.ts';
import type { Session } from '../session.ts';

const EVERYBODY = ['ada', 'bob', 'cem', 'dan', 'eve', 'fay'];

async function sorted(t: Session, query: string): Promise<readonly string[]> {
  return (await t.cast()).find('', { query: `&${query}` });
}

export const sorting: Section = {
  title: 'Sorting',
  checks: [
    check(
      'sort.ascending',
      {
        rule: 'sortOrder is ascending unless said otherwise',
        rfc: 'P 3.4.2.3',
        rows: [141, 142],
        level: 'must',
        needs: 'sort',
      },
      async (t) => {
        const names = ['ada', 'bob', 'cem', 'dan', 'eve', 'fay'];
        expectEqual(await sorted(t, 'sortBy=displayName'), names, 'sorted by displayName');
        expectEqual(await sorted(t, 'sortBy=displayName&sortOrder=ascending'), names, 'ascending');
      },
    ),
    check(
      'sort.descending',
      {
        rule: 'sortOrder=descending turns the order',
        rfc: 'P 3.4.2.3',
        rows: [141, 143],
        level: 'must',
        needs: 'sort',
      },
      async (t) => {
        expectEqual(
          await sorted(t, 'sortBy=displayName&sortOrder=descending'),
          ['fay', 'eve', 'dan', 'cem', 'bob', 'ada'],
          'descending',
        );
      },
    ),
    check(
      'sort.by-type',
      {
        rule: 'order follows the type and the case rule, without a locale',
        rfc: 'P 3.4.2.3',
        rows: [143],
        level: 'must',
        needs: 'sort',
      },
      async (t) => {
        // Å comes after every letter of ASCII, and case has no say.
        const found = (await sorted(t, 'sortBy=name.familyName')).filter((name) => name !== 'dan');
        expectEqual(found, ['bob', 'eve', 'ada', 'fay', 'cem'], 'sorted by name.familyName');
        const dates = await sorted(t, 'sortBy=meta.created');
        expectEqual(dates.length, 6, 'the number of people sorted by date');
      },
    ),
    check(
      'sort.multi-valued',
      {
        rule: 'multi-valued attributes sort by the primary value, else the first',
        rfc: 'P 3.4.2.3',
        rows: [144],
        level: 'must',
        needs: 'sort',
      },
      async (t) => {
        const { drafts } = await t.cast();
        const main: Record<string, string> = {};
        for (const [name, draft] of Object.entries(drafts))
          main[name] = readText(draft, 'emails', 0, 'value').toLowerCase();
        const expected = [...EVERYBODY].sort((a, b) => ((main[a] ?? '') < (main[b] ?? '') ? -1 : 1));
        expectEqual(await sorted(t, 'sortBy=emails.value'), expected, 'sorted by emails.value');
        expectEqual(await sorted(t, 'sortBy=emails'), expected, 'sorted by emails');
      },
    ),
    check(
      'sort.absent',
      {
        rule: 'without a value: last ascending, first descending',
        rfc: 'P 3.4.2.3',
        rows: [145],
        level: 'must',
        needs: 'sort',
      },
      async (t) => {
        expectEqual((await sorted(t, 'sortBy=title')).at(-1), 'dan', 'the last one ascending');
        expectEqual(
          (await sorted(t, 'sortBy=title&sortOrder=descending'))[0],
          'dan',
          'the first one descending',
        );
      },
    ),
    check(
      'sort.paged',
      {
        rule: 'sorting is over all matches, not over the page',
        rfc: 'P 3.4.2.3',
        rows: [143, 149],
        level: 'must',
        needs: 'sort',
      },
      async (t) => {
        const pages = [];
        for (const startIndex of [1, 3, 5])
          pages.push(...(await sorted(t, `sortBy=displayName&startIndex=${startIndex}&count=2`)));
        expectEqual(pages, EVERYBODY, 'three pages of two');
      },
    ),
    check(
      'sort.off',
      {
        rule: 'where sorting is not offered, sortBy is ignored',
        rfc: '-',
        rows: [141, 146],
        level: 'practice',
      },
      async (t) => {
        if (t.features.has('sort')) skip('sorting is offered');
        expectSameSet(
          await sorted(t, 'sortBy=displayName&sortOrder=descending'),
          EVERYBODY,
          'the people found',
        );
      },
    ),
  ],
};
