/**
 * A pool's queue without scale sets: the REST API is asked every few seconds which jobs wait that the pool could run.
 * Nothing is assigned in this way: GitHub gives a job to whichever runner comes first, also to another host's, and all
 * that is said here is what this host means to serve and what became of it. It remembers nothing; what was told before
 * is read from the listener.
 */
import type { Job, JobResult } from '../core/job.ts';
import { poolOfName } from '../core/names.ts';
import type { GitHub, PoolQueue, QueueListener, QueueMessage } from '../core/ports.ts';
import { pause } from '../lib/time.ts';
import type { Scope } from './config-url.ts';
import type { Context } from './options.ts';
import { waitAfter } from './patience.ts';
import type { Rest } from './rest.ts';
import type { ListedJob, RestJobs, WorkflowJob } from './rest-jobs.ts';
import { createRestRecords } from './rest-records.ts';

export interface RestQueueDeps {
  readonly context: Context;
  readonly rest: Rest;
  readonly scope: Scope;
  readonly jobs: RestJobs;
  /** By job, the pool that means to serve it: two pools of a host may have the labels for it. */
  readonly taken: Map<string, string>;
  readonly hostId: string;
  readonly runnerGroup: string;
}

type Pool = Parameters<GitHub['queue']>[0];

/** What a sweep has to tell. */
interface News {
  readonly assigned: Job[];
  readonly started: QueueMessage['started'][number][];
  readonly completed: QueueMessage['completed'][number][];
}

export function createRestQueue(deps: RestQueueDeps, pool: Pool): PoolQueue {
  const { context, rest, scope, taken, runnerGroup } = deps;
  const { time } = context;
  const { sweepEveryMs, cutEveryMs } = context.timings;
  let lastMs = Number.NEGATIVE_INFINITY;
  let wake = new AbortController();
  let messageId = 0;

  async function sweep(listener: QueueListener, signal: AbortSignal): Promise<void> {
    lastMs = time.steadyMs();
    const news = await readNews(deps, pool, listener, signal);
    const { assigned, started, completed } = news;
    if (assigned.length + started.length + completed.length > 0) {
      // Grows over restarts too: the ledger knows messages by their number.
      messageId = Math.max(messageId + 1, time.wallMs());
      const assignedCount = listener.openJobs().length + assigned.length - completed.length;
      await listener.onMessage({ messageId, ...news, assignedCount });
    }
    await listener.onCount(listener.openJobs().length, false);
  }

  return {
    async listen(listener, signal) {
      listener.onProblems([]);
      for (let failures = 0; !signal.aborted; ) {
        wake = new AbortController();
        try {
          await sweep(listener, signal);
          failures = 0;
          await pause(time, sweepEveryMs, AbortSignal.any([signal, wake.signal]));
        } catch (err) {
          if (signal.aborted) break;
          failures += 1;
          context.log('warn', 'jobs cannot be looked for', { pool: pool.name, err });
          listener.onTrouble(err);
          await pause(time, waitAfter(err, failures, context), signal);
        }
      }
      for (const [id, name] of taken) if (name === pool.name) taken.delete(id);
    },
    capacityChanged() {
      if (time.steadyMs() - lastMs >= cutEveryMs) wake.abort();
    },
    ...createRestRecords(rest, { scope, labels: pool.labels, runnerGroup }),
  };
}

async function readNews(
  { jobs, taken, hostId, context }: RestQueueDeps,
  pool: Pool,
  listener: QueueListener,
  signal: AbortSignal,
): Promise<News> {
  const nowMs = context.time.wallMs();
  const listed = new Map((await jobs.listed(signal)).map((job) => [idOf(job), job]));
  const isOurs = (job: WorkflowJob) => poolOfName(hostId, runnerOf(job) ?? '') === pool.name;
  const news: News = { assigned: [], started: [], completed: [] };
  // Jobs of a scale set that the pool had before are not ours to judge.
  const own = listener.openJobs().filter((job) => job.id.startsWith(PREFIX));
  for (const job of own) {
    taken.set(job.id, pool.name);
    const now = listed.get(job.id) ?? (await jobs.find(job.repository, numberOf(job), signal));
    listed.delete(job.id);
    tellChange(news, job, now, { nowMs, isOurs: now !== null && isOurs(now) });
  }
  const others = [...listed.values()];
  for (const job of others.filter((other) => other.status === 'in_progress' && isOurs(other))) {
    news.assigned.push(jobOf(job, pool.name, nowMs));
    news.started.push(startOf(job, nowMs));
  }
  const room = listener.capacity() - own.length - news.assigned.length + news.completed.length;
  const wanted = others
    .filter((job) => job.status === 'queued' && covers(pool.labels, job.labels))
    .filter((job) => (taken.get(idOf(job)) ?? pool.name) === pool.name)
    .toSorted((a, b) => (a.created_at ?? 0) - (b.created_at ?? 0) || a.id - b.id); // Times are of seconds.
  news.assigned.push(...wanted.slice(0, Math.max(0, room)).map((job) => jobOf(job, pool.name, nowMs)));
  for (const { id } of news.assigned) taken.set(id, pool.name);
  for (const { jobId } of news.completed) taken.delete(jobId);
  return news;
}

/** What became of a job that we mean to serve; null: GitHub knows it no more. */
function tellChange(
  news: News,
  job: Job,
  now: WorkflowJob | null,
  { nowMs, isOurs }: { readonly nowMs: number; readonly isOurs: boolean },
): void {
  const isRunning = now?.status === 'in_progress';
  if (now && isRunning && isOurs) {
    if (job.startedMs === null) news.started.push(startOf(now, nowMs));
  } else if (now === null || isRunning || now.status === 'completed') {
    news.completed.push({
      jobId: job.id,
      runner: now && isOurs ? runnerOf(now) : null,
      // A job that runs elsewhere is over for us; should it be queued once more, it is taken up again.
      result: isRunning ? 'canceled' : (RESULTS[now?.conclusion ?? ''] ?? 'unknown'),
      atMs: now?.completed_at ?? nowMs,
    });
  }
}

/** Labels that a hosted runner could serve, too, are left to it. */
function covers(offered: readonly string[], wanted: readonly string[]): boolean {
  const have = new Set(offered.map((label) => label.toLowerCase()));
  const want = wanted.map((label) => label.toLowerCase());
  return want.includes('self-hosted') && want.every((label) => have.has(label));
}

function runnerOf(job: WorkflowJob): string | null {
  return job.runner_name || null;
}

function startOf(job: WorkflowJob, nowMs: number): News['started'][number] {
  return { jobId: idOf(job), runner: runnerOf(job) ?? '', atMs: job.started_at ?? nowMs };
}

function jobOf(job: ListedJob, pool: string, nowMs: number): Job {
  const { repository, name: displayName, run_id: workflowRunId, workflowRef, event, created_at } = job;
  return {
    ...{ id: idOf(job), pool, repository, displayName, workflowRunId, workflowRef, event },
    ...{ queuedMs: created_at ?? nowMs, assignedMs: nowMs },
    ...{ startedMs: null, completedMs: null, runner: null, result: null },
  };
}

const PREFIX = 'rest-';

function idOf({ id }: WorkflowJob): string {
  return `${PREFIX}${id}`;
}

function numberOf({ id }: Job): number {
  return Number(id.slice(PREFIX.length));
}

const RESULTS: Readonly<Record<string, JobResult>> = {
  success: 'succeeded',
  failure: 'failed',
  timed_out: 'failed',
  cancelled: 'canceled',
  skipped: 'skipped',
};
