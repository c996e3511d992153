/** Slots, pools and warm runners: who gets what, and what GitHub is told of it. */
import { expect, test } from 'vitest';
import {
  allRunners,
  ended,
  HOLD,
  IOS,
  jobIn,
  jobNow,
  letGo,
  MAC,
  nothingLeft,
  ownVms,
  queueJob,
  runForeign,
  runnerIn,
  seen,
  served,
  statusWhere,
  worker,
} from './acts.ts';
import { openStage, type Stage } from './stage.ts';
import { Watcher } from './watcher.ts';

const WARM = { ...IOS, warm: 1 };

const phases = async (stage: Stage) => (await stage.status()).runners.map(({ phase }) => phase).toSorted();

test('a warm runner has no credential until a job is assigned, takes that job, and is replaced', async () => {
  await using stage = await served({ pools: [WARM] });
  const warm = await runnerIn(stage, 'warm');
  expect(stage.github.runners()).toEqual([]);
  const job = await ended(stage, queueJob(stage, 'echo "on $RUNNER_NAME"'));
  expect(job.log).toContain(`on ${warm.name}`);
  const next = await seen(stage, 'another warm runner', async () =>
    (await stage.status()).runners.find(({ name, phase }) => phase === 'warm' && name !== warm.name),
  );
  await statusWhere(stage, 'the first gone', ({ runners }) => runners.length === 1);
  expect(stage.github.runners()).toEqual([]);
  expect((await allRunners(stage)).map(({ name }) => name)).toEqual([warm.name, next.name]);
});

test('a warm runner of another pool makes way for a job that would wait', async () => {
  await using stage = await served({ slots: 1, pools: [WARM, MAC] });
  await runnerIn(stage, 'warm', 'ios');
  expect((await ended(stage, queueJob(stage, 'true', 'mac'))).conclusion).toBe('success');
  await runnerIn(stage, 'warm', 'ios');
  expect((await allRunners(stage)).map(({ pool, why }) => [pool, why])).toEqual([
    ['ios', 'evicted'],
    ['mac', 'job-done'],
    ['ios', null],
  ]);
});

test('jobs of two pools are served in the order in which they came, and neither pool starves', async () => {
  await using stage = await served({ slots: 1, pools: [IOS, MAC] });
  const first = queueJob(stage, HOLD);
  const name = await worker(stage, first);
  const others = ['mac', 'ios'].map((label) => {
    stage.github.advance(20); // Jobs of the same millisecond have no order.
    return queueJob(stage, 'true', label);
  });
  await statusWhere(stage, 'the second', ({ jobs }) => jobs.some(({ pool }) => pool === 'mac'));
  letGo(stage, name);
  for (const job of [first, ...others]) expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  const pools = (await allRunners(stage)).map(({ pool }) => pool);
  expect(pools).toEqual(['ios', 'mac', 'ios']);
});

test('a job for which no slot is free waits, says why, and is served when one is', async () => {
  await using stage = await served({ slots: 1, pools: [IOS, MAC] });
  const first = queueJob(stage, HOLD);
  const name = await worker(stage, first);
  const second = queueJob(stage, 'true', 'mac');
  const { jobs } = await statusWhere(stage, 'the cause', (status) =>
    status.jobs.some(({ cause }) => cause !== null),
  );
  expect(jobs.find(({ pool }) => pool === 'mac')?.cause).toBe('slot-busy');
  expect(await stage.cli('why', second.queueId)).toContain('every slot of this host is taken');
  letGo(stage, name);
  expect((await ended(stage, second)).conclusion).toBe('success');
});

test('VMs of others take slots: never a third one runs, and the job says whom it waits for', async () => {
  await using stage = await openStage({ pools: [IOS] });
  const foreign = ['foreign-1', 'foreign-2'].map((name) => {
    stage.tart.addImage(name);
    return runForeign(stage, name);
  });
  await seen(stage, 'both foreign VMs', async () =>
    (await Promise.all([stage.tart.isRunning('foreign-1'), stage.tart.isRunning('foreign-2')])).every(
      Boolean,
    ),
  );
  await stage.startAgent();
  const watcher = new Watcher({ agentPid: () => stage.agentPid, home: stage.home, secrets: () => [] });
  const job = queueJob(stage);
  const { jobs } = await statusWhere(stage, 'the cause', (status) => status.jobs[0]?.cause === 'foreign-vms');
  expect(jobs).toHaveLength(1);
  expect(stage.tart.calls('clone')).toEqual([]);
  foreign[0]?.kill('SIGINT');
  expect((await ended(stage, job)).conclusion).toBe('success');
  watcher.stop();
  expect(watcher.mostVms).toBeLessThanOrEqual(1);
  await statusWhere(stage, 'its runner gone', ({ runners }) => runners.length === 0);
  expect(ownVms(stage)).toEqual([]);
  expect(await stage.tart.isRunning('foreign-2')).toBe(true);
});

test('a host without slots left tells GitHub so, and takes what fits when one comes free', async () => {
  await using stage = await served({ slots: 1 });
  const first = queueJob(stage, HOLD);
  const name = await worker(stage, first);
  const second = queueJob(stage);
  await seen(stage, 'capacity 1 at GitHub', () => stage.github.scaleSets()[0]?.capacity === 1);
  expect(jobNow(stage, second).status).toBe('queued');
  letGo(stage, name);
  await jobIn(stage, 'completed', second);
  await nothingLeft(stage);
});

test('a pool’s maximum holds, whatever the slots', async () => {
  await using stage = await served({ pools: [{ ...IOS, max: 1 }] });
  const jobs = [queueJob(stage, HOLD), queueJob(stage, HOLD)];
  const name = await worker(stage, jobs[0] ?? queueJob(stage));
  expect(await phases(stage)).toEqual(['busy']);
  letGo(stage, name);
  const other = jobs[1] ?? queueJob(stage);
  letGo(stage, await worker(stage, other));
  expect((await ended(stage, other)).conclusion).toBe('success');
  await nothingLeft(stage);
});
