/** The queue's session that is open at GitHub, per pool: what a new life needs in order to close that of the last one. */
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { OpenSession } from '../core/ports.ts';
import { first } from './rows.ts';
import type { Writes } from './writes.ts';

export interface SessionBook {
  /** Null when none was left open. */
  openSession(pool: string): OpenSession | null;
  /** Null: it was closed. */
  setOpenSession(pool: string, session: OpenSession | null): void;
}

const sessionRow = z.object({ setId: z.number(), id: z.string() });

export function createSessionBook(db: DatabaseSync, writes: Writes): SessionBook {
  const get = db.prepare('SELECT set_id AS setId, session_id AS id FROM sessions WHERE pool = ?');
  const put = writes.prepare('INSERT OR REPLACE INTO sessions (pool, set_id, session_id) VALUES (?, ?, ?)');
  const remove = writes.prepare('DELETE FROM sessions WHERE pool = ?');
  return {
    openSession: (pool) => first(sessionRow, get, pool),
    setOpenSession(pool, session) {
      if (session) put.run(pool, session.setId, session.id);
      else remove.run(pool);
    },
  };
}
