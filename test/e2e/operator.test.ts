/** What an operator does to a running agent: another configuration, a second agent, a drain, the end of a runner. */
import { expect, test } from 'vitest';
import {
  allRunners,
  ended,
  HOLD,
  IOS,
  jobNow,
  letGo,
  MAC,
  nothingLeft,
  queueJob,
  runnerIn,
  seen,
  served,
  statusWhere,
  worker,
} from './acts.ts';

test('SIGHUP puts a good configuration in force: a new pool serves, a former one is let go', async () => {
  await using stage = await served({ pools: [IOS, MAC] });
  await statusWhere(stage, 'both queues open', ({ pools }) =>
    pools.every(({ queue }) => queue === 'listening'),
  );
  stage.configure((config) => ({ ...config, pools: [MAC, { ...IOS, name: 'second', labels: ['second'] }] }));
  process.kill(stage.agentPid, 'SIGHUP');
  const status = await statusWhere(stage, 'the new pools', ({ pools }) =>
    pools.every(({ name, queue }) => name !== 'ios' && queue === 'listening'),
  );
  expect(status.pools.map(({ name }) => name)).toEqual(['mac', 'second']);
  expect((await ended(stage, queueJob(stage, 'true', 'second'))).conclusion).toBe('success');
  expect(stage.github.scaleSets().find(({ name }) => name.endsWith('-ios'))?.session).toBeNull();
});

test('a reload follows other labels of a pool', async () => {
  await using stage = await served();
  await statusWhere(stage, 'the queue open', ({ pools }) => pools[0]?.queue === 'listening');
  stage.configure((config) => ({ ...config, pools: [{ ...IOS, labels: ['ios', 'xcode-27'] }] }));
  process.kill(stage.agentPid, 'SIGHUP');
  expect((await ended(stage, queueJob(stage, 'true', 'xcode-27'))).conclusion).toBe('success');
});

test('a bad configuration is refused: the last good one serves on, and the status says what is wrong', async () => {
  await using stage = await served();
  stage.configure((config) => ({ ...config, pools: [{ ...IOS, cpu: 'many' }] }));
  process.kill(stage.agentPid, 'SIGHUP');
  await statusWhere(
    stage,
    'the refusal',
    ({ isFine, problems }) => !isFine && /newest configuration is refused.*cpu/s.test(problems.join()),
  );
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
  stage.configure((config) => ({ ...config, pools: [IOS] }));
  process.kill(stage.agentPid, 'SIGHUP');
  await statusWhere(stage, 'all fine again', ({ isFine }) => isFine);
});

test('what only a new start can put in force is said after a reload', async () => {
  await using stage = await served();
  stage.configure((config) => ({ ...config, github: { ...Object(config.github), runnerGroup: 'others' } }));
  process.kill(stage.agentPid, 'SIGHUP');
  await statusWhere(stage, 'the note', ({ notes }) =>
    notes.some((note) => note.includes('from the next start of the agent on: github')),
  );
});

test('a second agent is refused with the number of the first, which serves on', async () => {
  await using stage = await served();
  const second = await stage.run('serve', 'agent');
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`process ${stage.agentPid} is already running`);
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
});

test('a drain finishes what runs, takes nothing new, outlives a restart, and ends with resume', async () => {
  await using stage = await served();
  const running = queueJob(stage, HOLD);
  const name = await worker(stage, running);
  await stage.cli('drain');
  await seen(stage, 'capacity 0 at GitHub', () => stage.github.scaleSets()[0]?.capacity === 0);
  const waiting = queueJob(stage);
  letGo(stage, name);
  expect((await ended(stage, running)).conclusion).toBe('success');
  await nothingLeft(stage);
  await stage.stopAgent();
  await stage.startAgent();
  const drained = await statusWhere(stage, 'the queue open', ({ pools }) => pools[0]?.queue === 'listening');
  expect(drained).toMatchObject({ host: { isDraining: true }, runners: [] });
  expect(drained.notes.join()).toContain('macrunner resume');
  expect(jobNow(stage, waiting).status).toBe('queued');
  await stage.cli('resume');
  expect((await ended(stage, waiting)).conclusion).toBe('success');
});

test('a warm runner is stopped on order, and an idle one as soon as GitHub agrees', async () => {
  await using stage = await served({ pools: [{ ...IOS, warm: 1 }] });
  const warm = await runnerIn(stage, 'warm');
  await stage.cli('runner', 'stop', warm.name);
  const next = await seen(stage, 'another warm one', async () =>
    (await stage.status()).runners.find(({ phase, name }) => phase === 'warm' && name !== warm.name),
  );
  // The job is cancelled before its runner asks for one: the runner stands idle then.
  stage.github.fault('acquire-job', { kind: 'stall' });
  const job = queueJob(stage);
  const idle = await runnerIn(stage, 'idle');
  expect(idle.name).toBe(next.name);
  stage.github.cancelJob(job.jobId);
  stage.github.clearFaults();
  await stage.cli('runner', 'stop', idle.name);
  await seen(stage, 'its end', async () =>
    (await allRunners(stage)).find(({ name, phase }) => name === idle.name && phase === 'gone'),
  );
  expect((await allRunners(stage)).filter(({ why }) => why === 'operator')).toHaveLength(2);
});

test('a runner with a job is left alone without force, and its VM destroyed with it', async () => {
  await using stage = await served();
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  const refused = await stage.run('runner', 'stop', name);
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('runs a job')]);
  expect(await stage.tart.isRunning(name)).toBe(true);
  await stage.cli('runner', 'stop', '--force', name);
  await seen(stage, 'its end', async () => !(await stage.tart.isRunning(name)));
  stage.github.advance(600_000); // Then GitHub calls it lost.
  expect((await ended(stage, job)).conclusion).toBe('failure');
  await nothingLeft(stage);
  expect(await allRunners(stage)).toMatchObject([{ name, why: 'operator' }]);
});
