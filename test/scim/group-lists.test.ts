import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScimRoutes } from '../../lambdas/scim/routes.ts';
import { base, filterBy, openTestScim, patchOp, type TestScim } from './bridge.ts';

let bridge: TestScim;
const people: string[] = [];
beforeAll(async () => {
  bridge = await openTestScim();
  for (let n = 0; n < 12; n += 1) people.push(await bridge.newUser(`g${n}@example.com`));
});
afterAll(() => bridge.close());

const patch = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
const sorted = (...ids: (string | undefined)[]) => ids.filter((id) => id !== undefined).sort();

describe('filters and lists', () => {
  let group: string;
  beforeAll(async () => {
    group = await bridge.newGroup('Filter – One', [people[0] ?? '', people[1] ?? '']);
    await bridge.scim('PATCH', `/Groups/${group}`, patch({ op: 'add', path: 'externalId', value: '3f0c' }));
    await bridge.newGroup('Filter – Two', [people[1] ?? '']);
  });
  const found = async (filter: string, more = '') => {
    const { status, json } = await bridge.scim('GET', `${filterBy('/Groups', filter)}${more}`);
    const resources = Array.isArray(json['Resources']) ? json['Resources'] : [];
    return [status, ...resources.map((it: Record<string, unknown>) => it['displayName'])];
  };

  test.each<[string, () => string, string[]]>([
    ['F4', () => 'displayName eq "filter – one"', ['Filter – One']],
    ['F5', () => 'externalId eq "3f0c"', ['Filter – One']],
    ['F5 in another case', () => 'externalId eq "3F0C"', []],
    ['F7', () => `id eq "${group}" and members eq "${people[0]}"`, ['Filter – One']],
    ['F7 the other way round', () => `members eq "${people[0]}" and id eq "${group}"`, ['Filter – One']],
    ['F7 about somebody else', () => `id eq "${group}" and members eq "${people[5]}"`, []],
    ['F10 in another case', () => 'DisplayName eq "Filter – Two"', ['Filter – Two']],
    ['not a member', () => `id eq "${group}" and not (members.value eq "${people[5]}")`, ['Filter – One']],
    ['any member', () => `id eq "${group}" and members pr`, ['Filter – One']],
    ['a miss', () => 'displayName eq "6f1d0b52"', []],
    ['a member that is no id', () => 'members.value eq "x"', []],
  ])('%s', async (_label, filter, names) => {
    expect(await found(filter())).toEqual([200, ...names]);
  });

  test('F12 finds the groups of a user, and none for a user in none (row 26)', async () => {
    const [status, ...names] = await found(`members.value eq "${people[1]}"`, '&cursor');
    expect([status, names.includes('Filter – One') && names.includes('Filter – Two')]).toEqual([200, true]);
    expect(await found(`members.value eq "${people[11]}"`)).toEqual([200]);
    expect(await found(`members.value eq "${people[1]}" and displayName eq "Filter – Two"`)).toEqual([
      200,
      'Filter – Two',
    ]);
  });

  test('members are shown unless excluded, in reads, lookups and lists (rows 19, 94)', async () => {
    expect(await bridge.membersOf(group)).toEqual(sorted(people[0], people[1]));
    const without = [
      await bridge.scim('GET', `/Groups/${group}?excludedAttributes=members`),
      await bridge.scim(
        'GET',
        `${filterBy('/Groups', 'displayName eq "Filter – One"')}&excludedAttributes=members`,
      ),
      await bridge.scim('GET', '/Groups?excludedAttributes=members&count=200'),
    ];
    for (const { status, text } of without) {
      expect(status).toBe(200);
      expect(text).toContain('Filter – One');
      expect(text).not.toContain('"members"');
    }
    expect((await bridge.scim('GET', filterBy('/Groups', 'displayName eq "Filter – One"'))).text).toContain(
      `"value":"${people[0]}"`,
    );
  });

  test('excluded members are not even read (row 94)', async () => {
    const refuse = () => Promise.reject(new Error('members were read'));
    const directory = { ...bridge.directory, listMembers: refuse, isMember: refuse };
    const routes = createScimRoutes({
      directory: { ...directory, onBehalfOf: () => directory },
      now: () => 0,
      cursorKey: 'test-cursor-key',
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const get = async (rawPath: string, rawQuery: string) =>
      (
        await routes({
          method: 'GET',
          rawPath,
          rawQuery,
          headers: { authorization: `Bearer ${bridge.token}` },
          baseUrl: base,
          requestId: 'r',
        })
      ).status;
    expect(await get(`/scim/v2/Groups/${group}`, 'excludedAttributes=members')).toBe(200);
    expect(await get('/scim/v2/Groups', 'excludedAttributes=members')).toBe(200);
    expect(
      await get(
        '/scim/v2/Groups',
        `excludedAttributes=members&filter=${encodeURIComponent(`members.value eq "${people[0]}"`)}`,
      ),
    ).toBe(200);
    expect(await get(`/scim/v2/Groups/${group}`, '')).toBe(500);
  });

  test('a list of no groups is 200 and empty (idp-traffic 1 row 24)', async () => {
    const empty = await openTestScim();
    try {
      const { status, json } = await empty.scim('GET', '/Groups?startIndex=1&count=100');
      expect([status, json['totalResults'], json['Resources']]).toEqual([200, 0, []]);
    } finally {
      await empty.close();
    }
  });
});
