/** The paces of the readings: what is taken when, and that when is known beforehand. */
import { expect, test } from 'vitest';
import { NEVER } from '../../src/core/due.ts';
import type { Runner } from '../../src/core/runner.ts';
import { createSenses } from '../../src/daemon/senses.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aRunner } from '../support/ledger-rig.ts';

const { signal } = new AbortController();

async function sensing() {
  const rig = await daemonRig();
  const { asked, clock } = rig;
  const registrations = async () => {
    asked.push('registrations');
    return [];
  };
  const senses = createSenses({
    ...{ ...rig.context, github: { registrations }, addressesInUse: () => [] },
    ...{ tartHome: '/vms', freeBytes: () => 1024 ** 4, onRead: () => undefined },
  });
  const all = [senses.vms, senses.registrations, senses.images];
  /** What is read now, and how long it is to the next reading. */
  const look = async (runners: readonly Runner[] = [], silent: readonly string[] = []) => {
    asked.length = 0;
    const silentSinceMs = new Map(silent.map((name) => [name, clock.nowMs]));
    const circumstances = {
      runners,
      silentSinceMs,
      isWaiting: false,
      hasOrphans: false,
      isLookingTwice: false,
    };
    senses.refreshDue(circumstances, signal);
    const read = [...asked];
    await expect.poll(() => all.every((sense) => sense.dueMs(0) !== NEVER)).toBe(true);
    return { read, inMs: senses.refreshDue(circumstances, signal) - clock.nowMs };
  };
  return { rig, look };
}

const ALL = ['list', 'registrations', 'has-image'];

test('VMs are listed seldom on an empty host, often beside a runner, and soon while one is silent', async () => {
  const { rig, look } = await sensing();
  using _ = rig;
  const runner = aRunner({ phase: 'warm', sinceMs: rig.clock.nowMs });
  expect(await look()).toEqual({ read: ALL, inMs: 20_000 });
  expect(await look([runner])).toEqual({ read: [], inMs: 5_000 });
  expect(await look([runner], [runner.name])).toEqual({ read: [], inMs: 2_000 });
  rig.clock.nowMs += 4_999;
  expect(await look([runner])).toEqual({ read: [], inMs: 1 });
  rig.clock.nowMs += 1;
  expect(await look([runner])).toEqual({ read: ['list'], inMs: 5_000 });
});

test('GitHub is asked about a runner that has registered for ten seconds, at that moment', async () => {
  const { rig, look } = await sensing();
  using _ = rig;
  const runner = aRunner({ phase: 'registering', sinceMs: rig.clock.nowMs - 7_000 });
  await look();
  // Its list is younger than the runner's last move, but too old by then.
  rig.clock.nowMs += 60_000;
  const registering = { ...runner, sinceMs: rig.clock.nowMs - 7_000 };
  expect(await look([registering])).toEqual({ read: ['list'], inMs: 3_000 });
  rig.clock.nowMs += 3_000;
  expect((await look([registering])).read).toEqual(['registrations']);
});

test('a reading that grows too old is due then, though it is not taken again', async () => {
  const { rig, look } = await sensing();
  using _ = rig;
  await look();
  rig.clock.nowMs += 75_000;
  expect(await look()).toEqual({ read: ['list'], inMs: 15_000 });
});
