/** PATCH remove (checklist rows 207-214). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectSameSet } from '../expect.ts';
import { read, readList, readText } from '../json.ts';
import { groupOf, membersOf } from './groups.ts';
import { expectRefusedWhole, patched, person, types } from './patch.ts';

export const patchRemove: Section = {
  title: 'PATCH: remove',
  checks: [
    check(
      'remove.no-path',
      {
        rule: 'remove without a path is 400 noTarget',
        rfc: 'P 3.5.2.2',
        rows: [207, 186, 237],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        await expectRefusedWhole(t, { path, operations: [{ op: 'remove' }], scimTypes: ['noTarget'] });
        await expectRefusedWhole(t, {
          path,
          operations: [{ op: 'remove', value: { title: 'Engineer' } }],
          scimTypes: ['noTarget'],
        });
      },
    ),
    check(
      'remove.single-valued',
      {
        rule: 'a single value becomes unassigned',
        rfc: 'P 3.5.2.2',
        rows: [208],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const user = await patched(t, await person(t), [
          { op: 'remove', path: 'title' },
          { op: 'remove', path: 'name.familyName' },
        ]);
        expectEqual(user['title'], undefined, 'title');
        expectEqual(user['name'], { givenName: 'Ada' }, 'name');
      },
    ),
    check(
      'remove.multi-valued',
      {
        rule: 'a list without a filter loses all values',
        rfc: 'P 3.5.2.2',
        rows: [209],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const user = await patched(t, await person(t), [{ op: 'remove', path: 'phoneNumbers' }]);
        expectEqual(readList(user, 'phoneNumbers').length, 0, 'the number of phone numbers');
        const { id } = await groupOf(t, 2);
        await patched(t, `/Groups/${id}`, [{ op: 'remove', path: 'members' }]);
        expectSameSet(await membersOf(t, id), [], 'members');
      },
    ),
    check(
      'remove.filtered',
      {
        rule: 'with a filter only the matching values go',
        rfc: 'P 3.5.2.2',
        rows: [210],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        expectEqual(
          types(
            await patched(t, path, [{ op: 'remove', path: 'phoneNumbers[type eq "work"]' }]),
            'phoneNumbers',
          ),
          ['mobile'],
          'types left',
        );
        const none = await patched(t, path, [{ op: 'remove', path: 'phoneNumbers[type eq "mobile"]' }]);
        expectEqual(readList(none, 'phoneNumbers').length, 0, 'the number of phone numbers');
      },
    ),
    check(
      'remove.one-member',
      {
        rule: 'members[value eq ...] removes that member',
        rfc: 'P 3.5.2.2',
        rows: [210],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 2);
        await patched(t, `/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${members[0]}"]` }]);
        expectSameSet(await membersOf(t, id), members.slice(1), 'members');
      },
    ),
    check(
      'remove.part',
      {
        rule: 'with a filter and a part only that part goes',
        rfc: 'P 3.5.2.2',
        rows: [211],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        await patched(t, path, [
          { op: 'replace', path: 'phoneNumbers[type eq "work"].display', value: 'Desk' },
        ]);
        const user = await patched(t, path, [{ op: 'remove', path: 'phoneNumbers[type eq "work"].display' }]);
        const work = readList(user, 'phoneNumbers').find((item) => read(item, 'type') === 'work');
        expectEqual(
          [read(work, 'value'), read(work, 'display')],
          ['+1 201 555 0101', undefined],
          'value and display',
        );
      },
    ),
    check(
      'remove.required',
      {
        rule: 'removing a required or read-only attribute is refused as mutability',
        rfc: 'P 3.5.2.2',
        rows: [212, 257],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const user = await person(t);
        for (const name of ['userName', 'id', 'groups', 'meta']) {
          await expectRefusedWhole(t, {
            path: user,
            operations: [{ op: 'remove', path: name }],
            scimTypes: ['mutability', 'invalidValue'],
          });
        }
        const group = `/Groups/${readText(await t.makeGroup(), 'id')}`;
        await expectRefusedWhole(t, {
          path: group,
          operations: [{ op: 'remove', path: 'displayName' }],
          scimTypes: ['mutability', 'invalidValue'],
        });
      },
    ),
    check(
      'remove.listed-members',
      {
        rule: 'a value beside the path limits the removal to the members listed',
        rfc: '-',
        rows: [213],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 3);
        const value = [{ $ref: null, value: members[0] }];
        await patched(t, `/Groups/${id}`, [{ op: 'remove', path: 'members', value }]);
        expectSameSet(await membersOf(t, id), members.slice(1), 'members');
      },
    ),
    check(
      'remove.no-match',
      {
        rule: 'a filter that matches no member changes nothing; elsewhere noTarget is allowed',
        rfc: '-',
        rows: [214],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const before = await t.fetch(path);
        const answer = await t.patch(path, [{ op: 'remove', path: 'emails[type eq "other"]' }]);
        if (answer.status >= 400) expectError(answer, 400, 'noTarget');
        expectEqual(await t.fetch(path), before, 'the resource');
      },
    ),
  ],
};
