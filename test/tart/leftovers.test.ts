/** What the system leaves of a VM: found by the files it holds, against a process that really lingers. */
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createHypervisor } from '../../src/tart/hypervisor.ts';
import { isAlive } from '../support/tart/call.ts';
import { hasLsof, type TartRig, tartRig } from '../support/tart-rig.ts';
import { until } from '../support/until.ts';

const withLsof = test.runIf(hasLsof());
const GHOSTS = { leavesGhosts: true };

/** A VM whose `run` died while its service did not. */
async function haunted(name: string, signal: AbortSignal): Promise<{ rig: TartRig; pid: number }> {
  const rig = tartRig({ vms: [name], settings: GHOSTS });
  await rig.vms.start(name, signal);
  process.kill(rig.double.runPid(name), 'SIGKILL');
  await until(async () => !(await rig.double.isRunning(name)));
  return { rig, pid: rig.double.servicePid(name) ?? 0 };
}

withLsof(
  'a leftover takes a slot that no list shows, is found by what it holds, and is killed',
  async ({ signal }) => {
    const { rig, pid } = await haunted('mr-abc123-ios-1', signal);
    await using _ = rig;
    for (const name of ['b', 'c']) rig.double.addImage(name);
    await rig.vms.start('b', signal);
    await expect(rig.vms.start('c', signal)).rejects.toMatchObject({ code: 'vm-limit' });
    expect(await rig.vms.leftovers('mr-abc123-', signal)).toEqual([{ pid, vm: 'mr-abc123-ios-1' }]);
    expect(await rig.vms.killLeftover({ pid, vm: 'mr-abc123-ios-1' }, signal)).toBe(true);
    expect(await isAlive(pid)).toBe(false);
    await rig.vms.start('c', signal);
  },
);

withLsof('what holds files of others is none of ours', async ({ signal }) => {
  const { rig, pid } = await haunted('mr-zzz999-ios-1', signal);
  await using _ = rig;
  expect(await rig.vms.leftovers('mr-abc123-', signal)).toEqual([]);
  expect(await rig.vms.killLeftover({ pid, vm: 'mr-abc123-ios-1' }, signal)).toBe(false);
  expect(await isAlive(pid)).toBe(true);
});

withLsof(
  'a VM that runs has no leftover, and what serves it is not killed, whatever was said before',
  async ({ signal }) => {
    await using rig = tartRig({ vms: ['mr-abc123-ios-1'] });
    await rig.vms.start('mr-abc123-ios-1', signal);
    const pid = rig.double.servicePid('mr-abc123-ios-1') ?? 0;
    expect(await isAlive(pid)).toBe(true);
    expect(await rig.vms.leftovers('mr-abc123-', signal)).toEqual([]);
    expect(await rig.vms.killLeftover({ pid, vm: 'mr-abc123-ios-1' }, signal)).toBe(false);
    expect(await isAlive(pid)).toBe(true);
  },
);

withLsof(
  'another program that holds the same files is not the one that the system counts',
  async ({ signal }) => {
    await using rig = tartRig({ vms: ['mr-abc123-ios-1'] });
    const disk = join(rig.double.home, 'vms/mr-abc123-ios-1/disk.img');
    const holder = spawn('/bin/sh', ['-c', `exec 3<'${disk}'; echo; read -r word`], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    expect(await rig.vms.leftovers('mr-abc123-', signal)).toEqual([]);
    holder.kill('SIGKILL');
  },
);

withLsof('one that is gone already is success', async ({ signal }) => {
  await using rig = tartRig({ vms: ['mr-abc123-ios-1'] });
  expect(await rig.vms.killLeftover({ pid: 4_194_303, vm: 'mr-abc123-ios-1' }, signal)).toBe(true);
});

withLsof('a home that is reached by another name is the same home', async ({ signal }) => {
  const { rig, pid } = await haunted('mr-abc123-ios-1', signal);
  await using _ = rig;
  const link = join(rig.dir, 'link');
  symlinkSync(rig.double.home, link);
  const { wrap, runLogDir, ps, lsof } = rig;
  const vms = createHypervisor({ tart: rig.double.path, wrap, runLogDir, ps, lsof, tartHome: link });
  expect(await vms.leftovers('mr-abc123-', signal)).toEqual([{ pid, vm: 'mr-abc123-ios-1' }]);
});

test('a home that tart has not made yet has no leftovers', async ({ signal }) => {
  await using rig = tartRig();
  const { wrap, runLogDir, ps, lsof } = rig;
  const tartHome = join(rig.dir, 'none');
  const vms = createHypervisor({ tart: rig.double.path, wrap, runLogDir, ps, lsof, tartHome });
  expect(await vms.leftovers('mr-', signal)).toEqual([]);
});

test('without lsof, or with one that stumbles, leftovers are unknown: that is not none', async ({
  signal,
}) => {
  await using rig = tartRig({ hypervisor: { lsof: '/nowhere/lsof' } });
  await expect(rig.vms.leftovers('mr-', signal)).rejects.toMatchObject({ code: 'command-missing' });
  mkdirSync(join(rig.dir, 'bin'));
  const lsof = join(rig.dir, 'bin/lsof');
  writeFileSync(lsof, '#!/bin/sh\necho "lsof: no permission" >&2; exit 1\n', { mode: 0o755 });
  await using broken = tartRig({ hypervisor: { lsof } });
  await expect(broken.vms.leftovers('mr-', signal)).rejects.toMatchObject({ code: 'output-unreadable' });
});

withLsof('stopping a VM ends what the system leaves of it, so that its slot is free', async ({ signal }) => {
  await using rig = tartRig({ vms: ['mr-abc123-ios-1'], settings: GHOSTS });
  await rig.vms.start('mr-abc123-ios-1', signal);
  const pid = rig.double.servicePid('mr-abc123-ios-1') ?? 0;
  await rig.vms.stop('mr-abc123-ios-1', signal);
  expect(await isAlive(pid)).toBe(false);
});

test('a VM is stopped all the same where leftovers cannot be looked for', async ({ signal }) => {
  await using rig = tartRig({
    vms: ['mr-abc123-ios-1'],
    settings: GHOSTS,
    hypervisor: { lsof: '/nowhere/lsof' },
  });
  await rig.vms.start('mr-abc123-ios-1', signal);
  await rig.vms.stop('mr-abc123-ios-1', signal);
  expect(await rig.double.isRunning('mr-abc123-ios-1')).toBe(false);
});
