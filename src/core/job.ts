/** A GitHub workflow job as the scale-set queue speaks of it. */

export type JobResult = 'succeeded' | 'failed' | 'canceled' | 'skipped' | 'ignored' | 'abandoned' | 'unknown';

export interface Job {
  /** GitHub's job id of the queue, a UUID. A requeued job has a new one. */
  readonly id: string;
  readonly pool: string;
  /** `owner/name` */
  readonly repository: string;
  readonly displayName: string;
  readonly workflowRunId: number;
  readonly workflowRef: string;
  readonly event: string;
  readonly queuedMs: number;
  readonly assignedMs: number;
  /** Set by GitHub's word only; a guest's claim never binds a job to a runner. */
  readonly startedMs: number | null;
  readonly completedMs: number | null;
  /** The runner that GitHub named, null while it named none. */
  readonly runner: string | null;
  readonly result: JobResult | null;
}
