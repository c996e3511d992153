/** Starts a VM in a session of its own, so that it outlives this process, and reads what its `run` left behind. */
import { chmod, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, MacrunnerError } from '../core/error.ts';
import { realSleep, retry } from '../lib/retry.ts';
import { type Launched, launch } from '../lib/run.ts';
import { classify, INSTALL_HINT } from './errors.ts';
import { listVms } from './list.ts';
import type { TartProgram } from './tart.ts';

export interface StartOptions {
  readonly program: TartProgram;
  /** Directory of the files that take what `run` says; made with mode 0700. */
  readonly runLogDir: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** Headless, and nothing shared with the host. The disk is thrown away, so nothing of it needs to be flushed. */
const FLAGS = [
  '--no-graphics',
  '--no-audio',
  '--no-clipboard',
  '--root-disk-opts',
  'sync=none,caching=cached',
];
const DEADLINE_MS = 20_000;
const POLL_MS = 250;
/** `list` says running from the lock on, a moment before the hypervisor may still refuse. */
const SETTLE_MS = 250;
const KEPT_BYTES = 4_096;
/** After a power cut the system lets go of a VM's files a moment later than tart does (openai/tart: issue 967). */
const HELD_TRIES = 3;
const HELD_MS = 1_000;

export function runLog(runLogDir: string, name: string): string {
  return join(runLogDir, `${name}.log`);
}

/** @throws {@link MacrunnerError} `vm-limit`, `vm-start-failed`, `keychain-locked`, `vm-held`, `vm-missing`, `vm-running` */
export async function startVm(options: StartOptions): Promise<void> {
  const { program, name, signal, runLogDir } = options;
  const before = (await listVms(program, signal)).find((vm) => vm.name === name);
  if (before === undefined) throw new MacrunnerError('vm-missing', `there is no VM ${name} to start`);
  if (before.state === 'running') throw new MacrunnerError('vm-running', `the VM ${name} runs already`);
  await mkdir(runLogDir, { recursive: true });
  await chmod(runLogDir, 0o700);
  const { file, args, env, cwd } = program.wrap([program.tart, 'run', name, ...FLAGS]);
  const once = async () => {
    const launched = await start(file, args, { outputFile: runLog(runLogDir, name), env, cwd });
    await seenRunning(options, launched);
  };
  await retry(once, {
    signal,
    attempts: HELD_TRIES,
    pauseMs: (failures) => failures * HELD_MS,
    isWorthRetrying: (error) => hasCode(error, 'vm-held'),
  });
}

async function start(file: string, args: readonly string[], options: Parameters<typeof launch>[2]) {
  try {
    return await launch(file, args, options);
  } catch (cause) {
    throw new MacrunnerError('command-missing', 'tart is not there', { hint: INSTALL_HINT, cause });
  }
}

async function seenRunning(options: StartOptions, launched: Launched): Promise<void> {
  const { program, name, signal } = options;
  const settled = new AbortController();
  const waiting = AbortSignal.any([signal, settled.signal]);
  const early = launched.exited.then(async ({ exitCode }) => {
    throw await whyEnded(options, exitCode);
  });
  try {
    await Promise.race([early, untilRunning(program, name, waiting)]);
  } finally {
    settled.abort();
  }
}

async function untilRunning(program: TartProgram, name: string, signal: AbortSignal): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS;
  while (performance.now() < endMs) {
    const vm = (await listVms(program, signal)).find((candidate) => candidate.name === name);
    await realSleep(vm?.state === 'running' ? SETTLE_MS : POLL_MS, signal);
    if (vm?.state === 'running') return;
  }
  throw new MacrunnerError('vm-start-failed', `the VM ${name} was not seen running within 20 s`, {
    hint: 'stop it before it is started again: its process may still live',
  });
}

async function whyEnded({ runLogDir, name }: StartOptions, exitCode: number | null): Promise<MacrunnerError> {
  const words = await readEnd(runLog(runLogDir, name));
  return classify({ command: 'run', exitCode, stdout: '', stderr: words });
}

/** The last line that is not empty, at most 512 characters; null when there is none. */
export async function lastWords(runLogDir: string, name: string): Promise<string | null> {
  const lines = (await readEnd(runLog(runLogDir, name))).split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '')?.slice(0, 512) ?? null;
}

async function readEnd(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(KEPT_BYTES),
      position: Math.max(0, size - KEPT_BYTES),
    });
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
