/** What a run of the interoperability suites came to: a table for people, one line of JSON for programs. */
import type { SuiteResult } from './suite.ts';

const HEAD = ['suite', 'program', 'version', 'checks', 'passed', 'skipped', 'failed'] as const;

interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** 1 for a suite that was skipped as a whole, for then nobody knows how many checks it has. */
  readonly skipped: number;
}

export function countsOf({ checks, skipped }: SuiteResult): Counts {
  const failed = checks.filter(({ failure }) => failure !== null).length;
  return { passed: checks.length - failed, failed, skipped: skipped === null ? 0 : 1 };
}

/** The one line of `--json`. */
export function jsonOf(results: readonly SuiteResult[]): string {
  const suites = results.map((result) => ({
    name: result.name,
    version: result.version,
    ...countsOf(result),
    ...(result.skipped === null ? {} : { skippedBecause: result.skipped }),
  }));
  return JSON.stringify({ v: 1, suites });
}

/** The table, and below it what failed and why something was skipped. */
export function tableOf(results: readonly SuiteResult[]): string {
  const rows = [[...HEAD], ...results.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const notes = results.flatMap((result) => [
    ...(result.skipped === null ? [] : [`${result.name} skipped: ${result.skipped}`]),
    ...result.checks.flatMap(({ name, failure }) =>
      failure === null ? [] : [`${result.name} failed: ${name}: ${failure}`],
    ),
  ]);
  return [...lines, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
}

function cellsOf(result: SuiteResult): string[] {
  const { passed, failed, skipped } = countsOf(result);
  const numbers = [passed + failed, passed, skipped, failed].map(String);
  return [result.name, result.program, result.version, ...numbers];
}

/** 1 if anything failed. What is skipped for want of a program is no failure. */
export function exitCodeOf(results: readonly SuiteResult[]): 0 | 1 {
  return results.some((result) => countsOf(result).failed > 0) ? 1 : 0;
}
