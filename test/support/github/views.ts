/** What tests and the demo see of jobs, runners and scale sets: plain JSON, without secrets. */
import type { Job, RunnerRecord, ScaleSet, World } from './state.ts';
import { isOnline, statisticsOf } from './statistics.ts';

/** The queue says `succeeded` where REST says `success`. */
export const CONCLUSION = { succeeded: 'success', failed: 'failure', canceled: 'cancelled' } as const;

export function viewJob(job: Job) {
  return {
    jobId: job.jobId,
    queueId: job.queueId,
    formerQueueIds: job.formerQueueIds,
    id: job.id,
    runId: job.run.id,
    name: job.name,
    repository: job.run.repository,
    labels: job.labels,
    status: job.status,
    result: job.result,
    conclusion: job.result === null ? null : CONCLUSION[job.result],
    scaleSetId: job.scaleSetId,
    runnerName: job.runner?.name ?? null,
    queuedAt: job.queuedMs,
    assignedAt: job.assignedMs,
    startedAt: job.startedMs,
    completedAt: job.completedMs,
    log: job.log,
  };
}

export function viewRunner(world: World, runner: RunnerRecord) {
  const { id, name, scope, scaleSetId, labels, version } = runner;
  const status = isOnline(world, runner) ? 'online' : 'offline';
  return {
    id,
    name,
    scope,
    scaleSetId,
    labels,
    version,
    status,
    busy: runner.job !== null,
    jobId: runner.job?.jobId ?? null,
  };
}

export function viewSet(world: World, set: ScaleSet) {
  const { id, name, scope, groupId, labels, capacity, announced } = set;
  const session = set.session ? { id: set.session.id, ownerName: set.session.ownerName } : null;
  const unacknowledged = set.log.map((message) => message.messageId);
  return {
    id,
    name,
    scope,
    groupId,
    labels,
    capacity,
    announced,
    session,
    unacknowledged,
    statistics: statisticsOf(world, set),
  };
}
