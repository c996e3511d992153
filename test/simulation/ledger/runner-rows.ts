/**
 * The rows of runners, with the orders in which they are asked for. Rows are never changed, only replaced: what was
 * handed out stays as it was.
 */
import type { Runner } from '../../../src/core/runner.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import type { Journal } from './journal.ts';

type PastRunner = NonNullable<ReturnType<Ledger['runner']>>;

export interface RunnerRow {
  readonly runner: Runner;
  readonly past: PastRunner;
  readonly lastEvent: number;
  /** When it began to stop. */
  readonly endedMs: number | null;
}

export interface RunnerRows {
  get(name: string): RunnerRow | undefined;
  put(row: RunnerRow): void;
  remove(name: string): void;
  /** Not gone, oldest first. */
  living(): readonly Runner[];
  /** Gone, the latest last. */
  gone(): readonly RunnerRow[];
  /** The same, in the order in which they began to stop. */
  ended(): readonly RunnerRow[];
  /** The latest time of any of them. */
  latestMs(): number;
}

export function createRunnerRows(journal: Journal): RunnerRows {
  const rows = new Map<string, RunnerRow>();
  const living = new Map<string, Runner>();
  const gone: RunnerRow[] = [];
  const ended: RunnerRow[] = [];
  let inOrder: readonly Runner[] | null = [];

  function place(name: string, row: RunnerRow | undefined): void {
    const before = rows.get(name);
    if (before && isGone(before)) {
      gone.splice(gone.lastIndexOf(before), 1);
      ended.splice(ended.lastIndexOf(before), 1);
    }
    if (row) rows.set(name, row);
    else rows.delete(name);
    if (row && isGone(row)) {
      insert(gone, row, wasGoneBefore);
      insert(ended, row, endedBefore);
    }
    if (row && !isGone(row)) living.set(name, row.runner);
    else living.delete(name);
    inOrder = null;
  }

  function change(name: string, row: RunnerRow | undefined): void {
    const before = rows.get(name);
    journal.willChange(() => place(name, before));
    place(name, row);
  }

  return {
    get: (name) => rows.get(name),
    put: (row) => change(row.runner.name, row),
    remove: (name) => change(name, undefined),
    living() {
      inOrder ??= [...living.values()].sort(byAge);
      return inOrder;
    },
    gone: () => gone,
    ended: () => ended,
    latestMs: () => Math.max(0, ...[...rows.values()].map(latestOf)),
  };
}

function latestOf({ past }: RunnerRow): number {
  const { createdMs, sinceMs, jobEndedMs, toldDoneMs, goneMs } = past;
  return Math.max(createdMs, sinceMs, jobEndedMs ?? 0, toldDoneMs ?? 0, goneMs ?? 0);
}

function isGone(row: RunnerRow): boolean {
  return row.past.goneMs !== null;
}

/** From the end, where nearly all belong. */
function insert(list: RunnerRow[], row: RunnerRow, isBefore: typeof endedBefore): void {
  let at = list.length;
  for (let last = list[at - 1]; last && isBefore(row, last); last = list[at - 1]) at -= 1;
  list.splice(at, 0, row);
}

function endedBefore(a: RunnerRow, b: RunnerRow): boolean {
  return (a.endedMs ?? 0) < (b.endedMs ?? 0);
}

function wasGoneBefore(a: RunnerRow, b: RunnerRow): boolean {
  const [aMs, bMs] = [a.past.goneMs ?? 0, b.past.goneMs ?? 0];
  return aMs === bMs ? a.runner.name > b.runner.name : aMs < bMs;
}

function byAge(a: Runner, b: Runner): number {
  if (a.createdMs !== b.createdMs) return a.createdMs - b.createdMs;
  return a.name < b.name ? -1 : 1;
}
