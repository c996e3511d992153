/**
 * Time that passes only when it is told to: what was scheduled runs in order, and everything that follows from it (the
 * promises it settles) before the next. A world of hours takes milliseconds, and is the same each time.
 */
import type { Timer } from '../../src/lib/time.ts';

interface Entry {
  readonly atMs: number;
  readonly order: number;
  work: (() => void) | null;
}

export class VirtualTime {
  #nowMs: number;
  #order = 0;
  /** A binary heap by time, then by order of scheduling. */
  readonly #heap: Entry[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  readonly now = (): number => this.#nowMs;

  readonly after = (ms: number, work: () => void): Timer => {
    // Whole milliseconds, as the system counts: a remainder too small to add would stop the time.
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, Math.ceil(ms)), order: this.#order++, work };
    this.#push(entry);
    return {
      cancel() {
        entry.work = null;
      },
    };
  };

  /** Runs what is due next, if that is not after `untilMs`; false when nothing was. */
  async step(untilMs: number): Promise<boolean> {
    const entry = this.#next(untilMs);
    if (!entry?.work) return false;
    this.#nowMs = entry.atMs;
    entry.work();
    await settled();
    return true;
  }

  /** Steps until nothing is due any more or, asked after each step, `goesOn` says no. */
  run(untilMs: number, goesOn: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = (): void => {
      const entry = this.#next(untilMs);
      if (entry?.work) {
        this.#nowMs = entry.atMs;
        entry.work();
        queueMicrotask(settle);
      } else resolve();
    };
    // A tick within a tick would come before the promises.
    const settle = (): void => process.nextTick(end);
    const end = (): void => {
      try {
        if (goesOn()) begin();
        else resolve();
      } catch (error) {
        reject(error);
      }
    };
    begin();
    return promise;
  }

  #next(untilMs: number): Entry | null {
    for (;;) {
      const first = this.#heap[0];
      if (!first || first.atMs > untilMs) return null;
      this.#pop();
      if (first.work) return first;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (!parent || isBefore(parent, entry)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const down = left && right && isBefore(right, left) ? right : left;
      if (!down || isBefore(last, down)) break;
      heap[at] = down;
      at = down === right ? 2 * at + 2 : 2 * at + 1;
    }
    heap[at] = last;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** Node runs its next ticks when no promise is left to be settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
