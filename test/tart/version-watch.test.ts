/** A tart that is replaced while the agent runs. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TartRig, tartRig } from '../support/tart-rig.ts';

/** As an upgrade does it: another file under the same name. */
function replace(rig: TartRig, version: string): void {
  rig.double.configure({ version });
  const fresh = join(rig.dir, 'fresh');
  writeFileSync(fresh, `#!/bin/sh\nexec '${rig.dir}/former' "$@"\n`, { mode: 0o755 });
  renameSync(rig.double.path, join(rig.dir, 'former'));
  renameSync(fresh, rig.double.path);
}

const versionCalls = (rig: TartRig) => rig.double.calls('--version').length;

test('the version is asked once, and again only when the program is another', async ({ signal }) => {
  const upgrades: string[] = [];
  const onUpgrade = (version: string) => void upgrades.push(version);
  await using rig = tartRig({ vms: ['a', 'b', 'c'], hypervisor: { onUpgrade } });
  await rig.vms.version(signal);
  await rig.vms.start('a', signal);
  expect([versionCalls(rig), upgrades]).toEqual([1, []]);
  replace(rig, '2.36.0');
  await rig.vms.start('b', signal);
  expect([versionCalls(rig), upgrades]).toEqual([2, ['2.36.0']]);
  await rig.vms.stop('b', signal);
  await rig.vms.start('c', signal);
  expect(versionCalls(rig)).toBe(2);
});

test('one that cannot serve starts no VM, every time until it is replaced again', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.version(signal);
  replace(rig, '2.20.0');
  for (const _ of [1, 2]) {
    await expect(rig.vms.start('a', signal)).rejects.toMatchObject({
      code: 'host-unfit',
      message: 'tart 2.20.0 is too old',
    });
  }
  expect(rig.double.calls('run')).toEqual([]);
  renameSync(join(rig.dir, 'former'), rig.double.path);
  await rig.vms.start('a', signal);
});

test('one that is gone for a moment is said to be missing', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  await rig.vms.version(signal);
  rmSync(rig.double.path);
  await expect(rig.vms.start('a', signal)).rejects.toMatchObject({
    code: 'command-missing',
    hint: expect.stringContaining('brew install'),
  });
});
