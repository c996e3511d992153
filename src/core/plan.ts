/**
 * The decision: the whole world in, steps and explanations out. Level-triggered: it remembers nothing, so it may be
 * asked at any time, and asking again after a step that failed simply yields the step again.
 *
 * What is unknown creates nothing and destroys nothing. What is in flight gets no step, yet counts as supply and holds
 * its slot. A drain shows in each rule: nothing new is started or claimed, what waits is stopped, what runs finishes.
 */
import { clearWarm, whyNoWarm } from './plan/clear-warm.ts';
import { createWarm } from './plan/create-runners.ts';
import { evictWarm } from './plan/evict-warm.ts';
import { explainWaiting } from './plan/explain-waiting.ts';
import { mendHost } from './plan/mend-host.ts';
import { countLeavingVms, removeOrphans } from './plan/remove-orphans.ts';
import { stopSurplus } from './plan/stop-surplus.ts';
import { type Weighed, weighWorld } from './plan/weigh-world.ts';
import type { Runner, StopReason } from './runner.ts';
import type { Plan, Step } from './step.ts';
import type { World } from './world.ts';

/** Linear in runners, VMs, registrations and jobs (but for sorting). */
export function plan(world: World, weighed: Weighed = weighWorld(world)): Plan {
  const { survey, overdue, balances, creation } = weighed;

  // 1. Stop what is done, overdue, refused or orphaned, and what is one too many.
  const surplus = stopSurplus(survey, balances);
  const extra = new Set(surplus);
  const cleared = clearWarm(survey, balances).filter((runner) => !extra.has(runner));
  const orphans = removeOrphans(survey);

  // 2. Give assigned jobs to warm runners.
  const claims = balances.flatMap((balance) => balance.claims);

  // 3. Create for jobs without a runner: `creation` says for which.

  // 4. Evict a warm runner of another pool when a job would otherwise wait.
  const stopped = new Set([...overdue.keys(), ...[...surplus, ...cleared].map((runner) => runner.name)]);
  const isStopped = (runner: Runner): boolean => stopped.has(runner.name);
  const leaving =
    world.runners.filter((runner) => runner.phase === 'stopping' || isStopped(runner)).length +
    countLeavingVms(survey, orphans);
  const evicted = evictWarm(survey, balances, {
    unserved: creation.unserved.length,
    created: creation.creates.length,
    leaving,
    isStopped,
  });

  // 5. Keep the warm count with what is left.
  const warm = createWarm(survey, balances, creation, leaving + evicted.length === 0);

  // 6. Mend a host whose slots ghosts hold.
  const mending = mendHost(survey, [...creation.creates, ...warm]);

  return {
    steps: [
      ...Array.from(overdue, ([runner, why]): Step => ({ do: 'stop', runner, why })),
      ...surplus.map((runner) => stop(runner, 'surplus')),
      ...cleared.map((runner) => stop(runner, whyNoWarm(world) ?? 'evicted')),
      ...orphans,
      ...claims.map(({ name, pool }): Step => ({ do: 'claim', runner: name, pool })),
      ...creation.creates,
      ...evicted.map((runner) => stop(runner, 'evicted')),
      ...warm,
      ...mending,
    ],
    waiting: explainWaiting(survey, balances, creation),
  };
}

function stop(runner: Runner, why: StopReason): Step {
  return { do: 'stop', runner: runner.name, why };
}
