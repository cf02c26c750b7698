import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ada, core, enterprise, patch, refused } from './patching.ts';

describe('properties', () => {
  const value = fc.oneof(
    fc.constantFrom('New', 'x@example.com', ''),
    fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }),
  );
  /** Each attribute with the ways to say the same change of it. */
  const spellings: readonly ((text: string) => readonly unknown[])[] = [
    (text) => [
      { op: 'replace', path: 'title', value: text },
      { op: 'Replace', path: 'TITLE', value: text },
      { op: 'add', path: `${core}:title`, value: text },
      { op: 'REPLACE', value: { title: text } },
      { op: 'replace', value: { Title: text } },
      { op: 'add', value: { [`${core}:title`]: text } },
      { op: 'replace', value: { [core]: { title: text } } },
      { op: 'replace', path: core, value: { title: text } },
    ],
    (text) => [
      { op: 'replace', path: 'name.givenName', value: text },
      { op: 'replace', value: { 'name.givenName': text } },
      { op: 'replace', value: { name: { givenName: text } } },
      { op: 'add', path: 'name', value: { GIVENNAME: text } },
      { op: 'add', path: `${core}:name.givenName`, value: text },
    ],
    (text) => [
      { op: 'replace', path: `${enterprise}:department`, value: text },
      { op: 'replace', path: 'department', value: text },
      { op: 'add', value: { [`${enterprise}:department`]: text } },
      { op: 'replace', value: { [enterprise]: { department: text } } },
      { op: 'add', path: enterprise, value: { department: text } },
    ],
    (text) => [
      { op: 'replace', path: `${enterprise}:manager`, value: text },
      { op: 'replace', path: 'manager', value: [{ value: text }] },
      { op: 'add', path: `${enterprise}:manager`, value: { value: text } },
      { op: 'replace', path: `${enterprise}:manager.value`, value: text },
      { op: 'replace', value: { [enterprise]: { manager: text } } },
    ],
    (text) => [
      { op: 'replace', path: 'emails[type eq "work"].value', value: text },
      { op: 'add', path: 'emails[Type eq "work"].value', value: text },
      { op: 'replace', path: `${core}:emails[type EQ "work"].VALUE`, value: text },
      { op: 'replace', value: { 'emails[type eq "work"].value': text } },
    ],
  ];

  test('every spelling of a change gives the same result or the same refusal (T37)', () => {
    const outcome = (operation: unknown) => {
      const refusedWith = refused(ada, operation);
      return refusedWith === 'accepted' ? patch(ada, operation) : refusedWith;
    };
    fc.assert(
      fc.property(fc.constantFrom(...spellings), value, (spell, text) => {
        const [first, ...others] = spell(text);
        const expected = outcome(first);
        for (const other of others) expect(outcome(other)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('no operation reaches a prototype or stores a name that no schema has (T34, T23)', () => {
    const before = [Object.prototype, Array.prototype, Function.prototype].map((it) =>
      Object.getOwnPropertyNames(it),
    );
    const odd = fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      '__proto__.polluted',
      'constructor.prototype',
      'name.__proto__',
      'emails[type eq "work"].__proto__',
      '__proto__[type eq "x"].y',
      'emails.constructor',
      'title',
    );
    const content = fc.constantFrom<unknown>(
      'x',
      { polluted: true },
      JSON.parse('{"__proto__": {"polluted": true}}'),
      [JSON.parse('{"__proto__": 1, "value": "v"}')],
      null,
    );
    const known = new Set(Object.keys(ada));
    fc.assert(
      fc.property(
        fc.constantFrom('add', 'replace', 'remove'),
        odd,
        content,
        fc.boolean(),
        (op, path, raw, isPathed) => {
          const operation = isPathed
            ? { op, path, value: raw }
            : JSON.parse(`{"op": "${op}", "value": {${JSON.stringify(path)}: ${JSON.stringify(raw)}}}`);
          if (refused(ada, operation) !== 'accepted') return;
          const after = patch(ada, operation);
          expect(Object.keys(after).filter((name) => !known.has(name))).toEqual([]);
          expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
        },
      ),
      { numRuns: 500 },
    );
    expect(
      [Object.prototype, Array.prototype, Function.prototype].map((it) => Object.getOwnPropertyNames(it)),
    ).toEqual(before);
    expect(Object.hasOwn({}, 'polluted')).toBe(false);
  });
});
