/**
 * The one normal form in which names are compared (T18): user names, e-mails, group names, entitlement names.
 * Uniqueness, look-ups, filters and keys all use it, so two spellings are either the same everywhere or nowhere.
 *
 * Names are stored as sent; only the comparison is normal. The form is idempotent: a fold that is not (the Spotify
 * case of T18) lets a second registration take over the first.
 */

/** Far above what Unicode needs (two rounds); a bound so that no input can loop. */
const MOST_ROUNDS = 8;

/** Longest text the bridge stores of one value (T20). */
export const LONGEST_TEXT = 1024;

/**
 * The normal form of a text: compatibility composition (NFKC), then upper and lower case until nothing changes.
 * Upper first, because the dotless i and the long s meet their plain letters only there.
 */
export function normal(text: string): string {
  if (isPlainAscii(text)) return text.toLowerCase();
  if (text.length < LONG_TEXT || text.length > LONGEST_TEXT) return foldWhole(text);
  const known = recent.get(text);
  if (known !== undefined) return known;
  const form = foldWhole(text);
  if (recent.size >= MOST_RECENT) recent.clear();
  recent.set(text, form);
  return form;
}

/**
 * The last long texts with their forms. A filter of 20 conditions, or 1,000 operations with one each, compare the same few
 * texts over and over, and folding a long one takes a thousand times as long as finding it here (I15).
 */
const recent = new Map<string, string>();
const MOST_RECENT = 256;
const LONG_TEXT = 64;

function foldWhole(text: string): string {
  let current = text;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const next = foldOnce(current);
    if (next === current) return next;
    current = next;
  }
  return current;
}

/** The normal form of a name whose surrounding blanks mean nothing (`umapi.md` 12: entitlement names). */
export function normalName(text: string): string {
  return normal(text).trim();
}

function foldOnce(text: string): string {
  const folded = text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
  // The capital I with a dot lowers to i and a combining dot: two code points for what a reader sees as one i. A sigma
  // lowers to another letter at the end of a word, so that the start of a name would not be the start of its normal form.
  // Variation selectors choose a glyph, and nobody sees which was typed.
  return folded
    .replaceAll('i\u0307', 'i')
    .replaceAll('\u03C2', '\u03C3')
    .replaceAll(/\p{Variation_Selector}/gu, '');
}

function isPlainAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 0x7f) return false;
  }
  return true;
}

/**
 * What is wrong with a text that names somebody or something, as the end of a sentence that starts with the attribute's
 * name ("holds a control character"); undefined when nothing is. T19, T20.
 */
export function identifierProblem(text: string): string | undefined {
  const problem = textProblem(text);
  if (problem !== undefined) return problem;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (isControl(code)) return 'holds a control character, which cannot be part of a name; remove it';
    if (isBidiControl(code))
      return 'holds an invisible character that changes the writing direction; remove it';
    if (code > 0x7f && isInvisible(character)) return 'holds an invisible zero-width character; remove it';
  }
  return undefined;
}

/** The same for running text such as a postal address, in which line breaks and tabs are at home. */
export function textProblem(text: string): string | undefined {
  if (text.length > LONGEST_TEXT) return `is longer than ${LONGEST_TEXT} characters; shorten it`;
  if (!text.isWellFormed()) return 'holds half of a surrogate pair, which is not a character; remove it';
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isControl(code) && code !== 0x09 && code !== 0x0a && code !== 0x0d && code < 0x2000) {
      return 'holds a control character; remove it';
    }
  }
  return undefined;
}

/** C0, DEL and C1, and the two Unicode line breaks, which split log lines like C0 ones do (T43). */
function isControl(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029;
}

function isBidiControl(code: number): boolean {
  return (
    code === 0x061c ||
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x206f)
  );
}

/**
 * Characters that leave no trace on a screen: zero-width ones, fillers, tags, annotations. Variation selectors are such, too,
 * but belong to names in Japanese and Mongolian and to emojis; they are allowed, and no part of the normal form.
 */
function isInvisible(character: string): boolean {
  return invisible.test(character) && !variation.test(character);
}

const invisible = /[\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/u;
const variation = /\p{Variation_Selector}/u;
