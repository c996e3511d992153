/**
 * Steady work for the host: so many jobs are always open that both slots are busy and some wait. Some are cancelled at any
 * moment of their life. Each is watched to its end, and one that ends in any other way than was meant is lost.
 */
import { systemTime } from '../../src/lib/time.ts';
import type { GitHubEvent } from '../simulation/github/events.ts';
import type { SimulatedGitHub } from '../simulation/github/simulated-github.ts';
import type { Random } from '../simulation/random.ts';
import { POOLS } from './conditions.ts';

const OPEN_AT_A_TIME = 6;
const CANCELLED_SHARE = 0.04;
const LATEST_CANCEL_MS = 300;

export class Load {
  readonly #jobs: number;
  readonly #random: Random;
  /** Open jobs, and whether they are to be cancelled. */
  readonly #open = new Map<string, { readonly isCancelled: boolean }>();
  readonly #complaints: string[] = [];
  #queued = 0;
  #ended = 0;
  #cancelled = 0;

  constructor(jobs: number, random: Random) {
    this.#jobs = jobs;
    this.#random = random;
  }

  get ended(): number {
    return this.#ended;
  }

  get isOver(): boolean {
    return this.#ended === this.#jobs;
  }

  get cancelled(): number {
    return this.#cancelled;
  }

  /** Those that ended otherwise than meant, and those that have not ended at all, in words. */
  lost(): readonly string[] {
    const missing = this.#jobs - this.#queued;
    return [
      ...this.#complaints,
      ...[...this.#open.keys()].map((key) => `${key} never ended`),
      ...Array.from({ length: missing }, (_, index) => `job ${this.#queued + index + 1} was never queued`),
    ];
  }

  /** Queues what is missing. */
  fill(github: SimulatedGitHub): void {
    while (this.#queued < this.#jobs && this.#open.size < OPEN_AT_A_TIME) {
      this.#queued += 1;
      const isCancelled = this.#random.chance(CANCELLED_SHARE);
      const key = github.queueJob({ labels: [this.#random.pick(POOLS)] });
      this.#open.set(key, { isCancelled });
      if (isCancelled) systemTime.after(this.#random.int(0, LATEST_CANCEL_MS), () => github.cancelJob(key));
    }
  }

  hear(event: GitHubEvent): void {
    if (event.type !== 'job-completed') return;
    const order = this.#open.get(event.job);
    if (!order) return;
    this.#open.delete(event.job);
    this.#ended += 1;
    const { result, ending } = event;
    if (result === 'succeeded') return;
    const isMeant = order.isCancelled && result === 'canceled' && ending !== 'given-up';
    if (isMeant) this.#cancelled += 1;
    else this.#complaints.push(`${event.job} ended as ${result} (${ending})`);
  }
}
