/** Where the daemon's steady clock stands, so that deadlines go on over a restart. One row, written when it changes. */
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { first } from './rows.ts';
import type { Writes } from './writes.ts';

const anchorRow = z.object({ boot: z.string().nullable(), offsetMs: z.number() });

export interface ClockBook {
  /** As last set, null before the first time. */
  clockAnchor(): { readonly boot: string | null; readonly offsetMs: number } | null;
  setClockAnchor(anchor: { readonly boot: string | null; readonly offsetMs: number }): void;
}

export function createClockBook(db: DatabaseSync, writes: Writes): ClockBook {
  const select = db.prepare('SELECT boot, offset_ms AS offsetMs FROM clock');
  const set = writes.prepare(
    `INSERT INTO clock (id, boot, offset_ms) VALUES (1, ?, ?)
      ON CONFLICT (id) DO UPDATE SET boot = excluded.boot, offset_ms = excluded.offset_ms`,
  );
  return {
    clockAnchor: () => first(anchorRow, select),
    setClockAnchor({ boot, offsetMs }) {
      set.run(boot, offsetMs);
    },
  };
}
