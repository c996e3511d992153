/** A soak so short that it says nothing of leaks, but that it works: all of it is played, and nothing is lost. */
import { expect, test } from 'vitest';
import { soak } from '../soak/soak.ts';
import { judge } from '../soak/verdict.ts';

test('the soak serves its jobs in two slots, measures, and leaves nothing', async ({ signal }) => {
  const soaked = await soak({ jobs: 40, seed: 7, say: () => undefined, signal });
  const { summary } = judge(soaked);
  expect([soaked.lost, soaked.complaints]).toEqual([[], []]);
  expect(summary).toMatchObject({ jobs: 40, lost: 0 });
  expect(soaked.samples.length).toBeGreaterThan(1);
  expect(soaked.samples.at(-1)).toMatchObject({ jobs: 40, logFiles: 1 });
  expect(Math.min(...soaked.samples.map(({ rssKiB, fds }) => Math.min(rssKiB, fds)))).toBeGreaterThan(5);
});
