/**
 * Waiting that always ends: by an answer, by a deadline, or because we were told to stop. No timer and no listener is
 * left behind, whichever comes first.
 */
import type { Time } from '../lib/time.ts';
import { GitHubError } from './github-error.ts';

export interface Deadline {
  readonly time: Time;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Names the work in the error, as in "GET /path". */
  readonly what: string;
}

/**
 * Runs `work` with a signal of its own, which aborts at the deadline or with the caller's. The caller is released at
 * that moment even if `work` takes no notice.
 *
 * @throws `github-unavailable` at the deadline, the signal's reason when it aborts
 */
export async function withDeadline<T>(
  limit: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { time, signal, timeoutMs, what } = limit;
  signal.throwIfAborted();
  const inner = new AbortController();
  const end = Promise.withResolvers<never>();
  const stop = (reason: unknown) => {
    end.reject(reason);
    inner.abort(reason);
  };
  const onAbort = () => stop(signal.reason);
  const late = () =>
    new GitHubError('github-unavailable', `${what} had no answer in ${timeoutMs} ms`, { timedOut: true });
  const timer = time.after(timeoutMs, () => stop(late()));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(inner.signal), end.promise]);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

/** Waits for work that others wait for too, and leaves it alone when our own signal aborts. */
export async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const end = Promise.withResolvers<never>();
  const onAbort = () => end.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, end.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
