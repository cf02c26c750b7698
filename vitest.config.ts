import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of minutes, which would keep one worker busy when all others have ended. */
const long = /\/test\/(simulation\/simulation|kill\/drain)\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => long.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Three workers for two cores: whoever kills processes and waits for clocks leaves one free. A process per file keeps files apart. */
export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    setupFiles: ['./test/leak-watch.ts'],
    pool: 'forks',
    maxWorkers: 3,
    isolate: true,
    testTimeout: 180_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/reporter.ts'],
    sequence: { sequencer: LongestFirst },
  },
});
