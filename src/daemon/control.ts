/** The control socket: HTTP over a Unix socket of mode 0660, versioned JSON. Who may open it is the file system's affair. */
import { chmodSync, rmSync } from 'node:fs';
import Fastify, { type FastifyInstance } from 'fastify';
import * as z from 'zod';
import { type ErrorCode, MacrunnerError } from '../core/error.ts';
import type { Context } from './context.ts';
import { linesAfter } from './event-lines.ts';
import type { Senses } from './observe.ts';
import { orderStop } from './order-stop.ts';
import { type Identity, jobReport, runnerReport, statusReport } from './status.ts';

export interface ControlOptions {
  readonly socketPath: string;
  readonly context: Context;
  readonly senses: Senses;
  readonly identity: Identity;
  readonly setDraining: (isDraining: boolean) => void;
  readonly reload: () => void;
}

const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  'not-found': 404,
  usage: 400,
  'github-conflict': 409,
  'ledger-unwritable': 503,
};
const EVENTS_AT_ONCE = 500;

/** Opens the socket; the caller holds the host's lock, so a socket file that is there is left over. */
export async function openControl(options: ControlOptions): Promise<FastifyInstance> {
  const server = Fastify({
    logger: false,
    bodyLimit: 64 * 1024,
    requestTimeout: 10_000,
    forceCloseConnections: true,
  });
  server.setErrorHandler((error, _request, reply) => {
    const code = error instanceof MacrunnerError ? error.code : 'usage';
    const hint = error instanceof MacrunnerError ? (error.hint ?? null) : null;
    const message = error instanceof Error ? error.message : String(error);
    return reply.code(STATUS_OF[code] ?? 500).send({ v: 1, error: { code, message, hint } });
  });
  addReads(server, options);
  addOrders(server, options);
  addEvents(server, options);
  rmSync(options.socketPath, { force: true });
  // The socket is made with the umask of this moment: it must not be open to all until its mode is set.
  const umask = process.umask(0o117);
  try {
    await server.listen({ path: options.socketPath });
  } finally {
    process.umask(umask);
  }
  chmodSync(options.socketPath, 0o660);
  return server;
}

const named = z.object({ name: z.string() });

function addReads(server: FastifyInstance, { context, senses, identity }: ControlOptions): void {
  const { ledger } = context;
  server.get('/v1/status', () => statusReport(context, senses, identity));
  server.get('/v1/jobs/:name', (request) => {
    const { name } = named.parse(request.params);
    const [job, ...others] = ledger.job(name);
    if (!job)
      throw new MacrunnerError('not-found', `no job ${name} was ever assigned here`, {
        hint: 'list the open ones: macrunner status; for one that GitHub still keeps: macrunner why POOL',
      });
    if (others.length > 0)
      throw new MacrunnerError('usage', `${name} fits ${others.length + 1} jobs`, {
        hint: 'give more of the id',
      });
    return {
      v: 1,
      job: jobReport(context, job),
      timeline: job.runner === null ? [] : ledger.timeline(job.runner),
    };
  });
  server.get('/v1/runners', (request) => {
    const { all } = z.object({ all: z.string().optional() }).parse(request.query);
    const past = all === undefined ? [] : ledger.pastRunners(100);
    const now = ledger.runners().map((runner) => runnerReport(context, runner, null));
    return { v: 1, runners: [...now, ...past.map((runner) => runnerReport(context, runner, runner.goneMs))] };
  });
  server.get('/v1/runners/:name', (request) => {
    const runner = runnerNamed(context, named.parse(request.params).name);
    return {
      v: 1,
      runner: runnerReport(context, runner, runner.goneMs),
      timeline: ledger.timeline(runner.name),
    };
  });
}

function runnerNamed({ ledger }: Context, name: string) {
  const runner = ledger.runner(name);
  if (!runner)
    throw new MacrunnerError('not-found', `there is no runner ${name}`, {
      hint: 'list them: macrunner runner list --all',
    });
  return runner;
}

function addOrders(server: FastifyInstance, { context, setDraining, reload }: ControlOptions): void {
  const { ledger } = context;
  const drained = (isDraining: boolean) => {
    setDraining(isDraining);
    return { v: 1, isDraining, busy: ledger.runners().filter((runner) => runner.phase === 'busy').length };
  };
  server.post('/v1/drain', () => drained(true));
  server.post('/v1/resume', () => drained(false));
  server.post('/v1/reload', () => {
    reload();
    return { v: 1 };
  });
  server.post('/v1/runners/:name/stop', async (request) => {
    const { name } = named.parse(request.params);
    const { force } = z.object({ force: z.boolean().default(false) }).parse(request.body ?? {});
    await orderStop(context, name, force);
    return { v: 1, runner: name, stopping: true };
  });
}

function addEvents(server: FastifyInstance, { context }: ControlOptions): void {
  const query = z.object({ after: z.coerce.number().int().optional(), follow: z.string().optional() });
  server.get('/v1/events', (request, reply) => {
    const { after, follow } = query.parse(request.query);
    reply.type('application/x-ndjson');
    return reply.send(
      linesAfter(context, after ?? context.ledger.lastAuditSeq() - EVENTS_AT_ONCE, follow !== undefined),
    );
  });
}
