/** Chance that can be repeated, in the forms that chaos needs. Each actor has dice of its own, so that none depends on another's haste. */
import { createRandom } from '../support/github/random.ts';

export interface Dice {
  /** From `low` up to `high`, without `high`. */
  between(low: number, high: number): number;
  /** True in `share` of all throws; `share` is from 0 to 1. */
  happens(share: number): boolean;
  /** @throws RangeError when there is nothing to pick from */
  pick<T>(list: readonly T[]): T;
}

export function createDice(seed: number): Dice {
  const random = createRandom(seed);
  return {
    between: (low, high) => low + random() * (high - low),
    happens: (share) => random() < share,
    pick(list) {
      const picked = list.at(Math.floor(random() * list.length));
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
  };
}
