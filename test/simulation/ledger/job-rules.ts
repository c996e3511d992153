/**
 * How news changes a job's row, whatever the order it comes in: pure, and each returns the very row when nothing
 * changes. The same rules as the statements of `src/ledger/jobs.ts`, told another way.
 */
import type { Job, JobResult } from '../../../src/core/job.ts';
import type { QueueMessage } from '../../../src/core/ports.ts';
import { whole } from './values.ts';

export interface JobRow {
  readonly job: Job;
  /** When its assignment, or the first news of it, was heard. */
  readonly heardMs: number;
  /** False while the assignment itself was never heard of. */
  readonly isAnnounced: boolean;
  readonly startedRunner: string | null;
  readonly completedRunner: string | null;
  readonly closedBy: 'github' | 'us' | null;
}

type Started = QueueMessage['started'][number];
type Completed = QueueMessage['completed'][number];

export function assigned(row: JobRow | undefined, pool: string, news: Job, heardMs: number): JobRow {
  const told = announcement(pool, news);
  const heard = { isAnnounced: true, heardMs } as const;
  if (!row) return { job: told, ...heard, startedRunner: null, completedRunner: null, closedBy: null };
  if (row.isAnnounced && told.assignedMs <= row.job.assignedMs) return row;
  const { startedMs, runner } = row.job;
  const job = { ...told, startedMs, runner };
  if (hasLapsed(row, told)) return { ...row, ...heard, closedBy: null, job };
  const { completedMs, result } = row.job;
  return { ...row, ...heard, job: { ...job, completedMs, result } };
}

/** A job that lapsed without a runner and is assigned anew under its old id is open again. */
function hasLapsed({ job }: JobRow, told: Job): boolean {
  if (job.result !== 'canceled' || job.runner !== null || job.completedMs === null) return false;
  return told.assignedMs > job.completedMs;
}

/** The row of a job that news other than its assignment speaks of. */
export function heardOf(
  row: JobRow | undefined,
  { jobId, atMs }: Started | Completed,
  pool: string,
  heardMs: number,
): JobRow {
  if (!row) return unheard(jobId, pool, whole(atMs), heardMs);
  const { job } = row;
  if (row.isAnnounced || (atMs >= job.queuedMs && atMs >= job.assignedMs)) return row;
  const queuedMs = Math.min(job.queuedMs, atMs);
  return { ...row, job: { ...job, queuedMs, assignedMs: Math.min(job.assignedMs, atMs) } };
}

/** Of two starts the later counts. */
export function started(row: JobRow, { runner, atMs }: Started): JobRow {
  const isLater = compare(atMs, row.job.startedMs ?? 0) || compare(runner, row.startedRunner ?? '');
  if (row.job.startedMs !== null && isLater <= 0) return row;
  const job = { ...row.job, startedMs: whole(atMs), runner: row.completedRunner ?? runner };
  return { ...row, startedRunner: runner, job };
}

/** Of two completions the earlier counts; GitHub's word counts before our own. */
export function completed(row: JobRow, { runner, result, atMs }: Completed): JobRow {
  const isLater =
    compare(atMs, row.job.completedMs ?? 0) ||
    compare(runner ?? '', row.completedRunner ?? '') ||
    compare(result, row.job.result ?? '');
  if (row.closedBy === 'github' && isLater >= 0) return row;
  const job = { ...row.job, completedMs: whole(atMs), result, runner: runner ?? row.startedRunner };
  return { ...row, completedRunner: runner, closedBy: 'github', job };
}

export function closedByUs(row: JobRow, result: JobResult, atMs: number): JobRow {
  if (row.job.completedMs !== null) return row;
  return { ...row, closedBy: 'us', job: { ...row.job, completedMs: whole(atMs), result } };
}

function announcement(pool: string, told: Job): Job {
  const { id, repository, displayName, workflowRef, event } = told;
  const workflowRunId = whole(told.workflowRunId);
  const queuedMs = whole(told.queuedMs);
  const assignedMs = whole(told.assignedMs);
  const facts = {
    id,
    pool,
    repository,
    displayName,
    workflowRunId,
    workflowRef,
    event,
    queuedMs,
    assignedMs,
  };
  return { ...facts, startedMs: null, completedMs: null, runner: null, result: null };
}

function unheard(id: string, pool: string, atMs: number, heardMs: number): JobRow {
  const unknown = { repository: '', displayName: '', workflowRunId: 0, workflowRef: '', event: '' };
  const open = { startedMs: null, completedMs: null, runner: null, result: null };
  const job = { id, pool, ...unknown, queuedMs: atMs, assignedMs: atMs, ...open };
  return { job, heardMs, isAnnounced: false, startedRunner: null, completedRunner: null, closedBy: null };
}

function compare<T extends number | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
