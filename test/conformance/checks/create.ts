/** POST on a collection, GET of one resource (checklist rows 95-107). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectList, expectRefused, expectStatus, expectThat } from '../expect.ts';
import { isJson, read, readList, readText } from '../json.ts';
import { GROUP, USER } from '../words.ts';

const ABSENT = '11111111-2222-4333-8444-555555555555';

export const create: Section = {
  title: 'Create (POST)',
  checks: [
    check('create.status', { rule: 'success is 201', rfc: 'P 3.3', rows: [95], level: 'must' }, async (t) => {
      expectStatus(await t.post('/Users', t.draftUser()), 201);
      expectStatus(await t.post('/Groups', t.draftGroup()), 201);
    }),
    check(
      'create.location',
      {
        rule: 'the answer has a Location that leads to the resource',
        rfc: 'P 3.3',
        rows: [95, 57],
        level: 'must',
      },
      async (t) => {
        for (const answer of [
          await t.post('/Users', t.draftUser()),
          await t.post('/Groups', t.draftGroup()),
        ]) {
          const location = answer.headers['location'] ?? '';
          expectThat(location !== '', `${answer.request} answered without Location`);
          expectEqual((await t.fetch(location))['id'], read(answer.json, 'id'), 'the id found at Location');
        }
      },
    ),
    check(
      'create.body',
      {
        rule: 'the answer is the whole resource, as a GET shows it',
        rfc: 'P 3.3',
        rows: [95],
        level: 'should',
      },
      async (t) => {
        const answer = await t.post('/Users', t.draftUser());
        expectThat(isJson(answer.json), 'the answer has no body');
        expectEqual(answer.json, await t.fetch(`/Users/${readText(answer.json, 'id')}`), 'the body');
      },
    ),
    check(
      'create.values-kept',
      { rule: 'what was sent is what is stored', rfc: 'P 3.3', rows: [95], level: 'must' },
      async (t) => {
        const draft = t.draftUser({ externalId: t.unique('ext'), nickName: 'Countess', title: 'Engineer' });
        const user = await t.fetch(`/Users/${readText(await t.makeUser(draft), 'id')}`);
        for (const name of ['userName', 'name', 'displayName', 'active', 'externalId', 'nickName', 'title']) {
          expectEqual(user[name], draft[name], name);
        }
        expectEqual(read(user, 'emails', 0, 'value'), read(draft, 'emails', 0, 'value'), 'the e-mail');
      },
    ),
    check(
      'create.read-only',
      { rule: 'read-only attributes in the body are ignored', rfc: 'P 3.3', rows: [96], level: 'must' },
      async (t) => {
        const more = {
          id: ABSENT,
          groups: [{ value: ABSENT, display: 'Invented' }],
          meta: { resourceType: 'Group', location: 'https://example.com/' },
        };
        const user = await t.makeUser(more);
        expectThat(user['id'] !== ABSENT, 'id was taken from the body');
        expectEqual(readList(user, 'groups').length, 0, 'the number of groups');
        expectEqual(read(user, 'meta', 'resourceType'), 'User', 'meta.resourceType');
      },
    ),
    check(
      'create.default-active',
      {
        rule: 'an active that was left out gets a default that is a boolean',
        rfc: 'P 3.3',
        rows: [97, 137],
        level: 'may',
      },
      async (t) => {
        const { active: _active, ...draft } = t.draftUser();
        const answer = await t.post('/Users', draft);
        expectStatus(answer, 201);
        const active = read(answer.json, 'active');
        expectThat(
          active === undefined || typeof active === 'boolean',
          `active is ${JSON.stringify(active)}`,
        );
      },
    ),
    check(
      'create.empty-values',
      { rule: 'null and [] in a body mean: no value', rfc: 'P 3.3', rows: [98, 62], level: 'may' },
      async (t) => {
        const answer = await t.post('/Users', t.draftUser({ nickName: null, roles: [], id: '', meta: {} }));
        expectStatus(answer, 201);
        expectThat(
          [undefined, null].some((value) => value === read(answer.json, 'nickName')),
          'nickName has a value',
        );
      },
    ),
    check(
      'create.conflict',
      { rule: 'a conflict is 409 uniqueness', rfc: 'P 3.3', rows: [99, 237], level: 'must' },
      async (t) => {
        const draft = t.draftUser();
        await t.makeUser(draft);
        expectError(await t.post('/Users', draft), 409, 'uniqueness');
      },
    ),
    check(
      'create.missing-attribute',
      {
        rule: 'a missing required attribute is 400 invalidValue',
        rfc: 'P 3.12',
        rows: [100, 237],
        level: 'must',
      },
      async (t) => {
        expectError(await t.post('/Users', { schemas: [USER], displayName: 'Nobody' }), 400, 'invalidValue');
        expectError(await t.post('/Groups', { schemas: [GROUP] }), 400, 'invalidValue');
      },
    ),
    check(
      'create.broken-json',
      { rule: 'what is no JSON is 400 invalidSyntax', rfc: 'P 3.12', rows: [100, 237, 242], level: 'must' },
      async (t) => {
        for (const raw of ['{"userName": "x"', 'userName=x', '{"a": 1,}', '']) {
          expectError(await t.ask({ method: 'POST', path: '/Users', raw }), 400, 'invalidSyntax');
        }
      },
    ),
    check(
      'create.no-object',
      {
        rule: 'a body that is no object is 400 invalidSyntax',
        rfc: 'P 3.12',
        rows: [100, 242],
        level: 'must',
      },
      async (t) => {
        for (const body of [[], 'text', 17, null, [t.draftUser()]]) {
          expectError(await t.post('/Users', body), 400, 'invalidSyntax');
        }
      },
    ),
    check(
      'create.after-delete',
      {
        rule: 'unique values of a deleted resource can be used again',
        rfc: 'P 3.6',
        rows: [101, 227],
        level: 'should',
      },
      async (t) => {
        const draft = t.draftUser();
        expectStatus(await t.remove(`/Users/${readText(await t.makeUser(draft), 'id')}`), 204);
        expectStatus(await t.post('/Users', draft), 201);
      },
    ),
    check(
      'create.foreign-schema',
      { rule: 'a body that names only foreign schemas is refused', rfc: 'C 3', rows: [102], level: 'must' },
      async (t) => {
        expectError(
          await t.post('/Users', t.draftUser({ schemas: [GROUP] })),
          400,
          'invalidValue',
          'invalidSyntax',
        );
        expectError(
          await t.post('/Groups', t.draftGroup({ schemas: ['urn:example:unheard'] })),
          400,
          'invalidValue',
          'invalidSyntax',
        );
      },
    ),
    check(
      'create.extra-schema',
      {
        rule: 'an unknown schema beside the right one is tolerated',
        rfc: '-',
        rows: [102],
        level: 'practice',
      },
      async (t) => {
        const schemas = [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'];
        const answer = await t.post('/Groups', t.draftGroup({ schemas }));
        expectStatus(answer, 201);
        expectEqual(read(answer.json, 'schemas'), [GROUP], 'schemas');
      },
    ),
    check(
      'create.without-schemas',
      {
        rule: 'a body without schemas is taken for one of the endpoint',
        rfc: '-',
        rows: [102],
        level: 'practice',
      },
      async (t) => {
        const { schemas: _schemas, ...draft } = t.draftUser();
        expectStatus(await t.post('/Users', draft), 201);
      },
    ),
    check(
      'create.repeated',
      {
        rule: 'after a lost answer the repeat is 409 and the look-up finds the resource',
        rfc: '-',
        rows: [103],
        level: 'practice',
      },
      async (t) => {
        const draft = t.draftUser();
        const { id } = await t.makeUser(draft);
        expectStatus(await t.post('/Users', draft), 409);
        const filter = encodeURIComponent(`userName eq "${draft['userName']}"`);
        const found = expectList(await t.get(`/Users?filter=${filter}`));
        expectEqual(
          found.map((user) => read(user, 'id')),
          [id],
          'the users found',
        );
      },
    ),
    check(
      'create.on-one',
      { rule: 'POST to a resource creates nothing', rfc: 'P 3.2', rows: [241], level: 'practice' },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser(), 'id')}`;
        expectRefused(await t.post(path, t.draftUser()));
      },
    ),
  ],
};

export const readOne: Section = {
  title: 'Read one (GET)',
  checks: [
    check(
      'read.found',
      { rule: 'GET answers 200 with the resource', rfc: 'P 3.4.1', rows: [104], level: 'must' },
      async (t) => {
        for (const [path, made] of [
          ['/Users', await t.makeUser()],
          ['/Groups', await t.makeGroup()],
        ] as const) {
          expectEqual((await t.fetch(`${path}/${made['id']}`))['id'], made['id'], 'id');
        }
      },
    ),
    check(
      'read.unknown',
      { rule: 'an unknown id is 404 with an error body', rfc: 'P 3.4.1', rows: [104, 18], level: 'must' },
      async (t) => {
        for (const id of [ABSENT, 'no-such-id', "x'%20or%201=1", '%F0%9F%98%80', 'a'.repeat(300)]) {
          for (const path of ['/Users', '/Groups']) expectError(await t.get(`${path}/${id}`), 404);
        }
      },
    ),
    check(
      'read.other-type',
      { rule: 'the id of a group is no user', rfc: 'P 3.4.1', rows: [104, 59], level: 'must' },
      async (t) => {
        const group = await t.makeGroup();
        expectError(await t.get(`/Users/${group['id']}`), 404);
      },
    ),
    check(
      'read.returned',
      { rule: 'what is always or by default returned is there', rfc: 'P 3.9', rows: [105], level: 'must' },
      async (t) => {
        const user = await t.fetch(`/Users/${readText(await t.makeUser(), 'id')}`);
        for (const name of ['schemas', 'id', 'userName', 'name', 'displayName', 'emails', 'active', 'meta']) {
          expectThat(user[name] !== undefined, `${name} is missing`);
        }
      },
    ),
    check(
      'read.deleted',
      {
        rule: 'a deleted resource is 404 for every operation',
        rfc: 'P 3.6',
        rows: [106, 225, 197],
        level: 'must',
      },
      async (t) => {
        const user = `/Users/${readText(await t.makeUser(), 'id')}`;
        const group = `/Groups/${readText(await t.makeGroup(), 'id')}`;
        for (const path of [user, group]) expectStatus(await t.remove(path), 204);
        for (const [path, draft] of [
          [user, t.draftUser()],
          [group, t.draftGroup()],
        ] as const) {
          expectError(await t.get(path), 404);
          expectError(await t.put(path, draft), 404);
          expectError(await t.patch(path, [{ op: 'replace', path: 'displayName', value: 'x' }]), 404);
          expectError(await t.remove(path), 404);
        }
      },
    ),
  ],
};
