/** The double's `pull`, `clone` of what is not here, and `push`. Items are those of the checklist in the notes on tart's contract. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TartRig, tartRig } from '../tart-rig.ts';
import { until } from '../until.ts';
import { callTart, runVm, startTart } from './call.ts';
import type { PullFault } from './settings.ts';

const TAG = 'ghcr.io/acme/macos:26';
const QUICK = { timeScale: 0.01 };

function partials(rig: TartRig): readonly string[] {
  return readdirSync(join(rig.double.home, 'tmp'));
}

async function names(rig: TartRig, source = 'oci'): Promise<readonly string[]> {
  const { stdout } = await callTart(rig, ['list', '-q', '--source', source]);
  return stdout.split('\n').filter((line) => line !== '');
}

/** A pull that got two of four layers and waits for the third. */
async function startedPull(rig: TartRig) {
  rig.double.configure({ pullFaults: [{ at: 3, kind: 'hang' }] });
  const pull = startTart(rig, ['pull', TAG]);
  await until(() => pull.stdout().endsWith('50%\n'));
  return pull;
}

test('item 12: what is not cached is pulled first, with its lines on standard output', async () => {
  await using rig = tartRig();
  const digest = rig.double.addRemote(TAG, { manifest: { compressedBytes: 25_340_000_000, layers: 2 } });
  const fetching =
    'pulling manifest...\npulling disk (25.3 GB compressed)...\n0%\n50%\n100%\npulling NVRAM...\n';
  expect(await callTart(rig, ['clone', TAG, 'a'])).toMatchObject({
    exitCode: 0,
    stdout: fetching,
    stderr: '',
  });
  expect(await names(rig)).toEqual([TAG, `ghcr.io/acme/macos@${digest}`]);
  expect(await names(rig, 'local')).toEqual(['a']);
  await callTart(rig, ['delete', TAG]);
  expect((await callTart(rig, ['pull', TAG])).stdout).toBe(`pulling ${TAG}...\n${fetching}`);
});

test('item 5: progress goes over the line before, unless CI is set', async () => {
  await using rig = tartRig();
  rig.double.addRemote(TAG, { manifest: { layers: 1 } });
  const env = { TART_HOME: rig.double.home, PATH: '/usr/bin:/bin' };
  expect((await callTart(rig, ['pull', TAG], { env })).stdout).toContain('0%\n\u001b[1A\r\u001b[J100%\n');
  await callTart(rig, ['delete', TAG]);
  expect((await callTart(rig, ['pull', TAG])).stdout).not.toContain('\u001b');
});

test('item 2: a name that is neither here nor a remote one cannot be pulled', async () => {
  await using rig = tartRig({ vms: ['a'] });
  expect(await callTart(rig, ['pull', 'a'])).toMatchObject({
    exitCode: 0,
    stdout: '"a" is a local image, nothing to pull here!\n',
  });
  expect(await callTart(rig, ['pull', 'debian:latest'])).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringMatching(/^failed to parse remote name: .* \(character \d+\)\n$/),
  });
});

test('item 15: a second pull of one host waits for the first, and both finish', async () => {
  await using rig = tartRig();
  rig.double.addRemote(TAG);
  rig.double.addRemote('ghcr.io/acme/linux:1');
  const first = await startedPull(rig);
  const others = [TAG, 'ghcr.io/acme/linux:1'].map((name) => startTart(rig, ['pull', name]));
  for (const other of others) await until(() => other.stdout().endsWith('waiting for lock...\n'));
  rig.double.configure({ pullFaults: [] });
  for (const pull of [first, ...others]) expect(await pull.outcome).toMatchObject({ exitCode: 0 });
  expect((await others[0]?.outcome)?.stdout).toContain('image is already cached! creating a symlink...\n');
  expect(await names(rig)).toHaveLength(4);
});

test('item 15: pulls of different hosts do not wait for each other', async () => {
  await using rig = tartRig();
  rig.double.addRemote(TAG);
  rig.double.addRemote('localhost:5000/acme/macos:26', { manifest: { layers: 2 } });
  await startedPull(rig);
  const other = await callTart(rig, ['pull', 'localhost:5000/acme/macos:26']);
  expect(other).toMatchObject({ exitCode: 0 });
  expect(other.stdout).not.toContain('waiting');
  expect(await names(rig)).toContain('localhost:5000/acme/macos:26');
});

test('item 16: a moved tag is linked anew and its old digest goes, unless it was pulled by name', async () => {
  await using rig = tartRig();
  const old = rig.double.addRemote(TAG);
  await callTart(rig, ['pull', TAG]);
  const next = rig.double.addRemote(TAG);
  await callTart(rig, ['pull', TAG]);
  expect(await names(rig)).toEqual([TAG, `ghcr.io/acme/macos@${next}`]);
  await callTart(rig, ['pull', `ghcr.io/acme/macos@${next}`]);
  rig.double.addRemote(TAG);
  await callTart(rig, ['pull', TAG]);
  expect(await names(rig)).toContain(`ghcr.io/acme/macos@${next}`);
  expect(await names(rig)).not.toContain(`ghcr.io/acme/macos@${old}`);
});

test('item 17: SIGINT takes the partial data along', async () => {
  await using rig = tartRig();
  rig.double.addRemote(TAG);
  const pull = await startedPull(rig);
  process.kill(pull.pid, 'SIGINT');
  expect(await pull.outcome).toMatchObject({ exitCode: 1, stderr: 'Error: CancellationError()\n' });
  expect(partials(rig)).toEqual([]);
});

test('item 17: SIGKILL leaves the partial data, and the next pull goes on from there', async () => {
  await using rig = tartRig();
  rig.double.addRemote(TAG);
  const pull = await startedPull(rig);
  await callTart(rig, ['list']); // A pull that runs has a lock on its data.
  process.kill(pull.pid, 'SIGKILL');
  await pull.outcome;
  expect(partials(rig)).toHaveLength(1);
  rig.double.configure({ pullFaults: [] });
  expect(await callTart(rig, ['pull', TAG])).toMatchObject({ exitCode: 0 });
  const layers = rig.double.fetched().filter((line) => line.includes('layer'));
  expect(layers).toEqual([1, 2, 3, 4].map((layer) => `${TAG} layer ${layer}`));
});

test('item 17: any other command in between makes the next pull begin again', async () => {
  await using rig = tartRig();
  rig.double.addRemote(TAG);
  const pull = await startedPull(rig);
  process.kill(pull.pid, 'SIGKILL');
  await pull.outcome;
  await callTart(rig, ['list']);
  expect(partials(rig)).toEqual([]);
  rig.double.configure({ pullFaults: [] });
  await callTart(rig, ['pull', TAG]);
  expect(rig.double.fetched().filter((line) => line.endsWith('layer 1'))).toHaveLength(2);
});

test.for([
  [{ at: 'auth', kind: 'status' }, /^Error: AuthFailed\(why: "received .* 403 while .*"\)$/],
  [
    { at: 'manifest', kind: 'status', status: 404 },
    /^Error: UnexpectedHTTPStatusCode\(when: "pulling manifest", code: 404/,
  ],
  [
    { at: 2, kind: 'status', status: 503 },
    /^Error: UnexpectedHTTPStatusCode\(when: "pulling blob", code: 503/,
  ],
  [{ at: 2, kind: 'lost' }, /^Error: The network connection was lost\.$/],
  [{ at: 'manifest', kind: 'timed-out' }, /^Error: The request timed out\.$/],
] satisfies [PullFault, RegExp][])('item 18: a pull ends with 1 at %o', async ([fault, words]) => {
  await using rig = tartRig({ settings: { ...QUICK, pullFaults: [fault] } });
  rig.double.addRemote(TAG);
  const { exitCode, stdout, stderr } = await callTart(rig, ['pull', TAG]);
  expect(exitCode).toBe(1);
  expect(stderr.trimEnd()).toMatch(words);
  const retries = stdout.match(/attempting to re-try\.\.\.$/gm)?.length ?? 0;
  expect(retries).toBe(fault.kind === 'lost' ? 30 : 0); // Five tries of a layer in each of five of the image.
  expect(await names(rig)).toEqual([]);
});

test('item 18: a connection lost now and then is tried again, with words on standard output', async () => {
  const pullFaults: PullFault[] = [{ at: 2, kind: 'lost', times: 2 }];
  await using rig = tartRig({ settings: { ...QUICK, pullFaults } });
  rig.double.addRemote(TAG, { manifest: { layers: 2 } });
  const { exitCode, stdout, stderr } = await callTart(rig, ['pull', TAG]);
  expect([exitCode, stderr]).toEqual([0, '']);
  const retry = 'Error pulling disk layer 2: "The network connection was lost.", attempting to re-try...\n';
  expect(stdout).toContain(`50%\n${retry}${retry}100%\n`);
});

test('item 18: an image that is not in the registry is a 404', async () => {
  await using rig = tartRig();
  expect(await callTart(rig, ['clone', TAG, 'a'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('code: 404'),
  });
  expect(existsSync(join(rig.double.home, 'vms/a'))).toBe(false);
});

test('layers of another image that is here are copied from it; disks of the first format are refused', async () => {
  await using rig = tartRig();
  const digest = rig.double.addRemote(TAG, { allocatedGB: 20 });
  await callTart(rig, ['pull', TAG]);
  rig.double.addRemote(TAG, { allocatedGB: 20, manifest: { shared: { digest, layers: 3 } } });
  const { stdout } = await callTart(rig, ['pull', TAG]);
  const found = `found an image ghcr.io/acme/macos@${digest} that will allow us to avoid fetching 15 GB`;
  expect(stdout).toContain(found);
  expect(rig.double.fetched().at(-1)).toBe(`${TAG} layer 4`);
  expect(rig.double.fetched().filter((line) => line.endsWith('layer 1'))).toHaveLength(1);
  rig.double.addRemote(TAG, { manifest: { isLegacy: true } });
  expect(await callTart(rig, ['pull', TAG])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^Pulling OCI images with legacy disk media type/),
  });
  rig.double.configure({ version: '2.31.0' });
  expect(await callTart(rig, ['pull', TAG])).toMatchObject({ exitCode: 0 });
});

test('a pushed VM can be pulled; a running one cannot be pushed', async () => {
  await using rig = tartRig({ vms: ['a'] });
  const run = await runVm(rig, 'a');
  expect(await callTart(rig, ['push', 'a', TAG])).toMatchObject({
    exitCode: 1,
    stderr: 'VM "a" is running\n',
  });
  process.kill(run.pid, 'SIGINT');
  await run.outcome;
  expect(await callTart(rig, ['push', 'a', 'no-remote'])).toMatchObject({ exitCode: 1 });
  expect(await callTart(rig, ['push', 'a', TAG])).toMatchObject({ exitCode: 0 });
  expect(await callTart(rig, ['clone', TAG, 'b'])).toMatchObject({ exitCode: 0 });
  expect(await callTart(rig, ['push', TAG, 'ghcr.io/acme/macos:stable'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('pushing manifest for stable...'),
  });
  expect(await callTart(rig, ['pull', 'ghcr.io/acme/macos:stable'])).toMatchObject({
    stdout: expect.stringContaining('already cached! creating a symlink'),
  });
});
