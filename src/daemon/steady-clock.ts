/**
 * The clock of deadlines. It begins as the time of day and from then on only grows, whatever is done to the system's
 * clock; it stands still while the host sleeps, since nothing of ours ran meanwhile; and it goes on where the last life
 * of the daemon left it, as long as the Mac was not booted anew (after which no VM of then is left to be judged).
 */
import type { Time } from '../lib/time.ts';

/** How the time of day at which the clock began relates to the system's growing clock, on one boot of the host. */
export interface Anchor {
  /** Names the boot; null when the system does not tell. */
  readonly boot: string | null;
  readonly offsetMs: number;
}

/** What a look at both clocks found out. */
export type Lapse = { readonly what: 'slept' | 'clock-set'; readonly ms: number };

/** The daemon looks every few seconds: it did not run at all for what is longer, and so did no other program. */
const SLEPT_MS = 30_000;
/** How far the time of day may drift between two looks before somebody has set it. */
const SET_MS = 5_000;

export class SteadyClock {
  readonly #time: Time;
  readonly #boot: string | null;
  #offsetMs: number;
  #lookedMs: number;
  #wallMs: number;

  /**
   * `last`: the anchor of the last life, null when there was none. `notBeforeMs`: a time that this clock, in whatever
   * life, has shown before: what began then must not seem to begin in the future.
   */
  constructor(time: Time, boot: string | null, last: Anchor | null, notBeforeMs = 0) {
    this.#time = time;
    this.#boot = boot;
    const goesOn = last !== null && boot !== null && last.boot === boot;
    const beganMs = Math.max(time.wallMs(), notBeforeMs);
    this.#offsetMs = goesOn ? last.offsetMs : beganMs - time.steadyMs();
    this.#lookedMs = time.steadyMs();
    this.#wallMs = time.wallMs();
  }

  /** Whole milliseconds, comparable with the time of day as long as nobody sets that. */
  readonly nowMs = (): number => Math.floor(this.#time.steadyMs() + this.#offsetMs);

  get anchor(): Anchor {
    return { boot: this.#boot, offsetMs: this.#offsetMs };
  }

  /** To be called at least every few seconds. */
  look(): Lapse | null {
    const growthMs = this.#time.steadyMs() - this.#lookedMs;
    const setMs = this.#time.wallMs() - this.#wallMs - growthMs;
    this.#lookedMs += growthMs;
    this.#wallMs += growthMs + setMs;
    if (growthMs >= SLEPT_MS) {
      this.#offsetMs -= growthMs;
      return { what: 'slept', ms: growthMs };
    }
    return Math.abs(setMs) >= SET_MS ? { what: 'clock-set', ms: setMs } : null;
  }
}
