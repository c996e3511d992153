/** What is over and old leaves room for what comes: the ledger grows with what is kept, not with what ever was. */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts';
import { MIGRATIONS } from '../../src/ledger/schema.ts';
import { aJob, aMessage, aRunner } from '../support/ledger-rig.ts';

const JOBS_A_DAY = 200;

/** All that one job leaves in the ledger, the audit stream apart, which is kept for good. */
function leaveTraces(ledger: Ledger, n: number, atMs: number): void {
  const [jobId, runner] = [`job-${n}`, `mr-abc123-ios-${n}`];
  const [began, result] = [{ jobId, runner, atMs }, 'succeeded' as const];
  ledger.recordMessage('ios', aMessage({ messageId: 3 * n, assigned: [aJob({ id: jobId })] }), atMs);
  for (const phase of ['cloning', 'booting', 'idle', 'busy', 'stopping'] as const) {
    ledger.saveRunner(aRunner({ name: runner, phase }));
    ledger.note(runner, atMs, phase, { tookMs: 1_234, why: 'as it should be' });
    ledger.endIntent(ledger.beginIntent(phase, runner, {}, atMs), 'done', atMs);
  }
  ledger.recordMessage('ios', aMessage({ messageId: 3 * n + 1, started: [began] }), atMs);
  ledger.recordMessage('ios', aMessage({ messageId: 3 * n + 2, completed: [{ ...began, result }] }), atMs);
  ledger.markGone(runner, atMs);
}

test('with what is old forgotten daily, the file stops growing', () => {
  const db = new DatabaseSync(':memory:');
  for (const migration of MIGRATIONS) db.exec(migration);
  const ledger = createLedger(db);
  const pages = Array.from({ length: 12 }, (_, day) => {
    for (let n = 0; n < JOBS_A_DAY; n++) leaveTraces(ledger, day * JOBS_A_DAY + n, day);
    ledger.prune({ steadyMs: day - 1, wallMs: day - 1 });
    return Number(db.prepare('PRAGMA page_count').get()?.page_count);
  });
  expect(ledger.recentJobs(-1)).toHaveLength(2 * JOBS_A_DAY);
  const [settled = 0, last = 0] = [pages[3], pages.at(-1)];
  expect(settled).toBeGreaterThan(100);
  // Names and numbers grow longer, and pages are never filled twice alike.
  expect(last).toBeLessThan(settled * 1.05);
  db.close();
});
