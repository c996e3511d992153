/** The story of a job that did not end as it should: GitHub's view, what chaos did meanwhile, and what the ledger tells of its runners. */

import { join } from 'node:path';
import { openLedger } from '../../src/ledger/open.ts';
import type { Stage } from '../e2e/stage.ts';
import type { Chronicle } from './chronicle.ts';
import type { Judged } from './judge.ts';

interface Line {
  readonly atMs: number;
  readonly text: string;
}

/** Before a job comes and after it ended, so much may bear upon it. */
const MARGIN_MS = 3_000;
const LOG_LINES = 12;

export async function tellStories(
  stage: Stage,
  chronicle: Chronicle,
  judged: readonly Judged[],
): Promise<readonly string[]> {
  const { ledger } = await openLedger(join(stage.home, 'ledger/ledger.db'), { nowMs: Date.now });
  try {
    return judged.flatMap(({ order, verdict, isDuplicated }) => {
      const job = stage.github.jobs().find(({ jobId }) => jobId === order.jobId);
      if (!job) return [`${order.name}: GitHub never heard of it`];
      const runners = runnersOf(chronicle, order.jobId, job.runnerName);
      const lines = [
        ...atGitHub(job),
        ...starts(chronicle, order.jobId),
        ...meanwhile(chronicle, job.queuedAt - MARGIN_MS, (job.completedAt ?? Date.now()) + MARGIN_MS),
        ...runners.flatMap((name) => ofRunner(name, ledger.timeline(name))),
      ].toSorted((a, b) => a.atMs - b.atMs);
      const verdicts = isDuplicated ? `${verdict}, run twice` : verdict;
      return [
        `${order.name} (${job.jobId}): ${verdicts}; it should end as ${order.expect}, GitHub says ${job.conclusion ?? job.status}`,
        ...lines.map(({ atMs, text }) => `  ${new Date(atMs).toISOString().slice(11, 23)}  ${text}`),
        ...job.log.slice(-LOG_LINES).map((line) => `  log: ${line}`),
      ];
    });
  } finally {
    ledger.close();
  }
}

type Job = ReturnType<Stage['github']['jobs']>[number];

function runnersOf({ starts: all }: Chronicle, jobId: string, last: string | null): readonly string[] {
  const started = all.filter((start) => start.jobId === jobId).map(({ runner }) => runner);
  return [...new Set(last === null ? started : [...started, last])];
}

function atGitHub({ queuedAt, assignedAt, completedAt, conclusion, runnerName }: Job): readonly Line[] {
  return [
    { atMs: queuedAt, text: 'GitHub: queued' },
    ...(assignedAt === null ? [] : [{ atMs: assignedAt, text: 'GitHub: assigned to the host' }]),
    ...(completedAt === null
      ? []
      : [{ atMs: completedAt, text: `GitHub: completed as ${conclusion} on ${runnerName ?? 'no runner'}` }]),
  ];
}

function starts({ starts: all }: Chronicle, jobId: string): readonly Line[] {
  return all
    .filter((start) => start.jobId === jobId)
    .map(({ atMs, runner }) => ({ atMs, text: `GitHub: started on ${runner}` }));
}

function meanwhile({ deeds }: Chronicle, fromMs: number, toMs: number): readonly Line[] {
  return deeds
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .map(({ atMs, text }) => ({ atMs, text: `CHAOS: ${text}` }));
}

function ofRunner(
  name: string,
  timeline: readonly { atMs: number; what: string; detail: object }[],
): readonly Line[] {
  return timeline.map(({ atMs, what, detail }) => ({
    atMs,
    text: `ledger: ${name} ${what} ${JSON.stringify(detail).slice(0, 200)}`,
  }));
}
