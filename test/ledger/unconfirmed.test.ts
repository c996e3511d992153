/** How many of a pool's counted jobs GitHub has yet to take off, and how many runners outlived theirs. */
import { describe, expect, test } from 'vitest';
import type { Runner } from '../../src/core/runner.ts';
import { aJob, aMessage, aRunner, LEDGERS, type LedgerRig } from '../support/ledger-rig.ts';

const DAY_MS = 24 * 3_600_000;

/** A ledger at a late hour, and short ways to put runners and GitHub's news into it. */
async function sceneOf(rigOf: () => Promise<LedgerRig>) {
  const rig = await rigOf();
  const { ledger, clock } = rig;
  clock.nowMs = 2 * DAY_MS;
  let id = 0;
  const tell = (news: Parameters<typeof aMessage>[0]) => {
    id += 1;
    ledger.recordMessage('ios', aMessage({ messageId: id, ...news }), clock.nowMs);
  };
  return {
    ...rig,
    runner(name: string, phase: Runner['phase'], changes: Partial<Runner> = {}) {
      ledger.saveRunner(aRunner({ name, phase, sinceMs: clock.nowMs, ...changes }));
    },
    /** A runner that had a job, by its own word, and stops. */
    ended(name: string, changes: Partial<Runner> = {}) {
      this.runner(name, 'stopping', { why: 'job-done', hadJob: true, ...changes });
    },
    assign: (jobId: string, agoMs = 1_000) =>
      tell({ assigned: [aJob({ id: jobId, assignedMs: clock.nowMs - agoMs })] }),
    start: (jobId: string, runner: string) => tell({ started: [{ jobId, runner, atMs: clock.nowMs }] }),
    complete: (jobId: string, runner: string | null) =>
      tell({ completed: [{ jobId, runner, result: 'succeeded', atMs: clock.nowMs }] }),
    unconfirmed: () => ledger.unconfirmed('ios', clock.nowMs),
  };
}

describe.each(LEDGERS)('a ledger %s', (_, rigOf) => {
  const scene = () => sceneOf(rigOf);

  test('a runner that ended stands for its job until GitHub completes it, stopping or gone', async () => {
    using it = await scene();
    it.assign('a');
    it.ended('one');
    expect(it.unconfirmed()).toBe(1);
    expect(it.ledger.unconfirmed('other', it.clock.nowMs)).toBe(0);
    it.ledger.markGone('one', it.clock.nowMs);
    expect(it.unconfirmed()).toBe(1);
    it.start('a', 'one');
    expect(it.unconfirmed()).toBe(1);
    it.complete('a', 'one');
    expect(it.unconfirmed()).toBe(0);
  });

  test('a runner whose job GitHub bound counts though it never said that it had one', async () => {
    using it = await scene();
    it.assign('a');
    it.start('a', 'one');
    it.runner('one', 'stopping', { why: 'vm-died' });
    expect(it.unconfirmed()).toBe(1);
  });

  test('a runner that never had a job stands for none', async () => {
    using it = await scene();
    it.assign('a');
    it.runner('one', 'stopping', { why: 'surplus' });
    expect(it.unconfirmed()).toBe(0);
  });

  test('a job that was assigned after the end of a runner is not taken for its own', async () => {
    using it = await scene();
    it.ended('one');
    it.clock.nowMs += 5_000;
    it.assign('later', 1_000);
    expect(it.unconfirmed()).toBe(0);
  });

  test('one open job is the own job of one runner only', async () => {
    using it = await scene();
    it.assign('a');
    it.ended('one');
    it.ended('two');
    expect(it.unconfirmed()).toBe(1);
    it.assign('b');
    expect(it.unconfirmed()).toBe(2);
  });

  test('a job bound to another runner is nobody else’s', async () => {
    using it = await scene();
    it.assign('a');
    it.start('a', 'busy');
    it.runner('busy', 'busy', { hadJob: true });
    it.ended('one');
    expect(it.unconfirmed()).toBe(0);
  });

  test('a job that was closed for want of news no longer holds its runner against the pool', async () => {
    using it = await scene();
    it.assign('a');
    it.ended('one');
    it.ledger.closeJob('a', 'unknown', it.clock.nowMs);
    it.clock.nowMs += 1_000;
    it.assign('b', 0);
    expect(it.unconfirmed()).toBe(0);
  });

  test('a living runner that outlived its job is one that serves no more', async () => {
    using it = await scene();
    it.assign('a');
    it.start('a', 'one');
    it.runner('one', 'busy', { hadJob: true });
    expect(it.unconfirmed()).toBe(0);
    it.complete('a', 'one');
    expect(it.unconfirmed()).toBe(-1);
    it.ended('one');
    expect(it.unconfirmed()).toBe(0);
  });

  test('a busy runner whose job ended by its own word is in neither sum', async () => {
    using it = await scene();
    it.assign('a');
    it.runner('one', 'busy', { hadJob: true, jobEndedMs: it.clock.nowMs });
    expect(it.unconfirmed()).toBe(0);
  });

  test('a runner that is gone for more than a day no longer counts', async () => {
    using it = await scene();
    it.assign('a');
    it.ended('one');
    it.ledger.markGone('one', it.clock.nowMs);
    it.clock.nowMs += DAY_MS - 1;
    expect(it.unconfirmed()).toBe(1);
    it.clock.nowMs += 1;
    expect(it.unconfirmed()).toBe(0);
  });

  test.each([
    ['far behind', -DAY_MS],
    ['far ahead of', DAY_MS],
  ])('which came first is told by our own clock, though GitHub’s is %s it', async (_clocks, aheadMs) => {
    using it = await scene();
    it.assign('a', -aheadMs);
    it.ended('one');
    expect(it.unconfirmed()).toBe(1);
    expect(it.ledger.stranded('ios', it.clock.nowMs)).toBe(0);
    expect(it.ledger.stranded('ios', it.clock.nowMs + 1)).toBe(1);
    it.complete('a', 'other');
    it.clock.nowMs += 1_000;
    it.assign('later', -aheadMs);
    expect(it.unconfirmed()).toBe(0);
  });

  test('the end of a runner is when it began to stop, not when it was last saved', async () => {
    using it = await scene();
    it.ended('one');
    it.clock.nowMs += 5_000;
    it.assign('later', 1_000);
    it.ended('one');
    it.ledger.markGone('one', it.clock.nowMs);
    expect(it.unconfirmed()).toBe(0);
  });

  test('a runner that ended before a moment and still stands for its job is stranded', async () => {
    using it = await scene();
    it.assign('a');
    it.assign('b');
    it.start('a', 'bound');
    it.ended('bound');
    it.ended('unbound');
    expect(it.ledger.stranded('ios', it.clock.nowMs)).toBe(0);
    it.clock.nowMs += 1;
    expect(it.ledger.stranded('ios', it.clock.nowMs)).toBe(2);
    it.complete('a', 'bound');
    expect(it.ledger.stranded('ios', it.clock.nowMs)).toBe(1);
  });
});
