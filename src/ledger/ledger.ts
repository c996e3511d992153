/**
 * What the daemon remembers, in one interface: runners, jobs, messages, intents, timelines and the audit stream.
 * Synchronous and fast, for the one writer that the daemon is. Facts of the world (VMs, registrations) are not kept
 * here: they are read again. Opening is left to `open.ts`.
 *
 * Whatever writes throws a `MacrunnerError` of code `ledger-unwritable`, and changes nothing, while the disk takes no
 * more (see `writes.ts`); what is read is still answered.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type Archive, createArchive } from './archive.ts';
import { type ClockBook, createClockBook } from './clock.ts';
import { createIntentBook, type IntentBook } from './intents.ts';
import { createJobBook, type JobBook } from './jobs.ts';
import { createMessageBook, type MessageBook } from './messages.ts';
import { createRunnerBook, type RunnerBook } from './runners.ts';
import { createSessionBook, type SessionBook } from './sessions.ts';
import { createTimelineBook, type TimelineBook } from './timeline.ts';
import { createWrites, type Writes } from './writes.ts';

export interface Ledger
  extends RunnerBook,
    JobBook,
    MessageBook,
    SessionBook,
    IntentBook,
    TimelineBook,
    ClockBook,
    Archive,
    Pick<Writes, 'transaction' | 'unwritable'> {
  /** Idempotent. */
  close(): void;
  /**
   * Forgets runners gone, jobs heard of and completed, and messages received before `steadyMs` of the daemon's clock, and
   * intents ended and what was noted of strangers before `wallMs`. The audit stays.
   */
  prune(before: { readonly steadyMs: number; readonly wallMs: number }): void;
}

export function createLedger(db: DatabaseSync): Ledger {
  const writes = createWrites(db);
  return {
    close() {
      if (db.isOpen) db.close();
    },
    transaction: writes.transaction,
    unwritable: writes.unwritable,
    prune: createPrune(writes),
    ...createRunnerBook(db, writes),
    ...createJobBook(db, writes),
    ...createMessageBook(writes),
    ...createSessionBook(db, writes),
    ...createIntentBook(db, writes),
    ...createTimelineBook(db, writes),
    ...createClockBook(db, writes),
    ...createArchive(db, writes),
  };
}

function createPrune(writes: Writes): Ledger['prune'] {
  const timelines =
    writes.prepare(`DELETE FROM timeline WHERE runner IN (SELECT name FROM runners WHERE gone_ms < ?1)
    OR (at_ms < ?2 AND runner NOT IN (SELECT name FROM runners))`);
  const others = [
    'DELETE FROM runners WHERE gone_ms < ?1',
    // A job of a runner that is still remembered stays: it confirms that runner's end.
    `DELETE FROM jobs WHERE completed_ms IS NOT NULL AND heard_ms < ?1
       AND (runner IS NULL OR runner NOT IN (SELECT name FROM runners))`,
    'DELETE FROM messages WHERE at_ms < ?1',
  ].map((sql) => writes.prepare(sql));
  const intents = writes.prepare('DELETE FROM intents WHERE ended_ms < ?');
  return ({ steadyMs, wallMs }) =>
    writes.transaction(() => {
      timelines.run(steadyMs, wallMs);
      for (const statement of others) statement.run(steadyMs);
      intents.run(wallMs);
    });
}
