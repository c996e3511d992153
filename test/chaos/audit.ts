/** Reads the daemon's audit stream over all its lives, through the control socket, whenever somebody listens there. */
import { hasCode } from '../../src/core/error.ts';
import type { Stage } from '../e2e/stage.ts';
import type { Chronicle } from './chronicle.ts';
import { pause } from './deaths.ts';

const EVERY_MS = 200;

export class Audit {
  readonly #stage: Stage;
  readonly #chronicle: Chronicle;
  #lastSeq = 0;

  constructor(stage: Stage, chronicle: Chronicle) {
    this.#stage = stage;
    this.#chronicle = chronicle;
  }

  /** The ledger was lost: its numbers begin anew. */
  beginAnew(): void {
    this.#lastSeq = 0;
  }

  /** Reads again and again until `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    for (; !signal.aborted; await pause(EVERY_MS, signal)) await this.read();
  }

  /** Reads what is new, if a daemon answers. */
  async read(): Promise<void> {
    try {
      await this.#stage.events(this.#lastSeq, (event) => {
        this.#lastSeq = event.seq;
        this.#chronicle.events.push(event);
      });
    } catch (error) {
      // Killed before it served, or while it answered: the next one tells.
      if (!hasCode(error, 'daemon-unreachable', 'output-unreadable')) throw error;
    }
  }
}
