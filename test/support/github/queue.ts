/** A scale set's message session: one at a time, its long poll, its acknowledgements, and acquiring where that exists. */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { assign, assignTo, isSessionLive } from './assignment.ts';
import { clientGone, QUEUE, readBody, readToken, route, TENANT } from './http.ts';
import { actionsProblem } from './problem.ts';
import { describeSet, requireAdminToken, requireSet } from './scale-sets.ts';
import type { QueueMessage, ScaleSet, Session, World } from './state.ts';
import { statisticsOf } from './statistics.ts';

const SET = `${TENANT}/_apis/runtime/runnerscalesets/:id`;
/** The queue URL's own parameter: a client that rebuilds the URL loses it and is refused. */
const SHARD = 'eus-7';
const MOST_EVENTS_PER_MESSAGE = 50;

export function sessionRoutes(app: FastifyInstance, world: World): void {
  route(app, 'POST', `${SET}/sessions`, 'create-session', (request) => {
    const set = requireSet(world, requireAdminToken(world, request), request);
    const { ownerName } = readBody(z.object({ ownerName: z.string().min(1) }), request);
    if (set.session && isSessionLive(world, set)) {
      const message = `The runner scale set ${set.name} already has an active session.`;
      throw actionsProblem(409, 'RunnerScaleSetSessionConflictException', message);
    }
    if (set.session) world.tokens.revoke(set.session.token);
    set.session = {
      id: randomUUID(),
      ownerName,
      token: issueQueueToken(world, set),
      lastSeenMs: world.clock.now(),
    };
    set.capacity = null;
    return describeSession(world, set, set.session);
  });

  route(app, 'PATCH', `${SET}/sessions/:session`, 'refresh-session', (request) => {
    const set = requireSet(world, requireAdminToken(world, request), request);
    const session = findSession(set, request);
    if (!session) throw actionsProblem(404, 'RunnerAdminException', 'The session is not known.');
    world.tokens.revoke(session.token);
    session.token = issueQueueToken(world, set);
    session.lastSeenMs = world.clock.now();
    return describeSession(world, set, session);
  });

  route(app, 'DELETE', `${SET}/sessions/:session`, 'delete-session', (request, reply) => {
    const set = requireSet(world, requireAdminToken(world, request), request);
    const session = findSession(set, request);
    if (!session)
      throw actionsProblem(400, 'RunnerScaleSetSessionExpiredException', 'The session has expired.');
    world.tokens.revoke(session.token);
    set.session = null;
    set.lastSessionMs = world.clock.now();
    set.gate.wake();
    return reply.code(204).send();
  });
}

function findSession(set: ScaleSet, request: FastifyRequest): Session | null {
  const { session } = z.object({ session: z.string() }).parse(request.params);
  return set.session?.id === session ? set.session : null;
}

function issueQueueToken(world: World, set: ScaleSet): string {
  return world.tokens.issue('queue', set.scope, world.settings.queueTokenMs, set.id).value;
}

function describeSession(world: World, set: ScaleSet, session: Session): Record<string, unknown> {
  return {
    sessionId: session.id,
    ownerName: session.ownerName,
    runnerScaleSet: describeSet(world, set),
    messageQueueUrl: `${world.origin}${QUEUE}?shard=${SHARD}`,
    messageQueueAccessToken: session.token,
    statistics: statisticsOf(world, set),
  };
}

export function queueRoutes(app: FastifyInstance, world: World): void {
  route(app, 'GET', QUEUE, 'poll', async (request, reply) => {
    const { set, session } = requireQueue(world, request);
    const { lastMessageId } = z.object({ lastMessageId: z.coerce.number().default(0) }).parse(request.query);
    session.lastSeenMs = world.clock.now();
    announce(world, set, request);
    const message = await hold(world, set, session, lastMessageId, reply);
    session.lastSeenMs = world.clock.now();
    return message ? reply.code(200).send(message) : reply.code(202).send();
  });

  route(app, 'DELETE', `${QUEUE}/:messageId`, 'ack', (request, reply) => {
    const { set, session } = requireQueue(world, request);
    const { messageId } = z.object({ messageId: z.coerce.number() }).parse(request.params);
    session.lastSeenMs = world.clock.now();
    const left = set.log.filter((message) => message.messageId !== messageId);
    if (left.length === set.log.length)
      throw actionsProblem(404, 'MessageNotFoundException', `No message ${messageId}.`);
    set.log = left;
    return reply.code(204).send();
  });

  route(app, 'POST', `${SET}/acquirejobs`, 'acquire-jobs', (request) => {
    if (world.settings.backend === 'dotcom')
      throw actionsProblem(404, 'PageNotFoundException', 'Page not found.');
    const { set } = requireQueueToken(world, request);
    return acquire(world, set, readBody(z.array(z.int()), request));
  });

  route(app, 'GET', `${SET}/acquirablejobs`, 'acquirable-jobs', (request, reply) => {
    const set = requireSet(world, requireAdminToken(world, request), request);
    const offered = [...world.openJobs].filter((job) => job.status === 'queued' && job.offeredTo.has(set.id));
    if (offered.length === 0) return reply.code(204).send();
    const value = offered.map((job) => ({
      messageType: 'JobAvailable',
      runnerRequestId: job.requestId,
      requestLabels: job.labels,
    }));
    return { count: value.length, value };
  });
}

function requireQueue(world: World, request: FastifyRequest): { set: ScaleSet; session: Session } {
  const { shard } = z.object({ shard: z.string().optional() }).parse(request.query);
  if (shard !== SHARD) throw actionsProblem(400, 'ArgumentException', 'The queue URL was not used as given.');
  return requireQueueToken(world, request);
}

/** @throws 401 for anything but the live session's own token */
function requireQueueToken(world: World, request: FastifyRequest): { set: ScaleSet; session: Session } {
  const value = readToken(request, 'Bearer');
  const token = world.tokens.find('queue', value);
  const set = world.scaleSets.get(Number(token?.owner ?? -1));
  if (set?.session?.token === value) return { set, session: set.session };
  throw actionsProblem(401, 'InvalidTokenException', 'The message queue token is not valid.');
}

/** Takes the capacity that the poll announces; more of it may release jobs at once. */
function announce(world: World, set: ScaleSet, request: FastifyRequest): void {
  const header = request.headers['x-scalesetmaxcapacity'];
  if (typeof header === 'string' && /^\d+$/.test(header)) {
    set.capacity = Number(header);
    set.announced.push(set.capacity);
  } else if (world.settings.strictCapacity) {
    throw actionsProblem(400, 'ArgumentException', 'X-ScaleSetMaxCapacity must be a number ≥ 0.');
  }
  assign(world);
}

/** The first message after `last`, waiting for one as long as polls are held. null: nothing came, or nobody listens. */
async function hold(
  world: World,
  set: ScaleSet,
  session: Session,
  last: number,
  reply: FastifyReply,
): Promise<QueueMessage | null> {
  const gone = clientGone(reply);
  const untilMs = world.clock.now() + world.settings.holdMs;
  for (;;) {
    const message = nextMessage(world, set, last);
    if (message) return message;
    const why = await set.gate.wait(untilMs - world.clock.now(), gone);
    if (!world.scaleSets.has(set.id)) {
      throw actionsProblem(
        404,
        'RunnerScaleSetNotFoundException',
        `No runner scale set found with identifier ${set.id}.`,
      );
    }
    if (set.session !== session) throw actionsProblem(401, 'InvalidTokenException', 'The session ended.');
    if (why !== 'woken') return null;
  }
}

/** What is pending becomes a message only when somebody asks, and is the same for ever after. */
function nextMessage(world: World, set: ScaleSet, last: number): QueueMessage | null {
  const waiting = set.log.find((message) => message.messageId > last);
  if (waiting) return waiting;
  const events = set.pending.splice(0, MOST_EVENTS_PER_MESSAGE);
  if (events.length === 0) return null;
  const statistics = statisticsOf(world, set);
  const isLagging =
    world.settings.statisticsLag && events.some((event) => event.messageType === 'JobAssigned');
  const message = {
    messageId: set.nextMessageId++,
    messageType: 'RunnerScaleSetJobMessages',
    body: JSON.stringify(events),
    statistics: isLagging ? { ...statistics, totalAssignedJobs: 0 } : statistics,
  };
  set.log.push(message);
  return message;
}

/** Claims offered jobs; the ids of those that another set claimed first are left out of the reply. */
function acquire(
  world: World,
  set: ScaleSet,
  ids: readonly number[],
): { count: number; value: readonly number[] } {
  const value = ids.filter((id) => {
    const job = [...world.openJobs].find(
      (each) => each.requestId === id && each.status === 'queued' && each.offeredTo.has(set.id),
    );
    if (job) assignTo(world, set, job);
    return job !== undefined;
  });
  return { count: value.length, value };
}
