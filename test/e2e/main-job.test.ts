/** The main way: a job is assigned, a VM is made for it alone, the job runs, and nothing is left. */
import { expect, test } from 'vitest';
import { allRunners, ended, HOLD, letGo, nothingLeft, queueJob, seen, served, statusWhere } from './acts.ts';

test('a job runs in a VM of its own, and nothing is left of it', async () => {
  await using stage = await served();
  const { conclusion, log } = await ended(stage, queueJob(stage, 'echo "built on $RUNNER_NAME"'));
  await nothingLeft(stage);
  expect(conclusion).toBe('success');
  const [runner, ...others] = await allRunners(stage);
  expect(others).toEqual([]);
  expect(runner).toMatchObject({ pool: 'ios', phase: 'gone', why: 'job-done' });
  expect(log.join('\n')).toContain(`built on ${runner?.name}`);
  expect(stage.tart.calls('clone').map(({ argv }) => argv)).toEqual([['clone', 'macos-ios', runner?.name]]);
});

test('how a job ended is told by the agent as GitHub tells it', async () => {
  await using stage = await served();
  await ended(stage, queueJob(stage, 'exit 3'));
  await nothingLeft(stage);
  const [runner] = await allRunners(stage);
  const told = await seen(stage, 'the end of the job among the events', async () => {
    const lines = (await stage.cli('events', '--json')).trim().split('\n');
    return lines.map((line) => JSON.parse(line)).find(({ what }) => what === 'job-completed');
  });
  expect(told.detail).toEqual({ pool: 'ios', runner: runner?.name, result: 'failed' });
  expect(JSON.parse(await stage.cli('status', '--json'))).toMatchObject({ isFine: true, jobs: [] });
});

test('two jobs run at once, a third after them, each in a VM of its own', async () => {
  await using stage = await served();
  const jobs = [queueJob(stage, HOLD), queueJob(stage, HOLD)];
  const { runners } = await statusWhere(
    stage,
    'two busy runners',
    (status) => status.runners.filter(({ phase }) => phase === 'busy').length === 2,
  );
  expect(runners.map(({ slot }) => slot).toSorted()).toEqual([0, 1]);
  const third = queueJob(stage);
  for (const { name } of runners) letGo(stage, name);
  for (const job of [...jobs, third]) expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  const ends = (await allRunners(stage)).map(({ why }) => why);
  expect(ends).toEqual(['job-done', 'job-done', 'job-done']);
});
