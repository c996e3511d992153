/**
 * One job from its started hook over its steps to its completed hook, all run for real. As in the original, a failing
 * hook fails the job and nothing more: steps whose condition holds still run (actions/runner:
 * src/Runner.Worker/StepsRunner.cs).
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holds, type JobStatus } from './condition.ts';
import type { JobEnv } from './job-env.ts';
import type { JobLog } from './job-log.ts';
import type { Job, Step } from './job-message.ts';
import { runScript } from './script.ts';

interface Outcome {
  readonly id: string;
  readonly name: string;
  readonly conclusion: 'succeeded' | 'failed' | 'canceled' | 'skipped';
}

export class JobRun {
  readonly outcomes: Outcome[] = [];
  readonly #job: Job;
  readonly #env: JobEnv;
  readonly #log: JobLog;
  readonly #cancelled: AbortSignal;
  #failed = false;

  constructor(job: Job, env: JobEnv, log: JobLog, cancelled: AbortSignal) {
    this.#job = job;
    this.#env = env;
    this.#log = log;
    this.#cancelled = cancelled;
  }

  get status(): JobStatus {
    if (this.#cancelled.aborted) return 'cancelled';
    return this.#failed ? 'failure' : 'success';
  }

  async run(): Promise<void> {
    await this.#hook('ACTIONS_RUNNER_HOOK_JOB_STARTED', 'Set up runner', 'job started hook');
    for (const [index, step] of this.#job.steps.entries()) await this.#step(step, index);
    await this.#hook('ACTIONS_RUNNER_HOOK_JOB_COMPLETED', 'Complete runner', 'job completed hook');
  }

  async #hook(variable: string, name: string, display: string): Promise<void> {
    const path = process.env[variable];
    if (!path) return;
    await this.#conclude({ id: randomUUID(), name, condition: 'always()' }, (signal) => {
      this.#log.line(`A ${display} has been configured by the self-hosted runner administrator`);
      const args = ['--noprofile', '--norc', '-e', '-o', 'pipefail', path];
      return runScript({
        args,
        cwd: this.#env.workspace,
        env: this.#env.forHook(),
        onLine: this.#log.line,
        signal,
      });
    });
  }

  async #step(step: Step, index: number): Promise<void> {
    const { id, run, condition, name = `Run ${run.split('\n')[0]}` } = step;
    await this.#conclude({ id, name, condition }, async (signal) => {
      const script = join(this.#env.temp, `${index}.sh`);
      writeFileSync(script, run);
      this.#log.line(`##[group]${name}`);
      const env = this.#env.forStep(index);
      const code = await runScript({
        args: ['-e', script],
        cwd: this.#env.workspace,
        env,
        onLine: this.#log.line,
        signal,
      });
      this.#env.takeUp(index);
      return code;
    });
  }

  async #conclude(
    { id, name, condition }: { readonly id: string; readonly name: string; readonly condition: string },
    run: (signal: AbortSignal) => Promise<number>,
  ): Promise<void> {
    this.#log.enter(id);
    const conclusion = await this.#outcome(condition, run);
    if (conclusion === 'failed') this.#failed = true;
    this.outcomes.push({ id, name, conclusion });
  }

  async #outcome(
    condition: string,
    run: (signal: AbortSignal) => Promise<number>,
  ): Promise<Outcome['conclusion']> {
    try {
      if (!holds(condition, this.status)) return 'skipped';
      const isLate = this.#cancelled.aborted;
      const code = await run(this.#signalFor(condition));
      if (code === 0) return 'succeeded';
      this.#log.line(`##[error]Process completed with exit code ${code}.`);
      return !isLate && this.#cancelled.aborted ? 'canceled' : 'failed';
    } catch (error) {
      this.#log.line(`##[error]${error instanceof Error ? error.message : String(error)}`);
      return 'failed';
    }
  }

  /** Aborts when the job is cancelled while a step runs that cancelled jobs do not have. */
  #signalFor(condition: string): AbortSignal {
    const step = new AbortController();
    if (!this.#cancelled.aborted && !holds(condition, 'cancelled')) {
      this.#cancelled.addEventListener('abort', () => step.abort());
    }
    return step.signal;
  }
}
