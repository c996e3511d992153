/**
 * Steady work for the host: short jobs for two pools, as many open at a time as keep both slots busy and one job
 * waiting. Some fail, some are cancelled at any moment of their life. Each writes down, outside its VM, that it ran.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '../e2e/stage.ts';
import type { Chronicle, Order } from './chronicle.ts';
import type { Dice } from './dice.ts';

const LABELS = ['ios', 'mac'] as const;

const OPEN_AT_A_TIME = 3;
const LOOK_EVERY_MS = 50;

/** Where the jobs of this stage write that they ran. */
function ranFile(stage: Stage): string {
  return join(stage.home, 'ran');
}

/** How often each job began its first step, by its own word. */
export function timesRan(stage: Stage): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if (!existsSync(ranFile(stage))) return counts;
  for (const name of readFileSync(ranFile(stage), 'utf8').split('\n')) {
    if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

export class Load {
  readonly #stage: Stage;
  readonly #chronicle: Chronicle;
  readonly #dice: Dice;
  readonly #timer: NodeJS.Timeout;
  #isOpen = true;
  #isEnding = false;

  constructor(stage: Stage, chronicle: Chronicle, dice: Dice) {
    this.#stage = stage;
    this.#chronicle = chronicle;
    this.#dice = dice;
    stage.github.world.jobWatchers.push(({ status, jobId, runner }) => {
      if (status !== 'in_progress') return;
      chronicle.starts.push({ jobId, runner: runner?.name ?? '', atMs: Date.now() });
    });
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** How many jobs are not over. */
  get open(): number {
    return this.#stage.github.world.openJobs.size;
  }

  /** From now on jobs are short. */
  wane(): void {
    this.#isEnding = true;
  }

  /** No more jobs come; those that are to be cancelled still are. */
  close(): void {
    this.#isOpen = false;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { github } = this.#stage;
    const open = new Set([...github.world.openJobs].map(({ jobId }) => jobId));
    for (const { jobId, cancelAtMs } of this.#chronicle.orders) {
      if (cancelAtMs !== null && cancelAtMs <= Date.now() && open.has(jobId)) github.cancelJob(jobId);
    }
    while (this.#isOpen && this.open < OPEN_AT_A_TIME) this.#chronicle.orders.push(this.#order());
  }

  #order(): Order {
    const dice = this.#dice;
    const name = `job-${this.#chronicle.orders.length + 1}`;
    const label = dice.pick(LABELS);
    const expect = dice.pick(ENDINGS);
    const [shortest, longest] = this.#isEnding || dice.happens(SHORT_SHARE) ? SHORT : LONG;
    const work = {
      success: `sleep ${dice.between(shortest, longest).toFixed(1)}`,
      failure: 'exit 3',
      cancelled: 'sleep 60',
    };
    const steps = [{ run: `echo ${name} >> '${ranFile(this.#stage)}'; echo begun` }, { run: work[expect] }];
    const { jobId } = this.#stage.github.queueJob({ name, labels: [label], steps });
    return {
      jobId,
      name,
      expect,
      cancelAtMs: expect === 'cancelled' ? Date.now() + dice.between(0, 6_000) : null,
    };
  }
}

/** Seconds of work: long enough to live through a few kills, or so short that VMs come and go. */
const LONG = [3, 10] as const;
const SHORT = [0.2, 2] as const;
const SHORT_SHARE = 0.4;

/** As often as they stand here. */
const ENDINGS = ['success', 'success', 'success', 'success', 'success', 'failure', 'cancelled'] as const;
