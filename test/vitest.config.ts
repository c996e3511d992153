/** The tests' one configuration. Suites that need a program the machine lacks skip themselves and say so. */
import { defineConfig } from 'vitest/config';
import { createSuiteReporter } from './support/reporter.ts';

const root = new URL('..', import.meta.url).pathname;

export default defineConfig({
  test: {
    root,
    include: ['test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    maxWorkers: 2,
    reporters: ['default', createSuiteReporter(root)],
  },
});
