/** Gives each job that no runner and no step will serve exactly one cause: the first thing that would have to change. */
import type { Cause, Waiting } from '../step.ts';
import { type Creation, countAllowance, findBlock } from './create-runners.ts';
import { countTryable, type Survey } from './survey.ts';
import type { Balance } from './weigh-pools.ts';

export function explainWaiting(
  survey: Survey,
  balances: readonly Balance[],
  creation: Creation,
): readonly Waiting[] {
  return [...balances.flatMap((balance) => waitForPool(balance, survey)), ...waitForSlot(survey, creation)];
}

function waitForPool(balance: Balance, survey: Survey): readonly Waiting[] {
  const pool = balance.pool.name;
  const block = findBlock(balance.pool, survey);
  // Jobs within the allowance have asked for a slot: they got one, or `waitForSlot` speaks for them.
  const jobs = block ? balance.uncovered : balance.uncovered.slice(countAllowance(balance));
  return jobs.map(({ id }) => ({ jobId: id, pool, cause: block ?? 'pool-full' }));
}

function waitForSlot(survey: Survey, { unserved }: Creation): readonly Waiting[] {
  return unserved.flatMap(({ job, pool }, index) =>
    job ? [{ jobId: job.id, pool, cause: slotCause(survey, index) }] : [],
  );
}

/** Why the one at that place in the row has no slot. */
function slotCause(survey: Survey, index: number): Cause {
  const room = countTryable(survey);
  const { foreignVms } = survey;
  // So many more would have a slot without the VMs of others, and so many without the ghosts.
  const byForeign = Math.max(0, room + foreignVms) - Math.max(0, room);
  const byGhosts = Math.max(0, room + foreignVms + survey.world.host.ghosts) - Math.max(0, room);
  if (index < byForeign) return 'foreign-vms';
  return index < byGhosts ? 'ghost-vms' : 'slot-busy';
}

/** Why a job of each pool would wait if one came now, for the pools where it would: what GitHub keeps is not seen here. */
export function explainRest(survey: Survey): ReadonlyMap<string, Cause> {
  const isFull = survey.vms !== null && countTryable(survey) <= 0;
  const causes = new Map<string, Cause>();
  for (const pool of survey.world.pools) {
    const cause = findBlock(pool, survey) ?? (isFull ? slotCause(survey, 0) : null);
    if (cause !== null) causes.set(pool.name, cause);
  }
  return causes;
}
