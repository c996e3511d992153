/**
 * GitHub's runner in a guest, a launchd job of its own: connects with its credential, serves one job, and exits. It takes
 * the oldest job that its set has, whichever the VM was made for.
 */
import type { JobResult, RunnerJob, RunnerSession } from '../github/runner-side.ts';
import type { Guest } from './guest.ts';
import { JobRun } from './job-run.ts';
import type { Range } from './settings.ts';

/** Between two tries of what could not reach GitHub. */
const RETRY: Range = [2_000, 10_000];
/** How often, half a minute apart, it waits for another process that has its session (actions/runner: MessageListener.cs). */
const MOST_CONFLICTS = 8;
const CONFLICT_MS = 30_000;
/** How often a result is offered before the runner gives up; GitHub then fails the job. */
const MOST_OFFERS = 60;
/** From the end of a registration until its runner hears of it. */
const NOTICE: Range = [500, 50_000];
/** Exit codes (actions/runner: src/Runner.Common/Constants.cs). */
const EXIT = { success: 0, terminated: 1, sessionConflict: 5 } as const;

export class Runner {
  readonly #guest: Guest;
  readonly #jitConfig: string;
  #session: RunnerSession | null = null;
  #job: JobRun | null = null;
  #isAsking = false;
  #hasExited = false;

  constructor(guest: Guest, jitConfig: string) {
    this.#guest = guest;
    this.#jitConfig = jitConfig;
    const { clock, log, options } = guest;
    clock.within([50, 400], () => log.append((n) => ({ type: 'credential-taken', n })));
    const { exit, neverOnline } = options.script;
    if (exit?.when === 'connecting') clock.after(400 + exit.afterMs, () => this.#exit(exit.code));
    else if (!neverOnline)
      clock.after(400 + clock.pick(options.mac.durations.connect), () => this.#connect(0));
  }

  /** With its VM, without a word. */
  die(): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#job?.die();
    this.#session?.vanish();
  }

  #connect(conflicts: number): void {
    const { clock, log, options } = this.#guest;
    const session = options.mac.options.github.runnerConnect(this.#jitConfig, {
      onJob: () => this.#askSoon(),
      onCancel: () => this.#job?.cancel(),
      onRemoved: () => this.#onRemoved(),
    });
    if (session === 'unreachable') clock.within(RETRY, () => this.#connect(conflicts));
    else if (session === 'unknown-registration') this.#exit(EXIT.terminated);
    else if (session !== 'session-conflict') {
      this.#session = session;
      options.mac.say({ what: 'runner-online', vm: options.vm, registrationId: session.registrationId });
      log.append((n) => ({ type: 'online', n }));
      const { exit } = options.script;
      if (exit?.when === 'idle') clock.after(exit.afterMs, () => this.#exitIdle(exit.code));
    } else if (conflicts === MOST_CONFLICTS) this.#exit(EXIT.sessionConflict);
    else clock.after(CONFLICT_MS, () => this.#connect(conflicts + 1));
  }

  #askSoon(): void {
    if (this.#isAsking || this.#job || this.#hasExited) return;
    this.#isAsking = true;
    this.#guest.clock.within(this.#guest.options.mac.durations.acquire, () => this.#ask());
  }

  #ask(): void {
    this.#isAsking = false;
    const job = this.#session?.nextJob() ?? null;
    if (!job || this.#hasExited) return;
    const answer = this.#session?.startJob(job);
    if (answer === 'started') this.#begin(job);
    else if (answer === 'gone') this.#askSoon();
    else this.#guest.clock.within(RETRY, () => this.#ask());
  }

  #begin(job: RunnerJob): void {
    const { options, clock } = this.#guest;
    options.mac.say({ what: 'job-taken', vm: options.vm, key: job.key, jobId: job.jobId });
    this.#job = new JobRun(this.#guest, job, {
      onDone: (result) => this.#offer(job, result, 1),
      onSteps: () => {
        const { exit } = options.script;
        if (exit?.when === 'busy') clock.after(exit.afterMs, () => this.#breakDown(exit.code));
      },
    });
  }

  #offer(job: RunnerJob, result: JobResult, offers: number): void {
    if (this.#hasExited) return;
    const { clock, options } = this.#guest;
    const isLost = this.#session?.finishJob(job, result) === 'unreachable';
    if (isLost && offers < MOST_OFFERS) clock.within(RETRY, () => this.#offer(job, result, offers + 1));
    else clock.within(options.mac.durations.exit, () => this.#exit(EXIT.success));
  }

  /** A runner that does not notice goes on asking for ever. */
  #onRemoved(): void {
    const { clock, options } = this.#guest;
    if (options.script.noticesRemoval) clock.within(NOTICE, () => this.#exitIdle(EXIT.success));
  }

  #exitIdle(code: number): void {
    if (!this.#job) this.#exit(code);
  }

  #breakDown(code: number): void {
    if (this.#hasExited || !this.#job || this.#job.isDone) return;
    this.#job.die();
    this.#session?.vanish();
    this.#session = null;
    this.#exit(code);
  }

  #exit(code: number): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#session?.disconnect();
    const { log, options, watchdog } = this.#guest;
    watchdog.setBusy(false);
    options.mac.say({ what: 'runner-exited', vm: options.vm, code });
    log.append((n) => ({ type: 'exited', n, code }));
  }
}
