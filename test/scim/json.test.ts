import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ScimError } from '../../lambdas/scim/errors.ts';
import { parseJson } from '../../lambdas/scim/json.ts';
import { refusal } from './refusal.ts';

const deep = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`;

describe('reading a JSON body', () => {
  test.each([
    ['an empty text', ''],
    ['half an object', '{"userName": "ada"'],
    ['a trailing comma', '{"a": 1,}'],
    ['single quotes', "{'a': 1}"],
    ['a bare word', 'hello'],
    ['an open string', '{"a": "b'],
    ['a broken escape in a key', '{"\\x": 1}'],
    ['two documents', '{} {}'],
  ])('%s is 400 invalidSyntax (row 242)', (_label, text) => {
    expect(refusal(() => parseJson(text))).toEqual([400, 'invalidSyntax']);
  });

  test.each([
    ['the same key twice', '{"active": true, "active": false}'],
    ['the same key in another case', '{"userName": "a", "USERNAME": "b"}'],
    ['the same key behind an escape', '{"active": true, "\\u0061ctive": false}'],
    ['in a nested object', '{"name": {"givenName": "A", "givenname": "B"}}'],
    ['in an object of an array', '{"emails": [{"value": "a", "Value": "b"}]}'],
    ['after a nested object', '{"a": {"b": [1, {"c": 2}]}, "A": 1}'],
    ['of an attribute nobody knows', '{"x": 1, "X": 2}'],
    ['__proto__ twice', '{"__proto__": 1, "__proto__": 2}'],
  ])('%s is 400 invalidSyntax (T36)', (_label, text) => {
    expect(refusal(() => parseJson(text))).toEqual([400, 'invalidSyntax']);
  });

  test.each([
    ['the same key in two objects', '[{"value": "a"}, {"value": "a"}]'],
    ['a key that is also a value', '{"a": "b", "b": "a"}'],
    ['brackets and commas in strings', '{"a": "{\\"a\\": [,]}", "b": "\\\\"}'],
    ['a key equal to one of the parent', '{"value": {"value": 1}}'],
    ['names that only Unicode calls the same', '{"k": 1, "\\u212a": 2, "\u212A1": 3, "K1": 4}'],
    ['a byte order mark', '\uFEFF{"a": 1}'],
    ['numbers, true, false, null', '{"a": [1, -2.5e3, true, false, null]}'],
  ])('%s is read as JSON.parse reads it', (_label, text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text.replace('\uFEFF', '')));
  });

  test('20 levels are read and 21 are 400 (T35)', () => {
    expect(parseJson(deep(20))).toEqual(JSON.parse(deep(20)));
    expect(refusal(() => parseJson(deep(21)))).toEqual([400, 'invalidSyntax']);
    expect(refusal(() => parseJson('{"a":'.repeat(21)))).toEqual([400, 'invalidSyntax']);
  });

  test('a million brackets are refused (T35)', () => {
    expect(refusal(() => parseJson('['.repeat(1_000_000)))).toEqual([400, 'invalidSyntax']);
    expect(refusal(() => parseJson(deep(1_000_000)))).toEqual([400, 'invalidSyntax']);
  });

  test('whatever JSON.parse reads is read the same, unless a key repeats', () => {
    const key = fc.constantFrom('a', 'A', 'b', 'value', '__proto__', 'constructor', 'toString', '"', '\\');
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((members) => ({ members })),
      ),
    })).value;
    const write = (value: unknown): string => {
      if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`;
      if (typeof value !== 'object' || value === null) return JSON.stringify(value);
      const members: unknown = Object.values(value)[0];
      if (!Array.isArray(members)) return 'null';
      return `{${members.map((pair: unknown) => (Array.isArray(pair) ? `${JSON.stringify(pair[0])}:${write(pair[1])}` : '')).join(',')}}`;
    };
    const repeats = (value: unknown): boolean => {
      if (Array.isArray(value)) return value.some(repeats);
      if (typeof value !== 'object' || value === null) return false;
      const members: unknown = Object.values(value)[0];
      if (!Array.isArray(members)) return false;
      const names = members.map((pair: unknown) =>
        Array.isArray(pair) ? String(pair[0]).toLowerCase() : '',
      );
      return (
        new Set(names).size < names.length ||
        members.some((pair: unknown) => Array.isArray(pair) && repeats(pair[1]))
      );
    };
    fc.assert(
      fc.property(json, (value) => {
        const text = write(value);
        if (repeats(value)) expect(() => parseJson(text)).toThrow(ScimError);
        else expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 10_000 },
    );
  });
});
