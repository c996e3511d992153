/** The pace of the loop: every second where a deadline of seconds runs, every five elsewhere. */
import { expect, test } from 'vitest';
import { PHASES, type Runner } from '../../src/core/runner.ts';
import { nextLookMs } from '../../src/daemon/pace.ts';
import { aRunner, NOW, SECOND } from '../support/world.ts';

function pace(runners: readonly Runner[], details: Partial<Parameters<typeof nextLookMs>[0]> = {}): number {
  return nextLookMs({ nowMs: NOW, runners, isWaiting: false, silent: new Map(), ...details });
}

const long = { sinceMs: NOW - 20 * SECOND };

test('an empty host sleeps, and so does one whose runners have long been warm or busy', () => {
  expect(pace([])).toBe(5_000);
  expect(pace([aRunner('a', 'warm', long), aRunner('b', 'busy', long)])).toBe(5_000);
});

test('every other phase has a deadline of seconds, however long it lasts', () => {
  const awake = PHASES.filter((phase) => pace([aRunner('a', phase, long)]) === 1_000);
  expect(awake).toEqual(PHASES.filter((phase) => phase !== 'warm' && phase !== 'busy'));
});

test('one runner that came into its phase just now, fell silent or has ended its job keeps the loop awake', () => {
  const calm = aRunner('a', 'warm', long);
  expect(pace([calm, aRunner('b', 'warm', { sinceMs: NOW - 19 * SECOND })])).toBe(1_000);
  expect(pace([calm], { silent: new Map([[calm.name, NOW]]) })).toBe(1_000);
  expect(pace([calm, aRunner('b', 'busy', { ...long, jobEndedMs: NOW - SECOND })])).toBe(1_000);
});

test('a job that waits keeps the loop awake on an empty host', () => {
  expect(pace([], { isWaiting: true })).toBe(1_000);
});
