/**
 * The simulated GitHub's time: real timers, plus a jump. `advance` moves from one due timer to the next, so that a day
 * passes in no time and in the right order. Tokens, leases and deadlines all read this clock, never `Date.now`.
 */

export interface Clock {
  now(): number;
  /** Runs `run` once after `ms`; returns what cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Lets `ms` pass at once. */
  advance(ms: number): void;
  /** Drops every timer. */
  stop(): void;
}

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** Longest delay that `setTimeout` takes without overflowing to 1 ms. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export function createClock(): Clock {
  const timers = new Set<Timer>();
  let offsetMs = 0;
  let handle: NodeJS.Timeout | undefined;
  /** When `handle` fires; a later timer need not look for the earliest of them all. */
  let armedMs = Number.POSITIVE_INFINITY;
  const now = () => Date.now() + offsetMs;

  function earliest(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) if (!first || timer.dueMs < first.dueMs) first = timer;
    return first;
  }

  function arm(): void {
    clearTimeout(handle);
    const next = earliest();
    armedMs = next?.dueMs ?? Number.POSITIVE_INFINITY;
    if (!next) return;
    handle = setTimeout(fireDue, Math.min(LONGEST_DELAY_MS, Math.max(0, next.dueMs - now())));
  }

  function fireDue(): void {
    for (let next = earliest(); next && next.dueMs <= now(); next = earliest()) {
      timers.delete(next);
      next.run();
    }
    arm();
  }

  return {
    now,
    after(ms, run) {
      const timer = { dueMs: now() + ms, run };
      if (!Number.isFinite(ms)) return () => undefined; // "never" is a legal knob
      timers.add(timer);
      if (timer.dueMs < armedMs) arm();
      return () => timers.delete(timer);
    },
    advance(ms) {
      const targetMs = now() + ms;
      for (let next = earliest(); next && next.dueMs <= targetMs; next = earliest()) {
        offsetMs += Math.max(0, next.dueMs - now());
        timers.delete(next);
        next.run();
      }
      offsetMs += Math.max(0, targetMs - now());
      arm();
    },
    stop() {
      timers.clear();
      clearTimeout(handle);
    },
  };
}
