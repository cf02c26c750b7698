/** Lists, queries by POST and on the base URL (checklist rows 108-116). */
import { check, type Section } from '../check.ts';
import {
  expectEqual,
  expectError,
  expectList,
  expectSameSet,
  expectStatus,
  expectThat,
  fail,
  skip,
} from '../expect.ts';
import { isJson, read, readList, readText } from '../json.ts';
import type { Session } from '../session.ts';
import { LIST, SEARCH } from '../words.ts';

async function nobody(t: Session): Promise<string> {
  return encodeURIComponent(`userName eq "${t.address('nobody')}"`);
}

function idsOf(resources: readonly unknown[]): readonly string[] {
  return resources.map((resource) => readText(resource, 'id'));
}

/** Two users, and the filter that finds exactly them. */
async function pair(t: Session): Promise<{ readonly filter: string; readonly ids: readonly string[] }> {
  const made = [await t.makeUser({ title: 'Pair' }), await t.makeUser({ title: 'Pair' })];
  const filter = made.map((user) => `userName eq "${user['userName']}"`).join(' or ');
  return { filter, ids: idsOf(made) };
}

export const lists: Section = {
  title: 'Lists and queries',
  checks: [
    check(
      'list.envelope',
      { rule: 'a list has schemas, totalResults and Resources', rfc: 'P 3.4.2', rows: [108], level: 'must' },
      async (t) => {
        await t.makeUser();
        await t.makeGroup();
        for (const path of ['/Users?count=2', '/Groups?count=2']) {
          const answer = await t.get(path);
          expectThat(expectList(answer).length > 0, `${path} has no Resources`);
          expectEqual(read(answer.json, 'schemas'), [LIST], 'schemas');
          expectThat(
            Number(read(answer.json, 'totalResults')) >= 1,
            'totalResults is less than what is there',
          );
        }
      },
    ),
    check(
      'list.page-numbers',
      { rule: 'a page has startIndex and itemsPerPage', rfc: 'P 3.4.2', rows: [109, 151], level: 'must' },
      async (t) => {
        const { filter } = await pair(t);
        const { json } = await t.get(`/Users?filter=${encodeURIComponent(filter)}`);
        expectEqual(read(json, 'startIndex'), 1, 'startIndex');
        expectEqual(read(json, 'itemsPerPage'), 2, 'itemsPerPage');
      },
    ),
    check(
      'list.no-match',
      { rule: 'no match is 200 with totalResults 0', rfc: 'P 3.4.2', rows: [110], level: 'must' },
      async (t) => {
        for (const path of ['/Users', '/Groups']) {
          const filter =
            path === '/Users'
              ? await nobody(t)
              : encodeURIComponent(`displayName eq "${t.unique('nothing')}"`);
          const answer = await t.get(`${path}?filter=${filter}`);
          expectEqual(expectList(answer).length, 0, 'the number of resources');
          expectEqual(read(answer.json, 'totalResults'), 0, 'totalResults');
        }
      },
    ),
    check(
      'list.root',
      {
        rule: 'a query on the base URL covers all resource types',
        rfc: 'P 3.4.2.1',
        rows: [111],
        level: 'must',
        needs: 'rootQuery',
      },
      async (t) => {
        const displayName = t.unique('everywhere');
        const user = await t.makeUser({ displayName });
        const group = await t.makeGroup({ displayName });
        const found = expectList(
          await t.get(`/?filter=${encodeURIComponent(`displayName eq "${displayName}"`)}`),
        );
        expectSameSet(idsOf(found), idsOf([user, group]), 'users and groups of one displayName');
      },
    ),
    check(
      'list.root-missing-attribute',
      {
        rule: 'on the base URL an attribute that a type does not have has no value',
        rfc: 'P 3.4.2.1',
        rows: [111],
        level: 'must',
        needs: 'rootQuery',
      },
      async (t) => {
        const user = await t.makeUser();
        const found = expectList(
          await t.get(`/?filter=${encodeURIComponent(`userName eq "${user['userName']}"`)}`),
        );
        expectEqual(idsOf(found), [user['id']], 'what was found');
      },
    ),
    check(
      'list.any-attribute',
      {
        rule: 'a filter on an attribute without index is answered, or refused as tooMany',
        rfc: 'P 3.4.2.1',
        rows: [112, 118],
        level: 'must',
        needs: 'filter',
      },
      async (t) => {
        const title = t.unique('title');
        const user = await t.makeUser({ title });
        for (const filter of [`title eq "${title}"`, `title sw "${title.slice(0, -2)}"`]) {
          const answer = await t.get(`/Users?filter=${encodeURIComponent(filter)}`);
          if (answer.status === 200) expectEqual(idsOf(expectList(answer)), [user['id']], 'the users found');
          else expectError(answer, 400, 'tooMany');
        }
      },
    ),
    check(
      'search.same-result',
      {
        rule: 'POST /Users/.search finds what GET finds',
        rfc: 'P 3.4.3',
        rows: [113],
        level: 'must',
        needs: 'search',
      },
      async (t) => {
        const { filter, ids } = await pair(t);
        const body = { schemas: [SEARCH], filter, startIndex: 1, count: 10 };
        const answer = await t.post('/Users/.search', body);
        expectSameSet(idsOf(expectList(answer)), ids, 'the users found');
        expectEqual(
          answer.json,
          (await t.get(`/Users?filter=${encodeURIComponent(filter)}&count=10`)).json,
          'the list',
        );
      },
    ),
    check(
      'search.paging',
      {
        rule: 'startIndex and count of a search body are honoured',
        rfc: 'P 3.4.3',
        rows: [113],
        level: 'must',
        needs: 'search',
      },
      async (t) => {
        const { filter, ids } = await pair(t);
        const pages = [];
        for (const startIndex of [1, 2]) {
          const answer = await t.post('/Users/.search', { schemas: [SEARCH], filter, startIndex, count: 1 });
          expectEqual(read(answer.json, 'startIndex'), startIndex, 'startIndex');
          pages.push(...idsOf(expectList(answer)));
        }
        expectSameSet(pages, ids, 'two pages of one');
      },
    ),
    check(
      'search.projection',
      {
        rule: 'attributes and excludedAttributes of a search body are honoured',
        rfc: 'P 3.4.3',
        rows: [113, 165],
        level: 'must',
        needs: 'search',
      },
      async (t) => {
        const { filter } = await pair(t);
        const [only] = expectList(
          await t.post('/Users/.search', { schemas: [SEARCH], filter, attributes: ['userName'] }),
        );
        expectThat(
          read(only, 'userName') !== undefined && read(only, 'title') === undefined,
          'attributes is not honoured',
        );
        const [without] = expectList(
          await t.post('/Users/.search', { schemas: [SEARCH], filter, excludedAttributes: ['title'] }),
        );
        expectThat(
          read(without, 'userName') !== undefined && read(without, 'title') === undefined,
          'excludedAttributes is not honoured',
        );
      },
    ),
    check(
      'search.root',
      {
        rule: 'POST /.search covers all resource types',
        rfc: 'P 3.4.3',
        rows: [113, 111],
        level: 'must',
        needs: 'search',
      },
      async (t) => {
        const displayName = t.unique('searched');
        const made = [await t.makeUser({ displayName }), await t.makeGroup({ displayName })];
        const answer = await t.post('/.search', {
          schemas: [SEARCH],
          filter: `displayName eq "${displayName}"`,
        });
        expectSameSet(idsOf(expectList(answer)), idsOf(made), 'users and groups of one displayName');
      },
    ),
    check(
      'search.groups',
      {
        rule: 'POST /Groups/.search finds groups',
        rfc: 'P 3.4.3',
        rows: [113],
        level: 'must',
        needs: 'search',
      },
      async (t) => {
        const group = await t.makeGroup();
        const answer = await t.post('/Groups/.search', {
          schemas: [SEARCH],
          filter: `displayName eq "${group['displayName']}"`,
        });
        expectEqual(idsOf(expectList(answer)), [group['id']], 'the groups found');
      },
    ),
    check(
      'search.bad-filter',
      {
        rule: 'a bad filter in a search body is 400 invalidFilter',
        rfc: 'P 3.4.3 / P 3.12',
        rows: [113, 126],
        level: 'must',
        needs: 'search',
      },
      async (t) => {
        expectError(
          await t.post('/Users/.search', { schemas: [SEARCH], filter: 'userName eq' }),
          400,
          'invalidFilter',
        );
      },
    ),
    check(
      'search.sorting',
      {
        rule: 'sortBy and sortOrder of a search body are honoured',
        rfc: 'P 3.4.3',
        rows: [113, 141],
        level: 'must',
        needs: 'search',
      },
      async (t) => {
        if (!t.features.has('sort')) skip('sort is not announced');
        const { filter, ids } = await pair(t);
        const sorted = async (sortOrder: string) =>
          idsOf(
            expectList(
              await t.post('/Users/.search', { schemas: [SEARCH], filter, sortBy: 'userName', sortOrder }),
            ),
          );
        expectSameSet(await sorted('ascending'), ids, 'the users found');
        expectEqual(await sorted('descending'), [...(await sorted('ascending'))].reverse(), 'descending');
      },
    ),
    check(
      'list.numbers',
      { rule: 'numbers of a list are JSON numbers', rfc: '-', rows: [114], level: 'practice', last: true },
      async (t) => {
        for (const { json, request } of t.seen) {
          if (!isJson(json) || !readList(json, 'schemas').includes(LIST)) continue;
          for (const name of ['totalResults', 'startIndex', 'itemsPerPage']) {
            const value = json[name];
            if (value !== undefined && typeof value !== 'number')
              fail(`${request}: ${name} is ${JSON.stringify(value)}`);
          }
        }
      },
    ),
    check(
      'list.stable-order',
      {
        rule: 'an unsorted list has one order over its pages',
        rfc: '-',
        rows: [115],
        level: 'practice',
        alone: true,
      },
      async (t) => {
        for (let made = 0; made < 4; made += 1) await t.makeUser();
        const page = async (query: string) => idsOf(expectList(await t.get(`/Users?${query}`)));
        const whole = await page('startIndex=1&count=4');
        const parts = [...(await page('startIndex=1&count=2')), ...(await page('startIndex=3&count=2'))];
        expectEqual(parts, whole, 'two pages of two');
        expectEqual(await page('startIndex=1&count=4'), whole, 'the same page again');
      },
    ),
    check(
      'list.true-total',
      {
        rule: 'totalResults of a whole list goes up with each create',
        rfc: 'P 3.4.2.4',
        rows: [150],
        level: 'must',
        alone: true,
      },
      async (t) => {
        const total = async () => Number(read((await t.get('/Users?count=1')).json, 'totalResults'));
        const before = await total();
        const user = await t.makeUser();
        expectEqual(await total(), before + 1, 'totalResults after one create');
        expectStatus(await t.remove(`/Users/${user['id']}`), 204);
        expectEqual(await total(), before, 'totalResults after the delete');
      },
    ),
    check(
      'list.complete',
      {
        rule: 'a walk to the last page meets every resource once',
        rfc: 'P 3.4.2.4',
        rows: [150, 115],
        level: 'must',
        alone: true,
      },
      async (t) => {
        const mine = [await t.makeGroup(), await t.makeGroup(), await t.makeGroup()];
        const met: string[] = [];
        let total = Number.POSITIVE_INFINITY;
        // A large server is walked for its first pages only.
        for (let at = 1; at <= Math.min(total, 2_000); ) {
          const answer = await t.get(`/Groups?startIndex=${at}&count=50&excludedAttributes=members`);
          const ids = idsOf(expectList(answer));
          total = Number(read(answer.json, 'totalResults'));
          expectThat(ids.length > 0, `the page at ${at} of ${total} is empty`);
          met.push(...ids);
          at += ids.length;
        }
        expectEqual(new Set(met).size, met.length, 'the number of different groups');
        if (total > 2_000) return;
        for (const id of idsOf(mine)) expectThat(met.includes(id), 'a group is on no page');
      },
    ),
    check(
      'list.personal-data',
      {
        rule: 'look-ups by GET with a person in the query are answered',
        rfc: 'P 7.5.2',
        rows: [116],
        level: 'practice',
      },
      async (t) => {
        expectList(await t.get(`/Users?filter=${await nobody(t)}`));
      },
    ),
  ],
};
