/** The runners of the ledger, living and past. Which phase may follow which is left to the core. */
import type { DatabaseSync } from 'node:sqlite';
import type { Runner } from '../core/runner.ts';
import { all, count, first, pastRunnerRow, runnerRow } from './rows.ts';
import { createUnconfirmedBook, type UnconfirmedBook } from './unconfirmed.ts';
import type { Writes } from './writes.ts';

/** A runner with the moment it was gone, null while it is there. */
type PastRunner = Runner & { readonly goneMs: number | null };

export interface RunnerBook extends UnconfirmedBook {
  /** Those that are not gone, oldest first. */
  runners(): readonly Runner[];
  runner(name: string): PastRunner | null;
  /** Those that are gone, latest first. */
  pastRunners(limit: number): readonly PastRunner[];
  /** Writes all of it; what is gone stays gone. */
  saveRunner(runner: Runner): void;
  /** Idempotent: the first time counts. */
  markGone(name: string, atMs: number): void;
  /** Number of the last event taken from the guest's stream; 0 before the first, and for a stranger. */
  lastEventNumber(name: string): number;
  /** Never goes back. */
  setLastEventNumber(name: string, n: number): void;
}

const COLUMNS = `name, pool, slot, phase, created_ms AS createdMs, since_ms AS sinceMs,
  registration_id AS registrationId, had_job AS hadJob, job_ended_ms AS jobEndedMs, told_done_ms AS toldDoneMs,
  why, gone_ms AS goneMs`;

const SAVE = `INSERT INTO runners
  (name, pool, slot, phase, created_ms, since_ms, registration_id, had_job, job_ended_ms, told_done_ms, why,
    ended_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET pool = excluded.pool, slot = excluded.slot, phase = excluded.phase,
    created_ms = excluded.created_ms, since_ms = excluded.since_ms, registration_id = excluded.registration_id,
    had_job = excluded.had_job, job_ended_ms = excluded.job_ended_ms, told_done_ms = excluded.told_done_ms,
    why = excluded.why, ended_ms = coalesce(runners.ended_ms, excluded.ended_ms)`;

export function createRunnerBook(db: DatabaseSync, writes: Writes): RunnerBook {
  const living = db.prepare(`SELECT ${COLUMNS} FROM runners WHERE gone_ms IS NULL ORDER BY created_ms, name`);
  const byName = db.prepare(`SELECT ${COLUMNS} FROM runners WHERE name = ?`);
  const past = db.prepare(
    `SELECT ${COLUMNS} FROM runners WHERE gone_ms IS NOT NULL ORDER BY gone_ms DESC, name LIMIT ?`,
  );
  const save = writes.prepare(SAVE);
  const gone = writes.prepare(
    'UPDATE runners SET gone_ms = ?, ended_ms = coalesce(ended_ms, ?) WHERE name = ? AND gone_ms IS NULL',
  );
  const lastEvent = db.prepare('SELECT last_event AS n FROM runners WHERE name = ?');
  const setLastEvent = writes.prepare('UPDATE runners SET last_event = max(last_event, ?) WHERE name = ?');
  return {
    runners: () => all(runnerRow, living),
    runner: (name) => first(pastRunnerRow, byName, name),
    pastRunners: (limit) => all(pastRunnerRow, past, limit),
    saveRunner(runner) {
      const { name, pool, slot, phase, createdMs, sinceMs, registrationId, why } = runner;
      const had = runner.hadJob ? 1 : 0;
      const ends = [runner.jobEndedMs, runner.toldDoneMs] as const;
      const endedMs = phase === 'stopping' ? sinceMs : null;
      save.run(name, pool, slot, phase, createdMs, sinceMs, registrationId, had, ...ends, why, endedMs);
    },
    markGone(name, atMs) {
      gone.run(atMs, atMs, name);
    },
    lastEventNumber: (name) => count(lastEvent, name),
    setLastEventNumber(name, n) {
      setLastEvent.run(n, name);
    },
    ...createUnconfirmedBook(db),
  };
}
