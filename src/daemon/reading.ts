/**
 * A reading of the outside that is taken again and again, and that says "unknown" when it failed or grew stale.
 * Taking one costs a program start or a request, so a wake-up uses the last one while it is fresh.
 */
import { NEVER } from '../core/due.ts';
import type { Reading } from '../core/world.ts';

export interface ReadingOptions<T> {
  readonly what: string;
  readonly read: (signal: AbortSignal) => Promise<T>;
  readonly steadyMs: () => number;
  /** Older than this, a reading is unknown. */
  readonly staleMs: number;
  /** Called when a reading came in or failed. */
  readonly onRead: (error: unknown) => void;
}

export class RepeatedReading<T> {
  readonly #options: ReadingOptions<T>;
  #last: { readonly value: T; readonly beganMs: number } | null = null;
  #why: string;
  #triedMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;
  #isWantedAgain = false;
  #hasTried = false;

  constructor(options: ReadingOptions<T>) {
    this.#options = options;
    this.#why = `${options.what} not read yet`;
  }

  get(): Reading<T> {
    if (!this.#last) return { known: false, why: this.#why };
    if (this.#options.steadyMs() >= this.staleFromMs())
      return { known: false, why: `${this.#options.what} last read too long ago` };
    return { known: true, value: this.#last.value };
  }

  /** True until the first attempt has ended, well or not. */
  isAwaited(): boolean {
    return !this.#hasTried;
  }

  /** When the present reading began: what happened later may not be in it. */
  beganMs(): number {
    return this.#last?.beganMs ?? 0;
  }

  /** From when on the present reading is too old to be known. */
  staleFromMs(): number {
    return this.#last === null ? NEVER : this.#last.beganMs + this.#options.staleMs;
  }

  /** `paceMs` after the last attempt, good or not, began; never while one is under way. */
  dueMs(paceMs: number): number {
    return this.#running === null ? this.#triedMs + paceMs : NEVER;
  }

  /** The question changed: the last answer no longer holds. */
  forget(): void {
    this.#last = null;
    this.#triedMs = Number.NEGATIVE_INFINITY;
  }

  /** Reads now; a call during a reading starts another one after it, so that its caller's deed is in the answer. */
  async refresh(signal: AbortSignal): Promise<void> {
    if (this.#running) {
      this.#isWantedAgain = true;
      return this.#running;
    }
    this.#running = this.#readUntilQuiet(signal).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #readUntilQuiet(signal: AbortSignal): Promise<void> {
    do {
      this.#isWantedAgain = false;
      await this.#readOnce(signal);
    } while (this.#isWantedAgain && !signal.aborted);
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    const beganMs = this.#options.steadyMs();
    this.#triedMs = beganMs;
    try {
      this.#last = { value: await this.#options.read(signal), beganMs };
      this.#hasTried = true;
      this.#options.onRead(null);
    } catch (error) {
      if (signal.aborted) return;
      this.#last = null;
      this.#hasTried = true;
      this.#why = `${this.#options.what} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      this.#options.onRead(error);
    }
  }
}
