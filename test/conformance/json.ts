/** Ways into JSON of unknown shape: a step that leads nowhere gives undefined. */

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `read(user, 'emails', 0, 'value')`. */
export function read(value: unknown, ...steps: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of steps) {
    if (Array.isArray(at) && typeof step === 'number') at = at[step];
    else if (isJson(at) && Object.hasOwn(at, step)) at = at[step];
    else return undefined;
  }
  return at;
}

export function readText(value: unknown, ...steps: readonly (string | number)[]): string {
  const found = read(value, ...steps);
  return typeof found === 'string' ? found : '';
}

export function readList(value: unknown, ...steps: readonly (string | number)[]): readonly unknown[] {
  const found = read(value, ...steps);
  return Array.isArray(found) ? found : [];
}

/** Every value inside, itself first, with the path that leads there. */
export function* walk(value: unknown, path = ''): Generator<readonly [string, unknown]> {
  yield [path, value];
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* walk(item, `${path}[${index}]`);
  } else if (isJson(value)) {
    for (const [name, item] of Object.entries(value))
      yield* walk(item, path === '' ? name : `${path}.${name}`);
  }
}

/** Undefined for what is no JSON. */
export function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // SyntaxError is the only one; whoever expects JSON sees that there is none.
    return undefined;
  }
}
