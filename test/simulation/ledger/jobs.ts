/** The jobs that GitHub's queue told of, and its messages, each taken once. The rules stand in `job-rules.ts`. */
import type { Job } from '../../../src/core/job.ts';
import type { QueueMessage } from '../../../src/core/ports.ts';
import type { JobBook } from '../../../src/ledger/jobs.ts';
import type { MessageBook } from '../../../src/ledger/messages.ts';
import { byAge, byYouth, type JobRows } from './job-rows.ts';
import { assigned, closedByUs, completed, heardOf, started } from './job-rules.ts';
import type { Journal } from './journal.ts';
import { atMost, whole } from './values.ts';

/** As many as the SQL answers. */
const MOST_BY_PREFIX = 50;

export function createJobBook(rows: JobRows): JobBook {
  const matching = (isWanted: (job: Job) => boolean) =>
    Array.from(rows.all(), (row) => row.job)
      .filter(isWanted)
      .sort(byYouth);
  return {
    openJobs: rows.open,
    job(idOrPrefix) {
      const exact = rows.get(idOrPrefix);
      if (exact) return [exact.job];
      if (idOrPrefix === '') return [];
      return matching(({ id }) => id.startsWith(idOrPrefix)).slice(0, MOST_BY_PREFIX);
    },
    recentJobs: (limit) =>
      atMost(
        matching(() => true),
        limit,
      ),
    jobsOfRunner: (name) => rows.ofRunner(name).toSorted(byAge),
    heardMs: (id) => rows.get(id)?.heardMs ?? 0,
    closeJob(id, result, atMs) {
      const row = rows.get(id);
      if (row) rows.put(closedByUs(row, result, atMs));
    },
  };
}

export interface Messages extends MessageBook {
  /** Forgets those received before `beforeMs`. */
  forget(beforeMs: number): void;
  /** When the last one that is remembered was received. */
  latestMs(): number;
}

export function createMessages(journal: Journal, rows: JobRows): Messages {
  const receivedMs = new Map<string, number>();

  function change(key: string, atMs: number | undefined): void {
    const before = receivedMs.get(key);
    journal.willChange(() => place(key, before));
    place(key, atMs);
  }

  function place(key: string, atMs: number | undefined): void {
    if (atMs === undefined) receivedMs.delete(key);
    else receivedMs.set(key, atMs);
  }

  return {
    recordMessage(pool, message, atMs) {
      const key = keyOf(pool, message);
      if (receivedMs.has(key)) return false;
      return journal.transaction(() => {
        change(key, whole(atMs));
        takeNews(rows, pool, message, atMs);
        return true;
      });
    },
    latestMs: () => Math.max(0, ...receivedMs.values()),
    forget(beforeMs) {
      for (const [key, atMs] of receivedMs) if (atMs < beforeMs) change(key, undefined);
    },
  };
}

function takeNews(rows: JobRows, pool: string, message: QueueMessage, heardMs: number): void {
  for (const job of message.assigned) rows.put(assigned(rows.get(job.id), pool, job, heardMs));
  for (const news of message.started)
    rows.put(started(heardOf(rows.get(news.jobId), news, pool, heardMs), news));
  for (const news of message.completed)
    rows.put(completed(heardOf(rows.get(news.jobId), news, pool, heardMs), news));
}

/** All that tells two messages apart; GitHub's count does not. No field holds the separator. */
function keyOf(pool: string, { messageId, assigned, started, completed }: QueueMessage): string {
  let key = `${pool}\0${messageId}\0${assigned.length}\0${started.length}`;
  for (const job of assigned) key += `\0${textOf(job)}`;
  for (const { jobId, runner, atMs } of started) key += `\0${jobId}\0${runner}\0${atMs}`;
  for (const { jobId, runner, result, atMs } of completed) key += `\0${jobId}\0${runner}\0${result}\0${atMs}`;
  return key;
}

function textOf(job: Job): string {
  const what = `${job.id}\0${job.pool}\0${job.repository}\0${job.displayName}\0${job.workflowRunId}`;
  const when = `${job.queuedMs}\0${job.assignedMs}\0${job.startedMs}\0${job.completedMs}`;
  return `${what}\0${job.workflowRef}\0${job.event}\0${when}\0${job.runner}\0${job.result}`;
}
