/** What a run of chaos came to: one line for programs, a few for people. */

import { availableParallelism, loadavg } from 'node:os';
import { quantile } from '../bench/quantile.ts';
import { leftovers } from '../e2e/play.ts';
import type { Stage } from '../e2e/stage.ts';
import type { Ended } from './chaos.ts';
import { type Judged, judgeJobs } from './judge.ts';
import { timesRan } from './load.ts';
import { readoptions } from './readopt.ts';

/** The goal for taking up all that runs. */
const READOPT_MS = 2_000;
/** With more processes than this waiting for each core, a time says more of the machine: it is told, not judged. */
const BUSY_MACHINE = 2;

export interface Findings {
  readonly judged: readonly Judged[];
  readonly readoptMs: readonly number[];
  /** What is left on the host and at GitHub, in words with a count. */
  readonly left: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

export function examine(stage: Stage, { chronicle }: Ended): Findings {
  const judged = judgeJobs(chronicle, stage.github.jobs(), timesRan(stage));
  const readoptMs = readoptions(chronicle, READOPT_MS);
  const sessions = stage.github.scaleSets().filter(({ session }) => session !== null).length;
  const left = { ...leftovers(stage), sessions };
  const p95 = p95Of(readoptMs);
  const problems = [
    ...judged.filter(({ verdict }) => verdict === 'lost').map(({ order }) => `${order.name} is lost`),
    ...judged.filter(({ isDuplicated }) => isDuplicated).map(({ order }) => `${order.name} ran twice`),
    ...Object.entries(left).flatMap(([what, count]) => (count > 0 ? [`left over: ${count} ${what}`] : [])),
    ...(p95 > READOPT_MS && !isMachineBusy()
      ? [`taking up what runs took ${p95} ms at the 95th percentile`]
      : []),
    ...chronicle.complaints,
  ];
  return { judged, readoptMs, left, problems };
}

/** The one line of `--json`. */
export function summarize(kills: number, seed: number, seconds: number, ended: Ended, found: Findings) {
  const { chronicle, upgrades } = ended;
  return {
    v: 1,
    kills,
    jobs: chronicle.orders.length,
    lost: found.judged.filter(({ verdict }) => verdict === 'lost').length,
    duplicated: found.judged.filter(({ isDuplicated }) => isDuplicated).length,
    leftovers: Object.values(found.left).reduce((sum, count) => sum + count, 0),
    p95ReadoptMs: p95Of(found.readoptMs),
    diedWithVm: found.judged.filter(({ verdict }) => verdict === 'died-with-vm').length,
    vmsKilled: chronicle.deaths.length,
    /** Kills that met at least one running job. */
    whileJobsRan: chronicle.lives.filter(({ jobsAtKill }) => (jobsAtKill ?? 0) > 0).length,
    upgrades,
    readoptions: found.readoptMs.length,
    seed,
    seconds: Math.round(seconds),
    ok: found.problems.length === 0,
  };
}

export function closingLines(
  sum: ReturnType<typeof summarize>,
  { left, problems }: Findings,
): readonly string[] {
  const leftovers = Object.entries(left).map(([what, count]) => `${count} ${what}`);
  return [
    `daemon     killed ${sum.kills} times, ${sum.whileJobsRan} of them while jobs ran; ${sum.upgrades} changes of version`,
    `           all VMs taken up within ${sum.p95ReadoptMs} ms (p95 of ${sum.readoptions})`,
    `jobs       ${sum.jobs}: ${sum.lost} lost, ${sum.duplicated} run twice, ${sum.diedWithVm} died with one of ${sum.vmsKilled} VMs killed`,
    `leftovers  ${leftovers.join(', ')}`,
    `time       ${sum.seconds} s, seed ${sum.seed}`,
    ...(problems.length === 0
      ? ['All as it should be.']
      : ['NOT as it should be:', ...problems.map((problem) => `  ${problem}`)]),
  ];
}

function isMachineBusy(): boolean {
  return (loadavg()[0] ?? 0) / availableParallelism() > BUSY_MACHINE;
}

function p95Of(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.round(quantile(values, 0.95));
}
