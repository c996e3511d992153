/** Plays one load on one fleet to its end and measures what its jobs went through and what it cost. */
import type { JobView } from '../github/simulated-github.ts';
import type { SimulatedHost } from '../host.ts';
import { createFleet, type Fleet, START_MS } from './fleet.ts';
import { type Cell, jobsOf, poolsOf, SLOTS } from './load.ts';

export interface Measured {
  readonly jobs: number;
  readonly hours: number;
  /** From queued to the first step, one per job that ran, in milliseconds. */
  readonly waitsMs: readonly number[];
  /** The same of the second pool alone. */
  readonly secondWaitsMs: readonly number[];
  /** Jobs that waited on a full host while another host had a slot free. */
  readonly misplaced: number;
  /** Jobs that waited at GitHub for longer than a poll takes to be cut while a host had a slot free. */
  readonly overlooked: number;
  readonly sessions: number;
  readonly requests: number;
  readonly lapses: number;
  /** Jobs that never ran. */
  readonly lost: number;
}

const LOOK_MS = 5_000;
const OVERLOOKED_MS = 10_000;
const MOST_MS = 4 * 86_400_000;

export async function measure(cell: Cell, seed: number, count: number): Promise<Measured> {
  const plans = jobsOf(cell, seed, count);
  const counts = { sessions: 0, requests: 0, lapses: 0, over: 0 };
  const beganMs = new Map<string, number>();
  const fleet = createFleet(cell, seed, plans, {
    onCall: () => {
      counts.requests += 1;
    },
    onGitHub({ type }) {
      if (type === 'session-opened') counts.sessions += 1;
      if (type === 'job-lapsed') counts.lapses += 1;
      if (type === 'job-completed') counts.over += 1;
    },
    onFirstStep: (key) => void beganMs.set(key, beganMs.get(key) ?? fleet.time.now()),
  });
  for (const host of fleet.hosts) host.start();
  const places = new Places(fleet);
  while (counts.over < count && (await fleet.time.step(START_MS + MOST_MS)));
  const jobs = [...fleet.github.jobs()];
  const [, second] = poolsOf(cell);
  const waitMs = ({ key, queuedMs }: JobView): number[] => {
    const atMs = beganMs.get(key);
    return atMs === undefined ? [] : [atMs - queuedMs];
  };
  const waitsMs = jobs.flatMap(waitMs);
  const secondWaitsMs = jobs.filter(({ labels }) => second && labels.includes(second)).flatMap(waitMs);
  return {
    ...{ jobs: count, hours: (fleet.time.now() - START_MS) / 3_600_000, waitsMs, secondWaitsMs },
    ...{ misplaced: places.misplaced.size, overlooked: places.overlooked.size },
    ...{ sessions: counts.sessions, requests: counts.requests, lapses: counts.lapses },
    lost: count - waitsMs.length,
  };
}

/** Looks every few seconds where jobs wait while a slot stands free. */
class Places {
  readonly misplaced = new Set<string>();
  readonly overlooked = new Set<string>();
  readonly #fleet: Fleet;
  #freeSinceMs: number | null = null;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#lookLater();
  }

  #lookLater(): void {
    this.#fleet.time.after(LOOK_MS, () => {
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const { hosts, github, time } = this.#fleet;
    const nowMs = time.now();
    if (!hosts.some(hasFreeSlot)) {
      this.#freeSinceMs = null;
      return;
    }
    this.#freeSinceMs ??= nowMs;
    const waiting = new Set(hosts.flatMap((host) => host.service?.context.desk.waiting ?? []).map(idOf));
    for (const job of github.jobs()) {
      if (job.status === 'assigned' && waiting.has(job.jobId)) this.misplaced.add(job.key);
      if (job.status === 'queued' && nowMs - sinceMs(job, this.#freeSinceMs) >= OVERLOOKED_MS)
        this.overlooked.add(job.key);
    }
  }
}

function sinceMs({ queuedMs }: JobView, freeSinceMs: number): number {
  return Math.max(queuedMs, freeSinceMs);
}

function idOf({ jobId }: { readonly jobId: string }): string {
  return jobId;
}

function hasFreeSlot({ ledger, service }: SimulatedHost): boolean {
  return ledger.runners().length < SLOTS && service?.context.desk.waiting.length === 0;
}
