/**
 * How long the loop waits for a wake-up before it looks by itself: until something is due, and no longer than a few seconds,
 * for some things are noticed by looking only: a host that slept, a clock that was set, the disk, the hour, what the ledger
 * counts by age. All else that time alone can change says when it is due.
 */

/** A host stands still for most of its life, so looking costs. `SteadyClock.look` takes a longer pause for sleep. */
const CALM_MS = 5_000;
/** Whatever is due, the loop does not spin. */
const LEAST_MS = 20;

/** `restMs`: until something is due. */
export function nextLookMs(restMs: number): number {
  return Math.min(CALM_MS, Math.max(LEAST_MS, restMs));
}
