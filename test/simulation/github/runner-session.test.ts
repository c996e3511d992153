/** A runner's side of the simulated GitHub: who may connect, which job it gets, and what becomes of both. */
import { expect, test } from 'vitest';
import { LABELS, type Rig, rigged } from './rig.ts';
import type { RunnerJob, RunnerSession } from './runner-side.ts';

const MINUTE = 60_000;

/** Announces 2 and queues as many jobs as told. */
async function withJobs(count: number, rig: Rig): Promise<void> {
  void rig.poll();
  for (let n = 0; n < count; n += 1) rig.github.queueJob({ labels: LABELS });
  await rig.pass(0);
}

function started(runner: RunnerSession): RunnerJob {
  const job = runner.nextJob();
  if (!job || runner.startJob(job) !== 'started') throw new Error('no job');
  return job;
}

test('a runner is told of a job that waits and of one that comes, and gets the oldest', async () => {
  const rig = await rigged();
  await withJobs(1, rig);
  const told: string[] = [];
  const first = await rig.runner('a', { onJob: () => void told.push('a') });
  await rig.runner('b', { onJob: () => void told.push('b') });
  expect(told).toEqual([]);
  await rig.pass(0);
  expect(told).toEqual(['a', 'b']);
  expect(first.nextJob()).toMatchObject({ key: 'job-1', jobId: 'job-1', repository: 'acme/app' });
  rig.github.queueJob({ labels: LABELS });
  await rig.pass(0);
  expect(told).toEqual(['a', 'b', 'b']);
});

test('a job that is not started within a minute goes to another runner', async () => {
  const rig = await rigged();
  await withJobs(1, rig);
  const [first, second] = [await rig.runner('a'), await rig.runner('b')];
  const job = first.nextJob();
  expect([first.nextJob(), second.nextJob()]).toEqual([job, null]);
  await rig.pass(MINUTE);
  expect(second.nextJob()).toEqual(job);
  expect(job && first.startJob(job)).toBe('gone');
});

test('the end of a job takes the registration with it, and its runner gets no other', async () => {
  const rig = await rigged();
  await withJobs(2, rig);
  const jit = await rig.mint('a');
  const runner = rig.line.runnerConnect(jit);
  if (typeof runner === 'string') throw new Error(runner);
  const job = started(runner);
  expect(rig.line.runnerConnect(jit)).toBe('session-conflict');
  expect(runner.finishJob(job, 'failed')).toBe('finished');
  expect([...rig.github.runners()]).toEqual([]);
  expect([runner.nextJob(), runner.finishJob(job, 'failed')]).toEqual([null, 'gone']);
  expect(rig.line.runnerConnect(jit)).toBe('unknown-registration');
  expect(rig.github.job(job.key)).toMatchObject({ result: 'failed', ending: 'finished' });
  expect(rig.kinds().slice(-4)).toEqual(['job-started', 'job-completed', 'unregistered', 'runner-offline']);
});

test.for(['vanish', 'disconnect'] as const)('after %s a running job fails in ten minutes', async (how) => {
  const rig = await rigged();
  await withJobs(1, rig);
  const runner = await rig.runner('a');
  started(runner);
  runner[how]();
  await rig.pass(10 * MINUTE - 1);
  expect(rig.github.job('job-1').status).toBe('running');
  expect((await rig.admin('DELETE', 'distributedtask/pools/0/agents/1')).status).toBe(400);
  await rig.pass(1);
  expect(rig.github.job('job-1')).toMatchObject({ result: 'failed', ending: 'runner-lost' });
  expect([...rig.github.runners()]).toEqual([]);
});

test('a runner that died is shown online for a minute, one that said goodbye is not', async () => {
  const rig = await rigged();
  const { signal } = new AbortController();
  const [died, left] = [await rig.runner('died'), await rig.runner('left')];
  died.vanish();
  left.disconnect();
  expect(await rig.line.rest.runners(signal)).toMatchObject([{ status: 'online' }, { status: 'offline' }]);
  await rig.pass(MINUTE);
  expect(await rig.line.rest.runners(signal)).toMatchObject([{ status: 'offline' }, { status: 'offline' }]);
  await rig.pass(24 * 60 * MINUTE);
  expect(await rig.line.rest.runners(signal)).toEqual([]);
});

test('a cancelled job is told to its runner, which has five minutes', async () => {
  const rig = await rigged();
  await withJobs(1, rig);
  const told: string[] = [];
  const runner = await rig.runner('a', {
    onCancel: ({ key }) => void told.push(key),
    onRemoved: () => void told.push('removed'),
  });
  const job = started(runner);
  rig.github.cancelJob(job.key);
  await rig.pass(5 * MINUTE - 1);
  expect([told, rig.github.job(job.key).status]).toEqual([['job-1'], 'running']);
  await rig.pass(2);
  expect(rig.github.job(job.key)).toMatchObject({ result: 'canceled', ending: 'cancelled' });
  expect(told).toEqual(['job-1', 'removed']);
  expect(runner.finishJob(job, 'canceled')).toBe('gone');
});

test('a record that vanishes is told to an idle runner; a running job ends as its process says', async () => {
  const rig = await rigged();
  await withJobs(1, rig);
  const told: string[] = [];
  const busy = await rig.runner('busy', { onRemoved: () => void told.push('busy') });
  const job = started(busy);
  await rig.runner('idle', { onRemoved: () => void told.push('idle') });
  expect([rig.github.forgetRunner('busy'), rig.github.forgetRunner('idle')]).toEqual([true, true]);
  await rig.pass(20 * MINUTE);
  expect(told).toEqual(['busy', 'idle']);
  expect(busy.finishJob(job, 'succeeded')).toBe('finished');
  expect(rig.github.forgetRunner('busy')).toBe(false);
});

test('runners that cannot reach GitHub are offline after a minute, and lose their jobs after ten', async () => {
  const rig = await rigged();
  await withJobs(2, rig);
  const { signal } = new AbortController();
  const [short, long] = [await rig.runner('a'), await rig.runner('b')];
  const [kept, lost] = [started(short), started(long)];
  const outage = { fault: 'lost-request', from: 'host', andRunners: true } as const;
  rig.github.outage(outage);
  expect(short.finishJob(kept, 'succeeded')).toBe('unreachable');
  await rig.pass(9 * MINUTE);
  const other = rig.github.connect('other').rest;
  expect(await other.runners(signal)).toMatchObject([{ status: 'offline' }, { status: 'offline' }]);
  rig.github.outage({ ...outage, fault: null });
  await rig.pass(5 * MINUTE);
  expect(short.finishJob(kept, 'succeeded')).toBe('finished');
  rig.github.outage(outage);
  await rig.pass(10 * MINUTE);
  rig.github.outage({ ...outage, fault: null });
  expect(long.finishJob(lost, 'succeeded')).toBe('gone');
  expect(rig.github.job(lost.key)).toMatchObject({ result: 'failed', ending: 'runner-lost' });
});
