import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScimRoutes } from '../../lambdas/scim/routes.ts';
import { base, errorOf, filterBy, nobody, openTestScim, patchOp, type TestScim } from './bridge.ts';

let bridge: TestScim;
const people: string[] = [];
beforeAll(async () => {
  bridge = await openTestScim();
  for (let n = 0; n < 12; n += 1) people.push(await bridge.newUser(`g${n}@example.com`));
});
afterAll(() => bridge.close());

const patch = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
const sorted = (...ids: (string | undefined)[]) => ids.filter((id) => id !== undefined).sort();

describe('create, read, change, delete', () => {
  test('POST answers 201 with Location and the group; a GET at once shows it with its members', async () => {
    const created = await bridge.scim('POST', '/Groups', { displayName: 'Created', externalId: 'e1', members: [{ value: people[0], display: 'x' }] });
    const id = String(created.json['id']);
    expect([created.status, created.headers['location']]).toEqual([201, `${base}/Groups/${id}`]);
    expect(created.json).toMatchObject({ displayName: 'Created', externalId: 'e1', members: [{ value: people[0], $ref: `${base}/Users/${people[0]}`, type: 'User' }], meta: { resourceType: 'Group' } });
    expect((await bridge.scim('GET', `/Groups/${id}`)).json).toEqual(created.json);
  });

  test('a second group of this name, in any spelling, is 409 uniqueness; the first is untouched (row 92, T27)', async () => {
    const id = await bridge.newGroup('Chat – North', [people[0] ?? '']);
    const before = await bridge.scim('GET', `/Groups/${id}`);
    expect(errorOf(await bridge.scim('POST', '/Groups', { displayName: 'CHAT – north', members: [{ value: people[1] }] }))).toEqual([409, 'uniqueness']);
    const other = await bridge.newGroup('Chat – South');
    expect(errorOf(await bridge.scim('PATCH', `/Groups/${other}`, patch({ op: 'replace', path: 'displayName', value: 'chat – north' })))).toEqual([409, 'uniqueness']);
    expect((await bridge.scim('GET', `/Groups/${id}`)).json).toEqual(before.json);
  });

  test('PATCH answers 204 with a tag; with attributes 200 and a body (rows 170, idp-traffic 14 row 10)', async () => {
    const id = await bridge.newGroup('Patched');
    const plain = await bridge.scim('PATCH', `/Groups/${id}`, patch({ op: 'Replace', path: 'displayName', value: 'Patched 2' }));
    expect([plain.status, plain.text, plain.headers['etag']]).toEqual([204, undefined, 'W/"2"']);
    const shown = await bridge.scim('PATCH', `/Groups/${id}?attributes=displayName`, patch({ op: 'replace', path: 'displayName', value: 'Patched 3' }));
    expect([shown.status, Object.keys(shown.json), shown.json['displayName']]).toEqual([200, ['schemas', 'id', 'displayName'], 'Patched 3']);
  });

  test('a PATCH that changes nothing keeps version and lastModified (row 198)', async () => {
    const id = await bridge.newGroup('Still', [people[0] ?? '']);
    const before = await bridge.scim('GET', `/Groups/${id}`);
    bridge.clock.advance(5000);
    const operations = [
      { op: 'replace', value: { id, displayName: 'Still' } },
      { op: 'add', path: 'members', value: [{ value: people[0] }] },
      { op: 'remove', path: 'members', value: [{ value: people[1] }] },
    ];
    expect((await bridge.scim('PATCH', `/Groups/${id}`, patch(...operations))).status).toBe(204);
    expect((await bridge.scim('GET', `/Groups/${id}`)).json).toEqual(before.json);
  });

  test('a failing operation after a good one leaves nothing behind (idp-traffic 11)', async () => {
    const id = await bridge.newGroup('Atomic');
    const before = await bridge.scim('GET', `/Groups/${id}`);
    expect(errorOf(await bridge.scim('PATCH', `/Groups/${id}`, patch({ op: 'Add', path: 'members', value: [{ value: people[0] }] }, { op: 'remove' })))).toEqual([400, 'noTarget']);
    expect((await bridge.scim('GET', `/Groups/${id}`)).json).toEqual(before.json);
  });

  test('PUT without members keeps them, with an empty list empties, with a list replaces (F55)', async () => {
    const id = await bridge.newGroup('Put', [people[0] ?? '', people[1] ?? '']);
    const put = async (more: Record<string, unknown>) => {
      expect((await bridge.scim('PUT', `/Groups/${id}`, { displayName: 'Put', ...more })).status).toBe(200);
      return bridge.membersOf(id);
    };
    expect(await put({})).toEqual(sorted(people[0], people[1]));
    expect(await put({ members: null })).toEqual(sorted(people[0], people[1]));
    expect(await put({ members: [{ value: people[1] }, { value: people[2] }] })).toEqual(sorted(people[1], people[2]));
    expect(await put({ members: [] })).toEqual([]);
  });

  test('PUT clears an externalId that is left out, and needs a displayName', async () => {
    const created = await bridge.scim('POST', '/Groups', { displayName: 'Linked', externalId: 'e9' });
    const path = `/Groups/${created.json['id']}`;
    expect(errorOf(await bridge.scim('PUT', path, { members: [] }))).toEqual([400, 'invalidValue']);
    expect((await bridge.scim('PUT', path, { displayName: 'Linked' })).json).not.toHaveProperty('externalId');
    expect((await bridge.scim('GET', filterBy('/Groups', 'externalId eq "e9"'))).json['totalResults']).toBe(0);
  });

  test('DELETE answers 204, then everything is 404; its people stay and are in it no longer (rows 224-228)', async () => {
    const id = await bridge.newGroup('Gone', [people[3] ?? '']);
    expect((await bridge.scim('DELETE', `/Groups/${id}`)).status).toBe(204);
    for (const [method, body] of [['GET', undefined], ['PUT', { displayName: 'Gone' }], ['PATCH', patch({ op: 'add', path: 'members', value: [{ value: people[4] }] })], ['DELETE', undefined]] as const) {
      expect(errorOf(await bridge.scim(method, `/Groups/${id}`, body))).toEqual([404, undefined]);
    }
    expect((await bridge.scim('GET', `/Users/${people[3]}`)).json).not.toHaveProperty('groups');
    expect(await bridge.newGroup('Gone')).not.toBe(id);
  });

  test('a deleted user is out of all groups (row 228)', async () => {
    const leaver = await bridge.newUser('leaver@example.com');
    const id = await bridge.newGroup('Left', [leaver, people[0] ?? '']);
    await bridge.scim('DELETE', `/Users/${leaver}`);
    expect(await bridge.membersOf(id)).toEqual([people[0]]);
  });

  test('If-Match on a group: stale 412, fresh passes, a membership counts as a change (row 232)', async () => {
    const id = await bridge.newGroup('Tagged');
    const add = patch({ op: 'add', path: 'members', value: [{ value: people[0] }] });
    const first = await bridge.scim('PATCH', `/Groups/${id}`, add, { 'if-match': 'W/"1"' });
    expect(first.status).toBe(204);
    const rename = patch({ op: 'replace', path: 'displayName', value: 'Tagged 2' });
    expect(errorOf(await bridge.scim('PATCH', `/Groups/${id}`, rename, { 'if-match': 'W/"1"' }))).toEqual([412, undefined]);
    expect(errorOf(await bridge.scim('DELETE', `/Groups/${id}`, undefined, { 'if-match': 'W/"1"' }))).toEqual([412, undefined]);
    expect((await bridge.scim('GET', `/Groups/${id}`, undefined, { 'if-none-match': first.headers['etag'] ?? '' })).status).toBe(304);
    expect((await bridge.scim('PATCH', `/Groups/${id}`, rename, { 'if-match': first.headers['etag'] ?? '' })).status).toBe(204);
  });
});

describe('members', () => {
  test('unknown ids: the others join, 2xx, and a line in the log counts them (T25, F57)', async () => {
    bridge.log.length = 0;
    const created = await bridge.scim('POST', '/Groups', { displayName: 'Ghosts', members: [{ value: people[0] }, { value: nobody }] });
    const id = String(created.json['id']);
    expect([created.status, await bridge.membersOf(id)]).toEqual([201, [people[0]]]);
    const added = await bridge.scim('PATCH', `/Groups/${id}`, patch({ op: 'add', path: 'members', value: [{ value: nobody }, { value: 'no id at all' }, { value: people[1] }] }));
    expect([added.status, await bridge.membersOf(id)]).toEqual([204, sorted(people[0], people[1])]);
    const warned = bridge.log.filter(({ level }) => level === 'warn').map(({ fields }) => [fields['groupId'], fields['unknown']]);
    expect(warned).toEqual([[id, 1], [id, 2]]);
    expect(JSON.stringify(bridge.log)).not.toContain('no id at all');
  });

  test('a member id as long as the limit is unknown, not an error', async () => {
    const id = await bridge.newGroup('Long ids');
    const answer = await bridge.scim('PATCH', `/Groups/${id}`, patch({ op: 'add', path: 'members', value: [{ value: '\u20AC'.repeat(1024) }, { value: people[0] }] }));
    expect([answer.status, await bridge.membersOf(id)]).toEqual([204, [people[0]]]);
  });

  test.each<[string, (id: string) => [string, string, unknown]]>([
    ['POST', () => ['POST', '/Groups', { displayName: 'Nested', members: [{ value: nobody, type: 'Group' }] }]],
    ['PUT', (id) => ['PUT', `/Groups/${id}`, { displayName: 'Renamed', members: [{ value: nobody, $ref: `${base}/Groups/${nobody}` }] }]],
    ['PATCH', (id) => ['PATCH', `/Groups/${id}`, patch({ op: 'replace', path: 'displayName', value: 'Renamed' }, { op: 'add', path: 'members', value: [{ value: id, type: 'Group' }] })]],
  ])('a group as a member in a %s is 400 invalidValue and nothing is stored (T29)', async (label, request) => {
    const id = await bridge.newGroup(`Flat ${label}`, [people[0] ?? '']);
    const before = await bridge.scim('GET', `/Groups/${id}`);
    expect(errorOf(await bridge.scim(...request(id)))).toEqual([400, 'invalidValue']);
    expect((await bridge.scim('GET', `/Groups/${id}`)).json).toEqual(before.json);
    expect((await bridge.scim('GET', filterBy('/Groups', 'displayName eq "Nested"'))).json['totalResults']).toBe(0);
  });

  const dialects: [string, (id: string, member: string, rest: string[]) => [string, unknown]][] = [
    ['Entra: path members and a value list (row 3)', (_id, member) => ['PATCH', patch({ op: 'Remove', path: 'members', value: [{ $ref: null, value: member }] })]],
    ['Entra with the flag, Okta catalog: value filter (row 4)', (_id, member) => ['PATCH', patch({ op: 'remove', path: `members[value eq "${member}"]` })]],
    ['authentik: one operation each', (_id, member) => ['PATCH', patch({ op: 'remove', path: 'members', value: [{ value: member }] })]],
    ['Okta push now: the whole list', (_id, _member, rest) => ['PATCH', patch({ op: 'replace', path: 'members', value: rest.map((value) => ({ value, display: 'x' })) })]],
    ['Okta catalog: rename and removal together', (id, member) => ['PATCH', patch({ op: 'replace', value: { id, displayName: 'Thousand' } }, { op: 'remove', path: `members[value eq "${member}"]` })]],
    ['Okta wizard: PUT with everybody else', (_id, _member, rest) => ['PUT', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Thousand', members: rest.map((value) => ({ value, display: 'x' })) }]],
    ['bare ids', (_id, member) => ['PATCH', patch({ op: 'remove', path: 'members', value: [member] })]],
  ];
  test('one removal takes exactly one member out of a big group, in every dialect (T41)', async () => {
    const crowd: string[] = [];
    for (let n = 0; n < 120; n += 1) crowd.push(await bridge.newUser(`crowd${n}@example.com`));
    const id = await bridge.newGroup('Thousand', crowd);
    let expected = sorted(...crowd);
    expect(await bridge.membersOf(id)).toEqual(expected);
    for (const [label, request] of dialects) {
      const member = expected[50] ?? '';
      expected = expected.filter((other) => other !== member);
      const [method, body] = request(id, member, expected);
      expect((await bridge.scim(method, `/Groups/${id}`, body)).status, label).toBeLessThan(300);
      expect(await bridge.membersOf(id), label).toEqual(expected);
    }
    expect((await bridge.scim('PATCH', `/Groups/${id}`, patch({ op: 'remove', path: 'members', value: [] }))).status).toBe(204);
    expect(await bridge.membersOf(id)).toEqual(expected);
    expect((await bridge.scim('PATCH', `/Groups/${id}`, patch({ op: 'remove', path: 'members', value: null }))).status).toBe(204);
    expect(await bridge.membersOf(id)).toEqual([]);
  }, 30_000);

  test('more members than one PATCH may name are 413 and change nothing', async () => {
    const id = await bridge.newGroup('Too many');
    const value = [people[0], ...Array.from({ length: 1000 }, (_, n) => `U${n}`)].map((member) => ({ value: member }));
    expect(errorOf(await bridge.scim('PATCH', `/Groups/${id}`, patch({ op: 'add', path: 'members', value })))).toEqual([413, undefined]);
    expect(await bridge.membersOf(id)).toEqual([]);
  });
});

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
    expect(await found(`members.value eq "${people[1]}" and displayName eq "Filter – Two"`)).toEqual([200, 'Filter – Two']);
  });

  test.each(['displayName sw "F"', 'members pr', 'meta.created gt "2026-01-01T00:00:00Z"'])('%s is 400 invalidFilter', async (filter) => {
    expect(errorOf(await bridge.scim('GET', filterBy('/Groups', filter)))).toEqual([400, 'invalidFilter']);
  });

  test('members are shown unless excluded, in reads, lookups and lists (rows 19, 94)', async () => {
    expect(await bridge.membersOf(group)).toEqual(sorted(people[0], people[1]));
    const without = [
      await bridge.scim('GET', `/Groups/${group}?excludedAttributes=members`),
      await bridge.scim('GET', `${filterBy('/Groups', 'displayName eq "Filter – One"')}&excludedAttributes=members`),
      await bridge.scim('GET', '/Groups?excludedAttributes=members&count=200'),
    ];
    for (const { status, text } of without) {
      expect(status).toBe(200);
      expect(text).toContain('Filter – One');
      expect(text).not.toContain('"members"');
    }
    expect((await bridge.scim('GET', filterBy('/Groups', 'displayName eq "Filter – One"'))).text).toContain(`"value":"${people[0]}"`);
  });

  test('excluded members are not even read (row 94)', async () => {
    const refuse = () => Promise.reject(new Error('members were read'));
    const routes = createScimRoutes({ directory: { ...bridge.directory, listMembers: refuse, isMember: refuse }, now: () => 0, log: { info: () => undefined, warn: () => undefined, error: () => undefined } });
    const get = async (rawPath: string, rawQuery: string) => (await routes({ method: 'GET', rawPath, rawQuery, headers: { authorization: `Bearer ${bridge.token}` }, baseUrl: base, requestId: 'r' })).status;
    expect(await get(`/scim/v2/Groups/${group}`, 'excludedAttributes=members')).toBe(200);
    expect(await get('/scim/v2/Groups', 'excludedAttributes=members')).toBe(200);
    expect(await get('/scim/v2/Groups', `excludedAttributes=members&filter=${encodeURIComponent(`members.value eq "${people[0]}"`)}`)).toBe(200);
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
