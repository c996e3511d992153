/** When a soak is well, and what is said when it is not. */
import { expect, test } from 'vitest';
import { aSeries } from '../support/soak-series.ts';
import type { Sample } from './series.ts';
import { closingLines, judge, type Soaked } from './verdict.ts';

function aSoak(change: Partial<Soaked> = {}): Soaked {
  const counts = { jobs: 10_000, seed: 1, ended: 10_000, cancelled: 400, seconds: 600 };
  return { ...counts, samples: aSeries(101), lost: [], complaints: [], ...change };
}

const withSamples = (changeOf: (jobs: number) => Partial<Sample>) =>
  aSoak({ samples: aSeries(101, changeOf) });

test('a flat soak is well, and its line begins with what others read', () => {
  const verdict = judge(aSoak());
  expect(verdict.problems).toEqual([]);
  expect(Object.entries(verdict.summary).slice(0, 6)).toEqual([
    ...[
      ['v', 1],
      ['jobs', 10_000],
      ['lost', 0],
      ['rssSlopeKiBPer1000', 0],
      ['fds', 32],
      ['ok', true],
    ],
  ]);
  expect(closingLines(verdict).at(-1)).toBe('All as it should be.');
});

test('a lost job, or any complaint, is not well', () => {
  const { summary, problems } = judge(
    aSoak({ lost: ['job-7 never ended'], complaints: ['the agent did not end well'] }),
  );
  expect(summary).toMatchObject({ lost: 1, ok: false });
  expect(problems).toEqual(['job-7 never ended', 'the agent did not end well']);
});

test.each([
  ['a kilobyte of heap a job', (jobs: number) => ({ heapKiB: 30_000 + jobs }), /^the heap grew by 1000 KiB/],
  [
    'resident memory',
    (jobs: number) => ({ rssKiB: 160_000 + 1.5 * jobs }),
    /^resident memory grew by 1500 KiB/,
  ],
  [
    'a descriptor every 1,000 jobs, and two',
    (jobs: number) => ({ fds: 32 + jobs / 500 }),
    /more file descriptors/,
  ],
  [
    'a kilobyte of ledger a job',
    (jobs: number) => ({ ledgerBytes: 4_000_000 + 1_024 * jobs }),
    /^the ledger grew by 1000 KiB/,
  ],
  ['rows of jobs long over', (jobs: number) => ({ ledgerRows: 20 * jobs }), /rows for each job/],
  ['a log that is not turned over', () => ({ logFiles: 1 }), /not turned over/],
  ['log files that stay', () => ({ logFiles: 9 }), /the log has 9 files/],
])('%s is found', (_what, changeOf, problem) => {
  const { summary, problems } = judge(withSamples(changeOf));
  expect(problems).toEqual([expect.stringMatching(problem)]);
  expect(summary.ok).toBe(false);
});

test('growth while it warms up, and the system’s own noise, are no leaks', () => {
  const noisy = withSamples((jobs) => ({
    rssKiB: jobs < 2_000 ? 100_000 + 30 * jobs : 160_000 + (jobs % 3_000),
    heapKiB: 30_000 + Math.log1p(jobs) * 100,
  }));
  expect(judge(noisy).problems).toEqual([]);
});
