/**
 * What the daemon remembers, in one interface: runners, jobs, messages, intents, timelines and the audit stream.
 * Synchronous and fast, for the one writer that the daemon is. Facts of the world (VMs, registrations) are not kept
 * here: they are read again. Opening is left to `open.ts`.
 *
 * Whatever writes throws a `MacrunnerError` of code `ledger-unwritable`, and changes nothing, while the disk takes no
 * more (see `writes.ts`); what is read is still answered.
 */
import type { DatabaseSync } from 'node:sqlite';
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
    Pick<Writes, 'transaction' | 'unwritable'> {
  /** Idempotent. */
  close(): void;
  /** Forgets runners gone, jobs completed, intents ended and messages received before `beforeMs`. The audit stays. */
  prune(beforeMs: number): void;
}

export function createLedger(db: DatabaseSync, nowMs: () => number): Ledger {
  const writes = createWrites(db);
  return {
    close() {
      if (db.isOpen) db.close();
    },
    transaction: writes.transaction,
    unwritable: writes.unwritable,
    prune: createPrune(writes),
    ...createRunnerBook(db, writes, nowMs),
    ...createJobBook(db, writes),
    ...createMessageBook(writes),
    ...createSessionBook(db, writes),
    ...createIntentBook(db, writes),
    ...createTimelineBook(db, writes),
    ...createClockBook(db, writes),
  };
}

function createPrune(writes: Writes): Ledger['prune'] {
  const statements = [
    `DELETE FROM timeline WHERE runner IN (SELECT name FROM runners WHERE gone_ms < ?1)
       OR (at_ms < ?1 AND runner NOT IN (SELECT name FROM runners))`,
    'DELETE FROM runners WHERE gone_ms < ?1',
    // A job of a runner that is still remembered stays: it confirms that runner's end.
    `DELETE FROM jobs WHERE completed_ms < ?1
       AND (runner IS NULL OR runner NOT IN (SELECT name FROM runners))`,
    'DELETE FROM messages WHERE at_ms < ?1',
    'DELETE FROM intents WHERE ended_ms < ?1',
  ].map((sql) => writes.prepare(sql));
  return (beforeMs) =>
    writes.transaction(() => {
      for (const statement of statements) statement.run(beforeMs);
    });
}
