/** `tart run`: its options, and what is checked before the VM starts. `vm.ts` is the VM. */
import { type Arguments, parseArguments, type Shape } from './arguments.ts';
import { Failure, invalid, other, runtime } from './failure.ts';
import { holdVm, isAlive, vmKey, withGlobalLock } from './lock.ts';
import { countGhosts } from './service.ts';
import { type Double, isSince } from './settings.ts';
import { checkSoftnet, usesSoftnet } from './softnet.ts';
import { collectGarbage } from './tmp.ts';
import { createVm } from './vm.ts';
import { localNames, openVm, randomMac, readConfig, stateOf, vmDir, writeConfig } from './vms.ts';

const MACOS_LIMIT = 2;
const LIMIT_TEXT = 'The number of VMs exceeds the system limit';

function shapeOf(double: Double): Shape {
  return {
    command: 'run',
    flags: [
      ...['--no-graphics', '--graphics', '--no-audio', '--no-clipboard', '--suspendable', '--recovery'],
      ...['--nested', '--vnc', '--vnc-experimental', '--serial', '--net-softnet', '--net-host'],
      ...['--no-trackpad', '--no-pointer', '--no-keyboard', '--capture-system-keys'],
    ],
    options: [
      ...['--root-disk-opts', '--dir', '--disk', '--serial-path', '--rosetta', '--net-bridged'],
      ...['--net-softnet-allow', '--net-softnet-expose'],
      ...(isSince(double, '2.30.0') ? ['--net-softnet-block'] : []),
    ],
    numbers: isSince(double, '2.34.0') ? ['--net-softnet-control-fd'] : [],
    positionals: ['name'],
  };
}

export async function run(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments(shapeOf(double), argv);
  const [name = ''] = args.positionals;
  await validate(double, args, name);
  // The main program's words on SIGINT are not those of a VM.
  process.removeAllListeners('SIGINT');
  collectGarbage(double);
  const key = vmKey(double, name);
  const vm = createVm(double, name, key, args);
  process.on('SIGINT', () => vm.cancel());
  process.on('SIGUSR1', () => vm.suspend());
  process.on('SIGUSR2', () => vm.power());
  await withGlobalLock(double, async () => {
    if (await isAlive(double, key)) throw runtime(`VM "${name}" is already running!`, 2);
    await resolveMacCollision(double, name);
    checkConfiguration(double, name, args);
    await checkStart(double, name);
    await holdVm(double, key, vm.admit);
  });
  // Nothing may come between: whoever sees the lock held may send a signal, and it must find the VM.
  await vm.boot();
}

/** `run` opens the VM while it validates: its errors get a prefix, and the code 2 is lost. */
async function validate(double: Double, args: Arguments, name: string): Promise<void> {
  const count = (flags: readonly boolean[]) => flags.filter(Boolean).length;
  const exclusive = (isGiven: readonly boolean[], text: string) => {
    if (count(isGiven) > 1) throw invalid('run', `${text} are mutually exclusive`);
  };
  exclusive([args.has('--vnc'), args.has('--vnc-experimental')], '--vnc and --vnc-experimental');
  exclusive(
    [args.has('--net-bridged'), usesSoftnet(args), args.has('--net-host')],
    '--net-bridged, --net-softnet and --net-host',
  );
  exclusive([args.has('--graphics'), args.has('--no-graphics')], '--graphics and --no-graphics');
  try {
    openVm(double, name);
  } catch (error) {
    if (error instanceof Failure) throw other(error.message);
    throw error;
  }
  const isSuspended = (await stateOf(double, name)) === 'suspended';
  const isMac = readConfig(vmDir(double, name)).os === 'darwin';
  if ((args.has('--suspendable') || isSuspended) && !isMac) {
    throw invalid('run', 'You can only suspend macOS VMs');
  }
}

async function runningOthers(double: Double, name: string): Promise<readonly string[]> {
  const others = localNames(double).filter((vm) => vm !== name);
  const alive = await Promise.all(others.map((vm) => isAlive(double, vmKey(double, vm))));
  return others.filter((_, at) => alive[at]);
}

/**
 * What the framework refuses at the start. There the lock is held already, for a moment too short to be relied on: here it
 * is not, so that a VM that is seen running is one that was not refused.
 */
async function checkStart(double: Double, name: string): Promise<void> {
  const others = await runningOthers(double, name);
  const isMac = (vm: string) => readConfig(vmDir(double, vm)).os === 'darwin';
  const taken = others.filter(isMac).length + double.settings.leakedSlots + (await countGhosts(double));
  if (isMac(name) && taken >= MACOS_LIMIT) {
    // The hint names Linux VMs too, though they do not count.
    const hasHint = others.length > 0 && isSince(double, '2.18.1');
    throw runtime(`${LIMIT_TEXT}${hasHint ? ` (other running VMs: ${others.join(', ')})` : ''}`);
  }
  const { startFailure } = double.settings;
  if (startFailure !== null) throw runtime(START_FAILURES[startFailure]);
}

const START_FAILURES = {
  keychain: vzError(1, 'Internal Virtualization error. The virtual machine failed to start.'),
  'host-key': vzError(
    -9,
    'The virtual machine encountered a security error. Failed to get current host key.',
  ),
  'auxiliary-lock': vzError(2, 'Failed to lock auxiliary storage.'),
  restore: vzError(12, 'The virtual machine failed to restore.'),
} as const;

function vzError(code: number, words: string): string {
  return `Error Domain=VZErrorDomain Code=${code} "${words}" UserInfo={NSLocalizedFailureReason=${words}}`;
}

async function resolveMacCollision(double: Double, name: string): Promise<void> {
  const own = readConfig(vmDir(double, name));
  const others = await runningOthers(double, name);
  if (!others.some((vm) => readConfig(vmDir(double, vm)).macAddress === own.macAddress)) return;
  process.stdout.write('There is already a running VM with the same MAC address!\n');
  process.stdout.write('Resetting VM to assign a new MAC address...\n');
  writeConfig(vmDir(double, name), { ...own, macAddress: randomMac() });
}

function checkConfiguration(double: Double, name: string, args: Arguments): void {
  checkSoftnet(double, args);
  if (readConfig(vmDir(double, name)).cpuCount <= double.settings.maxCpu) return;
  throw other('Invalid virtual machine configuration. The number of virtual CPUs exceeds the maximum.');
}
