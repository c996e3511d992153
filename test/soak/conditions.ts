/**
 * Under which conditions the agent soaks: everything that takes days on a Mac takes milliseconds, and every limit that
 * is reached once a month is reached in a minute. What is told of the numbers holds for these.
 */
import { join } from 'node:path';
import type { Durations } from '../simulation/tart/settings.ts';

export const HOST_ID = 'soak01';
export const IMAGE = 'template';
export const POOLS = ['ios', 'mac'] as const;

/** Two pools share both slots, so that their capacities change all the time and held polls are cut for it. */
export function configOf(url: string) {
  return {
    github: { url, token: 'file:token' },
    host: { slots: 2, diskFloorGiB: 0 },
    pools: POOLS.map((name) => ({ name, labels: [name], defaultLabels: false, image: IMAGE })),
  };
}

/** A held poll is cut for a new capacity at most so often; on a real host every five seconds. */
export const TIMINGS = { cutEveryMs: 20 } as const;

/** How long the ledger keeps what is over, and how often it is looked at: a month or more, and a day on a real host. */
export const UPKEEP = { keptMs: 5_000, everyMs: 1_000 } as const;

/** Tokens of GitHub's that are renewed two minutes before their end live so long. */
export const TOKEN_MS = 130_000;

/** The Mac's time goes so much faster than ours. */
export const SPEED = 20;

/** In the Mac's own milliseconds. */
export const MAC_DURATIONS: Durations = {
  ...{ spawn: [5, 30], reply: [1, 15], clone: [20, 200], configure: [5, 20], launch: [20, 100] },
  ...{ seen: [20, 60], stop: [20, 100], delete: [10, 60], exec: [20, 60], look: [0, 20], connect: [0, 100] },
  ...{ acquire: [0, 100], setUp: [0, 100], cancel: [20, 400], exit: [20, 100] },
};
export const BOOT_MS = 60;
export const MOST_WORK_MS = 400;

/** Characters of a JIT configuration: about as long as a real one. */
export const JIT_LENGTH = 4_000;

const MIB = 1024 ** 2;

/** All that the agent writes, in its home. */
export function placesIn(home: string) {
  return {
    ledger: join(home, 'ledger', 'ledger.db'),
    log: join(home, 'logs', 'agent.log'),
    logLimits: { maxBytes: MIB / 4, keep: 2 },
    socket: join(home, 'agent.sock'),
  };
}
