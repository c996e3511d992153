/**
 * What a benchmark says of one thing: a row for programs, and beside it the goal that the row is held against. How the
 * numbers come about is left to the modules that measure.
 */
import * as z from 'zod';

const finite = z.number();

export const rowSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  unit: z.enum(['ms', '%', 'MiB', 'x']),
  value: finite,
  /** Measured in the same run, on the same machine, in the same unit; null without one. */
  peer: z.strictObject({ name: z.string(), value: finite }).nullable(),
  /** `value` divided by the peer's. */
  ratio: finite.nullable(),
  /** The smallest and the largest of the repeated measurements behind `value`. */
  spread: z.tuple([finite, finite]),
});
export type Row = z.output<typeof rowSchema>;

/** What is held against the goal: the value, its ratio to the peer, or what it has more than the peer. */
type Held = 'value' | 'ratio' | 'excess';

export interface Goal {
  readonly of: Held;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Measured {
  readonly row: Row;
  readonly goals: readonly Goal[];
}

export interface Measurement {
  readonly name: string;
  readonly unit: Row['unit'];
  readonly value: number;
  readonly spread: readonly [min: number, max: number];
  readonly peer?: Row['peer'];
  readonly goals?: readonly Goal[];
}

/** Makes the row; numbers are rounded to what they can mean. */
export function measured(measurement: Measurement): Measured {
  const { name, unit, value, spread, peer = null, goals = [] } = measurement;
  const [min, max] = spread;
  return {
    row: {
      name,
      unit,
      value: rounded(value),
      peer: peer && { name: peer.name, value: rounded(peer.value) },
      ratio: peer && rounded(value / peer.value),
      spread: [rounded(min), rounded(max)],
    },
    goals,
  };
}

/** Whether the row reaches the goal. A goal on a peer that was not measured is not reached. */
export function isReached(row: Row, goal: Goal): boolean {
  const held = heldOf(row, goal.of);
  if (held === null) return false;
  return (
    held <= (goal.atMost ?? Number.POSITIVE_INFINITY) && held >= (goal.atLeast ?? Number.NEGATIVE_INFINITY)
  );
}

export function heldOf(row: Row, of: Held): number | null {
  if (of === 'value') return row.value;
  if (of === 'ratio') return row.ratio;
  return row.peer && rounded(row.value - row.peer.value);
}

/** Three decimals. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
