/** Properties of plans on arbitrary worlds: how they are checked, and what several of them ask. */
import fc from 'fast-check';
import { plan } from '../../src/core/plan.ts';
import type { Runner } from '../../src/core/runner.ts';
import type { Plan, Step } from '../../src/core/step.ts';
import type { Registration, World } from '../../src/core/world.ts';
import { arbitraryWorld } from './arbitrary-world.ts';

export const MAY_HAVE_JOB: readonly string[] = ['registering', 'idle', 'busy'];

export function always(
  check: (world: World, plan: Plan) => void,
  worlds: fc.Arbitrary<World> = arbitraryWorld,
): void {
  fc.assert(
    fc.property(worlds, (world) => check(world, plan(world))),
    { numRuns: 3_000 },
  );
}

export const only = <K extends Step['do']>(
  steps: readonly Step[],
  kind: K,
): readonly Extract<Step, { do: K }>[] =>
  steps.filter((step): step is Extract<Step, { do: K }> => step.do === kind);

export const runnerNamed = (world: World, name: string): Runner | undefined =>
  world.runners.find((runner) => runner.name === name);

/** Stops that are decisions of this plan, not repeats. */
export const newStops = (world: World, steps: readonly Step[]): readonly Extract<Step, { do: 'stop' }>[] =>
  only(steps, 'stop').filter(({ runner }) => runnerNamed(world, runner)?.phase !== 'stopping');

export function busyRecords({ registrations }: World): ReadonlyMap<string, Registration> {
  if (!registrations.known) return new Map();
  return new Map(registrations.value.filter(({ busy }) => busy).map((record) => [record.name, record]));
}

/** The guest channel, the second way to a VM beside Tart's list, has been silent past its deadline. */
export function isSilent({ silentSinceMs, limits, nowMs }: World, runner: string): boolean {
  return nowMs - (silentSinceMs.get(runner) ?? nowMs) >= limits.channelMs;
}

/** GitHub told a minute ago that a job started there, and the guest has not. */
export function isUnjudged(world: World, runner: string): boolean {
  const sinceMs = world.unjudgedSinceMs.get(runner) ?? world.nowMs;
  return world.nowMs - sinceMs >= 60_000 && runnerNamed(world, runner)?.hadJob === false;
}
