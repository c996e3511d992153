/**
 * Leftovers: system processes that go on serving a VM whose `tart run` is gone. macOS counts them, so they take a slot
 * that nobody can see in `tart list` (openai/tart: issues 967, 1217). One is ours only when it holds a file of a VM with
 * our name open. Whether and when to end one is left to the callers.
 */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { MacrunnerError } from '../core/error.ts';
import type { Leftover } from '../core/ports.ts';
import { realSleep } from '../lib/retry.ts';
import { run } from '../lib/run.ts';
import { readProcesses, runProcesses, signalProcess } from './processes.ts';

export interface LeftoverOptions {
  readonly lsof: string;
  readonly ps: string;
  readonly tartHome: string;
}

const TIMEOUT_MS = 15_000;
const KILLED_MS = 2_000;
const POLL_MS = 50;
/** The kernel keeps 16 bytes of a command's name; lsof compares as many as are given (lsof(8), -c). */
const COMMAND = 'com.apple.Virt';

/** Those of VMs whose name starts with `prefix`. @throws `command-missing`, `command-failed`, `output-unreadable`: unknown */
export async function findLeftovers(
  options: LeftoverOptions,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const held = (await holders(options, signal)).filter(({ vm }) => vm.startsWith(prefix));
  if (held.length === 0) return [];
  // Asked after: a VM that was started meanwhile has its process by now.
  const table = await readProcesses(options.ps, signal);
  return held.filter(({ vm }) => runProcesses(table, vm).length === 0);
}

/** Kills it when another look says the same. Resolves with true once it is gone. */
export async function killLeftover(
  options: LeftoverOptions,
  { pid, vm }: Leftover,
  signal: AbortSignal,
): Promise<boolean> {
  const isLeft = async () =>
    (await findLeftovers(options, vm, signal)).some((other) => other.pid === pid && other.vm === vm);
  if (!(await isLeft())) return !(await holders(options, signal)).some((other) => other.pid === pid);
  signalProcess(pid, 'SIGKILL');
  const endMs = performance.now() + KILLED_MS;
  while (await isLeft()) {
    if (performance.now() > endMs) return false;
    await realSleep(POLL_MS, signal);
  }
  return true;
}

/** Which process of the system holds files of which VM. */
async function holders(
  { lsof, tartHome }: LeftoverOptions,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const home = await realHome(tartHome);
  if (home === null) return [];
  const vms = join(home, 'vms', '/');
  const args = ['-w', '-nP', '-a', '-c', COMMAND, '-Fpn'];
  const { stdout, stderr, exitCode } = await run(lsof, args, {
    timeoutMs: TIMEOUT_MS,
    signal,
    okExitCodes: [1],
  });
  // 1 is its word for nothing found, and for any trouble (lsof(8), DIAGNOSTICS).
  if (exitCode === 1 && stderr.trim() !== '') {
    throw new MacrunnerError('output-unreadable', `lsof: ${stderr.trim().slice(0, 200)}`);
  }
  return readFields(stdout, vms);
}

/** Open files are shown by their real paths. Null for a home that is not there yet: it has no VMs. */
async function realHome(tartHome: string): Promise<string | null> {
  try {
    return await realpath(tartHome);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** `p<pid>`, then an `n<path>` for each open file; one leftover for each VM that a process holds. */
function readFields(text: string, vms: string): readonly Leftover[] {
  const found = new Map<string, Leftover>();
  let pid = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('p')) pid = Number(line.slice(1));
    if (!line.startsWith(`n${vms}`)) continue;
    const vm = line.slice(1 + vms.length).split('/')[0] ?? '';
    if (vm !== '' && pid > 1) found.set(`${pid} ${vm}`, { pid, vm });
  }
  return [...found.values()];
}
