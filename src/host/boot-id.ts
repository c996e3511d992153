/**
 * Which boot of the host this is: the same for all processes until it is booted anew, and never the same again.
 * On macOS the kernel's session UUID (XNU: bsd/kern/kern_sysctl.c, `kern.bootsessionuuid`), on Linux its boot id
 * (Linux: drivers/char/random.c).
 */
import { readFile } from 'node:fs/promises';
import { run } from '../lib/run.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface BootIdOptions {
  readonly platform: NodeJS.Platform;
  readonly signal: AbortSignal;
}

/** Null where the system does not tell. @throws the signal's reason when it aborts */
export async function bootId({ platform, signal }: BootIdOptions): Promise<string | null> {
  try {
    const text =
      platform === 'darwin'
        ? (await run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { timeoutMs: 2_000, signal })).stdout
        : await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return UUID.test(text.trim()) ? text.trim() : null;
  } catch {
    signal.throwIfAborted();
    return null; // Not told is an answer: the clock then begins anew.
  }
}
