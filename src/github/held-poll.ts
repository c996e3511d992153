/**
 * The poll that GitHub holds, and when to cut it: as soon as the capacity it announced is no longer true, but at most
 * once per interval. The last change within an interval is never lost: a timer looks again at its end.
 */
import type { Time, Timer } from '../lib/time.ts';

export interface HeldPoll {
  /** Runs one poll with the capacity of this moment; `cut` when it was given up to announce another. */
  run<T>(
    capacity: () => number,
    signal: AbortSignal,
    poll: (announced: number, signal: AbortSignal) => Promise<T>,
  ): Promise<T | 'cut'>;
  capacityChanged(): void;
}

interface Held {
  readonly announced: number;
  readonly capacity: () => number;
  readonly controller: AbortController;
  isCut: boolean;
}

export function createHeldPoll(time: Time, cutEveryMs: number): HeldPoll {
  let held: Held | undefined;
  let lastCutMs = Number.NEGATIVE_INFINITY;
  let trailing: Timer | undefined;

  function look(): void {
    if (!held || held.isCut || trailing || held.capacity() === held.announced) return;
    const waitMs = lastCutMs + cutEveryMs - time.steadyMs();
    if (waitMs > 0) {
      trailing = time.after(waitMs, () => {
        trailing = undefined;
        look();
      });
      return;
    }
    lastCutMs = time.steadyMs();
    held.isCut = true;
    // A reason that is at hand: the default one records a stack.
    held.controller.abort('the capacity changed');
  }

  return {
    async run(capacity, signal, poll) {
      signal.throwIfAborted();
      const mine: Held = { announced: capacity(), capacity, controller: new AbortController(), isCut: false };
      const onAbort = () => mine.controller.abort(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      held = mine;
      try {
        return await poll(mine.announced, mine.controller.signal);
      } catch (error) {
        if (mine.isCut && !signal.aborted) return 'cut';
        throw error;
      } finally {
        // The next poll announces the newest capacity by itself.
        held = undefined;
        trailing?.cancel();
        trailing = undefined;
        signal.removeEventListener('abort', onAbort);
      }
    },
    capacityChanged: look,
  };
}
