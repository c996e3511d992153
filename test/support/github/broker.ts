/**
 * The broker, where a runner waits for its job: session, message poll, acknowledgement.
 * (actions/runner: src/Runner.Listener/BrokerMessageListener.cs, src/Sdk/WebApi/WebApi/BrokerHttpClient.cs)
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import { inLowerCase } from './any-case.ts';
import { clientGone, readBody, route } from './http.ts';
import { offerTo } from './jobs.ts';
import { brokerProblem } from './problem.ts';
import { findRunnerByToken, requireRunner } from './runner-auth.ts';
import { BILLING_OWNER, BROKER, RUN_SERVICE } from './runners.ts';
import type { RunnerRecord, World } from './state.ts';
import { isOnline } from './statistics.ts';

const CANCEL_TIMEOUT = '00:05:00';

const sessionBody = z.preprocess(
  inLowerCase,
  z.object({
    agent: z.object({ version: z.string().optional(), osdescription: z.string().optional() }).optional(),
  }),
);
const pollQuery = z.object({
  sessionId: z.string(),
  status: z.enum(['Online', 'Busy']),
  runnerVersion: z.string().optional(),
  os: z.string().optional(),
});

export function brokerRoutes(app: FastifyInstance, world: World): void {
  route(app, 'POST', `${BROKER}session`, 'runner-session', (request) => {
    const runner = requireRunner(world, request);
    if (runner.session !== null && isOnline(world, runner)) {
      throw brokerProblem(409, 'RunnerSessionConflict', `A session for ${runner.name} already exists.`);
    }
    const { agent } = readBody(sessionBody, request);
    refuseOldVersion(world, agent?.version);
    runner.session = randomUUID();
    runner.version = agent?.version ?? runner.version;
    runner.os = agent?.osdescription || 'macOS';
    runner.lastSeenMs = world.clock.now();
    const { id, name, version, os: osDescription, session: sessionId } = runner;
    return { sessionId, ownerName: name, agent: { id, name, version, osDescription, ephemeral: true } };
  });

  route(app, 'GET', `${BROKER}message`, 'runner-message', async (request, reply) => {
    const runner = requireRunner(world, request);
    const query = pollQuery.parse(request.query);
    if (query.sessionId !== runner.session)
      throw brokerProblem(400, 'RunnerSessionInvalid', 'Unknown session.');
    refuseOldVersion(world, query.runnerVersion);
    runner.version = query.runnerVersion ?? runner.version;
    const message = await holdForRunner(world, runner, query.sessionId, reply);
    return message ? reply.code(200).send(message) : reply.code(202).send();
  });

  route(app, 'POST', `${BROKER}acknowledge`, 'runner-acknowledge', (request) => {
    const runner = requireRunner(world, request);
    const { runnerRequestId } = readBody(z.object({ runnerRequestId: z.string() }), request);
    if (runner.job?.offerId !== runnerRequestId)
      throw brokerProblem(404, 'AcknowledgeJobNotFound', 'No such job is offered to this runner.');
    runner.job.isOfferTaken = true;
    return {};
  });

  route(app, 'DELETE', `${BROKER}session`, 'runner-session-end', (request, reply) => {
    const runner = findRunnerByToken(world, request);
    if (runner) runner.session = null;
    runner?.gate.wake();
    return reply.code(204).send();
  });
}

function refuseOldVersion(world: World, version: string | undefined): void {
  const minimum = world.settings.minimumRunnerVersion;
  if (minimum === null || version === undefined) return;
  if (version.localeCompare(minimum, 'en', { numeric: true }) >= 0) return;
  const message = `Runner version v${version} is deprecated and cannot receive messages.`;
  throw brokerProblem(403, 'RunnerVersionTooOld', message);
}

interface Message {
  readonly messageId: number;
  readonly messageType: string;
  /** JSON within JSON, as all message bodies are. */
  readonly body: string;
}

/** The next message for a runner, held until there is one. An offer is repeated until it is acknowledged or acquired. */
async function holdForRunner(
  world: World,
  runner: RunnerRecord,
  session: string,
  reply: FastifyReply,
): Promise<Message | null> {
  const gone = clientGone(reply);
  const untilMs = world.clock.now() + world.settings.holdMs;
  runner.lastSeenMs = world.clock.now();
  for (;;) {
    const message = gone.aborted ? null : messageFor(world, runner);
    if (message) return message;
    const why = await runner.gate.wait(untilMs - world.clock.now(), gone);
    runner.lastSeenMs = world.clock.now();
    if (!world.runners.has(runner.id))
      throw brokerProblem(404, 'RunnerNotFound', `Runner ${runner.id} was not found.`);
    if (runner.session !== session) throw brokerProblem(400, 'RunnerSessionInvalid', 'The session ended.');
    if (why !== 'woken') return null;
  }
}

function messageFor(world: World, runner: RunnerRecord): Message | null {
  const running = runner.job?.status === 'in_progress' ? runner.job : null;
  if (running?.cancelRequested && !running.cancelTold) {
    running.cancelTold = true;
    const body = JSON.stringify({ jobId: running.queueId, timeout: CANCEL_TIMEOUT });
    return { messageId: running.id + 1, messageType: 'JobCancellation', body };
  }
  const job = offerTo(world, runner);
  if (!job) return null;
  const body = JSON.stringify({
    id: job.offerId,
    runner_request_id: job.offerId,
    should_acknowledge: false,
    run_service_url: world.origin + RUN_SERVICE,
    billing_owner_id: BILLING_OWNER,
  });
  return { messageId: job.id, messageType: 'RunnerJobRequest', body };
}
