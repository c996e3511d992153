/** The benchmark's table for people: one line a row, with the goal and whether it is reached. */
import { styleText } from 'node:util';
import { type Goal, heldOf, isReached, type Measured, type Row } from './row.ts';

const HEAD = ['what', 'measured', 'from … to', 'peer in this run', 'ratio', 'goal'] as const;

export function tableOf(measured: readonly Measured[]): string {
  const lines = [[...HEAD], ...measured.map(({ row, goals }) => cellsOf(row, goals))];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line, at) => paint(line, at, measured[at - 1]))
    .join('\n');
}

function paint(line: string, at: number, measured: Measured | undefined): string {
  if (at === 0) return styleText('bold', line);
  const isMissed = measured?.goals.some((goal) => !isReached(measured.row, goal)) ?? false;
  return isMissed ? styleText('yellow', line) : line;
}

function cellsOf(row: Row, goals: readonly Goal[]): string[] {
  return [
    row.name,
    `${short(row.value)} ${row.unit}`,
    row.spread.map(short).join(' … '),
    row.peer ? `${row.peer.name} ${short(row.peer.value)}` : '',
    row.ratio === null ? '' : `${short(row.ratio)} ×`,
    goals.map((goal) => goalText(row, goal)).join(', '),
  ];
}

function goalText(row: Row, goal: Goal): string {
  const { of, atMost, atLeast } = goal;
  const bound = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  const unit = of === 'ratio' ? ' ×' : ` ${row.unit}`;
  const over = of === 'excess' ? ' over the peer' : '';
  const verdict = isReached(row, goal) ? 'reached' : `missed (${short(heldOf(row, of) ?? Number.NaN)})`;
  return `${bound}${unit}${over}: ${verdict}`;
}

function short(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(Math.abs(value) < 1 ? 3 : 2);
}
