/**
 * The two requests on a session's queue: a long poll, and the acknowledgement of a message. The queue's address is
 * used as given; only what must be added is added (actions/scaleset: session_client.go).
 */
import { pause } from '../lib/time.ts';
import { exchange, type Outgoing, type Reply, replyError } from './exchange.ts';
import { GitHubError } from './github-error.ts';
import type { Context } from './options.ts';
import type { Session } from './session.ts';

export interface Poll {
  /** Id of the last message that was handled, 0 for none. */
  readonly cursor: number;
  readonly capacity: number;
}

const AT_ONCE_MS = 100;

const ACCEPT = { accept: 'application/json; api-version=6.0-preview' };

/**
 * The message's JSON; null when there is none, `late` when GitHub did not even say so.
 *
 * @throws GitHubError for every other answer, `github-auth` when the session's token expired
 */
export async function poll(
  context: Context,
  session: Session,
  ask: Poll,
  signal: AbortSignal,
): Promise<string | null | 'late'> {
  const url = new URL(session.queueUrl);
  if (ask.cursor > 0) addToQuery(url, 'lastMessageId', String(ask.cursor));
  const out: Outgoing = {
    method: 'GET',
    url,
    authorization: `Bearer ${session.token}`,
    headers: { ...ACCEPT, 'x-scalesetmaxcapacity': String(Math.max(0, Math.trunc(ask.capacity))) },
  };
  const { time, timings } = context;
  const beganMs = time.steadyMs();
  const reply = await exchange(context, out, {
    signal,
    totalMs: timings.pollTimeoutMs,
    retries: 0,
  }).catch(timeout);
  if (reply === 'late') return 'late';
  if (reply.status !== 200 && reply.status !== 202) throw replyError(context, out, reply);
  // A 200 without a body happens, and means the same as a 202 (actions/scaleset: issue 105).
  if (reply.status === 200 && reply.text.trim() !== '') return reply.text;
  // "Nothing" is held back for the better part of a minute: where it comes at once, it must not be asked for in a circle.
  if (time.steadyMs() - beganMs < AT_ONCE_MS) await pause(time, timings.backoffBaseMs, signal);
  return null;
}

/** Acknowledges; a message that is already gone is success. @throws GitHubError as above */
export async function acknowledge(
  context: Context,
  session: Session,
  messageId: number,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(session.queueUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${messageId}`;
  const out: Outgoing = { method: 'DELETE', url, authorization: `Bearer ${session.token}`, headers: ACCEPT };
  const totalMs = context.timings.attemptTimeoutMs;
  const reply: Reply = await exchange(context, out, { signal, totalMs, retries: 1 });
  if (reply.status !== 404 && (reply.status < 200 || reply.status > 299))
    throw replyError(context, out, reply);
}

function timeout(error: unknown): 'late' {
  if (error instanceof GitHubError && error.timedOut) return 'late';
  throw error;
}

/** Appends, as `searchParams` would write the rest of the query anew. */
function addToQuery(url: URL, name: string, value: string): void {
  if (url.searchParams.has(name)) url.searchParams.set(name, value);
  else url.search = url.search ? `${url.search}&${name}=${value}` : `?${name}=${value}`;
}
