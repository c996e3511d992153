/**
 * The system's own process that serves a running VM, as macOS has one for each: it holds the VM's files open, ends a
 * moment after the `run` that it serves, and as long as it lives its VM is counted. With `leavesGhosts` it does not end.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isAlive, pathOf } from './lock.ts';
import type { Double } from './settings.ts';
import { vmDir } from './vms.ts';

const NAME = 'com.apple.Virtualization.VirtualMachine';
/** A process is called after the file it was started from. macOS's own sh starts another shell, which would lose it. */
const SHELLS = ['/bin/dash', '/bin/bash', '/bin/sh'];
/** Waits for the end of its client. A ghost then stands still for ever: no signal but SIGKILL gets through to it. */
const SCRIPT = 'read -r word; [ "$1" = ghost ] && kill -STOP $$';

export function installService(dir: string): void {
  symlinkSync(SHELLS.find((shell) => existsSync(shell)) ?? '/bin/sh', join(dir, NAME));
}

export function startService(double: Double, name: string, key: string): void {
  const disk = openSync(join(vmDir(double, name), 'disk.img'), 'r');
  const kind = double.settings.leavesGhosts ? 'ghost' : 'mortal';
  const service = spawn(join(double.dir, NAME), ['-c', SCRIPT, 'sh', kind], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore', disk],
    env: {},
    cwd: '/',
  });
  closeSync(disk);
  service.unref();
  if (service.pid !== undefined) writeFileSync(pathOf(double, key, 'service'), `${service.pid} ${kind}`);
}

function recordOf(double: Double, key: string): { readonly pid: number; readonly isGhost: boolean } {
  const file = pathOf(double, key, 'service');
  const [pid = '0', kind] = existsSync(file) ? readFileSync(file, 'utf8').split(' ') : [];
  return { pid: Number(pid), isGhost: kind === 'ghost' };
}

export function servicePid(double: Double, key: string): number | undefined {
  const { pid } = recordOf(double, key);
  if (pid <= 1) return undefined;
  // The number may be another process's by now, or that of one whose parent has not noticed its end.
  const { stdout } = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.startsWith(join(double.dir, NAME)) ? pid : undefined;
}

/** Those whose `run` has ended. The moment that a mortal one has left is not played: it would be a race. */
export async function countGhosts(double: Double): Promise<number> {
  const keys = serviceKeys(double).filter((key) => recordOf(double, key).isGhost);
  const ghosts = await Promise.all(
    keys.map(async (key) => !(await isAlive(double, key)) && servicePid(double, key) !== undefined),
  );
  return ghosts.filter(Boolean).length;
}

/** A ghost outlives its VM's directory. */
export function forgetService(double: Double, key: string): void {
  const isLeft = recordOf(double, key).isGhost && servicePid(double, key) !== undefined;
  if (!isLeft) rmSync(pathOf(double, key, 'service'), { force: true });
}

export function killServices(double: Double): void {
  for (const key of serviceKeys(double)) {
    const pid = servicePid(double, key);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }
}

function serviceKeys(double: Double): readonly string[] {
  return readdirSync(join(double.dir, 's'))
    .filter((file) => file.endsWith('.service'))
    .map((file) => file.slice(0, -'.service'.length));
}
