/** What goes wrong between a host and GitHub: no network here, and a GitHub that nobody can reach. */
import { expect, test } from 'vitest';
import { aJob, aJobForNothing, goesWrong, HOUR, MINUTE, play, SECOND } from './stage.ts';

test('no network for an hour: the job that runs goes on, nothing is killed, the queue is taken up again', async () => {
  const scene = await play({
    host: { pools: [{ name: 'ios', max: 2, warm: 1 }] },
    jobs: [aJob({ workMs: 15 * MINUTE }), aJob({ atMs: 20 * MINUTE })],
    incidents: goesWrong({ kind: 'outage', of: 'host', andRunners: false, atMs: 2 * MINUTE, forMs: HOUR }),
  });
  expect(scene.results).toEqual(['succeeded', 'succeeded']);
  expect(scene.ends.every((why) => why === null || why === 'job-done' || why === 'age-limit')).toBe(true);
  const deaf = scene.problem(/cannot hear GitHub/);
  expect(deaf?.fromMs).toBeLessThan(7 * MINUTE);
  expect(deaf?.untilMs).toBeLessThan(HOUR + 4 * MINUTE);
  expect(scene.jobs[1]?.waitedMs).toBeLessThan(45 * MINUTE);
});

test('GitHub cannot be reached for an hour, by runners neither: the steps of the job run to their end', async () => {
  const scene = await play({
    jobs: [aJob({ workMs: 15 * MINUTE }), aJob({ atMs: 30 * MINUTE })],
    incidents: goesWrong({ kind: 'outage', of: 'github', andRunners: true, atMs: MINUTE, forMs: HOUR }),
  });
  expect(scene.mac('steps-ended').map(({ how }) => how)).toEqual(['succeeded', 'succeeded']);
  // GitHub gave up a runner that it could not hear for ten minutes; that is its own affair.
  expect(scene.jobs[0]).toMatchObject({ ending: 'runner-lost' });
  expect(scene.results[1]).toBe('succeeded');
});

test('three minutes without network, for runners neither, while a job runs: it ends as if nothing had been', async () => {
  const scene = await play({
    jobs: [aJob({ workMs: 6 * MINUTE })],
    incidents: goesWrong({
      ...{ kind: 'outage', of: 'host', andRunners: true },
      ...{ atMs: 2 * MINUTE, forMs: 3 * MINUTE },
    }),
  });
  expect(scene.results).toEqual(['succeeded']);
  expect(scene.ends).toEqual(['job-done']);
});

test('the network goes while a runner registers: its job is served once it is back', async () => {
  const calm = await play({});
  const scene = await play({
    incidents: goesWrong({
      ...{ kind: 'outage', of: 'host', andRunners: true },
      ...{ atMs: calm.midOf('registering'), forMs: 5 * MINUTE },
    }),
  });
  expect(scene.results).toEqual(['succeeded']);
  expect(scene.mac('steps-begun')).toHaveLength(1);
});

test('an outage strands idle runners of GitHub: they take work again, or make room for those that do', async () => {
  const { job, idleMs } = await aJobForNothing();
  const scene = await play({
    jobs: [job, aJob({ atMs: 6 * MINUTE }), aJob({ atMs: 6 * MINUTE })],
    incidents: goesWrong({
      ...{ kind: 'outage', of: 'github', andRunners: true },
      ...{ atMs: idleMs + SECOND, forMs: 5 * MINUTE },
    }),
  });
  expect(scene.results).toEqual(['canceled', 'succeeded', 'succeeded']);
});
