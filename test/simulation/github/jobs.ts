/** A job's life: queued, offered to a runner, started, cancelled, lost, completed. Its assignment is `assignment.ts`'s. */
import { admit, armLapse, assign } from './assignment.ts';
import { tell } from './entries.ts';
import type { Ending } from './events.ts';
import { callBack, nudgeIdle } from './nudge.ts';
import { removeRunner } from './records.ts';
import type { JobResult, RunnerJob } from './runner-side.ts';
import type { Job, Runner, State } from './state.ts';

export interface JobOrder {
  readonly labels: readonly string[];
  /** `owner/name` */
  readonly repository?: string;
  readonly displayName?: string;
  readonly event?: string;
  readonly ref?: string;
  readonly actor?: string;
}

export function queueJob(state: State, order: JobOrder): Job {
  const key = `job-${state.nextId('job')}`;
  const { repository = 'acme/app', ref = 'refs/heads/main', displayName = 'build' } = order;
  const job: Job = {
    key,
    jobId: key,
    requestId: state.nextId('request'),
    facts: {
      repository,
      displayName,
      workflowRunId: state.nextId('run'),
      runAttempt: 1,
      workflowRef: `${repository}/.github/workflows/ci.yml@${ref}`,
      event: order.event ?? 'push',
      ref,
      sha: '0f'.repeat(20),
      actor: order.actor ?? 'octocat',
    },
    labels: order.labels,
    status: 'queued',
    ...{ set: null, runner: null, result: null, ending: null, timer: null, graceTimer: null },
    ...{ offeredTo: new Set(), trappedFor: new Set(), queuedMs: state.time.now() },
    ...{ assignedMs: null, runnerAssignedMs: null, completedMs: null },
    ...{ lapses: 0, wasCompletionTold: false, isCancelRequested: false },
  };
  state.jobs.set(key, job);
  state.queued.add(job);
  state.on({ type: 'job-queued', atMs: job.queuedMs, job: key, jobId: job.jobId });
  admit(state, job);
  return job;
}

export function asRunnerSees(job: Job): RunnerJob {
  return { ...job.facts, jobId: job.jobId, key: job.key };
}

/** Gives an idle runner the oldest job of its set, whichever job it was made for. */
export function offerTo(state: State, runner: Runner): Job | null {
  if (runner.job) return runner.job.status === 'assigned' ? runner.job : null;
  let oldest: Job | null = null;
  for (const job of runner.set.jobs) {
    if (job.status !== 'assigned' || job.runner) continue;
    if (!oldest || job.requestId < oldest.requestId) oldest = job;
  }
  if (!oldest) return null;
  const job = oldest;
  job.runner = runner;
  runner.job = job;
  job.runnerAssignedMs = state.time.now();
  job.timer?.cancel();
  job.timer = state.time.after(state.settings.offerMs, () => {
    if (job.status === 'assigned') withdrawOffer(state, job);
  });
  return job;
}

/** The runner never started it: the job goes to the next runner of the set. */
function withdrawOffer(state: State, job: Job): void {
  if (job.runner) job.runner.job = null;
  job.runner = null;
  job.runnerAssignedMs = null;
  armLapse(state, job);
  if (job.set) nudgeIdle(state, job.set);
}

export function startJob(state: State, job: Job, runner: Runner): void {
  const atMs = state.time.now();
  job.timer?.cancel();
  job.timer = null;
  job.status = 'running';
  const set = runner.set.name;
  state.on({ type: 'job-started', atMs, job: job.key, jobId: job.jobId, set, runner: runner.name });
  tell(state, job.set, 'JobStarted', job);
}

/** From the runner's last word on: unless it is heard again, its job fails. */
export function awaitRunner(state: State, job: Job): void {
  job.timer?.cancel();
  job.timer = state.time.after(state.settings.runnerLostMs, () => {
    if (job.status === 'running') endJob(state, job, 'failed', 'runner-lost');
  });
}

/** Before a runner started it the job is over at once; a running one is told and gets time to stop. */
export function cancelJob(state: State, job: Job): void {
  if (job.status === 'completed' || job.isCancelRequested) return;
  job.isCancelRequested = true;
  if (job.status !== 'running') {
    endJob(state, job, 'canceled', 'cancelled');
    return;
  }
  const { runner } = job;
  if (runner) callBack(state, runner, ({ onCancel }) => onCancel?.(asRunnerSees(job)));
  job.graceTimer = state.time.after(state.settings.cancelGraceMs, () => {
    if (job.status === 'running') endJob(state, job, 'canceled', 'cancelled');
  });
}

/** Ends the job and its runner's registration: a runner that started a job never gets another. */
export function endJob(state: State, job: Job, result: JobResult, ending: Ending): void {
  if (job.status === 'completed') return;
  const atMs = state.time.now();
  const { set } = job;
  if (job.status === 'assigned' && job.runner) withdrawOffer(state, job);
  job.timer?.cancel();
  job.graceTimer?.cancel();
  set?.jobs.delete(job);
  state.queued.delete(job);
  Object.assign(job, {
    status: 'completed',
    result,
    ending,
    completedMs: atMs,
    timer: null,
    graceTimer: null,
  });
  const { runner } = job;
  const about = {
    atMs,
    job: job.key,
    jobId: job.jobId,
    set: set?.name ?? null,
    runner: runner?.name ?? null,
  };
  state.on({ type: 'job-completed', ...about, result, ending });
  tellCompletion(state, job);
  if (runner) {
    runner.job = null;
    removeRunner(state, runner, 'job-over');
  }
  assign(state);
}

function tellCompletion(state: State, job: Job): void {
  if (job.wasCompletionTold) return;
  const { completion, completionLateMs } = state.settings;
  if (completion === 'prompt') tell(state, job.set, 'JobCompleted', job);
  if (completion === 'late') {
    state.time.after(completionLateMs, () => tell(state, job.set, 'JobCompleted', job));
  }
}

/** JobCompleted comes while the runner still runs, and not again when it ends. (actions/runner: issue 4492) */
export function completeEarly(state: State, job: Job): boolean {
  if (job.status !== 'running' || job.wasCompletionTold || !job.set) return false;
  const atMs = state.time.now();
  job.wasCompletionTold = true;
  state.on({ type: 'completion-told-early', atMs, job: job.key, jobId: job.jobId, set: job.set.name });
  tell(state, job.set, 'JobCompleted', job, { result: 'succeeded', completedMs: atMs });
  return true;
}

/** JobCompleted once more, also when the first was held back. */
export function completeAgain(state: State, job: Job): boolean {
  if (job.status !== 'completed') return false;
  tell(state, job.set, 'JobCompleted', job);
  return true;
}
