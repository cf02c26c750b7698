/**
 * A query through the service, by index or by walk, by pages, cursors and searches, finds whom the naive evaluator finds (T33):
 * indexes, the members that are read for a filter, and paging may only change the cost.
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filterBy, openTestScim, resourcesOf, type TestScim } from './bridge.ts';
import { type Hand, write } from './filter-arbitraries.ts';
import { enterprise, holds, isSensible, type Wanted } from './naive-filter.ts';

type Json = Readonly<Record<string, unknown>>;
let bridge: TestScim;
let users: readonly Json[];
let groups: readonly Json[];

const letters = [
  'ada',
  'Ada',
  '\u212Aim',
  'kim',
  'Stra\u00DFe',
  'STRASSE',
  '\u039F\u03A3',
  '\u03BF\u03C3\u03B1',
  'x"y\\z',
];

beforeAll(async () => {
  bridge = await openTestScim();
  const ids: string[] = [];
  for (let at = 0; at < 18; at += 1) {
    const word = letters[at % letters.length] ?? '';
    const more = {
      ...(at % 2 === 0 ? { externalId: `${word}-e` } : {}),
      ...(at % 3 === 0 ? { title: word, active: false } : {}),
      displayName: word,
      name: { givenName: word, familyName: `f${at % 4}` },
      emails: [
        { value: `${word}@work${at % 5}.example`, type: 'work', primary: at % 2 === 0 },
        ...(at % 4 === 0 ? [{ value: `${word}@home.example`, type: 'home' }] : []),
      ],
      ...(at % 5 === 0 ? { [enterprise]: { department: word, manager: { value: ids[0] } } } : {}),
    };
    ids.push(await bridge.newUser(`${word}${at}`, more));
    bridge.clock.advance(1_000);
  }
  for (let at = 0; at < 6; at += 1)
    await bridge.newGroup(
      `${letters[at]} ${at}${at % 2 === 0 ? '' : ' '}`,
      ids.filter((_, place) => place % (at + 2) === 0),
    );
  users = resourcesOf(await bridge.scim('GET', '/Users?count=200'));
  groups = resourcesOf(await bridge.scim('GET', '/Groups?count=200'));
});
afterAll(() => bridge.close());

const neat: Hand = { next: () => 1 };

/** What the resources really hold, so that filters hit; indexed attributes first. */
function leaves(stored: readonly Json[], paths: readonly string[]): fc.Arbitrary<Wanted> {
  const valueAt = (resource: Json, path: string): unknown => {
    const [head = '', tail] = path.split('.');
    const holder = Object(path === 'manager' || path === 'department' ? resource[enterprise] : resource);
    const value: unknown = [holder[head]].flat()[0];
    return tail === undefined
      ? typeof value === 'object' && value !== null
        ? Object(value)['value']
        : value
      : Object(value)[tail];
  };
  const op = fc.oneof(
    { weight: 3, arbitrary: fc.constant('eq') },
    { weight: 1, arbitrary: fc.constantFrom('ne', 'co', 'sw', 'ew', 'gt', 'le') },
  );
  return fc
    .tuple(fc.constantFrom(...paths), fc.constantFrom(...stored), op, fc.boolean())
    .map(([path, resource, operator, upper]) => {
      const value = valueAt(resource, path);
      if (typeof value === 'boolean') return { path, op: operator === 'ne' ? 'ne' : 'eq', value };
      if (typeof value !== 'string') return { has: path };
      return { path, op: operator, value: upper ? value.toUpperCase() : value };
    });
}

function trees(leaf: fc.Arbitrary<Wanted>): fc.Arbitrary<Wanted> {
  return fc.letrec<{ tree: Wanted }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      { weight: 3, arbitrary: leaf },
      { weight: 2, arbitrary: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((all) => ({ all })) },
      { weight: 1, arbitrary: fc.array(tie('tree'), { minLength: 2, maxLength: 2 }).map((any) => ({ any })) },
      { weight: 1, arbitrary: tie('tree').map((not) => ({ not })) },
    ),
  })).tree;
}

const idsOf = (found: readonly Json[]) => found.map(({ id }) => String(id));

async function byCursor(path: string, text: string): Promise<readonly string[]> {
  const found: string[] = [];
  let cursor: unknown = '';
  for (let page = 0; page < 20 && cursor !== undefined; page += 1) {
    const answer = await bridge.scim('GET', `${filterBy(path, text)}&count=4&cursor=${cursor}`);
    found.push(...idsOf(resourcesOf(answer)));
    cursor = answer.json['nextCursor'];
  }
  return found;
}

async function expectSame(
  path: '/Users' | '/Groups',
  stored: readonly Json[],
  wanted: Wanted,
): Promise<number> {
  const text = write(wanted, neat);
  fc.pre(isSensible(wanted));
  const expected = idsOf(stored.filter((resource) => holds(wanted, resource, path === '/Groups')));
  const found = idsOf(resourcesOf(await bridge.scim('GET', `${filterBy(path, text)}&count=200`)));
  expect([text, found]).toEqual([text, expected]);
  const searched = await bridge.scim('POST', `${path}/.search`, {
    filter: text,
    startIndex: 2,
    count: 3,
    attributes: ['id'],
  });
  expect([text, idsOf(resourcesOf(searched)), searched.json['totalResults']]).toEqual([
    text,
    expected.slice(1, 4),
    expected.length,
  ]);
  expect([text, await byCursor(path, text)]).toEqual([text, expected]);
  return expected.length;
}

test('users: index, walk, page, cursor and search agree with the naive evaluator (T33)', async () => {
  const leaf = fc.oneof(
    { weight: 3, arbitrary: leaves(users, ['id', 'userName', 'externalId', 'emails', 'emails.value']) },
    {
      weight: 2,
      arbitrary: leaves(users, [
        'displayName',
        'name.familyName',
        'title',
        'active',
        'manager',
        'department',
        'meta.created',
      ]),
    },
    {
      weight: 1,
      arbitrary: leaves(users, ['emails.value', 'emails.type']).map((one) =>
        'path' in one ? { among: 'emails', one: { ...one, path: one.path.split('.')[1] ?? '' } } : one,
      ),
    },
  );
  let hits = 0;
  const property = fc.asyncProperty(trees(leaf), async (wanted) => {
    hits += await expectSame('/Users', users, wanted);
  });
  await fc.assert(property, { numRuns: 80 });
  expect(hits).toBeGreaterThan(80);
}, 120_000);

test('groups: members that a filter asks about decide, read or not (T33, F7, F12)', async () => {
  const leaf = fc.oneof(
    { weight: 1, arbitrary: leaves(groups, ['id', 'displayName', 'meta.created']) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom('members', 'members.value'),
          fc.constantFrom('eq', 'eq', 'ne'),
          fc.constantFrom(...idsOf(users).slice(0, 6)),
        )
        .map(([path, op, value]) => ({ path, op, value })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...idsOf(users).slice(0, 4)).map((value) => ({
        among: 'members',
        one: {
          all: [
            { path: 'value', op: 'eq', value },
            { path: 'type', op: 'eq', value: 'user' },
          ],
        },
      })),
    },
    { weight: 1, arbitrary: fc.constant({ has: 'members' }) },
  );
  let hits = 0;
  const property = fc.asyncProperty(trees(leaf), async (wanted) => {
    hits += await expectSame('/Groups', groups, wanted);
  });
  await fc.assert(property, { numRuns: 60 });
  expect(hits).toBeGreaterThan(50);
}, 120_000);
