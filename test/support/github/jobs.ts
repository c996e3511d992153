/** A job's life after its assignment: queued, offered to a runner, started, cancelled, lost, completed. */
import { randomUUID } from 'node:crypto';
import { admit, assign, coversLabels, wakeRunners } from './assignment.ts';
import { announceCompletion } from './completion.ts';
import { tell } from './job-events.ts';
import { removeRunner } from './runners.ts';
import type { Job, Result, Run, RunnerRecord, Step, World } from './state.ts';

export interface JobOrder {
  readonly run: Run;
  readonly name: string;
  readonly labels: readonly string[];
  readonly steps: readonly Step[];
  readonly timeoutSeconds: number;
}

export function queueJob(world: World, order: JobOrder): Job {
  const jobId = randomUUID();
  const job: Job = {
    ...order,
    jobId,
    queueId: jobId,
    formerQueueIds: [],
    planId: randomUUID(),
    id: world.nextId('job'),
    requestId: world.nextId('request'),
    status: 'queued',
    result: null,
    scaleSetId: null,
    offeredTo: new Set(),
    trappedFor: new Set(),
    runner: null,
    offerId: null,
    isOfferTaken: false,
    queuedMs: world.clock.now(),
    assignedMs: null,
    runnerAssignedMs: null,
    startedMs: null,
    completedMs: null,
    renewedMs: 0,
    cancelRequested: false,
    cancelTold: false,
    wasCompletionTold: false,
    lapses: 0,
    log: [],
    stepResults: [],
    logBlobs: new Map(),
  };
  world.jobs.push(job);
  world.openJobs.add(job);
  for (const watch of world.jobWatchers) watch(job);
  admit(world, job);
  wakeRunners(world, null);
  return job;
}

/** The control interface and runners name a job by any id it ever had in the queue. */
export function findJob(world: World, jobId: string): Job | null {
  return world.jobs.find((job) => [job.jobId, job.queueId, ...job.formerQueueIds].includes(jobId)) ?? null;
}

/**
 * Gives an idle runner the oldest job of its set, whichever job it was made for. A runner without a set takes the
 * oldest queued job that its labels cover.
 */
export function offerTo(world: World, runner: RunnerRecord): Job | null {
  if (runner.job) return runner.job.status === 'in_progress' || runner.job.isOfferTaken ? null : runner.job;
  const fits = (job: Job) =>
    runner.scaleSetId === null
      ? job.status === 'queued' && !job.run.awaitsApproval && coversLabels(runner.labels, job.labels)
      : job.status === 'assigned' && job.scaleSetId === runner.scaleSetId;
  const job = [...world.openJobs].find((each) => each.runner === null && fits(each));
  if (!job) return null;
  job.status = 'assigned';
  job.runner = runner;
  job.offerId = randomUUID();
  job.runnerAssignedMs = world.clock.now();
  runner.job = job;
  const { offerId } = job;
  world.clock.after(world.settings.acquireMs, () => {
    if (job.offerId === offerId && job.status === 'assigned') withdrawOffer(world, job);
  });
  return job;
}

/** The runner never acquired it: the job goes to the next runner of the set. */
function withdrawOffer(world: World, job: Job): void {
  if (job.runner) job.runner.job = null;
  job.runner = null;
  job.offerId = null;
  job.isOfferTaken = false;
  job.runnerAssignedMs = null;
  if (job.scaleSetId === null) job.status = 'queued';
  wakeRunners(world, job.scaleSetId);
}

export function startJob(world: World, job: Job): void {
  job.status = 'in_progress';
  job.startedMs = world.clock.now();
  job.renewedMs = job.startedMs;
  tell(world, world.scaleSets.get(job.scaleSetId ?? -1), 'JobStarted', job);
  for (const watch of world.jobWatchers) watch(job);
  watchRenewals(world, job);
}

/** One timer per running job, set again for as long as renewals come. */
function watchRenewals(world: World, job: Job): void {
  const leftMs = job.renewedMs + world.settings.runnerLostMs - world.clock.now();
  world.clock.after(leftMs, () => {
    if (job.status !== 'in_progress') return;
    if (world.clock.now() - job.renewedMs < world.settings.runnerLostMs) return watchRenewals(world, job);
    job.log.push('The self-hosted runner lost communication with the server.');
    completeJob(world, job, 'failed');
  });
}

/** Before a runner took it the job is over at once; a running one is told and gets time to stop. */
export function cancelJob(world: World, job: Job): void {
  if (job.status === 'completed') return;
  job.cancelRequested = true;
  if (job.status !== 'in_progress') {
    completeJob(world, job, 'canceled');
    return;
  }
  job.runner?.gate.wake();
  world.clock.after(world.settings.cancelGraceMs, () => {
    if (job.status === 'in_progress') completeJob(world, job, 'canceled');
  });
}

/** Ends the job and its runner's registration: a runner that was given a job never gets another. */
export function completeJob(world: World, job: Job, result: Result): void {
  if (job.status === 'completed') return;
  const wasStarted = job.status === 'in_progress';
  if (!wasStarted && job.runner) withdrawOffer(world, job);
  job.status = 'completed';
  world.openJobs.delete(job);
  job.result = result;
  job.completedMs = world.clock.now();
  announceCompletion(world, job);
  for (const watch of world.jobWatchers) watch(job);
  if (job.runner) {
    job.runner.job = null;
    removeRunner(world, job.runner);
  }
  assign(world);
}
