/**
 * Stands between a client and a server on loopback, passes everything on unchanged, and remembers each exchange. Knows
 * nothing of GitHub.
 */
import { fastify } from 'fastify';

export interface Exchange {
  readonly method: string;
  /** Path and query, as the client sent them. */
  readonly url: string;
  readonly userAgent: string;
  readonly requestBody: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface Recorder {
  readonly origin: string;
  readonly exchanges: readonly Exchange[];
  close(): Promise<void>;
}

const PASSED_ON = ['authorization', 'accept', 'content-type', 'user-agent'] as const;
const PASSED_BACK = ['content-type', 'link', 'retry-after', 'x-ratelimit-remaining'] as const;
const TIMEOUT_MS = 60_000;

export async function openRecorder(target: string): Promise<Recorder> {
  const exchanges: Exchange[] = [];
  const app = fastify({ forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, String(body)));
  app.all('/*', async (request, reply) => {
    const { method, url } = request;
    const requestBody = typeof request.body === 'string' ? request.body : '';
    const headers = new Headers();
    for (const name of PASSED_ON) {
      const value = request.headers[name];
      if (value !== undefined) headers.set(name, value);
    }
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(target + url, { method, headers, signal, body: requestBody || null });
    const body = await answer.text();
    const contentType = answer.headers.get('content-type') ?? '';
    const userAgent = headers.get('user-agent') ?? '';
    exchanges.push({ method, url, userAgent, requestBody, status: answer.status, contentType, body });
    for (const name of PASSED_BACK) {
      const value = answer.headers.get(name);
      if (value !== null) reply.header(name, value);
    }
    return reply.code(answer.status).send(body === '' ? undefined : body);
  });
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  return { origin, exchanges, close: () => app.close() };
}
