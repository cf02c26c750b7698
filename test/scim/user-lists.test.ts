import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, filterBy, nobody, openTestScim, patchOp, type TestScim } from './bridge.ts';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
});
afterAll(() => bridge.close());

const _patch = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
const total = async (filter: string) =>
  (await bridge.scim('GET', filterBy('/Users', filter))).json['totalResults'];

describe('filters (idp-traffic 12)', () => {
  let ada: string;
  let manager: string;
  beforeAll(async () => {
    manager = await bridge.newUser('f-manager@example.com');
    ada = await bridge.newUser('F.Ada@example.com', {
      externalId: 'f-ada',
      active: true,
      emails: [
        { value: 'F.Work@example.com', type: 'work' },
        { value: 'f.home@example.com', type: 'home' },
      ],
      [enterprise]: { manager: { value: manager } },
    });
    await bridge.newUser('f-007', { externalId: 'F-Ada' });
  });

  test.each([
    ['F1', 'userName eq "f.ada@EXAMPLE.com"'],
    ['F2', 'externalId eq "f-ada"'],
    ['F2 without quotes', 'externalId eq f-ada'],
    ['F3', 'emails[type eq "work"].value eq "f.work@example.com"'],
    ['F3 with the other address', 'emails[type eq "home"].value eq "f.home@example.com"'],
    ['F6', () => `id eq "${ada}" and manager eq "${manager}"`],
    ['F6 the other way round', () => `manager eq "${manager}" and id eq "${ada}"`],
    ['F8', 'userName eq F.Ada@example.com'],
    ['F9', 'emails eq "f.work@example.com"'],
    ['F9 as Ping writes it', 'email.value Eq "f.work@example.com"'],
    ['F9 short', 'email eq "F.WORK@example.com"'],
    ['the qualified name', 'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "f.ada@example.com"'],
    [
      'an and of several',
      'userName eq "f.ada@example.com" and active eq true and not (emails.type eq "other")',
    ],
    ['an or', 'userName eq "f.ada@example.com" or userName eq "nobody"'],
    ['id', () => `id eq "${ada}"`],
  ])('%s finds exactly the one', async (_label, filter) => {
    const text = typeof filter === 'string' ? filter : filter();
    const { status, json } = await bridge.scim('GET', filterBy('/Users', text));
    expect([status, json['totalResults'], json['startIndex'], json['itemsPerPage']]).toEqual([200, 1, 1, 1]);
    expect(json['Resources']).toMatchObject([{ id: ada }]);
  });

  test.each([
    ['another userName', 'userName eq "6f1d0b52@example.com"'],
    ['an externalId in another case (row 53)', 'externalId eq "F-ADA"'],
    ['the work address as home', 'emails[type eq "home"].value eq "f.work@example.com"'],
    ['one condition of two', 'userName eq "f.ada@example.com" and active eq false'],
    ['an id that is none', 'id eq "x"'],
    ['leading zeros', 'userName eq 7'],
  ])('a miss is 200 with an empty list: %s (rows 17, 110)', async (_label, filter) => {
    const { status, json } = await bridge.scim('GET', filterBy('/Users', filter));
    expect(status).toBe(200);
    expect(json).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    });
  });

  test('blanks as %20 and as + (row 14)', async () => {
    expect(
      (
        await bridge.scim(
          'GET',
          '/Users?filter=userName%20eq%20%22f.ada%40example.com%22&startIndex=1&count=100',
        )
      ).json['totalResults'],
    ).toBe(1);
    expect(
      (await bridge.scim('GET', '/Users?filter=userName+eq+%22f.ada%40example.com%22')).json['totalResults'],
    ).toBe(1);
  });

  test.each([
    ['bad syntax', 'userName eq'],
    ['nothing', ''],
    ['an order of a boolean', 'userName eq "x" and active gt true'],
  ])('%s is 400 invalidFilter', async (_label, filter) => {
    expect(errorOf(await bridge.scim('GET', filterBy('/Users', filter)))).toEqual([400, 'invalidFilter']);
  });

  test('groups in a filter are read for it', async () => {
    const group = await bridge.newGroup('F group', [ada]);
    expect(await total(`id eq "${ada}" and groups.value eq "${group}"`)).toBe(1);
    expect(await total(`id eq "${ada}" and groups.value eq "${nobody}"`)).toBe(0);
  });

  test('an inactive user is found and shown (rows 18, 86)', async () => {
    const id = await bridge.newUser('f-inactive@example.com', { active: false });
    expect((await bridge.scim('GET', `/Users/${id}`)).json['active']).toBe(false);
    expect(await total('userName eq "f-inactive@example.com"')).toBe(1);
  });
});

describe('pages (rows 147-153)', () => {
  let pages: TestScim;
  beforeAll(async () => {
    pages = await openTestScim();
    for (let n = 0; n < 11; n += 1) await pages.newUser(`p${n}@example.com`);
  });
  afterAll(() => pages.close());
  const page = async (query: string) => {
    const { json } = await pages.scim('GET', `/Users?${query}`);
    const resources = Array.isArray(json['Resources']) ? json['Resources'] : [];
    return {
      total: json['totalResults'],
      start: json['startIndex'],
      size: json['itemsPerPage'],
      ids: resources.map((user: Record<string, unknown>) => user['id']),
    };
  };

  test.each([
    ['no parameters', '', 11, 1, 11],
    ['count 5', 'startIndex=1&count=5', 11, 1, 5],
    ['the last page', 'startIndex=11&count=5', 11, 11, 1],
    ['startIndex 0 is 1 (row 147)', 'startIndex=0&count=2', 11, 1, 2],
    ['startIndex -3 is 1 (row 147)', 'startIndex=-3&count=2', 11, 1, 2],
    ['count 0 gives the total (row 148)', 'count=0', 11, 1, 0],
    ['count -1 is 0 (row 148)', 'count=-1', 11, 1, 0],
    ['a count of 2^31', 'count=2147483648', 11, 1, 11],
    ['names in another case (F11)', 'startindex=0&COUNT=3', 11, 1, 3],
  ])('%s', async (_label, query, total, start, size) => {
    const answer = await page(query);
    expect([answer.total, answer.start, answer.size, answer.ids.length]).toEqual([total, start, size, size]);
  });

  test('a page beyond the end is empty and has the true total (row 152)', async () => {
    const answer = await page('startIndex=500&count=5');
    expect([answer.total, answer.ids]).toEqual([11, []]);
    expect((await page('startIndex=99999999999999999999')).total).toBe(11);
  });

  test('walking pages of 5 shows everybody once, in one order (row 115)', async () => {
    const walked = [
      await page('startIndex=1&count=5'),
      await page('startIndex=6&count=5'),
      await page('startIndex=11&count=5'),
    ];
    expect(walked.flatMap(({ ids }) => ids)).toEqual((await page('')).ids);
    expect(new Set(walked.flatMap(({ ids }) => ids)).size).toBe(11);
  });

  test.each(['startIndex=x', 'count=1.5', 'count=ten', 'startIndex=1e3'])(
    '%s is 400 invalidValue (row 153)',
    async (query) => {
      expect(errorOf(await pages.scim('GET', `/Users?${query}`))).toEqual([400, 'invalidValue']);
    },
  );

  test('a filtered list is paged, too', async () => {
    const filter = filterBy(
      '/Users',
      'userName eq "p1@example.com" or userName eq "p2@example.com" or userName eq "p3@example.com"',
    );
    const { json } = await pages.scim('GET', `${filter}&startIndex=2&count=1`);
    expect(json).toMatchObject({ totalResults: 3, startIndex: 2, itemsPerPage: 1 });
  });
});
