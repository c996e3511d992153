/**
 * Moves old events of the audit stream into files beside the ledger, one for each year, so that the ledger stays as small
 * as what is asked of it: `audit-2026.jsonl` holds one event a line, in order, and is only ever appended to. Events leave
 * the ledger when their lines are safe on the disk; a crash in between leaves the same lines in the file twice.
 * When, and from which age on, is the daemon's affair.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type * as z from 'zod';
import { all, eventRow } from './rows.ts';
import type { Writes } from './writes.ts';

export interface Archive {
  /**
   * Archives the events before the first that happened at `beforeMs` or later; returns how many. A ledger in memory
   * archives none. @throws what the file system says, or `ledger-unwritable`: the events stay where they were
   */
  archiveAudit(beforeMs: number): number;
}

type Event = z.output<typeof eventRow>;

/** So many at a time: the daemon does nothing else meanwhile. */
const AT_ONCE = 1_000;

const OLD = `SELECT seq, at_ms AS atMs, what, subject, detail FROM audit
  WHERE seq < coalesce((SELECT min(seq) FROM audit WHERE at_ms >= ?), (SELECT max(seq) + 1 FROM audit))
  ORDER BY seq LIMIT ${AT_ONCE}`;

export function createArchive(db: DatabaseSync, writes: Writes): Archive {
  const old = db.prepare(OLD);
  const archived = writes.prepare('UPDATE archive SET upto = ?');
  const forget = writes.prepare('DELETE FROM audit WHERE seq <= ?');

  function archiveSome(directory: string, beforeMs: number): number {
    const events = all(eventRow, old, beforeMs);
    const last = events.at(-1);
    if (last === undefined) return 0;
    const undos: (() => void)[] = [];
    try {
      for (const [year, ofYear] of Map.groupBy(events, yearOf))
        undos.push(append(join(directory, `audit-${year}.jsonl`), ofYear.map(lineOf).join('')));
      writes.transaction(() => {
        archived.run(last.seq);
        forget.run(last.seq);
      });
    } catch (error) {
      for (const undo of undos) undo();
      throw error;
    }
    return events.length;
  }

  return {
    archiveAudit(beforeMs) {
      const file = db.location();
      if (file === null) return 0;
      let total = 0;
      for (let some = AT_ONCE; some === AT_ONCE; total += some) some = archiveSome(dirname(file), beforeMs);
      return total;
    },
  };
}

function yearOf({ atMs }: Event): number {
  return new Date(atMs).getUTCFullYear();
}

function lineOf(event: Event): string {
  return `${JSON.stringify({ v: 1, ...event })}\n`;
}

/** Returns what takes it back. When it fails, nothing was appended. */
function append(file: string, text: string): () => void {
  const isNew = !existsSync(file);
  const takeBack = (size: number) => withFile(file, 'r+', (fd) => ftruncateSync(fd, size));
  const size = withFile(file, 'a+', (fd) => {
    const before = fstatSync(fd).size;
    try {
      writeWhole(fd, endsInLine(fd, before) ? text : `\n${text}`);
      fsyncSync(fd);
    } catch (error) {
      ftruncateSync(fd, before);
      throw error;
    }
    return before;
  });
  // The name of a new file is on the disk only when its directory is.
  if (isNew) withFile(dirname(file), 'r', fsyncSync);
  return () => takeBack(size);
}

/** A crash may have cut the last line off. */
function endsInLine(fd: number, size: number): boolean {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last.toString() === '\n';
}

function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

function withFile<T>(file: string, flags: string, work: (fd: number) => T): T {
  const fd = openSync(file, flags, 0o600);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}
