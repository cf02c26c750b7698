/**
 * Every limit that is announced holds, and one more is refused (T35, T38, T39): those of ServiceProviderConfig, and those of
 * the table in `docs/threats.md`, which says what no document of SCIM has a place for.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, filterBy, nobody, openTestScim, patchOp, resourcesOf, type TestScim } from './bridge.ts';

let bridge: TestScim;
let user: string;
let group: string;
let config: Record<string, Record<string, number>>;
beforeAll(async () => {
  bridge = await openTestScim();
  user = await bridge.newUser('limits@example.com');
  group = await bridge.newGroup('Limits', [user]);
  config = Object((await bridge.scim('GET', '/ServiceProviderConfig')).json);
});
afterAll(() => bridge.close());

const documented = new Map(
  readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'threats.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, name, limit] = /^\| ([^|]+?) \| ([\d,]+) \| \d{3}/.exec(line) ?? [];
      return name === undefined || limit === undefined
        ? []
        : [[name, Number(limit.replaceAll(',', ''))] as const];
    }),
);

function limitOf(name: string): number {
  const limit = documented.get(name);
  if (limit === undefined)
    throw new Error(`docs/threats.md has no limit called ${name}: ${[...documented.keys()].join(', ')}`);
  return limit;
}

const many = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));
const patch = (operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
const nests = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const strangers = (count: number) =>
  many(count, (at) => ({ value: `${nobody.slice(0, 24)}${String(at).padStart(12, '0')}` }));

interface Limit {
  readonly name: string;
  /** What asks for so many. */
  readonly ask: (count: number) => readonly [method: string, path: string, body: unknown];
  readonly refusal: readonly [number, string | undefined];
  /** Stands in ServiceProviderConfig, too. */
  readonly announced?: () => number | undefined;
}

const limits: readonly Limit[] = [
  {
    name: 'bytes of a body',
    // The body is made so that all but its size is wrong in a small way: what is not too large is 400.
    ask: (count) => ['POST', '/Users', `{"userName": "${' '.repeat(count - 16)}"}`],
    refusal: [413, undefined],
    announced: () => config['bulk']?.['maxPayloadSize'],
  },
  {
    name: 'levels of JSON',
    ask: (count) => ['POST', '/Users', `{"x": ${nests(count - 1)}}`],
    refusal: [400, 'invalidSyntax'],
  },
  {
    name: 'operations of a bulk request',
    ask: (count) => [
      'POST',
      '/Bulk',
      { Operations: many(count, () => ({ method: 'DELETE', path: '/Users/none' })) },
    ],
    refusal: [413, undefined],
    announced: () => config['bulk']?.['maxOperations'],
  },
  {
    name: 'operations of a PATCH',
    ask: (count) => [
      'PATCH',
      `/Groups/${group}`,
      patch(many(count, () => ({ op: 'replace', path: 'externalId', value: 'x' }))),
    ],
    refusal: [413, undefined],
  },
  {
    name: 'values in a PATCH of a user',
    ask: (count) => [
      'PATCH',
      `/Users/${user}`,
      patch(
        many(Math.ceil(count / 100), (at) => ({
          op: 'add',
          path: 'roles',
          value: many(Math.min(100, count - at * 100), (role) => `r${role}`),
        })),
      ),
    ],
    refusal: [413, undefined],
  },
  {
    name: 'members that a PATCH adds or removes',
    ask: (count) => [
      'PATCH',
      `/Groups/${group}`,
      patch([{ op: 'remove', path: 'members', value: strangers(count) }]),
    ],
    refusal: [413, undefined],
  },
  {
    name: 'members in a full list',
    ask: (count) => [
      'PATCH',
      `/Groups/${nobody}`,
      patch([{ op: 'replace', path: 'members', value: strangers(count) }]),
    ],
    refusal: [413, undefined],
  },
  {
    name: 'values of a list',
    ask: (count) => [
      'PUT',
      `/Users/${user}`,
      { userName: 'limits@example.com', phoneNumbers: many(count, (at) => ({ value: `p${at}` })) },
    ],
    refusal: [400, 'invalidValue'],
  },
  {
    name: 'e-mail addresses of a person',
    ask: (count) => [
      'PUT',
      `/Users/${user}`,
      { userName: 'limits@example.com', emails: many(count, (at) => ({ value: `limits${at}@example.com` })) },
    ],
    refusal: [400, 'invalidValue'],
  },
  {
    name: 'characters of a text',
    ask: (count) => ['PUT', `/Users/${user}`, { userName: 'limits@example.com', title: 'x'.repeat(count) }],
    refusal: [400, 'invalidValue'],
  },
  {
    name: 'characters of a filter',
    ask: (count) => ['GET', filterBy('/Users', `id eq "${'x'.repeat(count - 8)}"`), undefined],
    refusal: [400, 'invalidFilter'],
  },
  {
    name: 'levels of a filter',
    ask: (count) => [
      'GET',
      filterBy('/Users', `${'('.repeat(count)}id eq "x"${')'.repeat(count)}`),
      undefined,
    ],
    refusal: [400, 'invalidFilter'],
  },
  {
    name: 'conditions of a filter',
    ask: (count) => ['GET', filterBy('/Users', many(count, () => 'id eq "x"').join(' or ')), undefined],
    refusal: [400, 'invalidFilter'],
  },
];

describe('limits (T38)', () => {
  test.each(limits.map((limit) => [limit.name, limit] as const))(
    '%s: as many as announced are not refused for their number, one more is',
    async (name, { ask, refusal, announced }) => {
      const limit = limitOf(name);
      if (announced !== undefined) expect(announced()).toBe(limit);
      const [below, exact, above] = [limit - 1, limit, limit + 1].map((count) => bridge.scim(...ask(count)));
      for (const fine of [await below, await exact]) {
        if (fine !== undefined && fine.status >= 400) expect(errorOf(fine)).not.toEqual(refusal);
      }
      const refused = await above;
      if (refused === undefined) throw new Error('three requests');
      expect(errorOf(refused)).toEqual(refusal);
    },
  );

  test('all of the table are proved here, and larger pages than announced are cut (row 31)', async () => {
    const page = 'resources of a page';
    expect([...documented.keys()].filter((name) => name !== page).sort()).toEqual(
      limits.map(({ name }) => name).sort(),
    );
    const most = limitOf(page);
    expect([config['filter']?.['maxResults'], config['pagination']?.['maxPageSize']]).toEqual([most, most]);
    for (let at = 0; at < most + 1; at += 100) {
      const operations = many(Math.min(100, most + 1 - at), (more) => ({
        method: 'POST',
        path: '/Users',
        bulkId: `b${more}`,
        data: { userName: `page-${at + more}@example.com` },
      }));
      await bridge.scim('POST', '/Bulk', { Operations: operations });
    }
    const answer = await bridge.scim('GET', `/Users?count=${most + 1}`);
    expect([resourcesOf(answer).length, Number(answer.json['totalResults']) > most]).toEqual([most, true]);
  });
});

describe('numbers of a page (T39)', () => {
  const counts = [
    '-1',
    '-2147483648',
    '0',
    '1',
    '200',
    '201',
    '2147483647',
    '2147483648',
    '9007199254740993',
    '9'.repeat(400),
    '+5',
    ' 7 ',
    '',
  ];
  const indexes = ['-1', '-2147483648', '0', '1', '2', '2147483648', '9'.repeat(400), ''];
  test('any whole number is answered with at most a page, whatever it is', async () => {
    for (const count of counts) {
      for (const startIndex of indexes) {
        const query = `count=${encodeURIComponent(count)}&startIndex=${encodeURIComponent(startIndex)}`;
        const answer = await bridge.scim('GET', `/Groups?${query}`);
        const length = resourcesOf(answer).length;
        expect([query, answer.status, answer.json['itemsPerPage']]).toEqual([query, 200, length]);
        expect(length).toBeLessThanOrEqual(
          Math.max(0, Math.min(200, count.trim() === '' ? 100 : Number(count))),
        );
      }
    }
  });

  test.each(['x', '1.5', '1e3', '0x10', 'NaN', 'Infinity', '--1', '\u0661', '1,000', 'null', '5;'])(
    '%j is 400 invalidValue',
    async (text) => {
      for (const name of ['count', 'startIndex']) {
        const answer = await bridge.scim('GET', `/Users?${name}=${encodeURIComponent(text)}`);
        expect(errorOf(answer)).toEqual([400, 'invalidValue']);
      }
    },
  );

  test('a list of 1 to 10,000 members is read, and nobody unknown joins', async () => {
    for (const count of [1, 100, 1_000, 10_000]) {
      const answer = await bridge.scim('PUT', `/Groups/${group}`, {
        displayName: 'Limits',
        members: [{ value: user }, ...strangers(count - 1)],
      });
      expect(answer.status).toBe(200);
      expect(await bridge.membersOf(group)).toEqual([user]);
    }
  });
});
