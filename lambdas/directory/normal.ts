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
  // The capital I with a dot lowers to i and a combining dot: two code points for what a reader sees as one i.
  return folded.replaceAll('i\u0307', 'i');
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
    if (isZeroWidth(code)) return 'holds an invisible zero-width character; remove it';
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

function isZeroWidth(code: number): boolean {
  return (
    code === 0x00ad ||
    code === 0x034f ||
    code === 0x180e ||
    (code >= 0x200b && code <= 0x200d) ||
    (code >= 0x2060 && code <= 0x2064) ||
    code === 0xfeff
  );
}
