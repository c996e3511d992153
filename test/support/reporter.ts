/** Closes a test run with seconds per suite and one plain line of counts. */
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

interface Suite {
  seconds: number;
  passed: number;
  failed: number;
  skipped: number;
}

export function createSuiteReporter(root: string): Reporter {
  return {
    onTestRunEnd(modules, errors) {
      const suites = new Map<string, Suite>();
      for (const module of modules) count(suites, suiteOf(root, module), module);
      const lines = [...suites]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, suite]) => lineOf(name, suite));
      const total = sum([...suites.values()]);
      const failed = total.failed + errors.length;
      console.log(
        ['', ...lines, '', `${total.passed} passed, ${failed} failed, ${total.skipped} skipped`].join('\n'),
      );
    },
  };
}

/** The room or the kind of test: `test/core/plan.test.ts` belongs to `core`. */
function suiteOf(root: string, module: TestModule): string {
  const [, first = '', ...rest] = relative(root, module.moduleId).split('/');
  return rest.length > 0 ? first : 'repository';
}

function count(suites: Map<string, Suite>, name: string, module: TestModule): void {
  const suite = suites.get(name) ?? { seconds: 0, passed: 0, failed: 0, skipped: 0 };
  suites.set(name, suite);
  suite.seconds += module.diagnostic().duration / 1_000;
  if (module.errors().length > 0) suite.failed += 1;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed' || state === 'failed' || state === 'skipped') suite[state] += 1;
  }
}

function sum(suites: readonly Suite[]): Suite {
  const total = { seconds: 0, passed: 0, failed: 0, skipped: 0 };
  for (const suite of suites) {
    total.seconds += suite.seconds;
    total.passed += suite.passed;
    total.failed += suite.failed;
    total.skipped += suite.skipped;
  }
  return total;
}

function lineOf(name: string, suite: Suite): string {
  return `${name.padEnd(14)} ${suite.seconds.toFixed(1).padStart(7)} s  ${suite.passed} of ${suite.passed + suite.failed}`;
}
