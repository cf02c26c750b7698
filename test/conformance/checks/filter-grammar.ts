/** The filter grammar (checklist rows 117-129), asked of six known people. */
import { ODD_TITLE } from '../cast.ts';
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectList, expectSameSet, expectThat } from '../expect.ts';
import { readText } from '../json.ts';
import { ENTERPRISE, USER } from '../words.ts';
import { EVERYBODY, finds, findsFor, refuses } from './filter-tables.ts';

const ODD = JSON.stringify(ODD_TITLE);

export const filterGrammar: Section = {
  title: 'Filter grammar',
  checks: [
    check(
      'filter.empty',
      {
        rule: 'an empty filter is 400 invalidFilter',
        rfc: 'P 3.4.2.2',
        rows: [117],
        level: 'must',
        needs: 'filter',
      },
      refuses(['', '  ']),
    ),
    check(
      'filter.operators',
      {
        rule: 'eq ne co sw ew gt ge lt le take a value, pr takes none',
        rfc: 'P 3.4.2.2',
        rows: [118],
        level: 'must',
        needs: 'filter',
      },
      finds({
        'nickName eq "Countess"': ['ada'],
        'displayName ne "Dan"': ['ada', 'bob', 'cem', 'eve', 'fay'],
        'displayName co "ström"': ['cem'],
        'displayName sw "Fay"': ['fay'],
        'displayName ew "azure"': ['bob'],
        'displayName gt "Eve"': ['eve', 'fay'],
        'displayName ge "Dan"': ['dan', 'eve', 'fay'],
        'displayName lt "bob"': ['ada'],
        'displayName le "bob azure"': ['ada', 'bob'],
        'nickName pr': ['ada'],
      }),
    ),
    check(
      'filter.any-case',
      {
        rule: 'attribute names and operators are read without regard to case',
        rfc: 'P 3.4.2.2',
        rows: [119],
        level: 'must',
        needs: 'filter',
      },
      finds({
        'NICKNAME EQ "Countess"': ['ada'],
        'nickname Eq "Countess" AND Active eq true': ['ada'],
        'NOT (title PR)': ['dan'],
        'Name.FAMILYname Sw "Zh" OR nickName Pr': ['fay', 'ada'],
      }),
    ),
    check(
      'filter.precedence',
      {
        rule: 'grouping binds before not, not before and, and before or',
        rfc: 'P 3.4.2.2',
        rows: [120],
        level: 'must',
        needs: 'filter',
      },
      finds({
        'displayName eq "Dan" or displayName eq "Fay Zhou" and title eq "nothing"': ['dan'],
        '(displayName eq "Dan" or displayName eq "Fay Zhou") and title pr': ['fay'],
        'title pr and displayName eq "Dan" or displayName eq "Fay Zhou"': ['fay'],
        'not (displayName eq "Dan") and title eq "designer"': ['cem', 'fay'],
      }),
    ),
    check(
      'filter.not-parenthesis',
      {
        rule: 'not is followed by a parenthesis',
        rfc: 'P 3.4.2.2',
        rows: [121],
        level: 'must',
        needs: 'filter',
      },
      refuses(['not userName eq "x"', 'userName pr and not userName eq "x"']),
    ),
    check(
      'filter.literals',
      {
        rule: 'values are JSON: strings with escapes, true, false, null, numbers',
        rfc: 'P 3.4.2.2',
        rows: [122],
        level: 'must',
        needs: 'filter',
      },
      finds({
        'displayName eq "\\u0044an"': ['dan'],
        'active eq false': ['bob'],
        'active eq true': ['ada', 'cem', 'dan', 'eve', 'fay'],
        'nickName eq null and title pr': ['bob', 'cem', 'eve', 'fay'],
      }),
    ),
    check(
      'filter.paths',
      {
        rule: 'a path is an optional URN, a name, and one part after a dot',
        rfc: 'P 3.4.2.2',
        rows: [123, 140],
        level: 'must',
        needs: 'filter',
      },
      finds({
        'name.familyName eq "Park"': ['ada'],
        [`${USER}:name.familyName eq "Park"`]: ['ada'],
        [`${ENTERPRISE}:department eq "Field"`]: ['ada'],
      }),
    ),
    check(
      'filter.bad-paths',
      {
        rule: 'a path that the grammar does not have is 400 invalidFilter',
        rfc: 'P 3.4.2.2',
        rows: [123, 126],
        level: 'must',
        needs: 'filter',
      },
      refuses(['name.familyName.first eq "x"', '1name eq "x"', 'na me eq "x"', 'user/name eq "x"']),
    ),
    check(
      'filter.value-path',
      {
        rule: 'in attr[...] all conditions hold for one element',
        rfc: 'P 3.4.2.2',
        rows: [124],
        level: 'may',
        needs: 'filter',
      },
      findsFor((value) => ({
        'emails[type eq "home" and primary eq true]': ['bob', 'fay'],
        'emails[type eq "work" and primary eq true]': ['ada', 'dan', 'eve'],
        [`emails[type eq "home" and value eq "${value('ada', 'userName')}"]`]: [],
        'emails[type eq "other"] and active eq true': ['cem'],
      })),
    ),
    check(
      'filter.unknown-operator',
      {
        rule: 'an unknown operator is 400 invalidFilter',
        rfc: 'P 3.4.2.2',
        rows: [125],
        level: 'must',
        needs: 'filter',
      },
      refuses([
        'userName like "x"',
        'userName = "x"',
        'userName eq "x" xor active eq true',
        'userName regex ".*"',
      ]),
    ),
    check(
      'filter.syntax',
      {
        rule: 'bad syntax is 400 invalidFilter',
        rfc: 'P 3.12',
        rows: [126, 118, 237],
        level: 'must',
        needs: 'filter',
      },
      refuses([
        'userName',
        'userName eq',
        'eq "x"',
        'userName eq "x',
        '(userName eq "x"',
        'userName eq "x")',
        'userName eq "x" and',
        'or userName pr',
        'userName eq "x" userName eq "y"',
        'userName pr "x"',
        'emails[type eq "work"',
        'emails[]',
        '()',
        'userName eq "\\x"',
      ]),
    ),
    check(
      'filter.odd-values',
      {
        rule: 'values survive with quotes, brackets, and, or, umlauts, emoji and plus signs',
        rfc: '-',
        rows: [127],
        level: 'practice',
        needs: 'filter',
      },
      finds({
        [`title eq ${ODD}`]: ['eve'],
        'title co " and z or not + 100%"': ['eve'],
        'title co "😀"': ['eve'],
        'name.familyName eq "O\'Neil"': ['eve'],
      }),
    ),
    check(
      'filter.plus-as-blank',
      {
        rule: 'blanks in a query may be written as +',
        rfc: '-',
        rows: [127],
        level: 'practice',
        needs: 'filter',
      },
      async (t) => {
        const { drafts, ids } = await t.cast();
        const filter = encodeURIComponent(`userName eq "${drafts.bob['userName']}"`).replaceAll('%20', '+');
        expectEqual(
          expectList(await t.get(`/Users?filter=${filter}`)).map((user) => readText(user, 'id')),
          [ids['bob']],
          'the users found',
        );
      },
    ),
    check(
      'filter.value-path-part',
      {
        rule: 'attr[expr].sub op value is accepted in filters',
        rfc: '-',
        rows: [128],
        level: 'practice',
        needs: 'filter',
      },
      async (t) => {
        const { drafts, find } = await t.cast();
        const mail = JSON.stringify(readText(drafts.fay, 'emails', 1, 'value'));
        expectSameSet(await find(`emails[type eq "work"].value eq ${mail}`), ['fay'], 'users by work mail');
        expectSameSet(await find(`emails[type eq "home"].value eq ${mail}`), [], 'users by home mail');
      },
    ),
    check(
      'filter.bounds',
      {
        rule: 'a filter too deep or too long is refused by 4xx',
        rfc: '-',
        rows: [129, 264],
        level: 'practice',
        needs: 'filter',
      },
      async (t) => {
        const deep = `${'('.repeat(200)}userName eq "x"${')'.repeat(200)}`;
        const wide = Array.from({ length: 120 }, () => 'title pr').join(' or ');
        for (const filter of [deep, wide]) {
          const answer = await t.get(`/Users?filter=${encodeURIComponent(filter)}`);
          expectThat(answer.status < 500, `${answer.request} answered ${answer.status}`);
          if (answer.status !== 200) expectError(answer, [400, 413, 414, 431]);
        }
      },
    ),
    check(
      'filter.unknown-attribute',
      {
        rule: 'an attribute that nobody has matches nobody',
        rfc: 'P 3.4.2.1',
        rows: [111, 132],
        level: 'should',
        needs: 'filter',
      },
      finds({ 'shoeSize eq "44"': [], 'shoeSize pr': [], 'not (shoeSize pr)': EVERYBODY }),
    ),
  ],
};
