import { check, type Section } from '../check.ts';
import { expectEqual, expectList, expectSameSet, expectThat, skip } from '../expect.ts';
import { read, readText } from '../json.ts';
import { ENTERPRISE, USER } from '../words.ts';
import { EVERYBODY, finds, findsFor, refuses } from './filter-tables.ts';

export const filterMeaning: Section = {
  title: 'Filter semantics',
  checks: [
    check(
      'match.case',
      {
        rule: 'case matters only for caseExact attributes',
        rfc: 'P 3.4.2.2',
        rows: [130],
        level: 'must',
        needs: 'filter',
      },
      findsFor((value) => ({
        'title eq "DESIGNER"': ['cem', 'fay'],
        'title sw "ENGINEER"': ['ada', 'bob'],
        [`externalId eq "${value('ada', 'externalId')}"`]: ['ada'],
        [`externalId eq "${value('ada', 'externalId').toLowerCase()}"`]: [],
        [`externalId co "EXT-BOB"`]: [],
      })),
    ),
    check(
      'match.any-value',
      {
        rule: 'a multi-valued attribute matches if any value does',
        rfc: 'P 3.4.2.2',
        rows: [131],
        level: 'must',
        needs: 'filter',
      },
      finds({
        'emails.type eq "other"': ['cem'],
        'emails.type eq "home"': ['ada', 'bob', 'fay'],
        'emails.value co "fay-work"': ['fay'],
      }),
    ),
    check(
      'match.complex',
      {
        rule: 'a multi-valued complex attribute without a part means its value',
        rfc: 'P 3.4.2.2',
        rows: [132],
        level: 'must',
        needs: 'filter',
      },
      async (t) => {
        const { drafts, find } = await t.cast();
        const mail = JSON.stringify(readText(drafts.cem, 'emails', 0, 'value'));
        expectSameSet(await find(`emails eq ${mail}`), ['cem'], 'users by emails');
        expectSameSet(await find('emails co "fay-home"'), ['fay'], 'users by a part of emails');
      },
    ),
    check(
      'match.complex-needs-part',
      {
        rule: 'a single complex attribute is not compared as a whole',
        rfc: 'P 3.4.2.2',
        rows: [132],
        level: 'must',
        needs: 'filter',
      },
      refuses(['name eq "Park"']),
    ),
    check(
      'match.whole-or-part',
      {
        rule: 'eq and ne compare whole values, co sw ew parts',
        rfc: 'P 3.4.2.2',
        rows: [133],
        level: 'must',
        needs: 'filter',
      },
      finds({
        'title eq "Engin"': [],
        'title co "ngin"': ['ada', 'bob'],
        'title ew "lead"': ['bob'],
        'title sw "lead"': [],
      }),
    ),
    check(
      'match.order-text',
      {
        rule: 'gt ge lt le order strings as text',
        rfc: 'P 3.4.2.2',
        rows: [134],
        level: 'must',
        needs: 'filter',
      },
      finds({
        'name.familyName gt "Park"': ['cem', 'fay'],
        'name.familyName ge "Park"': ['ada', 'cem', 'fay'],
        'name.familyName lt "Park"': ['bob', 'eve'],
        'name.familyName le "Park"': ['ada', 'bob', 'eve'],
        [`${ENTERPRISE}:employeeNumber lt "1"`]: ['ada'],
      }),
    ),
    check(
      'match.order-dates',
      {
        rule: 'dates are compared in time, zones respected',
        rfc: 'P 3.4.2.2',
        rows: [134, 66],
        level: 'must',
        needs: 'filter',
      },
      async (t) => {
        const { ids, find } = await t.cast();
        const created = Date.parse(readText(await t.fetch(`/Users/${ids['ada']}`), 'meta', 'created'));
        const past = new Date(created - 3_600_000).toISOString();
        const future = new Date(created + 3_600_000).toISOString();
        expectSameSet(await find(`meta.created gt "${past}"`), EVERYBODY, 'created after an hour before');
        expectSameSet(await find(`meta.created gt "${future}"`), [], 'created after an hour later');
        expectSameSet(
          await find(`meta.lastModified ge "${past}" and meta.lastModified le "${future}"`),
          EVERYBODY,
          'modified within two hours',
        );
        // As text it is later, as a time it is earlier.
        const shifted = new Date(created - 3_600_000 + 14 * 3_600_000).toISOString().replace('Z', '+14:00');
        expectSameSet(
          await find(`meta.created gt "${shifted}"`),
          EVERYBODY,
          'created after a time in another zone',
        );
      },
    ),
    check(
      'match.equal-dates',
      {
        rule: 'one moment in two zones is equal',
        rfc: 'P 3.4.2.2',
        rows: [134],
        level: 'must',
        needs: 'filter',
      },
      async (t) => {
        const { ids, find } = await t.cast();
        const created = readText(await t.fetch(`/Users/${ids['dan']}`), 'meta', 'created');
        const shifted = new Date(Date.parse(created) + 2 * 3_600_000).toISOString().replace('Z', '+02:00');
        for (const value of [created, shifted]) {
          expectThat(
            (await find(`meta.created eq "${value}"`)).includes('dan'),
            `dan is not found by ${value}`,
          );
        }
      },
    ),
    check(
      'match.no-order',
      {
        rule: 'ordering booleans or binary values is 400 invalidFilter',
        rfc: 'P 3.4.2.2',
        rows: [135],
        level: 'must',
        needs: 'filter',
      },
      refuses([
        'active gt true',
        'active le false',
        'emails[primary ge true]',
        'x509Certificates.value gt "YQ=="',
      ]),
    ),
    check(
      'match.present',
      {
        rule: 'pr is true for a value, and for a complex value with any part',
        rfc: 'P 3.4.2.2',
        rows: [136],
        level: 'must',
        needs: 'filter',
      },
      finds({
        'phoneNumbers pr': ['cem'],
        'name.familyName pr': ['ada', 'bob', 'cem', 'eve', 'fay'],
        'name pr': EVERYBODY,
        'locale pr': ['dan'],
        'not (emails[type eq "work"])': ['bob'],
        [`${ENTERPRISE}:department pr`]: ['ada', 'eve'],
      }),
    ),
    check(
      'match.default',
      {
        rule: 'an attribute that got a default is found by it',
        rfc: 'P 3.4.2.2',
        rows: [137],
        level: 'must',
        needs: 'filter',
      },
      async (t) => {
        const { active: _active, ...draft } = t.draftUser();
        const user = await t.makeUser({ ...draft, active: undefined });
        if (typeof user['active'] !== 'boolean') skip('active got no default');
        const filter = `userName eq "${user['userName']}" and active eq ${user['active']}`;
        expectEqual(
          expectList(await t.get(`/Users?filter=${encodeURIComponent(filter)}`)).length,
          1,
          'users found by the default',
        );
      },
    ),
    check(
      'match.schemas',
      {
        rule: 'schemas eq a URN finds the users of an extension',
        rfc: 'P 3.4.2.2',
        rows: [138],
        level: 'may',
        needs: 'filter',
      },
      finds({ [`schemas eq "${ENTERPRISE}"`]: ['ada', 'eve'] }),
    ),
    check(
      'match.null',
      {
        rule: 'eq null means: has no value; ne null: has one',
        rfc: '-',
        rows: [139],
        level: 'practice',
        needs: 'filter',
      },
      finds({ 'title eq null': ['dan'], 'nickName ne null': ['ada'] }),
    ),
    check(
      'match.ne-absent',
      {
        rule: 'ne also matches resources without the attribute',
        rfc: '-',
        rows: [139],
        level: 'practice',
        needs: 'filter',
      },
      finds({ 'nickName ne "Countess"': ['bob', 'cem', 'dan', 'eve', 'fay'] }),
    ),
    check(
      'match.qualified',
      {
        rule: 'fully qualified core paths work like short ones',
        rfc: 'P 3.10',
        rows: [140, 44],
        level: 'must',
        needs: 'filter',
      },
      async (t) => {
        const { drafts, find } = await t.cast();
        const name = drafts.dan['userName'];
        for (const urn of [USER, USER.toUpperCase()]) {
          expectSameSet(await find(`${urn}:userName eq "${name}"`), ['dan'], `users by ${urn}:userName`);
        }
      },
    ),
    check(
      'match.id',
      { rule: 'a user is found by id', rfc: 'P 3.4.2.2', rows: [118, 53], level: 'must', needs: 'filter' },
      async (t) => {
        const { ids, find } = await t.cast();
        expectSameSet(await find(`id eq "${ids['eve']}"`), ['eve'], 'users by id');
      },
    ),
    check(
      'match.total',
      {
        rule: 'totalResults counts the matches',
        rfc: 'P 3.4.2.4',
        rows: [150],
        level: 'must',
        needs: 'filter',
      },
      async (t) => {
        const { drafts } = await t.cast();
        const filter = ['ada', 'bob', 'cem']
          .map((name) => `userName eq "${readText(drafts, name, 'userName')}"`)
          .join(' or ');
        const answer = await t.get(`/Users?count=1&filter=${encodeURIComponent(filter)}`);
        expectEqual(expectList(answer).length, 1, 'the number of resources');
        expectEqual(read(answer.json, 'totalResults'), 3, 'totalResults');
      },
    ),
  ],
};
