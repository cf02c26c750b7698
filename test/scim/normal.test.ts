import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identifierProblem, normal, normalName, textProblem } from '../../lambdas/directory/normal.ts';

describe('the normal form of names (T18)', () => {
  test.each([
    ['capital letters', 'Ada.Park@Example.COM', 'ada.park@example.com'],
    ['Kelvin sign is k', '\u212Aelvin', 'kelvin'],
    ['long s is s', 'pa\u017F\u017Fword', 'password'],
    ['dotless i is i', 'm\u0131ke', 'mike'],
    ['capital I with a dot is i', '\u0130stanbul', 'istanbul'],
    ['i with a combining dot is i', 'i\u0307stanbul', 'istanbul'],
    ['sharp s is ss', 'Stra\u00DFe', 'strasse'],
    ['full-width letters are plain', '\uFF21\uFF24\uFF21', 'ada'],
    ['ligatures come apart', 'o\uFB03ce', 'office'],
    ['composed equals decomposed', 'Ang\u0065\u0301la', 'ang\u00E9la'],
    ['final sigma is sigma', '\u039F\u03A3', '\u03BF\u03C3'],
    ['blanks at the ends stay', ' Ada ', ' ada '],
  ])('%s', (_label, text, expected) => {
    expect(normal(text)).toBe(normal(expected));
    expect(normal(text)).toBe(normal(normal(text)));
  });

  test('every single code point has a stable form', () => {
    const unstable: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const once = normal(String.fromCodePoint(code));
      if (normal(once) !== once) unstable.push(code.toString(16));
    }
    expect(unstable).toEqual([]);
  });

  test('normal(normal(x)) = normal(x), and case never matters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        expect(normal(normal(text))).toBe(normal(text));
        expect(normal(text.toUpperCase())).toBe(normal(text));
        expect(normal(text.normalize('NFD'))).toBe(normal(text));
      }),
      { numRuns: 10_000 },
    );
  });

  test('an entitlement name loses its surrounding blanks, a no-break space included', () => {
    expect(normalName(' \u00A0Live Agent ')).toBe('live agent');
  });
});

describe('what no name may hold (T19, T20)', () => {
  test.each([
    ['NUL', 'a\u0000b'],
    ['line feed', 'a\nb'],
    ['DEL', 'a\u007F'],
    ['C1', 'a\u0085b'],
    ['line separator', 'a\u2028b'],
    ['right-to-left override', 'a\u202Eb'],
    ['isolate', 'a\u2066b'],
    ['Arabic letter mark', 'a\u061Cb'],
    ['zero-width space', 'a\u200Bb'],
    ['zero-width joiner', 'a\u200Db'],
    ['byte order mark', '\uFEFFa'],
    ['soft hyphen', 'a\u00ADb'],
    ['lone high surrogate', 'a\uD800'],
    ['lone low surrogate', '\uDC00a'],
    ['1,025 characters', 'a'.repeat(1025)],
  ])('%s is refused', (_label, text) => {
    expect(identifierProblem(text)).toMatch(/\w/);
  });

  test.each([
    ['1,024 characters', 'a'.repeat(1024)],
    ['umlauts', 'Zoë Müller-Lüdenscheidt'],
    ['a dash and an ampersand', 'Chat – North & East'],
    ['an emoji', 'Ada \u{1F600}'],
    ['Arabic', '\u0622\u062F\u0627'],
    ['an apostrophe', "O'Hara"],
  ])('%s is fine', (_label, text) => {
    expect(identifierProblem(text)).toBeUndefined();
  });

  test('running text may hold line breaks and tabs, and no other control character', () => {
    expect(textProblem('1 Main St\r\n\tSpringfield\u2028x')).toBeUndefined();
    expect(textProblem('1 Main\u0000')).toMatch(/control/);
    expect(textProblem('a\uD800')).toMatch(/surrogate/);
    expect(textProblem('a'.repeat(1025))).toMatch(/1024/);
  });
});
