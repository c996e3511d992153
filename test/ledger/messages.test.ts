import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { QueueMessage } from '../../src/core/ports.ts';
import { aJob, aMessage, LEDGERS, type LedgerRig } from '../support/ledger-rig.ts';

const started = (runner: string, atMs: number, jobId = aJob().id) => ({ jobId, runner, atMs });
const completed = (runner: string | null, atMs: number, jobId = aJob().id) =>
  ({ jobId, runner, result: 'succeeded', atMs }) as const;

describe.each(LEDGERS)('a ledger %s', (_, rigOf) => {
  test('a job goes from assigned over running to completed', async () => {
    using rig = await rigOf();
    const { ledger } = rig;
    ledger.recordMessage('ios', aMessage({ messageId: 1, assigned: [aJob()] }), 1);
    expect(ledger.openJobs('ios')).toEqual([aJob()]);
    expect(ledger.openJobs('other')).toEqual([]);
    ledger.recordMessage('ios', aMessage({ messageId: 2, started: [started('r1', 30)] }), 2);
    expect(ledger.openJobs()).toEqual([aJob({ startedMs: 30, runner: 'r1' })]);
    ledger.recordMessage('ios', aMessage({ messageId: 3, completed: [completed('r1', 40)] }), 3);
    expect(ledger.openJobs()).toEqual([]);
    expect(ledger.jobsOfRunner('r1')).toEqual([
      aJob({ startedMs: 30, runner: 'r1', completedMs: 40, result: 'succeeded' }),
    ]);
  });

  test('a message is recorded once, per pool', async () => {
    using rig = await rigOf();
    const message = aMessage({ assigned: [aJob()] });
    const record = (pool: string) => rig.ledger.recordMessage(pool, message, 1);
    expect([record('ios'), record('ios'), record('mac')]).toEqual([true, false, true]);
  });

  test('a scale set made anew counts its messages from the beginning, and they are still heard', async () => {
    using rig = await rigOf();
    rig.ledger.recordMessage('ios', aMessage({ assigned: [aJob({ id: 'a' })] }), 1);
    expect(rig.ledger.recordMessage('ios', aMessage({ assigned: [aJob({ id: 'b' })] }), 2)).toBe(true);
    expect(rig.ledger.openJobs().map((job) => job.id)).toEqual(['a', 'b']);
  });

  test('a completion of an unknown job makes a completed row', async () => {
    using rig = await rigOf();
    rig.ledger.recordMessage('ios', aMessage({ completed: [completed('r1', 40, 'stray')] }), 1);
    expect(rig.ledger.openJobs()).toEqual([]);
    expect(rig.ledger.job('stray')).toMatchObject([{ pool: 'ios', runner: 'r1', completedMs: 40 }]);
  });

  test('a job that starts elsewhere leaves its former runner', async () => {
    using rig = await rigOf();
    rig.ledger.recordMessage('ios', aMessage({ assigned: [aJob()], started: [started('r1', 30)] }), 1);
    rig.ledger.recordMessage('ios', aMessage({ started: [started('r2', 35)] }), 2);
    expect(rig.ledger.jobsOfRunner('r1')).toEqual([]);
    expect(rig.ledger.jobsOfRunner('r2')).toHaveLength(1);
  });

  test('a job that lapsed and is assigned anew under its old id is open again', async () => {
    using rig = await rigOf();
    const lapse = { ...completed(null, 50), result: 'canceled' } as const;
    rig.ledger.recordMessage('ios', aMessage({ assigned: [aJob()] }), 1);
    rig.ledger.recordMessage('ios', aMessage({ completed: [lapse] }), 2);
    expect(rig.ledger.openJobs()).toEqual([]);
    rig.ledger.recordMessage('ios', aMessage({ assigned: [aJob({ assignedMs: 60 })] }), 3);
    expect(rig.ledger.openJobs()).toEqual([aJob({ assignedMs: 60 })]);
  });

  test('a job that we closed ourselves takes the result of GitHub when it comes after all', async () => {
    using rig = await rigOf();
    rig.ledger.recordMessage('ios', aMessage({ assigned: [aJob()] }), 1);
    rig.ledger.closeJob(aJob().id, 'unknown', 90);
    expect(rig.ledger.job(aJob().id)).toMatchObject([{ completedMs: 90, result: 'unknown' }]);
    rig.ledger.recordMessage('ios', aMessage({ completed: [completed('r1', 95)] }), 2);
    rig.ledger.closeJob(aJob().id, 'unknown', 99);
    expect(rig.ledger.job(aJob().id)).toMatchObject([{ completedMs: 95, result: 'succeeded', runner: 'r1' }]);
  });

  test('a job is found by its id, or by a prefix that may match several', async () => {
    using rig = await rigOf();
    const assigned = ['ab%1', 'ab%12', 'abc'].map((id, index) => aJob({ id, assignedMs: index }));
    rig.ledger.recordMessage('ios', aMessage({ assigned }), 1);
    const found = (text: string) => rig.ledger.job(text).map((job) => job.id);
    expect([found('ab%'), found('ab%1'), found('ab'), found('')]).toEqual([
      ['ab%12', 'ab%1'],
      ['ab%1'],
      ['abc', 'ab%12', 'ab%1'],
      [],
    ]);
    expect(rig.ledger.recentJobs(1).map((job) => job.id)).toEqual(['abc']);
  });

  test('news of jobs, told in any order and any number of times, end in the same jobs', async () => {
    const ids = fc.constantFrom('j1', 'j2', 'j3');
    const runners = fc.constantFrom('r1', 'r2');
    const news: fc.Arbitrary<Partial<QueueMessage>> = fc.oneof(
      ids.map((id) => ({ assigned: [aJob({ id, assignedMs: 20 })] })),
      fc.tuple(ids, runners, fc.integer({ min: 21, max: 29 })).map(([id, runner, at]) => ({
        started: [started(runner, at, id)],
      })),
      fc.tuple(ids, fc.option(runners), fc.integer({ min: 30, max: 39 })).map(([id, runner, at]) => ({
        completed: [completed(runner, at, id)],
      })),
    );
    const orders = fc
      .array(news, { maxLength: 12 })
      .chain((list) => fc.tuple(fc.constant(list), shuffled([...list, ...list]), shuffled(list)));
    using one = await rigOf();
    using two = await rigOf();
    let round = 0;
    const property = fc.property(orders, ([first, twice, again]) => {
      const pool = `round-${round++}`;
      const tell = ({ ledger }: LedgerRig, list: readonly Partial<QueueMessage>[]) => {
        for (const [at, item] of list.entries())
          ledger.recordMessage(pool, under(pool, aMessage({ ...item, messageId: at })), 1);
        return ledger.recentJobs(10_000).filter((job) => job.pool === pool);
      };
      const told = tell(one, first);
      expect(tell(two, twice)).toEqual(told);
      expect(tell(two, again)).toEqual(told);
    });
    fc.assert(property, { numRuns: 100 });
  });

  test('recording a message costs no more with many jobs on record', async () => {
    using rig = await rigOf();
    /** The median of 300, from a message id on: what a busy machine takes from some of them does not count. */
    const typicalMs = (from: number) => {
      const times = Array.from({ length: 300 }, (_, index) => {
        const [messageId, id] = [from + index, `job-${from + index}`];
        const message = aMessage({ messageId, assigned: [aJob({ id })], started: [started(id, 30, id)] });
        const beganMs = performance.now();
        rig.ledger.recordMessage('ios', message, messageId);
        return performance.now() - beganMs;
      });
      return times.toSorted((a, b) => a - b)[150] ?? Number.NaN;
    };
    typicalMs(1_000); // Not compiled yet.
    const few = typicalMs(2_000);
    const assigned = Array.from({ length: 20_000 }, (_, at) => aJob({ id: `old-${at}` }));
    rig.ledger.recordMessage('ios', aMessage({ messageId: 3_000, assigned }), 1);
    // To search through them would take some thirty times as long.
    expect(typicalMs(4_000) / few).toBeLessThan(10);
  });
});

function shuffled<T>(list: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length });
}

/** The same message about jobs whose ids are the round's own. */
function under(pool: string, message: QueueMessage): QueueMessage {
  const own = <T extends { readonly jobId: string }>(item: T): T => ({
    ...item,
    jobId: `${pool}/${item.jobId}`,
  });
  return {
    ...message,
    assigned: message.assigned.map((job) => ({ ...job, id: `${pool}/${job.id}` })),
    started: message.started.map(own),
    completed: message.completed.map(own),
  };
}
