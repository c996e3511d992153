/**
 * Time as a thing that is passed in: two clocks, a timer, a next moment. Whoever waits takes it from here, so that the
 * same code runs on the system's time and on a virtual one.
 */

export interface Time {
  /** Milliseconds since 1970. For people and for times that others name; it may jump. */
  readonly wallMs: () => number;
  /** Milliseconds that only grow, whatever is done to the system's clock. For deadlines. */
  readonly steadyMs: () => number;
  /** Runs `work` once, `ms` from now. */
  readonly after: (ms: number, work: () => void) => Timer;
  /** Runs `work` once the present work and all that follows from it at once is done. */
  readonly soon: (work: () => void) => void;
}

export interface Timer {
  /** Idempotent, and harmless when it has run. */
  readonly cancel: () => void;
}

/** The system's own. `steadyMs` is the same for all processes of one boot. */
export const systemTime: Time = {
  wallMs: Date.now,
  steadyMs: () => Number(process.hrtime.bigint()) / 1e6,
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  soon(work) {
    setImmediate(work);
  },
};

/** Resolves after `ms` or as soon as the signal aborts: whoever loops looks at the signal anyway. */
export async function pause(time: Time, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  const timer = time.after(ms, done);
  signal.addEventListener('abort', done, { once: true });
  await promise;
  timer.cancel();
  signal.removeEventListener('abort', done);
}
