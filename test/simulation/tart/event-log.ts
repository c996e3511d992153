/** A guest's event log: numbers from 1, `hello` first, whoever wrote the first. Those who follow it are told. */
import type { GuestEvent } from '../../../src/core/ports.ts';

export class EventLog {
  readonly #events: GuestEvent[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #onEvent: (event: GuestEvent) => void;

  constructor(onEvent: (event: GuestEvent) => void) {
    this.#onEvent = onEvent;
  }

  at(n: number): GuestEvent | undefined {
    return this.#events[n - 1];
  }

  greet(): void {
    if (this.#events.length === 0) this.#write({ type: 'hello', n: 1 });
  }

  /** Returns the number. */
  append(event: (n: number) => GuestEvent): number {
    this.greet();
    const n = this.#events.length + 1;
    this.#write(event(n));
    return n;
  }

  /** Returns how to stop listening. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #write(event: GuestEvent): void {
    this.#events.push(event);
    this.#onEvent(event);
    for (const listener of this.#listeners) listener();
  }
}
