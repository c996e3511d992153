/** The double's `run`, `stop` and `delete`. Items are those of the checklist in the notes on tart's contract. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tartRig } from '../tart-rig.ts';
import { until } from '../until.ts';
import { familyOf } from '../watch/processes.ts';
import { callTart, isAlive, runVm, startTart, writeProgram } from './call.ts';

test('item 9: SIGKILL of run flips the state at once', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const { pid, outcome } = await runVm(rig, 'a');
  process.kill(pid, 'SIGKILL');
  await outcome;
  expect(await rig.double.isRunning('a')).toBe(false);
  expect((await callTart(rig, ['list'])).stdout).toContain('stopped');
});

test('item 21: run stays in the foreground, silent, and is seen running before the guest is ready', async () => {
  await using rig = tartRig({ vms: ['a'], settings: { bootDelayMs: 60_000, agentWaitMs: 50 } });
  const run = await runVm(rig, 'a');
  expect((await callTart(rig, ['get', 'a'])).stdout).toContain('running');
  expect((await callTart(rig, ['exec', 'a', '/bin/true'])).exitCode).toBe(1);
  expect(run.stdout()).toBe('');
  expect(run.child.exitCode).toBe(null);
});

test('item 22: a second run of a VM ends with 2', async () => {
  await using rig = tartRig({ vms: ['a'] });
  await runVm(rig, 'a');
  expect(await callTart(rig, ['run', 'a'])).toMatchObject({
    exitCode: 2,
    stderr: 'VM "a" is already running!\n',
  });
});

test('item 23: the third macOS VM is one too many, Linux VMs do not count, a leaked slot does', async () => {
  await using rig = tartRig({ vms: ['a', 'b', 'c'] });
  rig.double.addImage('linux', { os: 'linux' });
  for (const name of ['linux', 'a', 'b']) await runVm(rig, name);
  const limit = 'The number of VMs exceeds the system limit';
  const third = { exitCode: 1, stderr: `${limit} (other running VMs: a, b, linux)\n` };
  expect(await callTart(rig, ['run', 'c'])).toMatchObject(third);
  for (const name of ['linux', 'a', 'b']) await callTart(rig, ['stop', name]);
  rig.double.configure({ leakedSlots: 2 });
  expect(await callTart(rig, ['run', 'c'])).toMatchObject({ exitCode: 1, stderr: `${limit}\n` });
});

test('item 23: of three started at the same time, two run', async () => {
  await using rig = tartRig({ vms: ['a', 'b', 'c'] });
  const runs = ['a', 'b', 'c'].map((name) => startTart(rig, ['run', name]));
  const loser = await Promise.race(runs.map((run) => run.outcome));
  expect(loser).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('exceeds the system limit') });
  const alive = await Promise.all(['a', 'b', 'c'].map((name) => rig.double.isRunning(name)));
  expect(alive.filter(Boolean)).toHaveLength(2);
});

test.for([
  ['off', 'guest has stopped the virtual machine\n'],
  ['crash', 'guest has stopped the virtual machine due to error: panic\n'],
  ['detach', "virtual machine's network attachment 0 has been disconnected with error: gone\n"],
] as const)("item 24: after the guest's end (%s) run says so and exits 0", async ([word, stdout]) => {
  await using rig = tartRig({ vms: ['a'] });
  const run = await runVm(rig, 'a');
  rig.double.power('a', word);
  expect(await run.outcome).toMatchObject({ exitCode: 0, stdout, stderr: '' });
});

test('item 24: shutdown inside the guest is a power-off', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const run = await runVm(rig, 'a');
  await callTart(rig, ['exec', 'a', '/sbin/shutdown', '-h', 'now']);
  expect(await run.outcome).toMatchObject({ exitCode: 0, stdout: 'guest has stopped the virtual machine\n' });
});

test('item 25: SIGINT is a power cut with exit 0, SIGTERM kills without a word', async () => {
  await using rig = tartRig({ vms: ['a', 'b'] });
  const first = await runVm(rig, 'a');
  process.kill(first.pid, 'SIGINT');
  expect(await first.outcome).toMatchObject({ exitCode: 0, stdout: 'Stopping VM...\n' });
  const second = await runVm(rig, 'b');
  process.kill(second.pid, 'SIGTERM');
  expect(await second.outcome).toMatchObject({ signal: 'SIGTERM', stdout: '', stderr: '' });
});

test('item 26: SIGUSR2 asks the guest in vain and changes nothing', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const run = await runVm(rig, 'a');
  process.kill(run.pid, 'SIGUSR2');
  await until(() => run.stdout() === 'Requesting guest OS to stop...\n');
  expect(await rig.double.isRunning('a')).toBe(true);
});

test('item 27: start failures can be injected, and too many CPUs fail by themselves', async () => {
  await using rig = tartRig({ vms: ['a'], settings: { maxCpu: 8 } });
  await callTart(rig, ['set', 'a', '--cpu', '9']);
  expect(await callTart(rig, ['run', 'a'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^Error: Invalid virtual machine configuration\./),
  });
  const stderr = 'Error Domain=VZErrorDomain Code=2 "Failed to lock auxiliary storage."\n';
  rig.double.script([{ command: 'run', exitCode: 1, stderr }]);
  expect(await callTart(rig, ['run', 'a'])).toMatchObject({ exitCode: 1, stderr });
});

test('item 28: of two running VMs with one MAC the later changes its own', async () => {
  await using rig = tartRig({ vms: ['a', 'b'] });
  await runVm(rig, 'a');
  // Once its lock is held, the address is written.
  const later = await runVm(rig, 'b');
  await until(() => later.stdout().split('\n').length === 3);
  expect(later.stdout()).toBe(
    'There is already a running VM with the same MAC address!\nResetting VM to assign a new MAC address...\n',
  );
  const { readConfig } = await import('./vms.ts');
  const macs = ['a', 'b'].map((name) => readConfig(join(rig.double.home, 'vms', name)).macAddress);
  expect(new Set(macs).size).toBe(2);
});

test('item 31: stop of a stopped VM is 2, of a running one 0', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const text = 'VM "a" is not running\n';
  expect(await callTart(rig, ['stop', 'a'])).toMatchObject({ exitCode: 2, stderr: text });
  await runVm(rig, 'a');
  expect(await callTart(rig, ['stop', 'a'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
});

test('item 32: a run that ignores SIGINT is killed at the deadline, at once with none', async () => {
  await using rig = tartRig({ vms: ['a'], settings: { ignoresSigint: true } });
  for (const seconds of ['1', '0']) {
    const run = await runVm(rig, 'a');
    expect(await callTart(rig, ['stop', 'a', '--timeout', seconds])).toMatchObject({ exitCode: 0 });
    expect(await run.outcome).toMatchObject({ signal: 'SIGKILL' });
  }
});

test('item 33: a stop that is killed while it waits never comes to its SIGKILL', async () => {
  await using rig = tartRig({ vms: ['a'], settings: { ignoresSigint: true } });
  await runVm(rig, 'a');
  const stop = startTart(rig, ['stop', 'a', '--timeout', '60']);
  await until(() => rig.double.calls('stop').length === 1);
  process.kill(stop.pid, 'SIGKILL');
  await stop.outcome;
  // Nobody is left who could send it.
  await until(() => familyOf(0, rig.dir).every(({ command }) => !command.includes(' stop ')));
  expect(await rig.double.isRunning('a')).toBe(true);
  expect((await callTart(rig, ['stop', 'a', '--timeout', '1'])).exitCode).toBe(0);
});

test('item 35: delete of a running VM is 1, several stop at the first failure, a second delete is 2', async () => {
  await using rig = tartRig({ vms: ['a', 'b', 'c'] });
  await runVm(rig, 'b');
  expect(await callTart(rig, ['delete', 'a', 'b', 'c'])).toMatchObject({
    exitCode: 1,
    stderr: 'VM "b" is running\n',
  });
  expect((await callTart(rig, ['list', '-q'])).stdout).toBe('b\nc\n');
  expect(await callTart(rig, ['delete', 'c'])).toMatchObject({ exitCode: 0, stdout: '' });
  expect(await callTart(rig, ['delete', 'c'])).toMatchObject({ exitCode: 2 });
});

test.for(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'after %s of run every process of the guest is gone, those in sessions of their own included',
  async (signal) => {
    await using rig = tartRig({ vms: ['a'] });
    // A daemon of a daemon, with an environment that says nothing, in a session that nobody wrote down.
    const stray = `require('node:child_process').spawn('/bin/sleep', ['60'], { detached: true, env: {} })`;
    const script = `echo $$ > "$HOME/boot"; '${process.execPath}' -e "const c = ${stray}; require('node:fs').writeFileSync('stray', String(c.pid)); process.exit()"; exec sleep 60`;
    writeProgram(rig, 'a', 'usr/local/double-bin/boot.d/daemon', script);
    const run = await runVm(rig, 'a');
    const pids: number[] = [];
    for (const name of ['boot', 'stray']) {
      const file = join(rig.double.rootfs('a'), 'Users/admin', name);
      await until(() => existsSync(file) && Number(readFileSync(file, 'utf8')) > 0);
      pids.push(Number(readFileSync(file, 'utf8')));
    }
    process.kill(run.pid, signal);
    for (const pid of pids) await until(async () => !(await isAlive(pid)));
  },
);

test('flags that would open the host to a guest are refused loudly and written down', async () => {
  await using rig = tartRig({ vms: ['a'] });
  for (const flag of ['--dir=/x', '--disk=/x', '--net-bridged=en0', '--net-host', '--vnc']) {
    const { exitCode, stderr } = await callTart(rig, ['run', 'a', flag]);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining('forbidden'),
    });
  }
  expect(rig.double.calls('run').flatMap((call) => call.violations)).toHaveLength(5);
});
