/** What happens to a Mac: it sleeps, its clock is set, its disk fills, its keychain is locked, others use it. */
import { describe, expect, test } from 'vitest';
import { aJob, goesWrong, HOUR, MINUTE, play, type Scene, SECOND } from './stage.ts';

const WARM = { pools: [{ name: 'ios', max: 2, warm: 1 }] } as const;

describe('the host sleeps', () => {
  const night = { atMs: MINUTE, forMs: 8 * HOUR } as const;

  test('for eight hours, with a warm runner: it stands still when it wakes, and takes the next job', async () => {
    const scene = await play({
      host: WARM,
      jobs: [aJob({ atMs: 9 * HOUR })],
      incidents: goesWrong({ kind: 'sleep', ...night }),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.jobs[0]?.waitedMs).toBeLessThan(20 * SECOND);
    expect(scene.audited('host-slept')).toHaveLength(1);
  });

  test('for eight hours, with a job: GitHub gives it up, the host cleans up and serves the next', async () => {
    const scene = await play({
      jobs: [aJob({ workMs: 10 * MINUTE }), aJob({ atMs: 9 * HOUR })],
      incidents: goesWrong(
        { kind: 'sleep', ...night },
        { kind: 'outage', of: 'host', andRunners: true, ...night },
      ),
    });
    expect(scene.jobs[0]).toMatchObject({ ending: 'runner-lost' });
    expect(scene.results[1]).toBe('succeeded');
  });

  test('for five minutes, with a job: it ends as planned, none is taken for dead', async () => {
    const nap = { atMs: MINUTE, forMs: 5 * MINUTE } as const;
    const scene = await play({
      jobs: [aJob({ workMs: 10 * MINUTE })],
      incidents: goesWrong(
        { kind: 'sleep', ...nap },
        { kind: 'outage', of: 'host', andRunners: true, ...nap },
      ),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['job-done']);
  });
});

describe('the clock is set by a day', () => {
  const warm: Scene = { host: WARM, jobs: [aJob({ atMs: 40 * SECOND, workMs: 2 * MINUTE })] };

  for (const byMs of [-24 * HOUR, 24 * HOUR])
    test.each(['cloning', 'booting', 'warm', 'registering', 'idle', 'busy', 'stopping'] as const)(
      `(${byMs > 0 ? 'on' : 'back'}) while a runner is %s: no deadline moves`,
      async (phase) => {
        const calm = await play(warm);
        const scene = await play({
          ...warm,
          incidents: goesWrong({ kind: 'set-clock', atMs: calm.midOf(phase), byMs }),
        });
        expect(scene.results).toEqual(['succeeded']);
        expect(scene.ends).toEqual(calm.ends);
        expect(scene.jobs[0]?.waitedMs).toBe(calm.jobs[0]?.waitedMs);
        expect(scene.audited('clock-set')).toHaveLength(1);
      },
    );
});

describe('the disk is below its floor', () => {
  const bytes = (atMs: number, free: number) =>
    ({ atMs, what: ({ hosts }) => hosts[0]?.mac.levers.setFreeBytes(free) }) satisfies NonNullable<
      Scene['acts']
    >[number];

  test('for twenty minutes: warm runners make way, no job is taken, until well above it', async () => {
    const scene = await play({
      host: { pools: [{ name: 'ios', max: 2, warm: 2 }] },
      jobs: [aJob({ atMs: 5 * MINUTE })],
      acts: [
        bytes(2 * MINUTE, 60e9),
        // A little more than the floor of 80 GiB is not enough.
        bytes(15 * MINUTE, 87e9),
        bytes(22 * MINUTE, 500e9),
      ],
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends.slice(0, 2)).toEqual(['disk-pressure', 'disk-pressure']);
    expect(scene.mac('vm-started').filter(({ atMs }) => atMs > 2 * MINUTE && atMs < 22 * MINUTE)).toEqual([]);
    expect(scene.announced(3 * MINUTE, 22 * MINUTE)).not.toContain(2);
    expect(scene.problem(/diskFloorGiB/)).toMatchObject({ untilMs: expect.closeTo(22 * MINUTE, -5) });
    expect(scene.audited('disk-short')).toHaveLength(1);
    expect(scene.audited('disk-ample')).toHaveLength(1);
  });

  test('while a job runs: the job goes on', async () => {
    const scene = await play({
      jobs: [aJob({ workMs: 5 * MINUTE })],
      incidents: goesWrong({ kind: 'disk-full', atMs: MINUTE, forMs: 10 * MINUTE }),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['job-done']);
  });

  test('and cannot be read at all: nothing starts, nothing is evicted', async () => {
    const scene = await play({
      host: WARM,
      jobs: [aJob({ atMs: 3 * MINUTE })],
      acts: [
        { atMs: MINUTE, what: ({ hosts }) => hosts[0]?.mac.levers.setFreeBytes(null) },
        bytes(6 * MINUTE, 500e9),
      ],
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends[0]).toBe('job-done');
    expect(scene.problem(/free space .* cannot be read/)).not.toBeNull();
  });
});

test('the keychain is locked for ten minutes: named as the cause, tried seldom, and over with the first good start', async () => {
  const scene = await play({
    jobs: [aJob(), aJob({ atMs: 2 * MINUTE })],
    incidents: goesWrong({ kind: 'keychain', atMs: 0, forMs: 10 * MINUTE }),
  });
  expect(scene.results).toEqual(['succeeded', 'succeeded']);
  expect(scene.problem(/No VM may start: .*keychain/)).not.toBeNull();
  expect(scene.mac('start-refused').length).toBeLessThanOrEqual(4);
  expect(scene.audited('host-unfit')).toHaveLength(1);
  expect(scene.audited('host-fit')).toHaveLength(1);
});

test("somebody else's VM takes a slot: counted, announced, never touched, and the slot used again afterwards", async () => {
  const scene = await play({
    jobs: [aJob({ workMs: 3 * MINUTE }), aJob({ workMs: 3 * MINUTE })],
    incidents: goesWrong({ kind: 'foreign', atMs: SECOND, forMs: 30 * MINUTE }),
  });
  expect(scene.results).toEqual(['succeeded', 'succeeded']);
  expect(scene.mac('foreign-touched')).toEqual([]);
  expect(scene.reportAt(MINUTE).vms).toMatchObject({ foreign: 1 });
  expect(scene.announced(40 * SECOND, 29 * MINUTE)).not.toContain(2);
  expect(scene.announced(30 * MINUTE, scene.endedMs)).toContain(2);
});

test('the host is rebooted in the middle of a job: GitHub fails it, nothing is left, the next is served', async () => {
  const scene = await play({
    jobs: [aJob({ workMs: 5 * MINUTE }), aJob({ atMs: 5 * MINUTE })],
    incidents: goesWrong({ kind: 'reboot', atMs: 2 * MINUTE, downMs: 40 * SECOND }),
  });
  expect(scene.jobs[0]).toMatchObject({ ending: 'runner-lost' });
  expect(scene.results[1]).toBe('succeeded');
  // A dead VM's record stays busy for ten minutes: that bars nobody.
  expect(scene.jobs[1]?.waitedMs).toBeLessThan(MINUTE);
});
