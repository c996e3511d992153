/**
 * What the daemon remembers, in one interface: runners, jobs, messages, intents, timelines and the audit stream.
 * Synchronous and fast, for the one writer that the daemon is. Facts of the world (VMs, registrations) are not kept
 * here: they are read again. Opening is left to `open.ts`.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type ClockBook, createClockBook } from './clock.ts';
import { createIntentBook, type IntentBook } from './intents.ts';
import { createJobBook, type JobBook } from './jobs.ts';
import { createMessageBook, type MessageBook } from './messages.ts';
import { createRunnerBook, type RunnerBook } from './runners.ts';
import { createSessionBook, type SessionBook } from './sessions.ts';
import { createTimelineBook, type TimelineBook } from './timeline.ts';

export interface Ledger
  extends RunnerBook,
    JobBook,
    MessageBook,
    SessionBook,
    IntentBook,
    TimelineBook,
    ClockBook {
  /** Idempotent. */
  close(): void;
  /** All or nothing. One within another joins it. */
  transaction<T>(work: () => T): T;
  /** Forgets runners gone, jobs completed, intents ended and messages received before `beforeMs`. The audit stays. */
  prune(beforeMs: number): void;
}

export function createLedger(db: DatabaseSync, nowMs: () => number): Ledger {
  const transaction = createTransaction(db);
  return {
    close() {
      if (db.isOpen) db.close();
    },
    transaction,
    prune: createPrune(db, transaction),
    ...createRunnerBook(db, nowMs),
    ...createJobBook(db),
    ...createMessageBook(db, transaction),
    ...createSessionBook(db),
    ...createIntentBook(db),
    ...createTimelineBook(db),
    ...createClockBook(db),
  };
}

function createTransaction(db: DatabaseSync): Ledger['transaction'] {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  return (work) => {
    if (db.isTransaction) return work();
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      // SQLite has already rolled back after some errors, such as a full disk.
      if (db.isTransaction) rollback.run();
      throw error;
    }
  };
}

function createPrune(db: DatabaseSync, transaction: Ledger['transaction']): Ledger['prune'] {
  const statements = [
    `DELETE FROM timeline WHERE runner IN (SELECT name FROM runners WHERE gone_ms < :before)
       OR (at_ms < :before AND runner NOT IN (SELECT name FROM runners))`,
    'DELETE FROM runners WHERE gone_ms < :before',
    // A job of a runner that is still remembered stays: it confirms that runner's end.
    `DELETE FROM jobs WHERE completed_ms < :before
       AND (runner IS NULL OR runner NOT IN (SELECT name FROM runners))`,
    'DELETE FROM messages WHERE at_ms < :before',
    'DELETE FROM intents WHERE ended_ms < :before',
  ].map((sql) => db.prepare(sql));
  return (beforeMs) =>
    transaction(() => {
      for (const statement of statements) statement.run({ before: beforeMs });
    });
}
