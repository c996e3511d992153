/** The rows of the plan's scaling: what one plan takes for a host of any size, and for one ten times as large. */
import { measurePlan } from './plan-scaling.ts';
import { median, spreadOf } from './quantile.ts';
import { type Measured, measured } from './row.ts';
import type { Scope } from './scope.ts';

const POOLS = 100;
const TIMES = 5;

export async function measurePlanScaling({ say }: Scope): Promise<readonly Measured[]> {
  const small: number[] = [];
  const large: number[] = [];
  while (large.length < TIMES) {
    small.push(measurePlan(1_000, POOLS).ms);
    large.push(measurePlan(10_000, POOLS).ms);
    say(`${large.length} of ${TIMES} times`);
  }
  return [
    measured({ name: 'plan-1000-runners', unit: 'ms', value: median(small), spread: spreadOf(small) }),
    measured({
      name: 'plan-10000-runners',
      unit: 'ms',
      value: median(large),
      spread: spreadOf(large),
      peer: { name: 'plan-1000-runners', value: median(small) },
      // Ten times the runners: linear is 10, quadratic 100.
      goals: [{ of: 'ratio', atMost: 15 }],
    }),
  ];
}
