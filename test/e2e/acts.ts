/**
 * What the end-to-end tests do on a stage and wait for. Every wait is for something that can be seen from outside, with a
 * deadline, and ends with the agent's own words when it is not seen.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { RunnerReport, StatusReport } from '../../src/daemon/report.ts';
import { familyOf } from '../support/watch/processes.ts';
import { openStage, type Stage, type StageOptions, type StagePool } from './stage.ts';

export const IOS: StagePool = { name: 'ios', labels: ['ios'], image: 'macos-ios' };
export const MAC: StagePool = { name: 'mac', labels: ['mac'], image: 'macos-mac' };

/** Generous: a loaded machine must not fail a test. */
const DEADLINE_MS = 90_000;
const LOOK_EVERY_MS = 20;

/** A stage with one pool unless told otherwise, its agent serving. */
export async function served(options: Partial<StageOptions> = {}): Promise<Stage> {
  const stage = await openStage({ pools: [IOS], ...options });
  await stage.startAgent();
  return stage;
}

/** Waits for what `what` says. `look` returns the thing once it is there, and undefined, null or false before. */
export async function seen<T>(
  stage: Stage,
  what: string,
  look: () => T | Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<Exclude<T, undefined | null | false>> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (isFound(found)) return found;
    if (performance.now() > endMs) throw new Error(`never seen: ${what}\n${await testimony(stage)}`);
    await wait(LOOK_EVERY_MS);
  }
}

function isFound<T>(found: T): found is Exclude<T, undefined | null | false> {
  return found !== undefined && found !== null && found !== false;
}

/** Queues a job of one step; 'ios' unless told otherwise. */
export function queueJob(stage: Stage, run = 'true', label = 'ios') {
  return stage.github.queueJob({ name: 'build', labels: [label], steps: [{ run }] });
}

/** A step that runs until `letGo`. */
export const HOLD = 'echo begun; until [ -e "$HOME/go" ]; do sleep 0.05; done';

/** The runner that works on a job of `HOLD`, once its step has begun: past the gate, it needs no agent any more. */
export async function worker(stage: Stage, job: QueuedJob): Promise<string> {
  await seen(stage, 'the first step', () => jobNow(stage, job).log.includes('begun'));
  const { runnerName } = jobNow(stage, job);
  await seen(stage, 'the agent to know', async () =>
    (await stage.status()).runners.some(({ name, phase }) => name === runnerName && phase === 'busy'),
  );
  return runnerName ?? '';
}

/** Ends the `HOLD` of the job in that VM. */
export function letGo(stage: Stage, runner: string): void {
  writeFileSync(join(stage.tart.rootfs(runner), 'Users/admin/go'), '');
}

type QueuedJob = ReturnType<typeof queueJob>;

export function jobNow(stage: Stage, { jobId }: Pick<QueuedJob, 'jobId'>): QueuedJob {
  const job = stage.github.jobs().find((candidate) => candidate.jobId === jobId);
  if (!job) throw new Error(`GitHub does not know the job ${jobId}`);
  return job;
}

/** The job as GitHub sees it once it is in `status`. */
export async function jobIn(stage: Stage, status: string, job: QueuedJob): Promise<QueuedJob> {
  return seen(stage, `job ${status}`, () => {
    const now = jobNow(stage, job);
    return now.status === status && now;
  });
}

/** Waits until GitHub says that the job is over, and returns how it ended. */
export async function ended(stage: Stage, job: QueuedJob): Promise<QueuedJob> {
  return jobIn(stage, 'completed', job);
}

/** The first runner in `phase`, once there is one. */
export async function runnerIn(
  stage: Stage,
  phase: RunnerReport['phase'],
  pool?: string,
): Promise<RunnerReport> {
  return seen(stage, `a runner ${phase}`, async () =>
    (await stage.status()).runners.find(
      (runner) => runner.phase === phase && (pool === undefined || runner.pool === pool),
    ),
  );
}

/** The status once it is as `fits` wants it. */
export async function statusWhere(
  stage: Stage,
  what: string,
  fits: (status: StatusReport) => boolean,
): Promise<StatusReport> {
  return seen(stage, what, async () => {
    const status = await stage.status();
    return fits(status) && status;
  });
}

/** All runners that ever were, as `macrunner runner list --all` tells them, oldest first. */
export async function allRunners(stage: Stage): Promise<readonly RunnerReport[]> {
  const { runners } = JSON.parse(await stage.cli('runner', 'list', '--all', '--json'));
  return [...runners].sort((a: RunnerReport, b: RunnerReport) => a.createdMs - b.createdMs);
}

/** VMs of ours on the disk, running or not. */
export function ownVms(stage: Stage): readonly string[] {
  return readdirSync(join(stage.tart.home, 'vms')).filter((name) => name.startsWith('mr-'));
}

function processesBesides(stage: Stage, pid: number): readonly string[] {
  return familyOf(0, stage.home)
    .filter((process) => process.pid !== pid)
    .map(({ command }) => command);
}

/** Waits until nothing is left of any runner: no VM, no record at GitHub, no process, no slot taken. */
export async function nothingLeft(stage: Stage): Promise<void> {
  await seen(stage, 'nothing left', async () => {
    const { runners } = await stage.status();
    return runners.length + ownVms(stage).length + stage.github.runners().length === 0;
  });
  await seen(
    stage,
    'no process left',
    () =>
      processesBesides(stage, stage.agentPid).filter((command) => !/ (list|--version) ?/.test(command))
        .length === 0,
  );
}

/** For the message of a test that failed: what the agent said of itself, and of late. */
async function testimony(stage: Stage): Promise<string> {
  const status = await stage
    .status()
    .catch((error: unknown) => `the agent does not answer: ${String(error)}`);
  const file = join(stage.home, 'logs/agent.log');
  const log = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-40) : ['no log'];
  return [
    JSON.stringify(status),
    `jobs at GitHub: ${JSON.stringify(stage.github.jobs().map(({ name, status: state, conclusion, log: said }) => ({ name, state, conclusion, said })))}`,
    `VMs: ${ownVms(stage).join(' ')}; records: ${JSON.stringify(stage.github.runners())}`,
    ...log,
  ].join('\n');
}

/** Runs a VM as somebody who is not macrunner would. */
export function runForeign(stage: Stage, name: string): ChildProcess {
  const env = { PATH: process.env.PATH, TART_HOME: stage.tart.home };
  return spawn(stage.tart.path, ['run', name, '--no-graphics'], { env, stdio: 'ignore' });
}
