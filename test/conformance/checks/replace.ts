/** PUT (checklist rows 173-182) and DELETE (rows 224-229). */
import { check, type Section } from '../check.ts';
import {
  expectEqual,
  expectError,
  expectList,
  expectSameSet,
  expectStatus,
  expectThat,
  skip,
} from '../expect.ts';
import { isJson, read, readList, readText } from '../json.ts';
import { groupOf, membersOf } from './groups.ts';

const ABSENT = '11111111-2222-4333-8444-555555555555';

export const replace: Section = {
  title: 'Replace (PUT)',
  checks: [
    check(
      'put.supported',
      {
        rule: 'PUT works for users and groups: 200 with the whole resource',
        rfc: 'P 3.5 / P 3.5.1',
        rows: [173, 174],
        level: 'must',
      },
      async (t) => {
        const user = `/Users/${readText(await t.makeUser(), 'id')}`;
        const group = `/Groups/${readText(await t.makeGroup(), 'id')}`;
        for (const [path, draft] of [
          [user, t.draftUser()],
          [group, t.draftGroup()],
        ] as const) {
          const answer = await t.put(path, draft);
          expectStatus(answer, 200);
          expectEqual(answer.json, await t.fetch(path), 'the body');
        }
      },
    ),
    check(
      'put.unknown',
      { rule: 'an unknown id is 404', rfc: 'P 3.5.1', rows: [174, 12], level: 'must' },
      async (t) => {
        expectError(await t.put(`/Users/${ABSENT}`, t.draftUser()), 404);
        expectError(await t.put(`/Groups/${ABSENT}`, t.draftGroup()), 404);
      },
    ),
    check(
      'put.values',
      { rule: 'values given replace the old ones', rfc: 'P 3.5.1', rows: [175], level: 'must' },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser({ title: 'Old', emails: [{ value: t.address('old'), type: 'home' }] }), 'id')}`;
        const draft = t.draftUser({ title: 'New' });
        expectStatus(await t.put(path, draft), 200);
        const user = await t.fetch(path);
        for (const name of ['userName', 'title', 'displayName', 'name'])
          expectEqual(user[name], draft[name], name);
        expectEqual(
          readList(user, 'emails').map((mail) => read(mail, 'value')),
          [read(draft, 'emails', 0, 'value')],
          'emails',
        );
      },
    ),
    check(
      'put.omitted',
      { rule: 'attributes left out are all cleared or all kept', rfc: 'P 3.5.1', rows: [176], level: 'may' },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser({ title: 'Old', nickName: 'Old', phoneNumbers: [{ value: '+1 201 555 0199', type: 'work' }] }), 'id')}`;
        expectStatus(await t.put(path, t.draftUser()), 200);
        const user = await t.fetch(path);
        const kept = ['title', 'nickName', 'phoneNumbers'].filter((name) => user[name] !== undefined);
        expectThat(kept.length === 0 || kept.length === 3, `only ${kept.join(' and ')} was kept`);
      },
    ),
    check(
      'put.null-clears',
      { rule: 'null and [] clear a value', rfc: 'C 2.5', rows: [62, 175], level: 'must' },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser({ title: 'Old', phoneNumbers: [{ value: '+1 201 555 0199', type: 'work' }] }), 'id')}`;
        expectStatus(await t.put(path, t.draftUser({ title: null, phoneNumbers: [] })), 200);
        const user = await t.fetch(path);
        expectThat(read(user, 'title') === undefined || user['title'] === null, 'title has a value');
        expectEqual(readList(user, 'phoneNumbers').length, 0, 'the number of phone numbers');
      },
    ),
    check(
      'put.read-only',
      {
        rule: 'read-only values are ignored without an error',
        rfc: 'P 3.5.1',
        rows: [177, 55],
        level: 'must',
      },
      async (t) => {
        const made = await t.makeUser();
        const path = `/Users/${made['id']}`;
        const meta = {
          created: '2001-01-01T00:00:00Z',
          resourceType: 'Group',
          location: 'https://example.com/',
        };
        expectStatus(await t.put(path, t.draftUser({ meta, groups: [{ value: ABSENT }] })), 200);
        const user = await t.fetch(path);
        expectEqual(read(user, 'meta', 'created'), read(made, 'meta', 'created'), 'meta.created');
        expectEqual(readList(user, 'groups').length, 0, 'the number of groups');
      },
    ),
    check(
      'put.immutable',
      {
        rule: 'an immutable attribute that differs is 400 mutability',
        rfc: 'P 3.5.1',
        rows: [178],
        level: 'should',
      },
      async (t) => {
        const resource = expectList(await t.get('/Schemas')).find(
          (schema) => read(schema, 'id') === 'urn:ietf:params:scim:schemas:core:2.0:User',
        );
        const immutable = readList(resource, 'attributes')
          .filter(isJson)
          .find((attribute) => attribute['mutability'] === 'immutable' && attribute['type'] === 'string');
        if (immutable === undefined) skip('no attribute of User is immutable');
        const name = String(immutable['name']);
        const path = `/Users/${readText(await t.makeUser({ [name]: 'first' }), 'id')}`;
        expectError(await t.put(path, t.draftUser({ [name]: 'second' })), 400, 'mutability');
      },
    ),
    check(
      'put.required',
      {
        rule: 'a missing required attribute is 400 invalidValue',
        rfc: 'P 3.5.1',
        rows: [179, 257],
        level: 'must',
      },
      async (t) => {
        const user = `/Users/${readText(await t.makeUser(), 'id')}`;
        const group = `/Groups/${readText(await t.makeGroup(), 'id')}`;
        expectError(await t.put(user, { ...t.draftUser(), userName: undefined }), 400, 'invalidValue');
        expectError(await t.put(group, { ...t.draftGroup(), displayName: undefined }), 400, 'invalidValue');
      },
    ),
    check(
      'put.conflict',
      {
        rule: 'the unique value of another resource is 409 uniqueness',
        rfc: 'P 3.12',
        rows: [180, 256],
        level: 'must',
      },
      async (t) => {
        const { userName } = await t.makeUser();
        const other = await t.makeUser();
        expectError(await t.put(`/Users/${other['id']}`, t.draftUser({ userName })), 409, 'uniqueness');
        expectEqual(
          (await t.fetch(`/Users/${other['id']}`))['userName'],
          other['userName'],
          'userName after the refusal',
        );
      },
    ),
    check(
      'put.own-name',
      {
        rule: 'the own userName in another case is no conflict',
        rfc: 'P 3.5.1',
        rows: [180, 75],
        level: 'must',
      },
      async (t) => {
        const made = await t.makeUser();
        const userName = readText(made, 'userName').toUpperCase();
        expectStatus(await t.put(`/Users/${made['id']}`, t.draftUser({ userName })), 200);
      },
    ),
    check(
      'put.other-id',
      {
        rule: 'an id in the body that differs is ignored or refused, never followed',
        rfc: '-',
        rows: [181, 51],
        level: 'practice',
      },
      async (t) => {
        const [one, two] = [await t.makeUser(), await t.makeUser()];
        const answer = await t.put(`/Users/${one['id']}`, t.draftUser({ id: two['id'] }));
        expectStatus(answer, 200, 400);
        expectEqual(
          (await t.fetch(`/Users/${two['id']}`))['userName'],
          two['userName'],
          'userName of the other user',
        );
        expectEqual((await t.fetch(`/Users/${one['id']}`))['id'], one['id'], 'id');
      },
    ),
    check(
      'put.active-omitted',
      { rule: 'PUT without active deactivates nobody', rfc: '-', rows: [182], level: 'practice' },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser({ active: true }), 'id')}`;
        expectStatus(await t.put(path, { ...t.draftUser(), active: undefined }), 200);
        expectEqual((await t.fetch(path))['active'], true, 'active');
      },
    ),
    check(
      'put.members',
      {
        rule: 'PUT of a group sets exactly the members given',
        rfc: 'P 3.5.1',
        rows: [175, 88],
        level: 'must',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 2);
        const one = members.slice(0, 1);
        expectStatus(
          await t.put(`/Groups/${id}`, t.draftGroup({ members: one.map((value) => ({ value })) })),
          200,
        );
        expectSameSet(await membersOf(t, id), one, 'members');
        expectStatus(await t.put(`/Groups/${id}`, t.draftGroup({ members: [] })), 200);
        expectSameSet(await membersOf(t, id), [], 'members after an empty list');
      },
    ),
    check(
      'put.members-omitted',
      {
        rule: 'PUT of a group without members keeps them or clears them, all',
        rfc: '-',
        rows: [182],
        level: 'practice',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 2);
        expectStatus(await t.put(`/Groups/${id}`, t.draftGroup()), 200);
        const left = await membersOf(t, id);
        expectThat(
          left.length === 0 || left.length === members.length,
          `${left.length} of ${members.length} members are left`,
        );
      },
    ),
    check(
      'put.echo',
      {
        rule: 'what a GET answered can be sent back by PUT and changes nothing',
        rfc: 'P 3.5.1',
        rows: [177, 198],
        level: 'must',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 1);
        for (const path of [`/Users/${members[0]}`, `/Groups/${id}`]) {
          const before = await t.fetch(path);
          expectStatus(await t.put(path, before), 200);
          const { meta: _before, ...was } = before;
          const { meta: _after, ...is } = await t.fetch(path);
          expectEqual(is, was, 'the resource');
        }
      },
    ),
  ],
};

export const remove: Section = {
  title: 'Delete',
  checks: [
    check(
      'delete.status',
      { rule: 'success is 204 without a body', rfc: 'P 3.6', rows: [224], level: 'must' },
      async (t) => {
        for (const path of [
          `/Users/${readText(await t.makeUser(), 'id')}`,
          `/Groups/${readText(await t.makeGroup(), 'id')}`,
        ]) {
          const answer = await t.remove(path);
          expectStatus(answer, 204);
          expectEqual(answer.text, '', 'the body');
        }
      },
    ),
    check(
      'delete.twice',
      { rule: 'a second DELETE is 404', rfc: 'P 3.6', rows: [225], level: 'must' },
      async (t) => {
        for (const path of [
          `/Users/${readText(await t.makeUser(), 'id')}`,
          `/Groups/${readText(await t.makeGroup(), 'id')}`,
        ]) {
          expectStatus(await t.remove(path), 204);
          expectError(await t.remove(path), 404);
        }
      },
    ),
    check(
      'delete.unknown',
      { rule: 'DELETE of an id that never was is 404', rfc: 'P 3.6', rows: [225, 104], level: 'must' },
      async (t) => {
        expectError(await t.remove(`/Users/${ABSENT}`), 404);
        expectError(await t.remove('/Groups/no-such-id'), 404);
      },
    ),
    check(
      'delete.not-listed',
      { rule: 'deleted resources are in no query result', rfc: 'P 3.6', rows: [226], level: 'must' },
      async (t) => {
        const user = await t.makeUser({ externalId: t.unique('gone') });
        expectStatus(await t.remove(`/Users/${user['id']}`), 204);
        for (const name of ['userName', 'externalId', 'id']) {
          const filter = encodeURIComponent(`${name} eq "${user[name]}"`);
          expectEqual(expectList(await t.get(`/Users?filter=${filter}`)).length, 0, `users found by ${name}`);
        }
      },
    ),
    check(
      'delete.uniqueness',
      {
        rule: 'deleted resources do not count in uniqueness',
        rfc: 'P 3.6',
        rows: [227, 101],
        level: 'should',
      },
      async (t) => {
        const draft = t.draftGroup();
        expectStatus(await t.remove(`/Groups/${readText(await t.makeGroup(draft), 'id')}`), 204);
        expectStatus(await t.post('/Groups', draft), 201);
      },
    ),
    check(
      'delete.members',
      {
        rule: 'a user who was deleted and made again is in no group',
        rfc: '-',
        rows: [228, 50],
        level: 'practice',
      },
      async (t) => {
        const draft = t.draftUser();
        const user = readText(await t.makeUser(draft), 'id');
        const group = readText(await t.makeGroup({ members: [{ value: user }] }), 'id');
        expectStatus(await t.remove(`/Users/${user}`), 204);
        const again = await t.makeUser(draft);
        expectEqual(
          readList(await t.fetch(`/Users/${again['id']}`), 'groups').length,
          0,
          'the number of groups',
        );
        expectSameSet(await membersOf(t, group), [], 'members');
      },
    ),
    check(
      'delete.right-away',
      { rule: 'a user can be deleted right after the create', rfc: '-', rows: [229], level: 'practice' },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser(), 'id')}`;
        expectStatus(await t.remove(path), 204);
        expectStatus(await t.get(path), 404);
      },
    ),
  ],
};
