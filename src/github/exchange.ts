/**
 * One HTTP request to its end: attempts, waits between them, and one deadline over all (actions/scaleset:
 * common_client.go, with a total deadline that GitHub's own client lacks). What an answer means is the caller's.
 */
import type * as z from 'zod';
import { pause } from '../lib/time.ts';
import { type Deadline, withDeadline } from './deadline.ts';
import {
  GitHubError,
  jsonOrNull,
  readErrorBody,
  refusalError,
  retryAfterMs,
  withoutMark,
} from './github-error.ts';
import type { Context, HttpAnswer, Timings } from './options.ts';

export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** With the authorization scheme, as in "Bearer …". */
  readonly authorization: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Reply {
  readonly status: number;
  readonly headers: HttpAnswer['headers'];
  /** Without a byte order mark. */
  readonly text: string;
}

interface Patience {
  readonly signal: AbortSignal;
  readonly totalMs: number;
  readonly retries: number;
  /** Statuses to retry besides 429 and 5xx. */
  readonly alsoRetry?: readonly number[];
}

/** How often GitHub's client tries again. */
export const RETRIES = 4;

/**
 * The last answer, whatever its status, or the last failure.
 *
 * @throws `github-unavailable` without an answer, the signal's reason when it aborts
 */
export async function exchange(context: Context, out: Outgoing, patience: Patience): Promise<Reply> {
  const { timings, time } = context;
  const { signal, totalMs, retries } = patience;
  const what = nameOf(out);
  if (retries === 0)
    return answerOf(await attemptOnce(context, out, { time, signal, timeoutMs: totalMs, what }));
  const endMs = time.steadyMs() + totalMs;
  return withDeadline({ time, signal, timeoutMs: totalMs, what }, async (inner) => {
    const limit = { time, signal: inner, timeoutMs: timings.attemptTimeoutMs, what };
    for (let attempt = 0; ; attempt += 1) {
      const result = await attemptOnce(context, out, limit);
      const waitMs = waitBefore(result, attempt, timings, time.wallMs());
      const isLast = attempt >= retries || time.steadyMs() + waitMs >= endMs;
      if (isLast || !isWorthRetrying(result, patience.alsoRetry ?? [])) return answerOf(result);
      await pause(time, waitMs, inner);
      inner.throwIfAborted();
    }
  });
}

function answerOf(result: Reply | GitHubError): Reply {
  if (result instanceof GitHubError) throw result;
  return result;
}

/** "GET /path": never the query, which may hold a secret. */
function nameOf(out: Pick<Outgoing, 'method' | 'url'>): string {
  return `${out.method} ${out.url.host}${out.url.pathname}`;
}

/** An answer nobody asked for, as an error. */
export function replyError(context: Context, out: Outgoing, reply: Reply, hint?: string): GitHubError {
  const refusal = {
    status: reply.status,
    header: (name: string) => reply.headers.get(name),
    ...readErrorBody(reply.text),
  };
  return refusalError(nameOf(out), refusal, context.time.wallMs(), hint);
}

/** Reads the JSON of an answer. @throws `github-unavailable`, without quoting it: it may hold a secret */
export function readReply<T>(out: Outgoing, reply: Reply, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(jsonOrNull(reply.text));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.code}`)
    .join(', ');
  const text = `${nameOf(out)} was answered ${reply.status} with a body that cannot be read (${where})`;
  throw new GitHubError('github-unavailable', text, { status: reply.status });
}

async function attemptOnce(context: Context, out: Outgoing, limit: Deadline): Promise<Reply | GitHubError> {
  const headers = {
    'user-agent': userAgent(context.version),
    ...(out.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...out.headers,
    authorization: out.authorization,
  };
  const body = out.body === undefined ? null : JSON.stringify(out.body);
  try {
    return await withDeadline(limit, async (signal) => {
      const response = await context.http(out.url, { method: out.method, headers, body, signal });
      const text = withoutMark(await response.text());
      return { status: response.status, headers: response.headers, text };
    });
  } catch (error) {
    limit.signal.throwIfAborted();
    if (error instanceof GitHubError) return error;
    return new GitHubError('github-unavailable', `${limit.what} failed: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** `fetch` says only "fetch failed"; the reason is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}

function isWorthRetrying(result: Reply | GitHubError, also: readonly number[]): boolean {
  const { status } = result;
  if (status === 0 || also.includes(status)) return true;
  return status === 429 || (status >= 500 && status !== 501);
}

function waitBefore(result: Reply | GitHubError, attempt: number, timings: Timings, nowMs: number): number {
  const asked =
    'headers' in result && (result.status === 429 || result.status === 503)
      ? retryAfterMs(result.headers.get('retry-after'), nowMs)
      : null;
  return asked ?? Math.min(timings.retryMaxMs, timings.retryBaseMs * 2 ** attempt);
}

/** The Actions service is told who calls as a JSON object (actions/scaleset: client.go). */
function userAgent(version: string): string {
  return JSON.stringify({ system: 'macrunner', version, subsystem: 'agent', kind: 'scaleset' });
}
