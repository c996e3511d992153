/**
 * The inside of a VM: `rootfs/` as its disk, ordinary processes as its processes. Each carries the VM's mark in its
 * environment and leads a group that is written down, so that all of them die with the VM on Linux and macOS.
 */
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { holderPid, pathOf, vmKey } from './lock.ts';
import type { Double } from './settings.ts';
import { vmDir } from './vms.ts';

const MARK = 'MACRUNNER_DOUBLE_VM';

export function rootfsOf(double: Double, name: string): string {
  return join(vmDir(double, name), 'rootfs');
}

/** What the guest agent of the public images gives a command; no /sbin. */
function guestEnvironment(double: Double, name: string): Record<string, string> {
  const rootfs = rootfsOf(double, name);
  const key = vmKey(double, name);
  const address = pathOf(double, key, 'address');
  return {
    HOME: join(rootfs, 'Users/admin'),
    USER: 'admin',
    LOGNAME: 'admin',
    SHELL: '/bin/zsh',
    TMPDIR: join(rootfs, 'tmp'),
    PATH: `${join(rootfs, 'usr/local/double-bin')}:/bin:/usr/bin:/usr/sbin:/usr/local/bin:/opt/homebrew/bin`,
    [MARK]: key,
    // A guest program that starts another session writes an empty file named after its pid in here.
    MACRUNNER_DOUBLE_GROUPS: pathOf(double, key, 'groups'),
    MACRUNNER_DOUBLE_POWER: pathOf(double, key, 'power'),
    MACRUNNER_DOUBLE_RUN_PID: String(holderPid(double, key)),
    // Shared directories, by the tag they are mounted by.
    MACRUNNER_DOUBLE_SHARES: pathOf(double, key, 'shares'),
    ...(existsSync(address) ? { MACRUNNER_DOUBLE_ADDRESS: readFileSync(address, 'utf8') } : {}),
  };
}

/** Where `program` lies for this guest, or undefined. */
export function findProgram(double: Double, name: string, program: string): string | undefined {
  const rootfs = rootfsOf(double, name);
  const candidates = program.startsWith('/')
    ? [join(rootfs, program), ...hostPaths(rootfs, program)]
    : (guestEnvironment(double, name).PATH ?? '').split(':').map((dir) => join(dir, program));
  return candidates.find((path) => existsSync(path) && statSync(path).isFile());
}

function hostPaths(rootfs: string, program: string): readonly string[] {
  if (/^\/(Users|usr\/local|opt|etc|tmp)\//.test(program)) return [];
  return [join(rootfs, 'usr/local/double-bin', basename(program)), program];
}

/** Starts a process in the guest, as the leader of a group of its own. */
export function spawnInGuest(
  double: Double,
  name: string,
  argv: readonly string[],
  stdio: StdioOptions,
): ChildProcess {
  const [program = '', ...args] = argv;
  const env = guestEnvironment(double, name);
  const cwd = env.HOME ?? '/';
  for (const dir of [cwd, env.TMPDIR ?? cwd]) mkdirSync(dir, { recursive: true });
  const child = spawn(program, args, { detached: true, stdio, env, cwd });
  const groups = pathOf(double, vmKey(double, name), 'groups');
  if (child.pid !== undefined) writeFileSync(join(groups, String(child.pid)), '');
  return child;
}

/** Kills every process of a VM, again and again until none is found: they may be starting others meanwhile. */
export function killGuest(double: Double, key: string, rootfs: string): void {
  const groups = pathOf(double, key, 'groups');
  for (let round = 0; round < 100; round += 1) {
    const pids = guestPids(key, rootfs);
    if (round === 0 && existsSync(groups)) {
      for (const group of readdirSync(groups)) kill(-Number(group));
    }
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
  }
}

function kill(pid: number): void {
  if (Math.abs(pid) <= 1) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) {
      throw error;
    }
  }
}

function guestPids(key: string, rootfs: string): readonly number[] {
  const mark = `${MARK}=${key}`;
  if (process.platform !== 'linux') return withoutProc(mark, rootfs);
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => isGuestProcess(`/proc/${entry}`, mark, rootfs))
    .map(Number);
}

/** macOS hides the environment of its own programs, so where a process stands tells as well. */
function withoutProc(mark: string, rootfs: string): readonly number[] {
  const ps = spawnSync('ps', ['-axEww', '-o', 'pid=,command='], { encoding: 'utf8' }).stdout;
  const marked = ps.split('\n').filter((line) => line.includes(mark));
  // One record per process: `p<pid>`, `fcwd`, `n<path>`.
  const lsof = spawnSync('lsof', ['-w', '-d', 'cwd', '-Fpn'], { encoding: 'utf8' }).stdout ?? '';
  const inside = [...lsof.matchAll(/^p(\d+)\nfcwd\nn(.*)$/gm)].filter(([, , path]) =>
    path?.includes(`${rootfs}/`),
  );
  const pids = [...marked.map((line) => Number.parseInt(line, 10)), ...inside.map(([, pid]) => Number(pid))];
  return pids.filter((pid) => pid !== process.pid);
}

function isGuestProcess(proc: string, mark: string, rootfs: string): boolean {
  try {
    const environment = readFileSync(join(proc, 'environ'), 'utf8').split('\0');
    return environment.includes(mark) || readlinkSync(join(proc, 'cwd')).startsWith(`${rootfs}/`);
  } catch {
    return false; // It ended meanwhile, or is not ours to look at.
  }
}
