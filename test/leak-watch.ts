/** For every test file: what the process writes is heard, and a test that leaked a secret fails (`leaks.ts`). */
import { afterAll, afterEach, expect } from 'vitest';
import { hear, takeLeaks } from './leaks.ts';

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = (chunk: string | Uint8Array, ...rest: never[]) => {
    hear('output', typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1'));
    return write(chunk, ...rest);
  };
}
for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  const print = console[level].bind(console);
  console[level] = (...words: unknown[]) => {
    hear('output', words.map(String).join(' '));
    print(...words);
  };
}

const noLeaks = () => expect(takeLeaks(), 'secrets were heard').toEqual([]);
afterEach(noLeaks);
// Registered first, it runs last: after the bridges of the file were closed and their tables searched.
afterAll(noLeaks);
