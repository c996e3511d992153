/** What each pool tells GitHub it can hold. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capacityByPool } from '../../src/core/capacity.ts';
import type { PoolView } from '../../src/core/world.ts';
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
  expect(announce({ pools: [withJobs('ios', '1', '2'), aPool('mac')] })).toEqual({ ios: 2, mac: 0 });
});

describe('an idle pool beside two jobs of another', () => {
  const full = [aRunner('a', 'busy', { slot: 0 }), aRunner('b', 'busy', { slot: 1 })];
  const beside = (mac: PoolView, runners = full) =>
    announce({ pools: [withJobs('ios', '1', '2'), mac], runners }).mac;

  test('does not listen while no slot is free', () => expect(beside(aPool('mac'))).toBe(0));

  test.each([
    ['is stopping', aRunner('b', 'stopping', { slot: 1, hadJob: true })],
    ['says that its job is over', aRunner('b', 'busy', { slot: 1, jobEndedMs: 1 })],
    ['has no job any more, says GitHub', aRunner('b', 'busy', { slot: 1, toldDoneMs: 1 })],
  ])('listens again as soon as a runner %s', (_, leaving) => {
    expect(beside(aPool('mac'), [aRunner('a', 'busy', { slot: 0 }), leaving])).toBe(1);
  });

  test.each<[string, Partial<PoolView>]>([
    ['a job that waits', { demand: jobs(aJob('3', { pool: 'mac' })) }],
    ['a job that GitHub only counts', { demand: known({ jobs: [], assigned: 1, unconfirmed: 0 }) }],
    [
      'a job whose end GitHub has not told',
      { demand: known({ jobs: [aJob('3', { pool: 'mac' })], assigned: 0, unconfirmed: 1 }) },
    ],
    ['jobs that are not known', { demand: unknown }],
  ])('listens while it has %s', (_, details) => expect(beside(aPool('mac', details))).toBe(1));
});

test('a free slot goes to the pool that has jobs: the idle one is on the floor', () => {
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

test.each<[string, Parameters<typeof aWorld>[0]]>([
  ['the VMs', { vms: unknown }],
  ['the demand', { pools: [aPool('ios', { demand: unknown })] }],
  ['the image', { pools: [aPool('ios', { image: 'unknown' })] }],
])('the floor alone is announced while %s cannot be known', (_, details) =>
  expect(announce(details)).toEqual({ ios: 1 }),
);

describe('a pool without jobs does not listen', () => {
  test.each<[string, Parameters<typeof aWorld>[0]]>([
    ['while the host is unfit', { host: { unfit: 'its disk cannot be read' } }],
    ['while the disk is short', { host: { isDiskShort: true } }],
    ['beside ghosts', { host: { ghosts: 2 } }],
    ['beside ghosts, though one is about to be tried', { host: { ghosts: 2, isProbeDue: true } }],
    ['beside foreign VMs', { vms: known([aVm('dev-1'), aVm('dev-2')]) }],
    ['while the image is missing', { pools: [aPool('ios', { image: 'missing' })] }],
    ['while its starts are held back', { pools: [aPool('ios', { retryAtMs: Number.MAX_SAFE_INTEGER })] }],
  ])('%s', (_, details) => expect(announce(details)).toEqual({ ios: 0 }));
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

function hasOpenJob({ demand }: PoolView): boolean {
  return demand.known && demand.value.jobs.some(({ completedMs }) => completedMs === null);
}

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
      for (const pool of world.pools) {
        const isQuiet = pool.demand.known && pool.demand.value.assigned === 0 && !hasOpenJob(pool);
        if (world.host.isDraining) expect(capacity.get(pool.name)).toBe(0);
        else if (!isQuiet) expect(capacity.get(pool.name)).toBeGreaterThan(0);
      }
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
