/** Which ends of jobs are wrong, and what excuses them. */
import { expect, test } from 'vitest';
import type { JobView } from './github/simulated-github.ts';
import { JobLives } from './job-lives.ts';
import type { Incident, JobPlan } from './scenario.ts';

const PLAN: JobPlan = { atMs: 0, pool: 'ios', workMs: 1_000, result: 'succeeded', cancelAfterMs: null };
const SILENCE: Incident = { kind: 'silence', host: 0, atMs: 0, nth: 0, forMs: 100_000 };

function aJob(end: Pick<JobView, 'result' | 'ending'>): JobView {
  return {
    ...{ key: 'job-1', jobId: 'job-1', labels: ['ios'], status: 'completed', set: null, runner: null },
    ...{ queuedMs: 0, assignedMs: 0, completedMs: 9, lapses: 0 },
    ...end,
  };
}

const livesAmid = (...incidents: readonly Incident[]) =>
  new JobLives({ seed: 1, github: {}, hosts: [], jobs: [], incidents });

test('a job ends as planned, or as cancelled when it was', () => {
  const lives = livesAmid();
  expect(lives.whyWrong(aJob({ result: 'succeeded', ending: 'finished' }), PLAN)).toBeNull();
  expect(lives.whyWrong(aJob({ result: 'failed', ending: 'finished' }), PLAN)).toMatch(
    /planned was succeeded/,
  );
  const cancelled = aJob({ result: 'canceled', ending: 'cancelled' });
  expect(lives.whyWrong(cancelled, PLAN)).not.toBeNull();
  expect(lives.whyWrong(cancelled, { ...PLAN, cancelAfterMs: 5 })).toBeNull();
});

test('that a gate had no word is excused only when the daemon could not be heard', () => {
  const refused = aJob({ result: 'failed', ending: 'finished' });
  for (const [lives, isExcused] of [
    [livesAmid(), false],
    [livesAmid(SILENCE), true],
  ] as const) {
    lives.refused('job-1', 'no-verdict');
    expect(lives.whyWrong(refused, PLAN) === null).toBe(isExcused);
  }
});

test('that nobody made a runner for it is never excused, that its VM died is', () => {
  const lives = livesAmid({ kind: 'crash', host: 0, atMs: 0, nth: 0 });
  expect(lives.whyWrong(aJob({ result: 'failed', ending: 'runner-lost' }), PLAN)).toBeNull();
  expect(lives.whyWrong(aJob({ result: 'canceled', ending: 'given-up' }), PLAN)).toMatch(/given-up/);
});
