/** What a run of a scene came to, for programs in one line and for people in a few. */
import type { Scene } from './scene.ts';

export interface EndedJob {
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  readonly runnerName: string | null;
}

/** The agent's one death. */
export interface Killed {
  /** Jobs that ran at that moment, and where. */
  readonly running: readonly { readonly name: string; readonly runner: string }[];
  /** From the start of the next agent until all their runners were followed again. */
  readonly readoptMs: number;
}

export interface Observations {
  readonly jobs: readonly EndedJob[];
  readonly leftovers: { readonly vms: number; readonly runners: number; readonly processes: number };
  readonly maxConcurrentVms: number;
  readonly secretsSeen: readonly string[];
  readonly listening: readonly string[];
  readonly vms: { readonly created: number; readonly destroyed: number };
  /** Null when nobody killed it. */
  readonly killed: Killed | null;
  /** Sentences about what else was not as it must be. */
  readonly complaints: readonly string[];
  readonly seconds: number;
}

/** The one line of `--json`. */
export function summarize(scene: Scene, seen: Observations) {
  const count = (conclusion: string) => seen.jobs.filter((job) => job.conclusion === conclusion).length;
  const problems = problemsOf(scene, seen);
  return {
    v: 1,
    jobs: {
      queued: seen.jobs.length,
      succeeded: count('success'),
      failed: count('failure'),
      cancelled: count('cancelled'),
      refused: count('refused'),
      lost: seen.jobs.filter((job) => job.status !== 'completed').length,
    },
    leftovers: seen.leftovers,
    maxConcurrentVms: seen.maxConcurrentVms,
    secretsSeen: seen.secretsSeen.length,
    listening: seen.listening,
    seconds: Math.round(seen.seconds * 10) / 10,
    ok: problems.length === 0,
    kills: seen.killed === null ? 0 : 1,
  };
}

/** Everything that is not as the scene expects, in sentences. */
function problemsOf(scene: Scene, seen: Observations): readonly string[] {
  const byName = new Map(seen.jobs.map((job) => [job.name, job]));
  const { vms, runners, processes } = seen.leftovers;
  return [
    ...scene.jobs
      .filter((job) => byName.get(job.name)?.conclusion !== job.expect)
      .map(
        (job) =>
          `${job.name} should end as ${job.expect}, it is ${byName.get(job.name)?.conclusion ?? 'not ended'}`,
      ),
    ...(scene.killAgent && seen.killed === null ? ['the agent was never killed'] : []),
    ...noticed(scene, seen).map((name) => `${name} noticed that the agent was killed`),
    ...(vms + runners + processes === 0
      ? []
      : [`left over: ${vms} VMs, ${runners} runners, ${processes} processes`]),
    ...(seen.maxConcurrentVms <= scene.slots
      ? []
      : [`${seen.maxConcurrentVms} VMs ran at once on ${scene.slots} slots`]),
    ...seen.secretsSeen.map((where) => `a secret was seen in ${where}`),
    ...seen.listening.map((socket) => `a socket is open to the world: ${socket}`),
    ...seen.complaints,
  ];
}

/** Jobs that ran when the agent died and did not go on as if nothing were: in another VM now, or not ended as they should. */
function noticed(scene: Scene, { jobs, killed }: Observations): readonly string[] {
  const wanted = new Map(scene.jobs.map(({ name, expect }) => [name, expect]));
  const now = new Map(jobs.map((job) => [job.name, job]));
  return (killed?.running ?? [])
    .filter(({ name, runner }) => {
      const job = now.get(name);
      return job?.runnerName !== runner || job.conclusion !== wanted.get(name);
    })
    .map(({ name }) => name);
}

/** The closing lines for people. */
export function closingLines(scene: Scene, seen: Observations): readonly string[] {
  const { jobs, leftovers, maxConcurrentVms, secretsSeen, seconds } = summarize(scene, seen);
  const waits = seen.jobs
    .flatMap((job) => (job.startedAt === null ? [] : [job.startedAt - job.queuedAt]))
    .sort((a, b) => a - b);
  const problems = problemsOf(scene, seen);
  return [
    `jobs        ${jobs.queued} queued: ${jobs.succeeded} succeeded, ${jobs.failed} failed, ${jobs.cancelled} cancelled, ${jobs.lost} lost`,
    `queue→start p50 ${seconds1(quantile(waits, 0.5))}, p95 ${seconds1(quantile(waits, 0.95))}`,
    ...agentLines(scene, seen),
    `VMs         ${seen.vms.created} created, ${seen.vms.destroyed} destroyed, at most ${maxConcurrentVms} at once`,
    `leftovers   ${leftovers.vms} VMs, ${leftovers.runners} runners, ${leftovers.processes} processes`,
    `secrets     ${secretsSeen} seen in arguments, logs, ledger or files; ${seen.listening.length} sockets open to the world`,
    `time        ${seconds} s`,
    ...(problems.length === 0
      ? ['All as it should be.']
      : ['NOT as it should be:', ...problems.map((problem) => `  ${problem}`)]),
  ];
}

function agentLines(scene: Scene, seen: Observations): readonly string[] {
  if (seen.killed === null) return [];
  const { running, readoptMs } = seen.killed;
  const jobs = `${running.length} job${running.length === 1 ? '' : 's'} running`;
  const count = noticed(scene, seen).length;
  return [
    `agent       killed and restarted: ${jobs}, ${count === 0 ? 'none' : count} noticed, re-adopted in ${Math.round(readoptMs)} ms`,
  ];
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

function seconds1(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
