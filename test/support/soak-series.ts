/** Looks at a healthy agent during a soak, for tests that change one thing about it. */
import type { Sample } from '../soak/series.ts';

export function aSample(change: Partial<Sample> = {}): Sample {
  const memory = { rssKiB: 160_000, heapKiB: 30_000, fds: 32 };
  const disk = { ledgerBytes: 4_000_000, ledgerRows: 200, logBytes: 600_000, logFiles: 3 };
  return { seconds: 0, jobs: 0, ...memory, ...disk, ...change };
}

/** One look every 100 jobs, which take ten seconds. */
export function aSeries(
  looks: number,
  changeOf: (jobs: number, index: number) => Partial<Sample> = () => ({}),
): readonly Sample[] {
  return Array.from({ length: looks }, (_, index) => {
    const jobs = index * 100;
    return aSample({ seconds: index * 10, jobs, ...changeOf(jobs, index) });
  });
}
