/** The status as people see it: the first line answers, everything fits, nothing of others' text gets through raw. */
import { expect, test } from 'vitest';
import { createPaint } from '../../src/cli/paint.ts';
import { statusText } from '../../src/cli/status-text.ts';
import { linesOver } from '../support/program.ts';
import { aJobReport, aPoolReport, aRunnerReport, aStatus, aWaitingJob, NOW_MS } from '../support/reports.ts';

const look = { width: 80, paint: createPaint(false) };

test('a host that is fine says so first, then pools, slots and jobs', () => {
  const text = statusText(aStatus({ jobs: [aJobReport(), aWaitingJob()] }), look);
  expect(text).toBe(
    `Fine. Jobs: 1 running, 0 starting, 1 waiting.
host 7f3a2c · 1 of 2 VMs running · agent 0.1.0 up 3 h · https://github.com/acme

POOL      QUEUE      RUNNERS  WARM  ASSIGNED  ANNOUNCED  NOTE
xcode-26  listening      1/2   0/1         1          2

SLOT  RUNNER                       PHASE    FOR  JOB
   0  mr-7f3a2c-xcode-26-k3x9d2m1  busy   3 min  Build and test (acme/app)
   1  free

JOB       NAME            REPOSITORY  STATE      FOR  RUNNER OR CAUSE
3f2a9c1e  Build and test  acme/app    running  3 min  mr-7f3a2c-xco…-26-k3x9d2m1
9b7d4410  Lint            acme/app    waiting   42 s  slot-busy`,
  );
});

test('what is not fine comes first, worst before the rest, notes after them', () => {
  const problems = ['Tart cannot be read.', 'Pool ios: its queue is in trouble.'];
  const [first, second, third] = statusText(
    aStatus({ isFine: false, problems, notes: ['An older Tart.'] }),
    look,
  ).split('\n');
  expect([first, second, third]).toEqual([
    'Not fine. Tart cannot be read.',
    '! Pool ios: its queue is in trouble.',
    '· An older Tart.',
  ]);
});

test('no line is wider than 80 columns, however long the names', () => {
  const long = (start: string) => start + 'x'.repeat(60);
  const status = aStatus({
    problems: [`${long('Tart ')} ${long('cannot ')} be read`],
    isFine: false,
    github: { url: 'https://github.example.com/a-rather-long-organisation-name' },
    pools: [
      aPoolReport({ name: 'xcode-26-with-a-very-long-name-x', queue: 'trouble', trouble: long('refused ') }),
    ],
    runners: [aRunnerReport({ name: `mr-7f3a2c-${'p'.repeat(32)}-k3x9d2m1`, phase: 'registering' })],
    jobs: [
      aWaitingJob({ displayName: long('🚀 '), repository: long('acme/'), cause: 'demand-unknown' }),
      aJobReport({ runner: long('mr-') }),
    ],
  });
  expect(linesOver(80, statusText(status, look))).toEqual([]);
});

test('a pool that backs off says until when', () => {
  const pools = [aPoolReport({ failures: 3, retryAtMs: NOW_MS + 20_000 })];
  expect(statusText(aStatus({ pools }), look)).toContain('3 failed; retry in 20 s');
});

test('a pool that registers elsewhere than the others says where', () => {
  const pools = [aPoolReport(), aPoolReport({ name: 'mac', url: 'https://github.com/globex' })];
  const lines = statusText(aStatus({ pools }), { ...look, width: 120 }).split('\n');
  expect(lines.filter((line) => line.includes('https://github.com/globex'))).toEqual([
    expect.stringMatching(/^mac /),
  ]);
});

test('what is unknown is not shown as zero', () => {
  const text = statusText(aStatus({ vms: null, pools: [aPoolReport({ assigned: null })] }), look);
  expect(text).toContain('VMs unknown');
  expect(text).toMatch(/listening +1\/2 +0\/1 +\? /);
});

test('only the newest finished jobs are shown', () => {
  const jobs = Array.from({ length: 9 }, (_, index) =>
    aJobReport({
      id: `${index}`.repeat(8),
      state: 'completed',
      result: 'succeeded',
      completedMs: NOW_MS - index * 60_000,
    }),
  );
  const text = statusText(aStatus({ jobs }), look);
  expect(text).toContain('44444444');
  expect(text).not.toContain('55555555');
});

test('a job cannot command the terminal by its name', () => {
  const text = statusText(
    aStatus({ jobs: [aWaitingJob({ displayName: '\u001B[2J\u001B]0;x\u0007gone' })] }),
    look,
  );
  expect(text).not.toContain('\u001B');
});

test('VMs that macOS counts though nobody sees them are told beside those of others', () => {
  const text = statusText(aStatus({ vms: { running: 1, foreign: 1, ghosts: 1 } }), { ...look, width: 200 });
  expect(text).toContain('1 of 2 VMs running, 1 not ours, 1 not to be seen');
});
