/**
 * The simulated Mac against the product's adapters over the tart double: the same calls in the same order must be answered
 * alike, success by success and code by code. What is not compared is how long things take.
 */
import { expect, test } from 'vitest';
import { hasLsof } from '../../support/tart-rig.ts';
import { GUEST_PLAYS } from './contract-guest-plays.ts';
import { Player } from './contract-player.ts';
import { VM_PLAYS } from './contract-plays.ts';
import { realSide, type Side, simulatedSide } from './contract-sides.ts';

// Leftovers are found by lsof.
const plays = [...VM_PLAYS, ...GUEST_PLAYS].filter(({ options }) => !options?.leavesGhosts || hasLsof());

test.for(plays)(
  'the simulated Mac answers as the real adapters do: $name',
  // The real side has its own waits, and a process for each call.
  { timeout: 60_000 },
  async ({ play, options = {} }, { signal }) => {
    const answers = async (makeSide: () => Side) => {
      await using side = makeSide();
      const player = new Player(side);
      await play(player);
      return player.told;
    };
    const real = await answers(() => realSide(options, signal));
    expect(real).not.toEqual([]);
    expect(await answers(() => simulatedSide(options))).toEqual(real);
  },
);
