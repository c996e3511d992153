/**
 * The tests' one configuration. Suites that need a program the machine lacks skip themselves and say so. The end-to-end
 * tests stand apart because they play the program as it ships: it is built once, before the first of them.
 */
import { defineConfig } from 'vitest/config';
import { createSuiteReporter } from './support/reporter.ts';

const root = new URL('..', import.meta.url).pathname;

export default defineConfig({
  test: {
    root,
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    maxWorkers: 2,
    reporters: ['default', createSuiteReporter(root)],
    projects: [
      {
        extends: true,
        test: { name: 'rooms', include: ['test/**/*.test.ts'], exclude: ['test/e2e/**'] },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/e2e/build.ts',
          testTimeout: 60_000,
        },
      },
    ],
  },
});
