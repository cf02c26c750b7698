/** Judges a condition against an item, and applies an update to it. Items are never changed in place. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { NotModelled, ValidationException } from './errors.ts';
import type { Condition, Operand, Path } from './syntax.ts';
import type { Assigned, Update } from './update-syntax.ts';
import { compare, elementText, equal, type Item, sizeOf, typeOf } from './values.ts';

export interface Placeholders {
  readonly names?: Readonly<Record<string, string>> | undefined;
  readonly values?: Readonly<Record<string, AttributeValue>> | undefined;
}

function nameOf(segment: string, { names }: Placeholders): string {
  if (!segment.startsWith('#')) return segment;
  const name = names?.[segment];
  if (name === undefined)
    throw new ValidationException(`An expression attribute name is not defined: ${segment}`);
  return name;
}

function valueNamed(name: string, { values }: Placeholders): AttributeValue {
  const value = values?.[name];
  if (value === undefined)
    throw new ValidationException(`An expression attribute value is not defined: ${name}`);
  return value;
}

export function at(item: Item, path: Path, given: Placeholders): AttributeValue | undefined {
  let current: AttributeValue | undefined = { M: item };
  for (const segment of path) {
    if (typeof segment === 'number') current = current?.L?.[segment];
    else {
      const inside: Item | undefined = current?.M;
      const name = nameOf(segment, given);
      current = inside !== undefined && Object.hasOwn(inside, name) ? inside[name] : undefined;
    }
  }
  return current;
}

function operandOf(item: Item, operand: Operand, given: Placeholders): AttributeValue | undefined {
  switch (operand.kind) {
    case 'value':
      return valueNamed(operand.name, given);
    case 'path':
      return at(item, operand.path, given);
    case 'size': {
      const value = at(item, operand.path, given);
      return value === undefined ? undefined : { N: String(lengthOf(value)) };
    }
  }
}

function lengthOf(value: AttributeValue): number {
  const many = value.L ?? value.SS ?? value.NS ?? value.BS;
  if (many !== undefined) return many.length;
  return value.M === undefined ? sizeOf(value) : Object.keys(value.M).length;
}

export function holds(item: Item, condition: Condition, given: Placeholders): boolean {
  switch (condition.kind) {
    case 'and':
      return holds(item, condition.left, given) && holds(item, condition.right, given);
    case 'or':
      return holds(item, condition.left, given) || holds(item, condition.right, given);
    case 'not':
      return !holds(item, condition.inner, given);
    case 'exists':
      return at(item, condition.path, given) !== undefined;
    case 'absent':
      return at(item, condition.path, given) === undefined;
    case 'begins':
    case 'contains':
      return matches(
        condition.kind,
        at(item, condition.path, given),
        operandOf(item, condition.value, given),
      );
    case 'compare':
      return compares(
        condition.by,
        operandOf(item, condition.left, given),
        operandOf(item, condition.right, given),
      );
    case 'between': {
      const value = operandOf(item, condition.value, given);
      const low = operandOf(item, condition.low, given);
      const high = operandOf(item, condition.high, given);
      return compares('>=', value, low) && compares('<=', value, high);
    }
    case 'in': {
      const value = operandOf(item, condition.value, given);
      return condition.among.some((one) => compares('=', value, operandOf(item, one, given)));
    }
  }
}

function compares(
  by: Extract<Condition, { kind: 'compare' }>['by'],
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  // A path that leads nowhere makes every comparison false but "not equal".
  if (left === undefined || right === undefined) return by === '<>' && left !== right;
  if (by === '=') return equal(left, right);
  if (by === '<>') return !equal(left, right);
  const order = compare(left, right);
  if (order === undefined) return false;
  switch (by) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function matches(
  kind: 'begins' | 'contains',
  value: AttributeValue | undefined,
  part: AttributeValue | undefined,
): boolean {
  if (value === undefined || part === undefined) return false;
  if (value.S !== undefined && part.S !== undefined)
    return kind === 'begins' ? value.S.startsWith(part.S) : value.S.includes(part.S);
  if (kind === 'begins') throw new NotModelled('begins_with of anything but strings');
  if (value.L !== undefined) return value.L.some((one) => equal(one, part));
  const text = part.S ?? part.N ?? part.B;
  const type = typeOf(value);
  const elements = value.SS ?? value.NS ?? value.BS;
  if (text === undefined || elements === undefined || `${typeOf(part)}S` !== type) return false;
  const wanted = elementText(text, type as 'SS');
  return elements.some((one) => elementText(one, type as 'SS') === wanted);
}

export function updated(before: Item, update: Update, given: Placeholders): Item {
  const item: Record<string, AttributeValue> = { ...before };
  for (const { path, to } of update.set) {
    const value = assigned(before, to, given);
    put(item, path, { value, given });
  }
  for (const path of update.remove) put(item, path, { value: undefined, given });
  for (const { path, value } of update.add) {
    const name = onlyName(path, given);
    item[name] = added(before[name], operandValue(before, value, given));
  }
  for (const { path, value } of update.delete) {
    const name = onlyName(path, given);
    const rest = subtracted(before[name], operandValue(before, value, given));
    if (rest === undefined) delete item[name];
    else item[name] = rest;
  }
  return item;
}

function onlyName(path: Path, given: Placeholders): string {
  const [segment, ...more] = path;
  if (typeof segment !== 'string' || more.length > 0)
    throw new NotModelled('ADD or DELETE below the top level');
  return nameOf(segment, given);
}

function operandValue(item: Item, operand: Operand, given: Placeholders): AttributeValue {
  const value = operandOf(item, operand, given);
  if (value === undefined) throw missing();
  return value;
}

const missing = (): Error =>
  new ValidationException('The provided expression refers to an attribute that does not exist in the item');

function assigned(item: Item, to: Assigned, given: Placeholders): AttributeValue {
  switch (to.kind) {
    case 'plain':
      return operandValue(item, to.value, given);
    case 'default':
      return at(item, to.path, given) ?? operandValue(item, to.otherwise, given);
    case 'append': {
      const [first, second] = [assigned(item, to.first, given), assigned(item, to.second, given)];
      if (first.L === undefined || second.L === undefined)
        throw new ValidationException('list_append takes two lists');
      return { L: [...first.L, ...second.L] };
    }
    case 'sum': {
      const [left, right] = [assigned(item, to.left, given), assigned(item, to.right, given)];
      if (left.N === undefined || right.N === undefined)
        throw new ValidationException('Incorrect operand type for operator + or -');
      return { N: String(Number(left.N) + to.sign * Number(right.N)) };
    }
  }
}

function put(
  item: Record<string, AttributeValue>,
  path: Path,
  { value, given }: { value: AttributeValue | undefined; given: Placeholders },
): void {
  const [segment, next, ...more] = path;
  if (typeof segment !== 'string') throw new NotModelled('an update of a list element');
  const name = nameOf(segment, given);
  if (next === undefined) {
    if (value === undefined) delete item[name];
    else item[name] = value;
    return;
  }
  const inside = item[name]?.M;
  if (inside === undefined)
    throw new ValidationException(
      'The document path provided in the update expression is invalid for update',
    );
  const copy = { ...inside };
  put(copy, [next, ...more], { value, given });
  item[name] = { M: copy };
}

function added(before: AttributeValue | undefined, value: AttributeValue): AttributeValue {
  if (value.N !== undefined) {
    if (before !== undefined && before.N === undefined) throw wrongAdd();
    return { N: String(Number(before?.N ?? 0) + Number(value.N)) };
  }
  if (before !== undefined && typeOf(before) !== typeOf(value)) throw wrongAdd();
  if (value.SS !== undefined) return { SS: union(before?.SS ?? [], value.SS, 'SS') };
  if (value.NS !== undefined) return { NS: union(before?.NS ?? [], value.NS, 'NS') };
  if (value.BS !== undefined) return { BS: union(before?.BS ?? [], value.BS, 'BS') };
  throw wrongAdd();
}

const wrongAdd = (): Error =>
  new ValidationException('An operand in the update expression has an incorrect data type');

function union<T extends string | Uint8Array>(
  before: readonly T[],
  more: readonly T[],
  type: 'SS' | 'NS' | 'BS',
): T[] {
  const texts = new Set(before.map((one) => elementText(one, type)));
  return [...before, ...more.filter((one) => !texts.has(elementText(one, type)))];
}

/** Undefined when nothing is left: an empty set is no attribute. */
function subtracted(before: AttributeValue | undefined, value: AttributeValue): AttributeValue | undefined {
  if (value.SS === undefined && value.NS === undefined && value.BS === undefined) throw wrongAdd();
  if (before === undefined) return undefined;
  if (typeOf(before) !== typeOf(value)) throw wrongAdd();
  const rest = restOf(before, value);
  return (rest.SS ?? rest.NS ?? rest.BS ?? []).length === 0 ? undefined : rest;
}

function restOf(before: AttributeValue, value: AttributeValue): AttributeValue {
  if (before.SS !== undefined) return { SS: without(before.SS, value.SS ?? [], 'SS') };
  if (before.NS !== undefined) return { NS: without(before.NS, value.NS ?? [], 'NS') };
  return { BS: without(before.BS ?? [], value.BS ?? [], 'BS') };
}

function without<T extends string | Uint8Array>(
  before: readonly T[],
  gone: readonly T[],
  type: 'SS' | 'NS' | 'BS',
): T[] {
  const texts = new Set(gone.map((one) => elementText(one, type)));
  return before.filter((one) => !texts.has(elementText(one, type)));
}
