/**
 * The processes that matter here, found by looking into the process table: `tart run`, `tart exec`, and the system's own
 * that serve VMs. A "stopped" of `tart list` alone proves nothing. What becomes of them is left to the callers.
 */
import { basename } from 'node:path';
import { MacrunnerError } from '../core/error.ts';
import { run } from '../lib/run.ts';

export interface ProcessEntry {
  readonly pid: number;
  readonly uid: number;
  /** The command line, cut at spaces. */
  readonly words: readonly string[];
}

export interface RunProcess {
  readonly pid: number;
  /** False for a program that only carries tart's command line because it switched the user. */
  readonly isTart: boolean;
}

const SWITCHES: readonly string[] = ['launchctl', 'sudo', 'env'];
/** Apple's XPC service, one for each VM: its life is what the limit of two counts. */
const SERVICE = 'com.apple.Virtualization.VirtualMachine';

/**
 * Every process of this machine.
 * @throws {@link MacrunnerError} `output-unreadable` for a table without ourselves: it would make living VMs look dead
 */
export async function readProcesses(ps: string, signal: AbortSignal): Promise<readonly ProcessEntry[]> {
  // One -o for each: a comma after an equals sign may belong to the heading (POSIX: ps, -o).
  const args = ['-ww', '-ax', '-o', 'pid=', '-o', 'uid=', '-o', 'command='];
  const { stdout } = await run(ps, args, { timeoutMs: 15_000, signal, maxBytes: 32 * 1024 * 1024 });
  const entries = stdout.split('\n').flatMap((line) => {
    const [pid = '', uid = '', ...words] = line.trim().split(/\s+/);
    return pid === '' ? [] : [{ pid: Number(pid), uid: Number(uid), words }];
  });
  if (entries.some(({ pid }) => pid === process.pid)) return entries;
  throw new MacrunnerError('output-unreadable', `${ps} shows a process table that is not complete`);
}

/** Those that run the VM `name`, those that switched the user for it included. */
export function runProcesses(table: readonly ProcessEntry[], name: string): readonly RunProcess[] {
  return table.flatMap(({ pid, words }) => {
    const at = words.findIndex((word, index) => basename(word) === 'tart' && words[index + 1] === 'run');
    if (at === -1 || !words.slice(at + 2).includes(name)) return [];
    const isTart = at === 0;
    // An editor or a grep that shows the same words is none of ours.
    if (!isTart && !SWITCHES.includes(basename(words[0] ?? ''))) return [];
    return [{ pid, isTart }];
  });
}

/** True while the system serves any VM at all, whosever. */
export function hasService(table: readonly ProcessEntry[]): boolean {
  return table.some(({ words: [program = ''] }) => basename(program) === SERVICE);
}

/** Sends a signal; a process that is gone already is what was wanted. */
export function signalProcess(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
