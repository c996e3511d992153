/**
 * The one loop: woken by news or by time, it looks, decides and hands out the steps. Wake-ups during a turn are joined
 * into one further turn; nothing in a turn waits, so the world cannot change between the look and the decision.
 */
import type { Time, Timer } from '../lib/time.ts';

export interface LoopOptions {
  readonly time: Time;
  /** Returns how long until the next one when nothing wakes it. */
  readonly turn: () => number;
  readonly onError: (error: unknown) => void;
}

/** A turn that failed is taken again: not at once, for it may fail again. */
const AFTER_FAILURE_MS = 1_000;

export class Loop {
  readonly #options: LoopOptions;
  #isDue = false;
  #timer: Timer | null = null;
  #isStopped = false;
  #waiting: (() => void)[] = [];

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.wake();
  }

  /** Asks for a turn soon; cheap, and safe to call from anywhere. */
  wake(): void {
    if (this.#isDue || this.#isStopped) return;
    this.#isDue = true;
    this.#options.time.soon(() => this.#turn());
  }

  /** Asks for a turn and resolves when it was taken, or none will be. */
  turned(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    this.wake();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  stop(): void {
    this.#isStopped = true;
    this.#release();
    this.#timer?.cancel();
  }

  #turn(): void {
    this.#isDue = false;
    if (this.#isStopped) return;
    let restMs = AFTER_FAILURE_MS;
    try {
      restMs = this.#options.turn();
    } catch (error) {
      this.#options.onError(error);
    }
    this.#release();
    this.#timer?.cancel();
    this.#timer = this.#options.time.after(restMs, () => this.wake());
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}
