/** `$TART_HOME/tmp`: entries of living makers are locked, all others are garbage to the next command. */

import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Double } from './settings.ts';

/** A new entry's path; its maker's pid is its lock. */
export function temporaryPath(double: Double): string {
  return join(double.home, 'tmp', `${randomUUID()}.${process.pid}`);
}

/** The entry of a pull, the same for every pull of one name, locked by this process from now on. */
export function lockPullPath(double: Double, name: string): string {
  const entry = createHash('md5').update(name).digest('hex');
  writeFileSync(holderFile(double, entry), String(process.pid));
  return join(double.home, 'tmp', entry);
}

export function collectGarbage(double: Double): void {
  const tmp = join(double.home, 'tmp');
  for (const entry of readdirSync(tmp)) {
    if (!isLocked(double, entry)) rmSync(join(tmp, entry), { recursive: true, force: true });
  }
}

function holderFile(double: Double, entry: string): string {
  return join(double.dir, 's', `${entry}.holder`);
}

function isLocked(double: Double, entry: string): boolean {
  const file = holderFile(double, entry);
  const pid = Number(existsSync(file) ? readFileSync(file, 'utf8') : /\.(\d+)$/.exec(entry)?.[1]);
  if (!(pid > 1)) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
