import { describe, expect, test } from 'vitest';
import { GROUP, USER } from '../../lambdas/scim/attributes.ts';
import { parseFilter } from '../../lambdas/scim/filter.ts';
import { membersNamed, planGroupLookups, planUserLookups } from '../../lambdas/scim/lookup.ts';
import { checkFilter, matches } from '../../lambdas/scim/matches.ts';
import { refusal } from './refusal.ts';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ada = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', enterprise],
  id: 'aaaa',
  externalId: 'Ext-1',
  userName: 'Ada.Park@Example.com',
  name: { givenName: 'Ada', familyName: 'Park' },
  active: true,
  title: 'Lead',
  emails: [
    { value: 'ada@work.example.com', type: 'work', primary: true },
    { value: 'ada@home.example.com', type: 'home' },
  ],
  [enterprise]: { department: 'Field', manager: { value: 'U9' } },
  meta: { created: '2026-01-01T10:00:00.000Z', lastModified: '2026-02-01T10:00:00.000Z' },
};

describe('what a filter means (rows 130-140)', () => {
  test.each([
    ['userName ignores case (row 16)', 'userName eq "ADA.PARK@example.COM"', true],
    ['userName ignores Unicode spelling (T18)', 'userName eq "\u{FF21}da.par\u212A@example.com"', true],
    ['externalId is case exact (row 53)', 'externalId eq "ext-1"', false],
    ['externalId as stored', 'externalId eq "Ext-1"', true],
    ['id is case exact', 'id eq "AAAA"', false],
    ['any value of a list is enough (row 131)', 'emails.value eq "ada@home.example.com"', true],
    ['a complex list stands for its value (row 132)', 'emails eq "ada@home.example.com"', true],
    ['a complex attribute stands for its value (F6)', 'manager eq "U9"', true],
    ['conditions in brackets meet in one element', 'emails[type eq "home" and primary eq true]', false],
    ['conditions outside may meet in several', 'emails.type eq "home" and emails.primary eq true', true],
    ['F3', 'emails[type eq "work"].value eq "ada@work.example.com"', true],
    ['F3 with the other type', 'emails[type eq "home"].value eq "ada@work.example.com"', false],
    ['a sub-attribute', 'name.familyName sw "pa"', true],
    ['co', 'userName co "park"', true],
    ['ew', 'userName ew ".COM"', true],
    ['co needs the part', 'userName co "z"', false],
    ['the empty text is part of all', 'title co ""', true],
    ['ne', 'title ne "Lead"', false],
    ['ne without a value is true (row 139)', 'nickName ne "x"', true],
    ['eq null is "has none" (row 139)', 'nickName eq null', true],
    ['eq null with a value', 'title eq null', false],
    ['ne null is "has one"', 'title ne null', true],
    ['pr', 'title pr', true],
    ['pr of a complex value (row 136)', 'name pr', true],
    ['pr of nothing', 'nickName pr', false],
    ['not', 'not (nickName pr)', true],
    ['gt is lexical for texts (row 134)', 'title gt "kate"', true],
    ['lt', 'title lt "kate"', false],
    ['dates compare in time (row 134)', 'meta.created lt "2026-01-01T12:00:00+01:00"', true],
    ['and across zones', 'meta.created lt "2026-01-01T11:00:00+02:00"', false],
    ['a boolean', 'active eq true', true],
    ['a boolean as text (S13)', 'active eq "True"', true],
    [
      'the qualified form of the core (row 140)',
      'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada"',
      true,
    ],
    ['a qualified extension attribute', `${enterprise}:department eq "field"`, true],
    ['its short name', 'department eq "Field"', true],
    ['schemas', `schemas eq "${enterprise}"`, true],
    ['an attribute nobody knows has no value', 'shoeSize eq 12', false],
    ['a number against a text', 'title eq 12', false],
    ['or', 'title eq "x" or title eq "lead"', true],
    ['brackets on an unknown attribute', 'shoes[size eq 1]', false],
  ])('%s', (_label, text, expected) => {
    expect(matches(parseFilter(text), USER, ada)).toBe(expected);
  });

  test.each([
    ['order of a boolean (row 135)', 'active gt true'],
    ['part of a boolean', 'active co true'],
    ['a boolean against another text', 'active eq "maybe"'],
    ['order of a certificate (row 135)', 'x509Certificates.value gt "a"'],
    ['a complex attribute as a whole (row 132)', 'name eq "Ada"'],
    ['a date that is none', 'meta.created gt "yesterday"'],
    ['order against null', 'title gt null'],
    ['the same inside brackets', 'emails[primary gt true]'],
    ['the same inside not', 'not (active gt true)'],
  ])('%s is 400 invalidFilter', (_label, text) => {
    expect(refusal(() => checkFilter(parseFilter(text), USER))).toEqual([400, 'invalidFilter']);
  });
});

describe('which index answers', () => {
  test.each([
    ['F1', 'userName eq "a"', [{ by: 'userName', value: 'a' }]],
    ['F2', 'externalId eq "e"', [{ by: 'externalId', value: 'e' }]],
    ['F3', 'emails[type eq "work"].value eq "m"', [{ by: 'email', value: 'm' }]],
    ['an e-mail in brackets', 'emails[value eq "m"]', [{ by: 'email', value: 'm' }]],
    ['F6: the id decides, whatever the order', 'manager eq "U9" and id eq "U1"', [{ by: 'id', value: 'U1' }]],
    ['the more selective one', 'emails eq "m" and userName eq "a"', [{ by: 'userName', value: 'a' }]],
    [
      'an or of two',
      'userName eq "a" or emails eq "m"',
      [
        { by: 'userName', value: 'a' },
        { by: 'email', value: 'm' },
      ],
    ],
    ['an and beside an or', '(userName eq "a" or userName eq "b") and id eq "x"', [{ by: 'id', value: 'x' }]],
    ['a number without quotes (F8)', 'userName eq 4711', [{ by: 'userName', value: '4711' }]],
    [
      'a qualified name',
      'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a"',
      [{ by: 'userName', value: 'a' }],
    ],
  ])('%s', (_label, text, lookups) => {
    expect(planUserLookups(parseFilter(text), USER)).toEqual(lookups);
  });

  test.each([
    ['displayName of users', 'displayName eq "a"'],
    ['userName with another operator', 'userName sw "a"'],
    ['a type of e-mail alone', 'emails[type eq "work"]'],
    ['an or with something else', 'userName eq "a" or title eq "b"'],
    ['a negation', 'not (userName eq "a")'],
    ['absence', 'externalId eq null'],
    ['presence', 'id pr'],
  ])('%s is answered by no index', (_label, text) => {
    expect(planUserLookups(parseFilter(text), USER)).toBeUndefined();
  });

  test.each([
    ['F4', 'displayName eq "g"', [{ by: 'displayName', value: 'g' }]],
    ['F7', 'id eq "G1" and members eq "U1"', [{ by: 'id', value: 'G1' }]],
    ['F12', 'members.value eq "U1"', [{ by: 'member', value: 'U1' }]],
    ['F12 in brackets', 'members[value eq "U1"]', [{ by: 'member', value: 'U1' }]],
  ])('groups: %s', (_label, text, lookups) => {
    expect(planGroupLookups(parseFilter(text), GROUP)).toEqual(lookups);
  });

  test.each([
    ['nothing about members', 'displayName eq "g"', []],
    ['F7', 'id eq "G1" and members eq "U1"', ['U1']],
    ['two of them', 'members.value eq "U1" and members.value eq "U2"', ['U1', 'U2']],
    ['not one', 'id eq "G1" and not (members eq "U1")', ['U1']],
    ['in brackets', 'members[value eq "U1" and type eq "User"]', ['U1']],
    ['not in brackets', 'id eq "G1" and members[not (value eq "U1")]', 'all'],
    ['any', 'id eq "G1" and members pr', 'all'],
    ['another', 'id eq "G1" and members ne "U1"', 'all'],
    ['a type', 'id eq "G1" and members.type eq "User"', 'all'],
  ])('members that have to be known: %s', (_label, text, named) => {
    expect(membersNamed(parseFilter(text), GROUP)).toEqual(named);
  });
});
