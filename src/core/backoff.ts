/** How long a pool holds its starts back after failures in a row. Counting failures is the daemon's. */

const DELAYS_SECONDS = [0, 5, 10, 20, 40, 80] as const;
const LONGEST_MS = 80_000;

/** Milliseconds to wait after `failures` failed starts in a row. One failure is no pattern: it is retried at once. */
export function retryDelayMs(failures: number): number {
  if (failures === 0) return 0;
  const seconds = DELAYS_SECONDS[failures - 1];
  return seconds === undefined ? LONGEST_MS : seconds * 1_000;
}

/** True once every delay was tried and the pool still fails: a person should look. */
export function isAlarming(failures: number): boolean {
  return failures > DELAYS_SECONDS.length;
}
