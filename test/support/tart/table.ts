/** Tables and JSON as tart prints them. */

/** Columns padded by spaces, nothing for no rows. */
export function table(rows: readonly Readonly<Record<string, string>>[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const columns = Object.keys(first);
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join(' ')
        .trimEnd(),
    )
    .join('\n');
}

/** Foundation's pretty printer: a space before the colon, `\/`, keys in no particular order. */
export function prettyJson(value: unknown): string {
  if (Array.isArray(value) && value.length === 0) return '[\n\n]';
  const shuffled = JSON.stringify(value, (_, part: unknown) => (isObject(part) ? shuffle(part) : part), 2);
  return shuffled.replaceAll('/', '\\/').replaceAll(/^(\s*"[^"]*"):/gm, '$1 :');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shuffle(value: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(value).map((entry) => ({ entry, place: Math.random() }));
  return Object.fromEntries(entries.sort((a, b) => a.place - b.place).map(({ entry }) => entry));
}

/** How long ago, in the words of the system's formatter. */
export function ago(then: Date, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - then.getTime()) / 1_000));
  const units = [
    ['year', 31_536_000],
    ['month', 2_592_000],
    ['week', 604_800],
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  const [unit, length] = units.find(([, size]) => seconds >= size) ?? ['second', 1];
  const count = Math.floor(seconds / length);
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}

/** `25 GB`: how text shows sizes after 2.35.0. */
export function humanBytes(bytes: number): string {
  const units = ['byte', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${Math.round(bytes / 1_000 ** power)} ${units[power] ?? ''}`;
}
