/**
 * The jobs that GitHub's queue told of. Delivery is at least once, and news of one job may come late or in any order:
 * every statement here gives the same row whatever the order, and none moves a job backwards.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Job, JobResult } from '../core/job.ts';
import type { QueueMessage } from '../core/ports.ts';
import { all, count, jobRow } from './rows.ts';
import type { Writes } from './writes.ts';

export interface JobBook {
  /** Assigned or running, oldest first; of one pool, or of all. */
  openJobs(pool?: string): readonly Job[];
  /** The job with this id, or all whose id begins so (50 at most). */
  job(idOrPrefix: string): readonly Job[];
  /** Latest first. */
  recentJobs(limit: number): readonly Job[];
  jobsOfRunner(name: string): readonly Job[];
  /** When its assignment, or the first news of it, was heard, on the daemon's clock; 0 for a stranger. */
  heardMs(id: string): number;
  /** For a job whose completion GitHub never told. GitHub's word still replaces this when it comes after all. */
  closeJob(id: string, result: JobResult, atMs: number): void;
}

export interface JobWriter {
  assigned(job: Job, heardMs: number): void;
  started(pool: string, news: QueueMessage['started'][number], heardMs: number): void;
  completed(pool: string, news: QueueMessage['completed'][number], heardMs: number): void;
}

const COLUMNS = `id, pool, repository, display_name AS displayName, workflow_run_id AS workflowRunId,
  workflow_ref AS workflowRef, event, queued_ms AS queuedMs, assigned_ms AS assignedMs, started_ms AS startedMs,
  completed_ms AS completedMs, runner, result`;

/** A job that lapsed without a runner and is assigned anew under its old id is open again: else it would be lost. */
const LAPSED = `jobs.result = 'canceled' AND jobs.runner IS NULL AND excluded.assigned_ms > jobs.completed_ms`;

const ASSIGNED = `INSERT INTO jobs
  (id, pool, repository, display_name, workflow_run_id, workflow_ref, event, queued_ms, assigned_ms, heard_ms,
    is_announced)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
  ON CONFLICT (id) DO UPDATE SET pool = excluded.pool, repository = excluded.repository,
    display_name = excluded.display_name, workflow_run_id = excluded.workflow_run_id,
    workflow_ref = excluded.workflow_ref, event = excluded.event, queued_ms = excluded.queued_ms,
    assigned_ms = excluded.assigned_ms, heard_ms = excluded.heard_ms, is_announced = 1,
    result = iif(${LAPSED}, NULL, jobs.result), closed_by = iif(${LAPSED}, NULL, jobs.closed_by),
    completed_ms = iif(${LAPSED}, NULL, jobs.completed_ms)
  WHERE jobs.is_announced = 0 OR excluded.assigned_ms > jobs.assigned_ms`;

/** Makes a row for a job whose assignment was never heard of. */
const UNHEARD = `INSERT INTO jobs
  (id, pool, repository, display_name, workflow_run_id, workflow_ref, event, queued_ms, assigned_ms, heard_ms,
    is_announced)
  VALUES (?, ?, '', '', 0, '', '', ?, ?, ?, 0)
  ON CONFLICT (id) DO UPDATE SET queued_ms = min(queued_ms, excluded.queued_ms),
    assigned_ms = min(assigned_ms, excluded.assigned_ms) WHERE jobs.is_announced = 0`;

/** Of two starts the later counts: the former binding was given up. */
const STARTED = `UPDATE jobs SET started_ms = ?2, started_runner = ?3
  WHERE id = ?1 AND (started_ms IS NULL OR (?2, ?3) > (started_ms, started_runner))`;

/** Of two completions the earlier counts; GitHub's word counts before our own. */
const COMPLETED = `UPDATE jobs
  SET completed_ms = ?2, result = ?4, completed_runner = ?3, closed_by = 'github'
  WHERE id = ?1 AND (closed_by IS NOT 'github' OR
    (?2, coalesce(?3, ''), ?4) < (completed_ms, coalesce(completed_runner, ''), result))`;

const CLOSED_BY_US = `UPDATE jobs SET completed_ms = ?, result = ?, closed_by = 'us'
  WHERE id = ? AND completed_ms IS NULL`;

export function createJobBook(db: DatabaseSync, writes: Writes): JobBook {
  const select = (rest: string) => db.prepare(`SELECT ${COLUMNS} FROM jobs ${rest}`);
  const open = select('WHERE completed_ms IS NULL ORDER BY assigned_ms, id');
  const openOfPool = select('WHERE completed_ms IS NULL AND pool = ? ORDER BY assigned_ms, id');
  const byId = select('WHERE id = ?');
  const byPrefix = select('WHERE substr(id, 1, length(?1)) = ?1 ORDER BY assigned_ms DESC, id LIMIT 50');
  const recent = select('ORDER BY assigned_ms DESC, id LIMIT ?');
  const ofRunner = select('WHERE runner = ? ORDER BY assigned_ms, id');
  const heard = db.prepare('SELECT heard_ms AS n FROM jobs WHERE id = ?');
  const close = writes.prepare(CLOSED_BY_US);
  return {
    openJobs: (pool) => (pool === undefined ? all(jobRow, open) : all(jobRow, openOfPool, pool)),
    job(idOrPrefix) {
      const exact = all(jobRow, byId, idOrPrefix);
      return exact.length > 0 || idOrPrefix === '' ? exact : all(jobRow, byPrefix, idOrPrefix);
    },
    recentJobs: (limit) => all(jobRow, recent, limit),
    jobsOfRunner: (name) => all(jobRow, ofRunner, name),
    heardMs: (id) => count(heard, id),
    closeJob(id, result, atMs) {
      close.run(atMs, result, id);
    },
  };
}

export function createJobWriter(writes: Writes): JobWriter {
  const assigned = writes.prepare(ASSIGNED);
  const unheard = writes.prepare(UNHEARD);
  const started = writes.prepare(STARTED);
  const completed = writes.prepare(COMPLETED);
  return {
    assigned(job, heardMs) {
      const { id, pool, repository, displayName, workflowRunId, workflowRef, event, queuedMs, assignedMs } =
        job;
      assigned.run(
        id,
        pool,
        repository,
        displayName,
        workflowRunId,
        workflowRef,
        event,
        queuedMs,
        assignedMs,
        heardMs,
      );
    },
    started(pool, { jobId, runner, atMs }, heardMs) {
      unheard.run(jobId, pool, atMs, atMs, heardMs);
      started.run(jobId, atMs, runner);
    },
    completed(pool, { jobId, runner, result, atMs }, heardMs) {
      unheard.run(jobId, pool, atMs, atMs, heardMs);
      completed.run(jobId, atMs, runner, result);
    },
  };
}
