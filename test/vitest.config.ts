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
    // For what hangs: a busy machine must not reach them, and what waits inside a test gives up before.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000, interval: 10 } },
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
          testTimeout: 300_000,
        },
      },
    ],
  },
});
