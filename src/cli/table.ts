/** Tables of text that fit the screen: the columns that may shrink give way, the widest first. */
import type { Brush, Paint } from './paint.ts';
import { plain, shorten, widthOf } from './text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be cut, never below its title or eight columns. Cut in the middle when the end tells as much as the start. */
  readonly cut?: 'end' | 'middle';
}

export type Cell = string | { readonly text: string; readonly brush: Brush };

const GAP = '  ';
const NARROWEST = 8;

/** Lines of a table with a heading, none wider than `width` unless what cannot shrink already is. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): readonly string[] {
  const texts = rows.map((row) => columns.map((_, at) => plain(textOf(row[at] ?? ''))));
  const widths = shrink(columns, naturalWidths(columns, texts), width);
  const line = (cells: readonly string[], brush: (text: string, at: number) => string) =>
    columns
      .map((column, at) => pad(cells[at] ?? '', widths[at] ?? 0, column, (text) => brush(text, at)))
      .join(GAP)
      .trimEnd();
  const heading = line(
    columns.map(({ title }) => title),
    (text) => paint.dim(text),
  );
  const body = texts.map((cells, row) => line(cells, (text, at) => brushOf(rows[row]?.[at], paint)(text)));
  return [heading, ...body];
}

function naturalWidths(columns: readonly Column[], texts: readonly (readonly string[])[]): number[] {
  return columns.map(({ title }, at) =>
    Math.max(title.length, ...texts.map((row) => widthOf(row[at] ?? ''))),
  );
}

/** Takes one column at a time from the widest that may still give, until all fit. */
function shrink(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  const floor = columns.map(({ title }) => Math.max(title.length, NARROWEST));
  let excess = widths.reduce((sum, one) => sum + one, GAP.length * (columns.length - 1)) - width;
  for (; excess > 0; excess--) {
    const widest = widths.reduce((best, one, at) => {
      if (columns[at]?.cut === undefined || one <= (floor[at] ?? 0)) return best;
      return best === -1 || one > (widths[best] ?? 0) ? at : best;
    }, -1);
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function pad(text: string, width: number, column: Column, brush: (text: string) => string): string {
  const shown = shorten(text, width, column.cut ?? 'end');
  const space = ' '.repeat(Math.max(0, width - widthOf(shown)));
  return column.align === 'right' ? space + brush(shown) : brush(shown) + space;
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

function brushOf(cell: Cell | undefined, paint: Paint): (text: string) => string {
  return cell === undefined || typeof cell === 'string' ? (text) => text : paint[cell.brush];
}
