/**
 * A value that is costly to obtain and does not last: tokens, and the id of a scale set. Obtained once for all who ask
 * at the same time, kept until it goes stale or someone found it refused.
 */
import { orAbort } from './deadline.ts';

export interface Fresh<T> {
  /** The value at hand, or a new one. Being stopped ends this caller's wait only, unless nobody else waits. */
  get(signal: AbortSignal): Promise<T>;
  /** This very value was refused; one that was obtained since is kept. */
  invalidate(value: T): void;
}

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

export function createFresh<T extends object>(source: {
  readonly obtain: (signal: AbortSignal) => Promise<T>;
  readonly isFresh: (value: T) => boolean;
}): Fresh<T> {
  let held: T | undefined;
  let flight: Flight<T> | undefined;

  function depart(): Flight<T> {
    const controller = new AbortController();
    const started: Flight<T> = { promise: source.obtain(controller.signal), controller, waiting: 0 };
    const land = () => {
      if (flight === started) flight = undefined;
    };
    started.promise.then((value) => {
      if (flight === started) held = value;
      land();
    }, land);
    return started;
  }

  return {
    async get(signal) {
      if (held && source.isFresh(held)) return held;
      flight ??= depart();
      const joined = flight;
      joined.waiting += 1;
      try {
        return await orAbort(joined.promise, signal);
      } finally {
        joined.waiting -= 1;
        if (joined.waiting === 0 && flight === joined) {
          flight = undefined;
          joined.controller.abort();
        }
      }
    },
    invalidate(value) {
      if (held === value) held = undefined;
    },
  };
}
