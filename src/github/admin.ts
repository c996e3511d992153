/**
 * The way to the Actions service: a registration token by REST, exchanged for the service's address and an "admin"
 * token (actions/scaleset: client.go). Kept for as long as it lasts; who finds it refused says so by `invalidate`.
 */
import * as z from 'zod';
import type { ConfigUrl } from './config-url.ts';
import { exchange, type Outgoing, RETRIES, readReply, replyError } from './exchange.ts';
import { createFresh, type Fresh } from './fresh.ts';
import type { Context } from './options.ts';
import type { Rest } from './rest.ts';
import { expiryMs, tokenSchema } from './tokens.ts';

export interface AdminConnection {
  /** Base of the service; its path is part of it. */
  readonly url: URL;
  readonly token: string;
  readonly expiresMs: number;
}

/** For a token that names no end: shorter than the shortest life that was seen. */
const ASSUMED_LIFE_MS = 10 * 60_000;

const registration = z.object({ url: z.url(), token: tokenSchema });

export function createAdmin(context: Context, config: ConfigUrl, rest: Rest): Fresh<AdminConnection> {
  const { time, timings } = context;
  return createFresh({
    async obtain(signal) {
      const registrationToken = await rest.registrationToken(signal);
      const { url, token } = await register(context, config, registrationToken, signal);
      return { url: new URL(url), token, expiresMs: expiryMs(token) ?? time.wallMs() + ASSUMED_LIFE_MS };
    },
    isFresh: ({ expiresMs }) => time.wallMs() < expiresMs - timings.refreshMarginMs,
  });
}

/** A registration token may not be known everywhere yet: here alone 401 and 403 are worth another try. */
async function register(context: Context, config: ConfigUrl, registrationToken: string, signal: AbortSignal) {
  const out: Outgoing = {
    method: 'POST',
    url: new URL(`${config.api}/actions/runner-registration`),
    authorization: `RemoteAuth ${registrationToken}`,
    body: { url: config.url, runner_event: 'register' },
  };
  const patience = {
    signal,
    totalMs: context.timings.callTimeoutMs,
    retries: RETRIES,
    alsoRetry: [401, 403],
  };
  const reply = await exchange(context, out, patience);
  if (reply.status < 200 || reply.status > 299) throw replyError(context, out, reply);
  return readReply(out, reply, registration);
}
