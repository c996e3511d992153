/**
 * Builds the Go programs of `go/NAME/`: our own `main.go`, or others' programs named by `tool` lines. What is built lies
 * in `node_modules/.cache/interop/NAME/` and is built anew only when the module or the toolchain has changed.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf } from '../../src/lib/command-failure.ts';
import { run } from '../../src/lib/run.ts';

export interface GoModule {
  /** The directory under `test/interop/go/`. */
  readonly name: string;
  /** What to build: `.` for our own main.go, an import path for a `tool`. Default `.`. */
  readonly package?: string;
  /** Beyond the usual environment, such as GONOSUMDB. */
  readonly env?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
}

const CACHE = new URL('../../node_modules/.cache/interop/', import.meta.url).pathname;
const MODULES = new URL('go/', import.meta.url).pathname;
const BUILD_MS = 240_000;

/** What is missing to build the module here, in one sentence, or null. Downloads what the build needs. */
export async function missingForGo(module: GoModule, signal: AbortSignal): Promise<string | null> {
  if (await isBuilt(module, signal)) return null;
  const go = await findGo(signal);
  if (go === null) return 'there is no Go toolchain (go) in PATH or /usr/local/go';
  try {
    await runGo(go.file, ['list', '-deps', ...tagsOf(module), module.package ?? '.'], module, signal);
    return null;
  } catch (error) {
    signal.throwIfAborted();
    const why = lastLineOf(error);
    // Anything else is a mistake in the module: the build meets it again and fails, where a skip would hide it.
    return UNAVAILABLE.test(why) ? `the modules of ${module.name} cannot be had here: ${why}` : null;
  }
}

/** What the go command says when the network, the module proxy or the toolchain is to blame. */
const UNAVAILABLE =
  /dial tcp|no such host|timed? ?out|connection re|Forbidden|Not Found|TLS|requires go|toolchain/i;

/** Builds, unless that is done already, and returns the program's path. @throws when it does not compile */
export async function buildGo(module: GoModule, signal: AbortSignal): Promise<string> {
  const program = programOf(module);
  if (await isBuilt(module, signal)) return program;
  const go = await findGo(signal);
  if (go === null) throw new Error('there is no Go toolchain');
  await mkdir(join(CACHE, module.name), { recursive: true });
  const args = [
    'build',
    '-trimpath',
    '-buildvcs=false',
    ...tagsOf(module),
    '-o',
    program,
    module.package ?? '.',
  ];
  try {
    await runGo(go.file, args, module, signal);
  } catch (error) {
    throw new Error(failureOf(error)?.stderr.trim() || `${module.name} was not built`, { cause: error });
  }
  await writeFile(stampOf(module), await fingerprint(module, go.version));
  return program;
}

/** The version that go.mod asks for of one library or program. */
export async function goModVersion(name: string, path: string): Promise<string> {
  const text = await readFile(join(MODULES, name, 'go.mod'), 'utf8');
  const line = text.split('\n').find((candidate) =>
    candidate
      .trim()
      .replace(/^require /, '')
      .startsWith(`${path} v`),
  );
  const version = line?.match(/ (v\S+)/)?.[1];
  if (version === undefined) throw new Error(`go/${name}/go.mod does not require ${path}`);
  return version;
}

async function isBuilt(module: GoModule, signal: AbortSignal): Promise<boolean> {
  const go = await findGo(signal);
  const wanted = await fingerprint(module, go?.version ?? '');
  try {
    await access(programOf(module));
    return (await readFile(stampOf(module), 'utf8')) === wanted;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Everything that decides what comes out of a build. */
async function fingerprint(module: GoModule, goVersion: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([goVersion, module]));
  const directory = join(MODULES, module.name);
  for (const file of (await readdir(directory)).sort()) {
    hash.update(`\n${file}\n`).update(await readFile(join(directory, file)));
  }
  return hash.digest('hex');
}

async function findGo(signal: AbortSignal): Promise<{ file: string; version: string } | null> {
  for (const file of ['go', '/usr/local/go/bin/go', '/opt/homebrew/bin/go']) {
    try {
      const { stdout } = await run(file, ['version'], { timeoutMs: 60_000, signal });
      return { file, version: stdout.trim() };
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
  return null;
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'command-missing';
}

async function runGo(
  go: string,
  args: readonly string[],
  module: GoModule,
  signal: AbortSignal,
): Promise<void> {
  await run(go, args, {
    cwd: join(MODULES, module.name),
    env: { ...inherited(), CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', ...module.env },
    timeoutMs: BUILD_MS,
    signal,
    maxBytes: 16 * 1024 * 1024,
  });
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function lastLineOf(error: unknown): string {
  const stderr = failureOf(error)?.stderr ?? '';
  return stderr.trim().split('\n').at(-1) || String(error);
}

function tagsOf({ tags = [] }: GoModule): readonly string[] {
  return tags.length === 0 ? [] : ['-tags', tags.join(',')];
}

function programOf({ name, package: target = '.' }: GoModule): string {
  return join(CACHE, name, target === '.' ? name : (target.split('/').at(-1) ?? name));
}

function stampOf(module: GoModule): string {
  return `${programOf(module)}.stamp`;
}
