/** What GitHub's counts have yet to learn of a pool's runners: see `src/ledger/unconfirmed.ts`, of which this is the twin. */
import type { Job } from '../../../src/core/job.ts';
import type { UnconfirmedBook } from '../../../src/ledger/unconfirmed.ts';
import type { JobRows } from './job-rows.ts';
import type { RunnerRow, RunnerRows } from './runner-rows.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const LEEWAY_MS = 10 * 60 * 1_000;

/** When runners ended: of those bound to an open job, and of those that only say that they had one. */
interface Ends {
  readonly bound: number[];
  readonly free: number[];
}

export function createUnconfirmedBook(
  runners: RunnerRows,
  jobs: JobRows,
  nowMs: () => number,
): UnconfirmedBook {
  function endsWithJob(pool: string): readonly number[] {
    const open = jobs.open(pool);
    const oldestMs = open[0]?.assignedMs ?? 0;
    if (oldestMs === 0) return [];
    const ends: Ends = { bound: [], free: [] };
    for (const runner of runners.living())
      if (runner.pool === pool && runner.phase === 'stopping')
        collect(ends, runner, jobs.ofRunner(runner.name));
    const sinceMs = Math.max(oldestMs - LEEWAY_MS, nowMs() - DAY_MS);
    for (const { runner } of goneAfter(runners.gone(), sinceMs))
      if (runner.pool === pool) collect(ends, runner, jobs.ofRunner(runner.name));
    if (ends.free.length > 0) pair(ends, open);
    return ends.bound;
  }

  return {
    unconfirmed: (pool) => endsWithJob(pool).length - outlived(runners, jobs, pool),
    stranded: (pool, beforeMs) => endsWithJob(pool).filter((endedMs) => endedMs < beforeMs).length,
  };
}

function* goneAfter(gone: readonly RunnerRow[], sinceMs: number): Iterable<RunnerRow> {
  for (let at = gone.length - 1; at >= 0; at--) {
    const row = gone[at];
    if (!row || (row.past.goneMs ?? 0) <= sinceMs) return;
    yield row;
  }
}

function collect(ends: Ends, { hadJob, sinceMs }: RunnerRow['runner'], own: readonly Job[]): void {
  if (hasCompleted(own)) return;
  if (own.length > 0) ends.bound.push(sinceMs);
  else if (hadJob) ends.free.push(sinceMs);
}

/** The earliest ends take the oldest jobs that nobody else is bound to and that were there before. */
function pair({ bound, free }: Ends, open: readonly Job[]): void {
  const unbound = open.filter((job) => job.runner === null);
  let at = 0;
  for (const endMs of free.sort((a, b) => a - b)) {
    const job = unbound[at];
    if (!job || job.assignedMs > endMs) continue;
    bound.push(endMs);
    at += 1;
  }
}

function outlived(runners: RunnerRows, jobs: JobRows, pool: string): number {
  let n = 0;
  for (const { pool: own, phase, name } of runners.living()) {
    if (own !== pool) continue;
    const isServing = phase === 'registering' || phase === 'idle' || phase === 'busy';
    if (isServing && hasCompleted(jobs.ofRunner(name))) n += 1;
  }
  return n;
}

function hasCompleted(jobs: readonly Job[]): boolean {
  return jobs.some((job) => job.completedMs !== null);
}
