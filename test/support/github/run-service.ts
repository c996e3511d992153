/**
 * The runner's side, second half: acquiring the offered job, renewing, logging and completing it.
 * (actions/runner: src/Sdk/RSWebApi/RunServiceHttpClient.cs)
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { requireRunner } from './broker.ts';
import { readBody, route } from './http.ts';
import { completeJob, startJob } from './jobs.ts';
import { runServiceProblem } from './problem.ts';
import { RUN_SERVICE } from './runners.ts';
import type { Job, Result, World } from './state.ts';

const MOST_LOG_LINES = 20_000;

const resultSchema = z
  .string()
  .toLowerCase()
  .transform((word, context): Result => {
    if (['succeeded', 'success'].includes(word)) return 'succeeded';
    if (['failed', 'failure', 'abandoned'].includes(word)) return 'failed';
    if (['canceled', 'cancelled'].includes(word)) return 'canceled';
    context.addIssue({ code: 'custom', message: `unknown result ${word}` });
    return z.NEVER;
  });

export function runServiceRoutes(app: FastifyInstance, world: World): void {
  route(app, 'POST', `${RUN_SERVICE}acquirejob`, 'acquire-job', (request) => {
    const { job } = requireRunner(world, request);
    const { jobMessageId } = readBody(z.object({ jobMessageId: z.string() }), request);
    if (!job || job.offerId !== jobMessageId) throw runServiceProblem(404, 'JobNotFound', 'The job is gone.');
    if (job.status === 'in_progress')
      throw runServiceProblem(409, 'JobAlreadyAcquired', 'The job was acquired before.');
    startJob(world, job);
    return describeForRunner(world, job);
  });

  route(app, 'POST', `${RUN_SERVICE}renewjob`, 'renew-job', (request) => {
    const job = requireRunning(world, request);
    job.renewedMs = world.clock.now();
    return { lockedUntil: new Date(job.renewedMs + world.settings.runnerLostMs).toISOString() };
  });

  route(app, 'POST', `${RUN_SERVICE}log`, 'job-log', (request) => {
    const job = requireRunning(world, request);
    const { lines } = readBody(z.object({ lines: z.array(z.string()) }), request);
    job.log.push(...lines.slice(0, Math.max(0, MOST_LOG_LINES - job.log.length)));
    return {};
  });

  route(app, 'POST', `${RUN_SERVICE}completejob`, 'complete-job', (request) => {
    const job = requireRunning(world, request);
    const { result } = readBody(z.object({ result: resultSchema }), request);
    completeJob(world, job, result);
    return {};
  });
}

/** The job that this runner runs, which is also the one that the body names. */
function requireRunning(world: World, request: FastifyRequest): Job {
  const { job } = requireRunner(world, request);
  const { jobId } = readBody(z.object({ jobId: z.string() }), request);
  if (job?.status === 'in_progress' && job.queueId === jobId) return job;
  throw runServiceProblem(404, 'JobNotFound', `Job ${jobId} does not run on this runner.`);
}

function describeForRunner(world: World, job: Job): Record<string, unknown> {
  const { run } = job;
  const refName = run.ref.replace(/^refs\/(heads|tags|pull)\//, '');
  return {
    jobId: job.queueId,
    name: job.name,
    steps: job.steps,
    timeoutSeconds: job.timeoutSeconds,
    variables: {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTOR: run.actor,
      GITHUB_API_URL: `${world.origin}/api/v3`,
      GITHUB_EVENT_NAME: run.event,
      GITHUB_JOB: job.name,
      GITHUB_REF: run.ref,
      GITHUB_REF_NAME: refName,
      GITHUB_REPOSITORY: run.repository,
      GITHUB_REPOSITORY_OWNER: run.repository.split('/')[0] ?? '',
      GITHUB_RUN_ATTEMPT: String(run.attempt),
      GITHUB_RUN_ID: String(run.id),
      GITHUB_RUN_NUMBER: '1',
      GITHUB_SERVER_URL: world.origin,
      GITHUB_SHA: run.sha,
      GITHUB_TRIGGERING_ACTOR: run.triggeringActor,
      GITHUB_WORKFLOW: run.workflow,
      GITHUB_WORKFLOW_REF: `${run.repository}/${run.path}@${run.ref}`,
      RUNNER_NAME: job.runner?.name ?? '',
    },
  };
}
