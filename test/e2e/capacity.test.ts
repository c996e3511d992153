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

/** GitHub has a set of the pool, and nobody listens to it. */
const deaf = (stage: Stage, pool: string) =>
  seen(
    stage,
    `the ${pool} set without a session`,
    () => stage.github.scaleSets().find(({ name }) => name.endsWith(`-${pool}`))?.session === null,
  );

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

test('of jobs of two pools on one slot all are served, and neither pool starves', async () => {
  await using stage = await served({ slots: 1, pools: [IOS, MAC] });
  const first = queueJob(stage, HOLD);
  const name = await worker(stage, first);
  const others = ['mac', 'ios'].map((label) => queueJob(stage, 'true', label));
  letGo(stage, name);
  for (const job of [first, ...others]) expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  const pools = (await allRunners(stage)).map(({ pool }) => pool);
  expect(pools.toSorted()).toEqual(['ios', 'ios', 'mac']);
});

test('of two jobs that one slot won at once, one waits, says why, and is served when it is free', async () => {
  await using stage = await served({ slots: 1, pools: [IOS, MAC] });
  const jobs = { ios: queueJob(stage, HOLD), mac: queueJob(stage, HOLD, 'mac') };
  const status = await statusWhere(stage, 'the cause', (seen) =>
    seen.jobs.some(({ cause }) => cause !== null),
  );
  const late = status.jobs.find(({ cause }) => cause !== null);
  expect(late?.cause).toBe('slot-busy');
  const [waits, runs] = late?.pool === 'mac' ? [jobs.mac, jobs.ios] : [jobs.ios, jobs.mac];
  expect(await stage.cli('why', waits.queueId)).toContain('every slot of this host is taken');
  letGo(stage, await worker(stage, runs));
  letGo(stage, await worker(stage, waits));
  for (const job of [runs, waits]) expect((await ended(stage, job)).conclusion).toBe('success');
});

test('a full host leaves the jobs of its other pools to GitHub, and listens again when a slot comes free', async () => {
  await using stage = await served({ slots: 1, pools: [IOS, MAC] });
  const first = queueJob(stage, HOLD);
  const name = await worker(stage, first);
  await deaf(stage, 'mac');
  const second = queueJob(stage, 'true', 'mac');
  await statusWhere(stage, 'the first', ({ jobs }) => jobs.length === 1);
  expect(jobNow(stage, second).status).toBe('queued');
  letGo(stage, name);
  expect((await ended(stage, second)).conclusion).toBe('success');
});

test('VMs of others take slots: never a third one runs, and until one ends the jobs are for others', async () => {
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
  await deaf(stage, 'ios');
  const job = queueJob(stage);
  expect(jobNow(stage, job).status).toBe('queued');
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
