/** Arbitrary worlds in which little is wrong, for rules that chaos hides. */
import fc from 'fast-check';
import type { Runner } from '../../src/core/runner.ts';
import type { PoolView, World } from '../../src/core/world.ts';
import { arbitraryWorld } from './arbitrary-world.ts';
import { A_HOST, aVm, jobs, known, matchingRegistration, NOW } from './world.ts';

const withRunners = (world: World, change: (runner: Runner) => Partial<Runner>): World => ({
  ...world,
  runners: world.runners.map((runner) => ({ ...runner, ...change(runner) })),
});
const withPools = (world: World, change: Partial<PoolView>): World => ({
  ...world,
  pools: world.pools.map((view) => ({ ...view, ...change })),
});

/** Each puts one kind of trouble right. */
const CALMINGS: readonly ((world: World) => World)[] = [
  (world) => ({ ...world, silentSinceMs: new Map() }),
  (world) => ({ ...world, heardMs: new Map() }),
  (world) => ({ ...world, unjudgedSinceMs: new Map() }),
  (world) => ({ ...world, unlistedSinceMs: new Map() }),
  (world) => ({ ...world, inFlight: new Set() }),
  (world) => ({ ...world, vms: known(world.runners.map(({ name }) => aVm(name))) }),
  (world) => ({ ...world, registrations: known(world.runners.flatMap(matchingRegistration)) }),
  (world) => ({ ...world, host: A_HOST }),
  (world) => withRunners(world, ({ phase }) => ({ createdMs: NOW, hadJob: phase === 'busy' })),
  (world) => withRunners(world, () => ({ pool: 'ios', jobEndedMs: null, toldDoneMs: null })),
  (world) => withPools(world, { retryAtMs: 0, image: 'ready', max: 3 }),
  (world) => withPools(world, { demand: jobs() }),
];

/**
 * As `arbitraryWorld`, but little of what could be wrong is. In a chaos most runners are stopped for one reason or another,
 * and what a rule would say of the others is seldom to be seen.
 */
export const arbitraryCalmWorld: fc.Arbitrary<World> = fc
  .tuple(arbitraryWorld, fc.subarray([...CALMINGS], { minLength: CALMINGS.length - 3 }))
  .map(([world, calmings]) => calmings.reduce((calmer, calm) => calm(calmer), world));
