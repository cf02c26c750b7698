/** Cursor paging (RFC 9865, rows 154-164). */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ConnectionId } from '../../lambdas/directory/records.ts';
import { openCursor, sealCursor } from '../../lambdas/scim/cursor.ts';
import { ORG, settings } from '../open.ts';
import {
  type Answered,
  errorOf,
  filterBy,
  openTestScim,
  patchOp,
  resourcesOf,
  type TestScim,
} from './bridge.ts';
import { refusalOf } from './refusal.ts';

let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
  for (let n = 0; n < 11; n += 1) {
    await bridge.newUser(`c${String(n).padStart(2, '0')}@example.com`, {
      active: n % 2 === 0,
      title: n < 9 ? 'x' : 'y',
    });
    bridge.clock.advance(10);
  }
  for (let n = 0; n < 4; n += 1) {
    await bridge.newGroup(`C ${n}`);
    bridge.clock.advance(10);
  }
});
afterAll(() => bridge.close());

const namesOf = (page: Answered) =>
  resourcesOf(page).map((it) => String(it['userName'] ?? it['displayName']).slice(0, 3));
const ask = (query: string, path = '/Users', scim = bridge) => scim.scim('GET', `${path}?${query}`);

/** Every page from the first on, by the cursors that each one names. */
async function walk(query: string, path = '/Users', link = 'nextCursor', from = ''): Promise<Answered[]> {
  const pages: Answered[] = [];
  let cursor = from;
  for (;;) {
    const page = await ask(`${query}&cursor=${cursor}`, path);
    expect(page.status).toBe(200);
    pages.push(page);
    const next = page.json[link];
    if (typeof next !== 'string') return pages;
    // Row 156: unreserved characters only.
    expect(next).toMatch(/^[A-Za-z0-9._~-]+$/);
    cursor = next;
    if (pages.length > 50) throw new Error('the walk does not end');
  }
}

const everybody = ['c00', 'c01', 'c02', 'c03', 'c04', 'c05', 'c06', 'c07', 'c08', 'c09', 'c10'];
const even = everybody.filter((_name, n) => n % 2 === 0);
const filter = (text: string) => `filter=${encodeURIComponent(text)}`;

describe('walking by cursor', () => {
  test.each([
    ['all users', '/Users', 'count=4', everybody, 3],
    ['all users, the last page full', '/Users', 'count=11', everybody, 1],
    ['a filter that no index answers', '/Users', `count=4&${filter('active eq true')}`, even, 2],
    [
      'a filter with an index',
      '/Users',
      `count=1&${filter('userName eq "c03@example.com" or userName eq "c01@example.com"')}`,
      ['c01', 'c03'],
      2,
    ],
    [
      'sorted (row 159)',
      '/Users',
      'count=4&sortBy=userName&sortOrder=descending',
      [...everybody].reverse(),
      3,
    ],
    ['groups', '/Groups', 'count=3', ['C 0', 'C 1', 'C 2', 'C 3'], 2],
    [
      'the base URL: users, then groups (row 111)',
      '',
      'count=4',
      [...everybody, 'C 0', 'C 1', 'C 2', 'C 3'],
      4,
    ],
    ['nobody', '/Users', filter('title eq "nobody"'), [], 1],
  ])(
    '%s: every match once, no cursor on the last page (row 154)',
    async (_label, path, query, names, pages) => {
      const walked = await walk(query, path);
      expect(walked.flatMap(namesOf)).toEqual(names);
      expect(walked.length).toBe(pages);
      for (const { json } of walked)
        expect([json['startIndex'], json['itemsPerPage']]).toEqual([
          undefined,
          resourcesOf({ json } as Answered).length,
        ]);
    },
  );

  test.each([
    ['all users', '/Users', 'count=4', everybody],
    ['a walk with a filter', '/Users', `count=4&${filter('active eq true')}`, even],
    ['sorted', '/Users', 'count=4&sortBy=title', everybody],
    ['the base URL', '', 'count=4', [...everybody, 'C 0', 'C 1', 'C 2', 'C 3']],
  ])(
    'and back by previousCursor, which the first page does not have (row 155): %s',
    async (_label, path, query, names) => {
      const forward = await walk(query, path);
      expect(forward[0]?.json).not.toHaveProperty('previousCursor');
      const last = forward.at(-1)?.json['previousCursor'];
      const back = await walk(query, path, 'previousCursor', String(last));
      const walked = [...back].reverse().flatMap(namesOf);
      expect([
        ...walked,
        ...namesOf(forward.at(-1) ?? { status: 0, headers: {}, json: {}, text: '' }),
      ]).toEqual(names);
      // From any page back there is a way forward again.
      const again = await ask(`${query}&cursor=${String(back[0]?.json['nextCursor'])}`, path);
      expect(namesOf(again)).toEqual(namesOf(forward.at(-1) ?? again));
    },
  );

  test('users who come and go between two pages shift nobody', async () => {
    const scim = await openTestScim();
    try {
      const ids: string[] = [];
      for (let n = 0; n < 6; n += 1) {
        ids.push(await scim.newUser(`m${n}`));
        scim.clock.advance(10);
      }
      for (const query of ['count=2', `count=2&${filter('title eq null')}`, 'count=2&sortBy=userName']) {
        const first = await ask(`${query}&cursor`, '/Users', scim);
        const next = await ask(`${query}&cursor=${String(first.json['nextCursor'])}`, '/Users', scim);
        await scim.scim('DELETE', `/Users/${ids[0]}`);
        const same = await ask(`${query}&cursor=${String(first.json['nextCursor'])}`, '/Users', scim);
        expect([query, namesOf(same)]).toEqual([query, namesOf(next)]);
        ids.shift();
      }
    } finally {
      await scim.close();
    }
  });

  test('totals are there where they can be known (row 157)', async () => {
    expect((await ask('cursor&count=2')).json['totalResults']).toBe(11);
    expect((await ask('cursor&count=0')).json).toMatchObject({
      totalResults: 11,
      itemsPerPage: 0,
      Resources: [],
    });
    expect((await ask('cursor&count=-5')).json).not.toHaveProperty('nextCursor');
    expect((await ask(`cursor&count=0&${filter('active eq true')}`)).json['totalResults']).toBe(6);
    expect((await ask(`cursor&count=2&${filter('active eq true')}`)).json).not.toHaveProperty('totalResults');
    expect((await ask(`cursor&count=100&${filter('active eq true')}`)).json['totalResults']).toBe(6);
    expect((await ask('cursor&count=99999')).json['itemsPerPage']).toBe(11);
  });

  test('index paging stays the default (rows 160, 161)', async () => {
    const { json } = await ask('count=2');
    expect([json['startIndex'], json['nextCursor']]).toEqual([1, undefined]);
  });

  test('the size of a page and its projection may change on the way', async () => {
    const first = await ask('cursor&count=2');
    const rest = await ask(`cursor=${String(first.json['nextCursor'])}&count=100&attributes=userName`);
    expect(namesOf(rest)).toEqual(everybody.slice(2));
    expect(rest.text).not.toContain('"title"');
  });
});

describe('cursors that are refused (rows 158, 163, 164)', () => {
  const cursorOf = async (query: string) => String((await ask(`${query}&cursor`)).json['nextCursor']);

  test.each([
    ['nonsense', 'abc'],
    ['nonsense with a dot', 'abc.def'],
    ['a text of 5,000 characters', 'a'.repeat(5_000)],
    ['odd characters', '%00.%E2%82%AC'],
    ['three parts', 'a.b.c'],
  ])('%s is 400 invalidCursor', async (_label, cursor) => {
    expect(errorOf(await ask(`cursor=${cursor}`))).toEqual([400, 'invalidCursor']);
  });

  test('a cursor with any character changed is 400 invalidCursor', async () => {
    const cursor = await cursorOf('count=2');
    for (let at = 0; at < cursor.length; at += 1) {
      const changed = `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`;
      expect([at, ...errorOf(await ask(`cursor=${changed}`))]).toEqual([at, 400, 'invalidCursor']);
    }
  });

  test.each([
    ['another filter', `count=2&${filter('active eq true')}`, '/Users'],
    ['another order', 'count=2&sortBy=userName', '/Users'],
    ['another type', 'count=2', '/Groups'],
    ['all types', 'count=2', ''],
  ])('a cursor of one query is invalid for %s', async (_label, query, path) => {
    expect(errorOf(await ask(`${query}&cursor=${await cursorOf('count=2')}`, path))).toEqual([
      400,
      'invalidCursor',
    ]);
  });

  test('a cursor of another connection is invalid like a forged one, byte for byte (T30)', async () => {
    const other = ConnectionId.parse('entra');
    await bridge.directory.setUp({
      org: { key: ORG, adobeOrgId: '5F2A1C20B7D44E9A0A49@AdobeOrg', clientId: 'client-1' },
      connection: { id: other, settings },
    });
    const { secret } = await bridge.directory.createToken(other, {
      label: 'other',
      scopes: ['read', 'write'],
    });
    const asOther = (query: string) =>
      bridge.scim('GET', `/Users?${query}`, undefined, { authorization: `Bearer ${secret}` });
    const foreign = await asOther(`cursor=${await cursorOf('count=2')}`);
    expect(errorOf(foreign)).toEqual([400, 'invalidCursor']);
    expect(foreign.text).toBe((await asOther('cursor=abc.def')).text);
  });

  test('an old cursor is 400 expiredCursor', async () => {
    const cursor = await cursorOf('count=2');
    bridge.clock.advance(3_599_000);
    expect((await ask(`count=2&cursor=${cursor}`)).status).toBe(200);
    bridge.clock.advance(2_000);
    expect(errorOf(await ask(`count=2&cursor=${cursor}`))).toEqual([400, 'expiredCursor']);
  });

  test('a revoked token ends a walk, another token of the connection goes on with it', async () => {
    const cursor = await cursorOf('count=2');
    const second = await bridge.newToken(['read']);
    const asSecond = () =>
      bridge.scim('GET', `/Users?count=2&cursor=${cursor}`, undefined, { authorization: `Bearer ${second}` });
    expect((await asSecond()).status).toBe(200);
    await bridge.directory.revokeToken(ConnectionId.parse('okta'), second.split('_')[1] ?? '');
    expect((await asSecond()).status).toBe(401);
  });

  test.each(['x', '1.5', 'ten'])('count=%s is 400 invalidCount', async (count) => {
    expect(errorOf(await ask(`cursor&count=${count}`))).toEqual([400, 'invalidCount']);
  });

  test('a seal of another key opens nothing', async () => {
    const parts = { key: 'one', now: 0, context: 'c' };
    const sealed = await sealCursor({ source: 0, after: 'x' }, parts);
    expect(await openCursor(sealed, parts)).toMatchObject({ source: 0, after: 'x' });
    expect(await refusalOf(openCursor(sealed, { ...parts, key: 'two' }))).toEqual([400, 'invalidCursor']);
  });

  test('a cursor shows nothing of what it holds: neither id nor the value that it sorts by (row 116)', async () => {
    const { json } = await ask('cursor&count=2&sortBy=userName');
    const bytes = Buffer.from(String(json['nextCursor']), 'base64url').toString('latin1');
    const [, last] = resourcesOf({ json } as Answered);
    expect(String(last?.['userName'])).toBe('c01@example.com');
    expect([bytes.includes('c01'), bytes.includes(String(last?.['id']))]).toEqual([false, false]);
    // The same place is the same cursor: nothing random is in it that could repeat a nonce.
    expect((await ask('cursor&count=2&sortBy=userName')).json['nextCursor']).toBe(json['nextCursor']);
  });
});

describe('a sorted walk while people come, go and move', () => {
  let scim: TestScim;
  let ids: Map<string, string>;
  const names = Array.from({ length: 9 }, (_, n) => `s${n}`);
  beforeEach(async () => {
    scim = await openTestScim();
    ids = new Map();
    for (const name of [...names].reverse()) ids.set(name, await scim.newUser(name));
  });
  afterEach(() => scim.close());
  const rename = (name: string, userName: string) =>
    scim.scim('PATCH', `/Users/${ids.get(name)}`, {
      schemas: [patchOp],
      Operations: [{ op: 'replace', path: 'userName', value: userName }],
    });
  const page = (cursor: unknown) => ask(`count=3&sortBy=userName&cursor=${String(cursor)}`, '/Users', scim);
  const shown = (answered: Answered) => resourcesOf(answered).map((user) => String(user['userName']));

  test.each<[string, () => Promise<unknown>, string[], string[]]>([
    [
      'the last one shown is renamed to the end',
      () => rename('s2', 'z'),
      ['s3', 's4', 's5'],
      ['s6', 's7', 's8', 'z'],
    ],
    [
      'the last one shown is renamed to the start',
      () => rename('s2', 'a'),
      ['s3', 's4', 's5'],
      ['s6', 's7', 's8'],
    ],
    [
      'the last one shown is deleted',
      () => scim.scim('DELETE', `/Users/${ids.get('s2')}`),
      ['s3', 's4', 's5'],
      ['s6', 's7', 's8'],
    ],
    [
      'all that were shown are deleted',
      async () => {
        for (const name of ['s0', 's1', 's2']) await scim.scim('DELETE', `/Users/${ids.get(name)}`);
      },
      ['s3', 's4', 's5'],
      ['s6', 's7', 's8'],
    ],
    ['somebody comes before the place', () => scim.newUser('a'), ['s3', 's4', 's5'], ['s6', 's7', 's8']],
    ['somebody comes behind it', () => scim.newUser('s31'), ['s3', 's31', 's4'], ['s5', 's6', 's7', 's8']],
  ])('%s: nobody else is missed or shown twice', async (_label, happens, second, rest) => {
    const first = await page('');
    expect(shown(first)).toEqual(['s0', 's1', 's2']);
    await happens();
    const next = await page(first.json['nextCursor']);
    expect(shown(next)).toEqual(second);
    const last: string[] = [];
    for (let cursor = next.json['nextCursor']; cursor !== undefined; ) {
      const more = await page(cursor);
      last.push(...shown(more));
      cursor = more.json['nextCursor'];
    }
    expect(last).toEqual(rest);
  });

  test('the way back is as sure', async () => {
    const first = await page('');
    const second = await page(first.json['nextCursor']);
    await rename('s3', 'zz');
    await scim.newUser('a');
    const back = await page(second.json['previousCursor']);
    expect(shown(back)).toEqual(['s0', 's1', 's2']);
    const start = await page(back.json['previousCursor']);
    expect([shown(start), start.json['previousCursor']]).toEqual([['a'], undefined]);
    expect(shown(await page(start.json['nextCursor']))).toEqual(['s0', 's1', 's2']);
  });
});

test('a filter by value finds with a cursor what it finds without one', async () => {
  const text = 'title eq "y" and active eq true';
  const plain = await bridge.scim('GET', filterBy('/Users', text));
  expect((await walk(filter(text))).flatMap(namesOf)).toEqual(namesOf(plain));
});
