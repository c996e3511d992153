/** The fleets and loads that are compared, and how much of each. */
import type { Cell } from './load.ts';

export interface Task {
  readonly cell: Cell;
  readonly variants: readonly string[];
}

const ALL = ['resting', 'floor', 'full', 'unoffered'];
const TWO = ['resting', 'floor'];

/** A pool that is alone never lacks a slot without a job of its own: it is there to show that nothing changes. */
export const TASKS: readonly Task[] = ([6, 1] as const).flatMap((hosts) => [
  ...[0.3, 0.7, 0.95, 1.3].map((load) => task(ALL, { hosts, load })),
  ...[0.7, 0.95].map((load) => task(ALL, { hosts, load, work: 'long' })),
  ...[0.8, 1.1].map((load) => task(ALL, { hosts, load, mix: 'rare' })),
  task(TWO, { hosts, pools: 1 }),
  task(TWO, { hosts, capacityZero: 'never' }),
  task(TWO, { hosts, backend: 'acquire' }),
  task(TWO, { hosts, backend: 'acquire', capacityZero: 'never' }),
]);

function task(variants: readonly string[], details: Partial<Cell> & Pick<Cell, 'hosts'>): Task {
  const fleet = { pools: 2, mix: 'even', load: 0.7, work: 'short' } as const;
  return { variants, cell: { ...fleet, backend: 'assign', capacityZero: 'held', ...details } };
}
