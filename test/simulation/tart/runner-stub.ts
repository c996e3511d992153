/** GitHub as far as a runner sees it, for tests of the guest: one line of jobs, the oldest first. */
import type {
  ConnectRefusal,
  JobResult,
  RunnerCallbacks,
  RunnerJob,
  RunnerSide,
} from '../github/runner-side.ts';
import type { VirtualTime } from '../virtual-time.ts';

export function aJob(key: string): RunnerJob {
  return {
    ...{
      key,
      jobId: `${key}-1`,
      repository: 'acme/app',
      displayName: 'build',
      workflowRunId: 7,
      runAttempt: 1,
    },
    ...{ workflowRef: 'ci.yml', event: 'push', ref: 'refs/heads/main', sha: 'abc', actor: 'mona' },
  };
}

export class RunnerStub implements RunnerSide {
  readonly results = new Map<string, JobResult>();
  readonly ends: string[] = [];
  readonly #time: VirtualTime;
  readonly #waiting: RunnerJob[] = [];
  readonly #callbacks = new Map<string, RunnerCallbacks>();
  #refusal: ConnectRefusal | null = null;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** Until null. */
  refuse(refusal: ConnectRefusal | null): void {
    this.#refusal = refusal;
  }

  order(job: RunnerJob): void {
    this.#waiting.push(job);
    for (const { onJob } of this.#callbacks.values()) this.#time.after(0, () => onJob?.());
  }

  cancel(jitConfig: string, job: RunnerJob): void {
    this.#callbacks.get(jitConfig)?.onCancel?.(job);
  }

  remove(jitConfig: string): void {
    this.#callbacks.get(jitConfig)?.onRemoved?.();
  }

  runnerConnect(jitConfig: string, callbacks: RunnerCallbacks = {}): ReturnType<RunnerSide['runnerConnect']> {
    if (this.#refusal !== null) return this.#refusal;
    this.#callbacks.set(jitConfig, callbacks);
    this.#time.after(0, () => callbacks.onJob?.());
    return {
      registrationId: this.#callbacks.size + this.ends.length,
      name: jitConfig,
      nextJob: () => this.#waiting[0] ?? null,
      startJob: (job) => {
        const at = this.#waiting.indexOf(job);
        if (at === -1) return 'gone';
        this.#waiting.splice(at, 1);
        return 'started';
      },
      finishJob: (job, result) => {
        this.results.set(job.key, result);
        return 'finished';
      },
      disconnect: () => this.#end(jitConfig, 'left'),
      vanish: () => this.#end(jitConfig, 'vanished'),
    };
  }

  #end(jitConfig: string, how: string): void {
    this.#callbacks.delete(jitConfig);
    this.ends.push(`${jitConfig} ${how}`);
  }
}
