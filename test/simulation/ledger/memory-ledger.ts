/**
 * A ledger in memory, for the simulation: the answers of the one in SQLite, without SQL, JSON or digests. It lives as
 * long as the object does: the next life of the daemon is handed the same one, and `close` leaves all as it is.
 *
 * What is handed out is never changed afterwards, only replaced inside. That both ledgers agree is proven by
 * `test/ledger`, which runs on both, and by its model test.
 */
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { createJobRows, type JobRows } from './job-rows.ts';
import { createJobBook, createMessages } from './jobs.ts';
import { createJournal } from './journal.ts';
import {
  createClockBook,
  createIntentBook,
  createSessionBook,
  createTimelines,
  type Timelines,
} from './records.ts';
import { createRunnerRows, type RunnerRows } from './runner-rows.ts';
import { createRunnerBook } from './runners.ts';
import { createUnconfirmedBook } from './unconfirmed.ts';

/** @param isFull whether the disk, were there one, takes no more */
export function createMemoryLedger(isFull: () => boolean = () => false): Ledger {
  const journal = createJournal(isFull);
  const runners = createRunnerRows(journal);
  const jobs = createJobRows(journal);
  const { forget: forgetMessages, latestMs: latestMessageMs, ...messages } = createMessages(journal, jobs);
  const { forget: forgetTimelines, ...timelines } = createTimelines(journal);
  return {
    close() {
      // Nothing is open.
    },
    transaction: journal.transaction,
    unwritable: journal.unwritable,
    prune: ({ steadyMs, wallMs }) =>
      journal.transaction(() => {
        pruneTimelines(forgetTimelines, runners, { steadyMs, wallMs });
        for (const { runner, past } of [...runners.gone()])
          if (past.goneMs !== null && past.goneMs < steadyMs) runners.remove(runner.name);
        pruneJobs(jobs, runners, steadyMs);
        forgetMessages(steadyMs);
      }),
    ...createRunnerBook(runners),
    ...createUnconfirmedBook(runners, jobs),
    ...createJobBook(jobs),
    ...messages,
    ...createSessionBook(journal),
    ...createIntentBook(journal),
    ...createClockBook(journal),
    latestMs: () => Math.max(runners.latestMs(), latestMessageMs()),
    archiveAudit: () => 0,
    ...timelines,
  };
}

/** A flight record goes with its runner; what was noted of strangers goes by its own age. */
function pruneTimelines(
  forget: Timelines['forget'],
  runners: RunnerRows,
  { steadyMs, wallMs }: Parameters<Ledger['prune']>[0],
): void {
  forget((name, { atMs }) => {
    const row = runners.get(name);
    if (!row) return atMs < wallMs;
    return row.past.goneMs !== null && row.past.goneMs < steadyMs;
  });
}

function pruneJobs(jobs: JobRows, runners: RunnerRows, beforeMs: number): void {
  for (const { job, heardMs } of [...jobs.all()]) {
    if (job.completedMs === null || heardMs >= beforeMs) continue;
    if (job.runner === null || !runners.get(job.runner)) jobs.remove(job.id);
  }
}
