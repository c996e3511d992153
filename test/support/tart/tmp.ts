/** `$TART_HOME/tmp`: entries of living makers are locked, all others are garbage to the next command. */

import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Double } from './settings.ts';

/** A new entry's path; its maker's pid is its lock. */
export function temporaryPath(double: Double): string {
  return join(double.home, 'tmp', `${randomUUID()}.${process.pid}`);
}

export function collectGarbage(double: Double): void {
  const tmp = join(double.home, 'tmp');
  for (const entry of readdirSync(tmp)) {
    if (!isLocked(entry)) rmSync(join(tmp, entry), { recursive: true, force: true });
  }
}

function isLocked(entry: string): boolean {
  const pid = Number(/\.(\d+)$/.exec(entry)?.[1]);
  if (!(pid > 1)) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
