/** The self-signed TLS mode: a certificate for loopback that clients have to be told to trust. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { FastifyServerFactory } from 'fastify';

/** For `NODE_EXTRA_CA_CERTS` and the like. */
export const CERTIFICATE_FILE = new URL('throw-away-test-certificate.pem', import.meta.url).pathname;
const KEY_FILE = new URL('throw-away-test-key.pem', import.meta.url).pathname;

export function createTlsServers(keepAliveTimeoutMs: number): FastifyServerFactory {
  return (handler) => {
    const server = createServer(
      { cert: readFileSync(CERTIFICATE_FILE), key: readFileSync(KEY_FILE) },
      handler,
    );
    server.keepAliveTimeout = keepAliveTimeoutMs;
    return server;
  };
}
