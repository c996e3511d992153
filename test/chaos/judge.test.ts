/** What counts as lost, as died with its VM, and as run twice. */
import { expect, test } from 'vitest';
import type { Chronicle, Order } from './chronicle.ts';
import { type EndedJob, judgeJobs } from './judge.ts';

const ORDER: Order = { jobId: 'a', name: 'job-1', expect: 'success', cancelAtMs: null };
const JOB: EndedJob = {
  jobId: 'a',
  status: 'completed',
  conclusion: 'success',
  runnerName: 'mr-1',
  log: ['begun'],
};
const SILENT: EndedJob = {
  ...JOB,
  conclusion: 'failure',
  log: ['begun', 'The self-hosted runner lost communication with the server.'],
};

interface Case {
  readonly order?: Partial<Order>;
  readonly job?: EndedJob | null;
  readonly ran?: number;
  readonly killed?: readonly string[];
  readonly starts?: number;
}

function judge({ order, job = JOB, ran = 1, killed = [], starts = 1 }: Case) {
  const tale: Pick<Chronicle, 'orders' | 'deaths' | 'starts'> = {
    orders: [{ ...ORDER, ...order }],
    deaths: killed.map((vm) => ({ vm, atMs: 1 })),
    starts: Array.from({ length: starts }, () => ({ jobId: 'a', runner: 'mr-1', atMs: 1 })),
  };
  const [judged] = judgeJobs(tale, job === null ? [] : [job], new Map([['job-1', ran]]));
  return judged;
}

test.each<readonly [string, Case, string]>([
  ['ended as its script says', {}, 'as-expected'],
  [
    'failed as its script says',
    { order: { expect: 'failure' }, job: { ...JOB, conclusion: 'failure' } },
    'as-expected',
  ],
  [
    'was cancelled before it ran',
    { order: { expect: 'cancelled' }, job: { ...JOB, conclusion: 'cancelled' }, ran: 0 },
    'as-expected',
  ],
  ['was never heard of', { job: null }, 'lost'],
  ['never ended', { job: { ...JOB, status: 'assigned', conclusion: null } }, 'lost'],
  ['failed though its script succeeds', { job: { ...JOB, conclusion: 'failure' } }, 'lost'],
  [
    'failed as expected without one step',
    { order: { expect: 'failure' }, job: { ...JOB, conclusion: 'failure' }, ran: 0 },
    'lost',
  ],
  ['fell silent in a VM that was killed', { job: SILENT, killed: ['mr-1'] }, 'died-with-vm'],
  ['fell silent in a VM that nobody killed', { job: SILENT, killed: ['mr-2'] }, 'lost'],
  ['fell silent though a failure was expected', { order: { expect: 'failure' }, job: SILENT }, 'lost'],
  ['succeeded in a VM that was killed later', { killed: ['mr-1'] }, 'as-expected'],
])('a job that %s', (_, given, verdict) => {
  expect(judge(given)).toMatchObject({ verdict, isDuplicated: false });
});

test('a job ran twice when its steps began twice, by its own word or by GitHub’s', () => {
  expect(judge({ ran: 2 })?.isDuplicated).toBe(true);
  expect(judge({ starts: 2 })?.isDuplicated).toBe(true);
});
