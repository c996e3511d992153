/**
 * Takes interrupted pulls up again. What an interrupted pull fetched lies in TART_HOME/tmp, and every tart command but
 * `pull` and `clone` first deletes all there that no living process has locked: one `list` costs tens of gigabytes. So
 * the pull is started again before any such command, and they wait until it holds its lock.
 * Source: openai/tart: Sources/tart/VMStorageOCI.swift, VMDirectory.swift (temporaryDeterministic), Config.swift (gc),
 * Root.swift. Pulling what nobody began to pull is left to people.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { realSleep } from '../lib/retry.ts';
import { launch } from '../lib/run.ts';
import { readProcesses } from './processes.ts';
import type { TartProgram } from './tart.ts';

export interface ResumeOptions {
  readonly program: TartProgram;
  readonly tartHome: string;
  /** Those of the pools; local templates among them are none to be pulled. */
  readonly images: readonly string[];
  /** Directory of the file that takes what the pull says; made with mode 0700. */
  readonly logDir: string;
  readonly ps?: string;
  /** The most that other commands are held back, milliseconds. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export interface ResumedPull {
  readonly image: string;
  readonly logFile: string;
  /** `unsafe`: it did not get as far as its lock, and the next command may delete what was fetched. */
  readonly state: 'goes-on' | 'done' | 'unsafe';
}

const POLL_MS = 50;
/** Between tries: after a reboot the network comes later than we do. */
const REST_MS = 1_000;
const PULLING: readonly string[] = ['pull', 'clone'];

/** One at a time: tart pulls one image of a registry at a time anyway. */
export async function resumePulls(options: ResumeOptions): Promise<readonly ResumedPull[]> {
  const { tartHome, images, signal } = options;
  const endMs = performance.now() + options.waitMs;
  const resumed: ResumedPull[] = [];
  for (const image of new Set(images)) {
    const name = remoteName(image);
    if (name === null || !(await isThere(join(tartHome, 'tmp', entryOf(name))))) continue;
    // Whoever pulls it now has locked it.
    if (await isBeingPulled(options, [image, name])) continue;
    resumed.push(await resume(options, image, endMs));
    signal.throwIfAborted();
  }
  return resumed;
}

/** As tart writes it, with the tag that it adds; null for a local VM. */
function remoteName(image: string): string | null {
  if (!image.includes('/')) return null;
  const last = image.slice(image.lastIndexOf('/'));
  return /[:@]/.test(last) ? image : `${image}:latest`;
}

function entryOf(name: string): string {
  return createHash('md5').update(name).digest('hex');
}

async function isBeingPulled({ ps = '/bin/ps', signal }: ResumeOptions, names: readonly string[]) {
  return (await readProcesses(ps, signal)).some(({ words }) => {
    const at = words.findIndex(
      (word, index) => basename(word) === 'tart' && PULLING.includes(words[index + 1] ?? ''),
    );
    return at !== -1 && words.slice(at + 2).some((word) => names.includes(word));
  });
}

async function resume(options: ResumeOptions, image: string, endMs: number): Promise<ResumedPull> {
  const { program, logDir, signal } = options;
  await mkdir(logDir, { recursive: true, mode: 0o700 });
  const logFile = join(logDir, `pull-${entryOf(image).slice(0, 12)}.log`);
  const { file, args, env, cwd } = program.wrap([program.tart, 'pull', image]);
  for (;;) {
    const { exited } = await launch(file, args, { outputFile: logFile, env, cwd });
    let exitCode: number | null | undefined;
    void exited.then((end) => {
      exitCode = end.exitCode;
    });
    const how = () => (exitCode === undefined ? undefined : exitCode === 0 ? 'done' : 'failed');
    const state = await seenSafe(logFile, how, endMs, signal);
    if (state !== 'failed') return { image, logFile, state };
    if (performance.now() + REST_MS > endMs) return { image, logFile, state: 'unsafe' };
    await realSleep(REST_MS, signal);
  }
}

/** The first word about the disk comes when the lock is held (openai/tart: VMDirectory+OCI.swift). */
async function seenSafe(
  logFile: string,
  ended: () => 'done' | 'failed' | undefined,
  endMs: number,
  signal: AbortSignal,
): Promise<'goes-on' | 'done' | 'failed' | 'unsafe'> {
  for (;;) {
    const end = ended();
    const words = await readFile(logFile, 'utf8');
    if (end !== undefined) return end;
    if (/^pulling disk/m.test(words)) return 'goes-on';
    // Another image of the same registry is being pulled, which can take an hour.
    if (/^waiting for lock/m.test(words) || performance.now() > endMs) return 'unsafe';
    await realSleep(POLL_MS, signal);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** What a person should know about it, in one sentence each. */
export function pullNotes(resumed: readonly ResumedPull[]): readonly string[] {
  return resumed.map(({ image, logFile, state }) => {
    if (state === 'goes-on') return `The interrupted pull of ${image} goes on; it writes to ${logFile}.`;
    if (state === 'done') return `The interrupted pull of ${image} was finished.`;
    return `The interrupted pull of ${image} could not go on from where it was; see ${logFile}, then run \`tart pull ${image}\`.`;
  });
}
