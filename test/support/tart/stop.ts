/** `tart stop` (a power cut with a deadline) and `tart delete`. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArguments } from './arguments.ts';
import { missingVm, notRunning, runtime } from './failure.ts';
import { killGuest } from './guest.ts';
import { holderPid, isAlive, pathOf } from './lock.ts';
import type { Double } from './settings.ts';
import { temporaryPath } from './tmp.ts';
import { cachedImage, isRemote, openVm, stateOf, vmDir } from './vms.ts';

const POLL_MS = 100;

export async function stop(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments({ command: 'stop', options: ['-t', '--timeout'], positionals: ['name'] }, argv);
  const [name = ''] = args.positionals;
  const timeoutMs = Number(args.value('--timeout') ?? args.value('-t') ?? 30) * 1_000;
  const dir = openVm(double, name);
  const state = await stateOf(double, name);
  if (state === 'suspended') rmSync(join(dir, 'state.vzvmsave'));
  if (state === 'stopped') throw notRunning(name);
  if (state !== 'running') return;
  const pid = holderPid(double, name);
  if (timeoutMs > 0) signal(pid, 'SIGINT');
  for (let leftMs = timeoutMs; leftMs > 0; leftMs -= POLL_MS) {
    await wait(POLL_MS);
    if (!(await isAlive(double, name))) return;
  }
  signal(pid, 'SIGKILL'); // And no waiting for the outcome.
}

function signal(pid: number, name: 'SIGINT' | 'SIGKILL'): void {
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
    if (isRemote(name)) removeCached(double, name);
    else await removeVm(double, name);
  }
}

async function removeVm(double: Double, name: string): Promise<void> {
  const dir = vmDir(double, name);
  if (!existsSync(join(dir, 'config.json'))) throw missingVm(name);
  if ((await stateOf(double, name)) === 'running') throw runtime(`VM "${name}" is running`);
  killGuest(double, name);
  const trash = temporaryPath(double);
  renameSync(dir, trash);
  rmSync(trash, { recursive: true, force: true });
  for (const what of ['sock', 'pid', 'power', 'groups'] as const) {
    rmSync(pathOf(double, name, what), { recursive: true, force: true });
  }
}

function removeCached(double: Double, name: string): void {
  const dir = cachedImage(double, name);
  if (dir === undefined) throw missingVm(name);
  rmSync(dir, { recursive: true, force: true });
}
