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
  const room = countTryable(survey);
  const { foreignVms } = survey;
  // So many more would have a slot without the VMs of others, and so many without the ghosts.
  const byForeign = Math.max(0, room + foreignVms) - Math.max(0, room);
  const byGhosts = Math.max(0, room + foreignVms + survey.world.host.ghosts) - Math.max(0, room);
  const causeOf = (index: number): Cause => {
    if (index < byForeign) return 'foreign-vms';
    return index < byGhosts ? 'ghost-vms' : 'slot-busy';
  };
  return unserved.flatMap(({ job, pool }, index) =>
    job ? [{ jobId: job.id, pool, cause: causeOf(index) }] : [],
  );
}
