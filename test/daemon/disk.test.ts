/** How free disk is sensed: short below the floor, ample again only well above it. */
import { expect, test } from 'vitest';
import { createSenses } from '../../src/daemon/senses.ts';
import { daemonRig } from '../support/daemon-rig.ts';

const GIB = 1024 ** 3;

async function sensed() {
  const rig = await daemonRig();
  const disk: { free: number | null } = { free: 100 * GIB };
  const senses = createSenses({
    ...rig.context,
    github: { registrations: async () => [] },
    addressesInUse: () => [],
    tartHome: '/vms',
    freeBytes: () => disk.free,
    onRead: () => undefined,
  });
  /** Looks at it after a while, since it is not read at every turn. */
  const after = (free: number | null) => {
    disk.free = free === null ? null : free * GIB;
    rig.clock.nowMs += 10_000;
    return [senses.diskShort(), senses.unfit()];
  };
  return { rig, after };
}

test('a disk below the floor is short until a tenth more than the floor is free', async () => {
  const { rig, after } = await sensed();
  using _ = rig;
  expect(after(80)).toEqual([null, null]);
  expect(after(79)).toEqual(['only 79 GiB are free, host.diskFloorGiB is 80', null]);
  expect(after(85)).toEqual(['only 85 GiB are free, host.diskFloorGiB is 80; it goes on with 88 GiB', null]);
  expect(after(88)).toEqual([null, null]);
});

test('a disk that cannot be read is unfit, and as short as it was', async () => {
  const { rig, after } = await sensed();
  using _ = rig;
  expect(after(null)).toEqual([null, 'the free space of /vms cannot be read']);
  after(79);
  expect(after(null)).toEqual([
    'only 79 GiB are free, host.diskFloorGiB is 80',
    'the free space of /vms cannot be read',
  ]);
});
