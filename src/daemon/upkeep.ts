/**
 * Upkeep: what is old is forgotten, the audit stream's oldest events go into files, what is left of VMs is removed. By `node-cron`, at the times of the
 * configuration, and once soon after the start: a Mac that sleeps at that hour would never come to it.
 */
import { schedule } from 'node-cron';
import type { Context } from './context.ts';
import { sweep } from './debris.ts';
import { messageOf } from './intent.ts';

const DAY_MS = 86_400_000;
const KEEP_DAYS = 30;
/** A security team may ask for what happened a year ago. */
const KEEP_AUDIT_DAYS = 400;
/** The first turns are not held up by it. */
const AFTER_START_MS = 60_000;

/** Schedules upkeep until the signal aborts. */
export function scheduleUpkeep(context: Context): void {
  const { config, time, signal } = context;
  const run = (): void => {
    keepUp(context);
    void sweep(context);
  };
  const daily = schedule(config().upkeep.prune, run, { name: 'prune' });
  const first = time.after(AFTER_START_MS, run);
  const end = (): void => {
    void daily.destroy();
    first.cancel();
  };
  signal.addEventListener('abort', end, { once: true });
}

/** Never throws: what could not be done now is done the next time. */
export function keepUp({ ledger, nowMs, steadyMs, log }: Context): void {
  const keptMs = KEEP_DAYS * DAY_MS;
  try {
    ledger.prune({ steadyMs: steadyMs() - keptMs, wallMs: nowMs() - keptMs });
    const archived = ledger.archiveAudit(nowMs() - KEEP_AUDIT_DAYS * DAY_MS);
    log.info({ keptDays: KEEP_DAYS, archivedEvents: archived }, 'old records were forgotten');
  } catch (error) {
    log.error({ err: error }, `upkeep failed: ${messageOf(error)}`);
  }
}
