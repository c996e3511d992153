/** The agent ends, one way or another, while VMs live: they go on, and the next agent takes them up where it was. */
import { expect, test } from 'vitest';
import { isAlive } from '../support/tart/call.ts';
import {
  allRunners,
  ended,
  HOLD,
  jobIn,
  jobNow,
  letGo,
  nothingLeft,
  queueJob,
  seen,
  served,
  statusWhere,
  worker,
} from './acts.ts';
import type { Stage } from './stage.ts';

const EVENTS = '/usr/local/macrunner-guest/bin/events';

/** What came over the guest's channel, as the agent keeps it: each thing once, however often the agent ended. */
async function timelineOf(stage: Stage, runner: string): Promise<readonly string[]> {
  const { timeline } = JSON.parse(await stage.cli('runner', 'show', runner, '--json'));
  return timeline.map(({ what }: { what: string }) => what);
}

test('an agent that is told to end does not wait for the job that runs, which is taken up again', async () => {
  await using stage = await served();
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  const runPid = stage.tart.runPid(name);
  await stage.stopAgent('SIGTERM');
  expect(jobNow(stage, job).status).toBe('in_progress');
  expect(await stage.tart.isRunning(name)).toBe(true);
  letGo(stage, name);
  expect((await ended(stage, job)).conclusion).toBe('success');
  expect(stage.tart.runPid(name)).toBe(runPid);
  await stage.startAgent();
  await nothingLeft(stage);
  const told = await timelineOf(stage, name);
  for (const what of ['job-started', 'job-completed', 'exited', 'gone']) {
    expect(told.filter((entry) => entry === what)).toHaveLength(1);
  }
  expect(await allRunners(stage)).toMatchObject([{ name, why: 'job-done' }]);
});

test('a job that starts while no agent runs waits at its gate, and begins when the next agent answers', async () => {
  await using stage = await served();
  // It may be through already on a busy machine: it does not end before the next agent serves.
  const job = queueJob(stage, HOLD);
  const { name } = await seen(stage, 'the runner at GitHub', () =>
    stage.github.runners().find(({ status }) => status === 'online'),
  );
  await stage.stopAgent('SIGKILL');
  await jobIn(stage, 'in_progress', job);
  await stage.startAgent();
  await worker(stage, job);
  letGo(stage, name);
  expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  expect(await allRunners(stage)).toMatchObject([{ name, why: 'job-done' }]);
});

interface Moment {
  readonly when: string;
  /** Makes the moment last. */
  readonly prepare: (stage: Stage) => void;
  readonly come: (stage: Stage) => Promise<unknown>;
}

const MOMENTS: readonly Moment[] = [
  {
    when: 'a clone is being made',
    prepare: (stage) => stage.tart.script([{ command: 'clone', nth: 1, delayMs: 700 }]),
    come: (stage) => seen(stage, 'the clone at work', () => stage.tart.calls('clone').length > 0),
  },
  {
    when: 'a clone is made and not yet started',
    prepare: (stage) => stage.tart.script([{ command: 'run', nth: 1, delayMs: 700 }]),
    come: (stage) => seen(stage, 'the start', () => stage.tart.calls('run').length > 0),
  },
  {
    when: 'a VM boots',
    prepare: (stage) => stage.tart.configure({ bootDelayMs: 1_500 }),
    come: (stage) => seen(stage, 'the first try of its channel', () => stage.tart.calls('exec').length > 0),
  },
  {
    when: 'a credential is being minted',
    prepare: (stage) => stage.github.fault('generate-jit-config', { kind: 'delay', ms: 700 }, 1),
    come: (stage) => seen(stage, 'the order', () => stage.github.world.faults.length === 0),
  },
  {
    when: 'a credential is on its way into the guest',
    prepare: (stage) => stage.tart.script([{ command: 'exec', match: 'bootstrap', nth: 1, delayMs: 500 }]),
    come: (stage) =>
      seen(stage, 'its delivery', () => stage.tart.calls('exec').some(({ argv }) => argv.includes('-i'))),
  },
  {
    when: 'a VM is being stopped',
    prepare: (stage) => stage.tart.script([{ command: 'stop', nth: 1, delayMs: 500 }]),
    come: (stage) => seen(stage, 'the stop', () => stage.tart.calls('stop').length > 0),
  },
  {
    when: 'a VM is being deleted',
    prepare: (stage) => stage.tart.script([{ command: 'delete', nth: 1, delayMs: 500 }]),
    come: (stage) => seen(stage, 'the deletion', () => stage.tart.calls('delete').length > 0),
  },
];

test.each(MOMENTS)(
  'killed while $when, the next agent loses no job and leaves nothing',
  async ({ prepare, come }) => {
    await using stage = await served();
    prepare(stage);
    const job = queueJob(stage);
    await come(stage);
    await stage.stopAgent('SIGKILL');
    await stage.startAgent();
    expect((await ended(stage, job)).conclusion).toBe('success');
    await nothingLeft(stage);
  },
);

test('killed while a job runs, the next agent follows it from where the last one was, and it runs once', async () => {
  await using stage = await served();
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  await stage.stopAgent('SIGKILL');
  const former =
    stage.tart.calls('exec').findLast(({ argv }) => argv.join(' ').includes(`${name} ${EVENTS}`))?.pid ?? 0;
  expect(await isAlive(former)).toBe(true);
  await stage.startAgent();
  expect(await isAlive(former)).toBe(false);
  letGo(stage, name);
  const { conclusion, log } = await ended(stage, job);
  expect([conclusion, log.filter((line) => line === 'begun').length]).toEqual(['success', 1]);
  await nothingLeft(stage);
  expect((await timelineOf(stage, name)).filter((what) => what === 'job-started')).toHaveLength(1);
});

test('a killed agent’s session at GitHub does not keep the next one waiting', async () => {
  await using stage = await served();
  await statusWhere(stage, 'the session', ({ pools }) => pools[0]?.queue === 'listening');
  await stage.stopAgent('SIGKILL');
  const job = queueJob(stage);
  await stage.startAgent();
  expect((await ended(stage, job)).conclusion).toBe('success');
  expect((await stage.status()).problems).toEqual([]);
});
