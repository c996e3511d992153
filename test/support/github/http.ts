/**
 * What all routes share: bodies of any content type, the `/api/v3` prefix, diagnostic headers, refusals, the request
 * record, and how a handler reads unknown input or notices that its client hung up.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import * as z from 'zod';
import { installEtags } from './etag.ts';
import { installFaults } from './faults.ts';
import { actionsProblem, Problem, restProblem } from './problem.ts';
import type { World } from './state.ts';
import { createTlsServers } from './tls.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** By which faults and the request record know the route. */
    name?: string;
  }
}

export type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;
type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** Adds a route under a name that faults and the request record use. */
export function route(
  app: FastifyInstance,
  method: Method,
  url: string,
  name: string,
  handler: Handler,
): void {
  app.route({ method, url, config: { name }, handler: async (request, reply) => handler(request, reply) });
}

/** Path of the Actions service: a client that drops it from the returned base fails. */
export const TENANT = '/tenant/123';
export const QUEUE = '/scalesets/message';

const ACTIONS_PATHS = [
  '/tenant/',
  '/scalesets/',
  '/_broker/',
  '/_run/',
  '/_oauth/',
  '/_results/',
  '/_blobs/',
];

const KEEP_ALIVE_MS = 75_000;
const REQUESTS_KEPT = 20_000;
/** Runners upload a job's whole log at once. */
const MOST_BODY_BYTES = 64 * 1024 * 1024;

export function createApp(world: World): FastifyInstance {
  const app = fastify({
    forceCloseConnections: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    ...(world.settings.tls ? { serverFactory: createTlsServers(KEEP_ALIVE_MS) } : {}),
    bodyLimit: MOST_BODY_BYTES,
    rewriteUrl: (request) => (request.url ?? '/').replace(/^\/api\/v3(?=\/)/, ''),
  });
  acceptAnyBody(app);
  app.addHook('onRequest', async (request, reply) => addDiagnosticHeaders(world, request, reply));
  installFaults(app, world);
  installEtags(app, (path) => !isActionsPath(path) && !path.startsWith('/_control'));
  app.addHook('onResponse', async (request, reply) => record(world, request, reply));
  app.setErrorHandler((error, request, reply) => writeProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    writeProblem(restProblem(404, `Not Found: ${request.method} ${pathOf(request)}`), request, reply),
  );
  return app;
}

/** The body as text in all cases: clients send JSON under several types, forms, and empty bodies with a JSON type. */
function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, String(body)));
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '/';
}

function isActionsPath(path: string): boolean {
  return ACTIONS_PATHS.some((prefix) => path.startsWith(prefix));
}

function addDiagnosticHeaders(world: World, request: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(request);
  reply.header(
    'x-github-request-id',
    `${randomBytes(2).toString('hex')}:${randomBytes(6).toString('hex')}`.toUpperCase(),
  );
  if (isActionsPath(path)) reply.header('activityid', randomUUID());
  else if (!path.startsWith('/_control')) {
    const used = world.requests.length % 5000;
    reply.headers({
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': String(5000 - used),
      'x-ratelimit-used': String(used),
      'x-ratelimit-reset': String(Math.ceil(world.clock.now() / 3_600_000) * 3600),
      'x-ratelimit-resource': 'core',
    });
  }
}

function record(world: World, request: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(request);
  if (path.startsWith('/_control')) return;
  if (world.requests.length >= REQUESTS_KEPT) world.requests.splice(0, REQUESTS_KEPT / 2);
  const capacity = request.headers['x-scalesetmaxcapacity'];
  world.requests.push({
    atMs: world.clock.now() - reply.elapsedTime,
    route: request.routeOptions.config.name ?? 'unknown',
    method: request.method,
    path,
    status: reply.statusCode,
    tookMs: Math.round(reply.elapsedTime),
    userAgent: request.headers['user-agent'] ?? '',
    capacity: typeof capacity === 'string' ? capacity : null,
    requestId: String(reply.getHeader('x-github-request-id')),
  });
}

function writeProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof Problem) return reply.code(error.status).headers(error.headers).send(error.body);
  if (error instanceof z.ZodError) {
    const message = z.prettifyError(error);
    const isActions = isActionsPath(pathOf(request));
    const problem = isActions ? actionsProblem(400, 'ArgumentException', message) : restProblem(422, message);
    return reply.code(problem.status).send(problem.body);
  }
  console.error(error); // A mistake in the simulator itself: it must be seen in the test's output.
  return reply.code(500).send({ message: String(error) });
}

/** The JSON body through a schema; an empty one reads as `{}`. @throws ZodError, answered 400 or 422 */
export function readBody<T>(schema: z.ZodType<T>, request: FastifyRequest): T {
  const text = typeof request.body === 'string' && request.body.trim() !== '' ? request.body : '{}';
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw restProblem(400, 'Problems parsing JSON');
    throw error;
  }
}

/** The token of an `Authorization: <scheme> <token>` header, or an empty string. */
export function readToken(request: FastifyRequest, scheme: string): string {
  const [given, token] = (request.headers.authorization ?? '').split(' ');
  return given?.toLowerCase() === scheme.toLowerCase() ? (token ?? '') : '';
}

/** Aborts when the client goes away before it was answered. */
export function clientGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
