/**
 * A host's own time: its time of day may be set, its growing clock counts from its boot, and while it sleeps nothing on
 * it runs; what came due meanwhile runs when it wakes. A life of the daemon takes it with its own end in it.
 */
import type { Time, Timer } from '../../src/lib/time.ts';
import type { VirtualTime } from './virtual-time.ts';

export class HostTime implements Time {
  readonly #world: VirtualTime;
  #bootMs: number;
  #skewMs = 0;
  #wakesMs = 0;

  constructor(world: VirtualTime) {
    this.#world = world;
    this.#bootMs = world.now() - 100_000;
  }

  readonly wallMs = (): number => this.#world.now() + this.#skewMs;
  readonly steadyMs = (): number => this.#world.now() - this.#bootMs;

  readonly after = (ms: number, work: () => void): Timer => {
    const awake = (): void => {
      const restMs = this.#wakesMs - this.#world.now();
      if (restMs > 0) timer = this.#world.after(restMs, awake);
      else work();
    };
    let timer = this.#world.after(ms, awake);
    return { cancel: () => timer.cancel() };
  };

  readonly soon = (work: () => void): void => {
    this.after(0, work);
  };

  /** Timers of a process end with it. */
  whileAlive(isAlive: () => boolean): Time {
    const after = (ms: number, work: () => void): Timer =>
      this.after(ms, () => {
        if (isAlive()) work();
      });
    return { wallMs: this.wallMs, steadyMs: this.steadyMs, after, soon: (work) => void after(0, work) };
  }

  set(byMs: number): void {
    this.#skewMs += byMs;
  }

  sleep(forMs: number): void {
    this.#wakesMs = this.#world.now() + forMs;
  }

  boot(): void {
    this.#bootMs = this.#world.now();
  }
}
