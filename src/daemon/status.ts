/** What the daemon says about itself: `macrunner status` in data. Reads only. */
import type { Config } from '../config/schema.ts';
import { isAlarmingGhost } from '../core/ghosts.ts';
import type { Job } from '../core/job.ts';
import type { Runner } from '../core/runner.ts';
import type { Context } from './context.ts';
import { type Senses, unfit } from './observe.ts';
import type { JobReport, PoolReport, RunnerReport, StatusReport } from './report.ts';

export interface Identity {
  readonly version: string;
  readonly startedMs: number;
  /** Said loudly until the next start: a ledger that was lost, a configuration that was refused. */
  readonly problems: () => readonly string[];
  readonly notes: () => readonly string[];
}

export function statusReport(context: Context, senses: Senses, identity: Identity): StatusReport {
  const { ledger, desk, hostId, steadyMs } = context;
  const config = context.config();
  const pools = config.pools.map((pool) => poolReport(context, senses, pool.name));
  const vms = vmCounts(context, senses);
  const problems = [...identity.problems(), ...problemsNow(context, senses, pools)];
  return {
    v: 1,
    isFine: problems.length === 0,
    problems,
    notes: [
      ...identity.notes(),
      ...(desk.isDraining ? ['Draining: no new job is taken; `macrunner resume` ends it.'] : []),
    ],
    version: identity.version,
    pid: process.pid,
    startedMs: identity.startedMs,
    nowMs: Math.round(steadyMs()),
    host: {
      id: hostId,
      slots: config.host.slots,
      isDraining: desk.isDraining,
      unfit: whyNoStart(context, senses),
      isDiskShort: senses.diskShort() !== null,
    },
    github: { url: config.github.url },
    vms,
    pools,
    runners: ledger.runners().map((runner) => runnerReport(context, runner, null)),
    jobs: ledger.openJobs().map((job) => jobReport(context, job)),
  };
}

function problemsNow(context: Context, senses: Senses, pools: readonly PoolReport[]): readonly string[] {
  const { desk, config, queues } = context;
  const vms = senses.vms.get();
  const images = senses.images.get();
  const why = whyNoStart(context, senses);
  return [
    ...(why ? [`No VM may start: ${why}.`] : []),
    ...ghostProblems(context),
    ...(desk.isListDoubted
      ? ['Tart lists none of the VMs whose guests speak to us: its list is not believed, and no VM starts.']
      : []),
    ...(vms.known || senses.vms.isAwaited() ? [] : [`VMs are unknown: ${vms.why}.`]),
    ...pools
      .filter((pool) => pool.queue === 'trouble')
      .map((pool) => `Pool ${pool.name} cannot hear GitHub: ${pool.trouble}.`),
    ...pools.flatMap((pool) => queues.state(pool.name).problems.map((text) => `Pool ${pool.name}: ${text}.`)),
    ...pools
      .filter((pool) => desk.trouble(pool.name).failures > 1)
      .map((pool) => `Pool ${pool.name}: ${pool.failures} starts failed in a row; see \`macrunner logs\`.`),
    ...(images.known ? missingImages(config(), images.value) : []),
  ];
}

function whyNoStart(context: Context, senses: Senses): string | null {
  return context.desk.writing.why ?? senses.diskShort() ?? unfit(context, senses);
}

/** Only when they did not go by themselves: a process that is dying is no reason to call somebody. */
function ghostProblems({ desk, config }: Context): readonly string[] {
  if (desk.ghosts === null || !isAlarmingGhost(desk.ghosts)) return [];
  const { count } = desk.ghosts;
  const slots = `${count} of ${config().host.slots} slots cannot be used`;
  const remedy = config().host.rebootWhenWedged
    ? 'the host is rebooted when nothing runs, in the hours for it'
    : 'if nobody else runs VMs here, reboot the host (host.rebootWhenWedged lets the agent do it)';
  return [`macOS counts VMs that cannot be seen, so ${slots}: a leak, or VMs of another user; ${remedy}.`];
}

function missingImages(config: Config, ready: ReadonlySet<string>): readonly string[] {
  return config.pools
    .filter((pool) => !ready.has(pool.image))
    .map(
      (pool) =>
        `Pool ${pool.name}: the image ${pool.image} is not on this host; fetch it with \`tart pull\`.`,
    );
}

function poolReport({ desk, queues, config }: Context, senses: Senses, name: string): PoolReport {
  const pool = config().pools.find((candidate) => candidate.name === name);
  const { state, trouble } = queues.state(name);
  const assigned = queues.assigned(name);
  const { failures, retryAtMs } = desk.trouble(name);
  return {
    name,
    url: pool?.github && pool.github.url !== config().github.url ? pool.github.url : null,
    labels: [...(pool?.labels ?? [])],
    max: pool?.max ?? 0,
    warm: pool ? senses.warm(pool) : 0,
    queue: state,
    trouble,
    assigned: assigned.known ? assigned.value : null,
    announced: desk.announced.get(name) ?? 0,
    resting: desk.announced.get(name) === 0 ? (desk.resting.get(name) ?? null) : null,
    failures,
    retryAtMs,
  };
}

/** `goneMs` is set for a runner of the past. */
export function runnerReport({ ledger }: Context, runner: Runner, goneMs: number | null): RunnerReport {
  const { name, pool, slot, phase, createdMs, sinceMs, why } = runner;
  const jobId = ledger.jobsOfRunner(name)[0]?.id ?? null;
  return {
    name,
    pool,
    slot,
    phase: goneMs === null ? phase : 'gone',
    createdMs,
    sinceMs: goneMs ?? sinceMs,
    why,
    jobId,
  };
}

export function jobReport({ desk }: Context, job: Job): JobReport {
  const { id, pool, repository, displayName, assignedMs, startedMs, completedMs, runner, result } = job;
  const cause = desk.waiting.find((waiting) => waiting.jobId === id)?.cause ?? null;
  return {
    id,
    pool,
    repository,
    displayName,
    state: stateOf(job, cause !== null),
    assignedMs,
    startedMs,
    completedMs,
    runner,
    result,
    cause,
  };
}

function stateOf(job: Job, isWaiting: boolean): JobReport['state'] {
  if (job.completedMs !== null) return 'completed';
  if (job.startedMs !== null) return 'running';
  return isWaiting ? 'waiting' : 'starting';
}

function vmCounts({ ledger, desk }: Context, senses: Senses): StatusReport['vms'] {
  const reading = senses.vms.get();
  if (!reading.known) return null;
  const ours = new Set(ledger.runners().map((runner) => runner.name));
  const running = reading.value.filter((vm) => vm.state === 'running');
  return {
    running: running.length,
    foreign: running.filter((vm) => !ours.has(vm.name)).length,
    ghosts: desk.ghosts?.count ?? 0,
  };
}
