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

/**
 * @param nowMs the ledger's clock: milliseconds since 1970, as GitHub counts them
 * @param isFull whether the disk, were there one, takes no more
 */
export function createMemoryLedger(nowMs: () => number, isFull: () => boolean = () => false): Ledger {
  const journal = createJournal(isFull);
  const runners = createRunnerRows(journal);
  const jobs = createJobRows(journal);
  const { forget: forgetMessages, ...messages } = createMessages(journal, jobs);
  const { forget: forgetTimelines, ...timelines } = createTimelines(journal);
  return {
    close() {
      // Nothing is open.
    },
    transaction: journal.transaction,
    unwritable: journal.unwritable,
    prune: (beforeMs) =>
      journal.transaction(() => {
        pruneTimelines(forgetTimelines, runners, beforeMs);
        for (const { runner, past } of [...runners.gone()])
          if (past.goneMs !== null && past.goneMs < beforeMs) runners.remove(runner.name);
        pruneJobs(jobs, runners, beforeMs);
        forgetMessages(beforeMs);
      }),
    ...createRunnerBook(runners, nowMs),
    ...createUnconfirmedBook(runners, jobs, nowMs),
    ...createJobBook(jobs),
    ...messages,
    ...createSessionBook(journal),
    ...createIntentBook(journal),
    ...createClockBook(journal),
    ...timelines,
  };
}

/** A flight record goes with its runner; what was noted of strangers goes by its own age. */
function pruneTimelines(forget: Timelines['forget'], runners: RunnerRows, beforeMs: number): void {
  forget((name, { atMs }) => {
    const row = runners.get(name);
    if (!row) return atMs < beforeMs;
    return row.past.goneMs !== null && row.past.goneMs < beforeMs;
  });
}

function pruneJobs(jobs: JobRows, runners: RunnerRows, beforeMs: number): void {
  for (const { job } of [...jobs.all()]) {
    if (job.completedMs === null || job.completedMs >= beforeMs) continue;
    if (job.runner === null || !runners.get(job.runner)) jobs.remove(job.id);
  }
}
