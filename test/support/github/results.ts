/**
 * The results service: the states of a job's steps, and logs, which are put into a blob store under signed addresses and
 * then entered. (actions/runner: src/Sdk/WebApi/WebApi/ResultsHttpClient.cs, Contracts.cs)
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { readBody, route } from './http.ts';
import { Problem } from './problem.ts';
import { requireJobByToken } from './runner-auth.ts';
import { RESULTS } from './runners.ts';
import type { Job, LogBlob, World } from './state.ts';

const RECEIVER = `${RESULTS}twirp/results.services.receiver.Receiver/`;
const STEPS = `${RESULTS}twirp/github.actions.results.api.v1.WorkflowStepUpdateService/`;
const BLOBS = '/_blobs/';

const namesJob = z.object({ workflow_run_backend_id: z.string(), workflow_job_run_backend_id: z.string() });
const namesStep = namesJob.extend({ step_backend_id: z.string() });
const metadata = { uploaded_at: z.iso.datetime(), line_count: z.coerce.number() };
const update = namesJob.extend({
  change_order: z.number(),
  steps: z.array(
    z.object({
      external_id: z.string(),
      number: z.number(),
      name: z.string(),
      status: z.number(),
      conclusion: z.number(),
    }),
  ),
});

export function resultsRoutes(app: FastifyInstance, world: World): void {
  const signed = new Map<string, LogBlob>();
  const sign = (job: Job, log: string): Record<string, string> => {
    const signature = randomBytes(16).toString('hex');
    const blob = job.logBlobs.get(log) ?? { text: '', sealed: false, lineCount: null };
    job.logBlobs.set(log, blob);
    signed.set(signature, blob);
    const logs_url = `${world.origin}${BLOBS}${job.jobId}/${log}?sig=${signature}`;
    return { logs_url, blob_storage_type: 'BLOB_STORAGE_TYPE_AZURE' };
  };
  const receive = (method: string, handler: (request: FastifyRequest) => unknown) =>
    route(app, 'POST', RECEIVER + method, `results-${method}`, handler);

  receive('GetJobLogsSignedBlobURL', (request) => sign(requireJob(world, request), 'job'));
  receive('GetStepLogsSignedBlobURL', (request) =>
    sign(requireJob(world, request), readBody(namesStep, request).step_backend_id),
  );
  receive('CreateJobLogsMetadata', (request) => {
    const { line_count } = readBody(namesJob.extend(metadata), request);
    return enter(requireJob(world, request), 'job', line_count);
  });
  receive('CreateStepLogsMetadata', (request) => {
    const { line_count, step_backend_id } = readBody(namesStep.extend(metadata), request);
    return enter(requireJob(world, request), step_backend_id, line_count);
  });
  route(app, 'POST', `${STEPS}WorkflowStepsUpdate`, 'results-steps', (request) => {
    requireJob(world, request);
    readBody(update, request);
    return {};
  });
  route(app, 'PUT', `${BLOBS}:job/:log`, 'blob', (request, reply) => {
    const { sig, comp, seal } = z.looseObject({ sig: z.string() }).parse(request.query);
    const blob = signed.get(sig);
    if (!blob) throw new Problem(403, 'AuthenticationFailed');
    put(blob, request, comp === 'appendblock', seal === 'true');
    return reply.code(201).send();
  });
}

/** An append blob is made empty and then grows; a block blob comes whole. */
function put(blob: LogBlob, request: FastifyRequest, isAppended: boolean, isSealed: boolean): void {
  if (blob.sealed) throw new Problem(409, 'BlobIsSealed');
  const text = typeof request.body === 'string' ? request.body : '';
  blob.text = isAppended ? blob.text + text : text;
  blob.sealed = isSealed;
}

function enter(job: Job, log: string, lineCount: number): { ok: boolean } {
  const blob = job.logBlobs.get(log);
  if (!blob) throw notFound(`no log ${log} was uploaded`);
  blob.lineCount = lineCount;
  return { ok: true };
}

/** The job of the token, which is also the one that the body names. */
function requireJob(world: World, request: FastifyRequest): Job {
  const job = requireJobByToken(world, request);
  const named = readBody(namesJob, request);
  if (named.workflow_run_backend_id === job.planId && named.workflow_job_run_backend_id === job.queueId)
    return job;
  throw notFound('no such job');
}

/** A refusal as Twirp writes it. */
function notFound(msg: string): Problem {
  return new Problem(404, { code: 'not_found', msg });
}
