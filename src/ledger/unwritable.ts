/** What SQLite says when a disk takes no more, as one error with what to do. Other errors of SQLite are left as they are. */
import { MacrunnerError } from '../core/error.ts';

const SPACE = 'Free some space on its disk';
const DISK = 'See that its disk has free space, is well and not mounted read-only';
const OTHERS = 'End what else holds it open';

/**
 * By the primary result code: SQLITE_BUSY, SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN.
 * @see sqlite.org/rescode.html
 */
const REMEDIES: ReadonlyMap<number, string> = new Map([
  [5, OTHERS],
  [8, DISK],
  [10, DISK],
  [13, SPACE],
  [14, DISK],
]);

/** The primary result code of an error of SQLite; null for any other error. */
export function resultCodeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

/** The error to throw for a write to `file` that failed with `error`; null when the disk is not to blame. */
export function unwritableBy(error: unknown, file: string): MacrunnerError | null {
  const remedy = REMEDIES.get(resultCodeOf(error) ?? 0);
  if (remedy === undefined || !(error instanceof Error)) return null;
  return new MacrunnerError('ledger-unwritable', `the ledger cannot be written: ${error.message}`, {
    hint: `${remedy} (${file}); the agent goes on by itself.`,
    cause: error,
  });
}
