/** One event stream out of a guest, as the host's adapter hands it on: heartbeats, events from a number on, an end. */
import type { GuestFollower } from '../../../src/core/ports.ts';
import type { Timer } from '../../../src/lib/time.ts';
import type { Guest } from './guest.ts';

export interface AttachmentOptions {
  readonly guest: Guest;
  readonly from: number;
  readonly follower: GuestFollower;
  /** Null: the stream ended, or fell silent. Else what the follower threw. */
  readonly onEnd: (error: unknown, hasAnswered: boolean) => void;
}

const HEARTBEAT_MS = 15_000;
/** After so long without a line the adapter lets go. */
const SILENCE_MS = 45_000;

export class Attachment {
  readonly #options: AttachmentOptions;
  #next: number;
  #lastLineMs: number;
  #isFirst = true;
  #isOpen = true;
  #pumping: Timer | null = null;
  #beating: Timer | null = null;
  #doubting: Timer | null = null;
  readonly #stopListening: () => void;

  constructor(options: AttachmentOptions) {
    const { guest, from } = options;
    this.#options = options;
    this.#next = from;
    this.#lastLineMs = guest.clock.nowMs;
    guest.log.greet();
    this.#stopListening = guest.log.listen(() => this.#pumpSoon());
    // Not at once: whoever made it must have it in hand before its follower speaks.
    this.#beating = guest.clock.after(0, () => this.#beat());
  }

  /** Ends it with its VM, its agent or its adapter: the follower hears no more. */
  end(error: unknown = null): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stopListening();
    for (const timer of [this.#pumping, this.#beating, this.#doubting]) timer?.cancel();
    this.#options.onEnd(error, !this.#isFirst);
  }

  /** The guest fell silent: ends unless a line comes in time. */
  doubt(): void {
    const { clock } = this.#options.guest;
    this.#doubting?.cancel();
    const leftMs = this.#lastLineMs + SILENCE_MS - clock.nowMs;
    if (leftMs <= 0) this.end();
    else this.#doubting = clock.after(leftMs, () => this.doubt());
  }

  #beat(): void {
    const { guest, follower } = this.#options;
    this.#beating = guest.clock.after(HEARTBEAT_MS, () => this.#beat());
    if (guest.isSilent) return;
    this.#line(() => {
      if (this.#isFirst) follower.onAnswer();
      this.#isFirst = false;
      follower.onLife();
    });
    this.#pumpSoon();
  }

  #pumpSoon(): void {
    const { guest } = this.#options;
    if (this.#pumping || !this.#isOpen || this.#isFirst || !guest.log.at(this.#next)) return;
    this.#pumping = guest.clock.within(guest.options.mac.durations.look, () => {
      this.#pumping = null;
      this.#pump();
    });
  }

  #pump(): void {
    const { guest, follower } = this.#options;
    while (this.#isOpen && !guest.isSilent) {
      const event = guest.log.at(this.#next);
      if (!event) return;
      this.#next += 1;
      this.#line(() => {
        follower.onLife();
        follower.onEvent(event);
      });
    }
  }

  /** What the follower throws ends the stream, as a line's reader does in the adapter. */
  #line(read: () => void): void {
    const { guest } = this.#options;
    this.#lastLineMs = guest.clock.nowMs;
    this.#doubting?.cancel();
    this.#doubting = null;
    guest.watchdog.collected();
    try {
      read();
    } catch (error) {
      this.end(error);
    }
  }
}
