/** The stage of the benchmark: one pool, one template, no faults; and the waits between two measurements on it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openStage, type Stage } from '../e2e/stage.ts';
import { until } from '../support/until.ts';

export const IMAGE = 'bench';
const LABELS = ['bench'];

/** Between two jobs: what the last one left to do is over by then, and the next comes upon a quiet host. */
const QUIET_MS = 250;

export interface BenchStageOptions {
  readonly warm?: number;
  readonly bootMs?: number;
}

export function openBenchStage({ warm = 0, bootMs = 0 }: BenchStageOptions): Promise<Stage> {
  return openStage({
    pools: [{ name: 'bench', labels: LABELS, image: IMAGE, warm }],
    tart: { bootDelayMs: bootMs },
  });
}

/** Returns the job's id. */
export function queueJob(stage: Stage, name: string): string {
  return stage.github.queueJob({ name, labels: [...LABELS], steps: [{ run: 'true' }] }).jobId;
}

export interface Rest {
  /** VMs that have come and must be gone. */
  readonly gone: number;
  /** VMs that stand warm. */
  readonly warm?: number;
}

/** Waits until no job is open, those VMs are deleted and the others warm, and the agent's poll is held again. */
export async function atRest(stage: Stage, { gone, warm = 0 }: Rest): Promise<void> {
  const { github, tart } = stage;
  await until(() => {
    const isOver = github.jobs().every((job) => job.status === 'completed');
    const sets = [...github.world.scaleSets.values()];
    const isListened = sets.length > 0 && sets.every((set) => set.gate.held > 0);
    const deleted = new Set(tart.calls('delete').map(({ argv }) => argv.at(-1)));
    return isOver && isListened && deleted.size >= gone && vmsOf(stage) === warm;
  }, 60_000);
  if (warm > 0) await until(() => areWarm(stage, warm), 60_000);
  await wait(QUIET_MS);
}

async function areWarm(stage: Stage, count: number): Promise<boolean> {
  const { runners } = await stage.status();
  return runners.length === count && runners.every((runner) => runner.phase === 'warm');
}

function vmsOf({ tart }: Stage): number {
  return readdirSync(join(tart.home, 'vms')).filter((name) => name.startsWith('mr-')).length;
}
