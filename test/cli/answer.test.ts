/** `why`: one cause with words for each, or who serves the job. */
import { expect, test } from 'vitest';
import { whyHost, whyJob, whyPool, whyRunner } from '../../src/cli/answer.ts';
import { CAUSES } from '../../src/core/step.ts';
import { aJobReport, aPoolReport, aRunnerReport, aStatus, aWaitingJob, NOW_MS } from '../support/reports.ts';

test.each(CAUSES)('a job that waits for %s gets its one cause, a sentence and an advice', (cause) => {
  const answer = whyJob(aWaitingJob({ cause }), undefined, NOW_MS);
  expect(answer.cause).toBe(cause);
  expect(answer.text).toMatch(/^It waits for 42 s, because .{10,}\.$/);
  expect(answer.remedy).toMatch(/.{10,}/);
});

test('every cause has words of its own', () => {
  const texts = CAUSES.map((cause) => whyJob(aWaitingJob({ cause }), undefined, NOW_MS).text);
  expect(new Set(texts).size).toBe(CAUSES.length);
});

test('a job that runs or starts names its runner and has no cause', () => {
  expect(whyJob(aJobReport(), aRunnerReport(), NOW_MS)).toMatchObject({
    cause: null,
    runners: ['mr-7f3a2c-xcode-26-k3x9d2m1'],
    text: 'It has been running for 3 min on mr-7f3a2c-xcode-26-k3x9d2m1.',
  });
  const starting = whyJob(
    aJobReport({ state: 'starting', startedMs: null }),
    aRunnerReport({ phase: 'booting' }),
    NOW_MS,
  );
  expect(starting.text).toContain('which is booting for 3 min');
});

test('a finished job says how it ended', () => {
  const job = aJobReport({ state: 'completed', result: 'failed', completedMs: NOW_MS - 60_000 });
  expect(whyJob(job, undefined, NOW_MS).text).toBe(
    'It failed after 2 min on mr-7f3a2c-xcode-26-k3x9d2m1, 1 min ago.',
  );
});

test('a pool that does not listen says why', () => {
  const answer = whyPool(aPoolReport({ announced: 0, resting: 'image-missing' }), aStatus({ jobs: [] }));
  expect(answer.cause).toBe('image-missing');
  expect(answer.text).toMatch(/^It takes no job, because the pool/);
});

test('a pool answers for its oldest job, and for its queue before that', () => {
  const pool = aPoolReport();
  const jobs = [
    aWaitingJob({ cause: 'pool-full', assignedMs: NOW_MS - 1_000 }),
    aWaitingJob({ cause: 'image-missing' }),
  ];
  expect(whyPool(pool, aStatus({ jobs })).cause).toBe('image-missing');
  const cutOff = whyPool(aPoolReport({ queue: 'trouble', trouble: 'status 403' }), aStatus({ jobs }));
  expect(cutOff).toMatchObject({ cause: 'demand-unknown' });
  expect(cutOff.text).toContain('status 403');
});

test('a pool where nothing waits names who serves it', () => {
  const answer = whyPool(aPoolReport(), aStatus());
  expect(answer).toMatchObject({
    cause: null,
    remedy: null,
    text: 'Nothing waits; mr-7f3a2c-xcode-26-k3x9d2m1 is busy.',
  });
});

const host = { id: '7f3a2c', slots: 2, isDraining: false, unfit: null };
test.each([
  ['disk-low', { host: { ...host, isDraining: true, unfit: 'only 12 GiB are free', isDiskShort: true } }],
  ['host-unfit', { host: { ...host, isDraining: true, unfit: 'the free space of /vms cannot be read' } }],
  ['draining', { host: { ...host, isDraining: true }, vms: null }],
  ['vms-unknown', { vms: null }],
  ['foreign-vms', { vms: { running: 2, foreign: 2 } }],
  ['ghost-vms', { vms: { running: 1, foreign: 1, ghosts: 1 } }],
  ['demand-unknown', { pools: [aPoolReport({ queue: 'trouble', trouble: 'offline' })] }],
  ['slot-busy', { jobs: [aWaitingJob()] }],
  [null, {}],
] as const)('the host answers %s for its gravest trouble', (cause, change) => {
  expect(
    whyHost(
      aStatus({
        ...change,
        pools: [...('pools' in change ? change.pools : [aPoolReport()])],
        jobs: [...('jobs' in change ? change.jobs : [])],
      }),
    ).cause,
  ).toBe(cause);
});

test('what the host itself says about a cause is passed on', () => {
  const answer = whyHost(aStatus({ host: { ...host, unfit: '12 GiB of disk are free' } }));
  expect(answer.text).toContain('12 GiB of disk are free');
});

test('a runner says what it does, and for whom', () => {
  const text = 'It has been busy for 3 min, made 3 min ago. It serves Build and test (acme/app).';
  expect(whyRunner(aRunnerReport(), aJobReport(), NOW_MS).text).toBe(text);
  expect(
    whyRunner(aRunnerReport({ phase: 'stopping', why: 'idle-timeout' }), undefined, NOW_MS).text,
  ).toContain('stopping (idle-timeout)');
});
