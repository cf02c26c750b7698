/** Index paging and cursor paging (checklist rows 147-164). */
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
async function page(t: Session, query: string): Promise<Answer> {
  const { drafts } = await t.cast();
  const answer = await t.get(`/Users?filter=${encodeURIComponent(amongThem({ drafts }))}&${query}`);
  return { ...answer, request: `GET /Users?${query}` };
}

function idsOf(answer: Answer): readonly string[] {
  return expectList(answer).map((user) => readText(user, 'id'));
}

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
