import { describe, expect, test } from 'vitest';
import type { UserResource } from '../../lambdas/directory/records.ts';
import { patchUser } from '../../lambdas/scim/patch-user.ts';
import { ada, bare, core, enterprise, id, patch, patchOp, refused, two } from './patching.ts';
import { refusal } from './refusal.ts';

describe('PATCH of a user that is refused', () => {
  test.each<[string, UserResource, unknown[], [number, string | undefined]]>([
    [
      'replace on a filter that nothing matches and no type is known (row 221)',
      ada,
      [{ op: 'replace', path: 'emails[type eq "special"].value', value: 'x@x' }],
      [400, 'noTarget'],
    ],
    [
      'replace on a filter about a value (row 221)',
      ada,
      [{ op: 'replace', path: 'emails[value eq "nobody@x"].display', value: 'x' }],
      [400, 'noTarget'],
    ],
    [
      'replace of a whole element that is not there (row 221)',
      bare,
      [{ op: 'replace', path: 'emails[type eq "work"]', value: { value: 'x@x' } }],
      [400, 'noTarget'],
    ],
    [
      'creation by an or',
      bare,
      [{ op: 'add', path: 'emails[type eq "work" or type eq "home"].value', value: 'x@x' }],
      [400, 'noTarget'],
    ],
    [
      'one of several without a filter',
      two,
      [{ op: 'replace', path: 'emails.value', value: 'x@x' }],
      [400, 'noTarget'],
    ],
    ['remove without a path (row 207)', ada, [{ op: 'remove' }], [400, 'noTarget']],
    ['remove of userName (row 212)', ada, [{ op: 'remove', path: 'userName' }], [400, 'mutability']],
    [
      'a path into meta (row 193)',
      ada,
      [{ op: 'replace', path: 'meta.created', value: '2001-01-01T00:00:00Z' }],
      [400, 'mutability'],
    ],
    ['remove of meta (row 212)', ada, [{ op: 'remove', path: 'meta' }], [400, 'mutability']],
    ['remove of active', ada, [{ op: 'remove', path: 'active' }], [400, 'mutability']],
    ['active of nothing', ada, [{ op: 'replace', path: 'active', value: '' }], [400, 'invalidValue']],
    ['active of null', ada, [{ op: 'replace', value: { active: null } }], [400, 'invalidValue']],
    ['an empty userName', ada, [{ op: 'replace', path: 'userName', value: '' }], [400, 'invalidValue']],
    [
      'groups by path (row 193)',
      ada,
      [{ op: 'add', path: 'groups', value: [{ value: 'G1' }] }],
      [400, 'mutability'],
    ],
    ['another id (row 193)', ada, [{ op: 'replace', value: { id: 'other' } }], [400, 'mutability']],
    ['a path that is none (row 187)', ada, [{ op: 'replace', path: 'a b', value: 1 }], [400, 'invalidPath']],
    [
      'a filter on a single value',
      ada,
      [{ op: 'replace', path: 'name[givenName eq "x"].familyName', value: 'y' }],
      [400, 'invalidPath'],
    ],
    [
      'a bad filter in a path (row 188)',
      ada,
      [{ op: 'replace', path: 'emails[type is "x"].value', value: 'y' }],
      [400, 'invalidFilter'],
    ],
    ['a path that is a number', ada, [{ op: 'replace', path: 5, value: 'y' }], [400, 'invalidPath']],
    ['an unknown op (row 185)', ada, [{ op: 'move', path: 'title', value: 'y' }], [400, 'invalidSyntax']],
    ['no op', ada, [{ path: 'title', value: 'y' }], [400, 'invalidSyntax']],
    ['an operation that is a text', ada, ['replace'], [400, 'invalidSyntax']],
    ['add without a value (row 199)', ada, [{ op: 'add', path: 'title' }], [400, 'invalidValue']],
    ['replace without a value', ada, [{ op: 'replace', path: 'title' }], [400, 'invalidValue']],
    [
      'a path-less value that is no object (row 200)',
      ada,
      [{ op: 'add', value: 'x' }],
      [400, 'invalidValue'],
    ],
    [
      'a number for a text (row 195)',
      ada,
      [{ op: 'replace', path: 'title', value: 5 }],
      [400, 'invalidValue'],
    ],
    [
      'an object for a text',
      ada,
      [{ op: 'replace', path: 'title', value: { value: 'x' } }],
      [400, 'invalidValue'],
    ],
    ['a text for the name', ada, [{ op: 'replace', path: 'name', value: 'Ada' }], [400, 'invalidValue']],
    [
      'two managers',
      ada,
      [{ op: 'add', path: 'manager', value: [{ value: 'a' }, { value: 'b' }] }],
      [400, 'invalidValue'],
    ],
    ['a number for a list', ada, [{ op: 'replace', path: 'emails', value: 5 }], [400, 'invalidValue']],
    [
      'an empty text as the list to remove',
      ada,
      [{ op: 'remove', path: 'emails', value: '' }],
      [400, 'invalidValue'],
    ],
    [
      'a control character (T19)',
      ada,
      [{ op: 'replace', path: 'displayName', value: 'a\u202Eb' }],
      [400, 'invalidValue'],
    ],
    [
      '1,025 characters (T20)',
      ada,
      [{ op: 'replace', path: 'title', value: 'x'.repeat(1025) }],
      [400, 'invalidValue'],
    ],
    [
      'too many e-mails, one by one',
      ada,
      Array.from({ length: 21 }, (_, n) => ({ op: 'add', path: 'emails', value: [{ value: `${n}@x` }] })),
      [400, 'invalidValue'],
    ],
    [
      '1,001 operations (row 264)',
      ada,
      Array.from({ length: 1001 }, () => ({ op: 'add', path: 'title', value: 'x' })),
      [413, undefined],
    ],
  ])('%s is refused', (_label, before, operations, expected) => {
    const copy = structuredClone(before);
    expect(refused(before, ...operations)).toEqual(expected);
    expect(before).toEqual(copy);
  });

  test('a later bad operation leaves the earlier ones undone (row 190)', () => {
    const copy = structuredClone(two);
    const operations = [
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'n@x' },
      { op: 'add', path: `${enterprise}:department`, value: 'D' },
      { op: 'remove', path: 'userName' },
    ];
    expect(refused(two, ...operations)).toEqual([400, 'mutability']);
    expect(two).toEqual(copy);
  });

  test.each([
    ['no object', 'x'],
    ['an array', []],
    ['no Operations', { schemas: [patchOp] }],
    ['no operation', { schemas: [patchOp], Operations: [] }],
    ['Operations that are a text', { schemas: [patchOp], Operations: 'x' }],
    ['another schema', { schemas: [core], Operations: [{ op: 'add', path: 'title', value: 'x' }] }],
  ])('a body with %s is 400 invalidSyntax (row 184)', (_label, request) => {
    expect(refusal(() => patchUser({ id, resource: ada }, request))).toEqual([400, 'invalidSyntax']);
  });

  test('a PATCH that changes nothing gives an equal resource (row 198)', () => {
    const operations = [
      { op: 'Replace', path: 'active', value: 'True' },
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'ada@example.com' },
      { op: 'Add', path: 'displayName', value: 'Ada Park' },
      { op: 'remove', path: 'nickName' },
    ];
    expect(JSON.stringify(patch(ada, ...operations))).toBe(JSON.stringify(patch(ada, operations[0])));
    expect(patch(ada, ...operations)).toEqual(ada);
  });

  test('what a newer release stored passes through (F20)', () => {
    const newer: UserResource = { ...ada, favouriteColour: 'blue' };
    expect(patch(newer, { op: 'replace', path: 'title', value: 'T' })).toEqual({ ...newer, title: 'T' });
  });
});
