/** Directories that tart no longer takes for VMs: ours are removed, and nothing else. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tartRig } from '../support/tart-rig.ts';

const NOBODY: ReadonlySet<string> = new Set();

test('what is left of our VMs is removed, whole VMs and what others own stay', async ({ signal }) => {
  await using rig = tartRig({ vms: ['mr-abc123-ios-whole001'] });
  const directory = (name: string) => join(rig.double.home, 'vms', name);
  for (const name of [
    'mr-abc123-ios-half0001',
    'mr-abc123-ios-busy0001',
    'mr-zzz999-ios-half0001',
    'someone',
  ]) {
    mkdirSync(directory(name), { recursive: true });
    writeFileSync(join(directory(name), 'disk.img'), '');
  }
  const busy = new Set(['mr-abc123-ios-busy0001']);
  expect(await rig.vms.sweep('mr-abc123-', busy, signal)).toEqual(['mr-abc123-ios-half0001']);
  expect(existsSync(directory('mr-abc123-ios-half0001'))).toBe(false);
  for (const name of [
    'mr-abc123-ios-whole001',
    'mr-abc123-ios-busy0001',
    'mr-zzz999-ios-half0001',
    'someone',
  ])
    expect(existsSync(directory(name))).toBe(true);
});

test('where no VM ever was there is nothing to remove', async ({ signal }) => {
  await using rig = tartRig();
  expect(await rig.vms.sweep('mr-abc123-', NOBODY, signal)).toEqual([]);
});

test('deleting a VM of which only a part is left takes that part away', async ({ signal }) => {
  await using rig = tartRig();
  const directory = join(rig.double.home, 'vms', 'mr-abc123-ios-half0001');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'nvram.bin'), '');
  await rig.vms.delete('mr-abc123-ios-half0001', signal);
  expect(existsSync(directory)).toBe(false);
});
