/**
 * The directory's whole contract suite once more, on the simulation's model of DynamoDB: every test that the embedded
 * engine passes, the model passes too, so that what the simulation finds is a fault of ours and not of its store.
 */
import { readdirSync } from 'node:fs';
import { afterAll } from 'vitest';

process.env['DIRECTORY_STORE'] = 'model';
afterAll(() => {
  delete process.env['DIRECTORY_STORE'];
});

const folder = new URL('../../directory/', import.meta.url);
for (const name of readdirSync(folder).sort()) {
  if (name.endsWith('.test.ts')) await import(new URL(name, folder).href);
}
