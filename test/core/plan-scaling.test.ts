/** The cost of a plan: no rule may search where it can look up. In time of the processor: the machine is shared. */
import { expect, test } from 'vitest';
import { costOfPlan } from '../bench/plan-scaling.ts';

test('ten times the runners cost about ten times the time, not a hundred times', () => {
  expect(costOfPlan(10_000, 100) / costOfPlan(1_000, 100)).toBeLessThan(40);
});
