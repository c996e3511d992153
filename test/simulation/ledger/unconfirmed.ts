/** What GitHub's counts have yet to learn of a pool's runners: see `src/ledger/unconfirmed.ts`, of which this is the twin. */
import type { Job } from '../../../src/core/job.ts';
import type { UnconfirmedBook } from '../../../src/ledger/unconfirmed.ts';
import type { JobRows } from './job-rows.ts';
import type { RunnerRow, RunnerRows } from './runner-rows.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const LEEWAY_MS = 60 * 60 * 1_000;
const NONE: readonly RunnerRow[] = [];

export function createUnconfirmedBook(runners: RunnerRows, jobs: JobRows): UnconfirmedBook {
  /** Those that had a job which GitHub has not told completed. */
  function endedSince(pool: string, sinceMs: number): readonly RunnerRow[] {
    const found: RunnerRow[] = [];
    const look = (row: RunnerRow) => {
      if (row.runner.pool !== pool) return;
      const own = jobs.ofRunner(row.runner.name);
      if ((row.runner.hadJob || own.length > 0) && !hasCompleted(own)) found.push(row);
    };
    for (const { phase, name } of runners.living()) {
      const row = phase === 'stopping' ? runners.get(name) : undefined;
      if (row) look(row);
    }
    const gone = runners.ended();
    for (let at = gone.length - 1; at >= 0; at--) {
      const row = gone[at];
      if (!row || (row.endedMs ?? 0) <= sinceMs) break;
      look(row);
    }
    return found;
  }

  const heardMs = ({ id }: Job) => jobs.get(id)?.heardMs ?? 0;

  function endedWithJob(pool: string, nowMs: number): readonly RunnerRow[] {
    const open = jobs.open(pool);
    const oldestMs = open.length === 0 ? 0 : Math.min(...open.map(heardMs));
    if (oldestMs === 0) return NONE;
    const ended = endedSince(pool, Math.max(oldestMs - LEEWAY_MS, nowMs - DAY_MS));
    if (ended.length === 0) return NONE;
    const isBound = ({ runner }: RunnerRow) => jobs.ofRunner(runner.name).length > 0;
    const free = ended.filter((row) => !isBound(row));
    if (free.length === 0) return ended;
    const unbound = open.filter((job) => job.runner === null).map(heardMs);
    return [
      ...ended.filter(isBound),
      ...paired(
        free,
        unbound.toSorted((a, b) => a - b),
      ),
    ];
  }

  return {
    unconfirmed: (pool, nowMs) => endedWithJob(pool, nowMs).length - outlived(runners, jobs, pool),
    stranded: (pool, beforeMs) =>
      endedWithJob(pool, beforeMs).filter(({ endedMs }) => (endedMs ?? 0) < beforeMs).length,
  };
}

/** Those that ended first take the jobs that nobody else is bound to and that were heard of first, if before their end. */
function paired(free: readonly RunnerRow[], heardMs: readonly number[]): readonly RunnerRow[] {
  const found: RunnerRow[] = [];
  for (const row of free.toSorted(byEnd)) {
    const next = heardMs[found.length];
    if (next !== undefined && next <= (row.endedMs ?? 0)) found.push(row);
  }
  return found;
}

function byEnd(a: RunnerRow, b: RunnerRow): number {
  return (a.endedMs ?? 0) - (b.endedMs ?? 0) || (a.runner.name < b.runner.name ? -1 : 1);
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
