/** Lines of the JSON log, for people: time, level, sentence, facts. Pure. */
import * as z from 'zod';
import { clock } from './age.ts';
import { fields } from './fields.ts';
import type { Brush, Paint } from './paint.ts';
import { plain } from './text.ts';

const logLine = z.looseObject({
  level: z.union([z.number(), z.string()]),
  time: z.union([z.number(), z.string()]),
  msg: z.string().default(''),
  err: z.looseObject({ message: z.string(), code: z.string().optional() }).optional(),
});

/** @see pino's numbers for its levels (pino: docs/api.md) */
const NAMES: Readonly<Record<string, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const BRUSHES: Readonly<Record<string, Brush>> = { warn: 'warn', error: 'bad', fatal: 'bad' };
/** The same in every line of one agent. */
const NOISE: ReadonlySet<string> = new Set(['pid', 'hostname', 'name', 'v']);

/** `14:03:07 info  runner moved  from=warm to=busy`. What is no line of ours comes back as it is, made harmless. */
export function logText(line: string, paint: Paint): string {
  const parsed = logLine.safeParse(jsonOrNull(line));
  if (!parsed.success) return plain(line);
  const { level, time, msg, err, ...rest } = parsed.data;
  const name = NAMES[String(level)] ?? plain(String(level));
  const brush = BRUSHES[name];
  const label = name.padEnd(5);
  const facts = Object.fromEntries(Object.entries(rest).filter(([key]) => !NOISE.has(key)));
  const trouble =
    err === undefined ? '' : plain(err.code === undefined ? err.message : `${err.message} (${err.code})`);
  return [
    `${paint.dim(clock(new Date(time).getTime()))} ${brush === undefined ? label : paint[brush](label)} ${plain(msg)}`,
    paint.bad(trouble),
    paint.dim(fields(facts)),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

function jsonOrNull(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // A cut line, or words of another program: shown as they are.
    return null;
  }
}
