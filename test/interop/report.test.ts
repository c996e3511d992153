/** How a run of the suites is told: the counts, the one line, the table, the exit code. */
import { expect, test } from 'vitest';
import { countsOf, exitCodeOf, jsonOf, tableOf } from './report.ts';
import type { SuiteResult } from './suite.ts';

const about = { name: 'demo', program: 'example.org/demo', version: 'v1', skipped: null };
const passed = { name: 'it works', ms: 1, failure: null };
const failed = { name: 'it stays', ms: 1, failure: 'it went' };
const fine: SuiteResult = { ...about, checks: [passed, passed] };
const broken: SuiteResult = { ...about, checks: [passed, failed] };
const skipped: SuiteResult = { ...about, name: 'far', checks: [], skipped: 'there is no Go' };

test('passed and failed checks are counted, a skipped suite as one', () => {
  expect(countsOf(broken)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(countsOf(skipped)).toEqual({ passed: 0, failed: 0, skipped: 1 });
});

test('programs get one line of JSON, with the reason of what was skipped', () => {
  const line = jsonOf([fine, skipped]);
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    v: 1,
    suites: [
      { name: 'demo', version: 'v1', passed: 2, failed: 0, skipped: 0 },
      { name: 'far', version: 'v1', passed: 0, failed: 0, skipped: 1, skippedBecause: 'there is no Go' },
    ],
  });
});

test('people get a table, and below it what failed and what was skipped', () => {
  expect(tableOf([broken, skipped]).split('\n')).toEqual([
    'suite  program           version  checks  passed  skipped  failed',
    'demo   example.org/demo  v1       2       1       0        1',
    'far    example.org/demo  v1       0       0       1        0',
    '',
    'demo failed: it stays: it went',
    'far skipped: there is no Go',
  ]);
});

test('only a failed check fails the run', () => {
  expect(exitCodeOf([fine, skipped])).toBe(0);
  expect(exitCodeOf([fine, broken])).toBe(1);
});
