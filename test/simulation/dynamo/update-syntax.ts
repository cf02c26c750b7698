/** Update expressions as trees: SET, REMOVE, ADD and DELETE, each at most once, in any order. */
import { NotModelled } from './errors.ts';
import { type Operand, type Parsed, type Path, Reader, readOperand, readPath } from './syntax.ts';

export type Assigned =
  | { readonly kind: 'plain'; readonly value: Operand }
  | { readonly kind: 'default'; readonly path: Path; readonly otherwise: Operand }
  | { readonly kind: 'append'; readonly first: Assigned; readonly second: Assigned }
  | { readonly kind: 'sum'; readonly left: Assigned; readonly right: Assigned; readonly sign: 1 | -1 };

export interface Update {
  readonly set: readonly { readonly path: Path; readonly to: Assigned }[];
  readonly remove: readonly Path[];
  readonly add: readonly { readonly path: Path; readonly value: Operand }[];
  readonly delete: readonly { readonly path: Path; readonly value: Operand }[];
}

const CLAUSES = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;

const updates = new Map<string, Parsed<Update>>();

export function parseUpdate(text: string): Parsed<Update> {
  const known = updates.get(text);
  if (known !== undefined) return known;
  const reader = new Reader(text);
  const parsed = reader.done(readUpdate(reader));
  updates.set(text, parsed);
  return parsed;
}

function readUpdate(reader: Reader): Update {
  const update = {
    set: [] as { path: Path; to: Assigned }[],
    remove: [] as Path[],
    add: [] as { path: Path; value: Operand }[],
    delete: [] as { path: Path; value: Operand }[],
  };
  const seen = new Set<string>();
  while (reader.peek() !== undefined) {
    const clause = CLAUSES.find((name) => reader.isWord(name));
    if (clause === undefined || seen.has(clause)) throw reader.wrong(`${reader.peek()} starts no clause`);
    seen.add(clause);
    reader.take();
    do {
      const path = readPath(reader);
      if (clause === 'SET') {
        reader.expect('=');
        update.set.push({ path, to: readAssigned(reader) });
      } else if (clause === 'REMOVE') update.remove.push(path);
      else update[clause === 'ADD' ? 'add' : 'delete'].push({ path, value: readOperand(reader) });
    } while (reader.takeIf(','));
  }
  refuseOverlaps(reader, update);
  return update;
}

function readAssigned(reader: Reader): Assigned {
  const left = readTerm(reader);
  if (reader.takeIf('+')) return { kind: 'sum', left, right: readTerm(reader), sign: 1 };
  if (reader.takeIf('-')) return { kind: 'sum', left, right: readTerm(reader), sign: -1 };
  return left;
}

function readTerm(reader: Reader): Assigned {
  if (reader.peek(1) !== '(') return { kind: 'plain', value: readOperand(reader) };
  const name = reader.take().toLowerCase();
  reader.expect('(');
  const term = readCall(reader, name);
  reader.expect(')');
  return term;
}

function readCall(reader: Reader, name: string): Assigned {
  switch (name) {
    case 'if_not_exists': {
      const path = readPath(reader);
      reader.expect(',');
      return { kind: 'default', path, otherwise: readOperand(reader) };
    }
    case 'list_append': {
      const first = readTerm(reader);
      reader.expect(',');
      return { kind: 'append', first, second: readTerm(reader) };
    }
    default:
      throw new NotModelled(`the function ${name}`);
  }
}

function refuseOverlaps(reader: Reader, update: Update): void {
  const paths = [
    ...update.set.map((one) => one.path),
    ...update.remove,
    ...[...update.add, ...update.delete].map((one) => one.path),
  ].map((path) => path.join('.'));
  const twice = paths.find((path, at) =>
    paths.some((other, place) => place !== at && `${other}.`.startsWith(`${path}.`)),
  );
  if (twice !== undefined) throw reader.wrong(`Two document paths overlap with each other: ${twice}`);
}
