/** What goes wrong with jobs: cancelled at any moment, told as over while they run, assigned and given to nobody. */
import { describe, expect, test } from 'vitest';
import { aJob, goesWrong, MINUTE, play, type Scene, SECOND } from './stage.ts';

describe('a job is cancelled', () => {
  const QUEUED_MS = 40 * SECOND;
  const WARM: Scene = {
    host: { pools: [{ name: 'ios', max: 2, warm: 1 }] },
    jobs: [aJob({ atMs: QUEUED_MS, workMs: MINUTE })],
  };

  test('at once: what was begun for it is given up, nothing is left', async () => {
    const scene = await play({ jobs: [aJob({ cancelAfterMs: 0 })] });
    expect(scene.results).toEqual(['canceled']);
    expect(scene.mac('credential-delivered')).toEqual([]);
  });

  test.each(['cloning', 'booting'] as const)(
    'while its VM is %s: no runner is registered for it',
    async (phase) => {
      const calm = await play({});
      const cancelAfterMs = calm.midOf(phase) - 10 * SECOND;
      const scene = await play({ jobs: [aJob({ cancelAfterMs })] });
      expect(scene.results).toEqual(['canceled']);
      expect(scene.github('registered')).toEqual([]);
    },
  );

  test.each(['registering', 'idle'] as const)(
    'while its runner is %s: the runner goes, its record first, and a warm one is left',
    async (phase) => {
      const calm = await play(WARM);
      const cancelAfterMs = calm.midOf(phase) - QUEUED_MS;
      const scene = await play({ ...WARM, jobs: [aJob({ atMs: QUEUED_MS, cancelAfterMs })] });
      expect(scene.results).toEqual(['canceled']);
      expect(scene.ends.at(-1)).toBeNull();
    },
  );

  test('while it waits at its gate, or runs: its steps end, its VM goes, nothing is left', async () => {
    const calm = await play(WARM);
    const begunMs = calm.mac('steps-begun')[0]?.atMs ?? 0;
    for (const cancelAfterMs of [begunMs - QUEUED_MS - 100, begunMs - QUEUED_MS + 10 * SECOND]) {
      const scene = await play({ ...WARM, jobs: [aJob({ atMs: QUEUED_MS, workMs: MINUTE, cancelAfterMs })] });
      expect(scene.results).toEqual(['canceled']);
      expect(scene.ends[0]).toMatch(/job-done|no-job/);
    }
  });

  test('and another one is queued: it is served by the runner that was meant for the first', async () => {
    const scene = await play({ jobs: [aJob({ cancelAfterMs: 12 * SECOND }), aJob({ atMs: 23 * SECOND })] });
    expect(scene.results).toEqual(['canceled', 'succeeded']);
    expect(scene.mac('vm-cloned')).toHaveLength(1);
  });
});

describe('GitHub tells that a job is over while it runs', () => {
  const EARLY = { kind: 'complete-early', nth: 0, atMs: MINUTE } as const;
  const LONG: Scene = { jobs: [aJob({ workMs: 5 * MINUTE })] };
  const untouched = async (scene: Scene): Promise<void> => {
    const played = await play(scene);
    expect(played.mac('steps-ended').map(({ how }) => how)).toEqual(['succeeded']);
    expect(played.ends[0]).toBe('job-done');
    expect(played.results[0]).toBe('succeeded');
  };

  test('and its guest speaks: the record says busy, so it stays', () =>
    untouched({ ...LONG, incidents: goesWrong(EARLY) }));

  test('and its guest is silent: the record says busy and online, so it stays', () =>
    untouched({
      ...LONG,
      incidents: goesWrong(EARLY, { kind: 'silence', nth: 0, atMs: MINUTE, forMs: 3 * MINUTE }),
    }));

  test('and the records cannot be read: one word alone ends nothing', () =>
    untouched({
      ...LONG,
      incidents: goesWrong(EARLY, {
        ...{ kind: 'github-calls', routes: ['list-runners', 'rest-other'], chance: 1 },
        ...{ fault: { status: 500 }, atMs: 0, forMs: 8 * MINUTE },
      }),
    }));

  test('and its record is gone as well: two agree, so the VM goes', async () => {
    const scene = await play({
      jobs: [aJob({ workMs: 20 * MINUTE })],
      incidents: goesWrong(EARLY, { kind: 'forget-runner', nth: 0, atMs: MINUTE }),
    });
    expect(scene.ends[0]).toBe('outlived-job');
    expect(scene.mac('vm-stopped')[0]?.atMs).toBeGreaterThanOrEqual(2 * MINUTE);
  });

  test('and other jobs come: the slot that is still in use is offered to none of them', async () => {
    const scene = await play({
      host: { slots: 1, pools: [{ name: 'ios', max: 1, warm: 0 }] },
      jobs: [aJob({ workMs: 3 * MINUTE }), aJob({ atMs: 90 * SECOND })],
      incidents: goesWrong(EARLY),
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
  });
});

describe('an assignment that no runner takes', () => {
  test('lapses while its VM boots: assigned again under another id, served by that VM', async () => {
    const scene = await play({
      github: { lapseMs: 30 * SECOND },
      incidents: goesWrong({ kind: 'guest', nth: 0, script: { bootMs: 40 * SECOND } }),
    });
    expect(scene.github('job-lapsed')).toHaveLength(1);
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.mac('vm-cloned')).toHaveLength(1);
  });

  test('lapses again and again, as no VM boots: given up by GitHub, told here, nothing is left', async () => {
    const boots = [0, 1, 2, 3, 4, 5].map(
      (nth) => ({ kind: 'guest', nth, script: { bootMs: null } }) as const,
    );
    const scene = await play({
      github: { lapseMs: 10 * MINUTE },
      jobs: [aJob({ cancelAfterMs: 20 * MINUTE })],
      incidents: goesWrong(...boots),
    });
    expect(scene.github('job-lapsed').length).toBeLessThanOrEqual(1);
    expect(scene.problem(/starts failed in a row/)).not.toBeNull();
  });

  test('is offered to a runner that dies: it goes to the next one', async () => {
    const calm = await play({});
    const onlineMs = calm.mac('runner-online')[0]?.atMs ?? 0;
    const scene = await play({ incidents: goesWrong({ kind: 'crash', nth: 0, atMs: onlineMs + 50 }) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.mac('steps-begun')).toHaveLength(1);
  });
});

test('more jobs than slots: each waits for the cause that holds it, and all are served', async () => {
  const scene = await play({
    jobs: Array.from({ length: 7 }, (_, index) => aJob({ atMs: (10 + index) * SECOND, workMs: MINUTE })),
  });
  expect(scene.results).toEqual(Array.from({ length: 7 }, () => 'succeeded'));
  expect(scene.mac('vm-cloned')).toHaveLength(7);
});
