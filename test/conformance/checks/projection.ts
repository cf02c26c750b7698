/** attributes and excludedAttributes (checklist rows 165-172). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectList, expectSameSet, expectStatus, expectThat } from '../expect.ts';
import { isJson, type Json, read, readList, readText } from '../json.ts';
import type { Answer, Session } from '../session.ts';
import { ENTERPRISE, GROUP, USER } from '../words.ts';

async function enterpriseUser(t: Session): Promise<{ readonly path: string; readonly user: Json }> {
  const user = await t.makeUser({
    schemas: [USER, ENTERPRISE],
    title: 'Engineer',
    [ENTERPRISE]: { department: 'Field', costCenter: '4130' },
  });
  return { path: `/Users/${readText(user, 'id')}`, user };
}

function expectNames(json: unknown, names: readonly string[]): void {
  expectThat(isJson(json), 'the answer is no JSON object');
  expectSameSet(Object.keys(json), names, 'the attributes shown');
}

function shows(answer: Answer, name: string): boolean {
  expectThat(answer.status >= 200 && answer.status < 300, `${answer.request} answered ${answer.status}`);
  return read(answer.json, name) !== undefined;
}

export const projection: Section = {
  title: 'Projection: attributes and excludedAttributes',
  checks: [
    check(
      'project.get',
      {
        rule: 'GET honours attributes and excludedAttributes',
        rfc: 'P 3.4.2.5',
        rows: [165, 166],
        level: 'must',
      },
      async (t) => {
        const { path } = await enterpriseUser(t);
        expectNames(await t.fetch(`${path}?attributes=userName`), ['schemas', 'id', 'userName']);
        const without = await t.fetch(`${path}?excludedAttributes=title,emails`);
        expectThat(
          without['title'] === undefined && without['emails'] === undefined,
          'excluded attributes are shown',
        );
        expectThat(
          without['userName'] !== undefined && without['name'] !== undefined,
          'more than was excluded is missing',
        );
      },
    ),
    check(
      'project.list',
      {
        rule: 'lists honour attributes and excludedAttributes',
        rfc: 'P 3.4.2.5',
        rows: [165],
        level: 'must',
      },
      async (t) => {
        const { user } = await enterpriseUser(t);
        const filter = encodeURIComponent(`userName eq "${user['userName']}"`);
        const [only] = expectList(await t.get(`/Users?filter=${filter}&attributes=title`));
        expectNames(only, ['schemas', 'id', 'title']);
        const [without] = expectList(await t.get(`/Users?filter=${filter}&excludedAttributes=title`));
        expectThat(
          read(without, 'title') === undefined && read(without, 'userName') !== undefined,
          'excludedAttributes is not honoured',
        );
      },
    ),
    check(
      'project.post',
      {
        rule: 'POST honours attributes and excludedAttributes',
        rfc: 'P 3.4.2.5',
        rows: [165],
        level: 'must',
      },
      async (t) => {
        const only = await t.post('/Users?attributes=userName', t.draftUser());
        expectThat(
          shows(only, 'userName') && shows(only, 'id') && !shows(only, 'emails'),
          'attributes is not honoured',
        );
        const without = await t.post('/Users?excludedAttributes=emails', t.draftUser());
        expectThat(
          shows(without, 'userName') && !shows(without, 'emails'),
          'excludedAttributes is not honoured',
        );
      },
    ),
    check(
      'project.put',
      { rule: 'PUT honours attributes and excludedAttributes', rfc: 'P 3.4.2.5', rows: [165], level: 'must' },
      async (t) => {
        const { path } = await enterpriseUser(t);
        const only = await t.put(`${path}?attributes=userName`, t.draftUser());
        expectThat(
          shows(only, 'userName') && shows(only, 'id') && !shows(only, 'emails'),
          'attributes is not honoured',
        );
        const without = await t.put(`${path}?excludedAttributes=emails`, t.draftUser());
        expectThat(
          shows(without, 'userName') && !shows(without, 'emails'),
          'excludedAttributes is not honoured',
        );
      },
    ),
    check(
      'project.patch',
      {
        rule: 'PATCH with attributes answers 200 with a body',
        rfc: 'P 3.5.2',
        rows: [165, 170],
        level: 'must',
        needs: 'patch',
      },
      async (t) => {
        const user = (await enterpriseUser(t)).path;
        const group = `/Groups/${readText(await t.makeGroup(), 'id')}`;
        for (const path of [user, group]) {
          const answer = await t.patch(`${path}?attributes=displayName`, [
            { op: 'replace', path: 'displayName', value: t.unique('named') },
          ]);
          expectStatus(answer, 200);
          expectNames(answer.json, ['schemas', 'id', 'displayName']);
        }
      },
    ),
    check(
      'project.always',
      { rule: 'id stays whatever is asked for or excluded', rfc: 'P 3.9', rows: [166, 167], level: 'must' },
      async (t) => {
        const { path, user } = await enterpriseUser(t);
        for (const query of [
          'attributes=title',
          'excludedAttributes=id',
          'excludedAttributes=id,schemas,userName',
        ]) {
          const shown = await t.fetch(`${path}?${query}`);
          expectEqual(shown['id'], user['id'], `id with ${query}`);
          expectThat(readList(shown, 'schemas').length > 0, `schemas are missing with ${query}`);
        }
      },
    ),
    check(
      'project.both',
      {
        rule: 'both parameters at once: attributes wins, or 400 invalidValue',
        rfc: 'P 3.9',
        rows: [168],
        level: 'must',
      },
      async (t) => {
        const { path } = await enterpriseUser(t);
        const answer = await t.get(`${path}?attributes=userName,title&excludedAttributes=title`);
        if (answer.status === 400) return expectError(answer, 400, 'invalidValue');
        expectStatus(answer, 200);
        expectNames(answer.json, ['schemas', 'id', 'userName', 'title']);
      },
    ),
    check(
      'project.notation',
      { rule: 'names may have parts, URNs and any case', rfc: 'P 3.10', rows: [169, 61], level: 'must' },
      async (t) => {
        const { path } = await enterpriseUser(t);
        const shown = await t.fetch(
          `${path}?attributes=NAME.familyname,${ENTERPRISE}:department,${USER}:title`,
        );
        expectNames(shown, ['schemas', 'id', 'name', 'title', ENTERPRISE]);
        expectEqual(shown['name'], { familyName: 'Park' }, 'name');
        expectEqual(shown[ENTERPRISE], { department: 'Field' }, 'the extension');
      },
    ),
    check(
      'project.notation-excluded',
      { rule: 'parts can be excluded', rfc: 'P 3.10', rows: [169, 167], level: 'must' },
      async (t) => {
        const { path } = await enterpriseUser(t);
        const shown = await t.fetch(`${path}?excludedAttributes=name.familyName,${ENTERPRISE}:department`);
        expectEqual(shown['name'], { givenName: 'Ada' }, 'name');
        expectEqual(shown[ENTERPRISE], { costCenter: '4130' }, 'the extension');
      },
    ),
    check(
      'project.parts-of-lists',
      {
        rule: 'a part of a multi-valued attribute is shown of each element',
        rfc: 'P 3.10',
        rows: [169],
        level: 'must',
      },
      async (t) => {
        const { path, user } = await enterpriseUser(t);
        const shown = await t.fetch(`${path}?attributes=emails.value`);
        expectEqual(shown['emails'], [{ value: read(user, 'emails', 0, 'value') }], 'emails');
      },
    ),
    check(
      'project.never',
      { rule: 'returned never wins over any request', rfc: 'C 7', rows: [171, 105], level: 'must' },
      async (t) => {
        const made = await t.makeUser({ password: 'pw-Canary-5f2a1c20b7d4!' });
        for (const query of [
          'attributes=password',
          `attributes=${USER}:password`,
          'attributes=PASSWORD',
          'excludedAttributes=userName',
        ]) {
          const shown = await t.fetch(`/Users/${made['id']}?${query}`);
          expectThat(
            !Object.keys(shown).some((name) => name.toLowerCase() === 'password'),
            `password is shown with ${query}`,
          );
        }
      },
    ),
    check(
      'project.unknown',
      { rule: 'unknown names are ignored', rfc: '-', rows: [172], level: 'practice' },
      async (t) => {
        const { path } = await enterpriseUser(t);
        expectNames(await t.fetch(`${path}?attributes=userName,shoeSize,__proto__`), [
          'schemas',
          'id',
          'userName',
        ]);
        expectEqual(
          await t.fetch(`${path}?excludedAttributes=shoeSize`),
          await t.fetch(path),
          'the whole resource',
        );
      },
    ),
    check(
      'project.groups',
      {
        rule: 'members of a group can be left out and asked for',
        rfc: 'P 3.4.2.5',
        rows: [165, 94],
        level: 'must',
      },
      async (t) => {
        const user = readText(await t.makeUser(), 'id');
        const group = await t.makeGroup({ members: [{ value: user }] });
        const path = `/Groups/${group['id']}`;
        expectNames(await t.fetch(`${path}?attributes=displayName`), ['schemas', 'id', 'displayName']);
        expectEqual(
          (await t.fetch(`${path}?excludedAttributes=${GROUP}:members`))['members'],
          undefined,
          'members',
        );
        expectEqual(
          readText(await t.fetch(`${path}?attributes=members`), 'members', 0, 'value'),
          user,
          'members.value',
        );
      },
    ),
  ],
};
