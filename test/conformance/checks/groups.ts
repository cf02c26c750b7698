/** Rules of the Group resource (checklist rows 87-94, 228, 235). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectList, expectSameSet, expectStatus, expectThat } from '../expect.ts';
import { read, readList, readText } from '../json.ts';
import type { Session } from '../session.ts';

const ABSENT = '11111111-2222-4333-8444-555555555555';

export async function membersOf(t: Session, group: string): Promise<readonly string[]> {
  return readList(await t.fetch(`/Groups/${group}`), 'members').map((member) => readText(member, 'value'));
}

export async function groupOf(
  t: Session,
  count: number,
): Promise<{ readonly id: string; readonly members: readonly string[] }> {
  const members: string[] = [];
  for (let made = 0; made < count; made += 1) members.push(readText(await t.makeUser(), 'id'));
  const group = await t.makeGroup({ members: members.map((value) => ({ value })) });
  return { id: readText(group, 'id'), members };
}

export const groups: Section = {
  title: 'Groups',
  checks: [
    check(
      'group.name-required',
      { rule: 'displayName is required', rfc: 'C 4.2', rows: [87, 100, 257], level: 'must' },
      async (t) => {
        for (const displayName of [undefined, null, '']) {
          expectError(await t.post('/Groups', { ...t.draftGroup(), displayName }), 400, 'invalidValue');
        }
      },
    ),
    check(
      'group.created',
      {
        rule: 'a group is created with 201, its address and its members',
        rfc: 'P 3.3',
        rows: [95, 88],
        level: 'must',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 2);
        expectSameSet(await membersOf(t, id), members, 'members');
      },
    ),
    check(
      'group.member-parts',
      {
        rule: 'members show value, and $ref and type that agree with it',
        rfc: 'C 4.2 / C 8.7',
        rows: [88],
        level: 'must',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 1);
        const [member] = readList(await t.fetch(`/Groups/${id}`), 'members');
        expectEqual(read(member, 'value'), members[0], 'members.value');
        const ref = readText(member, '$ref');
        expectThat(ref === '' || ref.endsWith(`/Users/${members[0]}`), `members.$ref is ${ref}`);
        expectThat(
          [undefined, 'User'].some((type) => type === read(member, 'type')),
          'members.type is not User',
        );
      },
    ),
    check(
      'group.member-immutable',
      {
        rule: 'the parts of a member cannot be changed in place',
        rfc: 'C 8.7',
        rows: [88, 193, 259],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 1);
        const other = readText(await t.makeUser(), 'id');
        const path = `members[value eq "${members[0]}"].value`;
        const answer = await t.patch(`/Groups/${id}`, [{ op: 'replace', path, value: other }]);
        expectError(answer, 400, 'mutability', 'invalidValue', 'invalidPath');
        expectSameSet(await membersOf(t, id), members, 'members after the refusal');
      },
    ),
    check(
      'group.add-twice',
      {
        rule: 'adding a member again succeeds and changes nothing',
        rfc: 'P 3.5.2.1',
        rows: [89, 205],
        level: 'should',
        needs: 'patch',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 1);
        const before = read(await t.fetch(`/Groups/${id}`), 'meta');
        expectStatus(
          await t.patch(`/Groups/${id}`, [{ op: 'add', path: 'members', value: [{ value: members[0] }] }]),
          200,
          204,
        );
        expectSameSet(await membersOf(t, id), members, 'members');
        expectEqual(read(await t.fetch(`/Groups/${id}`), 'meta'), before, 'meta');
      },
    ),
    check(
      'group.remove-absent',
      {
        rule: 'removing a member who is not there succeeds and changes nothing',
        rfc: 'P 3.5.2.2',
        rows: [90, 214],
        level: 'should',
        needs: 'patch',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 1);
        expectStatus(
          await t.patch(`/Groups/${id}`, [{ op: 'remove', path: `members[value eq "${ABSENT}"]` }]),
          200,
          204,
        );
        expectSameSet(await membersOf(t, id), members, 'members');
      },
    ),
    check(
      'group.unknown-member',
      {
        rule: 'an unknown member id leaves no dangling reference',
        rfc: '-',
        rows: [91],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 1);
        const answer = await t.patch(`/Groups/${id}`, [
          { op: 'add', path: 'members', value: [{ value: ABSENT }] },
        ]);
        if (answer.status >= 400) expectError(answer, [400, 404]);
        expectSameSet(await membersOf(t, id), members, 'members');
        const made = await t.post('/Groups', t.draftGroup({ members: [{ value: ABSENT }] }));
        if (made.status === 201)
          expectSameSet(await membersOf(t, readText(made.json, 'id')), [], 'members of a new group');
        else expectError(made, [400, 404]);
      },
    ),
    check(
      'group.duplicate-name',
      {
        rule: 'a second group of one name is refused with 409 or is a group of its own',
        rfc: '-',
        rows: [92],
        level: 'practice',
      },
      async (t) => {
        const first = await t.makeGroup();
        const again = await t.post('/Groups', t.draftGroup({ displayName: first['displayName'] }));
        if (again.status !== 201) expectError(again, 409, 'uniqueness');
        else expectThat(read(again.json, 'id') !== first['id'], 'two groups were merged');
      },
    ),
    check(
      'group.user-shows-change',
      {
        rule: 'a membership change shows in groups of the user at once',
        rfc: 'C 4.1.2',
        rows: [93],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const user = readText(await t.makeUser(), 'id');
        const group = readText(await t.makeGroup(), 'id');
        expectStatus(
          await t.patch(`/Groups/${group}`, [{ op: 'add', path: 'members', value: [{ value: user }] }]),
          200,
          204,
        );
        const shown = readList(await t.fetch(`/Users/${user}`), 'groups').map((item) =>
          readText(item, 'value'),
        );
        expectSameSet(shown, [group], 'groups after joining');
        expectStatus(
          await t.patch(`/Groups/${group}`, [{ op: 'remove', path: `members[value eq "${user}"]` }]),
          200,
          204,
        );
        expectEqual(
          readList(await t.fetch(`/Users/${user}`), 'groups').length,
          0,
          'the number of groups after leaving',
        );
      },
    ),
    check(
      'group.without-members',
      {
        rule: 'a group can be read without its members',
        rfc: 'P 3.4.2.5',
        rows: [94, 167],
        level: 'practice',
      },
      async (t) => {
        const { id } = await groupOf(t, 1);
        const group = await t.fetch(`/Groups/${id}?excludedAttributes=members`);
        expectEqual(group['members'], undefined, 'members');
        expectThat(readText(group, 'displayName') !== '', 'displayName is missing');
      },
    ),
    check(
      'group.filter-name',
      {
        rule: 'a group is found by its displayName',
        rfc: 'P 3.4.2.2',
        rows: [92, 118],
        level: 'must',
        needs: 'filter',
      },
      async (t) => {
        const group = await t.makeGroup();
        const filter = encodeURIComponent(`displayName eq "${group['displayName']}"`);
        const found = expectList(await t.get(`/Groups?excludedAttributes=members&filter=${filter}`));
        expectEqual(
          found.map((item) => read(item, 'id')),
          [group['id']],
          'the groups found',
        );
      },
    ),
    check(
      'group.filter-member',
      { rule: 'groups are found by a member', rfc: 'P 3.4.2.2', rows: [131], level: 'must', needs: 'filter' },
      async (t) => {
        const { id, members } = await groupOf(t, 1);
        const filter = encodeURIComponent(`members.value eq "${members[0]}"`);
        const found = expectList(await t.get(`/Groups?filter=${filter}`));
        expectEqual(
          found.map((item) => read(item, 'id')),
          [id],
          'the groups found',
        );
      },
    ),
    check(
      'group.concurrent-adds',
      {
        rule: 'members added at the same time are all there',
        rfc: '-',
        rows: [235],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const group = readText(await t.makeGroup(), 'id');
        const people: string[] = [];
        for (let made = 0; made < 4; made += 1) people.push(readText(await t.makeUser(), 'id'));
        const add = (value: string) =>
          t.patch(`/Groups/${group}`, [{ op: 'add', path: 'members', value: [{ value }] }]);
        for (const answer of await Promise.all(people.map(add))) expectStatus(answer, 200, 204);
        expectSameSet(await membersOf(t, group), people, 'members');
      },
    ),
    check(
      'group.deleted-member',
      { rule: 'a deleted user leaves all groups', rfc: '-', rows: [228], level: 'practice' },
      async (t) => {
        const { id, members } = await groupOf(t, 2);
        expectStatus(await t.remove(`/Users/${members[0]}`), 204);
        expectSameSet(await membersOf(t, id), members.slice(1), 'members');
      },
    ),
    check(
      'group.deleted',
      { rule: 'deleting a group leaves its users', rfc: '-', rows: [228], level: 'practice' },
      async (t) => {
        const { id, members } = await groupOf(t, 1);
        expectStatus(await t.remove(`/Groups/${id}`), 204);
        const user = await t.fetch(`/Users/${members[0]}`);
        expectEqual(readList(user, 'groups').length, 0, 'the number of groups');
      },
    ),
  ],
};
