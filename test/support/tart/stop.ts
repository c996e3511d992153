/** `tart stop` (a power cut with a deadline), `tart suspend` and `tart delete`. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArguments } from './arguments.ts';
import { alreadyRunning, missingVm, notRunning } from './failure.ts';
import { killGuest } from './guest.ts';
import { cacheRoot, collectImages, imagePath } from './images.ts';
import { holderPid, isAlive, pathOf, vmKey } from './lock.ts';
import { parseRemote, type RemoteName } from './names.ts';
import { forgetService } from './service.ts';
import { type Double, secondsMs } from './settings.ts';
import { temporaryPath } from './tmp.ts';
import { openVm, stateOf, vmDir } from './vms.ts';

const POLL_MS = 100;

export async function stop(double: Double, argv: readonly string[]): Promise<void> {
  const shape = { command: 'stop', numbers: ['-t', '--timeout'], positionals: ['name'] };
  const args = parseArguments(shape, argv);
  const [name = ''] = args.positionals;
  const timeoutMs = secondsMs(double, args.number('--timeout') ?? args.number('-t') ?? 30);
  const dir = openVm(double, name);
  const state = await stateOf(double, name);
  if (state === 'suspended') rmSync(join(dir, 'state.vzvmsave'));
  if (state === 'stopped') throw notRunning(name);
  if (state !== 'running') return;
  const key = vmKey(double, name);
  const pid = holderPid(double, key);
  signal(pid, 'SIGINT');
  for (let leftMs = timeoutMs; leftMs > 0; leftMs -= POLL_MS) {
    await wait(Math.min(POLL_MS, leftMs));
    if (!(await isAlive(double, key))) return;
  }
  signal(pid, 'SIGKILL'); // And no waiting for the outcome.
}

/** Sends the signal and goes: the outcome is the affair of `run`. */
export async function suspend(double: Double, argv: readonly string[]): Promise<void> {
  const [name = ''] = parseArguments({ command: 'suspend', positionals: ['name'] }, argv).positionals;
  openVm(double, name);
  const key = vmKey(double, name);
  // The real one wraps its own words once more.
  if (!(await isAlive(double, key))) throw notRunning(`VM "${name}" is not running`);
  signal(holderPid(double, key), 'SIGUSR1');
}

function signal(pid: number, name: 'SIGINT' | 'SIGKILL' | 'SIGUSR1'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

export async function remove(double: Double, argv: readonly string[]): Promise<void> {
  const { positionals } = parseArguments(
    { command: 'delete', positionals: ['name'], isVariadic: true },
    argv,
  );
  for (const name of positionals) {
    const remote = parseRemote(name);
    if (remote === undefined) await removeVm(double, name);
    else removeCached(double, name, remote);
  }
}

async function removeVm(double: Double, name: string): Promise<void> {
  const dir = vmDir(double, name);
  if (!existsSync(join(dir, 'config.json'))) throw missingVm(name);
  if ((await stateOf(double, name)) === 'running') throw alreadyRunning(name);
  const key = vmKey(double, name);
  killGuest(double, key, join(dir, 'rootfs'));
  const trash = temporaryPath(double);
  renameSync(dir, trash);
  rmSync(trash, { recursive: true, force: true });
  for (const what of ['sock', 'pid', 'power', 'groups', 'address', 'shares'] as const) {
    rmSync(pathOf(double, key, what), { recursive: true, force: true });
  }
  forgetService(double, key);
}

/** A tag goes first, then every digest that nothing keeps any more. */
function removeCached(double: Double, name: string, remote: RemoteName): void {
  const path = imagePath(cacheRoot(double), remote);
  if (!existsSync(path)) throw missingVm(name);
  rmSync(path, { recursive: true, force: true });
  collectImages(cacheRoot(double));
}
