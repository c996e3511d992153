/** `tart run` processes, found by looking: a "stopped" of `tart list` alone proves nothing. */
import { basename } from 'node:path';
import { run } from '../lib/run.ts';

export interface RunProcess {
  readonly pid: number;
  /** False for a program that only carries tart's command line because it switched the user. */
  readonly isTart: boolean;
}

const SWITCHES: readonly string[] = ['launchctl', 'sudo', 'env'];

/** Finds the processes that run the VM `name`, those that switched the user for it included. */
export async function findRunProcesses(
  ps: string,
  name: string,
  signal: AbortSignal,
): Promise<readonly RunProcess[]> {
  const args = ['-ww', '-axo', 'pid=,command='];
  const { stdout } = await run(ps, args, { timeoutMs: 15_000, signal, maxBytes: 32 * 1024 * 1024 });
  return stdout.split('\n').flatMap((line) => {
    const [pid = '', ...words] = line.trim().split(/\s+/);
    const at = words.findIndex((word, index) => basename(word) === 'tart' && words[index + 1] === 'run');
    if (at === -1 || !words.slice(at + 2).includes(name)) return [];
    const isTart = at === 0;
    // An editor or a grep that shows the same words is none of ours.
    if (!isTart && !SWITCHES.includes(basename(words[0] ?? ''))) return [];
    return [{ pid: Number(pid), isTart }];
  });
}
