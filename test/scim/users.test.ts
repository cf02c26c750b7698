import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base, errorOf, filterBy, nobody, openTestScim, patchOp, type TestScim } from './bridge.ts';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
});
afterAll(() => bridge.close());

const patch = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
const total = async (filter: string) =>
  (await bridge.scim('GET', filterBy('/Users', filter))).json['totalResults'];

describe('create, read, change, delete', () => {
  test('POST answers 201 with Location, the whole user and a tag; a GET at once shows the same (rows 50, 56-59, 95)', async () => {
    const created = await bridge.scim('POST', '/Users', {
      userName: 'ada@example.com',
      name: { givenName: 'Ada', familyName: 'Park' },
      emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
      password: 'k7Rt-secret',
      [enterprise]: { department: 'Field' },
    });
    const id = String(created.json['id']);
    expect(created.status).toBe(201);
    expect(created.headers).toMatchObject({ location: `${base}/Users/${id}`, etag: 'W/"1"' });
    expect(created.json).toMatchObject({
      userName: 'ada@example.com',
      active: true,
      [enterprise]: { department: 'Field' },
      meta: { resourceType: 'User', version: 'W/"1"', location: `${base}/Users/${id}` },
    });
    expect(created.text).not.toContain('k7Rt');
    const read = await bridge.scim('GET', `/Users/${id}`);
    expect(read.json).toEqual(created.json);
    expect(read.headers['etag']).toBe('W/"1"');
  });

  test('a second user with this userName, in any spelling, is 409 uniqueness, and the lookup finds the first (rows 99, 103, T18)', async () => {
    const id = await bridge.newUser('kelvin@example.com');
    for (const userName of ['kelvin@example.com', 'KELVIN@Example.com', '\u212Aelvin@example.com']) {
      expect(errorOf(await bridge.scim('POST', '/Users', { userName }))).toEqual([409, 'uniqueness']);
    }
    const found = await bridge.scim('GET', filterBy('/Users', 'userName eq "KELVIN@example.com"'));
    expect(found.json).toMatchObject({
      totalResults: 1,
      Resources: [{ id, userName: 'kelvin@example.com' }],
    });
  });

  test('PATCH answers 200 with the user; a second equal one keeps version and lastModified (row 198, I19)', async () => {
    const id = await bridge.newUser('patchy@example.com');
    bridge.clock.advance(5000);
    const first = await bridge.scim(
      'PATCH',
      `/Users/${id}`,
      patch({ op: 'Replace', path: 'active', value: 'False' }),
    );
    expect([first.status, first.json['active'], first.headers['etag']]).toEqual([200, false, 'W/"2"']);
    bridge.clock.advance(5000);
    const second = await bridge.scim(
      'PATCH',
      `/Users/${id}`,
      patch({ op: 'replace', value: { active: false } }),
    );
    expect(second.json).toEqual(first.json);
    expect((await bridge.scim('GET', `/Users/${id}`)).json).toEqual(first.json);
  });

  test('a PATCH with one bad operation changes nothing (row 190)', async () => {
    const id = await bridge.newUser('atomic@example.com');
    const before = await bridge.scim('GET', `/Users/${id}`);
    const answer = await bridge.scim(
      'PATCH',
      `/Users/${id}`,
      patch({ op: 'replace', path: 'active', value: false }, { op: 'remove', path: 'userName' }),
    );
    expect(errorOf(answer)).toEqual([400, 'mutability']);
    expect((await bridge.scim('GET', `/Users/${id}`)).json).toEqual(before.json);
  });

  test('PUT replaces the profile, keeps active and the id, and never creates (rows 12, 174-182)', async () => {
    const id = await bridge.newUser('put@example.com', { title: 'T', active: false });
    const put = await bridge.scim('PUT', `/Users/${id}`, {
      id: nobody,
      userName: 'put2@example.com',
      displayName: 'P',
      meta: {},
      groups: [{ value: 'G' }],
    });
    expect(put.status).toBe(200);
    expect(put.json).toMatchObject({ id, userName: 'put2@example.com', displayName: 'P', active: false });
    expect(put.json).not.toHaveProperty('title');
    expect(await total('userName eq "put@example.com"')).toBe(0);
    expect(await total('userName eq "put2@example.com"')).toBe(1);
    expect(errorOf(await bridge.scim('PUT', `/Users/${nobody}`, { userName: 'x@example.com' }))).toEqual([
      404,
      undefined,
    ]);
    expect(await total('userName eq "x@example.com"')).toBe(0);
  });

  test('taking the userName of another by PUT or PATCH is 409 and changes nothing (row 180)', async () => {
    await bridge.newUser('taken@example.com');
    const id = await bridge.newUser('taker@example.com');
    expect(errorOf(await bridge.scim('PUT', `/Users/${id}`, { userName: 'TAKEN@example.com' }))).toEqual([
      409,
      'uniqueness',
    ]);
    expect(
      errorOf(
        await bridge.scim(
          'PATCH',
          `/Users/${id}`,
          patch({ op: 'replace', path: 'userName', value: 'taken@example.com' }),
        ),
      ),
    ).toEqual([409, 'uniqueness']);
    expect((await bridge.scim('GET', `/Users/${id}`)).json['userName']).toBe('taker@example.com');
  });

  test('DELETE answers 204, then everything is 404; the userName is free and the new user is another (rows 224-227, T21)', async () => {
    const id = await bridge.newUser('gone@example.com', {
      externalId: 'ext-gone',
      emails: [{ value: 'gone@example.com' }],
    });
    expect((await bridge.scim('DELETE', `/Users/${id}`)).status).toBe(204);
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { userName: 'gone@example.com' }],
      ['PATCH', patch({ op: 'replace', path: 'active', value: true })],
      ['DELETE', undefined],
    ] as const) {
      expect(errorOf(await bridge.scim(method, `/Users/${id}`, body))).toEqual([404, undefined]);
    }
    expect(await total('userName eq "gone@example.com"')).toBe(0);
    expect(await total('externalId eq "ext-gone"')).toBe(0);
    expect(await total('emails eq "gone@example.com"')).toBe(0);
    expect(await bridge.newUser('gone@example.com')).not.toBe(id);
  });

  test.each([
    ['an id of nobody', nobody],
    ['a text', 'x'],
    ['a long text', 'x'.repeat(5000)],
    ['a colon', 'a:b'],
    ['an id in capitals', nobody.toUpperCase()],
  ])('%s is 404 in every method, byte for byte the same (T30)', async (_label, id) => {
    const reference = await bridge.scim('GET', `/Users/${nobody}`);
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { userName: 'n@example.com' }],
      ['PATCH', patch({ op: 'replace', path: 'active', value: true })],
      ['DELETE', undefined],
    ] as const) {
      const answer = await bridge.scim(method, `/Users/${id}`, body);
      expect([answer.status, answer.text]).toEqual([404, reference.text]);
    }
  });
});

describe('bad input is a SCIM error with a sentence, and nothing is stored (issue 2)', () => {
  test.each<[string, Record<string, unknown>, [number, string]]>([
    ['userName of a wrong type', { userName: 5 }, [400, 'invalidValue']],
    ['emails of a wrong type', { userName: 'bad@example.com', emails: 7 }, [400, 'invalidValue']],
    ['active of a wrong type', { userName: 'bad@example.com', active: 'maybe' }, [400, 'invalidValue']],
    ['an over-long userName', { userName: `${'b'.repeat(1020)}@example.com` }, [400, 'invalidValue']],
    ['an over-long title', { userName: 'bad@example.com', title: 'x'.repeat(1025) }, [400, 'invalidValue']],
    ['no userName', { displayName: 'bad' }, [400, 'invalidValue']],
    ['an invisible character', { userName: 'b\u200Bad@example.com' }, [400, 'invalidValue']],
    [
      'a foreign schema',
      { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], userName: 'bad@example.com' },
      [400, 'invalidSyntax'],
    ],
  ])('%s', async (_label, body, expected) => {
    const before = (await bridge.scim('GET', '/Users?count=0')).json['totalResults'];
    const answer = await bridge.scim('POST', '/Users', body);
    expect(errorOf(answer)).toEqual(expected);
    expect(answer.text).not.toContain('bad@');
    expect((await bridge.scim('GET', '/Users?count=0')).json['totalResults']).toBe(before);
  });

  test('1,024 characters are stored and come back (T20)', async () => {
    const title = 'x'.repeat(1024);
    const id = await bridge.newUser('long-title@example.com', { title });
    expect((await bridge.scim('GET', `/Users/${id}`)).json['title']).toBe(title);
  });

  test('values come back exactly as they were sent', async () => {
    const sent = {
      displayName: '  Zoë  O\u2019Hara ',
      phoneNumbers: [{ value: '+1 (555) 010-0100', type: 'mobile' }],
      locale: 'nl_NL',
    };
    const id = await bridge.newUser('Exact.Case@Example.COM', sent);
    expect((await bridge.scim('GET', `/Users/${id}`)).json).toMatchObject({
      userName: 'Exact.Case@Example.COM',
      ...sent,
    });
  });
});

describe('groups of a user, projection, entity tags', () => {
  test('groups show a membership at once, and an add and a removal change the tag (rows 79, 80, 93, 234)', async () => {
    const id = await bridge.newUser('member@example.com');
    const before = await bridge.scim('GET', `/Users/${id}`);
    const group = await bridge.newGroup('Members', [id]);
    const inside = await bridge.scim('GET', `/Users/${id}`);
    expect(inside.json['groups']).toEqual([
      { value: group, $ref: `${base}/Groups/${group}`, display: 'Members', type: 'direct' },
    ]);
    expect(
      (await bridge.scim('GET', `/Users/${id}`, undefined, { 'if-none-match': before.headers['etag'] ?? '' }))
        .status,
    ).toBe(200);
    expect(
      (await bridge.scim('GET', `/Users/${id}`, undefined, { 'if-none-match': inside.headers['etag'] ?? '' }))
        .status,
    ).toBe(304);
    await bridge.scim(
      'PATCH',
      `/Groups/${group}`,
      patch({ op: 'remove', path: `members[value eq "${id}"]` }),
    );
    expect((await bridge.scim('GET', `/Users/${id}`)).json).toEqual(before.json);
  });

  test('attributes and excludedAttributes hold for GET, list, POST, PUT and PATCH (rows 165-167)', async () => {
    const shown = '?attributes=userName';
    const created = await bridge.scim('POST', `/Users${shown}`, {
      userName: 'shown@example.com',
      title: 'T',
    });
    const path = `/Users/${created.json['id']}${shown}`;
    const answers = [
      created,
      await bridge.scim('GET', path),
      await bridge.scim('PUT', path, { userName: 'shown@example.com', title: 'U' }),
      await bridge.scim('PATCH', path, patch({ op: 'replace', path: 'title', value: 'V' })),
    ];
    for (const { json } of answers) expect(Object.keys(json)).toEqual(['schemas', 'id', 'userName']);
    const { json } = await bridge.scim(
      'GET',
      `${filterBy('/Users', 'userName eq "shown@example.com"')}&excludedAttributes=meta,groups`,
    );
    expect(json['Resources']).toMatchObject([{ userName: 'shown@example.com', title: 'V' }]);
    expect(JSON.stringify(json)).not.toContain('meta');
  });

  test('If-Match: a stale tag is 412 and changes nothing, the right one and * pass, a foreign one never (rows 230-232)', async () => {
    const id = await bridge.newUser('tagged@example.com');
    const body = { userName: 'tagged@example.com', title: 'new' };
    const put = (tag: string) => bridge.scim('PUT', `/Users/${id}`, body, { 'if-match': tag });
    for (const tag of ['W/"9"', '"x"', 'W/"8", W/"9"', ''])
      expect(errorOf(await put(tag))).toEqual([412, undefined]);
    expect((await bridge.scim('GET', `/Users/${id}`)).json).not.toHaveProperty('title');
    expect(
      errorOf(
        await bridge.scim('PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'active', value: false }), {
          'if-match': 'W/"2"',
        }),
      ),
    ).toEqual([412, undefined]);
    expect(errorOf(await bridge.scim('DELETE', `/Users/${id}`, undefined, { 'if-match': 'W/"2"' }))).toEqual([
      412,
      undefined,
    ]);
    expect((await put('W/"8", W/"1"')).headers['etag']).toBe('W/"2"');
    expect((await put('*')).status).toBe(200);
    expect((await bridge.scim('DELETE', `/Users/${id}`, undefined, { 'if-match': '"2"' })).status).toBe(204);
    expect(errorOf(await bridge.scim('PUT', `/Users/${id}`, body, { 'if-match': 'W/"2"' }))).toEqual([
      404,
      undefined,
    ]);
  });

  test('If-None-Match with the tag is 304 without a body (row 233)', async () => {
    const id = await bridge.newUser('cached@example.com');
    for (const tag of ['W/"1"', '"1"', 'W/"7", W/"1"', '*']) {
      const answer = await bridge.scim('GET', `/Users/${id}`, undefined, { 'if-none-match': tag });
      expect([answer.status, answer.text, answer.headers['etag']]).toEqual([304, undefined, 'W/"1"']);
    }
    expect((await bridge.scim('GET', `/Users/${id}`, undefined, { 'if-none-match': 'W/"2"' })).status).toBe(
      200,
    );
  });
});
