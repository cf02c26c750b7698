/** Finds a place of a stack trace in the source, by the source map that lies beside each bundle. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { functionNames, root } from './bundle.ts';

/** `scim:12:3456` as in `index.mjs:12:3456` of the function's log. @throws Error that says how to ask */
export function findSource(folder: string, place: string): string {
  const [name, line, column] = place.split(':');
  const known = functionNames.find((one) => one === name);
  if (known === undefined || !/^\d+$/.test(line ?? '') || !/^\d+$/.test(column ?? ''))
    throw new Error('write: npm run bundle -- --where scim:12:3456');
  const map = new SourceMap(JSON.parse(readFileSync(join(folder, known, 'index.mjs.map'), 'utf8')));
  const origin = map.findOrigin(Number(line), Number(column));
  if (!('fileName' in origin)) throw new Error(`${place} is no place of the bundle of this version`);
  return `${relative(root, resolve(folder, known, origin.fileName))}:${origin.lineNumber}`;
}
