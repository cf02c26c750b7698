/** Rows 141-146 (RFC 7644 section 3.4.2.3). */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareTexts } from '../../lambdas/scim/texts.ts';
import { errorOf, openTestScim, resourcesOf, type TestScim } from './bridge.ts';

let bridge: TestScim;
const people: readonly Record<string, unknown>[] = [
  { userName: 's1', displayName: 'beta', active: true, name: { familyName: 'Zoe' } },
  { userName: 's2', displayName: 'Alpha', active: false },
  {
    userName: 's3',
    active: true,
    emails: [{ value: 'z@example.com' }, { value: 'a@example.com', primary: true }],
  },
  { userName: 's4', displayName: 'alpha', active: false, emails: [{ value: 'b@example.com', type: 'work' }] },
  { userName: 's5', displayName: '\u{1F600}', active: true, name: { familyName: 'Adams' } },
  { userName: 's6', displayName: '\uFB01ne', active: true, externalId: 'B' },
  { userName: 's7', displayName: '\uE000', active: true, externalId: 'a' },
];
beforeAll(async () => {
  bridge = await openTestScim();
  for (const person of people) {
    await bridge.newUser(String(person['userName']), person);
    bridge.clock.advance(1_000);
  }
});
afterAll(() => bridge.close());

const order = async (query: string) => {
  const answered = await bridge.scim('GET', `/Users?${query}`);
  expect(answered.status).toBe(200);
  return resourcesOf(answered)
    .map((user) => user['userName'])
    .join(' ');
};

describe('sorted lists', () => {
  test.each([
    [
      'rows 142, 143: ascending by default, without regard to case',
      'sortBy=displayName',
      's2 s4 s1 s6 s7 s5 s3',
    ],
    ['row 143: ascending when it is said', 'sortBy=DisplayName&sortOrder=ascending', 's2 s4 s1 s6 s7 s5 s3'],
    [
      'row 145: descending, without a value first',
      'sortBy=displayName&sortOrder=descending',
      's3 s5 s7 s6 s1 s2 s4',
    ],
    ['row 143: a caseExact attribute', 'sortBy=externalId', 's6 s7 s1 s2 s3 s4 s5'],
    ['row 144: the primary value of a list', 'sortBy=emails.value', 's3 s4 s1 s2 s5 s6 s7'],
    ['row 144: a list stands for its value', 'sortBy=emails', 's3 s4 s1 s2 s5 s6 s7'],
    ['row 144: a part of a complex attribute', 'sortBy=name.familyName', 's5 s1 s2 s3 s4 s6 s7'],
    ['a boolean', 'sortBy=active', 's2 s4 s1 s3 s5 s6 s7'],
    ['a date', 'sortBy=meta.created&sortOrder=DESCENDING', 's7 s6 s5 s4 s3 s2 s1'],
    [
      'a qualified name',
      'sortBy=urn:ietf:params:scim:schemas:core:2.0:User:userName&sortOrder=descending',
      's7 s6 s5 s4 s3 s2 s1',
    ],
    ['an attribute that nobody knows', 'sortBy=shoeSize', 's1 s2 s3 s4 s5 s6 s7'],
    ['nothing', 'sortBy=&sortOrder=descending', 's1 s2 s3 s4 s5 s6 s7'],
  ])('%s', async (_label, query, expected) => {
    expect(await order(query)).toBe(expected);
  });

  test('pages of a sorted list are parts of one order (rows 115, 159)', async () => {
    const sorted = 'sortBy=displayName&count=3';
    const walked = [
      await order(sorted),
      await order(`${sorted}&startIndex=4`),
      await order(`${sorted}&startIndex=7`),
    ];
    expect(walked.join(' ')).toBe('s2 s4 s1 s6 s7 s5 s3');
    const { json } = await bridge.scim('GET', `/Users?${sorted}&startIndex=4`);
    expect(json).toMatchObject({ totalResults: 7, startIndex: 4, itemsPerPage: 3 });
  });

  test('a filter limits a sorted list, with and without an index', async () => {
    const by = (filter: string) => order(`sortBy=displayName&filter=${encodeURIComponent(filter)}`);
    expect(await by('active eq true')).toBe('s1 s6 s7 s5 s3');
    expect(await by('userName eq "s1" or userName eq "s2"')).toBe('s2 s1');
  });

  test.each([
    ['a complex attribute as a whole (row 144)', 'sortBy=name', 'invalidPath'],
    ['no attribute path', 'sortBy=a%20b', 'invalidPath'],
    ['another order', 'sortBy=userName&sortOrder=up', 'invalidValue'],
  ])('%s is 400', async (_label, query, keyword) => {
    expect(errorOf(await bridge.scim('GET', `/Users?${query}`))).toEqual([400, keyword]);
  });
});

describe('the order of texts', () => {
  test('is that of their code points', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (left, right) => {
        const points = (text: string) => [...text].map((character) => (character.codePointAt(0) ?? 0) + 1);
        const [a, b] = [points(left), points(right)];
        const at = a.findIndex((point, index) => point !== b[index]);
        const expected = at < 0 ? Math.sign(a.length - b.length) : Math.sign((a[at] ?? 0) - (b[at] ?? 0));
        expect(Math.sign(compareTexts(left, right))).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});
