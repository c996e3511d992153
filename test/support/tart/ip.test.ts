/** The double's network: leases, resolvers and delays. Items are those of the checklist in the notes on tart's contract. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TartRig, tartRig } from '../tart-rig.ts';
import { until } from '../until.ts';
import { callTart, runVm, startTart, writeProgram } from './call.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

/** One of tart's seconds lasts 50 ms. */
const QUICK = { timeScale: 0.05 };
const LEASES = 'dhcpd_leases';

function read(rig: TartRig, file: string): string {
  return readFileSync(join(rig.dir, file), 'utf8');
}

async function hasLease(rig: TartRig): Promise<void> {
  await until(() => existsSync(join(rig.dir, LEASES)));
}

test('item 37: ip waits until the lease appears, in the file of the real server', async () => {
  await using rig = tartRig({ vms: ['a'], settings: { ...QUICK, ipDelayMs: 300 } });
  await runVm(rig, 'a');
  const found = await callTart(rig, ['ip', 'a', '--wait', '600']);
  expect(found).toMatchObject({ exitCode: 0, stdout: '192.168.64.2\n', stderr: '' });
  expect(read(rig, LEASES)).toMatch(
    /^\{\n\tname=admin\n\tip_address=192\.168\.64\.2\n\thw_address=1,5e:0:0:0:0:1\n\tidentifier=.*\n\tlease=0x[0-9a-f]+\n\}\n$/,
  );
});

test('item 37: at the deadline ip fails with 1, and even without a wait only after a second', async () => {
  await using rig = tartRig({ vms: ['a'], settings: { timeScale: 0.3, ipDelayMs: null } });
  const beginMs = performance.now();
  expect(await callTart(rig, ['ip', 'a'])).toMatchObject({
    exitCode: 1,
    stderr: 'no IP address found, is your VM running?\n',
  });
  expect(performance.now() - beginMs).toBeGreaterThanOrEqual(300);
  await runVm(rig, 'a');
  expect(await callTart(rig, ['ip', 'a', '--wait', '2'])).toMatchObject({
    exitCode: 1,
    stderr: 'no IP address found\n',
  });
});

test('item 37: the lease of a stopped VM is shown as if it ran; an expired one is not', async () => {
  await using rig = tartRig({ vms: ['a', 'b'], settings: QUICK });
  const run = await runVm(rig, 'a');
  await hasLease(rig);
  process.kill(run.pid, 'SIGKILL');
  await run.outcome;
  const stale = { exitCode: 0, stdout: '192.168.64.2\n' };
  expect(await callTart(rig, ['ip', 'a'])).toMatchObject(stale);
  expect(await callTart(rig, ['ip', 'b'])).toMatchObject(stale); // It has the same MAC.
  await callTart(rig, ['set', 'b', '--random-mac']);
  expect(await callTart(rig, ['ip', 'b'])).toMatchObject({ exitCode: 1 });
  const expired = read(rig, LEASES).replace(/lease=0x\w+/, 'lease=0x1');
  writeFileSync(join(rig.dir, LEASES), expired);
  expect(await callTart(rig, ['ip', 'a'])).toMatchObject({ exitCode: 1 });
});

test('item 37: VMs of different MACs get different addresses, until there are none left', async () => {
  const dhcp = { ...DEFAULT_SETTINGS.dhcp, first: 7, last: 8 };
  await using rig = tartRig({ settings: { ...QUICK, dhcp } });
  for (const name of ['a', 'b', 'c']) {
    rig.double.addImage(name, { os: 'linux' });
    await callTart(rig, ['set', name, '--random-mac']);
    await runVm(rig, name);
  }
  await until(() => ['64.7', '64.8'].every((address) => read(rig, LEASES).includes(address)));
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => callTart(rig, ['ip', name])));
  const found = [a, b, c].map((outcome) => outcome?.stdout.trim());
  expect(found.sort()).toEqual(['', '192.168.64.7', '192.168.64.8']);
});

test('item 38: a half-written lease file ends ip at once, whatever it may wait', async () => {
  await using rig = tartRig({ vms: ['a'], settings: QUICK });
  await runVm(rig, 'a');
  await hasLease(rig);
  const whole = read(rig, LEASES);
  for (const [text, words] of [
    [whole.slice(0, -3), /^Error: Truncated\(/],
    [`{\n${whole}`, /^Error: UnexpectedFormat\(.*line: 2\)$/],
    [whole.replace('name=admin', 'name'), /^Error: UnexpectedFormat\(.*only a key/],
  ] as const) {
    writeFileSync(join(rig.dir, LEASES), text);
    const { exitCode, stderr } = await callTart(rig, ['ip', 'a', '--wait', '6000']);
    expect(exitCode).toBe(1);
    expect(stderr.trimEnd()).toMatch(words);
  }
});

test('item 38: without an agent the resolver waits and hints; an agent without an address ends it at once', async () => {
  await using rig = tartRig({
    vms: ['a', 'b'],
    settings: { ...QUICK, bootDelayMs: 60_000, ipDelayMs: null },
  });
  const hint = ' (also make sure that Guest agent for Tart is running inside of a VM)\n';
  const ask = (name: string, wait: string) =>
    callTart(rig, ['ip', name, '--resolver', 'agent', '--wait', wait]);
  expect(await ask('a', '1')).toMatchObject({
    exitCode: 1,
    stderr: `no IP address found, is your VM running?${hint}`,
  });
  await runVm(rig, 'a');
  expect(await ask('a', '1')).toMatchObject({ exitCode: 1, stderr: `no IP address found${hint}` });
  rig.double.configure({ bootDelayMs: 0 });
  await runVm(rig, 'b');
  await callTart(rig, ['exec', 'b', '/bin/true']);
  expect(await ask('b', '6000')).toMatchObject({
    exitCode: 1,
    stderr: "Error: unknown (2): cannot resolve VM's IP address\n",
  });
});

test('item 38: the agent knows the address of its own VM, and no other', async () => {
  await using rig = tartRig({ vms: ['a'], settings: QUICK });
  const run = await runVm(rig, 'a');
  const ask = (wait: string) => callTart(rig, ['ip', 'a', '--resolver', 'agent', '--wait', wait]);
  await hasLease(rig);
  await until(async () => (await ask('600')).stdout === '192.168.64.2\n');
  process.kill(run.pid, 'SIGINT');
  await run.outcome;
  expect(await ask('0')).toMatchObject({ exitCode: 1 });
});

test('item 38: before 2.28.0 there is no such resolver', async () => {
  await using rig = tartRig({ vms: ['a'], settings: { version: '2.27.3' } });
  expect(await callTart(rig, ['ip', 'a', '--resolver', 'agent'])).toMatchObject({
    exitCode: 64,
    stderr: expect.stringMatching(/^Error: The value 'agent' is invalid for '--resolver <resolver>'/),
  });
});

test('the ARP table knows VMs that were heard of, not those behind softnet, and an odd line spoils it', async () => {
  await using rig = tartRig({ vms: ['a', 'b'], settings: QUICK });
  await callTart(rig, ['set', 'b', '--random-mac']);
  await runVm(rig, 'a');
  const ask = (name: string, wait = '0') => callTart(rig, ['ip', name, '--resolver', 'arp', '--wait', wait]);
  expect(await ask('a', '600')).toMatchObject({ exitCode: 0, stdout: '192.168.64.2\n' });
  startTart(rig, ['run', 'b', '--net-softnet']);
  await until(() => read(rig, LEASES).includes('192.168.64.3'));
  expect(await ask('b')).toMatchObject({ exitCode: 1, stderr: 'no IP address found\n' });
  writeFileSync(join(rig.dir, 'arp'), `odd\n${read(rig, 'arp')}`);
  expect(await ask('a', '6000')).toMatchObject({
    exitCode: 1,
    stderr: 'Error: arp command yielded invalid output: unparseable entry "odd"\n',
  });
});

/** In no test's time. */
const NEVER_MS = 600_000;

test.for([
  [{ bootDelayMs: 200, ipDelayMs: NEVER_MS, sshDelayMs: 0 }, ['agent']],
  [{ bootDelayMs: NEVER_MS, ipDelayMs: 200, sshDelayMs: NEVER_MS }, ['address']],
  [{ bootDelayMs: NEVER_MS, ipDelayMs: 0, sshDelayMs: 200 }, ['address', 'sshd']],
] as const)('item 21: agent, address and sshd each come in their own time: %o', async ([settings, there]) => {
  await using rig = tartRig({ vms: ['a'], settings: { ...QUICK, ...settings } });
  writeProgram(rig, 'a', 'usr/local/double-bin/boot.d/agent', 'echo up > "$HOME/agent"');
  const sshd = 'echo "$MACRUNNER_DOUBLE_ADDRESS" > "$HOME/sshd"';
  writeProgram(rig, 'a', 'usr/local/double-bin/ssh.d/sshd', sshd);
  const guest = (file: string) => join(rig.double.rootfs('a'), 'Users/admin', file);
  const files = { agent: guest('agent'), address: join(rig.dir, LEASES), sshd: guest('sshd') };
  const came = () => Object.entries(files).flatMap(([what, file]) => (existsSync(file) ? [what] : []));
  const beginMs = performance.now();
  await runVm(rig, 'a');
  await until(() => came().length === there.length);
  expect(performance.now() - beginMs).toBeGreaterThanOrEqual(200);
  expect(came()).toEqual(there);
  if (came().includes('sshd')) await until(() => readFileSync(files.sshd, 'utf8') === '192.168.64.2\n');
});
