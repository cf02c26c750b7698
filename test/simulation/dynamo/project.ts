/** ProjectionExpression: the attributes that a read names, nested as they were; what an item does not have is left out. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { NotModelled, ValidationException } from './errors.ts';
import type { Item } from './values.ts';

export interface Wanted {
  readonly ProjectionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
}

/** Whole items without an expression. */
export function project(items: readonly Item[], wanted: Wanted): Item[] {
  const { ProjectionExpression: text, ExpressionAttributeNames: names = {} } = wanted;
  if (text === undefined) return [...items];
  const paths = text.split(',').map((path) =>
    path
      .trim()
      .split('.')
      .map((part) => nameOf(part, names)),
  );
  const texts = paths.map((path) => `${path.join('\u0000')}\u0000`);
  if (texts.some((one, at) => texts.some((other, place) => place !== at && other.startsWith(one))))
    throw new ValidationException('Invalid ProjectionExpression: Two document paths overlap with each other');
  return items.map((item) => paths.reduce((shown, path) => withPath(shown, item, path), {}));
}

function nameOf(part: string, names: Readonly<Record<string, string>>): string {
  // Bare names would have to be checked against the reserved words.
  if (!part.startsWith('#')) throw new NotModelled(`a bare name or an index in a projection: ${part}`);
  const name = names[part];
  if (name === undefined)
    throw new ValidationException(
      `An expression attribute name used in the document path is not defined: ${part}`,
    );
  return name;
}

function withPath(shown: Item, item: Item, [name = '', ...rest]: readonly string[]): Item {
  const value = item[name];
  if (value === undefined) return shown;
  if (rest.length === 0) return { ...shown, [name]: value };
  if (value.M === undefined) return shown;
  const inner = withPath(shown[name]?.M ?? {}, value.M, rest);
  if (Object.keys(inner).length === 0) return shown;
  const nested: AttributeValue = { M: inner };
  return { ...shown, [name]: nested };
}
