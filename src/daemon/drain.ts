/** Whether the host takes new jobs. A drain outlives the daemon: a host that is being emptied must not fill up by a restart. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Context } from './context.ts';

/** `marker` is a file that exists while the host drains. */
export function isMarkedDraining(marker: string): boolean {
  return existsSync(marker);
}

export function setDrain(
  { desk, ledger, nowMs, log, wake, readAgain }: Context,
  marker: string,
  isDraining: boolean,
): void {
  if (desk.isDraining === isDraining) return;
  mkdirSync(dirname(marker), { recursive: true });
  if (isDraining) writeFileSync(marker, '');
  else rmSync(marker, { force: true });
  desk.isDraining = isDraining;
  ledger.audit(nowMs(), isDraining ? 'host-draining' : 'host-serving', 'host', {});
  log.info(isDraining ? 'draining: no new job is taken' : 'serving again');
  wake();
  // Runners that wait for a job go as soon as GitHub says that they have none.
  if (isDraining) void readAgain('registrations');
}
