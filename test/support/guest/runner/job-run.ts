/**
 * One job from its started hook over its steps to its completed hook, all run for real. As in the original, a failing
 * hook fails the job and nothing more: steps whose condition holds still run (actions/runner:
 * src/Runner.Worker/StepsRunner.cs).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from './broker.ts';
import { holds, type JobStatus } from './condition.ts';
import type { JobEnv } from './job-env.ts';
import { runScript } from './script.ts';

export interface StepResult {
  readonly name: string;
  readonly conclusion: 'success' | 'failure' | 'cancelled' | 'skipped';
}

export class JobRun {
  readonly results: StepResult[] = [];
  readonly #job: Job;
  readonly #env: JobEnv;
  readonly #onLine: (line: string) => void;
  readonly #cancelled: AbortSignal;
  #failed = false;

  constructor(job: Job, env: JobEnv, onLine: (line: string) => void, cancelled: AbortSignal) {
    this.#job = job;
    this.#env = env;
    this.#onLine = onLine;
    this.#cancelled = cancelled;
  }

  get status(): JobStatus {
    if (this.#cancelled.aborted) return 'cancelled';
    return this.#failed ? 'failure' : 'success';
  }

  async run(): Promise<void> {
    await this.#hook('ACTIONS_RUNNER_HOOK_JOB_STARTED', 'Set up runner', 'job started hook');
    for (const index of this.#job.steps.keys()) await this.#step(index);
    await this.#hook('ACTIONS_RUNNER_HOOK_JOB_COMPLETED', 'Complete runner', 'job completed hook');
  }

  async #hook(variable: string, name: string, display: string): Promise<void> {
    const path = process.env[variable];
    if (!path) return;
    await this.#conclude(name, 'always()', (signal) => {
      this.#onLine(`A ${display} has been configured by the self-hosted runner administrator`);
      const args = ['--noprofile', '--norc', '-e', '-o', 'pipefail', path];
      return runScript({
        args,
        cwd: this.#env.workspace,
        env: this.#env.forHook(),
        onLine: this.#onLine,
        signal,
      });
    });
  }

  async #step(index: number): Promise<void> {
    const { run, if: condition, name = `Run ${run.split('\n')[0]}` } = this.#job.steps[index] ?? { run: '' };
    await this.#conclude(name, condition, async (signal) => {
      const script = join(this.#env.temp, `${index}.sh`);
      writeFileSync(script, run);
      this.#onLine(`##[group]${name}`);
      const env = this.#env.forStep(index);
      const code = await runScript({
        args: ['-e', script],
        cwd: this.#env.workspace,
        env,
        onLine: this.#onLine,
        signal,
      });
      this.#env.takeUp(index);
      return code;
    });
  }

  async #conclude(
    name: string,
    condition: string | undefined,
    run: (signal: AbortSignal) => Promise<number>,
  ): Promise<void> {
    const conclusion = await this.#outcome(condition, run);
    if (conclusion === 'failure') this.#failed = true;
    this.results.push({ name, conclusion });
  }

  async #outcome(
    condition: string | undefined,
    run: (signal: AbortSignal) => Promise<number>,
  ): Promise<StepResult['conclusion']> {
    try {
      if (!holds(condition, this.status)) return 'skipped';
      const isLate = this.#cancelled.aborted;
      const code = await run(this.#signalFor(condition));
      if (code === 0) return 'success';
      this.#onLine(`##[error]Process completed with exit code ${code}.`);
      return !isLate && this.#cancelled.aborted ? 'cancelled' : 'failure';
    } catch (error) {
      this.#onLine(`##[error]${error instanceof Error ? error.message : String(error)}`);
      return 'failure';
    }
  }

  /** Aborts when the job is cancelled while a step runs that cancelled jobs do not have. */
  #signalFor(condition: string | undefined): AbortSignal {
    const step = new AbortController();
    if (!this.#cancelled.aborted && !holds(condition, 'cancelled')) {
      this.#cancelled.addEventListener('abort', () => step.abort());
    }
    return step.signal;
  }
}
