/** Runners that come to nothing, and jobs that end otherwise than they should: the pool is never stuck. */
import { expect, test } from 'vitest';
import {
  allRunners,
  ended,
  HOLD,
  IOS,
  jobIn,
  jobNow,
  letGo,
  nothingLeft,
  queueJob,
  runnerIn,
  seen,
  served,
  statusWhere,
  worker,
} from './acts.ts';

test('a runner that never comes online is given up at its deadline, and a fresh one serves its job', async () => {
  await using stage = await served({ deadlines: { registerSeconds: 2 } });
  stage.github.fault('runner-session', { kind: 'empty', status: 500 });
  const job = queueJob(stage);
  await runnerIn(stage, 'registering');
  await seen(stage, 'its end', async () =>
    (await allRunners(stage)).find(({ why }) => why === 'register-timeout'),
  );
  // A good runner must be in time, however busy the machine.
  await stage.cli('config', 'set', 'deadlines.registerSeconds', '180');
  stage.github.clearFaults();
  expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
});

test('a runner whose record GitHub removed ends without a job, and another serves it', async () => {
  await using stage = await served({ github: { acquireMs: 1_000 } });
  stage.github.fault('acquire-job', { kind: 'empty', status: 409 });
  const job = queueJob(stage);
  const { name } = await runnerIn(stage, 'idle');
  const record = await seen(stage, 'its record', () =>
    stage.github.runners().find((runner) => runner.name === name),
  );
  await fetch(`${stage.github.origin}/_control/runners/${record.id}/delete`, { method: 'POST', body: '{}' });
  stage.github.clearFaults();
  expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  expect((await allRunners(stage)).map(({ why }) => why)).toEqual(['no-job', 'job-done']);
});

test('a runner that is too old for GitHub is told among the problems after it failed again', async () => {
  await using stage = await served({ github: { minimumRunnerVersion: '9.0.0' } });
  const job = queueJob(stage);
  const { problems } = await statusWhere(
    stage,
    'the second failure',
    ({ pools }) => (pools[0]?.failures ?? 0) >= 2,
  );
  expect(problems.join()).toMatch(/[2-9] starts failed in a row/);
  stage.github.turn({ minimumRunnerVersion: null });
  expect((await ended(stage, job)).conclusion).toBe('success');
  expect((await stage.status()).problems).toEqual([]);
});

test('a job that is cancelled while its VM boots leaves a pool that serves the next one', async () => {
  await using stage = await served({ slots: 1, tart: { bootDelayMs: 800 } });
  // Should a busy machine let the VM boot before: it gets no job until this one is cancelled.
  stage.github.fault('acquire-job', { kind: 'empty', status: 409 });
  const job = queueJob(stage);
  await seen(stage, 'the start of its VM', () => stage.tart.calls('run').length > 0);
  stage.github.cancelJob(job.jobId);
  stage.github.clearFaults();
  expect((await ended(stage, job)).conclusion).toBe('cancelled');
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
  await stage.cli('drain', '--wait', '--timeout', '120');
  await nothingLeft(stage);
  expect(stage.github.jobs().every(({ status }) => status === 'completed')).toBe(true);
});

test('a job that is cancelled as its runner takes it costs no later job its runner', async () => {
  await using stage = await served({ slots: 1 });
  stage.github.fault('acquire-job', { kind: 'delay', ms: 400 }, 1);
  const job = queueJob(stage);
  await seen(stage, 'the offer', () => stage.github.runners().some(({ busy }) => busy));
  stage.github.cancelJob(job.jobId);
  const next = [queueJob(stage), queueJob(stage)];
  for (const each of next) expect((await ended(stage, each)).conclusion).toBe('success');
  await stage.cli('drain', '--wait', '--timeout', '120');
  await nothingLeft(stage);
});

test('a job that is cancelled while it runs ends, and its VM with it', async () => {
  await using stage = await served();
  const job = queueJob(stage, HOLD);
  await worker(stage, job);
  stage.github.cancelJob(job.jobId);
  expect((await ended(stage, job)).conclusion).toBe('cancelled');
  await nothingLeft(stage);
});

test('a completion that GitHub never tells costs no later job its runner', async () => {
  await using stage = await served({ slots: 1 });
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  const { world } = stage.github;
  letGo(stage, name);
  await jobIn(stage, 'completed', job);
  for (const set of world.scaleSets.values()) set.log = [];
  await nothingLeft(stage);
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
});

test('news of a completion that comes late starts no VM for a job that is over', async () => {
  await using stage = await served({ github: { holdMs: 200 } });
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  stage.github.fault('poll', { kind: 'delay', ms: 2_500 }, 1);
  await seen(stage, 'the slow poll', () => stage.github.world.faults.length === 0);
  letGo(stage, name);
  await ended(stage, job);
  await nothingLeft(stage);
  await statusWhere(stage, 'the news', ({ jobs }) => jobs.length === 0);
  expect(stage.tart.calls('clone')).toHaveLength(1);
});

test('an assignment that lapses because no VM could be had is told, and the job runs when it comes again', async () => {
  await using stage = await served({ pools: [IOS], github: { lapseMs: 1_500 } });
  stage.tart.script([{ command: 'clone', nth: 1, delayMs: 2_500 }]);
  const job = queueJob(stage);
  await seen(stage, 'its lapse', () => jobNow(stage, job).queueId !== job.queueId);
  // GitHub gives a job up that lapses again and again.
  stage.github.turn({ lapseMs: 300_000 });
  expect((await ended(stage, job)).conclusion).toBe('success');
  expect((await statusWhere(stage, 'no open job', ({ jobs }) => jobs.length === 0)).jobs).toEqual([]);
  await stage.cli('drain', '--wait', '--timeout', '120');
  await nothingLeft(stage);
});
