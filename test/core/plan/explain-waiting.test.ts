/** Each waiting job has one cause. */
import { expect, test } from 'vitest';
import { explainRest } from '../../../src/core/plan/explain-waiting.ts';
import { surveyWorld } from '../../../src/core/plan/survey.ts';
import { plan } from '../../../src/core/plan.ts';
import { CAUSES, type Cause } from '../../../src/core/step.ts';
import { aJob, aName, aPool, aRunner, aVm, aWorld, jobs, known, NOW, unknown } from '../../support/world.ts';

type Details = Parameters<typeof aWorld>[0];
const pool = aPool('ios', { demand: jobs(aJob('1')) });
const busy = [aRunner('a', 'busy', { pool: 'mac', slot: 0 }), aRunner('b', 'busy', { pool: 'mac', slot: 1 })];
const waiting = (details: Details) => plan(aWorld({ pools: [pool], ...details })).waiting;

/** `demand-unknown` has no row: a queue that cannot be read lists no jobs. */
const ROWS: Record<Exclude<Cause, 'demand-unknown'>, Details> = {
  draining: { host: { isDraining: true } },
  'disk-low': { host: { isDiskShort: true } },
  'host-unfit': { host: { unfit: 'its disk cannot be read' } },
  'vms-unknown': { vms: unknown },
  'image-unknown': { pools: [{ ...pool, image: 'unknown' }] },
  'image-missing': { pools: [{ ...pool, image: 'missing' }] },
  'backing-off': { pools: [{ ...pool, retryAtMs: NOW + 1 }] },
  'pool-full': { pools: [{ ...pool, max: 0 }] },
  'foreign-vms': { vms: known([aVm('dev-1'), aVm('dev-2')]) },
  'ghost-vms': { host: { ghosts: 2 } },
  'slot-busy': { runners: busy },
};

test.each(Object.entries(ROWS))('a job waits with the cause %s', (cause, details) => {
  expect(waiting(details)).toEqual([{ jobId: '1', pool: 'ios', cause }]);
});

test('of several causes the first of the list is told', () => {
  const all = {
    host: { isDraining: true, isDiskShort: true, unfit: 'its disk cannot be read' },
    vms: unknown,
    pools: [{ ...pool, image: 'missing' as const, retryAtMs: NOW + 1, max: 0 }],
  };
  expect(waiting(all)[0]?.cause).toBe(CAUSES[0]);
  expect(waiting({ ...all, host: {} })[0]?.cause).toBe('vms-unknown');
  expect(waiting({ ...all, host: {}, vms: known([]) })[0]?.cause).toBe('image-missing');
});

test('the oldest jobs are served first, the rest wait', () => {
  const demand = jobs(aJob('1'), aJob('2'), aJob('3'), aJob('4'));
  expect(waiting({ pools: [aPool('ios', { max: 4, demand })], runners: [aRunner('a', 'idle')] })).toEqual([
    { jobId: '3', pool: 'ios', cause: 'slot-busy' },
    { jobId: '4', pool: 'ios', cause: 'slot-busy' },
  ]);
});

test('what exceeds the pool waits for the pool, what is within it for a slot', () => {
  const demand = jobs(aJob('1'), aJob('2'), aJob('3'));
  expect(waiting({ host: { slots: 1 }, pools: [aPool('ios', { demand })] })).toEqual([
    { jobId: '3', pool: 'ios', cause: 'pool-full' },
    { jobId: '2', pool: 'ios', cause: 'slot-busy' },
  ]);
});

test('only as many jobs blame foreign VMs as there are of those', () => {
  const pools = [aPool('ios', { max: 4, demand: jobs(aJob('1'), aJob('2'), aJob('3')) })];
  expect(waiting({ pools, vms: known([aVm('dev-box')]) })).toEqual([
    { jobId: '2', pool: 'ios', cause: 'foreign-vms' },
    { jobId: '3', pool: 'ios', cause: 'slot-busy' },
  ]);
  expect(waiting({ pools: [pool], runners: busy, vms: known([aVm('dev-box')]) })[0]?.cause).toBe('slot-busy');
});

test('VMs of others are blamed before ghosts, ghosts before our own', () => {
  const pools = [aPool('ios', { max: 4, demand: jobs(aJob('1'), aJob('2'), aJob('3')) })];
  expect(waiting({ host: { ghosts: 1 }, pools, vms: known([aVm('dev-box')]) })).toEqual([
    { jobId: '1', pool: 'ios', cause: 'foreign-vms' },
    { jobId: '2', pool: 'ios', cause: 'ghost-vms' },
    { jobId: '3', pool: 'ios', cause: 'slot-busy' },
  ]);
  expect(waiting({ host: { ghosts: 1 }, pools: [pool], runners: busy })[0]?.cause).toBe('slot-busy');
});

test('a started job takes its own runner, not the one that the next job needs', () => {
  const started = aJob('1', { startedMs: NOW, runner: aName('a') });
  const pools = [aPool('ios', { demand: jobs(started, aJob('2')) })];
  const runners = [aRunner('a', 'busy', { slot: 0 }), aRunner('x', 'busy', { pool: 'mac', slot: 1 })];
  expect(waiting({ pools, runners })).toEqual([{ jobId: '2', pool: 'ios', cause: 'slot-busy' }]);
});

test('in a drain no job counts on a clone in flight, for it will be stopped', () => {
  const runners = [aRunner('a', 'cloning')];
  expect(waiting({ host: { isDraining: true }, runners, inFlight: new Set([aName('a')]) })).toEqual([
    { jobId: '1', pool: 'ios', cause: 'draining' },
  ]);
});

test('a completed job does not wait', () => {
  expect(
    waiting({
      pools: [aPool('ios', { demand: jobs(aJob('1', { completedMs: NOW })) })],
      host: { isDraining: true },
    }),
  ).toEqual([]);
});

test('a pool without jobs has the cause that a job would have, and none when it would be served', () => {
  const quiet = aPool('ios');
  const causeOf = (details: Details) =>
    explainRest(surveyWorld(aWorld({ pools: [quiet], ...details }))).get('ios');
  expect(causeOf({})).toBeUndefined();
  expect(causeOf({ pools: [{ ...quiet, image: 'missing' }] })).toBe('image-missing');
  expect(causeOf({ runners: busy })).toBe('slot-busy');
  expect(causeOf({ vms: known([aVm('dev-1'), aVm('dev-2')]) })).toBe('foreign-vms');
  expect(causeOf({ host: { ghosts: 2 } })).toBe('ghost-vms');
  expect(causeOf({ vms: unknown })).toBe('vms-unknown');
});
