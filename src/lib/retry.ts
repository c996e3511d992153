/** Tries again, with growing pauses, until it works, is no longer worth trying, or is aborted. */
import { setTimeout as wait } from 'node:timers/promises';

/** Resolves after `ms`; rejects with the signal's reason when it aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export interface RetryOptions {
  readonly signal: AbortSignal;
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** Pause after the n-th failure, n from 1. See `backoff`. */
  readonly pauseMs: (failures: number, error: unknown) => number;
  /** Whether trying again can help. Default: always. */
  readonly isWorthRetrying?: (error: unknown) => boolean;
  readonly sleep?: Sleep;
}

/**
 * Runs `task` up to `attempts` times and returns its first success.
 * @throws the last error, the first that is not worth retrying, or the signal's reason
 */
export async function retry<T>(task: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, attempts, pauseMs, isWorthRetrying = () => true, sleep = realSleep } = options;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await task(attempt);
    } catch (error) {
      signal.throwIfAborted();
      if (attempt >= attempts || !isWorthRetrying(error)) throw error;
      await sleep(pauseMs(attempt, error), signal);
    }
  }
}

/** Doubling pauses from `firstMs` to `maxMs`, each shortened by up to half at random so that callers spread out. */
export function backoff(
  firstMs: number,
  maxMs: number,
  random: () => number = Math.random,
): (failures: number) => number {
  return (failures) => Math.min(maxMs, firstMs * 2 ** (failures - 1)) * (1 - random() / 2);
}

export const realSleep: Sleep = async (ms, signal) => {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
};
