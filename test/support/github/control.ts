/** Levers and views for tests and the demo, all under `/_control`, JSON both ways, no authentication. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { assign } from './assignment.ts';
import { pullCompletion } from './completion.ts';
import { faultOrderSchema } from './faults.ts';
import { readBody, route } from './http.ts';
import { cancelJob, findJob } from './jobs.ts';
import { knobsSchema } from './options.ts';
import { jobOrderSchema, orderJob, rerun } from './orders.ts';
import { restProblem } from './problem.ts';
import { removeRunner } from './runners.ts';
import { deleteSet } from './scale-sets.ts';
import type { Job, ScaleSet, World } from './state.ts';
import { statisticsOf } from './statistics.ts';
import { viewJob, viewRunner, viewSet } from './views.ts';

const byId = z.object({ id: z.coerce.number() });
const tokenKind = z.enum(['installation', 'registration', 'remove', 'admin', 'queue', 'runner']);

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
  control('POST', 'jobs/:job/completed', (request) => {
    const job = requireJob(world, request);
    pullCompletion(world, job, readBody(z.object({ how: z.enum(['early', 'again']) }), request).how);
    return viewJob(job);
  });
  control('POST', 'runs/:id/rerun', (request) => {
    const run = world.runs.get(byId.parse(request.params).id);
    if (!run) throw restProblem(404, 'no such run');
    const { triggeringActor } = readBody(
      z.object({ triggeringActor: z.string().default(run.actor) }),
      request,
    );
    return rerun(world, run, triggeringActor).map(viewJob);
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
