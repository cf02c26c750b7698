/**
 * Closes every run with exactly one line that a script can read: `N passed, N failed, N skipped`.
 *
 * It counts tests. What keeps a test from running counts as failed too: a file that cannot be imported, a suite whose
 * hook throws, an error outside any test, a run that was interrupted, a run that found no test. Only a run in which
 * everything that ran is green ends in `0 failed`.
 */
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

export function tally(
  modules: readonly TestModule[],
  unhandledErrors: number,
  reason: TestRunEndReason,
): Tally {
  let passed = 0;
  let failed = unhandledErrors;
  let skipped = 0;
  for (const module of modules) {
    failed += module.errors().length;
    for (const suite of module.children.allSuites()) failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state === 'skipped') skipped += 1;
      else failed += 1;
    }
  }
  const nothingRan = passed + failed + skipped === 0;
  if (failed === 0 && (reason !== 'passed' || nothingRan)) failed = 1;
  return { passed, failed, skipped };
}

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: TestRunEndReason): void {
    const line = closingLine(tally(modules, errors.length, reason));
    // The default reporter prints its own summary from the same hook: write after it, on the way out.
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }
}
