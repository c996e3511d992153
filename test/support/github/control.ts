/** Levers and views for tests and the demo, all under `/_control`, JSON both ways, no authentication. */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { assign } from './assignment.ts';
import { faultOrderSchema } from './faults.ts';
import { readBody, route } from './http.ts';
import { cancelJob, findJob, queueJob } from './jobs.ts';
import { knobsSchema } from './options.ts';
import { restProblem } from './problem.ts';
import { removeRunner } from './runners.ts';
import { deleteSet } from './scale-sets.ts';
import type { Job, Run, RunnerRecord, ScaleSet, World } from './state.ts';
import { isOnline, statisticsOf } from './statistics.ts';

export const jobOrderSchema = z.strictObject({
  name: z.string().default('build'),
  labels: z.array(z.string()).min(1),
  steps: z
    .array(z.strictObject({ name: z.string().optional(), run: z.string(), if: z.string().optional() }))
    .default([{ run: 'true' }]),
  timeoutSeconds: z.number().positive().default(21_600),
  repository: z
    .string()
    .regex(/^[^/]+\/[^/]+$/)
    .default('acme/app'),
  visibility: z.enum(['private', 'internal', 'public']).default('private'),
  /** Left out: the repository itself. null: a fork that was deleted. */
  headRepository: z.string().nullable().optional(),
  event: z.string().default('push'),
  ref: z.string().default('refs/heads/main'),
  sha: z.string().optional(),
  actor: z.string().default('octocat'),
  triggeringActor: z.string().optional(),
  workflow: z.string().default('CI'),
  path: z.string().default('.github/workflows/ci.yml'),
  /** Adds the job to an existing run. */
  runId: z.int().optional(),
  /** The run waits until it is approved. */
  awaitsApproval: z.boolean().default(false),
});
export type JobOrderInput = z.input<typeof jobOrderSchema>;

const byId = z.object({ id: z.coerce.number() });
const tokenKind = z.enum(['installation', 'registration', 'remove', 'admin', 'queue', 'runner']);

/** Queues a job, with a run of its own unless told otherwise. */
export function orderJob(world: World, input: JobOrderInput): Job {
  const order = jobOrderSchema.parse(input);
  const existing = order.runId === undefined ? undefined : world.runs.get(order.runId);
  const run = existing ?? createRun(world, order);
  world.runs.set(run.id, run);
  return queueJob(world, {
    run,
    name: order.name,
    labels: order.labels,
    steps: order.steps,
    timeoutSeconds: order.timeoutSeconds,
  });
}

function createRun(world: World, order: z.output<typeof jobOrderSchema>): Run {
  const { repository, visibility, headRepository, event, ref, sha, actor, triggeringActor, workflow, path } =
    order;
  const id = order.runId ?? world.nextId('run');
  return {
    id,
    attempt: 1,
    repository,
    visibility,
    headRepository: headRepository === undefined ? repository : headRepository,
    event,
    ref: ref.startsWith('refs/') ? ref : `refs/heads/${ref}`,
    sha: sha ?? createHash('sha1').update(String(id)).digest('hex'),
    actor,
    triggeringActor: triggeringActor ?? actor,
    workflow,
    path,
    createdMs: world.clock.now(),
    awaitsApproval: order.awaitsApproval,
  };
}

export function controlRoutes(app: FastifyInstance, world: World): void {
  const control = (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    handler: (request: FastifyRequest) => unknown,
  ) => route(app, method, `/_control/${path}`, 'control', handler);

  control('POST', 'jobs', (request) => viewJob(orderJob(world, readBody(jobOrderSchema, request))));
  control('GET', 'jobs', () => world.jobs.map(viewJob));
  control('GET', 'jobs/:job', (request) => viewJob(requireJob(world, request)));
  control('POST', 'jobs/:job/cancel', (request) => {
    const job = requireJob(world, request);
    cancelJob(world, job);
    return viewJob(job);
  });
  control('GET', 'runners', () => [...world.runners.values()].map((runner) => viewRunner(world, runner)));
  control('POST', 'runners/:id/delete', (request) => {
    const runner = world.runners.get(byId.parse(request.params).id);
    if (!runner) throw restProblem(404, 'no such runner');
    removeRunner(world, runner);
    return {};
  });
  control('GET', 'scalesets', () => [...world.scaleSets.values()].map((set) => viewSet(world, set)));
  control('POST', 'scalesets/:id/delete', (request) => {
    deleteSet(world, requireSet(world, request));
    return {};
  });
  control('POST', 'scalesets/:id/end-session', (request) => {
    const set = requireSet(world, request);
    if (set.session) world.tokens.revoke(set.session.token);
    set.session = null;
    set.gate.wake();
    return {};
  });
  control('POST', 'scalesets/:id/message', (request) =>
    pushMessage(world, requireSet(world, request), request),
  );
  leverRoutes(control, world);
}

type Control = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  handler: (request: FastifyRequest) => unknown,
) => void;

function leverRoutes(control: Control, world: World): void {
  control('POST', 'faults', (request) => {
    world.faults.push(readBody(faultOrderSchema, request));
    return world.faults;
  });
  control('GET', 'faults', () => world.faults);
  control('DELETE', 'faults', () => {
    world.faults = [];
    return {};
  });
  control('POST', 'tokens/expire', (request) => {
    const { kinds } = readBody(z.object({ kinds: z.array(tokenKind).default(['admin', 'queue']) }), request);
    return { expired: kinds.reduce((count, kind) => count + world.tokens.revokeAll(kind), 0) };
  });
  control('POST', 'knobs', (request) => {
    Object.assign(world.settings, readBody(withoutDefaults(), request));
    assign(world);
    return knobsSchema.parse(
      Object.fromEntries(Object.entries(world.settings).filter(([key]) => key in knobsSchema.shape)),
    );
  });
  control('POST', 'clock/advance', (request) => {
    world.clock.advance(readBody(z.object({ ms: z.number().positive() }), request).ms);
    return { nowMs: world.clock.now() };
  });
  control('GET', 'requests', () => world.requests);
  control('GET', 'secrets', () => world.tokens.secrets());
}

/** Only what the caller names is turned; a default must not overwrite an earlier turn. */
function withoutDefaults(): z.ZodType<Record<string, unknown>> {
  const names = new Set(Object.keys(knobsSchema.shape));
  return z.record(z.string(), z.unknown()).transform((given, context) => {
    const parsed = knobsSchema.safeParse(given);
    if (!parsed.success) context.addIssue({ code: 'custom', message: z.prettifyError(parsed.error) });
    return Object.fromEntries(Object.entries(given).filter(([name]) => names.has(name)));
  });
}

/** Puts a message of any form into the queue: an empty body, unknown inner events, another outer type. */
function pushMessage(world: World, set: ScaleSet, request: FastifyRequest): unknown {
  const shape = z.object({
    body: z.string().default(''),
    messageType: z.string().default('RunnerScaleSetJobMessages'),
  });
  const message = {
    messageId: set.nextMessageId++,
    ...readBody(shape, request),
    statistics: statisticsOf(world, set),
  };
  set.log.push(message);
  set.gate.wake();
  return message;
}

function requireJob(world: World, request: FastifyRequest): Job {
  const { job } = z.object({ job: z.string() }).parse(request.params);
  const found = findJob(world, job);
  if (!found) throw restProblem(404, `no job ${job}`);
  return found;
}

function requireSet(world: World, request: FastifyRequest): ScaleSet {
  const set = world.scaleSets.get(byId.parse(request.params).id);
  if (!set) throw restProblem(404, 'no such scale set');
  return set;
}

const CONCLUSION = { succeeded: 'success', failed: 'failure', canceled: 'cancelled' } as const;

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
