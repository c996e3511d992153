/**
 * Who is calling on the runner's side: the token for a credential's RSA key, with which a runner polls and acquires, and
 * the job's own token, with which all calls about a running job are made.
 * (actions/runner: src/Sdk/WebApi/WebApi/OAuth/VssOAuthTokenProvider.cs, src/Runner.Listener/JobDispatcher.cs)
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { decodeJwt, importSPKI, jwtVerify } from 'jose';
import { readToken, route } from './http.ts';
import { findJob } from './jobs.ts';
import { brokerProblem, Problem, runServiceProblem } from './problem.ts';
import { OAUTH } from './runners.ts';
import type { Job, RunnerRecord, World } from './state.ts';

const RUNNER_TOKEN_MS = 3_600_000;

/** Every credential asks for FIPS cryptography, under which runners sign with PSS padding. */
const SIGNED_WITH = 'PS256';

export function runnerTokenRoutes(app: FastifyInstance, world: World): void {
  route(app, 'POST', OAUTH, 'runner-token', async (request) => {
    const runner = await verifyAssertion(world, request);
    const token = world.tokens.issue('runner', runner.scope, RUNNER_TOKEN_MS, runner.id);
    return { access_token: token.value, token_type: 'Bearer', expires_in: RUNNER_TOKEN_MS / 1000 };
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
    const key = await importSPKI(runner.publicKeyPem, SIGNED_WITH);
    const checks = { algorithms: [SIGNED_WITH], audience: world.origin + OAUTH, subject: clientId };
    await jwtVerify(assertion, key, { ...checks, currentDate: new Date(world.clock.now()) });
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
  const runner = findRunnerByToken(world, request);
  if (!runner) throw brokerProblem(404, 'RunnerNotFound', 'The runner was not found.');
  return runner;
}

/** The runner that a token was issued to, null when its record is gone. @throws 401 */
export function findRunnerByToken(world: World, request: FastifyRequest): RunnerRecord | null {
  const token = world.tokens.find('runner', readToken(request, 'Bearer'));
  if (!token) throw brokerProblem(401, 'Unauthorized', 'The token is not valid.');
  return world.runners.get(Number(token.owner)) ?? null;
}

/** Good for as long as a job may run, and a while for its last words. */
export function issueJobToken(world: World, job: Job): string {
  const lifetimeMs = job.timeoutSeconds * 1000 + RUNNER_TOKEN_MS;
  return world.tokens.issue('job', `repos/${job.run.repository}`, lifetimeMs, job.jobId).value;
}

/** The job that a token belongs to, whatever became of it; null for any other token. */
export function findJobByToken(world: World, token: string): Job | null {
  const found = world.tokens.find('job', token);
  return found ? findJob(world, String(found.owner)) : null;
}

/** @throws 401 without a job's token; a runner's own does not do */
export function requireJobByToken(world: World, request: FastifyRequest): Job {
  const job = findJobByToken(world, readToken(request, 'Bearer'));
  if (!job) throw runServiceProblem(401, 'Unauthorized', 'The token is not valid.');
  return job;
}
