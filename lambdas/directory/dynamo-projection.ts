/** Which attributes a read asks for, as DynamoDB takes it. */

/** The names on the way to an attribute: `['resource', 'title']`. No path may be the beginning of another. */
export type AttributePath = readonly string[];

export interface Projected {
  readonly ProjectionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
}

/** Every name through a placeholder: some are reserved words, and URNs hold dots. */
export function projectionOf(paths: readonly AttributePath[]): Projected {
  const names = [...new Set(paths.flat())];
  const holder = (name: string): string => `#o${names.indexOf(name)}`;
  return {
    ProjectionExpression: paths.map((path) => path.map(holder).join('.')).join(', '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [holder(name), name])),
  };
}
