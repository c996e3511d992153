/** Plays one scene to its end: queues its jobs, cancels where it says so, looks on, and gathers what was seen. */
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { StatusReport } from '../../src/daemon/report.ts';
import { inFiles } from '../support/watch/leaks.ts';
import { familyOf } from '../support/watch/processes.ts';
import { KillOnce } from './kill-once.ts';
import type { Scene } from './scene.ts';
import { openStage, type Stage } from './stage.ts';
import type { EndedJob, Observations } from './summary.ts';
import { Watcher } from './watcher.ts';

export interface Frame {
  readonly status: StatusReport;
  readonly jobs: readonly EndedJob[];
  readonly seconds: number;
  /** What is just being done to the agent, or was. */
  readonly agent: string | null;
}

const FRAME_MS = 250;
/** A scene that has not ended by then never will. */
const LONGEST_MS = 300_000;

/** Opens the scene's stage with its faults scripted and its agent serving. */
export async function openScene(scene: Scene): Promise<Stage> {
  const stage = await openStage({
    slots: scene.slots,
    pools: scene.pools.map((pool) => ({ warm: 0, ...pool })),
    tart: { bootDelayMs: scene.bootMs },
  });
  if (scene.failedStart !== undefined) {
    const stderr = 'Error Domain=VZErrorDomain Code=1 "Internal Virtualization error."';
    stage.tart.script([{ command: 'run', nth: scene.failedStart, stderr, exitCode: 1 }]);
  }
  await stage.startAgent();
  return stage;
}

/** Plays the scene to its end, or until interrupted; `onFrame` is given a picture four times a second. */
export async function play(
  scene: Scene,
  stage: Stage,
  onFrame: (frame: Frame) => void,
  interrupted: AbortSignal,
): Promise<Observations> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  const watcher = new Watcher({
    agentPid: () => stage.agentPid,
    home: stage.home,
    secrets: () => stage.secrets(),
  });
  for (const { name, labels, steps } of scene.jobs) {
    stage.github.queueJob({ name, labels: [...labels], steps: steps.map((step) => ({ ...step })) });
  }
  const kill = new KillOnce(stage, scene.killAgent);
  let status = await stage.status();
  for (;;) {
    cancelWhereAsked(scene, stage);
    const jobs = endedJobs(stage);
    kill.look();
    // Killed between two looks, it cannot be asked: what it said last stands.
    status = kill.isDown ? status : await stage.status();
    onFrame({ status, jobs, seconds: seconds(), agent: kill.words });
    if (jobs.every((job) => job.status === 'completed') || seconds() * 1_000 > LONGEST_MS) break;
    if (interrupted.aborted) break;
    await wait(FRAME_MS);
  }
  const killed = await kill.outcome();
  const complaints = await comeToRest(stage);
  watcher.stop();
  const files = inFiles(stage.secrets(), stage.home, [`${stage.home}/secrets`]);
  return {
    jobs: endedJobs(stage),
    leftovers: leftovers(stage),
    maxConcurrentVms: watcher.mostVms,
    secretsSeen: [...watcher.leaks, ...files].map((leak) => leak.where),
    listening: watcher.listening,
    vms: { created: stage.tart.calls('clone').length, destroyed: stage.tart.calls('delete').length },
    killed,
    complaints: [...complaints, ...forbiddenFlags(stage)],
    seconds: seconds(),
  };
}

function cancelWhereAsked(scene: Scene, stage: Stage): void {
  const wishes = new Map(scene.jobs.map((job) => [job.name, job.cancel]));
  for (const job of stage.github.jobs()) {
    const wish = wishes.get(job.name);
    const isDue =
      wish === 'queued' ? job.status === 'queued' || job.status === 'assigned' : job.status === wish;
    if (wish !== undefined && isDue) stage.github.cancelJob(job.jobId);
  }
}

function endedJobs(stage: Stage): readonly EndedJob[] {
  return stage.github.jobs().map(({ name, status, conclusion, queuedAt, startedAt, runnerName }) => ({
    name,
    status,
    conclusion,
    queuedAt,
    startedAt,
    runnerName,
  }));
}

/** Drains the host as an operator would, then ends the agent; returns what was not as promised. */
async function comeToRest(stage: Stage): Promise<readonly string[]> {
  await stage.cli('drain', '--wait', '--timeout', '120');
  await stage.stopAgent();
  const code = stage.agentExitCode;
  return code === 0 ? [] : [`the agent ended with ${code}`];
}

/** What is left of runners when all is over. */
export function leftovers(stage: Stage): Observations['leftovers'] {
  return {
    vms: readdirSync(`${stage.tart.home}/vms`).filter((name) => name.startsWith('mr-')).length,
    runners: stage.github.runners().length,
    processes: familyOf(0, stage.home).length,
  };
}

/** What no call of tart may ever carry, as sentences. */
export function forbiddenFlags(stage: Stage): readonly string[] {
  return stage.tart.calls().flatMap((call) => call.violations.map((flag) => `tart was called with ${flag}`));
}
