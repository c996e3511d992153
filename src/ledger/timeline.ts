/** What happened: per runner (its flight record's timeline) and for the whole host (the audit stream). Only appended to. */
import type { DatabaseSync } from 'node:sqlite';
import { all, count, eventRow, timelineRow } from './rows.ts';
import type { Writes } from './writes.ts';

type Detail = Readonly<Record<string, unknown>>;

interface TimelineEntry {
  readonly atMs: number;
  readonly what: string;
  readonly detail: Detail;
}

interface EventRecord extends TimelineEntry {
  /** Consecutive from 1, over what was archived, too. */
  readonly seq: number;
  /** A runner, a job, a pool or the host. */
  readonly subject: string;
}

export interface TimelineBook {
  /** `detail` holds no secret. */
  note(runner: string, atMs: number, what: string, detail?: Detail): void;
  /** In the order it was noted. */
  timeline(runner: string): readonly TimelineEntry[];
  audit(atMs: number, what: string, subject: string, detail?: Detail): EventRecord;
  /** Events after number `seq` that are not archived yet, oldest first. */
  auditAfter(seq: number, limit: number): readonly EventRecord[];
  /** 0 before the first. */
  lastAuditSeq(): number;
}

export function createTimelineBook(db: DatabaseSync, writes: Writes): TimelineBook {
  const note = writes.prepare('INSERT INTO timeline (runner, at_ms, what, detail) VALUES (?, ?, ?, ?)');
  const timeline = db.prepare(
    'SELECT at_ms AS atMs, what, detail FROM timeline WHERE runner = ? ORDER BY id',
  );
  const audit = writes.prepare('INSERT INTO audit (at_ms, what, subject, detail) VALUES (?, ?, ?, ?)');
  const after = db.prepare(
    'SELECT seq, at_ms AS atMs, what, subject, detail FROM audit WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const last = db.prepare('SELECT max(upto, coalesce((SELECT max(seq) FROM audit), 0)) AS n FROM archive');
  return {
    note(runner, atMs, what, detail = {}) {
      note.run(runner, atMs, what, JSON.stringify(detail));
    },
    timeline: (runner) => all(timelineRow, timeline, runner),
    audit(atMs, what, subject, detail = {}) {
      const seq = Number(audit.run(atMs, what, subject, JSON.stringify(detail)).lastInsertRowid);
      return { seq, atMs, what, subject, detail };
    },
    auditAfter: (seq, limit) => all(eventRow, after, seq, limit),
    lastAuditSeq: () => count(last),
  };
}
