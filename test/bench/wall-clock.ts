/**
 * The time of day to a fraction of a millisecond, to be compared with what another process stamped. `Date.now` is too
 * coarse, and `performance.timeOrigin` drifts away from the system's clock while that is being disciplined.
 */

export interface WallClock {
  /** Milliseconds since 1970, with decimals. */
  now(): number;
  /** Compares with the system's clock again; takes up to a millisecond. Call it before each measurement. */
  set(): void;
}

export function createWallClock(): WallClock {
  let offsetMs = readOffset();
  return {
    now: () => offsetMs + performance.now(),
    set() {
      offsetMs = readOffset();
    },
  };
}

/** Watches the system's clock until its millisecond turns. */
function readOffset(): number {
  const startMs = Date.now();
  let atMs = startMs;
  while (atMs === startMs) atMs = Date.now();
  return atMs - performance.now();
}
