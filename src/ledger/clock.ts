/**
 * Where the daemon's own clock stands, so that deadlines go on over a restart. One row, written when it changes. All times
 * of runners, and when a message was received, are of that clock.
 */
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { count, first } from './rows.ts';
import type { Writes } from './writes.ts';

const anchorRow = z.object({ boot: z.string().nullable(), offsetMs: z.number() });

export interface ClockBook {
  /** As last set, null before the first time. */
  clockAnchor(): { readonly boot: string | null; readonly offsetMs: number } | null;
  /** The latest time of that clock that stands here; 0 when there is none. */
  latestMs(): number;
  setClockAnchor(anchor: { readonly boot: string | null; readonly offsetMs: number }): void;
}

const LATEST = `SELECT max(coalesce(max(created_ms), 0), coalesce(max(since_ms), 0), coalesce(max(job_ended_ms), 0),
    coalesce(max(told_done_ms), 0), coalesce(max(gone_ms), 0), coalesce((SELECT max(at_ms) FROM messages), 0)) AS n
  FROM runners`;

export function createClockBook(db: DatabaseSync, writes: Writes): ClockBook {
  const select = db.prepare('SELECT boot, offset_ms AS offsetMs FROM clock');
  const latest = db.prepare(LATEST);
  const set = writes.prepare(
    `INSERT INTO clock (id, boot, offset_ms) VALUES (1, ?, ?)
      ON CONFLICT (id) DO UPDATE SET boot = excluded.boot, offset_ms = excluded.offset_ms`,
  );
  return {
    clockAnchor: () => first(anchorRow, select),
    latestMs: () => count(latest),
    setClockAnchor({ boot, offsetMs }) {
      set.run(boot, offsetMs);
    },
  };
}
