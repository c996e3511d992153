/** The double's suspended, renamed and broken VMs, and what differs by version. Items are those of the checklist in the notes on tart's contract. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TartRig, tartRig } from '../tart-rig.ts';
import { until } from '../until.ts';
import { callTart, runVm, startTart } from './call.ts';
import type { Settings } from './settings.ts';

async function runSuspendable(rig: TartRig, name: string) {
  const run = startTart(rig, ['run', name, '--no-graphics', '--suspendable']);
  await until(() => rig.double.isRunning(name));
  await callTart(rig, ['exec', name, '/bin/true']);
  return run;
}

async function state(rig: TartRig, name: string): Promise<string> {
  const row: { State: string } = JSON.parse((await callTart(rig, ['get', name, '--format', 'json'])).stdout);
  return row.State;
}

test('items 26 and 34: suspend returns before the result; the state is saved and run ends with 0', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const run = await runSuspendable(rig, 'a');
  expect(await callTart(rig, ['suspend', 'a'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect(await run.outcome).toMatchObject({
    exitCode: 0,
    stdout:
      'pausing VM to take a snapshot...\ncreating a snapshot...\n' +
      'snapshot created successfully! shutting down the VM...\n',
  });
  expect(await state(rig, 'a')).toBe('suspended');
  const again = await runVm(rig, 'a');
  await until(() => again.stdout() === 'restoring VM state from a snapshot...\nresuming VM...\n');
  expect(await state(rig, 'a')).toBe('running');
});

test('item 26: a VM that cannot be suspended dies of it, with its words on standard output', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const run = await runVm(rig, 'a');
  await callTart(rig, ['exec', 'a', '/bin/true']);
  expect(await callTart(rig, ['suspend', 'a'])).toMatchObject({ exitCode: 0 });
  expect(await run.outcome).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/^Failed to suspend the VM: /),
    stderr: '',
  });
  expect(await state(rig, 'a')).toBe('stopped');
  rig.double.addImage('linux', { os: 'linux' });
  expect(await callTart(rig, ['run', 'linux', '--suspendable'])).toMatchObject({ exitCode: 64 });
});

test('item 34: the words for a VM that does not run are wrapped twice', async () => {
  await using rig = tartRig({ vms: ['a'] });
  expect(await callTart(rig, ['suspend', 'a'])).toMatchObject({
    exitCode: 2,
    stderr: 'VM "VM "a" is not running" is not running\n',
  });
});

test('item 31: stop of a suspended VM forgets its state', async () => {
  await using rig = tartRig({ vms: ['a'] });
  writeFileSync(join(rig.double.home, 'vms/a/state.vzvmsave'), '');
  expect(await callTart(rig, ['stop', 'a'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect(await state(rig, 'a')).toBe('stopped');
});

test('item 14: the clone of a suspended VM keeps its MAC', async () => {
  await using rig = tartRig({ vms: ['a'] });
  writeFileSync(join(rig.double.home, 'vms/a/state.vzvmsave'), '');
  await callTart(rig, ['clone', 'a', 'b']);
  const mac = (name: string): unknown =>
    JSON.parse(readFileSync(join(rig.double.home, 'vms', name, 'config.json'), 'utf8')).macAddress;
  expect(mac('b')).toBe(mac('a'));
  expect(await state(rig, 'b')).toBe('suspended');
});

test.for([
  ['SIGINT', false],
  ['SIGKILL', false],
  ['off', true],
] as const)(
  'item 25: what the guest did not sync is lost by a power cut (%s), not by a shutdown',
  async ([how, isKept]) => {
    await using rig = tartRig({ vms: ['a'], settings: { losesUnsynced: true } });
    const run = await runVm(rig, 'a');
    const script = 'echo 1 > "$HOME/early"; sync; echo 1 > "$HOME/late"';
    expect(await callTart(rig, ['exec', 'a', '/bin/sh', '-c', script])).toMatchObject({ exitCode: 0 });
    if (how === 'off') rig.double.power('a', 'off');
    else process.kill(run.pid, how);
    await run.outcome;
    rmSync(join(rig.double.home, 'vms/a/control.sock'));
    await runVm(rig, 'a');
    await callTart(rig, ['exec', 'a', '/bin/true']);
    const has = (file: string) => existsSync(join(rig.double.rootfs('a'), 'Users/admin', file));
    expect([has('early'), has('late')]).toEqual([true, isKept]);
  },
);

test('item 29: a run in a session of its own survives the death of its parent', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const script = `setsid '${rig.double.path}' run a --no-graphics > '${rig.dir}/out' 2>&1 < /dev/null & wait`;
  const env = { TART_HOME: rig.double.home, CI: '1', PATH: '/usr/bin:/bin' };
  const parent = spawn('/bin/sh', ['-c', script], { env, detached: true, stdio: 'ignore' });
  await until(() => rig.double.isRunning('a'));
  process.kill(-(parent.pid ?? 0), 'SIGKILL');
  await new Promise((resolve) => parent.once('exit', resolve));
  expect(await callTart(rig, ['exec', 'a', '/bin/echo', 'alive'])).toMatchObject({ stdout: 'alive\n' });
  expect(await callTart(rig, ['stop', 'a'])).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(rig.dir, 'out'), 'utf8')).toBe('Stopping VM...\n');
});

test.for([
  ['2.30.5', 0, /^$/],
  ['2.32.1', 1, /^$/],
  ['2.35.0', 1, /^Failed to run control socket: .*Address already in use/],
] as const)('item 30: a second boot over a stale control.sock in %s', async ([version, exitCode, words]) => {
  await using rig = tartRig({ vms: ['a'], settings: { version } });
  const first = await runVm(rig, 'a');
  expect(await callTart(rig, ['exec', 'a', '/bin/true'])).toMatchObject({ exitCode: 0 });
  process.kill(first.pid, 'SIGINT');
  await first.outcome;
  expect(existsSync(join(rig.double.home, 'vms/a/control.sock'))).toBe(true);
  if (exitCode === 1) rig.double.configure({ agentWaitMs: 400 }); // It will not come.
  const second = await runVm(rig, 'a');
  expect(await callTart(rig, ['exec', 'a', '/bin/true'])).toMatchObject({ exitCode });
  process.kill(second.pid, 'SIGINT');
  expect((await second.outcome).stderr).toMatch(words);
});

test('item 30: after 2.35.0 a stale control.sock ends run; a clone has none', async () => {
  await using rig = tartRig({ vms: ['a'], settings: { version: '2.36.0' } });
  writeFileSync(join(rig.double.home, 'vms/a/control.sock'), '');
  expect(await callTart(rig, ['run', 'a'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('Address already in use'),
  });
  await callTart(rig, ['clone', 'a', 'b']);
  await runVm(rig, 'b');
  expect(await callTart(rig, ['exec', 'b', '/bin/true'])).toMatchObject({ exitCode: 0 });
});

test('item 36: a running VM can be cloned, renamed and replaced; its lock goes with its files', async () => {
  await using rig = tartRig({ vms: ['a', 'c'] });
  await runVm(rig, 'a');
  expect(await callTart(rig, ['clone', 'a', 'b'])).toMatchObject({ exitCode: 0 });
  expect(await callTart(rig, ['rename', 'a', 'renamed'])).toMatchObject({ exitCode: 0, stdout: '' });
  expect(await state(rig, 'renamed')).toBe('running');
  expect(await callTart(rig, ['rename', 'b', 'renamed'])).toMatchObject({
    exitCode: 64,
    stderr: expect.stringMatching(
      /^Error: failed to rename VM b, target VM renamed already exists, delete it first!\n/,
    ),
  });
  await callTart(rig, ['clone', 'c', 'renamed']);
  expect(await state(rig, 'renamed')).toBe('stopped');
});

const START_FAILURES: readonly (readonly [Partial<Settings>, RegExp])[] = [
  [{ startFailure: 'keychain' }, /^Error Domain=VZErrorDomain Code=1 /],
  [
    { startFailure: 'auxiliary-lock' },
    /^Error Domain=VZErrorDomain Code=2 "Failed to lock auxiliary storage\."/,
  ],
  [{ softnet: 'missing' }, /^Error: InitializationFailed\(why: "softnet not found in PATH"\)/],
  [{ softnet: 'unprivileged' }, /^root privileges .*\nRuntimeFailed\(why: "Softnet process terminated/],
];

test.for(START_FAILURES)('item 27: a start fails by %o', async ([settings, words]) => {
  await using rig = tartRig({ vms: ['a'], settings });
  const run = await callTart(rig, ['run', 'a', '--net-softnet-allow', '10.0.0.0/8']);
  expect(run).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(words) });
  expect(await state(rig, 'a')).toBe('stopped');
});

test('item 27: softnet that dies later takes the VM along', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const run = await runVm(rig, 'a');
  await callTart(rig, ['exec', 'a', '/bin/true']);
  rig.double.power('a', 'softnet');
  expect(await run.outcome).toMatchObject({
    exitCode: 1,
    stderr: 'RuntimeFailed(why: "Softnet process terminated prematurely")\n',
  });
});

test('what other versions do differently', async () => {
  await using rig = tartRig({ vms: ['a'], settings: { version: '2.26.0' } });
  expect(await callTart(rig, ['exec', 'a', 'ls'])).toMatchObject({ exitCode: 64 });
  expect(await callTart(rig, ['clone', 'a', 'b', '--prune-limit', '1'])).toMatchObject({ exitCode: 64 });
  const [row] = JSON.parse((await callTart(rig, ['list', '--format', 'json'])).stdout);
  expect(Object.keys(row).sort()).toEqual([
    'Disk',
    'Name',
    'Running',
    'Size',
    'SizeOnDisk',
    'Source',
    'State',
  ]);
  rig.double.configure({ version: '2.7.0' });
  const [head] = (await callTart(rig, ['get', 'a'])).stdout.split('\n');
  expect(head?.split(/ +/)).toEqual(['CPU', 'Memory', 'Disk', 'Size', 'Display', 'State']);
  rig.double.configure({ version: '2.9.1' });
  const run = await runVm(rig, 'a');
  await until(() => existsSync(join(rig.dir, 'dhcpd_leases')));
  process.kill(run.pid, 'SIGINT');
  expect(await run.outcome).toMatchObject({ exitCode: 1, stdout: 'Stopping VM...\n' });
  rig.double.configure({ version: '2.36.0' });
  expect((await callTart(rig, ['list'])).stdout.split('\n')[1]).toMatch(
    /^local +a +50 GB +1 GB +.* ago +stopped$/,
  );
  rmSync(join(rig.double.home, 'vms/a/nvram.bin'));
  expect((await callTart(rig, ['get', 'a'])).stderr).toMatch(/^VM is missing files for a supported layout: /);
});

test('a VM is made, exported and imported', async () => {
  await using rig = tartRig();
  expect(await callTart(rig, ['create', 'new', '--linux', '--disk-size', '20'])).toMatchObject({
    exitCode: 0,
  });
  const file = join(rig.dir, 'new.tvm');
  expect(await callTart(rig, ['export', 'new', file])).toMatchObject({
    exitCode: 0,
    stdout: 'exporting...\n',
  });
  expect(await callTart(rig, ['import', file, 'copy'])).toMatchObject({
    exitCode: 0,
    stdout: 'importing...\n',
  });
  const copy: unknown = JSON.parse((await callTart(rig, ['get', 'copy', '--format', 'json'])).stdout);
  expect(copy).toMatchObject({ OS: 'linux', Disk: 20 });
  expect(await callTart(rig, ['import', join(rig.dir, 'none'), 'x'])).toMatchObject({ exitCode: 1 });
});
