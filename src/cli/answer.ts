/** Answers to "why does it wait?": about a job, a pool, a runner or the host. Exactly one cause, or who serves it. Pure. */
import type { Cause } from '../core/step.ts';
import type { JobReport, PoolReport, RunnerReport, StatusReport } from '../daemon/report.ts';
import { age } from './age.ts';
import { CAUSE_TEXTS } from './cause-text.ts';

export interface Answer {
  readonly about: 'job' | 'pool' | 'runner' | 'host';
  readonly name: string;
  /** Null when nothing stands in the way. */
  readonly cause: Cause | null;
  /** Runners that serve it. */
  readonly runners: readonly string[];
  readonly text: string;
  /** What to do; null when nothing is to be done. */
  readonly remedy: string | null;
}

export function whyJob(job: JobReport, runner: RunnerReport | undefined, nowMs: number): Answer {
  const name = `${job.displayName} (${job.repository}, ${job.id})`;
  const about = { about: 'job', name, runners: job.runner === null ? [] : [job.runner] } as const;
  const served = { ...about, cause: null, remedy: null };
  const since = (fromMs: number | null): string => age(nowMs - (fromMs ?? job.assignedMs));
  const by = job.runner ?? 'a runner that GitHub has not named yet';
  switch (job.state) {
    case 'running':
      return { ...served, text: `It has been running for ${since(job.startedMs)} on ${by}.` };
    case 'starting': {
      const phase = runner === undefined ? '' : `, which is ${runner.phase} for ${since(runner.sinceMs)}`;
      return { ...served, text: `It is served by ${by}${phase}; assigned ${since(job.assignedMs)} ago.` };
    }
    case 'completed': {
      const took = age((job.completedMs ?? nowMs) - (job.startedMs ?? job.assignedMs));
      return {
        ...served,
        text: `It ${job.result ?? 'completed'} after ${took} on ${by}, ${since(job.completedMs)} ago.`,
      };
    }
    case 'waiting':
      if (job.cause === null)
        return { ...served, text: `It waits for ${since(job.assignedMs)}; a runner is about to be made.` };
      return { ...about, cause: job.cause, ...sentence(`It waits for ${since(job.assignedMs)}`, job.cause) };
  }
}

/** `detail` is what the host itself says about the cause, in place of our general words. */
function sentence(
  start: string,
  cause: Cause,
  detail: string | null = null,
): { text: string; remedy: string } {
  const { because, remedy } = CAUSE_TEXTS[cause];
  return { text: `${start}, because ${because}${detail === null ? '' : `: ${detail}`}.`, remedy };
}

export function whyPool(pool: PoolReport, status: StatusReport): Answer {
  const runners = status.runners.filter((one) => one.pool === pool.name && one.phase !== 'gone');
  const about = { about: 'pool', name: pool.name, runners: runners.map(({ name }) => name) } as const;
  const waiting = waitingJobs(status).filter((job) => job.pool === pool.name);
  const start =
    waiting.length === 0
      ? 'It takes no job'
      : `${jobs(waiting.length)} wait${waiting.length === 1 ? 's' : ''}`;
  const cause = poolCause(pool, waiting[0], status);
  if (cause !== null) return { ...about, cause: cause.cause, ...sentence(start, cause.cause, cause.detail) };
  const state = pool.queue === 'opening' ? 'Its queue at GitHub is being opened' : 'Nothing waits';
  return { ...about, cause: null, remedy: null, text: `${state}; ${serving(runners)}.` };
}

interface Found {
  readonly cause: Cause;
  readonly detail: string | null;
}

function poolCause(
  pool: PoolReport,
  oldest: JobReport | undefined,
  { host, nowMs }: StatusReport,
): Found | null {
  if (pool.queue === 'trouble') return { cause: 'demand-unknown', detail: pool.trouble };
  if (oldest?.cause) return { cause: oldest.cause, detail: isOfHost(oldest.cause) ? host.unfit : null };
  if (pool.resting) return { cause: pool.resting, detail: isOfHost(pool.resting) ? host.unfit : null };
  if (pool.retryAtMs > nowMs) return { cause: 'backing-off', detail: `in ${age(pool.retryAtMs - nowMs)}` };
  return null;
}

function isOfHost(cause: Cause): boolean {
  return cause === 'host-unfit' || cause === 'disk-low';
}

export function whyHost(status: StatusReport): Answer {
  const { host, vms } = status;
  const runners = status.runners.filter(({ phase }) => phase !== 'gone');
  const about = { about: 'host', name: host.id, runners: runners.map(({ name }) => name) } as const;
  const waiting = waitingJobs(status);
  const start =
    waiting.length === 0
      ? 'No job can start'
      : `${jobs(waiting.length)} wait${waiting.length === 1 ? 's' : ''}`;
  const found = hostCause(status) ?? (waiting[0]?.cause ? { cause: waiting[0].cause, detail: null } : null);
  if (found) return { ...about, cause: found.cause, ...sentence(start, found.cause, found.detail) };
  const of = vms === null ? '' : `; ${vms.running} of ${host.slots} VMs run`;
  return { ...about, cause: null, remedy: null, text: `Nothing waits; ${serving(runners)}${of}.` };
}

function hostCause({ host, vms, pools }: StatusReport): Found | null {
  if (host.unfit !== null)
    return { cause: host.isDiskShort === true ? 'disk-low' : 'host-unfit', detail: host.unfit };
  if (host.isDraining) return { cause: 'draining', detail: null };
  if (vms === null) return { cause: 'vms-unknown', detail: null };
  if (vms.foreign >= host.slots) return { cause: 'foreign-vms', detail: `${vms.foreign} of ${host.slots}` };
  const { ghosts = 0 } = vms;
  if (ghosts > 0 && vms.foreign + ghosts >= host.slots)
    return { cause: 'ghost-vms', detail: `${ghosts} of ${host.slots}` };
  const [first] = pools;
  const isCutOff = first !== undefined && pools.every(({ queue }) => queue === 'trouble');
  return isCutOff ? { cause: 'demand-unknown', detail: first.trouble } : null;
}

export function whyRunner(runner: RunnerReport, job: JobReport | undefined, nowMs: number): Answer {
  const about = {
    about: 'runner',
    name: runner.name,
    runners: [runner.name],
    cause: null,
    remedy: null,
  } as const;
  const reason = runner.why === null ? '' : ` (${runner.why})`;
  const serves = job === undefined ? '' : ` It serves ${job.displayName} (${job.repository}).`;
  const text = `It has been ${runner.phase}${reason} for ${age(nowMs - runner.sinceMs)}, made ${age(nowMs - runner.createdMs)} ago.`;
  return { ...about, text: `${text}${serves}` };
}

function waitingJobs({ jobs }: StatusReport): readonly JobReport[] {
  return jobs
    .filter(({ state }) => state === 'waiting')
    .toSorted((one, other) => one.assignedMs - other.assignedMs);
}

function serving(runners: readonly RunnerReport[]): string {
  if (runners.length === 0) return 'no runner is needed';
  return runners.map(({ name, phase }) => `${name} is ${phase}`).join(', ');
}

function jobs(count: number): string {
  return count === 1 ? 'One job' : `${count} jobs`;
}
