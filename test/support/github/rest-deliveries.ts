/**
 * Webhook deliveries in the REST API, of an App, an organisation or a repository: listed, shown, made again; and the
 * levers on those to come. All three see the one webhook that there is, each what concerns it.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { checkAssertion, requireAdmin } from './bootstrap.ts';
import { readBody, readToken, route } from './http.ts';
import { restProblem } from './problem.ts';
import { numberOf } from './samples.ts';
import type { World } from './state.ts';
import { createWebhooks, type Delivery, HOOK_ID, type Webhooks } from './webhooks.ts';

/** Which deliveries a caller may see. @throws 401, 403, 404 */
type Audience = (request: FastifyRequest) => Promise<(delivery: Delivery) => boolean>;

export function deliveryRoutes(app: FastifyInstance, world: World): void {
  const webhooks = createWebhooks(world);
  world.jobWatchers.push(webhooks.announce);
  app.addHook('preClose', () => webhooks.close());

  const ofHook: Audience = async (request) => {
    const scope = requireAdmin(world, request);
    requireHook(world, z.object({ hook: z.coerce.number() }).parse(request.params).hook);
    return ({ repository }) =>
      scope === `repos/${repository}` || scope === `orgs/${repository.split('/')[0]}`;
  };
  hookRoutes(app, { world, webhooks }, '/orgs/:org/hooks/:hook', ofHook);
  hookRoutes(app, { world, webhooks }, '/repos/:owner/:repo/hooks/:hook', ofHook);
  hookRoutes(app, { world, webhooks }, '/app/hook', async (request) => {
    await checkAssertion(world, readToken(request, 'Bearer'));
    requireHook(world, HOOK_ID);
    return () => true;
  });
  leverRoutes(app, webhooks);
}

function requireHook(world: World, id: number): void {
  if (id !== HOOK_ID || !world.settings.webhooks) throw restProblem(404, 'Not Found');
}

interface Context {
  readonly world: World;
  readonly webhooks: Webhooks;
}

function hookRoutes(app: FastifyInstance, context: Context, prefix: string, audience: Audience): void {
  const { world, webhooks } = context;
  const find = async (request: FastifyRequest) => {
    const isSeen = await audience(request);
    const { id } = z.object({ id: z.coerce.number() }).parse(request.params);
    const delivery = webhooks.deliveries().find((each) => each.id === id && isSeen(each));
    if (!delivery) throw restProblem(404, 'Not Found');
    return delivery;
  };

  route(app, 'GET', `${prefix}/deliveries`, 'list-deliveries', async (request, reply) => {
    const isSeen = await audience(request);
    return pageOf(world, request, reply, webhooks.deliveries().filter(isSeen)).map((each) =>
      summarize(world, each),
    );
  });
  route(app, 'GET', `${prefix}/deliveries/:id`, 'get-delivery', async (request) =>
    describe(world, await find(request)),
  );
  route(app, 'POST', `${prefix}/deliveries/:id/attempts`, 'redeliver', async (request, reply) => {
    webhooks.redeliver(await find(request));
    return reply.code(202).send({});
  });
}

const pageQuery = z.object({
  per_page: z.coerce.number().int().min(1).max(100).catch(30),
  cursor: z.coerce.number().optional(),
  status: z.enum(['success', 'failure']).optional(),
});

/** Pages are known by where they begin, not by number. */
function pageOf(world: World, request: FastifyRequest, reply: FastifyReply, all: readonly Delivery[]) {
  const { per_page: size, cursor, status } = pageQuery.parse(request.query);
  const fits = all.filter((each) => status === undefined || isSuccess(each) === (status === 'success'));
  const rest = cursor === undefined ? fits : fits.filter((each) => each.id <= cursor);
  const next = rest[size];
  if (next) {
    const url = new URL(`/api/v3${request.url}`, world.origin);
    url.searchParams.set('cursor', String(next.id));
    reply.header('link', `<${url.href}>; rel="next"`);
  }
  return rest.slice(0, size);
}

function isSuccess({ statusCode }: Delivery): boolean {
  return statusCode >= 200 && statusCode < 400;
}

function summarize(world: World, delivery: Delivery) {
  const { id, guid, redelivery, status, action } = delivery;
  return {
    id,
    guid,
    delivered_at: new Date(delivery.atMs).toISOString(),
    redelivery,
    duration: Math.round(delivery.tookMs / 10) / 100,
    status,
    status_code: delivery.statusCode,
    event: 'workflow_job',
    action,
    installation_id: world.settings.app?.installationId ?? null,
    repository_id: numberOf(delivery.repository),
    throttled_at: null,
  };
}

function describe(world: World, delivery: Delivery) {
  const { headers, payload, response } = delivery;
  return {
    ...summarize(world, delivery),
    url: world.settings.webhooks?.url ?? '',
    request: { headers, payload: z.record(z.string(), z.unknown()).parse(JSON.parse(payload)) },
    response: response ?? { headers: null, payload: null },
  };
}

const mishapOrder = z.strictObject({
  mishap: z.enum(['lose', 'drop', 'duplicate', 'reorder']),
  action: z.enum(['queued', 'in_progress', 'completed']).nullable().default(null),
});

/** `POST` plans a mishap; `GET` waits until nothing is on its way, and shows what was delivered, oldest first. */
function leverRoutes(app: FastifyInstance, webhooks: Webhooks): void {
  route(app, 'POST', '/_control/webhooks', 'control', (request) => {
    const { mishap, action } = readBody(mishapOrder, request);
    webhooks.plan(mishap, action);
    return {};
  });
  route(app, 'GET', '/_control/webhooks', 'control', async () => {
    await webhooks.settled();
    return webhooks
      .deliveries()
      .toReversed()
      .map(({ id, guid, action, status, statusCode, redelivery }) => {
        return { id, guid, action, status, statusCode, redelivery };
      });
  });
}
