/** The end of a runner: GitHub is asked first where a job may still come, and nothing is free before all is confirmed. */
import { expect, test } from 'vitest';
import { stop } from '../../src/daemon/stop.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aRunner } from '../support/ledger-rig.ts';

const NAME = aRunner().name;

test('an idle runner is deregistered, then powered off, then deleted, then gone', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'idle', registrationId: 7 }));
  await stop(rig.context, { do: 'stop', runner: NAME, why: 'surplus' });
  expect(rig.asked).toEqual(['remove 7', `stop ${NAME}`, `delete ${NAME}`, 'remove 7']);
  expect(rig.ledger.runner(NAME)).toMatchObject({
    phase: 'stopping',
    why: 'surplus',
    goneMs: rig.clock.nowMs,
  });
  expect(rig.ledger.openIntents()).toEqual([]);
});

test('a runner to which GitHub just gave a job stays as it is, and is left alone for a while', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'idle', registrationId: 7 }));
  rig.script.remove = async () => ({ answer: 'busy' });
  await stop(rig.context, { do: 'stop', runner: NAME, why: 'idle-timeout' });
  expect(rig.asked).toEqual(['remove 7']);
  expect(rig.ledger.runner(NAME)).toMatchObject({ phase: 'idle', goneMs: null });
  expect(rig.context.desk.handsOff(rig.clock.nowMs + 29_999)).toContain(NAME);
  expect(rig.context.desk.handsOff(rig.clock.nowMs + 30_000)).not.toContain(NAME);
});

test.each(['vm-died', 'age-limit', 'job-done'] as const)(
  '%s does not ask: GitHub learns it after',
  async (why) => {
    using rig = await daemonRig();
    rig.ledger.saveRunner(aRunner({ phase: 'busy', registrationId: 7, hadJob: true }));
    rig.script.remove = async () => ({ answer: 'busy' });
    await stop(rig.context, { do: 'stop', runner: NAME, why });
    expect(rig.asked).toEqual([`stop ${NAME}`, `delete ${NAME}`, 'remove 7']);
    expect(rig.ledger.runner(NAME)?.goneMs).toBe(rig.clock.nowMs);
  },
);

test('a VM that cannot be stopped keeps its slot: the runner is not gone, and it is tried again later', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'warm' }));
  rig.script.stop = async () => {
    throw new Error('it will not die');
  };
  await stop(rig.context, { do: 'stop', runner: NAME, why: 'surplus' });
  expect(rig.ledger.runners()).toMatchObject([{ name: NAME, phase: 'stopping' }]);
  expect(rig.context.desk.handsOff(rig.clock.nowMs)).toContain(NAME);
  expect(rig.ledger.timeline(NAME).map((entry) => entry.what)).toEqual(['stop', 'teardown-failed']);
});

test('an abort leaves the intent open, for the next start to find', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'warm' }));
  rig.script.stop = async () => {
    rig.stopped.abort();
    throw rig.stopped.signal.reason;
  };
  await stop(rig.context, { do: 'stop', runner: NAME, why: 'surplus' });
  expect(rig.ledger.openIntents()).toMatchObject([{ what: 'stop', subject: NAME }]);
});

test('what a VM said when it ended by itself is kept, and a full disk is told to people', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'busy', hadJob: true }));
  const text = 'guest has stopped the virtual machine due to error: No space left on device';
  const hypervisor = { ...rig.context.hypervisor, lastWords: async () => text };
  await stop({ ...rig.context, hypervisor }, { do: 'stop', runner: NAME, why: 'vm-died' });
  expect(rig.ledger.timeline(NAME)).toContainEqual(
    expect.objectContaining({ what: 'last-words', detail: { text, end: 'disk-full' } }),
  );
  expect(rig.lines.join('')).toContain('the disk is full');
});
