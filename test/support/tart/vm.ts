/**
 * A running VM: the channel its clients reach it by, the signals it reacts to, and its end. Silent while healthy; its
 * words at the end are part of the contract.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Arguments } from './arguments.ts';
import { attachShares, layPrograms, prepareDisk, settleDisk, startDaemons, startReaper } from './boot.ts';
import { killGuest, rootfsOf } from './guest.ts';
import { pathOf } from './lock.ts';
import { startService } from './service.ts';
import { type Double, isSince, secondsMs } from './settings.ts';
import { earlyDeath, SOFTNET_DIED, usesSoftnet } from './softnet.ts';
import { readConfig, vmDir } from './vms.ts';

export interface Vm {
  admit(socket: Socket): void;
  boot(): Promise<void>;
  cancel(): void;
  suspend(): void;
  power(): void;
}

interface End {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
}

type Finish = (how: End) => never;

const ADDRESS_IN_USE = 'bind(descriptor:ptr:bytes:): Address already in use (errno: 48)';
const SNAPSHOT = [
  'pausing VM to take a snapshot...',
  'creating a snapshot...',
  'snapshot created successfully! shutting down the VM...',
].join('\n');

export function createVm(double: Double, name: string, key: string, args: Arguments): Vm {
  const clients = new Set<Socket>();
  const dir = vmDir(double, name);
  const rootfs = rootfsOf(double, name);
  const wasSuspended = existsSync(join(dir, 'state.vzvmsave'));
  let isUp = false;
  let reaper: ChildProcess | undefined;

  /** Cuts every channel first, as the death of a VM does, then its processes. */
  const finish: Finish = ({ stdout, stderr, exitCode = 0 }) => {
    for (const client of clients) client.destroy();
    killGuest(double, key, rootfs);
    if (stdout !== undefined) process.stdout.write(`${stdout}\n`);
    if (stderr !== undefined) process.stderr.write(`${stderr}\n`);
    reaper?.stdin?.write('clean\n');
    process.exit(exitCode);
  };

  return {
    admit(socket) {
      clients.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => clients.delete(socket));
      if (isUp) socket.write('up\n');
    },
    async boot() {
      reaper = startReaper(double, name, key);
      startService(double, name, key);
      if (wasSuspended) resume(dir);
      prepareDisk(double, name);
      layPrograms(double, name);
      attachShares(double, name, key, args);
      const stderr = earlyDeath(double, args);
      if (stderr !== undefined) finish({ stderr, exitCode: 1 });
      const hasChannel = bindControlSocket(double, dir, finish);
      setTimeout(() => {
        startDaemons(double, name, 'boot.d');
        // Without its socket nobody reaches the agent, however well it is.
        isUp = hasChannel;
        if (isUp) for (const client of clients) client.write('up\n');
      }, double.settings.bootDelayMs);
      await joinNetwork(double, name, key, args);
    },
    power() {
      onPower(double, name, key, finish);
    },
    suspend() {
      if (reaper === undefined) return;
      if (!args.has('--suspendable') && !wasSuspended) {
        // In the words of the framework, which are not known.
        finish({ stdout: 'Failed to suspend the VM: Invalid virtual machine configuration.', exitCode: 1 });
      }
      writeFileSync(join(dir, 'state.vzvmsave'), '');
      settleDisk(double, name);
      finish({ stdout: SNAPSHOT });
    },
    cancel() {
      // Until the VM lock is held the real handler is not installed either: the signal is lost.
      if (reaper === undefined || double.settings.ignoresSigint) return;
      finish({ stdout: 'Stopping VM...', exitCode: isSince(double, '2.10.0') ? 0 : 1 });
    },
  };
}

function resume(dir: string): void {
  process.stdout.write('restoring VM state from a snapshot...\n');
  rmSync(join(dir, 'state.vzvmsave'));
  process.stdout.write('resuming VM...\n');
}

/** Left behind by an earlier run, the socket cannot be bound again since 2.30.6. False: there is none to reach. */
function bindControlSocket(double: Double, dir: string, finish: Finish): boolean {
  const path = join(dir, 'control.sock');
  const isStale = existsSync(path) && isSince(double, '2.30.6');
  if (isStale && isSince(double, '2.35.1')) finish({ stderr: ADDRESS_IN_USE, exitCode: 1 });
  if (isStale && isSince(double, '2.33.0')) {
    process.stderr.write(`Failed to run control socket: ${ADDRESS_IN_USE}\n`);
  }
  writeFileSync(path, '');
  return !isStale;
}

/** SIGUSR2 is both tart's "ask the guest to stop" and, with a power file, this double's line from inside the guest. */
function onPower(double: Double, name: string, key: string, finish: Finish): void {
  const file = pathOf(double, key, 'power');
  const word = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (word === 'off') {
    settleDisk(double, name);
    finish({ stdout: 'guest has stopped the virtual machine' });
  }
  if (word.startsWith('crash')) {
    const why = word.slice(6) || 'panic';
    finish({ stdout: `guest has stopped the virtual machine due to error: ${why}` });
  }
  if (word === 'detach') {
    finish({ stdout: "virtual machine's network attachment 0 has been disconnected with error: gone" });
  }
  if (word === 'softnet') finish({ stderr: SOFTNET_DIED, exitCode: 1 });
  process.stdout.write('Requesting guest OS to stop...\n');
}

/** The guest asks for an address until it has one; what listens on the network starts after that. */
async function joinNetwork(double: Double, name: string, key: string, args: Arguments): Promise<void> {
  const { ipDelayMs, sshDelayMs } = double.settings;
  if (ipDelayMs === null) return;
  const mac = readConfig(vmDir(double, name)).macAddress;
  const startedMs = performance.now();
  await wait(ipDelayMs);
  const { lendAddress } = await import('./leases.ts');
  const isBridged = args.has('--net-bridged');
  const how = { isBridged, isFiltered: usesSoftnet(args) };
  for (;;) {
    const address = await lendAddress(double, mac, how);
    if (address !== undefined) {
      writeFileSync(pathOf(double, key, 'address'), address);
      break;
    }
    await wait(secondsMs(double, 1));
  }
  await wait(Math.max(0, sshDelayMs - (performance.now() - startedMs)));
  startDaemons(double, name, 'ssh.d');
}
