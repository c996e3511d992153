/** Tart fails in all the ways it is known to: nothing is destroyed on a guess, and it goes on once Tart does. */
import { chmodSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusReport } from '../../src/daemon/report.ts';
import {
  allRunners,
  ended,
  HOLD,
  IOS,
  jobNow,
  nothingLeft,
  queueJob,
  runForeign,
  runnerIn,
  seen,
  served,
  statusWhere,
  worker,
} from './acts.ts';
import { openStage } from './stage.ts';

test('without tart the agent does not start, and says how to install it', async () => {
  await using stage = await openStage({ pools: [IOS] });
  chmodSync(stage.tart.path, 0o600);
  const { code, stderr } = await stage.run('serve', 'agent');
  expect(code).toBe(1);
  expect(stderr).toMatch(/tart is not on this machine.*brew install openai\/tools\/tart/s);
});

test('a tart that is too old is refused with the command that upgrades it; an older flaw is only noted', async () => {
  await using stage = await openStage({ pools: [IOS], tart: { version: '2.26.3' } });
  const { code, stderr } = await stage.run('serve', 'agent');
  expect(code).toBe(1);
  expect(stderr).toMatch(/tart 2\.26\.3 is too old.*tart exec.*brew install openai\/tools\/tart/s);
  stage.tart.configure({ version: '2.35.0' });
  await stage.startAgent();
  const { notes } = await statusWhere(stage, 'all fine', ({ isFine }) => isFine);
  expect(notes).toEqual([expect.stringContaining('PR 1333')]);
});

test('a missing image is said with what to do, its job is left to GitHub, and runs when it is there', async () => {
  await using stage = await openStage({ pools: [IOS] });
  const image = join(stage.tart.home, 'vms/macos-ios');
  renameSync(image, `${image}-aside`);
  await stage.startAgent();
  const resting = ({ pools }: StatusReport) => pools[0]?.resting === 'image-missing';
  const { problems } = await statusWhere(stage, 'the cause', resting);
  expect(problems.join()).toMatch(/macos-ios is not on this host.*tart pull/);
  // A host that cannot run it takes no job from those that can.
  const job = queueJob(stage);
  expect(await stage.cli('why', 'ios')).toContain('golden image is not on this host');
  renameSync(`${image}-aside`, image);
  expect((await ended(stage, job)).conclusion).toBe('success');
  expect((await stage.status()).problems).toEqual([]);
  expect(stage.tart.calls('clone')).toHaveLength(1);
});

test('clones that fail are tried again ever later, told among the problems, and over once one succeeds', async () => {
  await using stage = await served();
  // Each counts the calls that the ones before it let pass: together they hit the first two.
  const failing = { command: 'clone', nth: 1, stderr: 'Error: No space left on device', exitCode: 1 };
  stage.tart.script([failing, failing]);
  const { nowMs } = await stage.status();
  const job = queueJob(stage);
  const { pools, problems } = await statusWhere(
    stage,
    'the second failure, and the job held back by it',
    (status) => status.pools[0]?.failures === 2 && status.jobs[0]?.cause === 'backing-off',
  );
  expect(pools[0]?.retryAtMs).toBeGreaterThan(nowMs + 5_000);
  expect(problems).toEqual([expect.stringMatching(/^Pool ios: 2 starts failed in a row/)]);
  expect((await ended(stage, job)).conclusion).toBe('success');
  expect((await stage.status()).problems).toEqual([]);
  await nothingLeft(stage);
  expect((await allRunners(stage)).map(({ why }) => why)).toEqual([
    'clone-failed',
    'clone-failed',
    'job-done',
  ]);
});

test.each([
  [
    'says that the framework failed',
    { stderr: 'Error Domain=VZErrorDomain Code=1 "Internal error."', exitCode: 1 },
    'start-failed',
  ],
  [
    'finds the system full of VMs',
    { stderr: 'The number of VMs exceeds the system limit', exitCode: 1 },
    'vm-limit',
  ],
  [
    'ends at once, as when the guest crashes',
    { stdout: 'guest has stopped the virtual machine\n', exitCode: 0 },
    'start-failed',
  ],
  ['is killed', { signal: 'SIGKILL' }, 'start-failed'],
] as const)('a VM whose start %s is taken away, and its job served by another', async (_, strike, why) => {
  await using stage = await served();
  stage.tart.script([{ command: 'run', nth: 1, ...strike }]);
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
  await nothingLeft(stage);
  expect((await allRunners(stage)).map(({ why }) => why)).toEqual([why, 'job-done']);
});

test('a guest that never answers is given up at its deadline, and its job served by another', async () => {
  await using stage = await served({ slots: 1, tart: { bootDelayMs: 600_000 } });
  const job = queueJob(stage);
  const { name } = await runnerIn(stage, 'booting');
  await seen(stage, 'the VM running', () => stage.tart.isRunning(name));
  stage.tart.configure({ bootDelayMs: 0 });
  // A VM of others takes the slot until the deadline is long again: the good guest must be in time on a busy machine.
  stage.tart.addImage('foreign');
  const foreign = runForeign(stage, 'foreign');
  await statusWhere(stage, 'the foreign VM', ({ vms }) => vms?.foreign === 1);
  await stage.cli('config', 'set', 'deadlines.bootSeconds', '0.5');
  await statusWhere(stage, 'its end', ({ runners }) => runners.length === 0);
  await stage.cli('config', 'set', 'deadlines.bootSeconds', '180');
  foreign.kill('SIGINT');
  expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  expect((await allRunners(stage)).map(({ why }) => why)).toEqual(['boot-timeout', 'job-done']);
});

test('guests that never answer hold their pool back like any other failed start', async () => {
  await using stage = await served({ deadlines: { bootSeconds: 0.5 }, tart: { bootDelayMs: 60_000 } });
  queueJob(stage);
  const { problems } = await statusWhere(
    stage,
    'the second failure',
    ({ pools }) => pools[0]?.failures === 2,
  );
  expect(problems.join()).toContain('2 starts failed in a row');
});

test('a VM that dies under its job is noticed, taken away, and its slot serves the next job', async () => {
  await using stage = await served({
    slots: 1,
    deadlines: { channelSeconds: 1, teardownSeconds: 1 },
  });
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  stage.tart.power(name, 'crash');
  await seen(stage, 'its end', async () =>
    (await allRunners(stage)).find((runner) => runner.name === name && runner.phase === 'gone'),
  );
  expect(await allRunners(stage)).toMatchObject([{ why: 'vm-died' }]);
  // GitHub holds the dead job for ten minutes more: it must not keep the slot from others meanwhile.
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
  expect(jobNow(stage, job).status).toBe('in_progress');
});

test('while the VMs cannot be listed nothing is created and nothing destroyed, and jobs run on', async () => {
  await using stage = await served({ pools: [{ ...IOS, warm: 1 }] });
  const running = queueJob(stage, HOLD);
  const name = await worker(stage, running);
  const { name: warm } = await runnerIn(stage, 'warm');
  stage.tart.script([{ command: 'list', stderr: 'Error: something is wrong', exitCode: 1 }]);
  const unknown = await statusWhere(stage, 'VMs unknown', ({ vms }) => vms === null);
  expect(unknown.problems.join()).toMatch(/VMs are unknown.*something is wrong/);
  expect(await Promise.all([name, warm].map((vm) => stage.tart.isRunning(vm)))).toEqual([true, true]);
  expect(unknown.runners.map(({ phase }) => phase).toSorted()).toEqual(['busy', 'warm']);
  stage.tart.script([]);
  await statusWhere(stage, 'VMs known again', ({ vms, isFine }) => vms !== null && isFine);
  expect(stage.tart.calls('delete')).toEqual([]);
});

test('a list that fails now and then keeps no VM from starting', async () => {
  await using stage = await served();
  stage.tart.script(
    [2, 4, 6, 8].map((nth) => ({ command: 'list', nth, stderr: 'Error: once in a while', exitCode: 1 })),
  );
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
  await nothingLeft(stage);
  expect((await allRunners(stage)).map(({ why }) => why)).toEqual(['job-done']);
});
