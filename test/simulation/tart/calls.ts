/**
 * One life of a daemon's calls at the ports: each spawns its process after a moment, meets its fault, and is answered
 * unless it is cut off. What a process began in the world goes on without its caller, as the world decides.
 */
import type { Timer } from '../../../src/lib/time.ts';
import type { Fault, MacTime, PortCall } from './settings.ts';

/** The process behind a call, from its beginning on. What it says after its caller has gone is heard by nobody. */
export interface Process<T> {
  readonly fault: Fault | null;
  readonly answer: (value: T) => void;
  readonly fail: (error: unknown) => void;
  /** Told once when the caller goes before the answer; `killed`: by its own daemon's word, not by the daemon's death. */
  onCut: ((killed: boolean) => void) | null;
}

export interface CallSpec<T> extends PortCall {
  /** The adapter's own deadline, and what it says then. */
  readonly deadlineMs: number;
  readonly atDeadline: () => unknown;
  readonly signal: AbortSignal;
  readonly begin: (process: Process<T>) => void;
}

export interface CallsOptions {
  readonly time: MacTime;
  readonly spawnMs: () => number;
  readonly fault: (call: PortCall) => Fault | null;
}

export class Calls {
  readonly #options: CallsOptions;
  readonly #open = new Set<(killed: boolean) => void>();
  #isDead = false;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** The daemon was killed: no call of this life is ever answered, those to come included. */
  die(): void {
    this.#isDead = true;
    for (const cut of this.#open) cut(false);
  }

  /** An answer from the daemon's own files: no process, no fault. */
  know<T>(value: T): Promise<T> {
    return this.#isDead ? Promise.withResolvers<T>().promise : Promise.resolve(value);
  }

  make<T>(spec: CallSpec<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (this.#isDead) return promise;
    const { time, spawnMs } = this.#options;
    const { signal } = spec;
    if (signal.aborted) return Promise.reject(signal.reason);
    const fault = this.#options.fault(spec);
    const delayMs = typeof fault === 'number' ? fault : 0;
    const process: Process<T> = {
      fault,
      answer: (value) => fault !== 'lost-reply' && end() && resolve(value),
      fail: (error) => fault !== 'lost-reply' && end() && reject(error),
      onCut: null,
    };
    const timers: Timer[] = [time.after(spawnMs() + delayMs, () => spawn(process, spec))];
    const cut = (killed: boolean) => end() && process.onCut?.(killed);
    const onAbort = () => {
      cut(true);
      reject(signal.reason);
    };
    const end = (): boolean => {
      if (!this.#open.delete(cut)) return false;
      for (const timer of timers) timer.cancel();
      signal.removeEventListener('abort', onAbort);
      return true;
    };
    if (delayMs > 0 || fault === 'lost-request' || fault === 'lost-reply') {
      timers.push(
        time.after(spec.deadlineMs, () => {
          cut(true);
          reject(spec.atDeadline());
        }),
      );
    }
    this.#open.add(cut);
    signal.addEventListener('abort', onAbort);
    return promise;
  }
}

function spawn<T>(process: Process<T>, { begin }: CallSpec<T>): void {
  if (process.fault instanceof Error) process.fail(process.fault);
  else if (process.fault !== 'lost-request') begin(process);
}
