/** Queries by POST and over all types (rows 111-113; RFC 7644 sections 3.4.2.1 and 3.4.3). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answered, errorOf, openTestScim, resourcesOf, type TestScim } from './bridge.ts';

const searchUrn = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    ids.push(
      await bridge.newUser(`q${n}@example.com`, { displayName: `Same ${n % 2}`, externalId: `x${n}` }),
    );
    bridge.clock.advance(10);
  }
  await bridge.newGroup('Same 1', ids);
  await bridge.newGroup('Other');
});
afterAll(() => bridge.close());

const search = (path: string, body: Record<string, unknown>, headers?: Record<string, string>) =>
  bridge.scim('POST', `${path}/.search`, { schemas: [searchUrn], ...body }, headers);
const kindsOf = (page: Answered) =>
  resourcesOf(page)
    .map(({ id, userName, displayName }) => `${userName ?? displayName ?? id}`)
    .join(' ');

describe('POST to .search gives what GET gives (row 113)', () => {
  test.each<[string, string, Record<string, unknown>, string]>([
    ['nothing', '/Users', {}, ''],
    ['a filter', '/Users', { filter: 'displayName eq "same 1"' }, 'filter=displayName%20eq%20%22same%201%22'],
    ['a page', '/Users', { startIndex: 2, count: 2 }, 'startIndex=2&count=2'],
    ['a count of 0', '/Users', { count: 0 }, 'count=0'],
    [
      'an order',
      '/Users',
      { sortBy: 'userName', sortOrder: 'descending' },
      'sortBy=userName&sortOrder=descending',
    ],
    [
      'attributes',
      '/Users',
      { attributes: ['userName', 'meta.created'] },
      'attributes=userName,meta.created',
    ],
    ['excluded attributes', '/Groups', { excludedAttributes: ['members'] }, 'excludedAttributes=members'],
    ['groups', '/Groups', { filter: 'displayName sw "o"' }, 'filter=displayName%20sw%20%22o%22'],
    [
      'all types',
      '',
      { filter: 'displayName sw "same"', count: 3 },
      'filter=displayName%20sw%20%22same%22&count=3',
    ],
    [
      'all at once',
      '/Users',
      {
        filter: 'id pr',
        sortBy: 'externalId',
        sortOrder: 'descending',
        startIndex: 2,
        count: 2,
        attributes: 'externalId',
      },
      'filter=id%20pr&sortBy=externalId&sortOrder=descending&startIndex=2&count=2&attributes=externalId',
    ],
    ['names in another case, and null', '/Users', { STARTINDEX: 2, Filter: null }, 'startIndex=2'],
  ])('%s', async (_label, path, body, query) => {
    const posted = await search(path, body);
    const got = await bridge.scim('GET', `${path}?${query}`);
    expect([posted.status, got.status]).toEqual([200, 200]);
    expect(posted.json).toEqual(got.json);
  });

  test('cursors work in bodies (row 162)', async () => {
    const first = await search('/Users', { cursor: '', count: 3 });
    const second = await search('/Users', { cursor: first.json['nextCursor'], count: 3 });
    expect([kindsOf(first), kindsOf(second)]).toEqual([
      'q0@example.com q1@example.com q2@example.com',
      'q3@example.com q4@example.com',
    ]);
    const byGet = await bridge.scim('GET', `/Users?count=3&cursor=${String(first.json['nextCursor'])}`);
    expect(byGet.json).toEqual(second.json);
  });

  test('parameters of the address do not count', async () => {
    const answered = await bridge.scim('POST', '/Users/.search?count=1', { schemas: [searchUrn], count: 2 });
    expect(answered.json['itemsPerPage']).toBe(2);
  });

  test('a token that may only read may search', async () => {
    const authorization = `Bearer ${await bridge.newToken(['read'])}`;
    expect((await search('/Users', {}, { authorization })).status).toBe(200);
    expect((await search('', {}, { authorization })).status).toBe(200);
  });

  test.each<[string, unknown, string]>([
    ['an array', [], 'invalidSyntax'],
    ['another schema', { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'] }, 'invalidSyntax'],
    ['a filter that is no text', { filter: 5 }, 'invalidValue'],
    ['a count that is no number', { count: true }, 'invalidValue'],
    ['a count with a fraction', { count: 1.5 }, 'invalidValue'],
    ['attributes that are no names', { attributes: [{}] }, 'invalidValue'],
    ['a bad filter', { filter: 'userName' }, 'invalidFilter'],
    ['a bad cursor', { cursor: 'x.y' }, 'invalidCursor'],
  ])('%s is 400', async (_label, body, keyword) => {
    expect(errorOf(await bridge.scim('POST', '/Users/.search', body))).toEqual([400, keyword]);
  });

  test.each(['GET', 'PUT', 'DELETE'])('%s of .search is 405', async (method) => {
    expect(errorOf(await bridge.scim(method, '/Users/.search', {}))).toEqual([405, undefined]);
    expect(errorOf(await bridge.scim(method, '/.search', {}))).toEqual([405, undefined]);
  });
});

describe('the base URL asks all types (row 111)', () => {
  test('without a filter: users, then groups, as one list', async () => {
    const whole = await bridge.scim('GET', '');
    expect([whole.json['totalResults'], kindsOf(whole)]).toEqual([
      7,
      'q0@example.com q1@example.com q2@example.com q3@example.com q4@example.com Same 1 Other',
    ]);
    const pages = await Promise.all(
      [1, 4, 7, 10].map((startIndex) => bridge.scim('GET', `?startIndex=${startIndex}&count=3`)),
    );
    expect(pages.map(kindsOf)).toEqual([
      'q0@example.com q1@example.com q2@example.com',
      'q3@example.com q4@example.com Same 1',
      'Other',
      '',
    ]);
    expect(pages.map(({ json }) => json['totalResults'])).toEqual([7, 7, 7, 7]);
  });

  test.each([
    ['what both have', 'displayName eq "Same 1"', 'q1@example.com q3@example.com Same 1'],
    [
      'what only users have',
      'userName pr',
      'q0@example.com q1@example.com q2@example.com q3@example.com q4@example.com',
    ],
    ['what a type does not have is no value', 'not (userName pr)', 'Same 1 Other'],
    ['the type', 'meta.resourceType eq "Group"', 'Same 1 Other'],
    ['an index of both', 'externalId eq "x3"', 'q3@example.com'],
  ])('%s', async (_label, text, names) => {
    expect(kindsOf(await bridge.scim('GET', `?filter=${encodeURIComponent(text)}`))).toBe(names);
  });

  test('each type is shown by its own schema', async () => {
    const page = await bridge.scim('GET', '?attributes=userName,members&count=200');
    const [user, group] = [resourcesOf(page)[0], resourcesOf(page)[5]];
    expect(Object.keys(user ?? {})).toEqual(['schemas', 'id', 'userName']);
    expect(Object.keys(group ?? {})).toEqual(['schemas', 'id', 'members']);
  });

  test('a sorted query mixes them', async () => {
    expect(kindsOf(await bridge.scim('GET', '?sortBy=displayName&filter=displayName%20pr'))).toBe(
      'Other q0@example.com q2@example.com q4@example.com q1@example.com q3@example.com Same 1',
    );
  });
});
