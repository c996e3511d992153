/** The cost of a plan: no rule may search where it can look up. Loose bounds: the machine is shared. */
import { expect, test } from 'vitest';
import { measurePlan } from '../bench/plan-scaling.ts';

test('ten times the runners cost about ten times the time, not a hundred times', () => {
  measurePlan(1_000, 100);
  const small = measurePlan(2_000, 100).ms;
  const large = measurePlan(20_000, 100).ms;
  expect(large / small).toBeLessThan(40);
});
