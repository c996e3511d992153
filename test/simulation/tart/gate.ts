/**
 * The started hook of GitHub's runner in a guest: reports the job and waits, like a latch, for the host's verdict. It opens
 * for that word alone (macrunner: vm-templates/guest/hooks/job-started.sh, lib/gate.mjs, lib/store-verdict.mjs).
 */
import type { Timer } from '../../../src/lib/time.ts';
import type { RunnerJob } from '../github/runner-side.ts';
import type { Clockwork } from './clockwork.ts';
import type { EventLog } from './event-log.ts';
import type { GateRefusal } from './facts.ts';

/** The real one counts 1,200 looks of 50 ms each, and looks cost something. */
const PATIENCE_MS = 62_000;
/** From a refusal to the end of the worker; its line must reach the job's log. */
const GRACE_MS = 2_000;

type Opened = (refusal: GateRefusal | null) => void;

interface Waiting {
  readonly n: number;
  readonly opened: Opened;
  timer: Timer;
}

export class Gate {
  readonly #clock: Clockwork;
  readonly #log: EventLog;
  readonly #verdicts = new Map<number, boolean>();
  #waiting: Waiting | null = null;

  constructor(clock: Clockwork, log: EventLog) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Asks, and tells `opened` in the end, with null when the job may run. */
  ask(job: RunnerJob, opened: Opened): void {
    const n = this.#log.append((number) => ({ type: 'job-started', n: number, facts: factsOf(job) }));
    this.#waiting = { n, opened, timer: this.#clock.after(PATIENCE_MS, () => this.#take()) };
  }

  /** The job was cancelled while its hook waits. */
  cancel(): void {
    const waiting = this.#end();
    if (waiting) this.#clock.after(GRACE_MS, () => waiting.opened('cancelled'));
  }

  /** Stores the host's answer; the first one counts. Returns why it is refused, or null. */
  store(n: number, allowed: boolean): string | null {
    if (this.#log.at(n)?.type !== 'job-started') return `event ${n} waits for no verdict`;
    const former = this.#verdicts.get(n);
    if (former !== undefined) return former === allowed ? null : 'another verdict was given before';
    this.#verdicts.set(n, allowed);
    if (this.#waiting?.n === n) {
      this.#waiting.timer.cancel();
      this.#waiting.timer = this.#clock.within([0, 50], () => this.#take());
    }
    return null;
  }

  #take(): void {
    const waiting = this.#end();
    if (!waiting) return;
    const verdict = this.#verdicts.get(waiting.n);
    const allowed = verdict === true;
    this.#log.append((n) => ({ type: 'verdict', n, allowed }));
    if (allowed) waiting.opened(null);
    else this.#clock.after(GRACE_MS, () => waiting.opened(verdict === undefined ? 'no-verdict' : 'verdict'));
  }

  #end(): Waiting | null {
    const waiting = this.#waiting;
    waiting?.timer.cancel();
    this.#waiting = null;
    return waiting;
  }
}

function factsOf(job: RunnerJob) {
  return {
    repository: job.repository,
    runId: String(job.workflowRunId),
    runAttempt: String(job.runAttempt),
    job: job.displayName,
    workflow: job.workflowRef,
    event: job.event,
    ref: job.ref,
    sha: job.sha,
    actor: job.actor,
  };
}
