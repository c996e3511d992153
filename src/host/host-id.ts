/**
 * The six characters that stand for this host in the names of its runners. Made from the hardware, because macOS
 * renames hosts by itself, and kept in a file of their own, so that they outlive the ledger.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { run } from '../lib/run.ts';

export interface HostIdOptions {
  /** Where the id is kept. */
  readonly file: string;
  readonly signal: AbortSignal;
  readonly platform?: NodeJS.Platform;
  /** Path of `ioreg`. */
  readonly ioreg?: string;
  /** Asked where there is no `ioreg`. @see machine-id(5) */
  readonly machineIdFile?: string;
}

const HOST_ID = /^[a-z0-9]{6}$/;
const LENGTH = 6;
const TIMEOUT_MS = 10_000;

/** The kept id, or one made now and kept. */
export async function hostId(options: HostIdOptions): Promise<string> {
  const kept = readIfThere(options.file)?.trim();
  if (kept !== undefined && HOST_ID.test(kept)) return kept;
  const made = idFrom((await hardwareId(options)) ?? randomUUID());
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o755 });
  const part = `${options.file}.${process.pid}.part`;
  writeFileSync(part, `${made}\n`, { mode: 0o644 });
  renameSync(part, options.file);
  return made;
}

async function hardwareId(options: HostIdOptions): Promise<string | null> {
  const {
    platform = process.platform,
    ioreg = '/usr/sbin/ioreg',
    machineIdFile = '/etc/machine-id',
  } = options;
  if (platform !== 'darwin') return readIfThere(machineIdFile)?.trim() || null;
  const args = ['-rd1', '-c', 'IOPlatformExpertDevice'];
  const { stdout } = await run(ioreg, args, { timeoutMs: TIMEOUT_MS, signal: options.signal });
  return /"IOPlatformUUID"\s*=\s*"([0-9A-Fa-f-]{36})"/.exec(stdout)?.[1] ?? null;
}

/** Hashed, so that the names at GitHub do not tell the hardware's id. */
function idFrom(source: string): string {
  const hash = createHash('sha256').update(`macrunner:${source.toLowerCase()}`).digest('hex');
  return BigInt(`0x${hash}`).toString(36).slice(-LENGTH).padStart(LENGTH, '0');
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
