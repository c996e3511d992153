/** Jobs whose end GitHub did not tell: closed when they can no longer run, never before. */
import { expect, test } from 'vitest';
import { NEVER } from '../../src/core/due.ts';
import { forgetAbandoned, forgetUncounted } from '../../src/daemon/forget.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aJob, aMessage, aRunner } from '../support/ledger-rig.ts';

test('a job that GitHub gave to a runner which is gone is forgotten after a quarter of an hour', async () => {
  using rig = await daemonRig();
  const { ledger, clock } = rig;
  const runner = aRunner({ phase: 'stopping', why: 'vm-died', hadJob: true });
  ledger.saveRunner(runner);
  const assigned = [
    aJob({ id: 'lost', assignedMs: clock.nowMs }),
    aJob({ id: 'waits', assignedMs: clock.nowMs }),
  ];
  const started = [{ jobId: 'lost', runner: runner.name, atMs: clock.nowMs }];
  ledger.recordMessage('ios', aMessage({ assigned, started }), clock.nowMs);
  clock.nowMs += 3_600_000;
  forgetAbandoned(rig.context);
  expect(ledger.openJobs()).toHaveLength(2);
  ledger.markGone(runner.name, clock.nowMs);
  clock.nowMs += 899_999;
  expect(forgetAbandoned(rig.context)).toBe(clock.nowMs + 1);
  expect(ledger.openJobs()).toHaveLength(2);
  clock.nowMs += 1;
  expect(forgetAbandoned(rig.context)).toBe(NEVER);
  expect(ledger.openJobs().map(({ id }) => id)).toEqual(['waits']);
});

test('a job that waits in a pool which is configured no more is forgotten, one that runs there is not', async () => {
  using rig = await daemonRig();
  const { ledger, clock } = rig;
  const runner = aRunner({ pool: 'former', phase: 'busy', hadJob: true });
  ledger.saveRunner(runner);
  const assigned = [aJob({ id: 'runs', pool: 'former' }), aJob({ id: 'waits', pool: 'former' })];
  const started = [{ jobId: 'runs', runner: runner.name, atMs: clock.nowMs }];
  ledger.recordMessage('former', aMessage({ assigned, started }), clock.nowMs);
  forgetAbandoned(rig.context);
  expect(ledger.openJobs().map(({ id }) => id)).toEqual(['runs']);
});

test('jobs beyond those that GitHub counts are forgotten once they have settled, the oldest first', async () => {
  using rig = await daemonRig();
  const { ledger, clock, context } = rig;
  const runner = aRunner({ phase: 'busy', hadJob: true });
  ledger.saveRunner(runner);
  // By GitHub's clock, which is hours away from ours, they were assigned within a few milliseconds.
  const hear = (messageId: number, ...ids: readonly string[]) => {
    const assigned = ids.map((id, at) => aJob({ id, assignedMs: clock.nowMs - 7_200_000 + at }));
    ledger.recordMessage('ios', aMessage({ messageId, assigned }), clock.nowMs);
  };
  hear(1, 'runs', 'oldest', 'older');
  const started = [{ jobId: 'runs', runner: runner.name, atMs: clock.nowMs }];
  ledger.recordMessage('ios', aMessage({ messageId: 2, started }), clock.nowMs);
  clock.nowMs += 10;
  hear(3, 'young');
  clock.nowMs += 119_990;
  const open = () => ledger.openJobs().map(({ id }) => id);
  forgetUncounted(context, 'ios', 4);
  expect(open()).toEqual(['runs', 'oldest', 'older', 'young']);
  forgetUncounted(context, 'ios', 3);
  expect(open()).toEqual(['runs', 'older', 'young']);
  forgetUncounted(context, 'ios', 0);
  expect(open()).toEqual(['runs', 'young']);
});
