/** How a suite is run: what becomes a failure, what is undone, what stops everything. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Check, runSuite, type Suite, type SuiteContext } from './suite.ts';

const quiet = (): void => undefined;
const never = new AbortController().signal;

function suiteOf(checks: readonly Check[], more: Partial<Suite> = {}): Suite {
  return {
    name: 'demo',
    program: 'example.org/demo',
    version: async () => 'v1',
    missing: async () => null,
    checks: async () => checks,
    ...more,
  };
}

test('a check that throws fails, and the next one runs all the same', async () => {
  const wrong: Check = { name: 'wrong', run: () => Promise.reject(new Error('no')) };
  const right: Check = { name: 'right', run: async () => undefined };
  const { checks } = await runSuite(suiteOf([wrong, right]), quiet, never);
  expect(checks.map(({ name, failure }) => [name, failure])).toEqual([
    ['wrong', 'no'],
    ['right', null],
  ]);
});

test('a check that hangs is given up at its deadline, and its signal aborts', async () => {
  let signal = never;
  const hung: Check = {
    name: 'hung',
    timeoutMs: 10,
    run: (context) => {
      signal = context.signal;
      return new Promise(() => undefined);
    },
  };
  const { checks } = await runSuite(suiteOf([hung]), quiet, never);
  expect(checks[0]?.failure).toBe('not done after 0.01 s');
  expect(signal.aborted).toBe(true);
});

test('what is missing skips the suite before anything is set up', async () => {
  const checks = () => Promise.reject(new Error('not to be called'));
  const result = await runSuite(suiteOf([], { missing: async () => 'no Go', checks }), quiet, never);
  expect(result).toMatchObject({ skipped: 'no Go', checks: [] });
});

test('a set-up that fails is a failed check, and what it had made is undone', async () => {
  let directory = '';
  const undone: string[] = [];
  const checks = async (context: SuiteContext): Promise<readonly Check[]> => {
    directory = context.directory;
    context.stack.defer(() => void undone.push('server'));
    throw new Error('no port');
  };
  const result = await runSuite(suiteOf([], { checks }), quiet, never);
  expect(result.checks).toMatchObject([{ name: 'the suite is set up', failure: 'no port' }]);
  expect(undone).toEqual(['server']);
  expect(existsSync(directory)).toBe(false);
});

test('an interruption is thrown, not counted', async () => {
  const interrupted = new AbortController();
  const check: Check = {
    name: 'long',
    run: async () => interrupted.abort(new Error('interrupted by SIGINT')),
  };
  const run = runSuite(suiteOf([check, check]), quiet, interrupted.signal);
  await expect(run).rejects.toThrow('interrupted by SIGINT');
});
