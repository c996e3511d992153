/**
 * When to look next though nothing is heard: until then the same world gives the same plan, the same capacity and the same
 * doubts about its lists. The deadlines themselves stand beside their rules.
 */
import { firstAfter } from '../due.ts';
import type { World } from '../world.ts';
import { nextSurplusMs } from './stop-surplus.ts';
import { heardUntilMs } from './survey.ts';
import { type Weighed, weighWorld } from './weigh-world.ts';

/** The first moment after `world.nowMs` at which something may be decided otherwise; `NEVER` if time changes nothing. */
export function nextDueMs(
  world: World,
  { survey, balances, overdueMs }: Weighed = weighWorld(world),
): number {
  const { nowMs, runners, pools } = world;
  return Math.min(
    overdueMs,
    nextSurplusMs(survey, balances),
    firstAfter(
      nowMs,
      runners.map((runner) => heardUntilMs(runner, world)),
    ),
    firstAfter(
      nowMs,
      pools.map(({ retryAtMs }) => retryAtMs),
    ),
  );
}
