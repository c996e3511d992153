/** Gives each job that no runner and no step will serve exactly one cause: the first thing that would have to change. */
import type { Waiting } from '../step.ts';
import { type Creation, countAllowance, findBlock } from './create-runners.ts';
import { countRoom, type Survey } from './survey.ts';
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
  const room = countRoom(survey);
  // So many more would have a slot if only our own VMs ran here.
  const displaced = Math.max(0, room + survey.foreignVms) - Math.max(0, room);
  return unserved.flatMap(({ job, pool }, index) =>
    job ? [{ jobId: job.id, pool, cause: index < displaced ? 'foreign-vms' : 'slot-busy' } as const] : [],
  );
}
