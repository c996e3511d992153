/** The double's command line, listing, clone and pull. Items are those of the checklist in the notes on tart's contract. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tartRig } from '../tart-rig.ts';
import { callTart, runVm } from './call.ts';

const IMAGE = `ghcr.io/acme/macos@sha256:${'b'.repeat(64)}`;

test('item 1: the version, an unknown option, a missing argument', async () => {
  await using rig = tartRig({ settings: { version: '2.34.0' } });
  expect(await callTart(rig, ['--version'])).toMatchObject({ exitCode: 0, stdout: '2.34.0\n', stderr: '' });
  const unknown = await callTart(rig, ['list', '--x']);
  expect(unknown).toMatchObject({ exitCode: 64, stdout: '' });
  expect(unknown.stderr).toMatch(/^Error: Unknown option '--x'\nUsage: tart list/);
  expect(await callTart(rig, ['clone', 'a'])).toMatchObject({
    exitCode: 64,
    stderr: expect.stringMatching(/^Error: Missing expected argument '<new-name>'\n/),
  });
});

test('items 2 and 3: a missing VM is 2 without a prefix, for run 1 with one', async () => {
  await using rig = tartRig();
  const text = 'the specified VM "none" does not exist\n';
  for (const command of [
    'get',
    'set',
    'ip',
    'stop',
    'suspend',
    'delete',
    'exec',
    'clone',
    'push',
    'export',
  ]) {
    const rest = { exec: ['ls'], clone: ['new'], push: ['a.b/c'] }[command] ?? [];
    const found = await callTart(rig, [command, 'none', ...rest]);
    expect(found).toMatchObject({ exitCode: 2, stderr: text });
  }
  expect(await callTart(rig, ['run', 'none'])).toMatchObject({ exitCode: 1, stderr: `Error: ${text}` });
  expect(await callTart(rig, ['rename', 'none', 'new'])).toMatchObject({
    exitCode: 64,
    stderr: expect.stringMatching(
      /^Error: failed to rename a non-existent local VM: none\nUsage: tart <subcommand>/,
    ),
  });
});

test('item 4: TART_HOME is honoured and made, HOME changes nothing', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const other = join(rig.dir, 'other');
  const list = await callTart(rig, ['list', '-q'], { env: { TART_HOME: other, PATH: '/usr/bin:/bin' } });
  expect(list).toMatchObject({ exitCode: 0, stdout: '' });
  expect(existsSync(join(other, 'vms'))).toBe(true);
  const env = { TART_HOME: rig.double.home, HOME: other, PATH: '/usr/bin:/bin' };
  expect((await callTart(rig, ['list', '-q'], { env })).stdout).toBe('a\n');
});

test('item 12: a cached image is pulled by a look at its manifest, and cloned without one', async () => {
  await using rig = tartRig({ images: ['ghcr.io/acme/macos:26'] });
  const plain = await callTart(rig, ['pull', 'ghcr.io/acme/macos:26']);
  expect(plain.stdout).toMatch(
    /^pulling ghcr.io\/acme\/macos:26\.\.\.\npulling manifest\.\.\.\nghcr.io\/acme\/macos@sha256:\w+ image is already cached and linked!\n$/,
  );
  expect(rig.double.fetched()).toEqual(['ghcr.io/acme/macos:26 manifest']);
  expect(await callTart(rig, ['clone', 'ghcr.io/acme/macos:26', 'a'])).toMatchObject({
    exitCode: 0,
    stdout: '',
    stderr: '',
  });
  expect(rig.double.fetched()).toHaveLength(1);
});

test('item 6: what a dead maker left in tmp goes with the next command, what a living one makes stays', async () => {
  await using rig = tartRig();
  const tmp = join(rig.double.home, 'tmp');
  for (const name of ['dead', 'gone.999999999', `made.${process.pid}`]) mkdirSync(join(tmp, name));
  await callTart(rig, ['pull', 'local']);
  expect(readdirSync(tmp)).toHaveLength(3);
  await callTart(rig, ['list']);
  expect(readdirSync(tmp)).toEqual([`made.${process.pid}`]);
});

test("item 7: the listing has tart's keys, types, casing and escapes", async () => {
  await using rig = tartRig({ images: ['template', 'ghcr.io/acme/macos:26'] });
  const { stdout } = await callTart(rig, ['list', '--format', 'json']);
  expect(stdout).toContain('ghcr.io\\/acme\\/macos:26');
  expect(stdout).toMatch(/"Name" : "/);
  const rows: Record<string, unknown>[] = JSON.parse(stdout);
  expect(rows.map((row) => row.Source)).toEqual(['local', 'OCI', 'OCI']);
  expect(Object.keys(rows[0] ?? {}).sort()).toEqual(
    ['Accessed', 'Disk', 'Name', 'Running', 'Size', 'Source', 'State'].sort(),
  );
  expect(rows[0]).toMatchObject({ Disk: 50, Size: expect.any(Number), Running: false, State: 'stopped' });
  rmSync(join(rig.double.home, 'vms/template'), { recursive: true });
  const empty = await callTart(rig, ['list', '--source', 'local', '--format', 'json']);
  expect(empty.stdout).toBe('[\n\n]\n');
});

test('item 8: get has its own size type and knows local VMs only', async () => {
  await using rig = tartRig({ images: ['template', IMAGE] });
  const got: unknown = JSON.parse((await callTart(rig, ['get', 'template', '--format', 'json'])).stdout);
  expect(got).toMatchObject({ OS: 'darwin', CPU: 4, Memory: 8192, Size: expect.any(String) });
  expect(await callTart(rig, ['get', IMAGE])).toMatchObject({ exitCode: 2 });
  await callTart(rig, ['set', 'template', '--display', '1920x1080px']);
  const [head, row] = (await callTart(rig, ['get', 'template'])).stdout.split('\n');
  expect(head?.split(/ +/)).toEqual([
    'OS',
    'CPU',
    'Memory',
    'Disk',
    'DiskFormat',
    'Size',
    'Display',
    'State',
  ]);
  expect(row).toBe('darwin 4   8192   50   raw        1.000 1920x1080px stopped');
});

test('item 10: an unreadable configuration reads as stopped; a race fails the list', async () => {
  await using rig = tartRig({ vms: ['a'] });
  await runVm(rig, 'a');
  rig.double.configure({ unreadable: ['a'] });
  const { stdout } = await callTart(rig, ['list', '--source', 'local', '--format', 'json']);
  expect(JSON.parse(stdout)).toMatchObject([{ State: 'stopped', Running: false }]);
  const stderr = 'Error: The file “config.json” couldn’t be opened.\n';
  rig.double.script([{ command: 'list', nth: 2, exitCode: 1, stderr }]);
  const codes = [];
  for (let call = 1; call <= 3; call += 1) codes.push((await callTart(rig, ['list'])).exitCode);
  expect(codes).toEqual([0, 1, 0]);
});

test('item 11: a directory that lacks a file is hidden, and without config.json cannot be deleted', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const dir = join(rig.double.home, 'vms/a');
  rmSync(join(dir, 'nvram.bin'));
  expect((await callTart(rig, ['list', '-q'])).stdout).toBe('');
  expect(await callTart(rig, ['get', 'a'])).toMatchObject({
    exitCode: 1,
    stderr: 'VM is missing some of its files (config.json, disk.img or nvram.bin)\n',
  });
  rmSync(join(dir, 'config.json'));
  expect(await callTart(rig, ['delete', 'a'])).toMatchObject({ exitCode: 2 });
  expect(existsSync(dir)).toBe(true);
});

test('item 13: a clone replaces an existing VM without a word, or refuses when told so', async () => {
  await using rig = tartRig({ vms: ['a'], images: [IMAGE] });
  writeFileSync(join(rig.double.rootfs('a'), 'old'), '');
  expect(await callTart(rig, ['clone', IMAGE, 'a'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect(existsSync(join(rig.double.rootfs('a'), 'old'))).toBe(false);
  rig.double.configure({ refusesOverwrite: true });
  expect(await callTart(rig, ['clone', IMAGE, 'a'])).toMatchObject({ exitCode: 1 });
});

test('item 14: the MAC is kept by the first clone, changed by the second and by set', async () => {
  await using rig = tartRig({ images: [IMAGE] });
  const mac = async (name: string) => {
    const { readConfig } = await import('./vms.ts');
    return readConfig(join(rig.double.home, 'vms', name)).macAddress;
  };
  await callTart(rig, ['clone', IMAGE, 'a']);
  await callTart(rig, ['clone', IMAGE, 'b']);
  const [first, second] = [await mac('a'), await mac('b')];
  expect(first).toBe('5e:00:00:00:00:01');
  expect(second).not.toBe(first);
  await callTart(rig, ['set', 'a', '--random-mac']);
  expect(await mac('a')).not.toBe(first);
});

test('item 15: clones at the same time all succeed, each with its own MAC', async () => {
  await using rig = tartRig({ images: [IMAGE] });
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const outcomes = await Promise.all(names.map((name) => callTart(rig, ['clone', IMAGE, name])));
  expect(outcomes.map((outcome) => outcome.exitCode)).toEqual(names.map(() => 0));
  const { readConfig } = await import('./vms.ts');
  const macs = names.map((name) => readConfig(join(rig.double.home, 'vms', name)).macAddress);
  expect(new Set(macs).size).toBe(names.length);
});

test('item 36: set checks minimum and shrinking, not whether the VM runs', async () => {
  await using rig = tartRig({ vms: ['a'] });
  await runVm(rig, 'a');
  expect(await callTart(rig, ['set', 'a', '--cpu', '8', '--memory', '16384'])).toMatchObject({ exitCode: 0 });
  expect(await callTart(rig, ['set', 'a', '--cpu', '1'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^Error: LessThanMinimalResourcesError: VM should have/),
  });
  expect(await callTart(rig, ['set', 'a', '--disk-size', '10'])).toMatchObject({
    exitCode: 1,
    stderr: 'new disk size of 10 should be larger than the current disk size of 50\n',
  });
});

test('fqn names the digest of a cached tag and echoes what is local', async () => {
  await using rig = tartRig({ images: ['ghcr.io/acme/macos:26'] });
  expect((await callTart(rig, ['fqn', 'ghcr.io/acme/macos:26'])).stdout).toMatch(
    /^ghcr.io\/acme\/macos@sha256:\w{64}\n$/,
  );
  expect((await callTart(rig, ['fqn', 'template'])).stdout).toBe('template\n');
  expect(await callTart(rig, ['fqn', 'ghcr.io/acme/macos:27'])).toMatchObject({ exitCode: 1 });
});

test('item 1: an unknown command, an odd value and too many words end with 64 as well', async () => {
  await using rig = tartRig({ vms: ['a'] });
  for (const [args, words] of [
    [['frobnicate'], "Unexpected argument 'frobnicate'"],
    [['set', 'a', '--cpu', 'many'], "The value 'many' is invalid for '--cpu <cpu>'"],
    [['list', '--format', 'xml'], "The value 'xml' is invalid for '--format <format>'"],
    [['list', '--source', 'x'], "'x' is not a valid <source>"],
    [['get', 'a', 'b'], "Unexpected argument 'b'"],
    [['clone', 'a', 'x/y'], '<new-name> should be a local name'],
    [['create', 'b'], 'Please specify either a --from-ipsw or --linux option!'],
    [['import', 'file', 'x/y'], '<name> should be a local name'],
    [['login', 'host', '--username', 'me'], 'both --username and --password-stdin are required'],
    [['run', 'a', '--graphics', '--no-graphics'], '--graphics and --no-graphics are mutually exclusive'],
  ] as const) {
    const { exitCode, stdout, stderr } = await callTart(rig, args);
    expect([exitCode, stdout]).toEqual([64, '']);
    expect(stderr.split('\n')[0]).toContain(`Error: ${words}`);
    expect(stderr).toContain('\nUsage: tart ');
  }
});
