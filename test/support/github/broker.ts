/**
 * The runner's side, first half: the token for a credential's RSA key, the broker session, and the message poll.
 * (actions/runner: src/Runner.Listener/BrokerMessageListener.cs)
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { decodeJwt, importSPKI, jwtVerify } from 'jose';
import * as z from 'zod';
import { clientGone, readBody, readToken, route } from './http.ts';
import { offerTo } from './jobs.ts';
import { brokerProblem, Problem } from './problem.ts';
import { BROKER, OAUTH, RUN_SERVICE } from './runners.ts';
import type { RunnerRecord, World } from './state.ts';
import { isOnline } from './statistics.ts';

const RUNNER_TOKEN_MS = 3_600_000;

const sessionBody = z.object({
  agent: z.object({ version: z.string().optional(), osDescription: z.string().optional() }).optional(),
});
const pollQuery = z.object({
  sessionId: z.string(),
  runnerVersion: z.string().optional(),
  os: z.string().optional(),
});

export function brokerRoutes(app: FastifyInstance, world: World): void {
  route(app, 'POST', OAUTH, 'runner-token', async (request) => {
    const runner = await verifyAssertion(world, request);
    const token = world.tokens.issue('runner', runner.scope, RUNNER_TOKEN_MS, runner.id);
    return { access_token: token.value, token_type: 'Bearer', expires_in: RUNNER_TOKEN_MS / 1000 };
  });

  route(app, 'POST', `${BROKER}session`, 'runner-session', (request) => {
    const runner = requireRunner(world, request);
    if (runner.session !== null && isOnline(world, runner)) {
      throw brokerProblem(409, 'RunnerSessionConflict', `A session for ${runner.name} already exists.`);
    }
    const { agent } = readBody(sessionBody, request);
    refuseOldVersion(world, agent?.version);
    runner.session = randomUUID();
    runner.version = agent?.version ?? runner.version;
    runner.os = agent?.osDescription ?? 'macOS';
    runner.lastSeenMs = world.clock.now();
    return { sessionId: runner.session, ownerName: runner.name };
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
    if (!runner.job) throw brokerProblem(404, 'AcknowledgeJobNotFound', 'No job is offered to this runner.');
    return {};
  });

  route(app, 'DELETE', `${BROKER}session`, 'runner-session-end', (request, reply) => {
    const runner = findByToken(world, request);
    if (runner) runner.session = null;
    runner?.gate.wake();
    return reply.code(204).send();
  });
}

/** The registration behind a client assertion signed with its own key. @throws 400 when it is gone or the key is wrong */
async function verifyAssertion(world: World, request: FastifyRequest): Promise<RunnerRecord> {
  const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
  const assertion = form.get('client_assertion') ?? '';
  const refuse = (why: string) => new Problem(400, { error: 'invalid_client', error_description: why });
  const clientId = claimedClient(assertion);
  const runner = [...world.runners.values()].find((each) => each.clientId === clientId);
  if (!runner) throw refuse(`Registration ${clientId} was not found.`);
  try {
    const key = await importSPKI(runner.publicKeyPem, 'RS256');
    await jwtVerify(assertion, key, { algorithms: ['RS256'], currentDate: new Date(world.clock.now()) });
  } catch (error) {
    throw refuse(`The client assertion is not valid: ${String(error)}`);
  }
  return runner;
}

function claimedClient(assertion: string): string {
  try {
    const { iss, sub } = decodeJwt(assertion);
    return iss ?? sub ?? '';
  } catch {
    return ''; // not a token at all: refused as an unknown registration
  }
}

/** @throws 401 without a runner's token, 404 RunnerNotFound when its record is gone: each serves one job only */
export function requireRunner(world: World, request: FastifyRequest): RunnerRecord {
  const runner = findByToken(world, request);
  if (!runner) throw brokerProblem(404, 'RunnerNotFound', 'The runner was not found.');
  return runner;
}

/** The runner that a token was issued to, null when its record is gone. @throws 401 */
function findByToken(world: World, request: FastifyRequest): RunnerRecord | null {
  const token = world.tokens.find('runner', readToken(request, 'Bearer'));
  if (!token) throw brokerProblem(401, 'Unauthorized', 'The token is not valid.');
  return world.runners.get(Number(token.owner)) ?? null;
}

function refuseOldVersion(world: World, version: string | undefined): void {
  const minimum = world.settings.minimumRunnerVersion;
  if (minimum === null || version === undefined) return;
  if (version.localeCompare(minimum, 'en', { numeric: true }) >= 0) return;
  const message = `Runner version v${version} is deprecated and cannot receive messages.`;
  throw brokerProblem(403, 'RunnerVersionTooOld', message);
}

/** The next message for a runner, held until there is one. An offer is repeated until it is acquired. */
async function holdForRunner(
  world: World,
  runner: RunnerRecord,
  session: string,
  reply: FastifyReply,
): Promise<Record<string, unknown> | null> {
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

function messageFor(world: World, runner: RunnerRecord): Record<string, unknown> | null {
  const running = runner.job?.status === 'in_progress' ? runner.job : null;
  if (running?.cancelRequested && !running.cancelTold) {
    running.cancelTold = true;
    return { messageId: running.id + 1, messageType: 'JobCancellation', body: { jobId: running.queueId } };
  }
  const job = offerTo(world, runner);
  if (!job) return null;
  const body = {
    id: job.offerId,
    runner_request_id: job.offerId,
    should_acknowledge: false,
    run_service_url: world.origin + RUN_SERVICE,
    billing_owner_id: 'simulated',
  };
  return { messageId: job.id, messageType: 'RunnerJobRequest', body };
}
