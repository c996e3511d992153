/**
 * What a fleet is loaded with: so many hosts with the same pools, jobs that arrive by chance at a share of what its slots
 * can do, and work of every length. The same cell and seed give the same load, whatever the fleet makes of it.
 */
import type { Settings } from '../github/settings.ts';
import { createRandom, type Random } from '../random.ts';
import type { JobPlan } from '../scenario.ts';

export interface Cell {
  readonly hosts: 1 | 6;
  readonly pools: 1 | 2;
  /** Of the fleet's slots; from 1 on the queue grows as long as jobs arrive. */
  readonly load: number;
  readonly work: keyof typeof WORKS;
  /** Whether the second of two pools has as many jobs as the first, or one in ten. */
  readonly mix: keyof typeof MIXES;
  readonly backend: Settings['backend'];
  readonly capacityZero: Settings['capacityZero'];
}

export const SLOTS = 2;
const POOLS = ['ios', 'mac'] as const;
/** Boot, registration and teardown take a slot, too. */
const OVERHEAD_MS = 25_000;

/** The share of the first pool. */
const MIXES = { even: 0.5, rare: 0.9 } as const;

/** Log-normal between two ends, in seconds. */
const WORKS = {
  short: { median: 180, sigma: 0.7, least: 60, most: 600 },
  long: { median: 1_500, sigma: 0.5, least: 600, most: 3_600 },
} as const;

export function poolsOf({ pools }: Cell): readonly string[] {
  return POOLS.slice(0, pools);
}

export function jobsOf(cell: Cell, seed: number, count: number): readonly JobPlan[] {
  const random = createRandom(seed, 'load');
  const works = Array.from({ length: count }, () => workMs(random, cell.work));
  const meanMs = OVERHEAD_MS + works.reduce((sum, ms) => sum + ms, 0) / count;
  const everyMs = meanMs / (cell.load * cell.hosts * SLOTS);
  let atMs = 120_000;
  return works.map((workMs) => {
    atMs += Math.round(-Math.log(1 - random.next()) * everyMs);
    const isSecond = random.next() >= MIXES[cell.mix] && cell.pools === 2;
    return { atMs, pool: POOLS[isSecond ? 1 : 0], workMs, result: 'succeeded', cancelAfterMs: null };
  });
}

function workMs(random: Random, kind: Cell['work']): number {
  const { median, sigma, least, most } = WORKS[kind];
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const seconds = median * Math.exp(sigma * normal);
  return Math.round(1_000 * Math.min(most, Math.max(least, seconds)));
}
