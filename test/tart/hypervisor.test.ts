import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tartRig } from '../support/tart-rig.ts';

const IMAGE = `ghcr.io/acme/macos@sha256:${'a'.repeat(64)}`;

test('a VM is cloned from a template, sized, started in its own session, stopped and deleted', async ({
  signal,
}) => {
  await using rig = tartRig({ images: ['template'] });
  await rig.vms.clone('template', 'job-1', signal);
  await rig.vms.configure('job-1', { cpu: 6, memoryGiB: 12 }, signal);
  await rig.vms.start('job-1', signal);
  expect(await rig.vms.list(signal)).toContainEqual({ name: 'job-1', state: 'running' });
  await rig.vms.stop('job-1', signal);
  expect(await rig.vms.lastWords('job-1')).toBe('Stopping VM...');
  await rig.vms.delete('job-1', signal);
  expect(await rig.vms.list(signal)).toEqual([{ name: 'template', state: 'stopped' }]);
  expect(existsSync(join(rig.runLogDir, 'job-1.log'))).toBe(false);
});

test('tart is called with exactly the options that are safe, and one call sets everything', async ({
  signal,
}) => {
  await using rig = tartRig({ images: ['template'] });
  await rig.vms.clone('template', 'job-1', signal);
  await rig.vms.configure('job-1', { cpu: 6, memoryGiB: 12 }, signal);
  await rig.vms.start('job-1', signal);
  const effects = rig.double.calls().filter((call) => call.command !== 'list');
  expect(effects.map((call) => call.argv.join(' '))).toEqual([
    'clone template job-1',
    'set job-1 --cpu 6 --memory 12288 --random-mac',
    'run job-1 --no-graphics --no-audio --no-clipboard --root-disk-opts sync=none,caching=cached',
  ]);
  for (const call of rig.double.calls()) {
    expect(call).toMatchObject({ cwd: '/', violations: [], env: { CI: '1', TART_NO_AUTO_PRUNE: '1' } });
  }
  expect(statSync(join(rig.runLogDir, 'job-1.log')).mode & 0o777).toBe(0o600);
});

test('the version is what tart says', async ({ signal }) => {
  await using rig = tartRig({ settings: { version: '2.36.1' } });
  expect(await rig.vms.version(signal)).toBe('2.36.1');
});

test('cloning over an existing VM is refused before tart could replace it', async ({ signal }) => {
  await using rig = tartRig({ images: ['template'], vms: ['job-1'] });
  await expect(rig.vms.clone('template', 'job-1', signal)).rejects.toMatchObject({ code: 'vm-exists' });
  expect(rig.double.calls('clone')).toEqual([]);
});

test('cloning over a half-made directory that tart does not list is refused too', async ({ signal }) => {
  await using rig = tartRig({ images: ['template'] });
  mkdirSync(join(rig.double.home, 'vms/job-1'));
  await expect(rig.vms.clone('template', 'job-1', signal)).rejects.toMatchObject({ code: 'vm-exists' });
});

test('a clone that looked at a VM just being deleted is made again; one that failed otherwise is not', async ({
  signal,
}) => {
  await using rig = tartRig({ images: ['template'] });
  const race = {
    command: 'clone',
    nth: 1,
    exitCode: 1,
    stderr: 'The file “config.json” couldn’t be opened.',
  };
  rig.double.script([race, race]);
  await rig.vms.clone('template', 'job-1', signal);
  expect(rig.double.calls('clone')).toHaveLength(3);
  rig.double.script([{ command: 'clone', exitCode: 1, stderr: 'Error: No space left on device' }]);
  await expect(rig.vms.clone('template', 'job-2', signal)).rejects.toMatchObject({ code: 'disk-full' });
  expect(rig.double.calls('clone')).toHaveLength(4);
});

test('an image that is not here is never pulled on the way to a job', async ({ signal }) => {
  await using rig = tartRig();
  await expect(rig.vms.clone(IMAGE, 'job-1', signal)).rejects.toMatchObject({ code: 'image-missing' });
  expect(rig.double.calls('clone')).toEqual([]);
});

test('images are found by digest, by tag and as local templates', async ({ signal }) => {
  await using rig = tartRig({ images: [IMAGE, 'ghcr.io/acme/other:26', 'template'] });
  const found = async (image: string) => rig.vms.hasImage(image, signal);
  expect(await Promise.all([IMAGE, 'ghcr.io/acme/other:26', 'template'].map(found))).toEqual([
    true,
    true,
    true,
  ]);
  expect(rig.double.calls()).toEqual([]);
  expect(await found('ghcr.io/acme/other:27')).toBe(false);
  expect(await found('none')).toBe(false);
});

test('a clone starts at once: no other tart call comes before it', async ({ signal }) => {
  await using rig = tartRig({ images: [IMAGE] });
  await rig.vms.clone(IMAGE, 'job-1', signal);
  expect(rig.double.calls().map((call) => call.command)).toEqual(['clone']);
});

test('a full disk while cloning is told apart', async ({ signal }) => {
  await using rig = tartRig({ images: ['template'] });
  rig.double.script([
    {
      command: 'clone',
      exitCode: 1,
      stderr: 'Error: The file could not be saved: No space left on device\n',
    },
  ]);
  await expect(rig.vms.clone('template', 'job-1', signal)).rejects.toMatchObject({ code: 'disk-full' });
});

test('a list that lost a race with a delete is read again', async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  const race = { exitCode: 1, stderr: 'Error: The file “config.json” couldn’t be opened.\n' };
  rig.double.script([
    { command: 'list', nth: 1, ...race },
    { command: 'list', nth: 1, ...race },
  ]);
  expect(await rig.vms.list(signal)).toEqual([{ name: 'a', state: 'stopped' }]);
  expect(rig.double.calls('list')).toHaveLength(3);
  rig.double.script([{ command: 'list', ...race }]);
  await expect(rig.vms.list(signal)).rejects.toMatchObject({ code: 'command-failed' });
});

test('names that tart would take for options or remote images are refused', async ({ signal }) => {
  await using rig = tartRig();
  await expect(rig.vms.delete('ghcr.io/acme/macos:26', signal)).rejects.toMatchObject({ code: 'usage' });
  await expect(rig.vms.stop('--help', signal)).rejects.toMatchObject({ code: 'usage' });
  expect(rig.double.calls()).toEqual([]);
});

test('a missing tart is said with the command that installs it', async ({ signal }) => {
  const { createHypervisor } = await import('../../src/tart/hypervisor.ts');
  const wrap = ([file = '', ...args]: readonly string[]) => ({ file, args, env: {}, cwd: '/' });
  const options = { tart: '/nowhere/tart', wrap, tartHome: '/nowhere', runLogDir: '/nowhere' };
  await expect(createHypervisor(options).version(signal)).rejects.toMatchObject({
    code: 'command-missing',
    hint: expect.stringContaining('brew install'),
  });
});
