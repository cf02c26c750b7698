/** PATCH replace (checklist rows 215-223). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectSameSet, expectStatus, expectThat, skip } from '../expect.ts';
import { read, readList, readText } from '../json.ts';
import { ENTERPRISE } from '../words.ts';
import { groupOf, membersOf } from './groups.ts';
import { expectRefusedWhole, patched, person, types } from './patch.ts';

export const patchReplace: Section = {
  title: 'PATCH: replace',
  checks: [
    check(
      'replace.without-path',
      {
        rule: 'without a path each member of value replaces its attribute',
        rfc: 'P 3.5.2.3',
        rows: [215],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const user = await patched(t, await person(t), [
          {
            op: 'replace',
            value: { active: false, title: 'New', emails: [{ value: t.address('only'), type: 'work' }] },
          },
        ]);
        expectEqual([user['active'], user['title']], [false, 'New'], 'active and title');
        expectEqual(readList(user, 'emails').length, 1, 'the number of e-mails');
      },
    ),
    check(
      'replace.echo',
      {
        rule: 'a value that repeats id and schemas is no attempt to change them',
        rfc: '-',
        rows: [215, 193],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const group = await t.makeGroup();
        const displayName = t.unique('renamed');
        const value = { schemas: group['schemas'], id: group['id'], displayName };
        expectEqual(
          (await patched(t, `/Groups/${group['id']}`, [{ op: 'replace', value }]))['displayName'],
          displayName,
          'displayName',
        );
      },
    ),
    check(
      'replace.single-valued',
      { rule: 'a single value is replaced', rfc: 'P 3.5.2.3', rows: [216], level: 'must', needs: 'patch' },
      async (t) => {
        const user = await patched(t, await person(t), [
          { op: 'replace', path: 'title', value: 'New' },
          { op: 'replace', path: 'name.givenName', value: 'Eda' },
        ]);
        expectEqual([user['title'], read(user, 'name', 'givenName')], ['New', 'Eda'], 'title and given name');
      },
    ),
    check(
      'replace.multi-valued',
      {
        rule: 'a list is replaced as a whole; [] empties it',
        rfc: 'P 3.5.2.3',
        rows: [217],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const one = await patched(t, path, [
          { op: 'replace', path: 'phoneNumbers', value: [{ value: '+1 201 555 0109', type: 'other' }] },
        ]);
        expectEqual(types(one, 'phoneNumbers'), ['other'], 'types of phone numbers');
        expectEqual(
          readList(
            await patched(t, path, [{ op: 'replace', path: 'phoneNumbers', value: [] }]),
            'phoneNumbers',
          ).length,
          0,
          'the number of phone numbers',
        );
      },
    ),
    check(
      'replace.members',
      {
        rule: 'members are replaced as a whole; [] empties the group',
        rfc: 'P 3.5.2.3',
        rows: [217],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 2);
        const other = readText(await t.makeUser(), 'id');
        await patched(t, `/Groups/${id}`, [
          { op: 'replace', path: 'members', value: [{ value: other }, { value: members[0] }] },
        ]);
        expectSameSet(await membersOf(t, id), [other, members[0] ?? ''], 'members');
        await patched(t, `/Groups/${id}`, [{ op: 'replace', path: 'members', value: [] }]);
        expectSameSet(await membersOf(t, id), [], 'members');
      },
    ),
    check(
      'replace.missing-attribute',
      {
        rule: 'a target without a value is treated as add',
        rfc: 'P 3.5.2.3',
        rows: [218],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const user = await patched(t, await person(t), [
          { op: 'replace', path: 'locale', value: 'en-US' },
          { op: 'replace', path: 'name.middleName', value: 'B.' },
        ]);
        expectEqual(
          [user['locale'], read(user, 'name', 'middleName')],
          ['en-US', 'B.'],
          'locale and middle name',
        );
      },
    ),
    check(
      'replace.complex',
      {
        rule: 'a complex target is merged: parts not given stay',
        rfc: 'P 3.5.2.3',
        rows: [219],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const pathed = await patched(t, path, [
          { op: 'replace', path: 'name', value: { familyName: 'Berg' } },
        ]);
        expectEqual(pathed['name'], { givenName: 'Ada', familyName: 'Berg' }, 'name');
        const pathless = await patched(t, path, [
          { op: 'replace', value: { name: { familyName: 'Linde' } } },
        ]);
        expectEqual(pathless['name'], { givenName: 'Ada', familyName: 'Linde' }, 'name');
      },
    ),
    check(
      'replace.value-path',
      {
        rule: 'a value path replaces the matching values',
        rfc: 'P 3.5.2.3',
        rows: [220],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const value = { value: '+1 201 555 0120', type: 'work' };
        const user = await patched(t, path, [{ op: 'replace', path: 'phoneNumbers[type eq "work"]', value }]);
        const work = readList(user, 'phoneNumbers').filter((item) => read(item, 'type') === 'work');
        expectEqual(
          work.map((item) => read(item, 'value')),
          [value.value],
          'the work numbers',
        );
        expectEqual(readList(user, 'phoneNumbers').length, 2, 'the number of phone numbers');
      },
    ),
    check(
      'replace.value-path-part',
      {
        rule: 'with a part only that part of the matching values is replaced',
        rfc: 'P 3.5.2.3',
        rows: [220],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const value = t.address('changed');
        const user = await patched(t, path, [{ op: 'replace', path: 'emails[type eq "work"].value', value }]);
        const work = readList(user, 'emails').find((mail) => read(mail, 'type') === 'work');
        expectEqual([read(work, 'value'), read(work, 'primary')], [value, true], 'value and primary');
        const home = readList(user, 'emails').find((mail) => read(mail, 'type') === 'home');
        expectThat(read(home, 'value') !== value, 'an element that does not match was changed');
      },
    ),
    check(
      'replace.by-boolean',
      {
        rule: 'a value path may compare a boolean',
        rfc: 'P 3.5.2.3',
        rows: [220, 122],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const value = t.address('primary');
        const user = await patched(t, path, [
          { op: 'replace', path: 'emails[primary eq true].value', value },
        ]);
        expectEqual(
          read(
            readList(user, 'emails').find((mail) => read(mail, 'primary') === true),
            'value',
          ),
          value,
          'the primary e-mail',
        );
      },
    ),
    check(
      'replace.no-match',
      {
        rule: 'a value path without a match is 400 noTarget',
        rfc: 'P 3.5.2.3',
        rows: [221],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        for (const target of [
          'emails[value eq "nobody@example.com"].display',
          'phoneNumbers[type eq "no-such-type"].value',
          'phoneNumbers[type eq "fax" and value eq "1"]',
        ]) {
          await expectRefusedWhole(t, {
            path,
            operations: [{ op: 'replace', path: target, value: '1' }],
            scimTypes: ['noTarget', 'invalidValue'],
          });
        }
      },
    ),
    check(
      'replace.keys-as-paths',
      {
        rule: 'keys with dots or URNs in a value are read as paths',
        rfc: '-',
        rows: [222],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const value = { displayName: 'Flat', 'name.givenName': 'Eda', [`${ENTERPRISE}:department`]: 'Field' };
        const user = await patched(t, await person(t), [{ op: 'replace', value }]);
        expectEqual(user['name'], { givenName: 'Eda', familyName: 'Park' }, 'name');
        expectEqual(
          [user['displayName'], read(user, ENTERPRISE, 'department')],
          ['Flat', 'Field'],
          'displayName and department',
        );
      },
    ),
    check(
      'replace.empty-clears',
      { rule: 'null and "" unassign a target', rfc: '-', rows: [223, 62], level: 'practice', needs: 'patch' },
      async (t) => {
        const user = await patched(t, await person(t), [
          { op: 'replace', path: 'title', value: '' },
          { op: 'replace', path: 'nickName', value: null },
        ]);
        expectEqual([user['title'], user['nickName']], [undefined, undefined], 'title and nickName');
      },
    ),
    check(
      'replace.required-empty',
      {
        rule: 'a required attribute cannot be emptied',
        rfc: 'C 7',
        rows: [257, 223],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        for (const value of ['', null]) {
          await expectRefusedWhole(t, {
            path,
            operations: [{ op: 'replace', path: 'userName', value }],
            scimTypes: ['invalidValue', 'mutability'],
          });
        }
      },
    ),
    check(
      'replace.boolean-text',
      {
        rule: 'a boolean sent as the text "False" becomes a boolean',
        rfc: '-',
        rows: [64, 84],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        expectEqual(
          (await patched(t, path, [{ op: 'Replace', path: 'active', value: 'False' }]))['active'],
          false,
          'active',
        );
        expectStatus(await t.patch(path, [{ op: 'replace', path: 'active', value: true }]), 200, 204);
      },
    ),
    check(
      'replace.manager',
      {
        rule: 'the manager can be set and taken away',
        rfc: 'P 3.5.2.3',
        rows: [85, 219],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const boss = readText(await t.makeUser(), 'id');
        const path = await person(t);
        const target = `${ENTERPRISE}:manager`;
        const set = await patched(t, path, [{ op: 'add', path: target, value: { value: boss } }]);
        if (read(set, ENTERPRISE) === undefined) skip('the enterprise extension is not kept');
        expectEqual(read(set, ENTERPRISE, 'manager', 'value'), boss, 'manager.value');
        const gone = await patched(t, path, [{ op: 'remove', path: target }]);
        expectEqual(read(gone, ENTERPRISE, 'manager'), undefined, 'manager');
      },
    ),
  ],
};
