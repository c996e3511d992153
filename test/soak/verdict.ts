/** What a soak came to: one line for programs, a few for people, and whether all was as it should be. Pure. */
import { placesIn, UPKEEP } from './conditions.ts';
import { afterWarmUp, most, rise, rowsPerKeptJob, type Sample, slopePer1000 } from './series.ts';

/** What is judged. */
export interface Soaked {
  readonly jobs: number;
  readonly seed: number;
  readonly ended: number;
  readonly cancelled: number;
  readonly samples: readonly Sample[];
  readonly seconds: number;
  /** Jobs that ended otherwise than meant, or not at all, in words. */
  readonly lost: readonly string[];
  /** What else was not as it should be. */
  readonly complaints: readonly string[];
}

export interface Verdict {
  readonly summary: ReturnType<typeof summarize>;
  readonly problems: readonly string[];
}

/** What may grow, and by how much: `noise` over a whole soak says nothing, `leak` more for each 1,000 jobs does. In KiB. */
const GROWTHS = [
  // Pages are the system's affair, too.
  { what: 'rssKiB', name: 'resident memory', perKiB: 1, noise: 6 * 1_024, leak: 256 },
  // Of what is reachable; what was called often has more machine code for a while.
  { what: 'heapKiB', name: 'the heap', perKiB: 1, noise: 2 * 1_024, leak: 128 },
  // Its file is as large as what was ever kept at a time, which was more when jobs went faster.
  { what: 'ledgerBytes', name: 'the ledger', perKiB: 1_024, noise: 2 * 1_024, leak: 64 },
] as const;
/** Connections come and go. */
const FDS_NOISE = 6;
const ROWS_OF_A_JOB = 60;
/** From the moment that something is old enough until it was surely forgotten and looked at, on a busy machine. */
const LATE_SECONDS = 5;
/** After so many the log was turned over as often as it has files. */
const JOBS_TO_ROTATE = 1_000;

export function judge(soaked: Soaked): Verdict {
  const samples = afterWarmUp(soaked.samples);
  const problems = [
    ...soaked.lost,
    ...soaked.complaints,
    ...growthProblems(samples),
    ...descriptorProblems(samples),
    ...diskProblems(soaked.ended, soaked.samples),
  ];
  return { summary: summarize(soaked, samples, problems.length === 0), problems };
}

function summarize(soaked: Soaked, samples: readonly Sample[], ok: boolean) {
  const { jobs, lost, cancelled, seconds, seed } = soaked;
  return {
    v: 1,
    jobs,
    lost: lost.length,
    rssSlopeKiBPer1000: Math.round(slopePer1000(samples, 'rssKiB')),
    fds: most(soaked.samples, 'fds'),
    ok,
    heapSlopeKiBPer1000: Math.round(slopePer1000(samples, 'heapKiB')),
    rssMiB: Math.round(most(soaked.samples, 'rssKiB') / 1_024),
    ledgerBytes: most(soaked.samples, 'ledgerBytes'),
    ledgerRows: most(soaked.samples, 'ledgerRows'),
    logBytes: most(soaked.samples, 'logBytes'),
    logFiles: most(soaked.samples, 'logFiles'),
    ...{ cancelled, seed, samples: soaked.samples.length, seconds: Math.round(seconds) },
  };
}

function growthProblems(samples: readonly Sample[]): readonly string[] {
  const span = ((samples.at(-1)?.jobs ?? 0) - (samples[0]?.jobs ?? 0)) / 1_000;
  return GROWTHS.flatMap(({ what, name, perKiB, noise, leak }) => {
    const slope = slopePer1000(samples, what) / perKiB;
    if (slope * span <= noise + leak * span) return [];
    return [`${name} grew by ${Math.round(slope)} KiB in 1,000 jobs, ${Math.round(slope * span)} KiB in all`];
  });
}

function descriptorProblems(samples: readonly Sample[]): readonly string[] {
  const more = rise(samples, 'fds');
  return more > FDS_NOISE ? [`${more} more file descriptors are open in the later half`] : [];
}

function diskProblems(ended: number, samples: readonly Sample[]): readonly string[] {
  const { maxBytes, keep } = placesIn('').logLimits;
  const rows = rowsPerKeptJob(samples, (UPKEEP.keptMs + UPKEEP.everyMs) / 1_000 + LATE_SECONDS);
  const [bytes, files] = [most(samples, 'logBytes'), most(samples, 'logFiles')];
  return [
    ...(rows > ROWS_OF_A_JOB
      ? [`the ledger has ${Math.round(rows)} rows for each job that it should still know`]
      : []),
    ...(files > keep + 1 || bytes > maxBytes * (keep + 1)
      ? [`the log has ${files} files and ${bytes} bytes`]
      : []),
    ...(ended > JOBS_TO_ROTATE && files <= keep ? ['the log was not turned over'] : []),
  ];
}

export function closingLines({ summary, problems }: Verdict): readonly string[] {
  const { jobs, lost, cancelled, seconds, seed } = summary;
  return [
    `jobs       ${jobs}: ${lost} lost, ${cancelled} cancelled as ordered`,
    `memory     ${summary.rssMiB} MiB resident, ${signed(summary.rssSlopeKiBPer1000)} KiB in 1,000 jobs; heap ${signed(summary.heapSlopeKiBPer1000)} KiB`,
    `files      ${summary.fds} descriptors; ledger ${kib(summary.ledgerBytes)} KiB and ${summary.ledgerRows} rows, log ${kib(summary.logBytes)} KiB in ${summary.logFiles} files, at most`,
    `time       ${seconds} s, ${summary.samples} looks, seed ${seed}`,
    ...(problems.length === 0
      ? ['All as it should be.']
      : ['NOT as it should be:', ...problems.slice(0, MOST_TOLD).map((problem) => `  ${problem}`)]),
  ];
}

const MOST_TOLD = 20;

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

function kib(bytes: number): number {
  return Math.round(bytes / 1_024);
}
