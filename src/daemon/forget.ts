/**
 * Closes jobs whose end GitHub did not tell and never will: it is told at least once, but not to a listener that was
 * away for too long, nor to a pool that is no more. Such a job would be counted, shown and served for ever.
 */
import type { Job } from '../core/job.ts';
import type { Context } from './context.ts';

type Tools = Pick<Context, 'ledger' | 'nowMs' | 'log'>;

/** GitHub fails the job of a runner that vanished after about ten minutes. */
const LOST_MS = 900_000;
/** A message's count may lag behind its jobs. */
const SETTLED_MS = 120_000;

/** GitHub has just said that it counts no job of this pool. */
export function forgetUncounted(tools: Tools, pool: string): void {
  const { ledger, nowMs } = tools;
  for (const job of ledger.openJobs(pool)) {
    if (!isServed(tools, job) && nowMs() - job.assignedMs >= SETTLED_MS) forget(tools, job);
  }
}

/** Jobs of runners that are long gone, and those that wait in a pool that is configured no more. */
export function forgetAbandoned(context: Pick<Context, 'config'> & Tools): void {
  const { ledger, nowMs, config } = context;
  const open = ledger.openJobs();
  if (open.length === 0) return;
  const pools = new Set(config().pools.map((pool) => pool.name));
  for (const job of open) {
    if (isServed(context, job)) continue;
    const sinceMs = job.runner === null ? null : (ledger.runner(job.runner)?.goneMs ?? job.startedMs);
    const isLost = sinceMs !== null && nowMs() - sinceMs >= LOST_MS;
    if (isLost || (job.runner === null && !pools.has(job.pool))) forget(context, job);
  }
}

function isServed({ ledger }: Tools, job: Job): boolean {
  return job.runner !== null && ledger.runner(job.runner)?.goneMs === null;
}

function forget({ ledger, nowMs, log }: Tools, job: Job): void {
  ledger.closeJob(job.id, 'unknown', nowMs());
  ledger.audit(nowMs(), 'job-forgotten', job.id, { pool: job.pool });
  log.warn({ job: job.id, pool: job.pool }, 'GitHub never said how this job ended');
}
