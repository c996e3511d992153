/** What the plan and the announced capacity both start from: a turn of the loop reckons it once for the two. */
import type { StopReason } from '../runner.ts';
import type { World } from '../world.ts';
import { type Creation, createForJobs } from './create-runners.ts';
import { stopOverdue } from './stop-overdue.ts';
import { type Survey, surveyWorld } from './survey.ts';
import { type Balance, weighPools } from './weigh-pools.ts';

export interface Weighed {
  readonly survey: Survey;
  readonly overdue: ReadonlyMap<string, StopReason>;
  /** When the next runner comes to be overdue. */
  readonly overdueMs: number;
  readonly balances: readonly Balance[];
  readonly creation: Creation;
}

export function weighWorld(world: World): Weighed {
  const survey = surveyWorld(world);
  const { stops: overdue, nextMs: overdueMs } = stopOverdue(survey);
  const balances = weighPools(survey, overdue);
  return { survey, overdue, overdueMs, balances, creation: createForJobs(survey, balances) };
}
