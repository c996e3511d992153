/**
 * Closes jobs whose end GitHub did not tell and never will: it is told at least once, but not to a listener that was
 * away for too long, nor to a pool that is no more. Such a job would be counted, shown and served for ever.
 */
import { firstAfter, holdsIf, NEVER } from '../core/due.ts';
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

/**
 * Jobs of runners that are long gone, and those that wait in a pool that is configured no more. Returns when the next one
 * will be such a job.
 */
export function forgetAbandoned(context: Pick<Context, 'config'> & Tools): number {
  const { ledger, config, steadyMs } = context;
  const open = ledger.openJobs();
  if (open.length === 0) return NEVER;
  const nowMs = steadyMs();
  const pools = new Set(config().pools.map((pool) => pool.name));
  const abandoned = open
    .filter((job) => !isServed(context, job))
    .map((job) => ({ job, fromMs: abandonedFromMs(context, job, pools) }));
  for (const { job, fromMs } of abandoned) if (fromMs <= nowMs) forget(context, job);
  return firstAfter(
    nowMs,
    abandoned.map(({ fromMs }) => fromMs),
  );
}

/** A while after the runner that GitHub named ended; after we heard of the job, if that runner is a stranger. */
function abandonedFromMs({ ledger }: Tools, { id, runner, pool }: Job, pools: ReadonlySet<string>): number {
  if (runner === null) return holdsIf(!pools.has(pool));
  return (ledger.runner(runner)?.goneMs ?? ledger.heardMs(id)) + LOST_MS;
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
