import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleFunctions, functionNames } from '../../infra/bundle.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-bundles-'));
  bundleFunctions(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the bundles', () => {
  for (const name of functionNames) {
    test(`${name} is one ES module that starts on its own and exports a handler`, () => {
      const file = join(folder, name, 'index.mjs');
      const script = `const m = await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(typeof m.handler);`;
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: folder,
        encoding: 'utf8',
        env: {},
      });
      expect([run.stderr, run.stdout.trim()]).toEqual(['', 'function']);
      expect(statSync(file).size).toBeLessThan(2_000_000);
    });
  }

  test('none holds anything of local/, test/ or the CDK', () => {
    for (const name of functionNames) {
      const { sources } = JSON.parse(readFileSync(join(folder, name, 'index.mjs.map'), 'utf8'));
      const root = resolve(import.meta.dirname, '../..');
      const own = sources.map((source: string) => resolve(folder, name, source).replace(`${root}/`, ''));
      expect(own.filter((path: string) => /^(local|test|infra|operator)\/|aws-cdk/.test(path))).toEqual([]);
      expect(own).toContain(`lambdas/${name}.ts`);
    }
  });
});
