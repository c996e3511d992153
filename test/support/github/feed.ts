/**
 * The live console: a runner sends the lines of its steps over a WebSocket as they come.
 * (actions/runner: src/Runner.Common/ResultsServer.cs)
 */
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { inLowerCase } from './any-case.ts';
import { findJobByToken } from './runner-auth.ts';
import { FEED } from './runners.ts';
import type { Job, World } from './state.ts';
import { acceptWebSocket } from './web-socket.ts';

const MOST_LOG_LINES = 20_000;

const linesSchema = z.preprocess(
  inLowerCase,
  z.object({ count: z.number(), value: z.array(z.string()), stepid: z.string() }),
);

export function feedRoutes(app: FastifyInstance, world: World): void {
  const open = new Set<Duplex>();
  app.server.on('upgrade', (request, socket) => {
    const job = findJobByToken(world, request.headers.authorization?.replace(/^Bearer /i, '') ?? '');
    if (!job || request.url !== FEED + job.queueId) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    acceptWebSocket(request, socket, (text) => append(job, text));
  });
  app.addHook('preClose', async () => {
    for (const socket of open) socket.destroy();
  });
}

function append(job: Job, text: string): void {
  const lines = linesSchema.safeParse(parse(text));
  if (!lines.success) {
    job.log.push(`unreadable console message: ${z.prettifyError(lines.error)}`);
    return;
  }
  job.log.push(...lines.data.value.slice(0, Math.max(0, MOST_LOG_LINES - job.log.length)));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // not JSON at all: refused by the schema
  }
}
