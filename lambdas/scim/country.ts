/**
 * Countries of addresses (row 81): ISO 3166-1 alpha-2 is what the RFC and Adobe want, and directories also hold names
 * (tolerance `countryByName`). A text that is neither is no country, and is not kept: a wrong one could never be changed
 * at Adobe, and refusing the whole person for it would help nobody.
 */
import { normal } from '../directory/normal.ts';

/** Codes of CLDR that are no countries: unions, outlying areas, private use. */
const NO_COUNTRY = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ']);
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

let english: Intl.DisplayNames | undefined;

function nameInEnglish(code: string): string | undefined {
  english ??= new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
  return english.of(code);
}

function* allCodes(): Generator<string> {
  for (const first of LETTERS) for (const second of LETTERS) yield `${first}${second}`;
}

/** The code in use where a code has been replaced, such as GB for UK; undefined for what is no country. */
function currentCode(code: string): string | undefined {
  const current = new Intl.Locale(`und-${code}`).region;
  if (current === undefined || NO_COUNTRY.has(current)) return undefined;
  return nameInEnglish(current) === undefined ? undefined : current;
}

let byName: ReadonlyMap<string, string> | undefined;

/** By normal form of the English name; made when the first name comes, because a start must not wait for it. */
function codeByName(): ReadonlyMap<string, string> {
  byName ??= new Map(
    [...allCodes()]
      .filter((code) => currentCode(code) === code)
      .map((code) => [normal(nameInEnglish(code) ?? ''), code]),
  );
  return byName;
}

/** The alpha-2 code of a country that is given by its code, in any case, or by its English name; else undefined. */
export function countryCode(text: string): string | undefined {
  const trimmed = text.trim();
  if (/^[a-z]{2}$/i.test(trimmed)) return currentCode(trimmed.toUpperCase());
  return codeByName().get(normal(trimmed));
}
