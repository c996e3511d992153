/** What the daemon is about to do, written before it does it, so that a crash in between can be told from a deed. */
import type { DatabaseSync } from 'node:sqlite';
import { all, intentRow } from './rows.ts';
import type { Writes } from './writes.ts';

interface Intent {
  readonly id: number;
  readonly what: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly beganMs: number;
}

export interface IntentBook {
  /** Returns the intent's id. `detail` holds no secret. */
  beginIntent(what: string, subject: string, detail: Readonly<Record<string, unknown>>, atMs: number): number;
  /** Idempotent: the first outcome counts. */
  endIntent(id: number, outcome: string, atMs: number): void;
  /** Those without an outcome, oldest first. */
  openIntents(): readonly Intent[];
}

export function createIntentBook(db: DatabaseSync, writes: Writes): IntentBook {
  const begin = writes.prepare('INSERT INTO intents (what, subject, detail, began_ms) VALUES (?, ?, ?, ?)');
  const end = writes.prepare(
    'UPDATE intents SET outcome = ?, ended_ms = ? WHERE id = ? AND ended_ms IS NULL',
  );
  const open = db.prepare(
    'SELECT id, what, subject, detail, began_ms AS beganMs FROM intents WHERE ended_ms IS NULL ORDER BY id',
  );
  return {
    beginIntent: (what, subject, detail, atMs) =>
      Number(begin.run(what, subject, JSON.stringify(detail), atMs).lastInsertRowid),
    endIntent(id, outcome, atMs) {
      end.run(outcome, atMs, id);
    },
    openIntents: () => all(intentRow, open),
  };
}
