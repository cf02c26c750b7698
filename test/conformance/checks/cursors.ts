/** Cursor paging (checklist rows 154-164), and pages of the six people. */
import { amongThem } from '../cast.ts';
import { check, type Section } from '../check.ts';
import {
  expectEqual,
  expectError,
  expectList,
  expectSameSet,
  expectStatus,
  expectThat,
  skip,
} from '../expect.ts';
import { read, readText } from '../json.ts';
import type { Answer, Session } from '../session.ts';
import { SEARCH } from '../words.ts';

const EVERYBODY = ['ada', 'bob', 'cem', 'dan', 'eve', 'fay'];

/** One page of the six people. */
export async function page(t: Session, query: string): Promise<Answer> {
  const { drafts } = await t.cast();
  const answer = await t.get(`/Users?filter=${encodeURIComponent(amongThem({ drafts }))}&${query}`);
  return { ...answer, request: `GET /Users?${query}` };
}

export function idsOf(answer: Answer): readonly string[] {
  return expectList(answer).map((user) => readText(user, 'id'));
}

/** All pages by cursor, from the first. */
async function walkByCursor(t: Session, query: string): Promise<readonly Answer[]> {
  const pages = [await page(t, `cursor&${query}`)];
  for (let next = readText(pages[0]?.json, 'nextCursor'); next !== ''; ) {
    expectThat(pages.length < 50, 'the walk by cursor has no end');
    const answer = await page(t, `cursor=${encodeURIComponent(next)}&${query}`);
    expectStatus(answer, 200);
    pages.push(answer);
    next = readText(answer.json, 'nextCursor');
  }
  return pages;
}

const MOST_PAGES = 20;

interface Walk {
  readonly link: string;
  readonly from: string;
  readonly count: number;
}

/** Pages of all groups along one link, until it ends or there are many. */
async function walkGroups(t: Session, { link, from, count }: Walk): Promise<Answer[]> {
  const pages: Answer[] = [];
  for (let cursor: string | undefined = from; cursor !== undefined && pages.length < MOST_PAGES; ) {
    const answer = await t.get(`/Groups?excludedAttributes=members&count=${count}&cursor=${cursor}`);
    expectStatus(answer, 200);
    pages.push(answer);
    const next = readText(answer.json, link);
    cursor = next === '' ? undefined : next;
  }
  return pages;
}

export const cursorPaging: Section = {
  title: 'Cursor paging (RFC 9865)',
  checks: [
    check(
      'cursor.walk',
      {
        rule: 'nextCursor is on every page but the last, and the walk is complete',
        rfc: 'K 2',
        rows: [154],
        level: 'must',
        needs: 'cursor',
      },
      async (t) => {
        const { ids } = await t.cast();
        const pages = await walkByCursor(t, 'count=2');
        expectThat(pages.length >= 3, `${pages.length} pages for six resources by two`);
        expectSameSet(pages.flatMap(idsOf), Object.values(ids), 'all pages');
      },
    ),
    check(
      'cursor.previous',
      {
        rule: 'previousCursor is never on the first page, and leads back',
        rfc: 'K 2',
        rows: [155],
        level: 'may',
        needs: 'cursor',
      },
      async (t) => {
        const [first, second] = await walkByCursor(t, 'count=2');
        if (first === undefined || second === undefined) return skip('one page was enough');
        expectEqual(read(first.json, 'previousCursor'), undefined, 'previousCursor of the first page');
        const back = readText(second.json, 'previousCursor');
        if (back === '') skip('the server gives no previousCursor');
        expectEqual(
          idsOf(await page(t, `cursor=${back}&count=2`)),
          idsOf(first),
          'the page before the second',
        );
      },
    ),
    check(
      'cursor.whole-list',
      {
        rule: 'a list without a filter is walked by cursor, there and back, meeting everybody once',
        rfc: 'K 2',
        rows: [154, 155, 115],
        level: 'must',
        needs: 'cursor',
        alone: true,
      },
      async (t) => {
        const mine = [];
        for (let made = 0; made < 3; made += 1) mine.push(readText(await t.makeGroup(), 'id'));
        const { json } = await t.get('/Groups?count=1&excludedAttributes=members');
        // Several pages of a small list; of a large one the first pages only.
        const count = Math.min(100, Math.max(2, Math.ceil(Number(read(json, 'totalResults') ?? 0) / 4)));
        const walk = (link: string, from: string) => walkGroups(t, { link, from, count });
        const there = await walk('nextCursor', '');
        const met = there.flatMap(idsOf);
        expectEqual(new Set(met).size, met.length, 'the number of different groups');
        if (there.length >= MOST_PAGES) return;
        for (const id of mine) expectThat(met.includes(id), 'a group is on no page');
        const last = there.at(-1);
        const previous = readText(last?.json, 'previousCursor');
        if (last === undefined || previous === '') return;
        const back = (await walk('previousCursor', previous)).reverse().flatMap(idsOf);
        expectEqual([...back, ...idsOf(last)], met, 'the way back');
      },
    ),
    check(
      'cursor.changes',
      {
        rule: 'who is renamed or deleted between two pages makes nobody else missed or shown twice',
        rfc: 'K 2',
        rows: [154, 159],
        level: 'practice',
        needs: 'cursor',
      },
      async (t) => {
        if (!t.features.has('sort')) skip('sort is not announced');
        const title = t.unique('title');
        const people: string[] = [];
        for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
          people.push(readText(await t.makeUser({ title, displayName: `${name} person` }), 'id'));
        const [first, second, ...others] = people;
        const query = `filter=${encodeURIComponent(`title eq "${title}"`)}&sortBy=displayName&count=2`;
        const start = await t.get(`/Users?cursor&${query}`);
        expectEqual(idsOf(start), [first, second], 'the first page');
        expectStatus(await t.remove(`/Users/${first}`), 204);
        const rename = [{ op: 'replace', path: 'displayName', value: 'z person' }];
        expectStatus(await t.patch(`/Users/${second}`, rename), 200, 204);
        const met: string[] = [];
        for (let next = readText(start.json, 'nextCursor'); next !== ''; ) {
          const answer = await t.get(`/Users?cursor=${encodeURIComponent(next)}&${query}`);
          met.push(...idsOf(answer));
          expectThat(met.length < 20, 'the walk has no end');
          next = readText(answer.json, 'nextCursor');
        }
        expectSameSet(
          met.filter((id) => id !== second),
          others,
          'those who stayed',
        );
      },
    ),
    check(
      'cursor.characters',
      {
        rule: 'cursors use only unreserved characters',
        rfc: 'K 2',
        rows: [156],
        level: 'must',
        needs: 'cursor',
      },
      async (t) => {
        // Looked at before it is sent anywhere.
        let next = readText((await page(t, 'cursor&count=2')).json, 'nextCursor');
        for (let pages = 1; next !== '' && pages < 4; pages += 1) {
          expectThat(/^[A-Za-z0-9._~-]+$/.test(next), `a cursor is ${next}`);
          next = readText((await page(t, `cursor=${next}&count=2`)).json, 'nextCursor');
        }
      },
    ),
    check(
      'cursor.count',
      {
        rule: 'count means what it means in index paging',
        rfc: 'K 2',
        rows: [157],
        level: 'must',
        needs: 'cursor',
      },
      async (t) => {
        for (const answer of await walkByCursor(t, 'count=4')) {
          expectThat(expectList(answer).length <= 4, 'a page has more than count resources');
          const total = read(answer.json, 'totalResults');
          expectThat(total === undefined || total === 6, `totalResults is ${total}`);
        }
      },
    ),
    check(
      'cursor.errors',
      {
        rule: 'a cursor that was never given is 400 invalidCursor',
        rfc: 'K 2.1',
        rows: [158],
        level: 'should',
        needs: 'cursor',
      },
      async (t) => {
        for (const cursor of ['never-given', 'AAAA', '..', '0']) {
          expectError(await t.get(`/Users?cursor=${cursor}&count=2`), 400, 'invalidCursor', 'expiredCursor');
        }
        expectError(await t.get('/Users?cursor&count=many'), 400, 'invalidCount', 'invalidValue');
      },
    ),
    check(
      'cursor.tampered',
      {
        rule: 'a cursor with one character changed is refused',
        rfc: 'K 5',
        rows: [164, 158],
        level: 'should',
        needs: 'cursor',
      },
      async (t) => {
        const next = readText((await walkByCursor(t, 'count=2'))[0]?.json, 'nextCursor');
        const middle = Math.floor(next.length / 2);
        const changed = `${next.slice(0, middle)}${next[middle] === 'A' ? 'B' : 'A'}${next.slice(middle + 1)}`;
        expectError(await page(t, `cursor=${changed}&count=2`), 400, 'invalidCursor', 'expiredCursor');
      },
    ),
    check(
      'cursor.authorised',
      {
        rule: 'a cursor is worth nothing without the token',
        rfc: 'K 5',
        rows: [163],
        level: 'must',
        needs: 'cursor',
      },
      async (t) => {
        const next = readText((await walkByCursor(t, 'count=2'))[0]?.json, 'nextCursor');
        expectStatus(await t.get(`/Users?cursor=${next}&count=2`, { authorization: null }), 401);
      },
    ),
    check(
      'cursor.sorted',
      { rule: 'pages by cursor are sorted', rfc: 'K 2.2', rows: [159], level: 'should', needs: 'cursor' },
      async (t) => {
        if (!t.features.has('sort')) skip('sort is not announced');
        const { ids } = await t.cast();
        const pages = await walkByCursor(t, 'sortBy=displayName&sortOrder=descending&count=2');
        expectEqual(
          pages.flatMap(idsOf),
          [...EVERYBODY].reverse().map((name) => ids[name]),
          'all pages',
        );
      },
    ),
    check(
      'cursor.default-index',
      {
        rule: 'index is the default method of a server that had it first',
        rfc: 'K 2.3 / K 2.4',
        rows: [160, 161],
        level: 'must',
        needs: 'cursor',
      },
      async (t) => {
        if (read(t.config, 'pagination', 'defaultPaginationMethod') === 'cursor')
          skip('cursor is the declared default');
        const answer = await page(t, 'count=2');
        expectEqual(read(answer.json, 'startIndex'), 1, 'startIndex without cursor');
      },
    ),
    check(
      'cursor.search',
      { rule: 'cursor works in search bodies', rfc: 'K 3', rows: [162], level: 'must', needs: 'cursor' },
      async (t) => {
        const { drafts, ids } = await t.cast();
        const body = { schemas: [SEARCH], filter: amongThem({ drafts }), count: 4 };
        const first = await t.post('/Users/.search', { ...body, cursor: '' });
        if (first.status === 501 || first.status === 404) skip('POST /.search is not offered');
        const next = readText(first.json, 'nextCursor');
        expectThat(next !== '', 'the first page of a search has no nextCursor');
        const second = await t.post('/Users/.search', { ...body, cursor: next });
        expectSameSet([...idsOf(first), ...idsOf(second)], Object.values(ids), 'two pages');
      },
    ),
  ],
};
