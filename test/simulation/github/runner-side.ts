/**
 * The runner's side of the simulated GitHub, as the simulated guest sees it: plain calls instead of a wire. A runner
 * connects with its JIT configuration, is given one job, runs it, and its registration ends with it. When something
 * happens, the callbacks are called as work of their own, never from within a call of the guest.
 */

/** What a runner can say of its end. */
export type JobResult = 'succeeded' | 'failed' | 'canceled';

/** A job as its runner gets it, with the facts that GitHub's hooks read from their environment. */
export interface RunnerJob {
  /** The queue's id, as in the messages. */
  readonly jobId: string;
  /** By which the simulation knows the job for good: `jobId` changes when an assignment lapses. */
  readonly key: string;
  /** `owner/name` */
  readonly repository: string;
  readonly displayName: string;
  readonly workflowRunId: number;
  readonly runAttempt: number;
  readonly workflowRef: string;
  readonly event: string;
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
}

export interface RunnerCallbacks {
  /** There may be a job now: ask `nextJob`. Also called soon after connecting when one waits already. */
  readonly onJob?: () => void;
  /** Its job was cancelled; it has five minutes to finish it as `canceled`, then GitHub ends it. */
  readonly onCancel?: (job: RunnerJob) => void;
  /** Its registration is gone, though it has finished no job: every further call is refused. It may never notice. */
  readonly onRemoved?: () => void;
}

/**
 * `unknown-registration`: the record is gone, or never was. `session-conflict`: another process of this runner is
 * connected, or was until a minute ago. `unreachable`: GitHub cannot be reached now; a runner tries again.
 */
export type ConnectRefusal = 'unknown-registration' | 'session-conflict' | 'unreachable';

export interface RunnerSession {
  readonly registrationId: number;
  readonly name: string;
  /**
   * The OLDEST job of the runner's scale set that no runner has, whichever job the runner was made for; null when
   * there is none, GitHub is unreachable or the registration is gone. Until it is started the same one is answered;
   * not started within a minute, it goes to another runner.
   */
  nextJob(): RunnerJob | null;
  /** `gone`: cancelled, or another's by now; ask `nextJob` again. */
  startJob(job: RunnerJob): 'started' | 'gone' | 'unreachable';
  /** Takes the registration with it. `gone`: GitHub had ended the job before. `unreachable`: try again. */
  finishJob(job: RunnerJob, result: JobResult): 'finished' | 'gone' | 'unreachable';
  /** An orderly goodbye: offline at once. A job that it runs is failed by GitHub after ten minutes. */
  disconnect(): void;
  /** It died without a word: shown online for another minute, its job failed after ten. */
  vanish(): void;
}

export interface RunnerSide {
  runnerConnect(jitConfig: string, callbacks?: RunnerCallbacks): RunnerSession | ConnectRefusal;
}
