/** A job that GitHub started on a runner whose guest says nothing of it. */
import { expect, test } from 'vitest';
import { watchUnjudged } from '../../src/daemon/unjudged.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aJob, aMessage, aRunner } from '../support/ledger-rig.ts';

/** A rig whose ledger knows a runner and a job that GitHub started there. */
async function started(change: Parameters<typeof aRunner>[0]) {
  const rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'idle', ...change }));
  const started = [{ jobId: aJob().id, runner: aRunner().name, atMs: 5 }];
  rig.ledger.recordMessage('ios', aMessage({ assigned: [aJob()], started }), rig.clock.nowMs);
  return rig;
}

test('it is known since we heard of it, whatever time GitHub gives, and the first hearing counts', async () => {
  using rig = await started({});
  watchUnjudged(rig.context);
  const heardMs = rig.clock.nowMs;
  rig.clock.nowMs += 5_000;
  watchUnjudged(rig.context);
  expect([...rig.context.desk.unjudgedSinceMs]).toEqual([[aRunner().name, heardMs]]);
});

test('it is over when the guest reports the job, or GitHub tells its end', async () => {
  using rig = await started({});
  watchUnjudged(rig.context);
  rig.ledger.saveRunner(aRunner({ phase: 'busy', hadJob: true }));
  watchUnjudged(rig.context);
  expect(rig.context.desk.unjudgedSinceMs.size).toBe(0);

  using other = await started({});
  watchUnjudged(other.context);
  const completed = [{ jobId: aJob().id, runner: aRunner().name, result: 'failed' as const, atMs: 9 }];
  other.ledger.recordMessage('ios', aMessage({ messageId: 100_000_002, completed }), other.clock.nowMs);
  watchUnjudged(other.context);
  expect(other.context.desk.unjudgedSinceMs.size).toBe(0);
});

test('a job that waits, or runs on a runner that is not ours, is none', async () => {
  using rig = await daemonRig();
  const assigned = [aJob(), aJob({ id: 'elsewhere' })];
  const news = [{ jobId: 'elsewhere', runner: 'mr-zzz999-ios-00000001', atMs: 5 }];
  rig.ledger.saveRunner(aRunner({ phase: 'idle' }));
  rig.ledger.recordMessage('ios', aMessage({ assigned, started: news }), rig.clock.nowMs);
  watchUnjudged(rig.context);
  expect(rig.context.desk.unjudgedSinceMs.size).toBe(0);
});
