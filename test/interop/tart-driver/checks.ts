/** Each call of the driver's client, in the order in which a job makes them, and its failures. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../support/tart/call.ts';
import { until } from '../../support/until.ts';
import type { Check } from '../suite.ts';
import type { DriverRig } from './rig.ts';

const IMAGE = 'ghcr.io/acme/macos:26';
const VM = 'grtd-app-1';

/** What the client reads from `get`, for the version that it is told of in each. */
const GETS = [
  ['2.35.0', { os: 'darwin', size: '1.000' }],
  ['2.27.0', { os: 'darwin', size: '1.000' }],
  ['2.7.0', { os: 'n/a', size: '1.000' }],
  ['2.6.0', { os: 'n/a', size: 'n/a' }],
] as const;

export function driverChecks(rig: DriverRig): readonly Check[] {
  const done = { result: null };
  return [
    {
      name: 'the version is a bare line',
      run: async () => assert.deepEqual(await rig.call('version'), { result: '2.35.0' }),
    },
    { name: 'a login succeeds, and one that the registry refuses fails', run: () => logsIn(rig) },
    { name: 'an image is pulled with the credentials of the environment', run: () => pulls(rig) },
    {
      name: 'a VM is cloned and sized',
      run: async () => {
        assert.deepEqual(await rig.call('clone', IMAGE, VM), done);
        assert.deepEqual(await rig.call('set', VM, 6, 12_288, '1920x1200'), done);
        const config = readFileSync(join(rig.double.home, 'vms', VM, 'config.json'), 'utf8');
        const found: unknown = JSON.parse(config);
        const display = { width: 1920, height: 1200 };
        assert.partialDeepStrictEqual(found, { cpuCount: 6, memorySize: 12_884_901_888, display });
      },
    },
    { name: 'the list holds the VM and, twice, the image', run: () => lists(rig, false) },
    ...GETS.map(([version, shown]) => ({
      name: `the table of get is read as version ${version} prints it`,
      run: () => gets(rig, version, shown),
    })),
    { name: 'the sizes in words after 2.35.0 are more than it can read', run: () => chokes(rig) },
    { name: 'a VM is started behind nohup, and has an address', run: () => starts(rig) },
    { name: 'its shared directory is where macOS mounts it', run: () => shares(rig) },
    { name: 'the list says that it runs', run: () => lists(rig, true) },
    { name: 'the third macOS VM does not start', run: () => third(rig) },
    {
      name: 'it is stopped and deleted, once',
      run: async () => {
        assert.deepEqual(await rig.call('delete', VM), { exitCode: 1 });
        assert.deepEqual(await rig.call('stop', VM), done);
        assert.deepEqual(await rig.call('stop', VM), { exitCode: 2 });
        assert.deepEqual(await rig.call('delete', VM), done);
        assert.deepEqual(await rig.call('delete', VM), { exitCode: 2 });
      },
    },
    {
      name: 'what is not there fails with the exit codes of tart, and its words',
      run: async () => {
        assert.deepEqual(await rig.call('get', 'none'), { exitCode: 2 });
        assert.deepEqual(await rig.call('pull', 'ghcr.io/acme/none:1'), { exitCode: 1 });
        assert.deepEqual(await rig.call('clone', 'none', 'x'), { exitCode: 2 });
        assert.match(rig.words(), /^the specified VM "none" does not exist$/m);
        assert.match(rig.words(), /^Error: UnexpectedHTTPStatusCode\(when: "pulling manifest", code: 404/m);
      },
    },
  ];
}

async function logsIn(rig: DriverRig): Promise<void> {
  assert.deepEqual(await rig.call('login', 'ci', 'secret', 'ghcr.io'), { result: null });
  rig.double.configure({ pullFaults: [{ at: 'auth', kind: 'status' }] });
  assert.deepEqual(await rig.call('login', 'ci', 'wrong', 'ghcr.io'), { error: 'ValueError' });
  rig.double.configure({ pullFaults: [] });
  const argv = rig.double.calls('login')[0]?.argv;
  assert.deepEqual(argv, ['login', 'ghcr.io', '--username', 'ci', '--password-stdin']);
}

async function pulls(rig: DriverRig): Promise<void> {
  rig.double.addRemote(IMAGE);
  assert.deepEqual(await rig.call('pull', IMAGE), { result: null });
  assert.ok(rig.double.calls('pull')[0]?.envNames.includes('TART_REGISTRY_PASSWORD'));
}

async function lists(rig: DriverRig, running: boolean): Promise<void> {
  const answer = await rig.call('list');
  assert.ok('result' in answer && Array.isArray(answer.result));
  assert.equal(answer.result.length, 3);
  const local = { source: 'local', name: VM, size: 1, running };
  assert.partialDeepStrictEqual(answer.result, [local, { source: 'OCI', name: IMAGE, running: false }]);
}

async function gets(rig: DriverRig, version: string, shown: object): Promise<void> {
  rig.double.configure({ version });
  const answer = await rig.call('get', VM);
  rig.double.configure({ version: '2.35.0' });
  const common = { cpu_count: 6, memory: 12_288, disk: 50, display: '1920x1200', ip_address: 'n/a' };
  assert.deepEqual(answer, { result: { ...common, running: false, ...shown } });
}

async function chokes(rig: DriverRig): Promise<void> {
  rig.double.configure({ version: '2.36.0' });
  const answer = await rig.call('get', VM);
  rig.double.configure({ version: '2.35.0' });
  assert.ok('error' in answer, JSON.stringify(answer));
}

async function starts(rig: DriverRig): Promise<void> {
  writeFileSync(join(rig.directory, 'hello'), 'hello');
  assert.deepEqual(await rig.call('run', VM, `${rig.directory}:/share:ro`), { result: null });
  await until(() => rig.double.isRunning(VM));
  assert.deepEqual(await rig.call('ip', VM), { result: '192.168.64.2' });
  const answer = await rig.call('get', VM);
  assert.partialDeepStrictEqual(answer, { result: { running: true, ip_address: '192.168.64.2' } });
  const [call] = rig.double.calls('run');
  assert.deepEqual(call?.argv, ['run', VM, '--no-graphics', '--dir', `share:${rig.directory}:ro`]);
}

async function shares(rig: DriverRig): Promise<void> {
  const mounted = join(rig.double.rootfs(VM), 'Volumes/My Shared Files/share/hello');
  assert.equal(readFileSync(mounted, 'utf8'), 'hello');
}

/** The client starts VMs with their output thrown away, so that only a look tells. */
async function third(rig: DriverRig): Promise<void> {
  rig.double.configure({ leakedSlots: 1 });
  rig.double.addImage('third');
  assert.deepEqual(await rig.call('run', 'third'), { result: null });
  await until(() => rig.double.calls('run').length === 2);
  const pid = rig.double.calls('run')[1]?.pid ?? 0;
  await until(async () => !(await isAlive(pid)));
  // It had the MAC of the running VM, and so was given another before it was refused: no lease is its.
  assert.deepEqual(await rig.call('ip', 'third', 1), { exitCode: 1 });
  const answer = await rig.call('get', 'third');
  assert.partialDeepStrictEqual(answer, { result: { running: false, ip_address: 'n/a' } });
  rig.double.configure({ leakedSlots: 0 });
}
