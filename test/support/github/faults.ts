/**
 * Faults on any route: `POST /_control/faults {route, times, fault}`. A route is its name, `*`, or `METHOD /path` with
 * `*` as wildcard. `times` counts down; without it the fault stays until cleared. `/_control` itself never fails.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { World } from './state.ts';

const text = z.string();

const faultSchema = z.discriminatedUnion('kind', [
  /** Answered instead of the route: any status, with a JSON or text body. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int(),
    retryAfter: z.union([z.int(), text]).optional(),
    headers: z.record(text, text).default({}),
    body: z.unknown().optional(),
  }),
  z.strictObject({
    kind: z.literal('text'),
    status: z.int().default(500),
    body: text.default('upstream failure'),
  }),
  /** A status with an empty body, 200 unless told. */
  z.strictObject({ kind: z.literal('empty'), status: z.int().default(200) }),
  /** The connection breaks before, or after, the route did its work. */
  z.strictObject({ kind: z.literal('reset') }),
  z.strictObject({ kind: z.literal('reset-after') }),
  /** Never answered; the client has to give up. */
  z.strictObject({ kind: z.literal('stall') }),
  z.strictObject({ kind: z.literal('delay'), ms: z.number() }),
  /** The true answer, cut in half, with a byte order mark, or with some of its top-level fields replaced. */
  z.strictObject({ kind: z.literal('truncate') }),
  z.strictObject({ kind: z.literal('bom') }),
  z.strictObject({ kind: z.literal('patch'), fields: z.record(text, z.unknown()) }),
]);
export type Fault = z.output<typeof faultSchema>;

export const faultOrderSchema = z.strictObject({
  route: text,
  times: z.int().positive().nullable().default(null),
  fault: faultSchema,
});

export interface ActiveFault {
  readonly route: string;
  /** null: until cleared. */
  times: number | null;
  readonly fault: Fault;
}

const fieldsSchema = z.record(text, z.unknown());

export function installFaults(app: FastifyInstance, world: World): void {
  const chosen = new WeakMap<FastifyRequest, Fault>();
  app.addHook('onRequest', async (request, reply) => {
    const fault = takeFault(world, request);
    if (!fault) return;
    chosen.set(request, fault);
    await applyBefore(world, fault, reply);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const fault = chosen.get(request);
    return fault ? applyAfter(fault, reply, payload) : payload;
  });
}

function takeFault(world: World, request: FastifyRequest): Fault | null {
  if (request.url.startsWith('/_control')) return null;
  const name = request.routeOptions.config.name ?? 'unknown';
  const line = `${request.method} ${request.url.split('?')[0]}`;
  const hit = world.faults.find((fault) => matches(fault.route, name, line));
  if (!hit) return null;
  if (hit.times !== null) hit.times -= 1;
  if (hit.times === 0) world.faults = world.faults.filter((fault) => fault !== hit);
  return hit.fault;
}

function matches(route: string, name: string, line: string): boolean {
  if (route === '*' || route === name) return true;
  const pattern = route.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`).test(line);
}

async function applyBefore(world: World, fault: Fault, reply: FastifyReply): Promise<unknown> {
  switch (fault.kind) {
    case 'status':
      if (fault.retryAfter !== undefined) reply.header('retry-after', String(fault.retryAfter));
      return reply
        .code(fault.status)
        .headers(fault.headers)
        .send(fault.body ?? { message: `injected ${fault.status}` });
    case 'text':
      return reply.code(fault.status).type('text/plain').send(fault.body);
    case 'empty':
      return reply.code(fault.status).send('');
    case 'reset':
      reply.hijack();
      return reply.raw.socket?.resetAndDestroy();
    case 'stall':
      reply.hijack();
      return undefined;
    case 'delay':
      return new Promise<void>((resolve) => world.clock.after(fault.ms, resolve));
    default:
      return undefined;
  }
}

function applyAfter(fault: Fault, reply: FastifyReply, payload: unknown): unknown {
  const body = typeof payload === 'string' ? payload : '';
  switch (fault.kind) {
    case 'truncate':
      return resized(reply, body.slice(0, Math.floor(body.length / 2)));
    case 'bom':
      return resized(reply, `\uFEFF${body}`);
    case 'patch':
      return resized(reply, JSON.stringify({ ...fieldsSchema.parse(JSON.parse(body)), ...fault.fields }));
    case 'reset-after':
      reply.raw.socket?.resetAndDestroy();
      return payload;
    default:
      return payload;
  }
}

function resized(reply: FastifyReply, body: string): string {
  reply.header('content-length', Buffer.byteLength(body));
  return body;
}
