/** Statistics of a scale set: computed from state each time, never kept. */
import type { Runner, ScaleSet, State, Statistics } from './state.ts';

const NONE: Statistics = {
  totalAvailableJobs: 0,
  totalAcquiredJobs: 0,
  totalAssignedJobs: 0,
  totalRunningJobs: 0,
  totalRegisteredRunners: 0,
  totalBusyRunners: 0,
  totalIdleRunners: 0,
};

export function isOnline(state: State, runner: Runner): boolean {
  return (runner.isConnected && runner.isHeard) || state.time.now() < runner.onlineUntilMs;
}

export function statisticsOf(state: State, set: ScaleSet): Statistics {
  const { backend, capacityZero } = state.settings;
  if (capacityZero === 'never' && set.capacity === 0) return NONE;
  let running = 0;
  for (const job of set.jobs) if (job.status === 'running') running += 1;
  let online = 0;
  let busy = 0;
  for (const runner of set.runners) {
    if (!isOnline(state, runner)) continue;
    online += 1;
    if (runner.job) busy += 1;
  }
  let offered = 0;
  if (backend === 'acquire') for (const job of state.queued) if (job.offeredTo.has(set)) offered += 1;
  return {
    totalAvailableJobs: offered,
    totalAcquiredJobs: backend === 'acquire' ? set.jobs.size - running : 0,
    totalAssignedJobs: set.jobs.size,
    totalRunningJobs: running,
    totalRegisteredRunners: online,
    totalBusyRunners: busy,
    totalIdleRunners: online - busy,
  };
}
