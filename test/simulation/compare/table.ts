/** What was measured of one variant in one cell, over all seeds, as numbers and as a line of a table. */
import type { Cell } from './load.ts';
import type { Measured } from './measure.ts';

export interface Row {
  readonly variant: string;
  readonly cell: Cell;
  readonly jobs: number;
  /** Seconds from queued to the first step. */
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  /** Of the second pool alone. */
  readonly secondP95: number;
  /** Percent of the jobs. */
  readonly misplaced: number;
  readonly overlooked: number;
  /** Of the whole fleet. */
  readonly sessionsPerHour: number;
  readonly requestsPerHour: number;
  readonly lapses: number;
  readonly lost: number;
}

export function rowOf(variant: string, cell: Cell, runs: readonly Measured[]): Row {
  const sum = (pick: (run: Measured) => number) => runs.reduce((total, run) => total + pick(run), 0);
  const waits = runs.flatMap(({ waitsMs }) => waitsMs);
  const secondWaits = runs.flatMap(({ secondWaitsMs }) => secondWaitsMs);
  const jobs = sum((run) => run.jobs);
  const hours = sum((run) => run.hours);
  return {
    ...{ variant, cell, jobs, p50: seconds(waits, 0.5), p95: seconds(waits, 0.95), max: seconds(waits, 1) },
    secondP95: seconds(secondWaits, 0.95),
    misplaced: percent(sum((run) => run.misplaced) / jobs),
    overlooked: percent(sum((run) => run.overlooked) / jobs),
    sessionsPerHour: Math.round((10 * sum((run) => run.sessions)) / hours) / 10,
    requestsPerHour: Math.round(sum((run) => run.requests) / hours),
    lapses: sum((run) => run.lapses),
    lost: sum((run) => run.lost),
  };
}

function seconds(waitsMs: readonly number[], share: number): number {
  const sorted = waitsMs.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) / 1_000);
}

function percent(share: number): number {
  return Math.round(1_000 * share) / 10;
}

const COLUMNS: readonly (readonly [string, (row: Row) => string | number])[] = [
  ['hosts', ({ cell }) => cell.hosts],
  ['pools', ({ cell }) => (cell.pools === 1 ? '1' : `2 ${cell.mix}`)],
  ['load', ({ cell }) => cell.load],
  ['jobs', ({ cell }) => cell.work],
  ['backend', ({ cell }) => `${cell.backend}/${cell.capacityZero}`],
  ['variant', ({ variant }) => variant],
  ['p50 s', ({ p50 }) => p50],
  ['p95 s', ({ p95 }) => p95],
  ['max s', ({ max }) => max],
  ['2nd pool p95 s', ({ secondP95 }) => secondP95],
  ['misplaced %', ({ misplaced }) => misplaced.toFixed(1)],
  ['overlooked %', ({ overlooked }) => overlooked.toFixed(1)],
  ['opens/h', ({ sessionsPerHour }) => sessionsPerHour.toFixed(1)],
  ['requests/h', ({ requestsPerHour }) => requestsPerHour],
  ['lapsed', ({ lapses }) => lapses],
  ['lost', ({ lost, jobs }) => `${lost} of ${jobs}`],
];

/** In Markdown. */
export const HEAD: readonly string[] = [
  `| ${COLUMNS.map(([title]) => title).join(' | ')} |`,
  `|${COLUMNS.map(() => ' --- |').join('')}`,
];

export function lineOf(row: Row): string {
  return `| ${COLUMNS.map(([, cell]) => cell(row)).join(' | ')} |`;
}
