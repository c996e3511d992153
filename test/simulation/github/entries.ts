/** What a scale set's queue is told about a job: the four inner messages, and when they end a held poll. */
import type { EntryType } from './events.ts';
import type { Job, ScaleSet, State } from './state.ts';

/** How .NET writes a time that is not set. */
const UNSET = '0001-01-01T00:00:00Z';

function timeOf(ms: number | null): string {
  return ms === null ? UNSET : new Date(ms).toISOString();
}

/** Adds an entry to the set's next message. `over`: what the set is told in place of the truth. */
export function tell(
  state: State,
  set: ScaleSet | null,
  type: EntryType,
  job: Job,
  over: Partial<Pick<Job, 'result' | 'completedMs'>> = {},
): void {
  if (!set || !state.sets.has(set.id)) return;
  const wire = { messageType: type, ...describe(state, job, over), ...extras(type, job, over) };
  set.pending.push({ type, jobId: job.jobId, wire });
  if (type !== 'JobStarted' || state.settings.startedWakes) wake(state, set);
}

/** Held polls look again as soon as the present change is complete: what it tells is told in one message. */
export function wake(state: State, set: ScaleSet): void {
  if (set.isWaking || set.held.size === 0) return;
  set.isWaking = true;
  state.time.after(0, () => {
    set.isWaking = false;
    for (const poll of [...set.held]) poll.look();
  });
}

function describe(state: State, job: Job, over: Partial<Pick<Job, 'completedMs'>>) {
  const { facts } = job;
  const slash = facts.repository.indexOf('/');
  return {
    runnerRequestId: state.settings.backend === 'acquire' ? job.requestId : 0,
    repositoryName: facts.repository.slice(slash + 1),
    ownerName: facts.repository.slice(0, slash),
    jobId: job.jobId,
    jobWorkflowRef: facts.workflowRef,
    jobDisplayName: facts.displayName,
    workflowRunId: facts.workflowRunId,
    eventName: facts.event,
    requestLabels: job.labels,
    queueTime: timeOf(job.queuedMs),
    scaleSetAssignTime: timeOf(job.assignedMs),
    runnerAssignTime: timeOf(job.runnerAssignedMs),
    finishTime: timeOf(over.completedMs ?? job.completedMs),
  };
}

function extras(type: EntryType, job: Job, over: Partial<Pick<Job, 'result'>>) {
  const runner = { runnerId: job.runner?.id ?? 0, runnerName: job.runner?.name ?? '' };
  switch (type) {
    case 'JobAvailable':
    case 'JobAssigned':
      return {};
    case 'JobStarted':
      return runner;
    case 'JobCompleted':
      return { ...runner, result: over.result ?? job.result };
  }
}
