/**
 * How soon a daemon listens again after its start. What its last life left open it closes itself; else GitHub keeps it
 * waiting for about a minute.
 */
import type { SimulatedGitHub } from './github/simulated-github.ts';
import type { SimulatedHost } from './host.ts';
import { areRequestsHeard } from './requests-heard.ts';
import type { Scenario } from './scenario.ts';

const LATE_MS = 15_000;

export class ReturnWatch {
  readonly #isQuiet: boolean;
  /** Since when a set waits for its listener, by its name. */
  readonly #sinceMs = new Map<string, number>();

  constructor({ incidents }: Scenario) {
    this.#isQuiet = areRequestsHeard(incidents);
  }

  started(host: SimulatedHost, id: string, github: SimulatedGitHub, atMs: number): void {
    for (const set of github.sets()) {
      const prefix = `mr-${id}-`;
      if (!set.name.startsWith(prefix)) continue;
      const former = host.ledger.openSession(set.name.slice(prefix.length));
      // A session whose opening was cut off is known to nobody.
      const isKnown = set.session === null || set.session.id === former?.id;
      if (isKnown) this.#sinceMs.set(set.name, atMs);
      else this.#sinceMs.delete(set.name);
    }
  }

  opened(set: string, atMs: number): string | null {
    const sinceMs = this.#sinceMs.get(set);
    this.#sinceMs.delete(set);
    if (sinceMs === undefined || !this.#isQuiet || atMs - sinceMs < LATE_MS) return null;
    return `${set} had no listener for ${(atMs - sinceMs) / 1_000} s after the start of the agent`;
  }
}
