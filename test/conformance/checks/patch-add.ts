/** PATCH add (checklist rows 199-206). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectSameSet } from '../expect.ts';
import { type Json, read, readList, readText } from '../json.ts';
import { ENTERPRISE } from '../words.ts';
import { groupOf, membersOf } from './groups.ts';
import { expectRefusedWhole, patched, person, types } from './patch.ts';

export const patchAdd: Section = {
  title: 'PATCH: add',
  checks: [
    check(
      'add.value-required',
      {
        rule: 'add without a value is refused',
        rfc: 'P 3.5.2.1',
        rows: [199],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        await expectRefusedWhole(t, {
          path,
          operations: [{ op: 'add', path: 'title' }],
          scimTypes: ['invalidValue', 'invalidSyntax'],
        });
        await expectRefusedWhole(t, {
          path,
          operations: [{ op: 'add' }],
          scimTypes: ['invalidValue', 'invalidSyntax'],
        });
      },
    ),
    check(
      'add.without-path',
      {
        rule: 'without a path the members of value are added',
        rfc: 'P 3.5.2.1',
        rows: [200],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const value = {
          locale: 'en-US',
          emails: [{ value: t.address('added'), type: 'other' }],
          [ENTERPRISE]: { department: 'Field' },
        };
        const user = await patched(t, path, [{ op: 'add', value }]);
        expectEqual(user['locale'], 'en-US', 'locale');
        expectSameSet(types(user, 'emails').map(String), ['work', 'home', 'other'], 'types of e-mails');
        expectEqual(read(user, ENTERPRISE, 'department'), 'Field', 'department');
      },
    ),
    check(
      'add.missing-attribute',
      {
        rule: 'a missing attribute is created',
        rfc: 'P 3.5.2.1',
        rows: [201],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const user = await patched(t, await person(t), [
          { op: 'add', path: 'locale', value: 'en-US' },
          { op: 'add', path: 'name.middleName', value: 'B.' },
        ]);
        expectEqual(
          [user['locale'], read(user, 'name', 'middleName')],
          ['en-US', 'B.'],
          'locale and middle name',
        );
      },
    ),
    check(
      'add.single-valued',
      { rule: 'a single value is replaced', rfc: 'P 3.5.2.1', rows: [202], level: 'must', needs: 'patch' },
      async (t) => {
        const user = await patched(t, await person(t), [{ op: 'add', path: 'title', value: 'Added' }]);
        expectEqual(user['title'], 'Added', 'title');
      },
    ),
    check(
      'add.multi-valued',
      {
        rule: 'values are appended, one object or an array of them',
        rfc: 'P 3.5.2.1',
        rows: [203],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const mail = (label: string, type: string) => ({ value: t.address(label), type });
        const one = await patched(t, path, [{ op: 'add', path: 'emails', value: mail('one', 'other') }]);
        expectEqual(readList(one, 'emails').length, 3, 'the number of e-mails');
        const two = await patched(t, path, [
          { op: 'add', path: 'emails', value: [mail('two', 'other'), mail('three', 'other')] },
        ]);
        expectEqual(readList(two, 'emails').length, 5, 'the number of e-mails');
      },
    ),
    check(
      'add.complex',
      { rule: 'a complex value is merged', rfc: 'P 3.5.2.1', rows: [204], level: 'must', needs: 'patch' },
      async (t) => {
        const user = await patched(t, await person(t), [
          { op: 'add', path: 'name', value: { middleName: 'B.' } },
        ]);
        expectEqual(user['name'], { givenName: 'Ada', familyName: 'Park', middleName: 'B.' }, 'name');
      },
    ),
    check(
      'add.already-there',
      {
        rule: 'a value that is there already changes nothing, not even the time',
        rfc: 'P 3.5.2.1',
        rows: [205],
        level: 'should',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const before = await t.fetch(path);
        await new Promise((done) => setTimeout(done, 5));
        const after = await patched(t, path, [
          { op: 'add', path: 'phoneNumbers', value: [{ value: '+1 201 555 0101', type: 'work' }] },
        ]);
        expectEqual(after, before, 'the resource');
      },
    ),
    check(
      'add.creates-element',
      {
        rule: 'a value path without a match creates the element it describes',
        rfc: '-',
        rows: [206],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const user = await t.makeUser({ emails: [{ value: t.address('home'), type: 'home' }] });
        const value = t.address('created');
        const shown = await patched(t, `/Users/${user['id']}`, [
          { op: 'add', path: 'emails[type eq "work"].value', value },
        ]);
        const work = readList(shown, 'emails').find((mail) => read(mail, 'type') === 'work');
        expectEqual(read(work, 'value'), value, 'the work e-mail');
      },
    ),
    check(
      'add.members',
      {
        rule: 'members are added, as an array, as one object, and without a path',
        rfc: 'P 3.5.2.1',
        rows: [203, 200],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 1);
        const more = [];
        for (const wrap of [(v: Json) => [v], (v: Json) => v]) {
          const value = readText(await t.makeUser(), 'id');
          more.push(value);
          await patched(t, `/Groups/${id}`, [{ op: 'add', path: 'members', value: wrap({ value }) }]);
        }
        const last = readText(await t.makeUser(), 'id');
        await patched(t, `/Groups/${id}`, [{ op: 'add', value: { members: [{ value: last }] } }]);
        expectSameSet(await membersOf(t, id), [...members, ...more, last], 'members');
      },
    ),
  ],
};
