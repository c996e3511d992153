/** Whether what GitHub holds for taken over stands in the ledger: of what is acknowledged it never speaks again. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { GitHubEvent } from './github/events.ts';
import type { SimulatedGitHub } from './github/simulated-github.ts';
import { areRequestsHeard } from './requests-heard.ts';
import type { Scenario } from './scenario.ts';

type Delivered = Extract<GitHubEvent, { type: 'message-delivered' }>;
export type Acknowledged = Extract<GitHubEvent, { type: 'message-acked' | 'message-pushed' }>;

export class MessageWatch {
  readonly #areHeard: boolean;
  readonly #entries = new Map<string, Delivered['entries']>();

  constructor({ incidents }: Scenario) {
    this.#areHeard = areRequestsHeard(incidents);
  }

  delivered(event: Delivered): void {
    this.#entries.set(keyOf(event), event.entries);
  }

  /** Answers what is lost. */
  acknowledged(event: Acknowledged, ledger: Ledger): string | null {
    for (const { type, jobId } of this.#entries.get(keyOf(event)) ?? []) {
      if (type === 'JobAvailable' || ledger.job(jobId).some(({ id }) => id === jobId)) continue;
      return `${type} of ${jobId} is acknowledged, and stands in no ledger`;
    }
    return null;
  }

  /** In the end. A message whose acknowledgement was lost comes again with the next life, and harms nobody. */
  left(github: SimulatedGitHub): string | null {
    if (!this.#areHeard) return null;
    for (const { name, log } of github.sets())
      if (log.some(({ messageId }) => this.#entries.has(keyOf({ set: name, messageId }))))
        return `messages to ${name} were never acknowledged`;
    return null;
  }
}

function keyOf({ set, messageId }: { readonly set: string; readonly messageId: number }): string {
  return `${set} ${messageId}`;
}
