/**
 * What GitHub's counts have yet to learn of a pool's runners. GitHub counts a job until it tells that it is completed,
 * which comes some time after its runner's end, and it may tell it before the runner's end, too.
 */
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { all, count } from './rows.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Runners that ended long before any open job are passed over; more than GitHub's clock and ours can differ. */
const LEEWAY_MS = 10 * 60 * 1_000;

/**
 * A runner that stops or is gone, had a job by its own word or by GitHub's, and to which no completed job is bound. Its
 * end comes on the ledger's clock, to be compared with jobs, and on the clock of the runner's phases.
 */
const ENDED = `SELECT name, ended_ms AS endedMs, since_ms AS sinceMs,
    (SELECT count(*) FROM jobs WHERE jobs.runner = name) > 0 AS isBound
  FROM (SELECT name, ended_ms, since_ms, had_job FROM runners
      WHERE gone_ms IS NOT NULL AND ended_ms > ?1 AND pool = ?2
    UNION ALL
    SELECT name, ended_ms, since_ms, had_job FROM runners WHERE gone_ms IS NULL AND phase = 'stopping' AND pool = ?2)
  WHERE (had_job = 1 OR isBound)
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.runner = name AND jobs.completed_ms IS NOT NULL)`;

/** Open jobs that GitHub bound to no runner. */
const UNBOUND = `SELECT assigned_ms AS assignedMs FROM jobs
  WHERE completed_ms IS NULL AND pool = ? AND runner IS NULL ORDER BY assigned_ms`;

const OLDEST = 'SELECT min(assigned_ms) AS n FROM jobs WHERE completed_ms IS NULL AND pool = ?';

/** A living runner whose job GitHub has told completed: it serves no more, and is about to say so itself. */
const OUTLIVED = `SELECT count(*) AS n FROM runners
  WHERE gone_ms IS NULL AND pool = ? AND phase IN ('registering', 'idle', 'busy')
    AND EXISTS (SELECT 1 FROM jobs WHERE jobs.runner = runners.name AND jobs.completed_ms IS NOT NULL)`;

const endedRow = z.object({
  name: z.string(),
  endedMs: z.number(),
  sinceMs: z.number(),
  isBound: z.literal([0, 1]),
});
type Ended = z.output<typeof endedRow>;
const unboundRow = z.object({ assignedMs: z.number() });

export interface UnconfirmedBook {
  /** See `Demand.unconfirmed`; runners gone that ended more than a day ago no longer count. */
  unconfirmed(pool: string): number;
  /** See `PoolView.stranded`: those of the runners above that ended before `beforeMs`, on the clock of their phases. */
  stranded(pool: string, beforeMs: number): number;
}

/**
 * A runner that ended counts only with an open job that can be its own: the one bound to it, or one of the unbound that
 * was there before its end. Without that, a runner whose completion was never told would stand for every later job, and
 * none would be served.
 */
export function createUnconfirmedBook(db: DatabaseSync, nowMs: () => number): UnconfirmedBook {
  const oldest = db.prepare(OLDEST);
  const ended = db.prepare(ENDED);
  const unbound = db.prepare(UNBOUND);
  const outlived = db.prepare(OUTLIVED);

  function endedWithJob(pool: string): readonly Ended[] {
    const oldestMs = count(oldest, pool);
    if (oldestMs === 0) return [];
    const sinceMs = Math.max(oldestMs - LEEWAY_MS, nowMs() - DAY_MS);
    const runners = all(endedRow, ended, sinceMs, pool);
    const free = runners.filter(({ isBound }) => isBound === 0);
    const assignedMs = free.length === 0 ? [] : all(unboundRow, unbound, pool).map((job) => job.assignedMs);
    return [...runners.filter(({ isBound }) => isBound === 1), ...paired(free, assignedMs)];
  }

  return {
    unconfirmed: (pool) => endedWithJob(pool).length - count(outlived, pool),
    stranded: (pool, beforeMs) => endedWithJob(pool).filter(({ sinceMs }) => sinceMs < beforeMs).length,
  };
}

/** Those that can each have a job of their own, assigned before their end. `assignedMs` is ascending. */
function paired(runners: readonly Ended[], assignedMs: readonly number[]): readonly Ended[] {
  const found: Ended[] = [];
  for (const runner of runners.toSorted(byEnd)) {
    const next = assignedMs[found.length];
    if (next !== undefined && next <= runner.endedMs) found.push(runner);
  }
  return found;
}

function byEnd(a: Ended, b: Ended): number {
  return a.endedMs - b.endedMs || (a.name < b.name ? -1 : 1);
}
