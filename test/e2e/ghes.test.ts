/** The main way where jobs are offered and must be acquired, as on a GitHub Enterprise Server. */
import { expect, test } from 'vitest';
import { allRunners, ended, HOLD, letGo, nothingLeft, queueJob, seen, served, statusWhere } from './acts.ts';
import type { Stage } from './stage.ts';

const assignedNow = (stage: Stage) =>
  stage.github.scaleSets().reduce((sum, { statistics }) => sum + statistics.totalAssignedJobs, 0);

test('of three jobs that are offered two run at once, the third is acquired when there is room, and nothing is left', async () => {
  await using stage = await served({ github: { backend: 'ghes' } });
  const jobs = [queueJob(stage, HOLD), queueJob(stage, HOLD), queueJob(stage)];
  const { runners } = await statusWhere(
    stage,
    'two busy runners',
    (status) => status.runners.filter(({ phase }) => phase === 'busy').length === 2,
  );
  expect(assignedNow(stage)).toBe(2);
  for (const { name } of runners) letGo(stage, name);
  for (const job of jobs) expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  const ends = (await allRunners(stage)).map(({ why }) => why);
  expect(ends).toEqual(['job-done', 'job-done', 'job-done']);
});

test('an agent that is killed with jobs offered to it takes them up in its next life', async () => {
  await using stage = await served({ github: { backend: 'ghes' } });
  await seen(stage, 'the session', () => stage.github.scaleSets()[0]?.session);
  stage.github.fault('acquire-jobs', { kind: 'stall' });
  const job = queueJob(stage);
  await seen(stage, 'the offer taken up', () =>
    stage.github.scaleSets().some(({ unacknowledged }) => unacknowledged.length > 0),
  );
  await stage.stopAgent('SIGKILL');
  stage.github.clearFaults();
  await stage.startAgent();
  expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
});

test('labels that an old server drops show as a problem, and the job that asks for none of them runs', async () => {
  const pool = { name: 'ios', labels: ['ios', 'xcode-26'], defaultLabels: false, image: 'macos-ios' };
  await using stage = await served({ pools: [pool], github: { backend: 'ghes', dropExtraLabels: true } });
  await statusWhere(stage, 'the problem', ({ problems }) =>
    problems.some((problem) => problem.startsWith('Pool ios: GitHub dropped the labels xcode-26: ')),
  );
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
  await nothingLeft(stage);
});
