/**
 * Opens the ledger's file: private, in WAL mode, with the newest schema. A malformed file is moved aside and a fresh
 * one made, because the world can be looked at again and a daemon that does not start helps nobody; a file that is
 * merely locked, unreadable or newer is an error. What is in the ledger is left to `ledger.ts`.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { MacrunnerError } from '../core/error.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { bringUpToDate } from './migrate.ts';
import { MIGRATIONS } from './schema.ts';
import { resultCodeOf, unwritableBy } from './unwritable.ts';

export interface OpenedLedger {
  readonly ledger: Ledger;
  /** Set when a malformed file was replaced: what is told to the operator. */
  readonly recovered: { readonly movedTo: string; readonly why: string } | null;
}

export interface OpenOptions {
  /** Milliseconds since 1970: a file that is moved aside is named by them. */
  readonly nowMs: () => number;
  /** Only tests give others. */
  readonly migrations?: readonly string[];
}

const HEADER = Buffer.from('SQLite format 3\0');

type Database = new (path: string, options?: object) => DatabaseSync;
type Attempt = { readonly db: DatabaseSync } | { readonly malformed: string };

const BUSY_TIMEOUT_MS = 5_000;

/** SQLite's result codes for a file that cannot be repaired by waiting: SQLITE_CORRUPT, SQLITE_NOTADB. */
const MALFORMED = [11, 26];
/** SQLITE_IOERR, SQLITE_FULL: opening writes, too, if only the log's index. */
const DISK_FAILED = [10, 13];

/**
 * Opens `file`, made with mode 0600 in a directory of mode 0700 when missing.
 *
 * @throws {@link MacrunnerError} `ledger-unreadable` when the file is newer than this program, locked, or not to be opened;
 * `ledger-unwritable` when its disk is full or fails
 */
export async function openLedger(file: string, options: OpenOptions): Promise<OpenedLedger> {
  // Loaded here, so that a Node without it can still load the program and say which version is needed.
  const { DatabaseSync } = await import('node:sqlite');
  const migrations = options.migrations ?? MIGRATIONS;
  const first = attempt(DatabaseSync, file, migrations);
  if ('db' in first) return { ledger: createLedger(first.db), recovered: null };
  const movedTo = moveAside(file, options.nowMs());
  const second = attempt(DatabaseSync, file, migrations);
  if (!('db' in second)) throw unreadable(file, second.malformed);
  return {
    ledger: createLedger(second.db),
    recovered: { movedTo, why: first.malformed },
  };
}

function attempt(Database: Database, file: string, migrations: readonly string[]): Attempt {
  let db: DatabaseSync | null = null;
  try {
    makePrivate(file);
    // Looked at before SQLite does: it would throw away the log that lies beside such a file.
    if (!beginsAsDatabase(file)) return { malformed: 'it is not a database' };
    db = new Database(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true, defensive: true });
    const scratch = new Database(':memory:');
    const fitness = bringUpToDate(db, file, migrations, scratch);
    scratch.close();
    if (!fitness.fit) {
      db.close();
      return { malformed: fitness.why };
    }
    // Only now: a file that is not ours is not even brought into another journal mode.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    return { db };
  } catch (error) {
    if (db?.isOpen) db.close();
    if (error instanceof MacrunnerError) throw error;
    if (isMalformed(error)) return { malformed: error.message };
    if (DISK_FAILED.includes(resultCodeOf(error) ?? 0)) throw unwritableBy(error, file);
    throw unreadable(file, error instanceof Error ? error.message : String(error), error);
  }
}

/** The side files inherit the file's mode, so making it first keeps all three private. */
function makePrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

/** True for an empty file too: a ledger not yet begun. @see sqlite.org/fileformat2.html, the database header */
function beginsAsDatabase(file: string): boolean {
  const header = Buffer.alloc(HEADER.length);
  const fd = openSync(file, 'r');
  try {
    return readSync(fd, header) === 0 || header.equals(HEADER);
  } finally {
    closeSync(fd);
  }
}

/** The write-ahead log first: were it left behind, it would be replayed into the fresh file. */
function moveAside(file: string, nowMs: number): string {
  const movedTo = `${file}.broken-${nowMs}`;
  for (const side of ['-wal', '-shm', '']) {
    if (existsSync(file + side)) renameSync(file + side, movedTo + side);
  }
  return movedTo;
}

function isMalformed(error: unknown): error is Error {
  return MALFORMED.includes(resultCodeOf(error) ?? 0);
}

function unreadable(file: string, why: string, cause?: unknown): MacrunnerError {
  return new MacrunnerError('ledger-unreadable', `the ledger ${file} cannot be opened: ${why}`, {
    hint: 'See that no other macrunner agent runs and that the directory belongs to its user, then start again.',
    cause,
  });
}
