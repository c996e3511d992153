/** What a series of looks at a process says: slopes, rises, and how much is kept of what is over. */
import { expect, test } from 'vitest';
import { aSample, aSeries } from '../support/soak-series.ts';
import { afterWarmUp, most, rise, rowsPerKeptJob, slopePer1000 } from './series.ts';

test('a straight line has its own slope, whatever it is laid over', () => {
  const samples = aSeries(20, (jobs) => ({ rssKiB: 150_000 + 0.25 * jobs }));
  expect(slopePer1000(samples, 'rssKiB')).toBeCloseTo(250);
});

test('what goes up and down by the same has no slope', () => {
  const samples = aSeries(40, (_jobs, index) => ({
    heapKiB: 30_000 + (index % 4 === 1 || index % 4 === 2 ? 500 : 0),
  }));
  expect(Math.abs(slopePer1000(samples, 'heapKiB'))).toBeLessThan(1);
});

test.each([0, 1])('%i looks make no line', (looks) => {
  expect(slopePer1000(aSeries(looks), 'rssKiB')).toBe(0);
});

test.each([
  [3_000, 800, 'the first quarter of the jobs is not judged'],
  [800, 300, 'nor are the first 300'],
  [200, undefined, 'a run of fewer is not judged at all'],
])('of %i jobs those from %s on are judged: %s', (jobs, from, _why) => {
  expect(afterWarmUp(aSeries(jobs / 100 + 1))[0]?.jobs).toBe(from);
});

test('a rise is what the later half has more at its most', () => {
  const samples = [30, 34, 31, 33, 36, 32].map((fds, index) => aSample({ fds, jobs: index * 100 }));
  expect([most(samples, 'fds'), rise(samples, 'fds')]).toEqual([36, 2]);
});

test('a ledger that forgets has rows for what is young alone', () => {
  const forgets = aSeries(50, (jobs) => ({ ledgerRows: 20 * Math.min(jobs, 500) }));
  const remembers = aSeries(50, (jobs) => ({ ledgerRows: 20 * jobs }));
  // A hundred jobs in ten seconds: five looks back is 500 jobs ago.
  expect(rowsPerKeptJob(forgets, 50)).toBeLessThanOrEqual(20);
  expect(rowsPerKeptJob(remembers, 50)).toBeGreaterThan(150);
});
