/** Conditional requests of the REST API: an answer that is as before is a 304 without a body. */
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

export function installEtags(app: FastifyInstance, isRest: (path: string) => boolean): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const path = request.url.split('?')[0] ?? '/';
    if (request.method !== 'GET' || reply.statusCode !== 200 || !isRest(path)) return payload;
    const etag = `W/"${createHash('sha256').update(String(payload)).digest('hex')}"`;
    reply.header('etag', etag);
    if (request.headers['if-none-match'] !== etag) return payload;
    reply.code(304).removeHeader('content-length');
    return '';
  });
}
