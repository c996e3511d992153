/** What goes wrong with GitHub's runner in a guest, and with its record at GitHub. */
import { describe, expect, test } from 'vitest';
import { aJob, aJobForNothing, goesWrong, MINUTE, play, SECOND } from './stage.ts';

const aGuest = (nth: number, script: object) => ({ kind: 'guest', nth, script }) as const;
const EXIT_7 = { exit: { when: 'connecting', afterMs: 500, code: 7 } } as const;

describe("the first guest's runner", () => {
  test('never comes online: ended at its deadline, its record removed, its job served by the next', async () => {
    const scene = await play({ incidents: goesWrong(aGuest(0, { neverOnline: true })) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['register-timeout', 'job-done']);
    expect(scene.jobs[0]?.waitedMs).toBeLessThan(3 * MINUTE);
  });

  test('exits because it is too old to be served (7): the next one serves', async () => {
    const scene = await play({ incidents: goesWrong(aGuest(0, EXIT_7)) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['no-job', 'job-done']);
  });

  test('is too old in every VM of this image: tried ever more seldom, the set is kept, somebody is called', async () => {
    const scene = await play({ incidents: goesWrong(...[0, 1, 2, 3, 4].map((nth) => aGuest(nth, EXIT_7))) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['no-job', 'no-job', 'no-job', 'no-job', 'no-job', 'job-done']);
    expect(scene.problem(/starts failed in a row/)).not.toBeNull();
    expect(scene.github('set-created')).toHaveLength(1);
    expect(scene.causes).toContain('backing-off');
  });

  test('exits without having had a job: its VM goes, the job is served by another', async () => {
    const scene = await play({
      incidents: goesWrong(aGuest(0, { exit: { when: 'idle', afterMs: 50, code: 0 } })),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['no-job', 'job-done']);
  });

  test('breaks down in the middle of its job: its VM goes at once, GitHub fails the job in its own time', async () => {
    const scene = await play({
      jobs: [aJob({ workMs: 5 * MINUTE }), aJob({ atMs: 2 * MINUTE })],
      host: { slots: 1, pools: [{ name: 'ios', max: 1, warm: 0 }] },
      incidents: goesWrong(aGuest(0, { exit: { when: 'busy', afterMs: 20 * SECOND, code: 2 } })),
    });
    expect(scene.jobs[0]).toMatchObject({ ending: 'runner-lost' });
    expect(scene.results[1]).toBe('succeeded');
    expect(scene.jobs[1]?.waitedMs).toBeLessThan(MINUTE);
  });
});

test('a runner never gets a job, since it was cancelled: it takes the next one', async () => {
  const { job, idleMs } = await aJobForNothing();
  const scene = await play({ jobs: [job, aJob({ atMs: idleMs + 3 * SECOND })] });
  expect(scene.results).toEqual(['canceled', 'succeeded']);
  expect(scene.mac('vm-cloned')).toHaveLength(1);
});

test('a runner never gets a job, and none comes: it is removed at GitHub first, then its VM goes', async () => {
  const scene = await play({ jobs: [(await aJobForNothing()).job] });
  expect(scene.ends).toEqual(['surplus']);
  expect(scene.github('unregistered')).toMatchObject([{ why: 'asked' }]);
  expect(scene.github('unregistered')[0]?.atMs).toBeLessThan(scene.mac('vm-stopped')[0]?.atMs ?? 0);
});

describe('the record of a runner vanishes at GitHub', () => {
  test.each(['registering', 'idle'] as const)(
    'while it is %s: its job is served by another',
    async (phase) => {
      const calm = await play({});
      const scene = await play({
        incidents: goesWrong({ kind: 'forget-runner', nth: 0, atMs: calm.midOf(phase) }),
      });
      expect(scene.results).toEqual(['succeeded']);
      expect(scene.mac('steps-begun')).toHaveLength(1);
    },
  );

  test('while it stands idle and does not notice: two readings say so, then it goes', async () => {
    const { job, idleMs } = await aJobForNothing();
    const scene = await play({
      jobs: [job],
      incidents: goesWrong(
        { kind: 'forget-runner', nth: 0, atMs: idleMs + SECOND },
        aGuest(0, { noticesRemoval: false }),
      ),
    });
    expect(scene.ends[0]).toMatch(/registration-gone|surplus/);
  });

  test('while it is at work: its steps run to their end', async () => {
    const scene = await play({
      jobs: [aJob({ workMs: 5 * MINUTE })],
      incidents: goesWrong({ kind: 'forget-runner', nth: 0, atMs: 2 * MINUTE }),
    });
    expect(scene.mac('steps-ended').map(({ how }) => how)).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['job-done']);
  });
});
