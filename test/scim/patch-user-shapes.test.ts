import { describe, expect, test } from 'vitest';
import { ada, bare, core, enterprise, id, patch, type Row, two } from './patching.ts';

describe('PATCH of a user: shapes from the wire (idp-traffic 11)', () => {
  test.each<Row>([
    [
      'a value beside remove limits it, by sub-attribute (row 213)',
      two,
      [{ op: 'remove', path: 'emails.value', value: ['h@x'] }],
      { emails: [{ value: 'w@x', type: 'work', primary: true }] },
    ],
    [
      'a value beside remove limits it, by filter (row 213)',
      two,
      [{ op: 'remove', path: 'emails[type eq "home"].value', value: 'other@x' }],
      two,
    ],
    ['S1', ada, [{ op: 'Replace', path: 'active', value: 'False' }], { active: false }],
    ['S2', ada, [{ op: 'replace', path: 'active', value: false }], { active: false }],
    ['S3', ada, [{ op: 'replace', value: { active: false } }], { active: false }],
    [
      'S4 set',
      ada,
      [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'x@example.com' }],
      { emails: [{ value: 'x@example.com', type: 'work', primary: true }] },
    ],
    [
      'S4 create',
      bare,
      [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'x@example.com' }],
      { emails: [{ type: 'work', value: 'x@example.com' }] },
    ],
    [
      'S4 beside another type',
      { ...bare, emails: [{ type: 'home', value: 'h@example.com' }] },
      [{ op: 'Add', path: 'emails[type eq "work"].value', value: 'x@example.com' }],
      {
        emails: [
          { type: 'home', value: 'h@example.com' },
          { type: 'work', value: 'x@example.com' },
        ],
      },
    ],
    [
      'S5 one e-mail from three operations, value last',
      bare,
      [
        { op: 'Add', path: 'emails[type eq "work"].primary', value: 'true' },
        { op: 'Add', path: 'emails[type eq "work"].type', value: 'work' },
        { op: 'Add', path: 'emails[type eq "work"].value', value: 'x@example.com' },
      ],
      { emails: [{ type: 'work', primary: true, value: 'x@example.com' }] },
    ],
    [
      'S5 value first',
      bare,
      [
        { op: 'Add', path: 'emails[type eq "work"].value', value: 'x@example.com' },
        { op: 'Add', path: 'emails[type eq "work"].primary', value: 'True' },
      ],
      { emails: [{ type: 'work', value: 'x@example.com', primary: true }] },
    ],
    [
      'S6',
      ada,
      [{ op: 'replace', path: 'emails[primary eq true].value', value: 'x@example.com' }],
      { emails: [{ value: 'x@example.com', type: 'work', primary: true }] },
    ],
    [
      'S6 create',
      bare,
      [{ op: 'replace', path: 'emails[primary eq true].value', value: 'x@example.com' }],
      { emails: [{ primary: true, value: 'x@example.com' }] },
    ],
    [
      'S7',
      ada,
      [{ op: 'replace', value: { 'name.givenName': 'Adele', [`${enterprise}:department`]: 'Field' } }],
      { name: { givenName: 'Adele', familyName: 'Park' }, [enterprise]: { department: 'Field' } },
    ],
    [
      'S8',
      ada,
      [{ op: 'replace', value: { name: { familyName: 'Lee' } } }],
      { name: { givenName: 'Ada', familyName: 'Lee' } },
    ],
    [
      'S9',
      ada,
      [{ op: 'Add', path: `${enterprise}:manager`, value: 'U9' }],
      { [enterprise]: { manager: { value: 'U9' } } },
    ],
    [
      'S10',
      ada,
      [{ op: 'Add', path: 'manager', value: [{ $ref: 'https://x/Users/U9', value: 'U9' }] }],
      { [enterprise]: { manager: { value: 'U9' } } },
    ],
    [
      'S11',
      { ...ada, [enterprise]: { manager: { value: 'U9' } } },
      [{ op: 'Replace', path: `${enterprise}:manager`, value: '' }],
      { [enterprise]: undefined },
    ],
    ['S12', ada, [{ op: 'Replace', path: 'title', value: '' }], { title: undefined }],
    [
      'S13 on a stored role',
      { ...bare, roles: [{ value: 'a', primary: true }] },
      [{ op: 'add', path: 'roles[primary eq "True"].value', value: 'x' }],
      { roles: [{ primary: true, value: 'x' }] },
    ],
    [
      'S13 create',
      bare,
      [{ op: 'add', path: 'roles[primary eq "True"].value', value: 'x' }],
      { roles: [{ primary: true, value: 'x' }] },
    ],
    ['S16 for a user', bare, [{ op: 'add', value: { title: 'Lead' } }], { title: 'Lead' }],
    [
      'S17 for e-mails',
      {
        ...ada,
        emails: [
          { value: 'a@x', type: 'work' },
          { value: 'b@x', type: 'home' },
        ],
      },
      [{ op: 'Remove', path: 'emails', value: [{ value: 'A@X' }] }],
      { emails: [{ value: 'b@x', type: 'home' }] },
    ],
    [
      'S22 with schemas, id and meta',
      ada,
      [{ op: 'replace', value: { schemas: [core], id, meta: {}, groups: [], displayName: 'N' } }],
      { displayName: 'N' },
    ],
    ['S23', ada, [{ op: 'Replace', path: 'externalId', value: 'e2' }], { externalId: 'e2' }],
    ['S24', ada, [{ op: 'replace', name: 'addMember', path: 'title', value: 'T' }], { title: 'T' }],
    [
      'S27 strictly in order',
      ada,
      [
        { op: 'remove', path: 'title' },
        { op: 'add', path: 'title', value: 'A' },
        { op: 'replace', path: 'title', value: 'B' },
      ],
      { title: 'B' },
    ],
  ])('%s', (_label, before, operations, after) => {
    expect(patch(before, ...operations)).toEqual({ ...before, ...after });
  });
});
