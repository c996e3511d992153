/** The few statistics that the benchmark gives: quantiles, and from where to where a measurement ran. */

/** The `share` quantile (0 to 1), between two samples by straight line. @throws RangeError without samples */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  if (low === undefined || high === undefined) throw new RangeError('a quantile of no samples');
  return low + (high - low) * (at - Math.floor(at));
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** The smallest and the largest sample. */
export function spreadOf(samples: readonly number[]): readonly [min: number, max: number] {
  return [quantile(samples, 0), quantile(samples, 1)];
}
