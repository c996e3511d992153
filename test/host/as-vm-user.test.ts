import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkTartHome, createVmUser } from '../../src/host/as-vm-user.ts';
import type { Command, Wrap } from '../../src/lib/command.ts';
import { run } from '../../src/lib/run.ts';
import { createGuest } from '../../src/tart/guest.ts';
import { createHypervisor } from '../../src/tart/hypervisor.ts';
import { fakeGuest } from '../support/fake-guest.ts';
import { installSwitchUser } from '../support/switch-user/install.ts';
import { type TartRig, tartRig } from '../support/tart-rig.ts';

const PATH = '/usr/bin:/bin';

async function switched(rig: TartRig, signal: AbortSignal): Promise<Wrap> {
  const programs = installSwitchUser(rig.dir);
  const options = { vmUser: 'ci', isRoot: true, tartHome: rig.double.home, path: PATH, programs, signal };
  return (await createVmUser(options)).wrap;
}

async function execute(command: Command, signal: AbortSignal): Promise<void> {
  const { file, args, env, cwd } = command;
  await run(file, args, { env, cwd, timeoutMs: 60_000, signal });
}

test('from root the command goes through the session and identity of the VM user', async ({ signal }) => {
  await using rig = tartRig();
  const programs = installSwitchUser(rig.dir);
  const wrap = await switched(rig, signal);
  const command = wrap(['/opt/tart', 'list']);
  const environment = [`TART_HOME=${rig.double.home}`, 'CI=1', 'TART_NO_AUTO_PRUNE=1', `PATH=${PATH}`];
  expect([command.file, ...command.args]).toEqual([
    ...[programs.launchctl, 'asuser', '501', programs.sudo, '-n', '-H', '-u', 'ci', '--'],
    ...['/usr/bin/env', ...environment, '/opt/tart', 'list'],
  ]);
  expect(command.cwd).toBe('/');
});

test('what tart needs to know arrives through the switch', async ({ signal }) => {
  await using rig = tartRig();
  const wrap = await switched(rig, signal);
  await execute(wrap([rig.double.path, 'list']), signal);
  expect(rig.double.calls('list')).toMatchObject([
    { cwd: '/', env: { TART_HOME: rig.double.home, CI: '1', TART_NO_AUTO_PRUNE: '1', PATH } },
  ]);
});

test('a switch that trusts the environment to survive sudo would lose it', async ({ signal }) => {
  await using rig = tartRig();
  const wrap = await switched(rig, signal);
  const good = wrap([rig.double.path, 'list']);
  const isOurs = (word: string) => word.endsWith('/env') || /^(TART_\w+|CI|PATH)=/.test(word);
  const inherited = { TART_HOME: rig.double.home, CI: '1', TART_NO_AUTO_PRUNE: '1', PATH };
  const broken = { ...good, args: good.args.filter((word) => !isOurs(word)), env: inherited };
  await execute(broken, signal);
  const [call] = rig.double.calls('list');
  expect(call?.env).not.toHaveProperty('TART_HOME');
  expect(call?.env).not.toHaveProperty('CI');
  expect(call?.env).not.toHaveProperty('TART_NO_AUTO_PRUNE');
});

test('a VM lives, answers and is stopped through the switch', async ({ signal }) => {
  await using rig = tartRig();
  const script = `cat > "$HOME/got"; echo 'macrunner-bootstrap: ok'`;
  rig.double.addImage('a', { rootfs: fakeGuest(rig.dir, { bootstrap: script }) });
  const program = { tart: rig.double.path, wrap: await switched(rig, signal) };
  const ps = join(rig.dir, 'ps');
  const vms = createHypervisor({ ...program, tartHome: rig.double.home, runLogDir: rig.runLogDir, ps });
  await vms.start('a', signal);
  await createGuest(program).deliver('a', { jitConfig: 'j', environment: {} }, signal);
  await vms.stop('a', signal);
  expect(await rig.double.isRunning('a')).toBe(false);
  await expect(vms.start('none', signal)).rejects.toMatchObject({ code: 'vm-missing' });
});

test("tart's exit code and words come back through the switch", async ({ signal }) => {
  await using rig = tartRig({ vms: ['a'] });
  const program = { tart: rig.double.path, wrap: await switched(rig, signal) };
  rig.double.script([
    { command: 'run', exitCode: 1, stderr: 'The number of VMs exceeds the system limit\n' },
  ]);
  const vms = createHypervisor({ ...program, tartHome: rig.double.home, runLogDir: rig.runLogDir });
  await expect(vms.start('a', signal)).rejects.toMatchObject({ code: 'vm-limit' });
});

test('a tart that is not there is told apart although only env could notice', async ({ signal }) => {
  await using rig = tartRig();
  const program = { tart: join(rig.dir, 'no-tart'), wrap: await switched(rig, signal) };
  const vms = createHypervisor({ ...program, tartHome: rig.double.home, runLogDir: rig.runLogDir });
  await expect(vms.version(signal)).rejects.toMatchObject({ code: 'command-missing' });
});

test('an ordinary user runs tart as it is, with the same environment', async ({ signal }) => {
  const options = { vmUser: 'ci', isRoot: false, tartHome: '/Users/ci/.tart', path: PATH, signal };
  const { wrap } = await createVmUser(options);
  expect(wrap(['/opt/tart', 'list'])).toEqual({
    file: '/opt/tart',
    args: ['list'],
    env: { TART_HOME: '/Users/ci/.tart', CI: '1', TART_NO_AUTO_PRUNE: '1', PATH },
    cwd: '/',
  });
});

test('a user who is missing or whose name is none is refused', async ({ signal }) => {
  await using rig = tartRig();
  const programs = installSwitchUser(rig.dir);
  const options = { isRoot: true, tartHome: rig.double.home, path: PATH, programs, signal };
  await expect(createVmUser({ ...options, vmUser: 'nobody-here' })).rejects.toMatchObject({
    code: 'host-unfit',
  });
  await expect(createVmUser({ ...options, vmUser: '-u root' })).rejects.toMatchObject({
    code: 'config-invalid',
  });
});

test.for([
  ['relative/home', 'is not absolute'],
  ['/Library/Application Support/tart', 'has spaces'],
  ['/Users/jürgen/.tart', 'characters outside ASCII'],
  [`/${'x'.repeat(60)}`, 'is 61 bytes long'],
])('the home %s is refused: it %s', ([home = '', why = '']) => {
  expect(() => checkTartHome(home)).toThrow(why);
});

test('a home of sixty bytes is fine', () => {
  expect(() => checkTartHome(`/${'x'.repeat(59)}`)).not.toThrow();
});
