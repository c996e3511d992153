/** Stopping and deleting: each rung of the ladder, and readings that are no proof. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tartRig } from '../support/tart-rig.ts';

test('stopping and deleting what is missing or stopped succeeds', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.stop('a', signal);
  await rig.vms.stop('none', signal);
  await rig.vms.delete('none', signal);
  await rig.vms.delete('a', signal);
  await rig.vms.delete('a', signal);
});

test('a VM that ignores the power cut is killed after five seconds', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'], settings: { ignoresSigint: true } });
  await rig.vms.start('a', signal);
  await rig.vms.stop('a', signal);
  expect(await rig.double.isRunning('a')).toBe(false);
  expect(rig.double.calls('stop').map((call) => call.argv.slice(2))).toEqual([['--timeout', '5']]);
});

test('a stop that claims success without effect is repeated with force', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.start('a', signal);
  rig.double.script([{ command: 'stop', nth: 1, exitCode: 0 }]);
  await rig.vms.stop('a', signal);
  expect(await rig.double.isRunning('a')).toBe(false);
  expect(rig.double.calls('stop').map((call) => call.argv.at(-1))).toEqual(['5', '0']);
});

test('a stop that never has an effect, however it is called, ends with SIGKILL to the process', async ({
  signal,
}) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.start('a', signal);
  rig.double.script([{ command: 'stop', exitCode: 0 }]);
  await rig.vms.stop('a', signal);
  expect(await rig.double.isRunning('a')).toBe(false);
  expect(rig.double.calls('stop').map((call) => call.argv.at(-1))).toEqual(['5', '0']);
});

test('a VM is not taken for gone while the process table cannot be read, or is not whole', async ({
  signal,
}) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.start('a', signal);
  rig.double.configure({ unreadable: ['a'] });
  rig.double.script([{ command: 'stop', exitCode: 0 }]);
  const whole = readFileSync(rig.ps, 'utf8');
  // Empty for as long as the first rung looks, as of a system without room for one more process.
  writeFileSync(
    rig.ps,
    `#!/bin/sh\n[ -s '${rig.dir}/looks' ] || { echo 1 > '${rig.dir}/looks'; exit 0; }\n${whole}`,
  );
  await rig.vms.stop('a', signal);
  expect(await rig.double.isRunning('a')).toBe(false);
});

test('a live VM that tart takes for stopped is found by its process and killed', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.start('a', signal);
  rig.double.configure({ unreadable: ['a'] });
  await rig.vms.stop('a', signal);
  expect(await rig.double.isRunning('a')).toBe(false);
});

test('a running VM is not deleted', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.start('a', signal);
  await expect(rig.vms.delete('a', signal)).rejects.toMatchObject({ code: 'vm-running' });
});

test('a delete that leaves the VM in the list is a failure', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  rig.double.script([{ command: 'delete', exitCode: 0 }]);
  await expect(rig.vms.delete('a', signal)).rejects.toMatchObject({ code: 'command-failed' });
});
