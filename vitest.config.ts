import { defineConfig } from 'vitest/config';

/** Two workers, because the suite starts engines and servers beside them; a fresh process per file keeps files apart. */
export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    setupFiles: ['./test/leak-watch.ts'],
    pool: 'forks',
    maxWorkers: 2,
    isolate: true,
    testTimeout: 180_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/reporter.ts'],
  },
});
