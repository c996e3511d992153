/**
 * A VM's disk in a temporary directory, and the means to run its programs there as `tart exec` would: with the
 * sandbox's HOME and PATH and nothing of the test's environment. What was started is ended with the sandbox.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildGuestImage, type GuestImageOptions } from './build-image.ts';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly lines: string[];
  /** Its exit code, once all that it said is in `lines`. */
  readonly ended: Promise<number | null>;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
}

export interface SandboxOptions extends GuestImageOptions {
  /** By how much the runner double is quicker than the real one to kill a step that it interrupted. */
  readonly haste?: number;
}

export class Sandbox {
  readonly rootfs: string;
  readonly #mark: string;
  readonly #haste: number;
  readonly #started: ChildProcess[] = [];

  constructor({ haste = 20, ...options }: SandboxOptions = {}) {
    this.rootfs = mkdtempSync(join(tmpdir(), 'macrunner-guest-'));
    this.#mark = this.rootfs;
    this.#haste = haste;
    buildGuestImage(this.rootfs, options);
  }

  get env(): Record<string, string> {
    return {
      HOME: this.path('Users/admin'),
      PATH: `${this.path('usr/local/double-bin')}:/usr/local/bin:/usr/bin:/bin`,
      MACRUNNER_DOUBLE_VM: this.#mark,
      MACRUNNER_DOUBLE_HASTE: String(this.#haste),
      MACRUNNER_DOUBLE_RETRY_MS: '20',
      MACRUNNER_DOUBLE_RENEW_MS: '50',
    };
  }

  path(path: string): string {
    return join(this.rootfs, path);
  }

  state(name: string): string {
    return this.path(`Users/admin/.macrunner/${name}`);
  }

  /** A program of the guest, by its path under `/usr/local/macrunner-guest`. */
  program(path: string): string {
    return this.path(`usr/local/macrunner-guest/${path}`);
  }

  /** Runs to the end. */
  async run(path: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Ran> {
    const child = this.#spawn(path, args, options);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    child.stdin?.on('error', () => undefined); // a program may refuse its input unread
    child.stdin?.end(options.input ?? '');
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, stdout, stderr };
  }

  /** Runs on; its lines gather as they come. */
  start(path: string, args: readonly string[] = [], options: RunOptions = {}): Running {
    const child = this.#spawn(path, args, options);
    const lines: string[] = [];
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    child.stderr?.resume();
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, lines, ended };
  }

  /** Appends an event as the guest's own programs do. */
  append(...args: readonly string[]): Promise<Ran> {
    const node = this.path('Users/admin/actions-runner/externals/node24/bin/node');
    return this.run(node, [this.program('lib/append-event.mjs'), ...args]);
  }

  events(): { n: number; type: string; [field: string]: unknown }[] {
    const folder = this.state('events');
    const numbers = existsSync(folder)
      ? readdirSync(folder).filter((name) => /^[0-9]+\.json$/.test(name))
      : [];
    return numbers
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
      .sort((left, right) => left.n - right.n);
  }

  types(): string[] {
    return this.events().map((event) => event.type);
  }

  [Symbol.dispose](): void {
    for (const child of this.#started) child.kill('SIGKILL');
    // Again and again: they may be starting others meanwhile, which would write into the disk.
    for (let pids = pidsMarked(this.#mark); pids.length > 0; pids = pidsMarked(this.#mark)) {
      for (const pid of pids) killQuietly(pid);
    }
    rmSync(this.rootfs, { recursive: true, force: true });
  }

  #spawn(path: string, args: readonly string[], options: RunOptions): ChildProcess {
    const env = { ...this.env, ...options.env };
    const file = path.startsWith('/') ? path : this.program(path);
    const child = spawn(file, args, {
      cwd: this.env.HOME,
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#started.push(child);
    return child;
  }
}

/** Processes of one sandbox. Only where the system shows environments; elsewhere they end with their parents. */
export function pidsMarked(mark: string): number[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter(
      (name) =>
        /^[0-9]+$/.test(name) && environmentOf(name).split('\0').includes(`MACRUNNER_DOUBLE_VM=${mark}`),
    )
    .map(Number);
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return ''; // it ended, or it is another user's
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
