/**
 * A scale set of the simulated GitHub, and the other's runner serving it with credentials that were minted through the
 * set. Each runner has an empty directory and home of its own; what it started ends with it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import type { JobOrderInput } from '../../support/github/orders.ts';
import { eventsOf, type Listener, listen } from '../../support/github/raw-client.ts';
import { type SimulatedGitHub, startGitHub } from '../../support/github/start.ts';
import { until } from '../../support/until.ts';

const LABELS = ['macos-interop'];

/** What the other's runner calls itself towards GitHub, in every release. */
export const ANNOUNCED_VERSION = '3.0.0';

export interface ForeignRunner {
  readonly name: string;
  readonly directory: string;
  readonly jit: string;
  /** Its output so far. */
  readonly lines: readonly string[];
  readonly exited: Promise<number | null>;
  readonly pid: number | undefined;
}

export class ActRunnerRig {
  readonly github: SimulatedGitHub;
  readonly #program: string;
  readonly #directory: string;
  readonly #listener: Listener;
  readonly #started: ChildProcess[] = [];
  #lastMessage = 0;
  #count = 0;

  private constructor(program: string, directory: string, github: SimulatedGitHub, listener: Listener) {
    this.#program = program;
    this.#directory = directory;
    this.github = github;
    this.#listener = listener;
  }

  static async create(program: string, directory: string): Promise<ActRunnerRig> {
    const github = await startGitHub({ holdMs: 300, adminTokenMs: 86_400_000, queueTokenMs: 86_400_000 });
    const listener = await listen(github, { name: 'interop', labels: LABELS });
    await listener.poll();
    return new ActRunnerRig(program, directory, github, listener);
  }

  queue(steps: NonNullable<JobOrderInput['steps']>, more: Partial<JobOrderInput> = {}): string {
    return this.github.queueJob({ ...more, labels: LABELS, steps }).jobId;
  }

  job(jobId: string) {
    const job = this.github.world.jobs.find((each) => each.jobId === jobId);
    if (!job) throw new Error(`no job ${jobId}`);
    return job;
  }

  record(runner: ForeignRunner) {
    return this.github.runners().find(({ name }) => name === runner.name);
  }

  /** Mints a credential in the scale set and starts a runner with it. */
  async start(): Promise<ForeignRunner> {
    this.#count += 1;
    const name = `interop-${this.#count}`;
    const answer = await this.#listener.mint(name);
    const jit = z.object({ encodedJITConfig: z.string() }).parse(answer.body).encodedJITConfig;
    return this.startAgain({ name, jit });
  }

  async startAgain({ name, jit }: { readonly name: string; readonly jit: string }): Promise<ForeignRunner> {
    const directory = join(this.#directory, `${name}-${this.#started.length}`);
    await mkdir(directory, { recursive: true });
    const env = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: directory,
      ACTIONS_RUNNER_INPUT_JITCONFIG: jit,
    };
    const child = spawn(this.#program, ['run', '--terminal=false'], {
      cwd: directory,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#started.push(child);
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => lines.push(line));
    const exited = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', resolve);
    });
    return { name, directory, jit, lines, exited, pid: child.pid };
  }

  /** A job from its queueing to its runner's end. @throws with the runner's output when it does not come */
  async serve(steps: NonNullable<JobOrderInput['steps']>, more: Partial<JobOrderInput> = {}) {
    const jobId = this.queue(steps, more);
    const runner = await this.start();
    const code = await this.end(runner);
    return { job: this.job(jobId), runner, code };
  }

  async end(runner: ForeignRunner): Promise<number | null> {
    const over = { is: false };
    void runner.exited.finally(() => {
      over.is = true;
    });
    try {
      await until(() => over.is, 60_000);
    } catch (error) {
      throw new Error(`the runner does not end:\n${runner.lines.join('\n')}`, { cause: error });
    }
    return runner.exited;
  }

  kill(runner: ForeignRunner): void {
    killGroup(runner.pid);
  }

  /** What the set's queue was told since the last call, of one job, acknowledged. */
  async events(jobId: string) {
    const events = [];
    for (;;) {
      const answer = await this.#listener.poll({ last: this.#lastMessage });
      if (answer.status === 202) return events.filter((event) => event.jobId === jobId);
      const message = z.object({ messageId: z.int(), body: z.string() }).parse(answer.body);
      events.push(...eventsOf({ ...message, messageType: '', statistics: {} }));
      await this.#listener.ack(message.messageId);
      this.#lastMessage = message.messageId;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#started) killGroup(child.pid);
    await this.github.close();
  }
}

/** The runner and its steps: it leads a process group. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
