/** What happens inside a VM when it starts: its disk, its shared directories, its programs, and who cleans up after it. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { Arguments } from './arguments.ts';
import { rootfsOf, spawnInGuest } from './guest.ts';
import { pathOf } from './lock.ts';
import type { Double } from './settings.ts';
import { vmDir } from './vms.ts';

const PROGRAMS = {
  shutdown: 'echo off > "$MACRUNNER_DOUBLE_POWER"; kill -USR2 "$MACRUNNER_DOUBLE_RUN_PID"',
  mount_virtiofs:
    'share=$(readlink "$MACRUNNER_DOUBLE_SHARES/$1") || exit 1; rmdir "$2" 2>/dev/null; ln -sn "$share" "$2"',
};

/** Takes what the disk says is safe as the disk's content. A disk that was left in order has no such copy. */
const SYNC = [
  'root=$(cd "$(dirname "$0")/../../.." && pwd)',
  'rm -rf "$root.syncing" && cp -a "$root" "$root.syncing"',
  'rm -rf "$root.synced" && mv "$root.syncing" "$root.synced"',
].join('; ');

function syncedOf(double: Double, name: string): string {
  return `${rootfsOf(double, name)}.synced`;
}

/** After a power cut only what was synced is there. */
export function prepareDisk(double: Double, name: string): void {
  const rootfs = rootfsOf(double, name);
  const synced = syncedOf(double, name);
  if (existsSync(synced)) {
    rmSync(rootfs, { recursive: true, force: true });
    renameSync(synced, rootfs);
  }
  if (double.settings.losesUnsynced) cpSync(rootfs, synced, { recursive: true, verbatimSymlinks: true });
}

/** The guest shut down in order, or is asleep: nothing is lost. */
export function settleDisk(double: Double, name: string): void {
  rmSync(syncedOf(double, name), { recursive: true, force: true });
}

/** `--dir [name:]path[:ro][,tag=T]`: one directory, or several by their names, under one tag. */
export function attachShares(double: Double, name: string, key: string, args: Arguments): void {
  const shares = pathOf(double, key, 'shares');
  for (const text of args.values('--dir')) {
    const tag = /(?:[:,])tag=([^,]+)/.exec(text)?.[1];
    const [, label, path = ''] = /^(?:([^/~:]+):)?([^:]+)/.exec(text) ?? [];
    mkdirSync(shares, { recursive: true });
    if (tag !== undefined) symlinkSync(path, join(shares, tag));
    else {
      // macOS mounts what has no tag of its own by itself.
      const volumes = join(rootfsOf(double, name), 'Volumes/My Shared Files');
      mkdirSync(volumes, { recursive: true });
      const link = join(volumes, label ?? basename(path));
      rmSync(link, { force: true });
      symlinkSync(path, link);
    }
  }
}

/** Starts every program of a directory beside the guest's own doubles. */
export function startDaemons(double: Double, name: string, folder: 'boot.d' | 'ssh.d'): void {
  const bin = join(rootfsOf(double, name), 'usr/local/double-bin');
  const daemons = join(bin, folder);
  const log = openSync(join(vmDir(double, name), 'boot.log'), 'a', 0o600);
  for (const file of existsSync(daemons) ? readdirSync(daemons).sort() : []) {
    accessSync(join(daemons, file), constants.X_OK);
    spawnInGuest(double, name, [join(daemons, file)], ['ignore', log, log]).unref();
  }
  closeSync(log);
}

export function layPrograms(double: Double, name: string): void {
  const bin = join(rootfsOf(double, name), 'usr/local/double-bin');
  mkdirSync(bin, { recursive: true });
  const programs = { ...PROGRAMS, ...(double.settings.losesUnsynced ? { sync: SYNC } : {}) };
  for (const [program, script] of Object.entries(programs)) {
    const file = join(bin, program);
    if (!existsSync(file)) writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
}

/** However the `run` process dies, its end of the pipe closes, and the guest's processes follow. */
export function startReaper(double: Double, name: string, key: string): ChildProcess {
  const script = 'read -r word; [ "$word" = clean ] || exec "$@"';
  const program = join(import.meta.dirname, 'reap.ts');
  const reap = [process.execPath, program, double.dir, key, rootfsOf(double, name)];
  const reaper = spawn('/bin/sh', ['-c', script, 'sh', ...reap], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, TART_HOME: double.home },
  });
  reaper.unref();
  return reaper;
}
