/**
 * How the ledger is written: whole transactions or nothing, and one error when the disk takes no more. Nothing has to be
 * done for that to end: the next write that reaches the disk does. What is left undone meanwhile is the daemon's affair.
 */
import type { DatabaseSync, StatementResultingChanges } from 'node:sqlite';
import { hasCode, type MacrunnerError } from '../core/error.ts';
import { unwritableBy } from './unwritable.ts';

type Value = string | number | null;

interface Write {
  /** @throws {@link MacrunnerError} `ledger-unwritable` */
  run(...values: Value[]): StatementResultingChanges;
}

export interface Writes {
  /** A statement that changes something. */
  prepare(sql: string): Write;
  /** All or nothing. One within another joins it. @throws {@link MacrunnerError} `ledger-unwritable` */
  transaction<T>(work: () => T): T;
  /**
   * Why the last write did not reach the disk, in a sentence; null when it did. While it did not, each call tries a
   * write of its own: the trouble ends even when nobody else writes because of it.
   */
  unwritable(): string | null;
}

/** More than a page, so that it needs space of its own. */
const TRY = "INSERT OR REPLACE INTO messages VALUES ('', 0, hex(zeroblob(8192)), 0)";
const UNTRY = "DELETE FROM messages WHERE pool = ''";

/** A transaction under way. */
interface Open {
  hasChanged: boolean;
  failure: MacrunnerError | null;
}

export function createWrites(db: DatabaseSync): Writes {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  let open: Open | null = null;
  let failure: MacrunnerError | null = null;

  function told<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      const meaning = unwritableBy(error, db.location() ?? 'memory');
      if (meaning === null) throw error;
      failure = meaning;
      if (open) open.failure = meaning;
      throw meaning;
    }
  }

  function run(write: () => StatementResultingChanges): StatementResultingChanges {
    // SQLite may have taken back all of it already: what comes after must not stand alone.
    if (open?.failure) throw open.failure;
    const outcome = told(write);
    if (Number(outcome.changes) === 0) return outcome;
    if (open) open.hasChanged = true;
    else failure = null;
    return outcome;
  }

  function transaction<T>(work: () => T): T {
    if (open) return work();
    told(() => begin.run());
    const own: Open = { hasChanged: false, failure: null };
    open = own;
    try {
      const result = work();
      if (own.failure) throw own.failure;
      told(() => commit.run());
      if (own.hasChanged) failure = null;
      return result;
    } catch (error) {
      if (db.isTransaction) rollback.run();
      throw error;
    } finally {
      open = null;
    }
  }

  function prepare(sql: string): Write {
    const statement = db.prepare(sql);
    return { run: (...values) => run(() => statement.run(...values)) };
  }

  const trial = [TRY, UNTRY].map(prepare);
  return {
    prepare,
    transaction,
    unwritable() {
      if (failure && !open) tryAgain(() => transaction(() => trial.forEach((write) => void write.run())));
      return failure?.message ?? null;
    },
  };
}

/** Its failure is remembered where it is told. */
function tryAgain(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!hasCode(error, 'ledger-unwritable')) throw error;
  }
}
