/** The double's `exec`, its fault script and call log. Items are those of the checklist in the notes on tart's contract. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TartRig, tartRig } from '../tart-rig.ts';
import { until } from '../until.ts';
import { callTart, isAlive, runVm, startTart, writeProgram } from './call.ts';

function inGuest(rig: TartRig, file: string): string {
  return join(rig.double.rootfs('a'), 'Users/admin', file);
}

async function pidOf(rig: TartRig, file: string): Promise<number> {
  await until(() => existsSync(inGuest(rig, file)) && Number(readFileSync(inGuest(rig, file), 'utf8')) > 0);
  return Number(readFileSync(inGuest(rig, file), 'utf8'));
}

test('item 39: arguments arrive verbatim, without a shell', async () => {
  await using rig = tartRig({ vms: ['a'] });
  writeProgram(rig, 'a', 'usr/local/macrunner-guest/bin/show', `for word in "$@"; do echo "<$word>"; done`);
  await runVm(rig, 'a');
  const args = ['--', '-i', '*', 'two words', '$HOME'];
  const { stdout } = await callTart(rig, ['exec', 'a', '/usr/local/macrunner-guest/bin/show', ...args]);
  expect(stdout).toBe('<-->\n<-i>\n<*>\n<two words>\n<$HOME>\n');
  expect(await callTart(rig, ['exec', 'a', '--', 'ls'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('exec: "--": executable file not found in $PATH'),
  });
});

test('item 39: standard input is nothing without -i, and ours to its end with it', async () => {
  await using rig = tartRig({ vms: ['a'] });
  await runVm(rig, 'a');
  expect((await callTart(rig, ['exec', 'a', '/bin/cat'], { input: 'words' })).stdout).toBe('');
  expect((await callTart(rig, ['exec', '-i', 'a', '/bin/cat'], { input: 'words' })).stdout).toBe('words');
});

test('item 40: exit codes pass through, a signal is 255, a missing program 1', async () => {
  await using rig = tartRig({ vms: ['a'] });
  await runVm(rig, 'a');
  for (const [script, exitCode] of [
    ['exit 64', 64],
    ['exit 255', 255],
    ['kill -9 $$', 255],
  ] as const) {
    expect(await callTart(rig, ['exec', 'a', '/bin/sh', '-c', script])).toMatchObject({
      exitCode,
      stderr: '',
    });
  }
  expect(await callTart(rig, ['exec', 'a', 'foo'])).toMatchObject({
    exitCode: 1,
    stderr: 'Error: unknown (2): exec: "foo": executable file not found in $PATH\n',
  });
});

test('item 41: exec lasts as long as a background child holds its output', async () => {
  await using rig = tartRig({ vms: ['a'] });
  await runVm(rig, 'a');
  const script = 'sleep 60 & echo $! > "$HOME/child"; echo done';
  const exec = startTart(rig, ['exec', 'a', '/bin/sh', '-c', script]);
  await until(() => exec.stdout() === 'done\n');
  const child = await pidOf(rig, 'child');
  expect(exec.child.exitCode).toBe(null);
  process.kill(child, 'SIGKILL');
  expect(await exec.outcome).toMatchObject({ exitCode: 0 });
});

test('item 42: SIGINT to exec kills the direct child, not its children; SIGKILL lets it live until it writes', async () => {
  await using rig = tartRig({ vms: ['a'] });
  await runVm(rig, 'a');
  const script = 'sleep 60 & echo $! > "$HOME/grandchild"; echo $$ > "$HOME/child"; wait';
  const exec = startTart(rig, ['exec', 'a', '/bin/sh', '-c', script]);
  const [child, grandchild] = [await pidOf(rig, 'child'), await pidOf(rig, 'grandchild')];
  process.kill(exec.pid, 'SIGINT');
  await exec.outcome;
  await until(async () => !(await isAlive(child)));
  expect(await isAlive(grandchild)).toBe(true);

  const silent = 'echo $$ > "$HOME/silent"; read -r go < "$HOME/gate"; echo out; echo out; sleep 60';
  await callTart(rig, ['exec', 'a', 'mkfifo', inGuest(rig, 'gate')]);
  const second = startTart(rig, ['exec', 'a', '/bin/sh', '-c', silent]);
  const writer = await pidOf(rig, 'silent');
  process.kill(second.pid, 'SIGKILL');
  await second.outcome;
  expect(await isAlive(writer)).toBe(true);
  await callTart(rig, ['exec', 'a', '/bin/sh', '-c', 'echo go > "$HOME/gate"']);
  await until(async () => !(await isAlive(writer)));
});

test('item 43: no agent yet, the VM dies meanwhile, the VM is stopped', async () => {
  await using rig = tartRig({ vms: ['a', 'b'], settings: { bootDelayMs: 60_000, agentWaitMs: 50 } });
  await runVm(rig, 'b');
  expect(await callTart(rig, ['exec', 'b', '/bin/true'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /^Failed to connect to the VM using its control socket: .*is the Tart Guest Agent running\?\n$/,
    ),
  });
  rig.double.configure({ bootDelayMs: 0, agentWaitMs: 30_000 });
  const run = await runVm(rig, 'a');
  const exec = startTart(rig, ['exec', 'a', '/bin/sh', '-c', 'echo $$ > "$HOME/pid"; exec sleep 60']);
  await pidOf(rig, 'pid');
  process.kill(run.pid, 'SIGKILL');
  expect(await exec.outcome).toMatchObject({ exitCode: 1 });
  await run.outcome;
  expect(await callTart(rig, ['exec', 'a', '/bin/true'])).toMatchObject({ exitCode: 2 });
});

test('item 43: an agent that comes up while exec waits is reached', async () => {
  await using rig = tartRig({ vms: ['a'], settings: { bootDelayMs: 300 } });
  await runVm(rig, 'a');
  expect(await callTart(rig, ['exec', 'a', '/bin/echo', 'up'])).toMatchObject({
    exitCode: 0,
    stdout: 'up\n',
  });
});

test('item 44: -t without a terminal traps', async () => {
  await using rig = tartRig({ vms: ['a'] });
  await runVm(rig, 'a');
  expect((await callTart(rig, ['exec', '-t', 'a', '/bin/true'])).signal).toBe('SIGTRAP');
});

test("the guest sees its own home, its own programs first, and nothing of the host's environment", async () => {
  await using rig = tartRig({ vms: ['a'] });
  writeProgram(rig, 'a', 'usr/local/double-bin/launchctl', 'echo double');
  await runVm(rig, 'a');
  const script = 'pwd; echo "$HOME"; launchctl; env | grep -c -E "TART_HOME|^CI=|COMPILE_CACHE"';
  const home = join(rig.double.rootfs('a'), 'Users/admin');
  const { stdout } = await callTart(rig, ['exec', 'a', '/bin/sh', '-c', script]);
  expect(stdout).toBe(`${home}\n${home}\ndouble\n0\n`);
});

test('one VM sees nothing of another', async () => {
  await using rig = tartRig({ vms: ['a', 'b'] });
  await runVm(rig, 'a');
  await runVm(rig, 'b');
  await callTart(rig, ['exec', 'a', '/bin/sh', '-c', 'echo secret > "$HOME/mine"']);
  const other = await callTart(rig, ['exec', 'b', '/bin/sh', '-c', 'ls "$HOME"']);
  expect(other).toMatchObject({ exitCode: 0, stdout: '' });
});

test('item 45: faults strike the nth call that matches, with all they can do', async () => {
  await using rig = tartRig({ vms: ['a', 'b'] });
  rig.double.script([
    { command: 'get', match: 'a', nth: 2, exitCode: 7, stdout: 'part', stderr: 'why' },
    { command: 'set', signal: 'SIGKILL' },
    { command: 'delete', isAfter: true, exitCode: 1 },
    { command: 'list', hang: true },
  ]);
  const codes = [];
  for (const name of ['a', 'b', 'a', 'a']) codes.push((await callTart(rig, ['get', name])).exitCode);
  expect(codes).toEqual([0, 0, 7, 0]);
  expect((await callTart(rig, ['set', 'a'])).signal).toBe('SIGKILL');
  expect((await callTart(rig, ['delete', 'a'])).exitCode).toBe(1);
  expect(existsSync(join(rig.double.home, 'vms/a'))).toBe(false);
  const hanging = startTart(rig, ['list']);
  await until(() => rig.double.calls('list').length === 1);
  process.kill(hanging.pid, 'SIGTERM');
  expect((await hanging.outcome).signal).toBe('SIGTERM');
});

test('item 45: every call is written down, however many at the same time', async () => {
  await using rig = tartRig({ vms: ['a'] });
  rig.double.script([{ command: 'get', nth: 3, exitCode: 9 }]);
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => callTart(rig, ['get', 'a'])));
  expect(outcomes.filter((outcome) => outcome.exitCode === 9)).toHaveLength(1);
  const calls = rig.double.calls('get');
  expect(new Set(calls.map((call) => call.pid)).size).toBe(8);
  expect(calls[0]).toMatchObject({
    argv: ['get', 'a'],
    cwd: '/',
    env: { TART_HOME: rig.double.home, CI: '1' },
  });
});
