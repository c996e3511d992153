/** One job in a guest: set up, gate, steps, completed hook; a cancellation at any time ends it as cancelled. */
import type { Timer } from '../../../src/lib/time.ts';
import type { JobResult, RunnerJob } from '../github/runner-side.ts';
import type { GateRefusal, StepsEnd } from './facts.ts';
import type { Guest } from './guest.ts';

export interface JobListener {
  readonly onSteps: () => void;
  /** GitHub is to be told. Never called when it died. */
  readonly onDone: (result: JobResult) => void;
}

type Stage = 'setting-up' | 'gate' | 'steps' | 'done';

const WORK = { ms: 60_000, result: 'succeeded' } as const;

export class JobRun {
  readonly #guest: Guest;
  readonly #job: RunnerJob;
  readonly #listener: JobListener;
  #stage: Stage = 'setting-up';
  #timer: Timer;
  #isCancelled = false;

  constructor(guest: Guest, job: RunnerJob, listener: JobListener) {
    this.#guest = guest;
    this.#job = job;
    this.#listener = listener;
    this.#timer = guest.clock.within(guest.options.mac.durations.setUp, () => this.#ask());
  }

  get isDone(): boolean {
    return this.#stage === 'done';
  }

  /** GitHub wants it to end. The second word changes nothing. */
  cancel(): void {
    if (this.#isCancelled || this.isDone) return;
    this.#isCancelled = true;
    if (this.#stage === 'gate') {
      this.#guest.gate.cancel();
      return;
    }
    this.#timer.cancel();
    const { clock, options } = this.#guest;
    this.#timer = clock.within(options.mac.durations.cancel, () => this.#end('canceled'));
  }

  /** With its VM, or with its runner. */
  die(): void {
    if (this.#stage === 'steps') this.#stepsEnded('died');
    this.#timer.cancel();
    this.#stage = 'done';
  }

  #ask(): void {
    const { gate, watchdog } = this.#guest;
    this.#stage = 'gate';
    watchdog.setBusy(true);
    gate.ask(this.#job, (refusal) => this.#opened(refusal));
  }

  #opened(refusal: GateRefusal | null): void {
    if (this.#stage !== 'gate') return;
    const { options, clock } = this.#guest;
    const { key, jobId } = this.#job;
    if (refusal !== null) {
      // The worker was killed: no completed hook, and the listener reports the job in its stead.
      options.mac.say({ what: 'gate-refused', vm: options.vm, key, why: refusal });
      this.#stage = 'done';
      this.#listener.onDone(refusal === 'cancelled' ? 'canceled' : 'failed');
      return;
    }
    const { ms, result } = { ...WORK, ...options.mac.options.workOf?.(this.#job) };
    this.#stage = 'steps';
    options.mac.say({ what: 'steps-begun', vm: options.vm, key, jobId });
    this.#timer = clock.after(ms, () => this.#end(result));
    this.#listener.onSteps();
  }

  #end(result: JobResult): void {
    const { log, watchdog } = this.#guest;
    if (this.#stage === 'steps') {
      this.#stepsEnded(result);
      watchdog.setBusy(false);
      log.append((n) => ({ type: 'job-completed', n }));
    }
    this.#stage = 'done';
    this.#listener.onDone(result);
  }

  #stepsEnded(how: StepsEnd): void {
    const { mac, vm } = this.#guest.options;
    mac.say({ what: 'steps-ended', vm, key: this.#job.key, how });
  }
}
