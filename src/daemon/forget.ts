/**
 * Closes jobs whose end GitHub did not tell and never will: it is told at least once, but not to a listener that was
 * away for too long, nor to a pool that is no more. Such a job would be counted, shown and served for ever.
 */
import type { Job } from '../core/job.ts';
import type { Context } from './context.ts';
import { isUnwritten } from './ledger-watch.ts';

type Tools = Pick<Context, 'ledger' | 'desk' | 'nowMs' | 'steadyMs' | 'log'>;

/** GitHub fails the job of a runner that vanished after about ten minutes. */
const LOST_MS = 900_000;
/** A message's count may lag behind its jobs. */
const SETTLED_MS = 120_000;

/**
 * GitHub has just said how many jobs of this pool it counts. What is open beyond that is closed, the oldest first, for
 * those were requeued under another id or ended unheard. Nothing is lost by a mistake: a job is served by GitHub's count.
 */
export function forgetUncounted(tools: Tools, pool: string, counted: number): void {
  const { ledger } = tools;
  const open = ledger.openJobs(pool);
  const doubtful = open.filter((job) => !isServed(tools, job) && knownForMs(tools, job) >= SETTLED_MS);
  for (const job of doubtful.slice(0, Math.max(0, open.length - counted))) forget(tools, job);
}

/** Jobs of runners that are long gone, and those that wait in a pool that is configured no more. */
export function forgetAbandoned(context: Pick<Context, 'config'> & Tools): void {
  const { ledger, config } = context;
  const open = ledger.openJobs();
  if (open.length === 0) return;
  const pools = new Set(config().pools.map((pool) => pool.name));
  for (const job of open) {
    if (isServed(context, job)) continue;
    if (unservedForMs(context, job) >= LOST_MS || (job.runner === null && !pools.has(job.pool)))
      forget(context, job);
  }
}

/** How long ago the runner that GitHub named ended; since when we know of the job, if that runner is a stranger. */
function unservedForMs(tools: Tools, job: Job): number {
  if (job.runner === null) return 0;
  const goneMs = tools.ledger.runner(job.runner)?.goneMs ?? null;
  return goneMs === null ? knownForMs(tools, job) : tools.steadyMs() - goneMs;
}

/** By our own clock: GitHub's may be hours from ours, and ours may be set. */
function knownForMs({ ledger, steadyMs }: Tools, { id }: Job): number {
  return steadyMs() - ledger.heardMs(id);
}

function isServed({ ledger }: Tools, job: Job): boolean {
  return job.runner !== null && ledger.runner(job.runner)?.goneMs === null;
}

function forget(tools: Tools, job: Job): void {
  const { ledger, nowMs, log } = tools;
  try {
    ledger.transaction(() => {
      ledger.closeJob(job.id, 'unknown', nowMs());
      ledger.audit(nowMs(), 'job-forgotten', job.id, { pool: job.pool });
    });
  } catch (error) {
    // It is found again in a later turn.
    if (isUnwritten(error, tools)) return;
    throw error;
  }
  log.warn({ job: job.id, pool: job.pool }, 'GitHub never said how this job ended');
}
