/** Rules of the User resource (checklist rows 75-86, 262). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectList, expectStatus, expectThat, fail, skip } from '../expect.ts';
import { isJson, read, readList, readText, walk } from '../json.ts';
import type { Session } from '../session.ts';
import { ENTERPRISE, USER } from '../words.ts';

const PASSWORD = 'pw-Canary-5f2a1c20b7d4!';

async function foundBy(t: Session, filter: string): Promise<number> {
  return expectList(await t.get(`/Users?filter=${encodeURIComponent(filter)}`)).length;
}

function expectNoPassword(json: unknown, request: string): void {
  for (const [path, value] of walk(json)) {
    expectThat(!/(^|\.)password$/i.test(path), `${request} shows ${path}`);
    expectThat(
      typeof value !== 'string' || !value.includes(PASSWORD),
      `${request} shows the password in ${path}`,
    );
  }
}

export const users: Section = {
  title: 'Users',
  checks: [
    check(
      'user.username-required',
      { rule: 'userName is required and non-empty', rfc: 'C 4.1.1', rows: [75, 100, 257], level: 'must' },
      async (t) => {
        for (const userName of [undefined, null, '', '   ']) {
          const answer = await t.post('/Users', { ...t.draftUser(), userName });
          expectError(
            { ...answer, request: `POST /Users with userName ${JSON.stringify(userName)}` },
            400,
            'invalidValue',
          );
        }
      },
    ),
    check(
      'user.username-unique',
      { rule: 'two users never share a userName', rfc: 'C 4.1.1', rows: [75, 99, 256], level: 'must' },
      async (t) => {
        const { userName } = await t.makeUser();
        expectError(await t.post('/Users', t.draftUser({ userName })), 409, 'uniqueness');
      },
    ),
    check(
      'user.username-case',
      {
        rule: 'userName is not case exact: another case is no other name',
        rfc: 'C 4.1.1',
        rows: [75, 76],
        level: 'must',
      },
      async (t) => {
        const userName = t.address('Case');
        await t.makeUser({ userName });
        expectError(
          await t.post('/Users', t.draftUser({ userName: userName.toUpperCase() })),
          409,
          'uniqueness',
        );
        expectEqual(
          await foundBy(t, `userName eq "${userName.toUpperCase()}"`),
          1,
          'users found in another case',
        );
      },
    ),
    check(
      'user.username-unicode',
      {
        rule: 'userName is normalised before it is compared',
        rfc: 'P 5 / P 7.8',
        rows: [76, 262],
        level: 'must',
      },
      async (t) => {
        const name = t.unique('rené-ångström');
        await t.makeUser({ userName: name.normalize('NFC') });
        expectError(
          await t.post('/Users', t.draftUser({ userName: name.normalize('NFD') })),
          409,
          'uniqueness',
        );
        expectEqual(
          await foundBy(t, `userName eq "${name.normalize('NFD')}"`),
          1,
          'users found by decomposed letters',
        );
      },
    ),
    check(
      'user.username-width',
      {
        rule: 'full-width letters of a userName count as the plain ones',
        rfc: 'P 5 / P 7.8',
        rows: [76, 262],
        level: 'must',
      },
      async (t) => {
        const name = t.unique('wide');
        await t.makeUser({ userName: `${name}abc` });
        expectError(await t.post('/Users', t.draftUser({ userName: `${name}ａｂｃ` })), 409, 'uniqueness');
      },
    ),
    check(
      'user.password-never-returned',
      { rule: 'password is never returned', rfc: 'C 4.1.1', rows: [77, 171, 105], level: 'must' },
      async (t) => {
        const made = await t.makeUser({ password: PASSWORD });
        const path = `/Users/${readText(made, 'id')}`;
        expectNoPassword(made, 'POST /Users');
        for (const query of ['', '?attributes=password', '?attributes=userName,password']) {
          expectNoPassword(await t.fetch(`${path}${query}`), `GET ${query}`);
        }
        const put = await t.put(`${path}?attributes=password`, { ...t.draftUser(), password: PASSWORD });
        expectNoPassword(put.json, 'PUT');
      },
    ),
    check(
      'user.password-anywhere',
      {
        rule: 'no answer of the run shows a password',
        rfc: 'C 4.1.1 / C 9.2',
        rows: [77, 78],
        level: 'must',
        last: true,
      },
      async (t) => {
        for (const { text, request } of t.seen)
          if (text.includes(PASSWORD)) fail(`${request} answered with a password`);
      },
    ),
    check(
      'user.password-filter',
      { rule: 'a filter on password tells nothing', rfc: 'C 7', rows: [255, 77], level: 'must' },
      async (t) => {
        const { userName } = await t.makeUser({ password: PASSWORD });
        for (const condition of [`password eq "${PASSWORD}"`, 'password sw "pw-"', 'password pr']) {
          const filter = encodeURIComponent(`userName eq "${userName}" and ${condition}`);
          const answer = await t.get(`/Users?filter=${filter}`);
          if (answer.status === 200)
            expectEqual(readList(answer.json, 'Resources').length, 0, `users found by ${condition}`);
          else expectError(answer, [400, 403]);
        }
      },
    ),
    check(
      'user.groups-read-only',
      {
        rule: 'groups of a user cannot be written through the user',
        rfc: 'C 4.1.2',
        rows: [79, 96, 177, 193],
        level: 'must',
      },
      async (t) => {
        const group = readText(await t.makeGroup(), 'id');
        const groups = [{ value: group }];
        const user = await t.makeUser({ groups });
        const path = `/Users/${readText(user, 'id')}`;
        await t.put(path, t.draftUser({ groups }));
        await t.patch(path, [{ op: 'add', path: 'groups', value: groups }]);
        expectEqual(readList(await t.fetch(path), 'groups').length, 0, 'the number of groups');
        expectEqual(
          readList(await t.fetch(`/Groups/${group}`), 'members').length,
          0,
          'the number of members',
        );
      },
    ),
    check(
      'user.groups-shown',
      { rule: 'groups of a user show id, address and how', rfc: 'C 4.1.2', rows: [80, 93], level: 'must' },
      async (t) => {
        const id = readText(await t.makeUser(), 'id');
        const group = await t.makeGroup({ members: [{ value: id }] });
        const groups = readList(await t.fetch(`/Users/${id}`), 'groups');
        expectEqual(groups.length, 1, 'the number of groups');
        expectEqual(read(groups[0], 'value'), group['id'], 'groups.value');
        const ref = readText(groups[0], '$ref');
        expectThat(ref === '' || ref.endsWith(`/Groups/${group['id']}`), `groups.$ref is ${ref}`);
        expectThat(
          [undefined, 'direct'].some((type) => type === read(groups[0], 'type')),
          'groups.type is not direct',
        );
      },
    ),
    check(
      'user.country',
      { rule: 'countries of addresses are two-letter codes', rfc: 'C 4.1.2', rows: [81], level: 'must' },
      async (t) => {
        const good = await t.makeUser({ addresses: [{ type: 'work', country: 'NL', locality: 'Utrecht' }] });
        if (good['addresses'] === undefined) skip('the server keeps no addresses');
        expectEqual(read(good, 'addresses', 0, 'country'), 'NL', 'country');
        const bad = await t.post(
          '/Users',
          t.draftUser({ addresses: [{ type: 'work', country: 'Netherlands', locality: 'Utrecht' }] }),
        );
        if (bad.status >= 400) return expectError(bad, 400, 'invalidValue');
        const shown = read(bad.json, 'addresses', 0, 'country');
        expectThat(
          shown === undefined || /^[A-Z]{2}$/.test(String(shown)),
          `a user is shown with country ${shown}`,
        );
      },
    ),
    check(
      'user.mail-form',
      { rule: 'what is no mail address is not kept as one', rfc: 'C 4.1.2', rows: [82], level: 'should' },
      async (t) => {
        const answer = await t.post(
          '/Users',
          t.draftUser({ emails: [{ value: 'not a mail address', type: 'work' }] }),
        );
        expectError(answer, 400, 'invalidValue');
      },
    ),
    check(
      'user.phone-kept',
      { rule: 'a phone number comes back as it was sent', rfc: 'C 4.1.2', rows: [82, 71], level: 'should' },
      async (t) => {
        const value = 'tel:+1-201-555-0123';
        const user = await t.makeUser({ phoneNumbers: [{ value, type: 'work' }] });
        if (user['phoneNumbers'] === undefined) skip('the server keeps no phone numbers');
        expectEqual(read(user, 'phoneNumbers', 0, 'value'), value, 'the number');
      },
    ),
    check(
      'user.name',
      {
        rule: 'the parts of a name and its full form are returned as sent',
        rfc: 'C 4.1.1',
        rows: [83],
        level: 'should',
      },
      async (t) => {
        const name = {
          formatted: 'Dr. Ada B. Park III',
          familyName: 'Park',
          givenName: 'Ada',
          middleName: 'B.',
          honorificPrefix: 'Dr.',
          honorificSuffix: 'III',
        };
        const user = await t.makeUser({ name });
        expectEqual(user['name'], name, 'name');
      },
    ),
    check(
      'user.active',
      { rule: 'active is a boolean and can be turned off and on', rfc: 'C 4.1.1', rows: [84], level: 'must' },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser(), 'id')}`;
        const draft = t.draftUser();
        for (const active of [false, true]) {
          expectStatus(await t.put(path, { ...draft, active }), 200);
          expectEqual((await t.fetch(path))['active'], active, 'active');
        }
      },
    ),
    check(
      'user.enterprise',
      {
        rule: 'the enterprise extension is kept; manager.displayName is read-only',
        rfc: 'C 4.3',
        rows: [85],
        level: 'must',
      },
      async (t) => {
        const boss = readText(await t.makeUser(), 'id');
        const extension = {
          employeeNumber: '0701984',
          costCenter: '4130',
          organization: 'Universal',
          division: 'Theme',
          department: 'Tours',
        };
        const user = await t.makeUser({
          schemas: [USER, ENTERPRISE],
          [ENTERPRISE]: { ...extension, manager: { value: boss, displayName: 'Invented Name' } },
        });
        const shown = user[ENTERPRISE];
        if (!isJson(shown)) skip('the enterprise extension is not kept');
        for (const [name, value] of Object.entries(extension)) expectEqual(shown[name], value, name);
        expectEqual(read(shown, 'manager', 'value'), boss, 'manager.value');
        expectThat(
          read(shown, 'manager', 'displayName') !== 'Invented Name',
          'manager.displayName was taken from the client',
        );
        const ref = readText(shown, 'manager', '$ref');
        if (ref !== '') expectThat(ref.endsWith(`/Users/${boss}`), `manager.$ref is ${ref}`);
      },
    ),
    check(
      'user.inactive',
      { rule: 'an inactive user is readable and found', rfc: '-', rows: [86], level: 'practice' },
      async (t) => {
        const user = await t.makeUser({ active: false });
        expectStatus(await t.get(`/Users/${user['id']}`), 200);
        expectEqual(await foundBy(t, `userName eq "${user['userName']}"`), 1, 'users found');
      },
    ),
  ],
};
