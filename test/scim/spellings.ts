/**
 * Texts in many spellings, and what each stands for, written down by hand: the judge of everything that compares names
 * (T18). It shares no code with the normal form that it judges; a row is one letter as a reader sees it.
 */
import * as fc from 'fast-check';

/** What is meant, then ways to write it. */
const LETTERS: readonly (readonly [meant: string, ...spelled: string[]])[] = [
  ['a', 'a', 'A', '\uFF41', '\uFF21', '\u24B6'],
  // The Kelvin sign, the long s and the dotless i meet their plain letters in one direction of case only.
  ['k', 'k', 'K', '\u212A'],
  ['s', 's', 'S', '\u017F'],
  ['i', 'i', 'I', '\u0130', '\u0131', 'i\u0307', 'I\u0307'],
  ['ss', '\u00DF', '\u1E9E'],
  ['\u00E9', '\u00E9', '\u00C9', 'e\u0301', 'E\u0301'],
  ['\u00E5', '\u00E5', '\u00C5', '\u212B', 'a\u030A'],
  // Two marks in either order are one letter.
  ['\u1E69', '\u1E69', '\u1E68', 's\u0323\u0307', 's\u0307\u0323', '\u1E63\u0307'],
  ['\u03C3', '\u03C3', '\u03C2', '\u03A3'],
  ['fi', '\uFB01', 'fi', 'FI'],
  ['d\u017E', '\u01C4', '\u01C5', '\u01C6'],
  ['1', '1', '\uFF11', '\u2460', '\u00B9'],
  ['\u304C', '\u304C', '\u304B\u3099'],
  ['\u{10428}', '\u{10428}', '\u{10400}'],
  // With a variation selector: another glyph of the same character.
  ['\u845B', '\u845B', '\u845B\u{E0100}', '\u845B\uFE00'],
  ['\u{1F600}', '\u{1F600}', '\u{1F600}\uFE0F'],
  ['.', '.', '\uFF0E'],
  ['@', '@', '\uFF20'],
  ['b', 'b', 'B'],
  [' ', ' ', '\u00A0'],
];
const meanings = new Map<string, string>(
  LETTERS.flatMap(([meant, ...spelled]) => spelled.map((spelling) => [spelling, meant] as const)),
);
const longestFirst = [...meanings.keys()].sort((left, right) => right.length - left.length);

/** What a text made of these spellings stands for; any other letter stands for its small form. */
export function meaningOf(text: string): string {
  let meant = '';
  for (let at = 0; at < text.length; ) {
    const spelling = longestFirst.find((known) => text.startsWith(known, at)) ?? text.charAt(at);
    meant += meanings.get(spelling) ?? spelling.toLowerCase();
    at += spelling.length;
  }
  return meant;
}

export interface Spelled {
  readonly text: string;
  readonly meant: string;
}

type Row = (typeof LETTERS)[number];
const row = fc.constantFrom(...LETTERS);

/** One way to write these letters. */
function written(letters: readonly Row[]): fc.Arbitrary<Spelled> {
  const meant = letters.map(([meaning]) => meaning).join('');
  return fc
    .tuple(...letters.map(([, ...ways]) => fc.constantFrom(...ways)))
    .map((texts) => ({ text: texts.join(''), meant }));
}

/** A text of up to `most` letters. */
export function spelled(most: number): fc.Arbitrary<Spelled> {
  return fc.array(row, { minLength: 1, maxLength: most }).chain(written);
}

/** Two texts that often mean the same: the second spells the first again, half of the time with one letter changed. */
export function spelledPair(most: number): fc.Arbitrary<readonly [Spelled, Spelled]> {
  const letters = fc.array(row, { minLength: 1, maxLength: most });
  const change = fc.option(fc.tuple(fc.nat(), row), { freq: 2 });
  return fc.tuple(letters, change).chain(([first, changed]) => {
    const place = changed === null ? -1 : changed[0] % first.length;
    const second = first.map((old, at) => (changed !== null && at === place ? changed[1] : old));
    return fc.tuple(written(first), written(second));
  });
}
