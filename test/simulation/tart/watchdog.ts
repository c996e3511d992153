/**
 * The guest's net against being forgotten: powers the VM off when nobody has collected its events for fifteen minutes, or
 * for six hours while a job runs (macrunner: vm-templates/guest/bin/watchdog).
 */
import type { Timer } from '../../../src/lib/time.ts';
import type { Clockwork } from './clockwork.ts';

const TICK_MS = 15_000;
const LIMIT_MS = 900_000;
const BUSY_LIMIT_MS = 21_600_000;

export class Watchdog {
  readonly #clock: Clockwork;
  readonly #powerOff: () => void;
  #collectedMs = 0;
  #isBusy = false;
  #timer: Timer | null = null;

  constructor(clock: Clockwork, powerOff: () => void) {
    this.#clock = clock;
    this.#powerOff = powerOff;
  }

  start(): void {
    this.#collectedMs = this.#clock.nowMs;
    this.#look();
  }

  /** A line was handed over. */
  collected(): void {
    this.#collectedMs = this.#clock.nowMs;
  }

  setBusy(isBusy: boolean): void {
    if (this.#isBusy === isBusy) return;
    this.#isBusy = isBusy;
    if (this.#timer) this.#look();
  }

  /** Looks again when it could be time at the earliest, instead of at every tick. */
  #look(): void {
    this.#timer?.cancel();
    const limitMs = this.#isBusy ? BUSY_LIMIT_MS : LIMIT_MS;
    const leftMs = this.#collectedMs + limitMs - this.#clock.nowMs;
    if (leftMs <= 0) this.#timer = this.#clock.within([0, TICK_MS], () => this.#bite(limitMs));
    else this.#timer = this.#clock.after(leftMs, () => this.#look());
  }

  #bite(limitMs: number): void {
    if (this.#clock.nowMs - this.#collectedMs < limitMs) this.#look();
    else this.#powerOff();
  }
}
