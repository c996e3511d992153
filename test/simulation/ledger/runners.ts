/** Runners, living and past. What GitHub has yet to learn of them is left to `unconfirmed.ts`. */
import type { Runner } from '../../../src/core/runner.ts';
import type { RunnerBook } from '../../../src/ledger/runners.ts';
import type { UnconfirmedBook } from '../../../src/ledger/unconfirmed.ts';
import type { RunnerRow, RunnerRows } from './runner-rows.ts';
import { atMost, whole, wholeOrNull } from './values.ts';

export function createRunnerBook(rows: RunnerRows): Omit<RunnerBook, keyof UnconfirmedBook> {
  return {
    runners: rows.living,
    runner: (name) => rows.get(name)?.past ?? null,
    pastRunners: (limit) => atMost(rows.gone().toReversed(), limit).map((row) => row.past),
    saveRunner(runner) {
      const before = rows.get(runner.name);
      const endedMs = before?.endedMs ?? (runner.phase === 'stopping' ? whole(runner.sinceMs) : null);
      rows.put(
        rowOf(runner, { goneMs: before?.past.goneMs ?? null, lastEvent: before?.lastEvent ?? 0, endedMs }),
      );
    },
    markGone(name, atMs) {
      const row = rows.get(name);
      if (!row || row.past.goneMs !== null) return;
      const endedMs = row.endedMs ?? whole(atMs);
      rows.put(rowOf(row.runner, { goneMs: whole(atMs), lastEvent: row.lastEvent, endedMs }));
    },
    lastEventNumber: (name) => rows.get(name)?.lastEvent ?? 0,
    setLastEventNumber(name, n) {
      const row = rows.get(name);
      if (row && n > row.lastEvent) rows.put({ ...row, lastEvent: whole(n) });
    },
  };
}

/** What the ledger adds to a runner. */
interface Course extends Pick<RunnerRow, 'lastEvent' | 'endedMs'> {
  readonly goneMs: number | null;
}

/** Field by field: whatever else the given object carries has no column. */
function rowOf(given: Runner, { goneMs, lastEvent, endedMs }: Course): RunnerRow {
  const { name, pool, phase, hadJob, why } = given;
  const slot = whole(given.slot);
  const createdMs = whole(given.createdMs);
  const sinceMs = whole(given.sinceMs);
  const registrationId = wholeOrNull(given.registrationId);
  const jobEndedMs = wholeOrNull(given.jobEndedMs);
  const toldDoneMs = wholeOrNull(given.toldDoneMs);
  const life = { name, pool, slot, phase, createdMs, sinceMs, registrationId };
  const runner = { ...life, hadJob, jobEndedMs, toldDoneMs, why };
  return { runner, past: { ...runner, goneMs }, lastEvent, endedMs };
}
