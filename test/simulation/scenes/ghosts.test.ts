/** Slots that macOS goes on counting though nobody sees a VM in them. */
import { expect, test } from 'vitest';
import { type Act, aJob, MINUTE, play, SECOND } from './stage.ts';

const TWO_JOBS = [aJob(), aJob()];

function haunted(
  process: 'killable' | 'unkillable' | null,
  forMs = Number.POSITIVE_INFINITY,
): readonly Act[] {
  const vm = 'mr-host00-ios-99999999';
  return [{ atMs: SECOND, what: ({ hosts }) => hosts[0]?.mac.levers.haunt({ forMs, process }, vm) }];
}

const ALARM = /macOS counts VMs that cannot be seen/;

test('a ghost that goes by itself: its job waits a little, and nobody is called', async () => {
  const scene = await play({ jobs: TWO_JOBS, acts: haunted(null, 25 * SECOND) });
  expect(scene.results).toEqual(['succeeded', 'succeeded']);
  expect(scene.ends).toContain('vm-limit');
  expect(scene.causes).toContain('ghost-vms');
  expect(scene.audited('ghosts-gone')).toHaveLength(1);
  expect(scene.problem(ALARM)).toBeNull();
});

test('a ghost with a leftover process that is ours: it is killed within two minutes, and the slot is back', async () => {
  const scene = await play({ jobs: TWO_JOBS, acts: haunted('killable') });
  expect(scene.audited('leftover-killed')).toHaveLength(1);
  expect(Math.max(...scene.mac('steps-begun').map(({ atMs }) => atMs))).toBeLessThan(2 * MINUTE);
  expect(scene.problem(ALARM)).toBeNull();
  expect(scene.announced(3 * MINUTE, scene.endedMs).at(-1) ?? 2).toBe(2);
});

test.each(['unkillable', null] as const)(
  'a ghost until reboot (its process: %s): the slot is given up, said aloud, and jobs share the other',
  async (process) => {
    const scene = await play({ jobs: [...TWO_JOBS, aJob({ atMs: 20 * MINUTE })], acts: haunted(process) });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(scene.problem(/1 of 2 slots cannot be used.*reboot the host/)?.untilMs).toBeGreaterThan(
      20 * MINUTE,
    );
    expect(scene.announced(19 * MINUTE, scene.endedMs)).not.toContain(2);
    expect(scene.daemon('daemon-started')).toHaveLength(1);
  },
);

test('a ghost until reboot where the host may be rebooted: it is, once, when nothing runs, and all slots are back', async () => {
  const scene = await play({
    // Its warm runner takes the other slot, so that each try of this one tells something.
    host: { mayReboot: true, pools: [{ name: 'ios', max: 2, warm: 1 }] },
    jobs: [...TWO_JOBS, aJob({ atMs: 40 * MINUTE }), aJob({ atMs: 40 * MINUTE })],
    acts: haunted(null),
  });
  expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
  expect(scene.audited('host-reboot')).toHaveLength(1);
  expect(scene.daemon('daemon-started')).toHaveLength(2);
  const last = scene
    .mac('steps-begun')
    .slice(-2)
    .map(({ atMs }) => atMs);
  expect(Math.abs((last[1] ?? 0) - (last[0] ?? 0))).toBeLessThan(20 * SECOND);
});

test('ghosts in all slots: no job is taken that could not run, until a reboot that was asked for', async () => {
  const scene = await play({
    host: { mayReboot: true },
    jobs: TWO_JOBS,
    acts: [...haunted(null), ...haunted(null)],
  });
  expect(scene.results).toEqual(['succeeded', 'succeeded']);
  expect(scene.audited('host-reboot')).toHaveLength(1);
});

test('VMs of another user, which Tart does not list, are left alone: their slots count as lost', async () => {
  const scene = await play({
    jobs: TWO_JOBS,
    acts: [
      { atMs: SECOND, what: ({ hosts }) => hosts[0]?.mac.levers.startForeign('of-another-user', 'other') },
      { atMs: 30 * MINUTE, what: ({ hosts }) => hosts[0]?.mac.levers.stopForeign('of-another-user') },
    ],
  });
  expect(scene.results).toEqual(['succeeded', 'succeeded']);
  expect(scene.problem(ALARM)).not.toBeNull();
  expect(scene.mac('foreign-touched')).toEqual([]);
});
