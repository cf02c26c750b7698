/** The envelope of PATCH (checklist rows 183-191), and what checks of PATCH start from. */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectSameSet, expectStatus } from '../expect.ts';
import { type Json, read, readList, readText } from '../json.ts';
import type { Answer, Session } from '../session.ts';
import { PATCH, USER } from '../words.ts';
import { groupOf, membersOf } from './groups.ts';

/** A user with something of everything. */
export async function person(t: Session): Promise<string> {
  const user = await t.makeUser({
    title: 'Engineer',
    nickName: 'Countess',
    emails: [
      { value: t.address('work'), type: 'work', primary: true },
      { value: t.address('home'), type: 'home' },
    ],
    phoneNumbers: [
      { value: '+1 201 555 0101', type: 'work' },
      { value: '+1 201 555 0102', type: 'mobile' },
    ],
  });
  return `/Users/${readText(user, 'id')}`;
}

/** The types of the elements of a list. */
export function types(user: Json, name: string): readonly unknown[] {
  return readList(user, name).map((item) => read(item, 'type'));
}

/** Applies operations that have to succeed, and reads the result. */
export async function patched(t: Session, path: string, operations: readonly Json[]): Promise<Json> {
  expectStatus(await t.patch(path, operations), 200, 204);
  return t.fetch(path);
}

function body(t: Session, path: string, content: unknown): Promise<Answer> {
  return t.ask({ method: 'PATCH', path, body: content });
}

/** The resource is as it was. */
export async function expectRefusedWhole(
  t: Session,
  {
    path,
    operations,
    scimTypes,
  }: {
    readonly path: string;
    readonly operations: readonly unknown[];
    readonly scimTypes: readonly string[];
  },
): Promise<void> {
  const before = await t.fetch(path);
  const answer = await t.patch(path, operations);
  expectError(
    { ...answer, request: `PATCH with ${JSON.stringify(operations).slice(0, 100)}` },
    400,
    ...scimTypes,
  );
  expectEqual(await t.fetch(path), before, 'the resource after the refusal');
}

export const patchEnvelope: Section = {
  title: 'PATCH: envelope',
  checks: [
    check(
      'patch.supported',
      { rule: 'PATCH works, or is 501', rfc: 'P 3.5', rows: [183], level: 'should' },
      async (t) => {
        const answer = await t.patch(await person(t), [{ op: 'replace', path: 'title', value: 'New' }]);
        expectStatus(answer, 200, 204, 501);
      },
    ),
    check(
      'patch.body',
      {
        rule: 'without the PatchOp schema and Operations: 400 invalidSyntax',
        rfc: 'P 3.5.2',
        rows: [184],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const operation = { op: 'replace', path: 'title', value: 'New' };
        const wrong = [
          [],
          'text',
          { schemas: [PATCH] },
          { schemas: [PATCH], Operations: [] },
          { schemas: [PATCH], Operations: 'x' },
          { schemas: [USER], Operations: [operation] },
          { schemas: [PATCH], Operations: ['x'] },
        ];
        for (const content of wrong) {
          const answer = await body(t, path, content);
          expectError({ ...answer, request: `PATCH with ${JSON.stringify(content)}` }, 400, 'invalidSyntax');
        }
        expectEqual((await t.fetch(path))['title'], 'Engineer', 'title');
      },
    ),
    check(
      'patch.op',
      {
        rule: 'op is add, remove or replace, in any case',
        rfc: 'P 3.5.2',
        rows: [185],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        for (const op of ['Replace', 'REPLACE', 'Add']) {
          expectEqual(
            (await patched(t, path, [{ op, path: 'title', value: `by ${op}` }]))['title'],
            `by ${op}`,
            'title',
          );
        }
        expectEqual((await patched(t, path, [{ op: 'Remove', path: 'title' }]))['title'], undefined, 'title');
        for (const op of ['update', '', null, 7]) {
          await expectRefusedWhole(t, {
            path,
            operations: [{ op, path: 'title', value: 'x' }],
            scimTypes: ['invalidSyntax', 'invalidValue'],
          });
        }
      },
    ),
    check(
      'patch.path-optional',
      { rule: 'add and replace need no path', rfc: 'P 3.5.2', rows: [186], level: 'must', needs: 'patch' },
      async (t) => {
        const path = await person(t);
        const user = await patched(t, path, [
          { op: 'add', value: { locale: 'en-US' } },
          { op: 'replace', value: { title: 'New' } },
        ]);
        expectEqual([user['locale'], user['title']], ['en-US', 'New'], 'locale and title');
      },
    ),
    check(
      'patch.path-grammar',
      {
        rule: 'a path outside the grammar is 400 invalidPath',
        rfc: 'P 3.5.2',
        rows: [187, 237],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        for (const bad of [
          'name.familyName.first',
          'emails[type eq "work"',
          'emails]',
          '1title',
          'title eq "x"',
          'emails[type eq "work"]value',
          '.',
          'name.',
        ]) {
          await expectRefusedWhole(t, {
            path,
            operations: [{ op: 'replace', path: bad, value: 'x' }],
            scimTypes: ['invalidPath', 'invalidFilter'],
          });
        }
      },
    ),
    check(
      'patch.path-filter',
      {
        rule: 'a bad filter in a path is 400 invalidFilter',
        rfc: 'P 3.12',
        rows: [188],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        for (const bad of [
          'emails[type like "work"].value',
          'emails[type eq].value',
          'emails[primary gt true].value',
        ]) {
          await expectRefusedWhole(t, {
            path,
            operations: [{ op: 'replace', path: bad, value: 'x@example.com' }],
            scimTypes: ['invalidFilter', 'invalidPath'],
          });
        }
      },
    ),
    check(
      'patch.in-order',
      {
        rule: 'operations run in order, each on the result before',
        rfc: 'P 3.5.2',
        rows: [189],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        const user = await patched(t, path, [
          { op: 'replace', path: 'title', value: 'one' },
          { op: 'remove', path: 'title' },
          { op: 'add', path: 'title', value: 'two' },
          { op: 'remove', path: 'phoneNumbers' },
          { op: 'add', path: 'phoneNumbers', value: [{ value: '+1 201 555 0103', type: 'other' }] },
        ]);
        expectEqual(user['title'], 'two', 'title');
        expectEqual(
          readList(user, 'phoneNumbers').map((item) => read(item, 'type')),
          ['other'],
          'types of phone numbers',
        );
      },
    ),
    check(
      'patch.members-in-order',
      { rule: 'member operations run in order', rfc: 'P 3.5.2', rows: [189], level: 'must', needs: 'patch' },
      async (t) => {
        const { id, members } = await groupOf(t, 2);
        const [one = '', two = ''] = members;
        const add = (value: string) => ({ op: 'add', path: 'members', value: [{ value }] });
        const drop = (value: string) => ({ op: 'remove', path: `members[value eq "${value}"]` });
        await patched(t, `/Groups/${id}`, [drop(one), add(one), drop(two)]);
        expectSameSet(await membersOf(t, id), [one], 'members');
        await patched(t, `/Groups/${id}`, [
          { op: 'replace', path: 'members', value: [{ value: two }] },
          add(one),
          drop(two),
        ]);
        expectSameSet(await membersOf(t, id), [one], 'members');
      },
    ),
    check(
      'patch.atomic',
      {
        rule: 'all or nothing: after an error the resource is as before',
        rfc: 'P 3.5.2',
        rows: [190],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const path = await person(t);
        await expectRefusedWhole(t, {
          path,
          operations: [
            { op: 'replace', path: 'title', value: 'half' },
            { op: 'replace', path: 'active', value: 'perhaps' },
          ],
          scimTypes: ['invalidValue'],
        });
        const { id } = await groupOf(t, 1);
        await expectRefusedWhole(t, {
          path: `/Groups/${id}`,
          operations: [{ op: 'remove', path: 'members' }, { op: 'remove' }],
          scimTypes: ['noTarget'],
        });
      },
    ),
    check(
      'patch.answer',
      {
        rule: 'success is 200 with the whole resource, or 204 without a body',
        rfc: 'P 3.5.2',
        rows: [191],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const user = await person(t);
        const group = `/Groups/${readText(await t.makeGroup(), 'id')}`;
        for (const path of [user, group]) {
          const answer = await t.patch(path, [
            { op: 'replace', path: 'displayName', value: t.unique('named') },
          ]);
          expectStatus(answer, 200, 204);
          if (answer.status === 200) expectEqual(answer.json, await t.fetch(path), 'the body');
          else expectEqual(answer.text, '', 'the body of 204');
        }
      },
    ),
  ],
};
