/** Plain facts about this machine. Whether they suffice is left to those who ask. */
import { statfsSync } from 'node:fs';
import { release } from 'node:os';
import { dirname } from 'node:path';

/** macOS 14 is Darwin 23: the first on which `tart exec`, our only way into a VM, works (openai/tart: Sources/tart/Commands/Exec.swift). */
const FIRST_DARWIN = 23;

interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Of the kernel, such as `24.5.0`. */
  readonly release: string;
}

/** What this machine lacks to run macOS VMs, one sentence each; empty when nothing. */
export function canRunVms(
  { platform, arch, release: kernel }: Machine = {
    platform: process.platform,
    arch: process.arch,
    release: release(),
  },
): readonly string[] {
  if (platform !== 'darwin') return [`macOS VMs run on Macs only, and this is ${platform}`];
  return [
    ...(arch === 'arm64' ? [] : [`macOS VMs need Apple silicon, and this program runs as ${arch}`]),
    ...(Number.parseInt(kernel, 10) >= FIRST_DARWIN ? [] : ['macOS 14 or newer is needed']),
  ];
}

/** Bytes free for us on the volume of `path`, or of its nearest directory that exists; null when it cannot be read. */
export function freeBytes(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing && dirname(path) !== path ? freeBytes(dirname(path)) : null;
  }
}
