/** Starting: what is refused and why, and what a VM leaves behind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tartRig } from '../support/tart-rig.ts';
import { until } from '../support/until.ts';

test('a third macOS VM is refused by the system, and start says so with its hint', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a', 'b', 'c'] });
  await rig.vms.start('a', signal);
  await rig.vms.start('b', signal);
  const error = await rig.vms.start('c', signal).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: 'vm-limit', hint: expect.stringContaining('two macOS guests') });
  expect(await rig.vms.lastWords('c')).toBe(
    'The number of VMs exceeds the system limit (other running VMs: a, b)',
  );
});

test('a VM that is missing or runs already is not started', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  await expect(rig.vms.start('none', signal)).rejects.toMatchObject({ code: 'vm-missing' });
  await rig.vms.start('a', signal);
  await expect(rig.vms.start('a', signal)).rejects.toMatchObject({ code: 'vm-running' });
  expect(rig.double.calls('run')).toHaveLength(1);
});

test.for(['keychain', 'host-key'] as const)(
  'a start that the framework refuses for want of a keychain (%s) says so, with every remedy',
  async (startFailure, { signal }) => {
    await using rig = tartRig({ vms: ['a'], settings: { startFailure } });
    const error = await rig.vms.start('a', signal).catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      code: 'keychain-locked',
      message: expect.stringContaining('VZErrorDomain'),
    });
    for (const remedy of ['auto-login', 'security unlock-keychain login.keychain', 'host.vmUser'])
      expect(error).toMatchObject({ hint: expect.stringContaining(remedy) });
    expect(rig.double.calls('run')).toHaveLength(1);
  },
);

test('a VM whose files are still held is started again after a rest, and not for ever', async ({
  signal,
}) => {
  await using rig = tartRig({ vms: ['a'] });
  const stderr = 'Error Domain=VZErrorDomain Code=2 "Failed to lock auxiliary storage." UserInfo={}';
  rig.double.script([{ command: 'run', nth: 1, exitCode: 1, stderr }]);
  await rig.vms.start('a', signal);
  const [first, second] = rig.double.calls('run');
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(1_000);
  await rig.vms.stop('a', signal);
  rig.double.script([{ command: 'run', exitCode: 1, stderr }]);
  await expect(rig.vms.start('a', signal)).rejects.toMatchObject({ code: 'vm-held' });
  expect(rig.double.calls('run')).toHaveLength(5);
});

test('a run that ends with 0 at once is a failed start, too', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  const words = 'guest has stopped the virtual machine due to error: panic';
  rig.double.script([{ command: 'run', exitCode: 0, stdout: `${words}\n` }]);
  await expect(rig.vms.start('a', signal)).rejects.toMatchObject({ code: 'vm-start-failed' });
});

test('the last words of a VM that crashed are kept', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.start('a', signal);
  expect(await rig.vms.lastWords('a')).toBe(null);
  rig.double.power('a', 'crash');
  await until(async () => !(await rig.double.isRunning('a')));
  expect(await rig.vms.lastWords('a')).toBe('guest has stopped the virtual machine due to error: panic');
});

test('a started VM outlives whoever started it, and its output goes on', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.start('a', signal);
  const pid = rig.double.runPid('a');
  process.kill(pid, 'SIGUSR2');
  const log = join(rig.runLogDir, 'a.log');
  await until(() => readFileSync(log, 'utf8').includes('Requesting guest OS to stop...'));
});
