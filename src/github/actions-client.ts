/**
 * Calls to the Actions service, with the admin token unless another is given. Knows addresses, tokens and errors; what the calls are about is
 * known by `scale-set.ts`, `session.ts` and `runner-records.ts`.
 */
import * as z from 'zod';
import type { AdminConnection } from './admin.ts';
import { withDeadline } from './deadline.ts';
import { exchange, type Outgoing, RETRIES, readReply, replyError } from './exchange.ts';
import type { Fresh } from './fresh.ts';
import type { Context } from './options.ts';

interface ActionsCall<T> {
  readonly method: Outgoing['method'];
  /** Relative to the service's base, as in `_apis/runtime/…`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Reads the answer; what answers nothing takes {@link nothing}. */
  readonly schema: z.ZodType<T>;
  /** In place of the admin token. When it is refused, a new one is the caller's affair. */
  readonly token?: string;
  /** Total, signing in included. */
  readonly timeoutMs?: number;
}

export interface ActionsClient {
  /** @throws GitHubError, in particular for any answer that is not 2xx */
  call<T>(call: ActionsCall<T>, signal: AbortSignal): Promise<T>;
}

/** For calls whose answer says nothing. */
export const nothing = z.unknown();

const API_VERSION = '6.0-preview';

export function createActionsClient(context: Context, admin: Fresh<AdminConnection>): ActionsClient {
  async function attempt(call: ActionsCall<unknown>, connection: AdminConnection, signal: AbortSignal) {
    const out: Outgoing = {
      method: call.method,
      url: join(connection.url, call.path, call.query ?? {}),
      authorization: `Bearer ${call.token ?? connection.token}`,
      ...(call.body === undefined ? {} : { body: call.body }),
    };
    const totalMs = context.timings.callTimeoutMs;
    return { out, reply: await exchange(context, out, { signal, totalMs, retries: RETRIES }) };
  }

  return {
    call(call, signal) {
      const timeoutMs = call.timeoutMs ?? context.timings.callTimeoutMs;
      return withDeadline(
        { time: context.time, signal, timeoutMs, what: `${call.method} ${call.path}` },
        async (inner) => {
          const connection = await admin.get(inner);
          let { out, reply } = await attempt(call, connection, inner);
          if (reply.status === 401 && call.token === undefined) {
            admin.invalidate(connection); // Revoked before its time, which happens: once with a new one.
            ({ out, reply } = await attempt(call, await admin.get(inner), inner));
          }
          if (reply.status < 200 || reply.status > 299) throw replyError(context, out, reply);
          return readReply(out, reply, call.schema);
        },
      );
    },
  };
}

/** The base has a path of its own, which stays. */
function join(base: URL, path: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${path}`;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  url.searchParams.set('api-version', API_VERSION);
  return url;
}
