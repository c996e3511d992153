/** Errors as people get them: three lines, whatever broke. */
import { expect, test } from 'vitest';
import { exitCodeOf, explain, RefusedError } from '../../src/cli/errors.ts';
import { createPaint } from '../../src/cli/paint.ts';
import { MacrunnerError } from '../../src/core/error.ts';

const paint = createPaint(false);

test('an error is what, why and what to do, the cause and the hint of its own first', () => {
  const cause = new Error('outer', { cause: new Error('connect ENOENT /run/agent.sock') });
  const error = new MacrunnerError('daemon-unreachable', 'the agent does not answer', {
    cause,
    hint: 'start it',
  });
  expect(explain(error, paint)).toBe(
    'macrunner: the agent does not answer\n  why: connect ENOENT /run/agent.sock\n  do:  start it',
  );
});

test('without a cause and a hint, the kind of error has both', () => {
  const lines = explain(new MacrunnerError('disk-full', 'no room for the clone'), paint).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[2]).toMatch(/^ {2}do: {2}free some space/);
});

test('a mistake of ours shows where it is', () => {
  const text = explain(new TypeError('x is not a function'), paint);
  expect(text).toContain('macrunner: TypeError: x is not a function');
  expect(text).toContain('errors.test.ts');
});

test.each([
  [new MacrunnerError('usage', ''), 2],
  [new MacrunnerError('daemon-unreachable', ''), 3],
  [new RefusedError('github-conflict', ''), 5],
  [new MacrunnerError('github-conflict', ''), 1],
  [new Error('anything'), 1],
])('%o ends with exit code %i', (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
