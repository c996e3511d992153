/**
 * One instance at a time. The lock is SQLite's exclusive file lock: the system lets go of it when the process dies,
 * however it dies, so there is no stale lock to judge and no process id to be fooled by.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { MacrunnerError } from '../core/error.ts';

export interface Lock {
  /** Idempotent. */
  release(): void;
}

/** SQLITE_BUSY */
const BUSY = 5;

/**
 * Takes the lock at `path` without waiting; `<path>.pid` says, for people, who holds it.
 *
 * @throws {@link MacrunnerError} `already-running` naming the process that has it
 */
export async function acquireLock(path: string): Promise<Lock> {
  const { DatabaseSync } = await import('node:sqlite');
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  closeSync(openSync(path, 'a', 0o600));
  const pidFile = `${path}.pid`;
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) throw taken(path, pidFile);
    throw error;
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o644 });
  return {
    release() {
      if (!db.isOpen) return;
      rmSync(pidFile, { force: true });
      db.close();
    },
  };
}

function taken(path: string, pidFile: string): MacrunnerError {
  const pid = pidIn(pidFile);
  const who = pid === null ? 'another process' : `process ${pid}`;
  return new MacrunnerError('already-running', `${who} is already running here (it holds ${path})`, {
    hint: pid === null ? 'Stop it first.' : `Stop it first: kill ${pid}`,
  });
}

/** Null in the moment between another's taking the lock and its writing the file. */
function pidIn(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
