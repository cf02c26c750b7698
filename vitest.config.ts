import { defineConfig } from 'vitest/config';

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
  },
});
