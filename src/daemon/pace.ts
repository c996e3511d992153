/**
 * How soon the loop looks again when nothing wakes it. Deadlines that count in seconds are kept to the second; where the
 * next one is minutes or hours away the agent sleeps, for a host stands like that most of its life.
 */
import type { Runner } from '../core/runner.ts';

const SOON_MS = 1_000;
const CALM_MS = 5_000;
/** Longer than any wait of the plan that a warm runner is under: it is surplus only after 15 s. */
const SETTLED_MS = 20_000;

interface Scene {
  readonly nowMs: number;
  readonly runners: readonly Runner[];
  /** Jobs, or a pool's new try. */
  readonly isWaiting: boolean;
  /** Runners whose channel is silent. */
  readonly silent: ReadonlyMap<string, number>;
}

/** Milliseconds from this look to the next. */
export function nextLookMs({ nowMs, runners, isWaiting, silent }: Scene): number {
  const isCalm = (runner: Runner): boolean =>
    (runner.phase === 'warm' || runner.phase === 'busy') &&
    runner.jobEndedMs === null &&
    runner.toldDoneMs === null &&
    nowMs - runner.sinceMs >= SETTLED_MS &&
    !silent.has(runner.name);
  return !isWaiting && runners.every(isCalm) ? CALM_MS : SOON_MS;
}
