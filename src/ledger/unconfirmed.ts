/**
 * What GitHub's counts have yet to learn of a pool's runners. GitHub counts a job until it tells that it is completed,
 * which comes some time after its runner's end, and it may tell it before the runner's end, too.
 */
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { all, count } from './rows.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Runners that ended long before any open job are passed over. News of a job may be late by as much. */
const LEEWAY_MS = 60 * 60 * 1_000;

/**
 * A runner that stops or is gone, had a job by its own word or by GitHub's, and to which no completed job is bound.
 */
const ENDED = `SELECT name, ended_ms AS endedMs,
    (SELECT count(*) FROM jobs WHERE jobs.runner = name) > 0 AS isBound
  FROM (SELECT name, ended_ms, had_job FROM runners
      WHERE gone_ms IS NOT NULL AND ended_ms > ?1 AND pool = ?2
    UNION ALL
    SELECT name, ended_ms, had_job FROM runners WHERE gone_ms IS NULL AND phase = 'stopping' AND pool = ?2)
  WHERE (had_job = 1 OR isBound)
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.runner = name AND jobs.completed_ms IS NOT NULL)`;

/** Open jobs that GitHub bound to no runner. */
const UNBOUND = `SELECT heard_ms AS heardMs FROM jobs
  WHERE completed_ms IS NULL AND pool = ? AND runner IS NULL ORDER BY heard_ms`;

const OLDEST = 'SELECT min(heard_ms) AS n FROM jobs WHERE completed_ms IS NULL AND pool = ?';

/** A living runner whose job GitHub has told completed: it serves no more, and is about to say so itself. */
const OUTLIVED = `SELECT count(*) AS n FROM runners
  WHERE gone_ms IS NULL AND pool = ? AND phase IN ('registering', 'idle', 'busy')
    AND EXISTS (SELECT 1 FROM jobs WHERE jobs.runner = runners.name AND jobs.completed_ms IS NOT NULL)`;

const endedRow = z.object({
  name: z.string(),
  endedMs: z.number(),
  isBound: z.literal([0, 1]),
});
type Ended = z.output<typeof endedRow>;
const unboundRow = z.object({ heardMs: z.number() });

export interface UnconfirmedBook {
  /** See `Demand.unconfirmed`; runners gone that ended more than a day before `nowMs` no longer count. */
  unconfirmed(pool: string, nowMs: number): number;
  /** See `PoolView.stranded`: those of the runners above that ended before `beforeMs`, and within a day of it. */
  stranded(pool: string, beforeMs: number): number;
}

/**
 * A runner that ended counts only with an open job that can be its own: the one bound to it, or one of the unbound that
 * was heard of before its end, all on the daemon's own clock. What GitHub assigned before and told after it is then
 * served by one runner too many for a moment; by GitHub's clock, where ours is fast, a job would be served by none.
 * Without an end to it, a runner whose completion was never told would stand for every later job, and
 * none would be served.
 */
export function createUnconfirmedBook(db: DatabaseSync): UnconfirmedBook {
  const oldest = db.prepare(OLDEST);
  const ended = db.prepare(ENDED);
  const unbound = db.prepare(UNBOUND);
  const outlived = db.prepare(OUTLIVED);

  function endedWithJob(pool: string, nowMs: number): readonly Ended[] {
    const oldestMs = count(oldest, pool);
    if (oldestMs === 0) return [];
    const sinceMs = Math.max(oldestMs - LEEWAY_MS, nowMs - DAY_MS);
    const runners = all(endedRow, ended, sinceMs, pool);
    const free = runners.filter(({ isBound }) => isBound === 0);
    const heardMs = free.length === 0 ? [] : all(unboundRow, unbound, pool).map((job) => job.heardMs);
    return [...runners.filter(({ isBound }) => isBound === 1), ...paired(free, heardMs)];
  }

  return {
    unconfirmed: (pool, nowMs) => endedWithJob(pool, nowMs).length - count(outlived, pool),
    stranded: (pool, beforeMs) =>
      endedWithJob(pool, beforeMs).filter(({ endedMs }) => endedMs < beforeMs).length,
  };
}

/** Those that can each have a job of their own, heard of before their end. `heardMs` is ascending. */
function paired(runners: readonly Ended[], heardMs: readonly number[]): readonly Ended[] {
  const found: Ended[] = [];
  for (const runner of runners.toSorted(byEnd)) {
    const next = heardMs[found.length];
    if (next !== undefined && next <= runner.endedMs) found.push(runner);
  }
  return found;
}

function byEnd(a: Ended, b: Ended): number {
  return a.endedMs - b.endedMs || (a.name < b.name ? -1 : 1);
}
