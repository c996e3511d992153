/**
 * Runs other programs: to their end (`run`), line by line (`followLines`), or in a session of their own that outlives
 * us (`launch`). The only module that starts processes, so no call can lack a deadline or a signal.
 * What a program's failure means is left to the caller, who finds the facts with `failureOf`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { ExecaError, execa } from 'execa';
import { type ErrorCode, MacrunnerError } from '../core/error.ts';
import { CommandFailure, keepEnd } from './command-failure.ts';
import { createLineCutter } from './lines.ts';
import { endGroup, killGroup } from './process-group.ts';

interface ProgramOptions {
  readonly signal: AbortSignal;
  /** Standard input; without it the program reads `/dev/null`. Secrets go here: arguments show up in errors and `ps`. */
  readonly input?: string;
  /** The program's whole environment. Without it: our PATH and HOME, nothing else. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** From SIGTERM to SIGKILL, after a timeout or an abort. Default 2,000. */
  readonly graceMs?: number;
}

export interface RunOptions extends ProgramOptions {
  /** The whole call's deadline. */
  readonly timeoutMs: number;
  /** Exit codes, besides 0, that are an answer and not a failure. */
  readonly okExitCodes?: readonly number[];
  /** Longest standard output (and standard error) taken; more is a failure. Default 4 MiB. */
  readonly maxBytes?: number;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface FollowOptions extends ProgramOptions {
  /** `wasCut`: the line was longer than `maxLineBytes` and only its beginning is given. A throw ends the program. */
  readonly onLine: (line: string, wasCut: boolean) => void;
  readonly maxLineBytes: number;
}

export interface LaunchOptions {
  /** Emptied or made with mode 0600; takes standard output and standard error. */
  readonly outputFile: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface Launched {
  readonly pid: number;
  /** Settles when the program ends, if we still live then. Never rejects. */
  readonly exited: Promise<{ readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }>;
}

const GRACE_MS = 2_000;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Runs `file` to its end, without a shell. On timeout or abort its process group gets SIGTERM, then SIGKILL, and the
 * call settles even when a process that escaped the group holds the output open.
 *
 * @throws {@link MacrunnerError} `command-failed`, `command-timed-out` or `command-missing`, see `failureOf`
 * @throws the signal's reason when it aborts: being stopped is not a failure
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { signal, timeoutMs, graceMs = GRACE_MS, okExitCodes = [] } = options;
  signal.throwIfAborted();
  const child = startBounded(file, args, options);
  const letGo = () => {
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const afterDeadline = setTimeout(letGo, timeoutMs + graceMs + 250);
  const onAbort = () => setTimeout(letGo, graceMs + 250).unref();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const { stdout, stderr } = await child;
    return { stdout, stderr, exitCode: 0 };
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    if (error.exitCode === undefined || error.timedOut) killGroup(child.pid, 'SIGKILL');
    signal.throwIfAborted();
    const result = { stdout: textOf(error.stdout), stderr: textOf(error.stderr) };
    const exitCode = error.exitCode ?? null;
    if (exitCode !== null && okExitCodes.includes(exitCode)) return { ...result, exitCode };
    const message = error.shortMessage.slice(0, 1_024);
    const cause = new CommandFailure(message, { ...result, exitCode });
    throw new MacrunnerError(codeOf(error), message, { cause });
  } finally {
    clearTimeout(afterDeadline);
    signal.removeEventListener('abort', onAbort);
  }
}

function startBounded(file: string, args: readonly string[], options: RunOptions) {
  return execa(file, args, {
    env: { ...(options.env ?? ownEnvironment()) },
    extendEnv: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    timeout: options.timeoutMs,
    forceKillAfterDelay: options.graceMs ?? GRACE_MS,
    killDescendants: true,
    cancelSignal: options.signal,
    maxBuffer: options.maxBytes ?? MAX_BYTES,
    stripFinalNewline: false,
  });
}

/**
 * Starts a program that must outlive us: its own session (so no signal of our terminal or service manager reaches it),
 * output to a file, standard input `/dev/null`. Not awaited; find it again by looking.
 *
 * @throws {@link MacrunnerError} `command-missing`
 */
export async function launch(
  file: string,
  args: readonly string[],
  options: LaunchOptions,
): Promise<Launched> {
  const output = await openPrivate(options.outputFile);
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
      env: { ...options.env },
      cwd: options.cwd,
    });
    const exited = new Promise<Awaited<Launched['exited']>>((resolve) => {
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    const pid = await started(child, file);
    child.unref();
    return { pid, exited };
  } finally {
    await output.close();
  }
}

/**
 * Runs a long-lived program and hands over its standard output line by line. Resolves when it ended, however it ended.
 *
 * @throws {@link MacrunnerError} `command-missing`
 * @throws the signal's reason when it aborts, or what `onLine` threw, after the process group was killed
 */
export async function followLines(
  file: string,
  args: readonly string[],
  options: FollowOptions,
): Promise<{ readonly exitCode: number | null; readonly stderr: string }> {
  options.signal.throwIfAborted();
  const lineFailed = new AbortController();
  const signal = AbortSignal.any([options.signal, lineFailed.signal]);
  const child = spawn(file, args, {
    detached: true,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...(options.env ?? ownEnvironment()) },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const endNow = () => endGroup(child, options.graceMs ?? GRACE_MS);
  signal.addEventListener('abort', endNow, { once: true });
  const onLine = (line: string, wasCut: boolean) => {
    if (!signal.aborted) options.onLine(line, wasCut);
  };
  const stderr = readOutput(child, createLineCutter(options.maxLineBytes, onLine), lineFailed);
  // A program that ends before it read its input is no failure of ours: its exit code tells.
  child.stdin?.on('error', () => child.stdin?.destroy()).end(options.input);
  try {
    await Promise.all([started(child, file), once(child, 'close')]);
    signal.throwIfAborted();
    return { exitCode: child.exitCode, stderr: stderr() };
  } finally {
    signal.removeEventListener('abort', endNow);
  }
}

/** Feeds the cutter; what a line's reader throws becomes the abort reason. Returns a look at standard error. */
function readOutput(
  child: ChildProcess,
  cutter: ReturnType<typeof createLineCutter>,
  lineFailed: AbortController,
): () => string {
  let stderr = '';
  const guarded = (read: () => void) => {
    try {
      read();
    } catch (error) {
      lineFailed.abort(error);
    }
  };
  child.stdout?.on('data', (piece: Buffer) => guarded(() => cutter.push(piece)));
  child.stdout?.once('end', () => guarded(() => cutter.end()));
  child.stderr?.on('data', (piece: Buffer) => {
    stderr = keepEnd(stderr + piece.toString('utf8'));
  });
  return () => stderr;
}

async function started(child: ChildProcess, file: string): Promise<number> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new MacrunnerError('command-missing', `${file} cannot be started`, { cause });
  }
  if (child.pid === undefined) throw new MacrunnerError('command-missing', `${file} cannot be started`);
  return child.pid;
}

async function openPrivate(path: string): Promise<FileHandle> {
  const { O_CREAT, O_TRUNC, O_WRONLY, O_APPEND, O_NOFOLLOW } = constants;
  const file = await open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_NOFOLLOW, 0o600);
  await file.chmod(0o600);
  return file;
}

function ownEnvironment(): Record<string, string> {
  const { PATH = '/usr/bin:/bin:/usr/sbin:/sbin', HOME = '/' } = process.env;
  return { PATH, HOME };
}

function codeOf(error: ExecaError): ErrorCode {
  if (error.timedOut) return 'command-timed-out';
  return error.code === 'ENOENT' || error.code === 'EACCES' ? 'command-missing' : 'command-failed';
}

function textOf(output: unknown): string {
  return typeof output === 'string' ? output : '';
}
