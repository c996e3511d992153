/**
 * Where the executor's program comes from: a path in the environment, or a build of the pinned version. Its go.sum could
 * not be made where this was written, so the build works on a copy of go.mod in the cache and lets Go write it there,
 * checked against Go's checksum database.
 */
import { access, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf } from '../../../src/lib/command-failure.ts';
import { run } from '../../../src/lib/run.ts';

const VARIABLE = 'INTEROP_GITLAB_TART_EXECUTOR';
const PACKAGE = 'github.com/cirruslabs/gitlab-tart-executor/cmd/gitlab-tart-executor';
const MODULE = new URL('../go/gitlab-tart-executor/go.mod', import.meta.url).pathname;
const CACHE = new URL('../../../node_modules/.cache/interop/gitlab-tart-executor/', import.meta.url).pathname;
const PROGRAM = join(CACHE, 'gitlab-tart-executor');

/** What is missing to have the program, in one sentence, or null. Builds it. */
export async function missingForExecutor(signal: AbortSignal): Promise<string | null> {
  const given = process.env[VARIABLE];
  if (given !== undefined) {
    return (await isThere(given)) ? null : `${VARIABLE} names ${given}, which is not there`;
  }
  const stamp = join(CACHE, 'built');
  const wanted = await readFile(MODULE, 'utf8');
  if ((await isThere(PROGRAM)) && (await readIfThere(stamp)) === wanted) return null;
  try {
    await build(signal);
    await writeFile(stamp, wanted);
    return null;
  } catch (error) {
    signal.throwIfAborted();
    const why = failureOf(error)?.stderr.trim().split('\n').at(-1) || String(error);
    return `it cannot be built here, and ${VARIABLE} names no program: ${why}`;
  }
}

export function executorProgram(): string {
  return process.env[VARIABLE] ?? PROGRAM;
}

async function build(signal: AbortSignal): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  await copyFile(MODULE, join(CACHE, 'go.mod'));
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  await run('go', ['build', '-mod=mod', '-trimpath', '-o', PROGRAM, PACKAGE], {
    cwd: CACHE,
    env: { ...Object.fromEntries(inherited), CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
    timeoutMs: 240_000,
    signal,
    maxBytes: 16 * 1024 * 1024,
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readIfThere(path: string): Promise<string | null> {
  return (await isThere(path)) ? readFile(path, 'utf8') : null;
}
