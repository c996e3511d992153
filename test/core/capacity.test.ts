/** What each pool tells GitHub it can hold. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capacityByPool } from '../../src/core/capacity.ts';
import { arbitraryWorld } from '../support/arbitrary-world.ts';
import { aJob, aPool, aRunner, aVm, aWorld, jobs, known, unknown } from '../support/world.ts';

const announce = (details: Parameters<typeof aWorld>[0]) =>
  Object.fromEntries(capacityByPool(aWorld(details)));
const withJobs = (name: string, ...ids: readonly string[]) =>
  aPool(name, { demand: jobs(...ids.map((id) => aJob(id, { pool: name }))) });

test('a free host offers a lone pool all its slots', () => expect(announce({})).toEqual({ ios: 2 }));

test('a pool is never offered more than its maximum', () => {
  expect(announce({ pools: [aPool('ios', { max: 1 })] })).toEqual({ ios: 1 });
  expect(announce({ host: { slots: 4 }, pools: [{ ...withJobs('ios', '1'), max: 3 }] })).toEqual({ ios: 3 });
});

test('running jobs and free slots make the total', () => {
  const running = { pools: [withJobs('ios', '1')], runners: [aRunner('a', 'busy')] };
  expect(announce(running)).toEqual({ ios: 2 });
});

test('a job that was just assigned takes its slot from the offer before its VM exists', () => {
  expect(announce({ pools: [withJobs('ios', '1'), aPool('mac')] })).toEqual({ ios: 2, mac: 1 });
  expect(announce({ pools: [withJobs('ios', '1', '2'), aPool('mac')] })).toEqual({ ios: 2, mac: 1 });
});

test('a free slot goes to the pool that has jobs: the idle one wins one job by the floor anyway', () => {
  const pools = [aPool('ios'), withJobs('mac', '1')];
  expect(announce({ pools, runners: [aRunner('a', 'busy', { pool: 'mac' })] })).toEqual({ ios: 1, mac: 2 });
});

test('of two pools with jobs the saturated one, which may have more queued unseen, comes first', () => {
  const ios = { ...withJobs('ios', '1'), announced: 2 };
  const mac = { ...withJobs('mac', '2'), announced: 1 };
  const runners = [aRunner('a', 'busy', { slot: 0 }), aRunner('b', 'busy', { pool: 'mac', slot: 1 })];
  expect(announce({ host: { slots: 3 }, pools: [ios, mac], runners })).toEqual({ ios: 1, mac: 2 });
});

test('a pool with a warm runner of its own comes before one without', () => {
  const runners = [aRunner('w', 'warm', { pool: 'mac' })];
  const pools = [withJobs('ios', '1'), withJobs('mac', '2')];
  const serving = [aRunner('a', 'busy', { slot: 1 }), aRunner('b', 'busy', { pool: 'mac', slot: 2 })];
  expect(announce({ host: { slots: 3 }, pools, runners: [...runners, ...serving] })).toEqual({
    ios: 1,
    mac: 2,
  });
});

test('a warm runner is as good as a free slot to every pool', () => {
  const runners = [aRunner('a', 'warm', { slot: 0 }), aRunner('b', 'busy', { pool: 'mac', slot: 1 })];
  expect(announce({ pools: [aPool('ios', { warm: 1 }), withJobs('mac', '1')], runners })).toEqual({
    ios: 1,
    mac: 2,
  });
});

test('a warm runner that must make way for a waiting job is offered to nobody', () => {
  const runners = [aRunner('a', 'warm', { slot: 0 }), aRunner('b', 'warm', { slot: 1 })];
  expect(announce({ pools: [aPool('ios', { warm: 2 }), withJobs('mac', '1')], runners })).toEqual({
    ios: 1,
    mac: 1,
  });
});

test('idle pools share what is free', () => {
  const pools = [aPool('ios', { max: 4 }), aPool('mac', { max: 4 })];
  expect(announce({ host: { slots: 4 }, pools })).toEqual({ ios: 2, mac: 2 });
});

test('a runner that is stopping holds its slot until it is gone', () => {
  expect(announce({ runners: [aRunner('a', 'stopping')] })).toEqual({ ios: 1 });
});

test('an idle runner that is one too many is capacity, it takes the next job', () => {
  const runners = [aRunner('a', 'idle', { slot: 0 }), aRunner('b', 'idle', { slot: 1 })];
  expect(announce({ runners })).toEqual({ ios: 2 });
});

test('a job that ended unknown to GitHub is not announced as running', () => {
  const pool = aPool('ios', { demand: known({ jobs: [aJob('1')], assigned: 1, unconfirmed: 1 }) });
  expect(announce({ host: { slots: 1 }, pools: [pool] })).toEqual({ ios: 1 });
});

test('a job that GitHub still counts after its runner died takes no room from the others', () => {
  const demand = known({ jobs: [aJob('1')], assigned: 1, unconfirmed: 1 });
  expect(announce({ host: { slots: 1 }, pools: [aPool('ios', { demand, stranded: 1 })] })).toEqual({
    ios: 2,
  });
});

test('a runner that outlives its completed job is not announced as room', () => {
  const pool = aPool('ios', { demand: known({ jobs: [aJob('2')], assigned: 1, unconfirmed: -1 }) });
  const runners = [aRunner('a', 'busy', { slot: 0 }), aRunner('b', 'busy', { slot: 1 })];
  expect(announce({ pools: [pool], runners })).toEqual({ ios: 1 });
});

test('jobs won by the floor alone raise nothing', () => {
  const pools = [withJobs('ios', '1', '2'), withJobs('mac', '3')];
  const runners = [aRunner('a', 'busy', { slot: 0 }), aRunner('b', 'busy', { slot: 1 })];
  expect(announce({ pools, runners })).toEqual({ ios: 2, mac: 1 });
});

describe('the floor alone is announced', () => {
  test.each<[string, Parameters<typeof aWorld>[0]]>([
    ['while the VMs are unknown', { vms: unknown }],
    ['while the host is unfit', { host: { unfit: 'its disk cannot be read' } }],
    ['while the disk is short', { host: { isDiskShort: true } }],
    ['beside ghosts', { host: { ghosts: 2 } }],
    ['beside ghosts, though one is about to be tried', { host: { ghosts: 2, isProbeDue: true } }],
    ['beside foreign VMs', { vms: known([aVm('dev-1'), aVm('dev-2')]) }],
    ['while the image is missing', { pools: [aPool('ios', { imageReady: false })] }],
    ['while the demand is unknown', { pools: [aPool('ios', { demand: unknown })] }],
  ])('%s', (_, details) => expect(announce(details)).toEqual({ ios: 1 }));
});

test('a pool whose demand is unknown still announces what it runs', () => {
  const runners = [aRunner('a', 'busy', { slot: 0 }), aRunner('b', 'busy', { slot: 1 })];
  expect(announce({ pools: [aPool('ios', { demand: unknown })], runners })).toEqual({ ios: 2 });
});

test('with a short disk only what runs is announced', () => {
  const runners = [aRunner('a', 'busy', { slot: 0 }), aRunner('b', 'warm', { slot: 1 })];
  const pools = [withJobs('ios', '1')];
  expect(announce({ pools, runners, host: { slots: 3 } })).toEqual({ ios: 2 });
  expect(announce({ pools, runners, host: { slots: 3, isDiskShort: true } })).toEqual({ ios: 1 });
});

test('the slot of a ghost is announced to nobody', () => {
  expect(announce({ host: { slots: 3, ghosts: 1 }, pools: [aPool('ios', { max: 3 })] })).toEqual({ ios: 2 });
});

test('a drain announces nothing', () => {
  expect(announce({ host: { isDraining: true }, pools: [withJobs('ios', '1'), aPool('mac')] })).toEqual({
    ios: 0,
    mac: 0,
  });
});

test('I8: what is announced above the floor never exceeds what the host can run', () => {
  fc.assert(
    fc.property(arbitraryWorld, (world) => {
      const capacity = capacityByPool(world);
      const own = new Set(world.runners.map(({ name }) => name));
      const strangers = world.vms.known
        ? world.vms.value.filter(({ name, state }) => state === 'running' && !own.has(name)).length
        : 0;
      const stranded = new Map(world.pools.map((pool) => [pool.name, pool.stranded]));
      const above = [...capacity]
        .map(([pool, total]) => total - (stranded.get(pool) ?? 0))
        .filter((total) => total > 1)
        .reduce((sum, total) => sum + total, 0);
      const { slots, ghosts } = world.host;
      expect(above).toBeLessThanOrEqual(Math.max(slots - strangers - ghosts, world.runners.length));
      expect([...capacity.keys()]).toEqual(world.pools.map(({ name }) => name));
      for (const total of capacity.values()) expect(total > 0).toBe(!world.host.isDraining);
    }),
    { numRuns: 3_000 },
  );
});

test('I8: announcing settles: on two slots the same world yields the same totals again', () => {
  fc.assert(
    fc.property(arbitraryWorld, (drawn) => {
      const world = { ...drawn, host: { ...drawn.host, slots: 2 } };
      const first = capacityByPool(world);
      const pools = world.pools.map((pool) => ({ ...pool, announced: first.get(pool.name) ?? 0 }));
      const second = capacityByPool({ ...world, pools });
      const third = capacityByPool({
        ...world,
        pools: pools.map((pool) => ({ ...pool, announced: second.get(pool.name) ?? 0 })),
      });
      expect(third).toEqual(second);
    }),
    { numRuns: 3_000 },
  );
});
