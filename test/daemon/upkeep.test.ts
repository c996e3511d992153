/** What is forgotten, by which clock, and when. */
import { expect, test } from 'vitest';
import { keepUp, scheduleUpkeep } from '../../src/daemon/upkeep.ts';
import { systemTime } from '../../src/lib/time.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aRunner } from '../support/ledger-rig.ts';

const DAY_MS = 86_400_000;

test('runners are forgotten by the daemon’s own clock, whatever the time of day was set to', async () => {
  using rig = await daemonRig();
  const { ledger, context } = rig;
  ledger.saveRunner(aRunner());
  ledger.markGone(aRunner().name, 1_000);
  const at = (steadyMs: number, wallMs: number) => ({
    ...context,
    nowMs: () => wallMs,
    steadyMs: () => steadyMs,
  });
  keepUp(at(1_000 + 30 * DAY_MS, 4_000 * DAY_MS));
  expect(ledger.runner(aRunner().name)).not.toBeNull();
  keepUp(at(1_001 + 30 * DAY_MS, 0));
  expect(ledger.runner(aRunner().name)).toBeNull();
});

test('events of more than 400 days leave the ledger', async () => {
  using rig = await daemonRig();
  const { ledger, clock } = rig;
  ledger.audit(0, 'old', 'host');
  ledger.audit(1, 'young', 'host');
  clock.nowMs = 400 * DAY_MS + 1;
  keepUp(rig.context);
  expect(ledger.auditAfter(0, 10).map(({ what }) => what)).toEqual(['young']);
});

test('a ledger that cannot be pruned is left as it is, and that is told', async () => {
  using rig = await daemonRig();
  rig.ledger.close();
  keepUp(rig.context);
  expect(rig.lines.join('')).toContain('upkeep failed');
});

test('it is done a minute after the start, unless the agent stops before', async () => {
  using rig = await daemonRig();
  const timers: { ms: number; work: () => void; isCancelled: boolean }[] = [];
  const after = (ms: number, work: () => void) => {
    const timer = { ms, work, isCancelled: false };
    timers.push(timer);
    const cancel = () => {
      timer.isCancelled = true;
    };
    return { cancel };
  };
  scheduleUpkeep({ ...rig.context, time: { ...systemTime, after } });
  expect(timers).toMatchObject([{ ms: 60_000 }]);
  timers[0]?.work();
  expect(rig.lines.join('')).toContain('old records were forgotten');
  expect(rig.asked).toContain('sweep');
  rig.stopped.abort();
  expect(timers).toMatchObject([{ isCancelled: true }]);
});
