import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

function runWith(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-reporter-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const run = spawnSync(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, '--config', 'none.config.mjs']
        .concat(['--reporter', 'default', '--reporter', join(root, 'test/reporter.ts')])
        .concat(['--maxWorkers', '1']),
      { encoding: 'utf8', env: { PATH: process.env.PATH, NO_COLOR: '1' } },
    );
    return { exitCode: run.status, lastLine: run.stdout.trimEnd().split('\n').at(-1) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const header = "import { describe, expect, test } from 'vitest';\n";
const config = { 'none.config.mjs': 'export default {};\n' };

describe('the closing line of a test run', () => {
  test('counts tests that passed, failed and were skipped', { timeout: 120_000 }, () => {
    const run = runWith({
      ...config,
      'a.test.js': `${header}test('a', () => {}); test('b', () => {}); test.skip('c', () => {});`,
      'b.test.js': `${header}describe('x', () => { test('d', () => expect(1).toBe(2)); });`,
    });
    expect(run).toEqual({ exitCode: 1, lastLine: '2 passed, 1 failed, 1 skipped' });
  });

  test('a green run ends with 0 failed and exit code 0', { timeout: 120_000 }, () => {
    const run = runWith({ ...config, 'a.test.js': `${header}test('a', () => {});` });
    expect(run).toEqual({ exitCode: 0, lastLine: '1 passed, 0 failed, 0 skipped' });
  });

  const broken = [
    { label: 'a file that cannot be imported', file: "import './absent.js';", passed: 0 },
    {
      label: 'an error that no test caught',
      file: `${header}test('a', () => { setTimeout(() => { throw new Error('late'); }); return new Promise((r) => setTimeout(r, 50)); });`,
      passed: 1,
    },
    { label: 'a file without a single test', file: `${header}expect(1).toBe(1);`, passed: 0 },
  ];
  for (const { label, file, passed } of broken) {
    test(`${label} counts as failed`, { timeout: 120_000 }, () => {
      const run = runWith({ ...config, 'a.test.js': file });
      expect(run).toEqual({ exitCode: 1, lastLine: `${passed} passed, 1 failed, 0 skipped` });
    });
  }
});
