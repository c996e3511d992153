/**
 * The run service: a runner acquires the job that it was offered, and renews and completes it with the job's own token.
 * (actions/runner: src/Sdk/RSWebApi/RunServiceHttpClient.cs and Contracts/)
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { readBody, route } from './http.ts';
import { writeJobMessage } from './job-message.ts';
import { completeJob, startJob } from './jobs.ts';
import { runServiceProblem } from './problem.ts';
import { requireJobByToken, requireRunner } from './runner-auth.ts';
import { RUN_SERVICE } from './runners.ts';
import type { Job, Result, World } from './state.ts';

const conclusionSchema = z
  .string()
  .toLowerCase()
  .transform((word, context): Result => {
    if (['succeeded', 'succeededwithissues'].includes(word)) return 'succeeded';
    if (['failed', 'abandoned'].includes(word)) return 'failed';
    if (word === 'canceled') return 'canceled';
    context.addIssue({ code: 'custom', message: `unknown conclusion ${word}` });
    return z.NEVER;
  });

const namesJob = z.object({ planId: z.string(), jobId: z.string() });
const completion = namesJob.extend({
  conclusion: conclusionSchema,
  stepResults: z
    .array(z.object({ name: z.string(), conclusion: z.string().nullish().default(null) }))
    .default([]),
});

export function runServiceRoutes(app: FastifyInstance, world: World): void {
  route(app, 'POST', `${RUN_SERVICE}acquirejob`, 'acquire-job', (request) => {
    const { job } = requireRunner(world, request);
    const { jobMessageId } = readBody(z.object({ jobMessageId: z.string() }), request);
    if (!job || job.offerId !== jobMessageId) throw runServiceProblem(404, 'JobNotFound', 'The job is gone.');
    if (job.status === 'in_progress')
      throw runServiceProblem(409, 'JobAlreadyAcquired', 'The job was acquired before.');
    startJob(world, job);
    return writeJobMessage(world, job);
  });

  route(app, 'POST', `${RUN_SERVICE}renewjob`, 'renew-job', (request) => {
    const job = requireRunning(world, request);
    job.renewedMs = world.clock.now();
    return { lockedUntil: new Date(job.renewedMs + world.settings.runnerLostMs).toISOString() };
  });

  route(app, 'POST', `${RUN_SERVICE}completejob`, 'complete-job', (request, reply) => {
    const job = requireRunning(world, request);
    const { conclusion, stepResults } = readBody(completion, request);
    job.stepResults = stepResults;
    completeJob(world, job, conclusion);
    return reply.code(204).send();
  });
}

/** The running job that the token belongs to, which is also the one that the body names. */
function requireRunning(world: World, request: FastifyRequest): Job {
  const job = requireJobByToken(world, request);
  const { planId, jobId } = readBody(namesJob, request);
  if (job.status === 'in_progress' && job.planId === planId && job.queueId === jobId) return job;
  throw runServiceProblem(404, 'JobNotFound', `Job ${jobId} of plan ${planId} does not run.`);
}
