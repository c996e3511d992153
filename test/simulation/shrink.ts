/**
 * Makes a scenario that breaks an invariant shorter, for people to read: as long as the same invariant breaks, less
 * happens, to fewer, sooner. Greedy and bounded; what it finds is no minimum, and breaks for certain.
 */
import type { Invariant } from './invariants.ts';
import type { Violation } from './judge.ts';
import type { Scenario } from './scenario.ts';
import { simpler } from './simpler.ts';

export interface ShrinkOptions {
  /** Plays a scenario; answers what it breaks first. */
  readonly play: (scenario: Scenario) => Promise<Violation | null>;
  /** The most worlds to play. */
  readonly tries: number;
  /** Asked before each: whether there is no time for more. */
  readonly isLate?: () => boolean;
}

export interface Shrunk {
  readonly scenario: Scenario;
  readonly violation: Violation;
}

export async function shrink(found: Shrunk, options: ShrinkOptions): Promise<Shrunk> {
  const { play, tries, isLate = () => false } = options;
  const { invariant } = found.violation;
  let best = found;
  let left = tries;
  for (let isShorter = true; isShorter; ) {
    isShorter = false;
    for (const scenario of simpler(best.scenario)) {
      if (left === 0 || isLate()) return best;
      left -= 1;
      const violation = await breaks(play, scenario, invariant);
      if (!violation) continue;
      best = { scenario, violation };
      isShorter = true;
      break;
    }
  }
  return best;
}

async function breaks(
  play: ShrinkOptions['play'],
  scenario: Scenario,
  invariant: Invariant,
): Promise<Violation | null> {
  const violation = await play(scenario);
  return violation?.invariant === invariant ? violation : null;
}
