/**
 * GitLab Runner's side of its custom executor, played for a host whose `tart` is the double: the environment of a job,
 * the stages in their order, and images whose guests have a real sshd.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installTartDouble, type TartDouble } from '../../support/tart/install.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../support/tart/settings.ts';
import { layGuestSshd } from '../../support/tart/sshd.ts';
import type { Check } from '../suite.ts';

export const BUILD_FAILURE = 41;
export const SYSTEM_FAILURE = 42;
export const IMAGE = 'ghcr.io/acme/macos-base:26';
const SSH_PORT = 2_222;
const SECRET = 'a-registry-password';

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StageOptions {
  readonly signal: AbortSignal;
  /** Of the job, with GitLab's prefix or of the runner itself. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with all output so far, as it comes. */
  readonly onOutput?: (text: string) => void;
  /** GitLab Runner's way to cancel a job: SIGINT to the executor. */
  readonly cancel?: AbortSignal;
}

export class ExecutorRig implements AsyncDisposable {
  readonly double: TartDouble;
  readonly directory: string;
  readonly secret = SECRET;
  readonly #program: string;
  readonly #settings: Settings;

  private constructor(program: string, directory: string, double: TartDouble, settings: Settings) {
    this.#program = program;
    this.#settings = settings;
    this.directory = directory;
    this.double = double;
  }

  static async create(program: string, directory: string): Promise<ExecutorRig> {
    const prefix = `127.${randomInt(2, 255)}.${randomInt(255)}`;
    const settings: Settings = {
      ...DEFAULT_SETTINGS,
      timeScale: 0.1,
      dhcp: { ...DEFAULT_SETTINGS.dhcp, prefix },
      allowsHostAccess: true,
    };
    const double = installTartDouble(directory, settings);
    mkdirSync(join(directory, 'bin'));
    symlinkSync(double.path, join(directory, 'bin/tart'));
    await layGuestSshd(join(directory, 'disk'), SSH_PORT);
    const rig = new ExecutorRig(program, directory, double, settings);
    rig.publish('1');
    return rig;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.double.killAll();
  }

  /** A check whose VMs and settings end with it, also when it fails: the next one begins with a well host. */
  check(name: string, run: Check['run']): Check {
    const settled: Check['run'] = async (context) => {
      try {
        await run(context);
      } finally {
        await this.double.killAll();
        this.double.configure(this.#settings);
      }
    };
    return { name, run: settled };
  }

  /** A new image behind the tag, whose disk says which one it is. */
  publish(content: string): void {
    const disk = join(this.directory, 'disk');
    writeFileSync(join(disk, 'Users/admin/content'), content);
    this.double.addRemote(IMAGE, { rootfs: disk, diskGB: 60 });
  }

  job(id: string): Job {
    const tmp = join(this.directory, `job-${id}`);
    mkdirSync(tmp);
    return new Job(this, id, tmp);
  }

  /** Runs one stage of the executor to its end. */
  stage(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    options: StageOptions,
  ): Promise<Outcome> {
    const child = spawn(this.#program, args, { env, cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] });
    const over = new AbortController();
    const once = { once: true, signal: over.signal };
    options.signal.addEventListener('abort', () => child.kill('SIGKILL'), once);
    options.cancel?.addEventListener('abort', () => child.kill('SIGINT'), once);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      options.onOutput?.(stdout + stderr);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onOutput?.(stdout + stderr);
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => {
        over.abort();
        resolve({ exitCode, stdout, stderr });
      });
    });
  }
}

export class Job {
  readonly vm: string;
  readonly #rig: ExecutorRig;
  readonly #id: string;
  readonly #tmp: string;
  #scripts = 0;

  constructor(rig: ExecutorRig, id: string, tmp: string) {
    this.#rig = rig;
    this.#id = id;
    this.#tmp = tmp;
    this.vm = `gitlab-${id}`;
  }

  config(args: readonly string[], options: StageOptions): Promise<Outcome> {
    return this.#stage('config', args, options);
  }

  prepare(args: readonly string[], options: StageOptions): Promise<Outcome> {
    return this.#stage('prepare', args, options);
  }

  /** A script of the job, from a file as GitLab Runner hands it over. */
  run(script: string, options: StageOptions): Promise<Outcome> {
    this.#scripts += 1;
    const file = join(this.#tmp, `script-${this.#scripts}`);
    writeFileSync(file, `${script}\n`);
    return this.#stage('run', [file, 'step_script'], options);
  }

  cleanup(options: StageOptions): Promise<Outcome> {
    return this.#stage('cleanup', [], options);
  }

  /** What the executor says the script ended with. */
  exitCodeOfScript(): string {
    return readFileSync(join(this.#tmp, 'exit-code'), 'utf8').trim();
  }

  /** `command arguments`, in order, of every call that touched this job's VM or no VM at all. */
  tartCalls(): readonly string[] {
    const lines = this.#rig.double.calls().map(({ argv }) => argv.join(' '));
    return lines.filter((line) => line.includes(`${this.vm}`) || line.startsWith('pull'));
  }

  #stage(stage: string, args: readonly string[], options: StageOptions): Promise<Outcome> {
    const env = {
      PATH: `${join(this.#rig.directory, 'bin')}:/usr/bin:/bin`,
      HOME: this.#tmp,
      TMPDIR: this.#tmp,
      TART_HOME: this.#rig.double.home,
      CI: '1',
      BUILD_FAILURE_EXIT_CODE: String(BUILD_FAILURE),
      SYSTEM_FAILURE_EXIT_CODE: String(SYSTEM_FAILURE),
      BUILD_EXIT_CODE_FILE: join(this.#tmp, 'exit-code'),
      CUSTOM_ENV_CI_JOB_ID: this.#id,
      CUSTOM_ENV_CI_JOB_IMAGE: IMAGE,
      CUSTOM_ENV_TART_EXECUTOR_SSH_PORT: String(SSH_PORT),
      ...options.env,
    };
    return this.#rig.stage([stage, ...args], env, options);
  }
}
