import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ScimError } from '../../lambdas/scim/errors.ts';
import { type Filter, OPERATORS, parseFilter, parsePath, printFilter } from '../../lambdas/scim/filter.ts';
import { refusal } from './refusal.ts';

const eq = (path: string, value: string | number | boolean | null): Filter => ({
  kind: 'compare',
  path,
  op: 'eq',
  value,
});

describe('filters that clients send (idp-traffic 12)', () => {
  test.each<[string, string, Filter]>([
    ['F1', 'userName eq "ada.park@example.com"', eq('userName', 'ada.park@example.com')],
    ['F2 without quotes', 'externalId eq ada.park', eq('externalId', 'ada.park')],
    [
      'F3 value path and sub-attribute (row 128)',
      'emails[type eq "work"].value eq "a@b"',
      { kind: 'element', path: 'emails', of: { kind: 'and', of: [eq('type', 'work'), eq('value', 'a@b')] } },
    ],
    ['F4', 'displayName eq "Chat – North"', eq('displayName', 'Chat – North')],
    ['F6', 'id eq "U1" and manager eq "U9"', { kind: 'and', of: [eq('id', 'U1'), eq('manager', 'U9')] }],
    ['F8 without quotes', 'userName eq ada', eq('userName', 'ada')],
    ['F9 in mixed case', 'email.value Eq "x"', eq('email.value', 'x')],
    ['F12', 'members.value eq "U1"', eq('members.value', 'U1')],
    [
      'F11 with nested and',
      'active eq true and (meta.lastModified ge "2026-01-01T00:00:00Z" and meta.lastModified le "2026-02-01T00:00:00Z")',
      {
        kind: 'and',
        of: [
          eq('active', true),
          {
            kind: 'and',
            of: [
              { kind: 'compare', path: 'meta.lastModified', op: 'ge', value: '2026-01-01T00:00:00Z' },
              { kind: 'compare', path: 'meta.lastModified', op: 'le', value: '2026-02-01T00:00:00Z' },
            ],
          },
        ],
      },
    ],
  ])('%s', (_label, text, tree) => {
    expect(parseFilter(text)).toEqual(tree);
  });
});

describe('the grammar (RFC 7644 section 3.4.2.2)', () => {
  test.each<[string, string, string]>([
    ['and binds before or (row 120)', 'a eq 1 or b eq 2 and c eq 3', 'a eq 1 or (b eq 2 and c eq 3)'],
    ['not binds first (row 120)', 'not (a pr) and b pr', '(not (a pr)) and b pr'],
    ['parentheses group', '(a pr or b pr) and c pr', '(a pr or b pr) and c pr'],
    ['keywords in any case (row 119)', 'a PR AND NOT (b EQ 1) Or c pR', 'a pr and not (b eq 1) or c pr'],
    ['many blanks', '  a   eq   1   and   b   pr  ', 'a eq 1 and b pr'],
    ['a tab', 'a\teq\t1', 'a eq 1'],
    ['no blank before a bracket', 'emails[type eq "work"]', 'emails[ type eq "work" ]'],
    [
      'URN-qualified names (row 140)',
      'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a"',
      'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a"',
    ],
  ])('%s', (_label, text, same) => {
    expect(parseFilter(text)).toEqual(parseFilter(same));
  });

  test.each<[string, string, unknown]>([
    ['an escaped quote', '"a\\"b"', 'a"b'],
    ['a backslash', '"a\\\\b"', 'a\\b'],
    ['a Unicode escape', '"\\u00e9"', 'é'],
    ['the words and, or, not', '"x and y or not (z)"', 'x and y or not (z)'],
    ['brackets', '"[a](b)"', '[a](b)'],
    ['a plus sign', '"ada+x@example.com"', 'ada+x@example.com'],
    ['an emoji', '"\u{1F600}"', '\u{1F600}'],
    ['the empty text', '""', ''],
    ['an integer', '12', 12],
    ['a decimal', '-1.5', -1.5],
    ['a number with leading zeros is a word', '007', '007'],
    ['true', 'true', true],
    ['null', 'null', null],
    ['True is a word', 'True', 'True'],
  ])('a value with %s survives (row 127)', (_label, literal, value) => {
    expect(parseFilter(`a eq ${literal}`)).toEqual({ kind: 'compare', path: 'a', op: 'eq', value });
  });

  test.each([
    ['empty (row 117)', ''],
    ['blank', '   '],
    ['no operator', 'userName'],
    ['no value', 'userName eq'],
    ['no value before a parenthesis', '(userName eq )'],
    ['an unknown operator (row 125)', 'userName like "a"'],
    ['no attribute', 'eq "a"'],
    ['a quoted attribute', '"userName" eq "a"'],
    ['a digit first', '1a eq "a"'],
    ['three parts', 'a.b.c eq "a"'],
    ['not without parentheses (row 121)', 'not userName eq "a"'],
    ['an open string', 'userName eq "a'],
    ['an open parenthesis', '(userName eq "a"'],
    ['a lone closing parenthesis', 'userName eq "a")'],
    ['an open bracket', 'emails[type eq "work"'],
    ['an empty bracket', 'emails[]'],
    ['an empty parenthesis', '()'],
    ['a dot without a name', 'emails[type eq "work"]. eq "a"'],
    ['a dangling and', 'a pr and'],
    ['two conditions without and', 'a pr b pr'],
    ['a second filter', 'a eq "b" "c"'],
    ['a bad escape', 'a eq "\\x"'],
    ['a raw line break in a string', 'a eq "\n"'],
    ['a foreign prefix', 'http://x:a eq "b"'],
    ['half a surrogate (T19)', 'userName eq "x\\ud800"'],
  ])('%s is 400 invalidFilter (row 126)', (_label, text) => {
    expect(refusal(() => parseFilter(text))).toEqual([400, 'invalidFilter']);
  });
});

describe('limits (T31, row 129)', () => {
  const nested = (depth: number) => `${'('.repeat(depth)}a pr${')'.repeat(depth)}`;
  const clauses = (count: number) => Array.from({ length: count }, () => 'a pr').join(' and ');
  const long = (length: number) => `a eq "${'x'.repeat(length - 7)}"`;
  test.each([
    ['depth 10', nested(10), 'accepted'],
    ['depth 11', nested(11), [400, 'invalidFilter']],
    ['20 clauses', clauses(20), 'accepted'],
    ['21 clauses', clauses(21), [400, 'invalidFilter']],
    ['2,048 characters', long(2048), 'accepted'],
    ['2,049 characters', long(2049), [400, 'invalidFilter']],
    ['100 KB of parentheses', '('.repeat(100_000), [400, 'invalidFilter']],
  ])('%s', (_label, text, expected) => {
    expect(refusal(() => parseFilter(text))).toEqual(expected);
  });

  test('depth counts what is open, not what was', () => {
    const wide = Array.from({ length: 15 }, () => '(a pr)').join(' or ');
    expect(refusal(() => parseFilter(wide))).toBe('accepted');
  });
});

const name = fc.constantFrom(
  'userName',
  'name.familyName',
  'emails.value',
  'active',
  'urn:ietf:params:scim:schemas:core:2.0:User:title',
  '$ref',
);
const literal = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
);
const tree = fc.letrec<{ filter: Filter; leaf: Filter }>((tie) => ({
  leaf: fc.oneof(
    fc.record({
      kind: fc.constant('compare' as const),
      path: name,
      op: fc.constantFrom(...OPERATORS),
      value: literal,
    }),
    fc.record({ kind: fc.constant('present' as const), path: name }),
  ),
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), of: tie('filter') }),
    fc.record({ kind: fc.constant('element' as const), path: fc.constant('emails'), of: tie('filter') }),
  ),
})).filter;

describe('properties', () => {
  test('parsing what was printed gives the same tree', () => {
    fc.assert(
      fc.property(tree, (filter) => {
        const text = printFilter(filter);
        if (refusal(() => parseFilter(text)) !== 'accepted') {
          // The only reason is a limit, which the generator can exceed.
          expect(
            text.length > 2048 || (text.match(/ (?:eq|ne|co|sw|ew|gt|ge|lt|le) | pr/g) ?? []).length > 20,
          ).toBe(true);
        } else {
          expect(parseFilter(text)).toEqual(filter);
        }
      }),
      { numRuns: 10_000 },
    );
  });

  test('any text is a tree or a ScimError, never another error (T31)', () => {
    const soup = fc.array(
      fc.constantFrom(
        'a',
        ' ',
        '(',
        ')',
        '[',
        ']',
        '"',
        '\\',
        '.',
        'eq',
        'and',
        'or',
        'not',
        'pr',
        ' eq ',
        ' and ',
        '1',
        'emails',
        'true',
        ':',
        'urn:',
        '\u0000',
        '\uD800',
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(soup, (parts) => {
        for (const read of [parseFilter, parsePath]) {
          try {
            read(parts.join(''));
          } catch (error) {
            expect(error).toBeInstanceOf(ScimError);
          }
        }
      }),
      { numRuns: 10_000 },
    );
  });

  test('a value with any character survives a value path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (value) => {
        const path = parsePath(`members[value eq ${JSON.stringify(value)}].display`);
        expect(path).toEqual({ attribute: 'members', filter: eq('value', value), sub: 'display' });
      }),
    );
  });
});

describe('paths of PATCH operations (row 187)', () => {
  test.each([
    ['an attribute', 'displayName', { attribute: 'displayName' }],
    ['a sub-attribute', 'name.givenName', { attribute: 'name.givenName' }],
    [
      'a qualified one',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value',
      { attribute: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value' },
    ],
    [
      'a whole extension',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
      { attribute: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User' },
    ],
    ['a value path', 'emails[type eq "work"]', { attribute: 'emails', filter: eq('type', 'work') }],
    [
      'a value path with a sub-attribute',
      'emails[type eq "work"].value',
      { attribute: 'emails', filter: eq('type', 'work'), sub: 'value' },
    ],
    ['a value with a colon', 'members[value eq "a:b"]', { attribute: 'members', filter: eq('value', 'a:b') }],
  ])('%s', (_label, text, path) => {
    expect(parsePath(text)).toEqual(path);
  });

  test.each([
    ['blanks', 'display name', 'invalidPath'],
    ['an array index (row 196)', 'emails/0/value', 'invalidPath'],
    ['three parts', 'a.b.c', 'invalidPath'],
    ['an open bracket', 'emails[type eq "work"', 'invalidFilter'],
    ['a bad filter inside (row 188)', 'emails[type like "work"]', 'invalidFilter'],
    ['something after the end', 'emails[type eq "work"]x', 'invalidPath'],
    ['two sub-attributes', 'emails[type eq "work"].a.b', 'invalidPath'],
    ['only brackets', '[type eq "work"]', 'invalidPath'],
    ['a JSON pointer', '/displayName', 'invalidPath'],
  ])('%s is refused', (_label, text, scimType) => {
    expect(refusal(() => parsePath(text))).toEqual([400, scimType]);
  });
});
