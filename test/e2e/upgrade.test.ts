/** Another version of the agent is installed while a job runs: the job does not notice, and its story is whole. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventLine } from '../../src/daemon/report.ts';
import { allRunners, ended, HOLD, letGo, nothingLeft, queueJob, seen, served, worker } from './acts.ts';
import { buildVersion, type Stage } from './stage.ts';

async function events(stage: Stage): Promise<readonly EventLine[]> {
  const all: EventLine[] = [];
  await stage.events(0, (event) => all.push(event));
  return all;
}

test('a job runs on while the agent is replaced by another version, which takes it up', async () => {
  await using stage = await served();
  const other = join(stage.home, 'other/macrunner.mjs');
  await buildVersion('0.0.0-other', other);
  const before = (await stage.status()).version;
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  const runPid = stage.tart.runPid(name);

  await stage.stopAgent('SIGTERM');
  await stage.startAgent(other);
  await seen(stage, 'the runner adopted', async () =>
    (await events(stage)).find(({ what, subject }) => what === 'runner-adopted' && subject === name),
  );
  const { version, runners } = await stage.status();
  expect(version).toBe('0.0.0-other');
  expect(version).not.toBe(before);
  expect(runners).toMatchObject([{ name, phase: 'busy' }]);
  expect(stage.tart.runPid(name)).toBe(runPid);

  letGo(stage, name);
  const { conclusion, log } = await ended(stage, job);
  expect([conclusion, log.filter((line) => line === 'begun')]).toEqual(['success', ['begun']]);
  await nothingLeft(stage);
  const { timeline } = JSON.parse(await stage.cli('runner', 'show', name, '--json'));
  const told = timeline.map(({ what }: { what: string }) => what);
  // Not that it was online: the job may be told first, and then it is no news.
  const whole = ['created', 'cloned', 'answered', 'claimed', 'minted', 'job-started', 'job-completed'];
  for (const what of [...whole, 'exited', 'gone'])
    expect([what, told.filter((entry: string) => entry === what).length]).toEqual([what, 1]);
  expect(await allRunners(stage)).toMatchObject([{ name, why: 'job-done' }]);
});

test('the former version takes up what the newer one began: an upgrade can be taken back', async () => {
  await using stage = await served();
  const other = join(stage.home, 'other/macrunner.mjs');
  await buildVersion('0.0.0-other', other);
  await stage.stopAgent('SIGTERM');
  await stage.startAgent(other);
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  await stage.stopAgent('SIGTERM');
  await stage.startAgent();
  letGo(stage, name);
  expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  expect(await allRunners(stage)).toMatchObject([{ name, why: 'job-done' }]);
});
