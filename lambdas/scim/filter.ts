/**
 * The filter language of RFC 7644 section 3.4.2.2: text to tree, and back. One hand-written scanner reads filters and PATCH
 * paths, so both mean the same everywhere (T33); what a tree means is decided in `matches.ts` and `lookup.ts`.
 *
 * Every character is looked at once, and length, depth and number of clauses are bounded while scanning (T31, T32).
 * Two deviations are read: `emails[type eq "work"].value eq "x"` (tolerance `filterValuePathSub`), which becomes the
 * equivalent `emails[type eq "work" and value eq "x"]`, and a word without quotes (tolerance `unquotedWord`).
 */
import { badRequest, type ScimError } from './errors.ts';

export const OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type Operator = (typeof OPERATORS)[number];
export type Literal = string | number | boolean | null;

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'compare'; readonly path: string; readonly op: Operator; readonly value: Literal }
  | { readonly kind: 'present'; readonly path: string }
  /** All conditions of `of` hold for one and the same element of `path`. */
  | { readonly kind: 'element'; readonly path: string; readonly of: Filter };

/** A PATCH path: an attribute path, or a value path with an optional sub-attribute (RFC 7644 figure 7). */
export interface Path {
  readonly attribute: string;
  readonly filter?: Filter;
  readonly sub?: string;
}

export const FILTER_LIMITS = { characters: 2048, depth: 10, clauses: 20 } as const;

interface Scanner {
  readonly text: string;
  at: number;
  depth: number;
  clauses: number;
}

/** @throws ScimError 400 invalidFilter */
export function parseFilter(text: string): Filter {
  const scanner = open(text);
  const filter = readOr(scanner);
  if (scanner.at < text.length)
    throw bad('holds something after its end; join conditions with "and" or "or"');
  return filter;
}

/** @throws ScimError 400 invalidPath for the path, 400 invalidFilter for a filter inside it (row 188). */
export function parsePath(text: string): Path {
  if (text.length > FILTER_LIMITS.characters) throw badPath();
  const scanner: Scanner = { text, at: 0, depth: 0, clauses: 0 };
  const attribute = readWord(scanner);
  if (!isAttributePath(attribute)) throw badPath();
  if (peek(scanner) !== '[') {
    if (scanner.at < text.length) throw badPath();
    return { attribute };
  }
  const filter = readBrackets(scanner);
  if (scanner.at === text.length) return { attribute, filter };
  if (peek(scanner) !== '.') throw badPath();
  scanner.at += 1;
  const sub = readWord(scanner);
  if (!isName(sub) || scanner.at < text.length) throw badPath();
  return { attribute, filter, sub };
}

function open(text: string): Scanner {
  if (text.length > FILTER_LIMITS.characters) {
    throw bad(`is longer than ${FILTER_LIMITS.characters} characters; shorten it`);
  }
  const scanner: Scanner = { text, at: 0, depth: 0, clauses: 0 };
  skipBlanks(scanner);
  if (scanner.at === text.length) throw bad('is empty; name an attribute, an operator and a value');
  return scanner;
}

function readOr(scanner: Scanner): Filter {
  const parts = [readAnd(scanner)];
  while (takeKeyword(scanner, 'or')) parts.push(readAnd(scanner));
  return join('or', parts);
}

function readAnd(scanner: Scanner): Filter {
  const parts = [readTerm(scanner)];
  while (takeKeyword(scanner, 'and')) parts.push(readTerm(scanner));
  return join('and', parts);
}

function join(kind: 'and' | 'or', parts: readonly Filter[]): Filter {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind, of: parts };
}

function readTerm(scanner: Scanner): Filter {
  skipBlanks(scanner);
  if (peek(scanner) === '(') return readGroup(scanner);
  const word = readWord(scanner);
  if (word.toLowerCase() === 'not') {
    skipBlanks(scanner);
    // Row 121: not is followed by a parenthesis.
    if (peek(scanner) !== '(') throw bad('needs a condition in parentheses after "not"');
    return { kind: 'not', of: readGroup(scanner) };
  }
  if (!isAttributePath(word)) throw bad('needs an attribute name at the start of each condition');
  return peek(scanner) === '[' ? readElement(scanner, word) : readCondition(scanner, word);
}

function readGroup(scanner: Scanner): Filter {
  return nested(scanner, ')', 'a closing parenthesis is missing');
}

function readBrackets(scanner: Scanner): Filter {
  return nested(scanner, ']', 'a closing bracket is missing');
}

/** One level deeper: the opening character is next, `close` has to follow the filter. */
function nested(scanner: Scanner, close: string, missing: string): Filter {
  scanner.at += 1;
  scanner.depth += 1;
  if (scanner.depth > FILTER_LIMITS.depth) {
    throw bad(`is nested more than ${FILTER_LIMITS.depth} levels deep; use fewer parentheses`);
  }
  const filter = readOr(scanner);
  skipBlanks(scanner);
  if (peek(scanner) !== close) throw bad(`is incomplete: ${missing}`);
  scanner.at += 1;
  scanner.depth -= 1;
  return filter;
}

function readElement(scanner: Scanner, path: string): Filter {
  const inner = readBrackets(scanner);
  if (peek(scanner) !== '.') return { kind: 'element', path, of: inner };
  scanner.at += 1;
  const sub = readWord(scanner);
  if (!isName(sub)) throw bad('needs the name of a sub-attribute after the dot');
  const last = readCondition(scanner, sub);
  return { kind: 'element', path, of: { kind: 'and', of: [inner, last] } };
}

function readCondition(scanner: Scanner, path: string): Filter {
  scanner.clauses += 1;
  if (scanner.clauses > FILTER_LIMITS.clauses) {
    throw bad(`has more than ${FILTER_LIMITS.clauses} conditions; ask in several requests`);
  }
  skipBlanks(scanner);
  const word = readWord(scanner).toLowerCase();
  if (word === 'pr') return { kind: 'present', path };
  const op = OPERATORS.find((known) => known === word);
  if (op === undefined)
    throw bad(`needs one of the operators ${OPERATORS.join(', ')} or pr after an attribute`);
  skipBlanks(scanner);
  return { kind: 'compare', path, op, value: readLiteral(scanner) };
}

function readLiteral(scanner: Scanner): Literal {
  if (peek(scanner) === '"') return readString(scanner);
  const start = scanner.at;
  while (scanner.at < scanner.text.length && !' \t)]"'.includes(peek(scanner))) scanner.at += 1;
  const word = scanner.text.slice(start, scanner.at);
  if (word === '') throw bad('needs a value after the operator');
  if (word === 'true') return true;
  if (word === 'false') return false;
  if (word === 'null') return null;
  // Only a number that is written as JavaScript writes it: 007 and 1e5 are words, and keep their spelling.
  const number = Number(word);
  return Number.isFinite(number) && String(number) === word ? number : word;
}

function parsedString(written: string): string {
  try {
    return String(JSON.parse(written));
  } catch {
    throw bad('holds a string that is not written as JSON writes strings; escape quotes and backslashes');
  }
}

function readString(scanner: Scanner): string {
  const start = scanner.at;
  let end = start + 1;
  while (end < scanner.text.length && scanner.text[end] !== '"') end += scanner.text[end] === '\\' ? 2 : 1;
  if (end >= scanner.text.length) throw bad('is incomplete: a closing quotation mark is missing');
  scanner.at = end + 1;
  const text = parsedString(scanner.text.slice(start, end + 1));
  // Half a surrogate is no text, and its digest is that of another one (T19).
  if (!text.isWellFormed()) throw bad('holds a string that is not well-formed Unicode');
  return text;
}

/** Up to a blank, a quote, a bracket or a parenthesis. A dot after `]` starts a new word. */
function readWord(scanner: Scanner): string {
  const start = scanner.at;
  while (scanner.at < scanner.text.length && !' \t()[]"'.includes(peek(scanner))) scanner.at += 1;
  return scanner.text.slice(start, scanner.at);
}

function takeKeyword(scanner: Scanner, keyword: string): boolean {
  const start = scanner.at;
  skipBlanks(scanner);
  if (readWord(scanner).toLowerCase() === keyword) return true;
  scanner.at = start;
  skipBlanks(scanner);
  return false;
}

function skipBlanks(scanner: Scanner): void {
  while (peek(scanner) === ' ' || peek(scanner) === '\t') scanner.at += 1;
}

function peek(scanner: Scanner): string {
  return scanner.text.charAt(scanner.at);
}

/** `name`, `name.sub`, or either behind `urn:...:`; what it names is for `resolvePath` to say. */
export function isAttributePath(word: string): boolean {
  const parts = word.split(':');
  if (parts.length > 1 && parts[0]?.toLowerCase() !== 'urn') return false;
  const last = (parts.at(-1) ?? '').split('.');
  return last.length <= 2 && last.every(isName) && parts.slice(0, -1).every(isUrnPart);
}

function isName(word: string): boolean {
  return /^[a-z$_][a-z0-9_$-]*$/i.test(word);
}

function isUrnPart(word: string): boolean {
  return /^[a-z0-9._~%+-]+$/i.test(word);
}

function bad(problem: string): ScimError {
  return badRequest('invalidFilter', `The filter ${problem}. Example: userName eq "ada@example.com".`);
}

function badPath(): ScimError {
  return badRequest(
    'invalidPath',
    'The path of an operation is not an attribute path. Examples: displayName, name.givenName, emails[type eq "work"].value.',
  );
}

/** The same tree over other attribute names; names inside brackets are sub-attributes and stay. */
export function mapPaths(filter: Filter, rename: (path: string) => string): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { kind: filter.kind, of: filter.of.map((part) => mapPaths(part, rename)) };
    case 'not':
      return { kind: 'not', of: mapPaths(filter.of, rename) };
    case 'present':
    case 'compare':
    case 'element':
      return { ...filter, path: rename(filter.path) };
  }
}

/** The text of a tree: `parseFilter(printFilter(tree))` is the tree again. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.of.map(printOperand).join(` ${filter.kind} `);
    case 'not':
      return `not (${printFilter(filter.of)})`;
    case 'present':
      return `${filter.path} pr`;
    case 'compare':
      return `${filter.path} ${filter.op} ${JSON.stringify(filter.value)}`;
    case 'element':
      return `${filter.path}[${printFilter(filter.of)}]`;
  }
}

function printOperand(filter: Filter): string {
  return filter.kind === 'and' || filter.kind === 'or' ? `(${printFilter(filter)})` : printFilter(filter);
}
