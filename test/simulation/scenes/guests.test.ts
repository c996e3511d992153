/** What goes wrong in a VM: it never boots, answers late, falls silent, powers off, dies. */
import { describe, expect, test } from 'vitest';
import { aJob, goesWrong, MINUTE, play, type Scene, SECOND } from './stage.ts';

const WARM: Scene = {
  host: { pools: [{ name: 'ios', max: 2, warm: 1 }] },
  jobs: [aJob({ atMs: 40 * SECOND, workMs: 3 * MINUTE })],
};

describe('the first guest', () => {
  const aGuest = (script: object) => goesWrong({ kind: 'guest', nth: 0, script });

  test('never boots: ended at its deadline, and another one serves the job', async () => {
    const scene = await play({ incidents: aGuest({ bootMs: null }) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['boot-timeout', 'job-done']);
    expect(scene.jobs[0]?.waitedMs).toBeLessThan(2 * MINUTE);
  });

  test('answers late, but before its deadline: nothing is wrong', async () => {
    const scene = await play({ incidents: aGuest({ bootMs: 50 * SECOND }) });
    expect(scene.ends).toEqual(['job-done']);
  });

  test('powers off by itself before it has a job: another one serves it', async () => {
    const scene = await play({ incidents: aGuest({ powerOffMs: 2 * SECOND }) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['vm-died', 'job-done']);
  });

  test('never boots, and neither do the next ones: tried ever more seldom, and somebody is called', async () => {
    const scene = await play({
      incidents: goesWrong(
        ...[0, 1, 2, 3].map((nth) => ({ kind: 'guest', nth, script: { bootMs: null } }) as const),
      ),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual([...Array.from({ length: 4 }, () => 'boot-timeout'), 'job-done']);
    expect(scene.problem(/starts failed in a row/)).not.toBeNull();
  });
});

describe('a VM dies', () => {
  test.each(['booting', 'warm', 'registering', 'idle'] as const)(
    'while its runner is %s: the job goes to another one',
    async (phase) => {
      const calm = await play(WARM);
      const scene = await play({
        ...WARM,
        incidents: goesWrong({ kind: 'crash', nth: 0, atMs: calm.midOf(phase) }),
      });
      // GitHub may have given the job to the one that died: then it is GitHub's to fail it.
      expect(scene.jobs[0]?.waitedMs === null || scene.results[0] === 'succeeded').toBe(true);
      expect(scene.ends[0]).toBe('vm-died');
    },
  );

  test('with its job: the slot is free within two minutes, though GitHub calls the runner busy for ten minutes', async () => {
    const scene = await play({
      host: { slots: 1, pools: [{ name: 'ios', max: 1, warm: 0 }] },
      jobs: [aJob({ workMs: 5 * MINUTE }), aJob({ atMs: 3 * MINUTE })],
      incidents: goesWrong({ kind: 'crash', nth: 0, atMs: 2 * MINUTE }),
    });
    expect(scene.jobs[0]).toMatchObject({ ending: 'runner-lost' });
    expect(scene.results[1]).toBe('succeeded');
    expect(scene.mac('vm-deleted')[0]?.atMs).toBeLessThan(3 * MINUTE + 5 * SECOND);
    expect(scene.jobs[1]?.waitedMs).toBeLessThan(2 * MINUTE);
    expect(scene.github('unregistered')).toHaveLength(2);
  });

  test('while it is being stopped: that is no more than its end', async () => {
    const calm = await play(WARM);
    const scene = await play({
      ...WARM,
      incidents: goesWrong({ kind: 'crash', nth: 0, atMs: calm.midOf('stopping') }),
    });
    expect(scene.results).toEqual(['succeeded']);
  });
});

describe('a guest falls silent', () => {
  const silent = (atMs: number, forMs: number) => goesWrong({ kind: 'silence', nth: 0, atMs, forMs });

  test('for a minute and a half, at work: its job is not touched, and is followed to its end', async () => {
    const scene = await play({ ...WARM, incidents: silent(100 * SECOND, 90 * SECOND) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends[0]).toBe('job-done');
  });

  test('for the rest of its job: it stays, since GitHub sees it at work', async () => {
    const scene = await play({ ...WARM, incidents: silent(100 * SECOND, 20 * MINUTE) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.mac('steps-ended').map(({ how }) => how)).toEqual(['succeeded']);
    expect(scene.endedMs).toBeLessThan(30 * MINUTE);
  });

  test('for five minutes, while it stands warm: replaced after its deadline', async () => {
    const scene = await play({
      ...WARM,
      jobs: [aJob({ atMs: 6 * MINUTE })],
      incidents: silent(MINUTE, 5 * MINUTE),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends[0]).toBe('channel-lost');
    expect(scene.jobs[0]?.waitedMs).toBeLessThan(30 * SECOND);
  });

  test('for half a minute, while it registers: its job is served all the same', async () => {
    const calm = await play(WARM);
    const scene = await play({ ...WARM, incidents: silent(calm.midOf('registering'), 30 * SECOND) });
    expect(scene.results).toEqual(['succeeded']);
  });
});
