/** Statistics of a scale set: computed from state each time, never kept. */
import type { Job, RunnerRecord, ScaleSet, Statistics, World } from './state.ts';

const NO_STATISTICS: Statistics = {
  totalAvailableJobs: 0,
  totalAcquiredJobs: 0,
  totalAssignedJobs: 0,
  totalRunningJobs: 0,
  totalRegisteredRunners: 0,
  totalBusyRunners: 0,
  totalIdleRunners: 0,
};

/** Jobs that a set owns: assigned or running. */
export function jobsOf(world: World, set: ScaleSet): readonly Job[] {
  return [...world.openJobs].filter(
    (job) => job.scaleSetId === set.id && (job.status === 'assigned' || job.status === 'in_progress'),
  );
}

export function isOnline(world: World, runner: RunnerRecord): boolean {
  if (runner.session === null) return false;
  return runner.gate.held > 0 || world.clock.now() - runner.lastSeenMs < world.settings.runnerOfflineMs;
}

export function statisticsOf(world: World, set: ScaleSet): Statistics {
  const { backend, capacityZero } = world.settings;
  if (capacityZero === 'never' && set.capacity === 0) return NO_STATISTICS;
  const jobs = jobsOf(world, set);
  const online = [...world.runners.values()].filter(
    (runner) => runner.scaleSetId === set.id && isOnline(world, runner),
  );
  const busy = online.filter((runner) => runner.job !== null).length;
  const running = jobs.filter((job) => job.status === 'in_progress').length;
  const offered = [...world.openJobs].filter(
    (job) => job.status === 'queued' && job.offeredTo.has(set.id),
  ).length;
  return {
    totalAvailableJobs: offered,
    totalAcquiredJobs: backend === 'ghes' ? jobs.length - running : 0,
    totalAssignedJobs: jobs.length,
    totalRunningJobs: running,
    totalRegisteredRunners: online.length,
    totalBusyRunners: busy,
    totalIdleRunners: online.length - busy,
  };
}
