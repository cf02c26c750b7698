/** What every PATCH operation keeps to (checklist rows 192-198). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectThat, skip } from '../expect.ts';
import { type Json, read, readList, readText } from '../json.ts';
import { ENTERPRISE, USER } from '../words.ts';
import { expectRefusedWhole, patched, person } from './patch.ts';

export const patchRules: Section = {
  title: 'PATCH: what every operation keeps to',
  checks: [
    check(
      'patch.primary',
      {
        rule: 'a new primary clears the old one',
        rfc: 'P 3.5.2',
        rows: [192, 70],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const primaries = (user: Json) =>
          readList(user, 'emails')
            .filter((mail) => read(mail, 'primary') === true)
            .map((mail) => read(mail, 'type'));
        const replaced = await patched(t, path, [
          { op: 'replace', path: 'emails[type eq "home"].primary', value: true },
        ]);
        expectEqual(primaries(replaced), ['home'], 'types of primary e-mails');
        const added = await patched(t, path, [
          { op: 'add', path: 'emails', value: [{ value: t.address('other'), type: 'other', primary: true }] },
        ]);
        expectEqual(primaries(added), ['other'], 'types of primary e-mails');
      },
    ),
    check(
      'patch.read-only',
      {
        rule: 'changing a read-only attribute is refused as mutability',
        rfc: 'P 3.5.2',
        rows: [193, 255, 237],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        for (const [name, value] of [
          ['id', 'mine'],
          ['groups', [{ value: 'x' }]],
          ['meta.created', '2001-01-01T00:00:00Z'],
          ['meta', { resourceType: 'Group' }],
        ] as const) {
          await expectRefusedWhole(t, {
            path,
            operations: [{ op: 'replace', path: name, value }],
            scimTypes: ['mutability'],
          });
        }
      },
    ),
    check(
      'patch.extension',
      {
        rule: 'writing an extension adds its URI to schemas, dropping it removes the URI',
        rfc: 'P 3.5.2',
        rows: [194, 48],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const target = `${ENTERPRISE}:department`;
        const added = await patched(t, path, [{ op: 'add', path: target, value: 'Field' }]);
        expectEqual(read(added, ENTERPRISE, 'department'), 'Field', 'department');
        expectThat(readList(added, 'schemas').includes(ENTERPRISE), 'schemas lacks the extension');
        const dropped = await patched(t, path, [{ op: 'remove', path: target }]);
        expectThat(!readList(dropped, 'schemas').includes(ENTERPRISE), 'schemas still names the extension');
      },
    ),
    check(
      'patch.incompatible',
      {
        rule: 'a value of the wrong type is 400 invalidValue',
        rfc: 'P 3.5.2',
        rows: [195],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        for (const operation of [
          { path: 'active', value: 'perhaps' },
          { path: 'displayName', value: { a: 1 } },
          { path: 'name', value: 'Ada' },
          { path: 'title', value: 7 },
        ]) {
          await expectRefusedWhole(t, {
            path,
            operations: [{ op: 'replace', ...operation }],
            scimTypes: ['invalidValue'],
          });
        }
      },
    ),
    check(
      'patch.no-json-patch',
      {
        rule: 'array indexes and move, copy, test do not exist',
        rfc: '-',
        rows: [196],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        for (const op of ['move', 'copy', 'test']) {
          await expectRefusedWhole(t, {
            path,
            operations: [{ op, path: 'title', from: 'nickName', value: 'Engineer' }],
            scimTypes: ['invalidSyntax', 'invalidValue'],
          });
        }
        for (const target of ['emails[0].value', '/title', 'emails/0/value']) {
          await expectRefusedWhole(t, {
            path,
            operations: [{ op: 'replace', path: target, value: 'x' }],
            scimTypes: ['invalidPath', 'invalidFilter', 'invalidSyntax'],
          });
        }
      },
    ),
    check(
      'patch.unknown-id',
      { rule: 'PATCH of an unknown id is 404', rfc: 'P 3.6', rows: [197], level: 'must', needs: 'patch' },
      async (t) => {
        for (const path of ['/Users/11111111-2222-4333-8444-555555555555', '/Groups/no-such-id']) {
          expectError(await t.patch(path, [{ op: 'replace', path: 'displayName', value: 'x' }]), 404);
        }
      },
    ),
    check(
      'patch.no-change',
      {
        rule: 'a PATCH that changes nothing keeps lastModified and version',
        rfc: '-',
        rows: [198, 205, 234],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const before = await t.fetch(path);
        await new Promise((done) => setTimeout(done, 5));
        const after = await patched(t, path, [
          { op: 'replace', path: 'title', value: 'Engineer' },
          { op: 'add', path: 'name.familyName', value: 'Park' },
        ]);
        expectEqual(after['meta'], before['meta'], 'meta');
      },
    ),
    check(
      'patch.conflict',
      {
        rule: 'PATCH to the userName of another user is 409 uniqueness',
        rfc: 'P 3.12',
        rows: [180, 256, 99],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const { userName } = await t.makeUser();
        const path = await person(t);
        expectError(
          await t.patch(path, [{ op: 'replace', path: 'userName', value: userName }]),
          409,
          'uniqueness',
        );
      },
    ),
    check(
      'patch.url-in-any-case',
      {
        rule: 'URNs and names in paths are read without regard to case',
        rfc: 'P 3.10',
        rows: [44, 61],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const user = await patched(t, path, [
          { op: 'replace', path: `${USER.toUpperCase()}:TITLE`, value: 'by URN' },
          { op: 'replace', path: 'NAME.Familyname', value: 'Case' },
        ]);
        expectEqual(
          [user['title'], read(user, 'name', 'familyName')],
          ['by URN', 'Case'],
          'title and family name',
        );
      },
    ),
    check(
      'patch.change-version',
      {
        rule: 'a change by PATCH moves lastModified',
        rfc: 'C 3.1',
        rows: [55, 234],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const before = await t.fetch(path);
        await new Promise((done) => setTimeout(done, 5));
        const after = await patched(t, path, [{ op: 'replace', path: 'title', value: 'New' }]);
        const moved =
          Date.parse(readText(after, 'meta', 'lastModified')) >
          Date.parse(readText(before, 'meta', 'lastModified'));
        expectThat(moved, 'lastModified stayed');
        const version = read(before, 'meta', 'version');
        if (version === undefined) skip('the server shows no version');
        expectThat(read(after, 'meta', 'version') !== version, 'the version stayed');
      },
    ),
  ],
};
