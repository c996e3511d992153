/** The main way without scale sets: jobs are looked for by REST, and no queue of GitHub's is ever asked. */
import { expect, test } from 'vitest';
import { allRunners, ended, IOS, nothingLeft, statusWhere } from './acts.ts';
import { openStage } from './stage.ts';

test('a job that waits is found by REST, runs in a VM of its own, and is known to be over', async () => {
  await using stage = await openStage({ pools: [IOS] });
  stage.configure((config) => ({
    ...config,
    github: { ...Object(config.github), queue: 'rest', repositories: ['acme/app'] },
  }));
  const job = stage.github.queueJob({
    name: 'build',
    labels: ['self-hosted', 'ios'],
    steps: [{ run: 'true' }],
  });
  await stage.startAgent();
  expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  await statusWhere(stage, 'no open job', ({ jobs, pools }) => jobs.length === 0 && pools[0]?.assigned === 0);
  expect(await allRunners(stage)).toMatchObject([{ pool: 'ios', why: 'job-done' }]);
  expect(JSON.parse(await stage.cli('why', `rest-${job.id}`, '--json'))).toMatchObject({ v: 1 });
  const asked = new Set(stage.github.requests().map(({ route }) => route));
  expect([asked.has('rest-jit'), asked.has('create-scale-set'), asked.has('poll')]).toEqual([
    true,
    false,
    false,
  ]);
});
