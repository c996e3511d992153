/**
 * Deadlines as moments. What comes to hold by the passing of time alone says from when on it holds, so that one and the
 * same reckoning tells whether it holds now and when to look next.
 */

export const ALWAYS = Number.NEGATIVE_INFINITY;
export const NEVER = Number.POSITIVE_INFINITY;

/** From when on something holds for which no time must pass. */
export function holdsIf(condition: boolean): number {
  return condition ? ALWAYS : NEVER;
}

/** The earliest of the moments after `nowMs`. */
export function firstAfter(nowMs: number, moments: readonly number[]): number {
  let firstMs = NEVER;
  for (const atMs of moments) if (atMs > nowMs && atMs < firstMs) firstMs = atMs;
  return firstMs;
}
