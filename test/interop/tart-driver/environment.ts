/** A Python environment with the pinned packages, made once in the cache and anew when the pins change. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf } from '../../../src/lib/command-failure.ts';
import { run } from '../../../src/lib/run.ts';

const CACHE = new URL('../../../node_modules/.cache/interop/tart-driver/', import.meta.url).pathname;
const PACKAGES = new URL('python/requirements.txt', import.meta.url).pathname;
const INSTALL_MS = 240_000;

export function pythonProgram(): string {
  return join(CACHE, 'bin/python');
}

/** What is missing to have it, in one sentence, or null. Makes it. */
export async function missingForDriver(signal: AbortSignal): Promise<string | null> {
  const wanted = await readFile(PACKAGES, 'utf8');
  const stamp = join(CACHE, 'installed');
  if ((await readIfThere(stamp)) === wanted) return null;
  try {
    await rm(CACHE, { recursive: true, force: true });
    await mkdir(CACHE, { recursive: true });
    await run('python3', ['-m', 'venv', CACHE], { timeoutMs: INSTALL_MS, signal, env: environment() });
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', '-r', PACKAGES];
    await run(pythonProgram(), pip, { timeoutMs: INSTALL_MS, signal, env: environment() });
    await writeFile(stamp, wanted);
    return null;
  } catch (error) {
    signal.throwIfAborted();
    const why = failureOf(error)?.stderr.trim().split('\n').at(-1) || String(error);
    return `its Python packages cannot be had here: ${why}`;
  }
}

/** Of the driver itself. */
export async function driverVersion(): Promise<string> {
  const text = await readFile(PACKAGES, 'utf8');
  return /^gitlab-runner-tart-driver==(\S+)$/m.exec(text)?.[1] ?? 'unknown';
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
