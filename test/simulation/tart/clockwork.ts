/** Timers of one simulated thing that end with it: nothing of a dead VM ever happens, and no clock waits for it. */
import type { Timer } from '../../../src/lib/time.ts';
import type { MacTime, Range } from './settings.ts';

export class Clockwork {
  readonly time: MacTime;
  readonly #random: () => number;
  readonly #timers = new Set<Timer>();
  #hasEnded = false;

  constructor(time: MacTime, random: () => number) {
    this.time = time;
    this.#random = random;
  }

  /** One of its own end, on the same time and seed. */
  another(): Clockwork {
    return new Clockwork(this.time, this.#random);
  }

  get nowMs(): number {
    return this.time.steadyMs();
  }

  after(ms: number, work: () => void): Timer {
    if (this.#hasEnded) return { cancel: () => undefined };
    const timer = this.time.after(ms, () => {
      this.#timers.delete(timer);
      work();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  /** Within the range, as the seed has it. */
  within(range: Range, work: () => void): Timer {
    return this.after(this.pick(range), work);
  }

  pick([fromMs, toMs]: Range): number {
    return Math.round(fromMs + this.#random() * (toMs - fromMs));
  }

  isHit(probability: number): boolean {
    return this.#random() < probability;
  }

  end(): void {
    this.#hasEnded = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
