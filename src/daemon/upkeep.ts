/** Scheduled upkeep by `node-cron`: what is old is forgotten. Times are those of the configuration's cron lines. */
import { schedule } from 'node-cron';
import type { Context } from './context.ts';
import { messageOf } from './intent.ts';

const DAY_MS = 86_400_000;
const KEEP_DAYS = 30;

/** Schedules upkeep until the signal aborts. */
export function scheduleUpkeep(context: Context): void {
  const { ledger, nowMs, log, signal } = context;
  const prune = schedule(
    context.config().upkeep.prune,
    () => {
      try {
        ledger.prune(nowMs() - KEEP_DAYS * DAY_MS);
        log.info({ keptDays: KEEP_DAYS }, 'old records were forgotten');
      } catch (error) {
        log.error({ err: error }, `upkeep failed: ${messageOf(error)}`);
      }
    },
    { name: 'prune' },
  );
  signal.addEventListener('abort', () => void prune.destroy(), { once: true });
}
