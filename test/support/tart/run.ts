/** `tart run`: a foreground process that is the VM. Silent while healthy; its words at the end are part of the contract. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { Failure, other, runtime } from './failure.ts';
import { killGuest, rootfsOf, spawnInGuest } from './guest.ts';
import { holdVm, isAlive, pathOf, withGlobalLock } from './lock.ts';
import type { Double } from './settings.ts';
import { collectGarbage } from './tmp.ts';
import { localNames, openVm, readConfig, vmDir, writeConfig } from './vms.ts';

const SHAPE = {
  command: 'run',
  flags: ['--no-graphics', '--no-audio', '--no-clipboard'],
  options: ['--root-disk-opts', '--net-softnet-allow', '--net-softnet-block'],
  positionals: ['name'],
};
const MACOS_LIMIT = 2;
const LIMIT_TEXT = 'The number of VMs exceeds the system limit';

export async function run(double: Double, argv: readonly string[]): Promise<void> {
  const { positionals } = parseArguments(SHAPE, argv);
  const [name = ''] = positionals;
  try {
    openVm(double, name);
  } catch (error) {
    // `run` opens the VM while it validates: prefix, and the code 2 is lost.
    if (error instanceof Failure) throw other(error.message);
    throw error;
  }
  process.title = [join(double.dir, 'tart'), 'run', ...argv].join(' ');
  collectGarbage(double);
  const vm = createVm(double, name);
  process.on('SIGINT', () => vm.cancel());
  process.on('SIGUSR2', () => vm.power());
  await withGlobalLock(double, async () => {
    if (await isAlive(double, name)) throw runtime(`VM "${name}" is already running!`, 2);
    await resolveMacCollision(double, name);
    checkCpu(double, name);
    await holdVm(double, name, vm.admit);
    await checkLimit(double, name);
  });
  await vm.boot();
}

interface Vm {
  admit(socket: Socket): void;
  boot(): Promise<void>;
  cancel(): void;
  power(): void;
}

function createVm(double: Double, name: string): Vm {
  const clients = new Set<Socket>();
  let isUp = false;
  let reaper: ReturnType<typeof spawn> | undefined;

  /** Cuts every channel first, as the death of a VM does, then its processes. */
  function end(words: string): void {
    for (const client of clients) client.destroy();
    killGuest(double, name);
    process.stdout.write(`${words}\n`);
    reaper?.stdin?.write('clean\n');
    process.exit(0);
  }

  return {
    admit(socket) {
      clients.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => clients.delete(socket));
      if (isUp) socket.write('up\n');
    },
    async boot() {
      reaper = startReaper(double, name);
      setTimeout(() => {
        isUp = true;
        startDaemons(double, name);
        for (const client of clients) client.write('up\n');
      }, double.settings.bootDelayMs);
    },
    power() {
      onPower(double, name, end);
    },
    cancel() {
      // Until the VM lock is held the real handler is not installed either: the signal is lost.
      if (reaper !== undefined && !double.settings.ignoresSigint) end('Stopping VM...');
    },
  };
}

/** SIGUSR2 is both tart's "ask the guest to stop" and, with a power file, this double's line from inside the guest. */
function onPower(double: Double, name: string, end: (words: string) => void): void {
  const file = pathOf(double, name, 'power');
  const word = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (word === 'off') end('guest has stopped the virtual machine');
  else if (word.startsWith('crash')) {
    end(`guest has stopped the virtual machine due to error: ${word.slice(6) || 'panic'}`);
  } else if (word.startsWith('detach')) {
    end("virtual machine's network attachment 0 has been disconnected with error: gone");
  } else process.stdout.write('Requesting guest OS to stop...\n');
}

/** However this process dies, its end of the pipe closes, and the guest's processes follow. */
function startReaper(double: Double, name: string): ReturnType<typeof spawn> {
  const script = 'read -r word; [ "$word" = clean ] || exec "$@"';
  const reap = [process.execPath, join(import.meta.dirname, 'reap.ts'), double.dir, name];
  const reaper = spawn('/bin/sh', ['-c', script, 'sh', ...reap], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, TART_HOME: double.home },
  });
  reaper.unref();
  return reaper;
}

function startDaemons(double: Double, name: string): void {
  const bin = join(rootfsOf(double, name), 'usr/local/double-bin');
  mkdirSync(bin, { recursive: true });
  const shutdown = join(bin, 'shutdown');
  if (!existsSync(shutdown)) {
    const script = 'echo off > "$MACRUNNER_DOUBLE_POWER"; kill -USR2 "$MACRUNNER_DOUBLE_RUN_PID"';
    writeFileSync(shutdown, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const boot = join(bin, 'boot.d');
  const log = openSync(join(vmDir(double, name), 'boot.log'), 'a', 0o600);
  for (const file of existsSync(boot) ? readdirSync(boot).sort() : []) {
    accessSync(join(boot, file), constants.X_OK);
    spawnInGuest(double, name, [join(boot, file)], ['ignore', log, log]).unref();
  }
  closeSync(log);
}

async function runningOthers(double: Double, name: string): Promise<readonly string[]> {
  const others = localNames(double).filter((vm) => vm !== name);
  const alive = await Promise.all(others.map((vm) => isAlive(double, vm)));
  return others.filter((_, at) => alive[at]);
}

async function checkLimit(double: Double, name: string): Promise<void> {
  const isMac = (vm: string) => readConfig(vmDir(double, vm)).os === 'darwin';
  if (!isMac(name)) return;
  const others = (await runningOthers(double, name)).filter(isMac);
  if (others.length + double.settings.leakedSlots < MACOS_LIMIT) return;
  const hint = others.length > 0 ? ` (other running VMs: ${others.join(', ')})` : '';
  throw runtime(`${LIMIT_TEXT}${hint}`);
}

async function resolveMacCollision(double: Double, name: string): Promise<void> {
  const own = readConfig(vmDir(double, name));
  const others = await runningOthers(double, name);
  if (!others.some((vm) => readConfig(vmDir(double, vm)).macAddress === own.macAddress)) return;
  process.stdout.write(`There is already a running VM with MAC address ${own.macAddress}!\n`);
  process.stdout.write('Resetting VM to assign a new MAC address...\n');
  writeConfig(vmDir(double, name), { ...own, macAddress: randomMac() });
}

function checkCpu(double: Double, name: string): void {
  if (readConfig(vmDir(double, name)).cpuCount <= double.settings.maxCpu) return;
  throw other('Invalid virtual machine configuration. The number of virtual CPUs exceeds the maximum.');
}

/** Locally administered, unicast. */
export function randomMac(): string {
  const rest = Array.from({ length: 5 }, () => randomInt(256).toString(16).padStart(2, '0'));
  return ['5e', ...rest].join(':');
}
