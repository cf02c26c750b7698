/**
 * DynamoDB's expressions as trees (developer guide, "Condition expressions" and "Update expressions"): the whole grammar
 * that the directory uses, and a loud refusal of everything else. Parsed once per text.
 */
import { NotModelled, ValidationException } from './errors.ts';
import { RESERVED_WORDS } from './reserved.ts';

/** `#placeholder`, a bare name, or a list index. */
export type Path = readonly (string | number)[];

export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly name: string }
  | { readonly kind: 'size'; readonly path: Path };

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly inner: Condition }
  | { readonly kind: 'compare'; readonly by: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly value: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly value: Operand; readonly among: readonly Operand[] }
  | { readonly kind: 'exists' | 'absent'; readonly path: Path }
  | { readonly kind: 'begins' | 'contains'; readonly path: Path; readonly value: Operand };

export interface Parsed<T> {
  readonly tree: T;
  /** Placeholders that the text uses: DynamoDB refuses those that are given and not used. */
  readonly names: ReadonlySet<string>;
  readonly values: ReadonlySet<string>;
}

const TOKEN = /\s*(?:([#:]?[A-Za-z_][A-Za-z0-9_-]*)|(\d+)|(<>|<=|>=|[=<>(),.[\]+-]))/y;

export class Reader {
  readonly tokens: readonly string[];
  readonly text: string;
  readonly names = new Set<string>();
  readonly values = new Set<string>();
  at = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = tokensOf(text);
  }

  peek(ahead = 0): string | undefined {
    return this.tokens[this.at + ahead];
  }

  /** Keywords are the same in any case. */
  isWord(word: string): boolean {
    return this.peek()?.toUpperCase() === word;
  }

  take(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw this.wrong('it ends too early');
    this.at += 1;
    return token;
  }

  takeIf(token: string): boolean {
    if (this.peek()?.toUpperCase() !== token) return false;
    this.at += 1;
    return true;
  }

  expect(token: string): void {
    if (!this.takeIf(token)) throw this.wrong(`${token} expected, found ${this.peek() ?? 'the end'}`);
  }

  end(): void {
    if (this.at < this.tokens.length) throw this.wrong(`${this.peek()} is too much`);
  }

  wrong(why: string): ValidationException {
    return new ValidationException(`Invalid expression "${this.text}": ${why}`);
  }

  done<T>(tree: T): Parsed<T> {
    this.end();
    return { tree, names: this.names, values: this.values };
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) {
      if (text.slice(from).trim() === '') break;
      throw new ValidationException(`Invalid expression "${text}": cannot read it from ${text.slice(from)}`);
    }
    tokens.push(found[1] ?? found[2] ?? found[3] ?? '');
  }
  return tokens;
}

export function readPath(reader: Reader): Path {
  const path: (string | number)[] = [readName(reader)];
  for (;;) {
    if (reader.takeIf('.')) path.push(readName(reader));
    else if (reader.takeIf('[')) {
      path.push(Number(reader.take()));
      reader.expect(']');
    } else return path;
  }
}

function readName(reader: Reader): string {
  const token = reader.take();
  if (token.startsWith('#')) {
    reader.names.add(token);
    return token;
  }
  if (!/^[A-Za-z_]/.test(token)) throw reader.wrong(`${token} is no attribute name`);
  if (RESERVED_WORDS.has(token.toLowerCase())) {
    throw reader.wrong(`Attribute name is a reserved keyword; reserved keyword: ${token}`);
  }
  return token;
}

export function readOperand(reader: Reader): Operand {
  const token = reader.peek() ?? '';
  if (token.startsWith(':')) {
    reader.take();
    reader.values.add(token);
    return { kind: 'value', name: token };
  }
  if (token.toLowerCase() === 'size' && reader.peek(1) === '(') {
    reader.take();
    reader.expect('(');
    const path = readPath(reader);
    reader.expect(')');
    return { kind: 'size', path };
  }
  return { kind: 'path', path: readPath(reader) };
}

const COMPARATORS = new Set(['=', '<>', '<', '<=', '>', '>=']);

function readOr(reader: Reader): Condition {
  let left = readAnd(reader);
  while (reader.takeIf('OR')) left = { kind: 'or', left, right: readAnd(reader) };
  return left;
}

function readAnd(reader: Reader): Condition {
  let left = readNot(reader);
  while (reader.takeIf('AND')) left = { kind: 'and', left, right: readNot(reader) };
  return left;
}

function readNot(reader: Reader): Condition {
  if (reader.takeIf('NOT')) return { kind: 'not', inner: readNot(reader) };
  if (reader.takeIf('(')) {
    const inner = readOr(reader);
    reader.expect(')');
    return inner;
  }
  return readFunction(reader) ?? readComparison(reader);
}

function readFunction(reader: Reader): Condition | undefined {
  if (reader.peek(1) !== '(') return undefined;
  const name = (reader.peek() ?? '').toLowerCase();
  if (name === 'size') return undefined;
  reader.take();
  reader.expect('(');
  const path = readPath(reader);
  const condition = namedCondition(reader, name, path);
  reader.expect(')');
  return condition;
}

function namedCondition(reader: Reader, name: string, path: Path): Condition {
  switch (name) {
    case 'attribute_exists':
      return { kind: 'exists', path };
    case 'attribute_not_exists':
      return { kind: 'absent', path };
    case 'begins_with':
    case 'contains': {
      reader.expect(',');
      return { kind: name === 'contains' ? 'contains' : 'begins', path, value: readOperand(reader) };
    }
    default:
      throw new NotModelled(`the function ${name}`);
  }
}

function readComparison(reader: Reader): Condition {
  const left = readOperand(reader);
  if (reader.takeIf('BETWEEN')) {
    const low = readOperand(reader);
    reader.expect('AND');
    return { kind: 'between', value: left, low, high: readOperand(reader) };
  }
  if (reader.takeIf('IN')) {
    reader.expect('(');
    const among = [readOperand(reader)];
    while (reader.takeIf(',')) among.push(readOperand(reader));
    reader.expect(')');
    return { kind: 'in', value: left, among };
  }
  const by = reader.take();
  if (!COMPARATORS.has(by)) throw reader.wrong(`${by} is no comparison`);
  // The set holds exactly the comparators.
  return { kind: 'compare', by: by as Comparator, left, right: readOperand(reader) };
}

const conditions = new Map<string, Parsed<Condition>>();

export function parseCondition(text: string): Parsed<Condition> {
  const known = conditions.get(text);
  if (known !== undefined) return known;
  const reader = new Reader(text);
  const parsed = reader.done(readOr(reader));
  conditions.set(text, parsed);
  return parsed;
}
