/** What a scale set's queue is told about a job: the four inner messages, and when they end a held poll. */
import type { Job, ScaleSet, World } from './state.ts';

type EventType = 'JobAvailable' | 'JobAssigned' | 'JobStarted' | 'JobCompleted';

/** How .NET writes a time that is not set. */
const UNSET = '0001-01-01T00:00:00Z';

function time(ms: number | null): string {
  return ms === null ? UNSET : new Date(ms).toISOString();
}

/** Adds the event to the set's next message. */
export function tell(world: World, set: ScaleSet | undefined, type: EventType, job: Job): void {
  if (!set) return;
  set.pending.push({ messageType: type, ...describe(world, job), ...extras(world, set, type, job) });
  if (type !== 'JobStarted' || world.settings.jobStartedWakes) set.gate.wake();
}

function describe(world: World, job: Job): Record<string, unknown> {
  const { run } = job;
  const [ownerName, repositoryName] = run.repository.split('/');
  return {
    runnerRequestId: world.settings.backend === 'ghes' ? job.requestId : 0,
    repositoryName,
    ownerName,
    jobId: job.queueId,
    jobWorkflowRef: `${run.repository}/${run.path}@${run.ref}`,
    jobDisplayName: job.name,
    workflowRunId: run.id,
    eventName: run.event,
    requestLabels: job.labels,
    queueTime: time(job.queuedMs),
    scaleSetAssignTime: time(job.assignedMs),
    runnerAssignTime: time(job.runnerAssignedMs),
    finishTime: time(job.completedMs),
  };
}

function extras(world: World, set: ScaleSet, type: EventType, job: Job): Record<string, unknown> {
  const runner = { runnerId: job.runner?.id ?? 0, runnerName: job.runner?.name ?? '' };
  switch (type) {
    case 'JobAvailable':
      return {
        acquireJobUrl: `${world.origin}/tenant/123/_apis/runtime/runnerscalesets/${set.id}/acquirejobs`,
      };
    case 'JobAssigned':
      return {};
    case 'JobStarted':
      return runner;
    case 'JobCompleted':
      return { ...runner, result: job.result };
  }
}
