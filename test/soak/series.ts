/** What was measured over the time of a soak, and what it says: is it flat, is it bounded? Pure. */

export interface Sample {
  readonly seconds: number;
  /** Jobs that had ended. */
  readonly jobs: number;
  readonly rssKiB: number;
  readonly heapKiB: number;
  readonly fds: number;
  /** With its log beside it; archived events of the audit stream do not count, they are kept for good. */
  readonly ledgerBytes: number;
  /** All rows that become more with each job. */
  readonly ledgerRows: number;
  readonly logBytes: number;
  readonly logFiles: number;
}

export type Measure = Exclude<keyof Sample, 'jobs' | 'seconds'>;

/** A process grows until everything was used once: it is judged from then on, and after few jobs not at all. */
const WARM_UP_SHARE = 0.25;
const WARM_UP_JOBS = 300;
/** Jobs that are open, and what the ledger keeps of every pool. */
const ALWAYS_KEPT = 10;

export function afterWarmUp(samples: readonly Sample[]): readonly Sample[] {
  const last = samples.at(-1)?.jobs ?? 0;
  return samples.filter(({ jobs }) => jobs >= Math.max(last * WARM_UP_SHARE, WARM_UP_JOBS));
}

/** By how much `what` grows in 1,000 jobs: the slope of the line with the least squares; 0 where there is no line. */
export function slopePer1000(samples: readonly Sample[], what: Measure): number {
  const meanJobs = mean(samples.map(({ jobs }) => jobs));
  const meanValue = mean(samples.map((sample) => sample[what]));
  let together = 0;
  let spread = 0;
  for (const sample of samples) {
    const away = sample.jobs - meanJobs;
    together += away * (sample[what] - meanValue);
    spread += away * away;
  }
  return spread === 0 ? 0 : (together / spread) * 1_000;
}

export function most(samples: readonly Sample[], what: Measure): number {
  return samples.reduce((sofar, sample) => Math.max(sofar, sample[what]), 0);
}

/** By how much the most of the later half is above the most of the earlier one. */
export function rise(samples: readonly Sample[], what: Measure): number {
  const middle = Math.ceil(samples.length / 2);
  return most(samples.slice(middle), what) - most(samples.slice(0, middle), what);
}

/** The ledger's rows for each job that ended within the `keptSeconds` before, at their most. */
export function rowsPerKeptJob(samples: readonly Sample[], keptSeconds: number): number {
  let before = 0;
  let worst = 0;
  for (const { seconds, jobs, ledgerRows } of samples) {
    while ((samples[before + 1]?.seconds ?? seconds) <= seconds - keptSeconds) before += 1;
    const oldest = samples[before];
    const forgotten = oldest && oldest.seconds <= seconds - keptSeconds ? oldest.jobs : 0;
    worst = Math.max(worst, ledgerRows / (jobs - forgotten + ALWAYS_KEPT));
  }
  return worst;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
