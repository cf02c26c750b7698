import { describe, expect, test } from 'vitest';
import { ada, bare, enterprise, patch, type Row, two } from './patching.ts';

describe('PATCH of a user: the RFC', () => {
  test.each<Row>([
    [
      'add appends to a list (row 203)',
      two,
      [{ op: 'add', path: 'emails', value: [{ value: 'o@x', type: 'other' }] }],
      { emails: [...(two.emails ?? []), { value: 'o@x', type: 'other' }] },
    ],
    [
      'add of one object instead of an array (row 203)',
      bare,
      [{ op: 'add', path: 'emails', value: { value: 'o@x' } }],
      { emails: [{ value: 'o@x' }] },
    ],
    [
      'add of what is there changes nothing (row 205)',
      two,
      [{ op: 'add', path: 'emails', value: [{ value: 'H@X', type: 'HOME' }] }],
      {},
    ],
    [
      'a new primary clears the old one (row 192)',
      two,
      [{ op: 'add', path: 'emails', value: [{ value: 'o@x', type: 'other', primary: true }] }],
      {
        emails: [
          { value: 'w@x', type: 'work' },
          { value: 'h@x', type: 'home' },
          { value: 'o@x', type: 'other', primary: true },
        ],
      },
    ],
    [
      'primary by path clears the old one (row 192)',
      two,
      [{ op: 'replace', path: 'emails[type eq "home"].primary', value: true }],
      {
        emails: [
          { value: 'w@x', type: 'work' },
          { value: 'h@x', type: 'home', primary: true },
        ],
      },
    ],
    [
      'replace of a list replaces all of it (row 217)',
      two,
      [{ op: 'replace', path: 'emails', value: [{ value: 'n@x' }] }],
      { emails: [{ value: 'n@x' }] },
    ],
    [
      'an empty list empties (row 217)',
      two,
      [{ op: 'replace', path: 'emails', value: [] }],
      { emails: undefined },
    ],
    [
      'two primaries in one list: the first stays (idp-traffic 14 row 5)',
      bare,
      [
        {
          op: 'replace',
          path: 'emails',
          value: [
            { value: 'a@x', primary: true },
            { value: 'b@x', primary: true },
          ],
        },
      ],
      { emails: [{ value: 'a@x', primary: true }, { value: 'b@x' }] },
    ],
    [
      'replace of what is not there adds it (row 218)',
      bare,
      [{ op: 'replace', path: 'nickName', value: 'Bo' }],
      { nickName: 'Bo' },
    ],
    ['remove of a single value (row 208)', ada, [{ op: 'remove', path: 'title' }], { title: undefined }],
    [
      'remove of a sub-attribute',
      ada,
      [{ op: 'remove', path: 'name.givenName' }],
      { name: { familyName: 'Park' } },
    ],
    ['remove of a whole list (row 209)', two, [{ op: 'remove', path: 'emails' }], { emails: undefined }],
    [
      'remove by filter (row 210)',
      two,
      [{ op: 'remove', path: 'emails[type eq "home"]' }],
      { emails: [{ value: 'w@x', type: 'work', primary: true }] },
    ],
    [
      'remove of the last one unassigns (row 210)',
      ada,
      [{ op: 'remove', path: 'emails[type eq "work"]' }],
      { emails: undefined },
    ],
    [
      'remove of a part by filter (row 211)',
      two,
      [{ op: 'remove', path: 'emails[type eq "work"].primary' }],
      {
        emails: [
          { value: 'w@x', type: 'work' },
          { value: 'h@x', type: 'home' },
        ],
      },
    ],
    [
      'remove by a filter that nothing matches (row 214)',
      two,
      [{ op: 'remove', path: 'emails[type eq "other"]' }],
      {},
    ],
    [
      'remove with an empty list removes nobody (T41)',
      two,
      [{ op: 'remove', path: 'emails', value: [] }],
      {},
    ],
    ['remove of what is not there', bare, [{ op: 'remove', path: 'title' }], {}],
    [
      'replace of a value path replaces the match (row 220)',
      two,
      [{ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'n@x', type: 'work' } }],
      {
        emails: [
          { value: 'n@x', type: 'work' },
          { value: 'h@x', type: 'home' },
        ],
      },
    ],
    [
      'what replaces a match keeps what the filter says',
      two,
      [{ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'n@x' } }],
      {
        emails: [
          { value: 'n@x', type: 'work' },
          { value: 'h@x', type: 'home' },
        ],
      },
    ],
    [
      'add to a value path merges',
      two,
      [{ op: 'add', path: 'emails[type eq "home"]', value: { display: 'H' } }],
      {
        emails: [
          { value: 'w@x', type: 'work', primary: true },
          { value: 'h@x', type: 'home', display: 'H' },
        ],
      },
    ],
    [
      'add to a value path without a match creates (row 206)',
      bare,
      [{ op: 'add', path: 'emails[type eq "special"].value', value: 's@x' }],
      { emails: [{ type: 'special', value: 's@x' }] },
    ],
    [
      'clearing the value drops the e-mail',
      two,
      [{ op: 'replace', path: 'emails[type eq "home"].value', value: '' }],
      { emails: [{ value: 'w@x', type: 'work', primary: true }] },
    ],
    [
      'clearing what is not there changes nothing',
      bare,
      [{ op: 'replace', path: 'emails[type eq "work"].value', value: '' }],
      {},
    ],
    [
      'a complex value is merged (row 219)',
      ada,
      [{ op: 'replace', path: 'name', value: { givenName: 'Adele', middleName: null } }],
      { name: { givenName: 'Adele', familyName: 'Park' } },
    ],
    [
      'null in a complex value unassigns that part',
      ada,
      [{ op: 'replace', path: 'name', value: { givenName: null } }],
      { name: { familyName: 'Park' } },
    ],
    ['an empty object changes nothing', ada, [{ op: 'replace', path: 'name', value: {} }], {}],
    ['unknown parts change nothing', ada, [{ op: 'replace', path: 'name', value: { shoeSize: 12 } }], {}],
    ['null unassigns (row 223)', ada, [{ op: 'replace', path: 'name', value: null }], { name: undefined }],
    [
      'the value of a list with one element, without a filter',
      ada,
      [{ op: 'replace', path: 'emails.value', value: 'n@x' }],
      { emails: [{ value: 'n@x', type: 'work', primary: true }] },
    ],
    [
      'an address by its path',
      bare,
      [{ op: 'Add', path: 'addresses[type eq "work"].country', value: 'NL' }],
      { addresses: [{ type: 'work', country: 'NL' }] },
    ],
    [
      'an extension as an object',
      bare,
      [{ op: 'add', value: { [enterprise]: { department: 'D', costCenter: 'C' } } }],
      { [enterprise]: { costCenter: 'C', department: 'D' } },
    ],
    [
      'an extension by its URN as the path',
      bare,
      [{ op: 'add', path: enterprise, value: { department: 'D' } }],
      { [enterprise]: { department: 'D' } },
    ],
    [
      'the URN of an extension in another case (row 44)',
      bare,
      [{ op: 'add', path: `${enterprise.toUpperCase()}:DEPARTMENT`, value: 'D' }],
      { [enterprise]: { department: 'D' } },
    ],
    [
      'removal of an extension',
      { ...bare, [enterprise]: { department: 'D', manager: { value: 'x' } } },
      [{ op: 'remove', path: enterprise }],
      { [enterprise]: undefined },
    ],
    [
      'removal of its last attribute (row 194)',
      { ...bare, [enterprise]: { department: 'D' } },
      [{ op: 'remove', path: `${enterprise}:department` }],
      { [enterprise]: undefined },
    ],
    [
      'a part of the manager',
      { ...bare, [enterprise]: { manager: { value: 'U1' } } },
      [{ op: 'replace', path: `${enterprise}:manager.value`, value: 'U2' }],
      { [enterprise]: { manager: { value: 'U2' } } },
    ],
    [
      'names of operations and attributes in any case',
      ada,
      [{ OP: 'REPLACE', Path: 'DISPLAYNAME', Value: 'N' }],
      { displayName: 'N' },
    ],
    ['a password is dropped (T22)', ada, [{ op: 'replace', path: 'password', value: 'secret' }], {}],
    [
      'a name with a Kelvin sign is not that with a k: dropped',
      ada,
      [{ op: 'replace', value: { 'nic\u212AName': 'x' } }],
      {},
    ],
    [
      'an unknown attribute is dropped (T23)',
      ada,
      [
        { op: 'add', path: 'shoeSize', value: 12 },
        { op: 'add', value: { 'urn:x:y:User:a.b.c d': 1, $x: 2 } },
      ],
      {},
    ],
    [
      'userName',
      ada,
      [{ op: 'replace', path: 'userName', value: 'new@example.com' }],
      { userName: 'new@example.com' },
    ],
  ])('%s', (_label, before, operations, after) => {
    expect(patch(before, ...operations)).toEqual({ ...before, ...after });
  });
});
