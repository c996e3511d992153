/** How rows enter: as unknown, through schemas. Columns are named in SQL as the fields are, so nothing is written twice. */
import type { StatementSync } from 'node:sqlite';
import * as z from 'zod';
import { PHASES, STOP_REASONS } from '../core/runner.ts';

type Value = string | number | null;

const flag = z.literal([0, 1]).transform((value) => value === 1);
const detail = z.string().transform((text, context): Record<string, unknown> => {
  const parsed = z.record(z.string(), z.unknown()).safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: 'is not an object' });
  return z.NEVER;
});

export const runnerRow = z.object({
  name: z.string(),
  pool: z.string(),
  slot: z.number(),
  phase: z.enum(PHASES),
  createdMs: z.number(),
  sinceMs: z.number(),
  registrationId: z.number().nullable(),
  hadJob: flag,
  jobEndedMs: z.number().nullable(),
  toldDoneMs: z.number().nullable(),
  why: z.enum(STOP_REASONS).nullable(),
});

export const pastRunnerRow = runnerRow.extend({ goneMs: z.number().nullable() });

export const jobRow = z.object({
  id: z.string(),
  pool: z.string(),
  repository: z.string(),
  displayName: z.string(),
  workflowRunId: z.number(),
  workflowRef: z.string(),
  event: z.string(),
  queuedMs: z.number(),
  assignedMs: z.number(),
  startedMs: z.number().nullable(),
  completedMs: z.number().nullable(),
  runner: z.string().nullable(),
  result: z
    .enum(['succeeded', 'failed', 'canceled', 'skipped', 'ignored', 'abandoned', 'unknown'])
    .nullable(),
});

export const intentRow = z.object({
  id: z.number(),
  what: z.string(),
  subject: z.string(),
  detail,
  beganMs: z.number(),
});

export const timelineRow = z.object({ atMs: z.number(), what: z.string(), detail });

export const eventRow = z.object({
  seq: z.number(),
  atMs: z.number(),
  what: z.string(),
  subject: z.string(),
  detail,
});

/** All rows of a statement. */
export function all<S extends z.ZodType>(
  schema: S,
  statement: StatementSync,
  ...values: Value[]
): z.output<S>[] {
  const rows: unknown[] = statement.all(...values);
  return rows.map((row) => schema.parse(row));
}

/** The first row of a statement, or null. */
export function first<S extends z.ZodType>(
  schema: S,
  statement: StatementSync,
  ...values: Value[]
): z.output<S> | null {
  const row: unknown = statement.get(...values);
  return row === undefined ? null : schema.parse(row);
}

const countRow = z.object({ n: z.number().nullable() });

/** The number in column `n` of the only row; 0 for none. */
export function count(statement: StatementSync, ...values: Value[]): number {
  const row: unknown = statement.get(...values);
  return row === undefined ? 0 : (countRow.parse(row).n ?? 0);
}
