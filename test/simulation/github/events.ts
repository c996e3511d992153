/** What the simulated GitHub tells its observer: every fact that an invariant or a story needs. */
import type { JobResult } from './runner-side.ts';

interface OfSet {
  readonly atMs: number;
  /** The scale set's name. */
  readonly set: string;
}

interface OfRunner extends OfSet {
  readonly runner: string;
  readonly registrationId: number;
}

interface OfJob {
  readonly atMs: number;
  /** By which the simulation knows the job for good. */
  readonly job: string;
  /** The queue's id at that moment. */
  readonly jobId: string;
}

export type EntryType = 'JobAvailable' | 'JobAssigned' | 'JobStarted' | 'JobCompleted';

/** Why a runner record went. */
export type Unregistered = 'asked' | 'job-over' | 'set-deleted' | 'forgotten' | 'expired';

/** Why a job is over: the runner said so, somebody cancelled it, its runner fell silent, or no runner ever came. */
export type Ending = 'finished' | 'cancelled' | 'runner-lost' | 'given-up';

export type GitHubEvent =
  | (OfSet & { readonly type: 'set-created' | 'set-deleted' })
  | (OfSet & { readonly type: 'session-opened' | 'session-ended'; readonly session: string })
  | (OfSet & { readonly type: 'capacity-announced'; readonly capacity: number })
  | (OfSet & {
      readonly type: 'message-delivered';
      readonly messageId: number;
      /** Delivered before, to whatever became of it. */
      readonly isAgain: boolean;
      readonly entries: readonly { readonly type: EntryType; readonly jobId: string }[];
    })
  | (OfSet & { readonly type: 'message-acked' | 'message-pushed'; readonly messageId: number })
  | (OfRunner & { readonly type: 'registered' | 'runner-online' | 'runner-offline' })
  | (OfRunner & { readonly type: 'unregistered'; readonly why: Unregistered })
  | (OfJob & { readonly type: 'job-queued' })
  | (OfJob & { readonly type: 'job-assigned'; readonly set: string })
  /** No runner came: the job has another id and is queued again, unless it is given up. */
  | (OfJob & { readonly type: 'job-lapsed'; readonly set: string })
  | (OfJob & { readonly type: 'job-started'; readonly set: string; readonly runner: string })
  | (OfJob & {
      readonly type: 'job-completed';
      readonly set: string | null;
      readonly runner: string | null;
      readonly result: JobResult;
      readonly ending: Ending;
    })
  /** The set was told that the job is over, though it runs. */
  | (OfJob & { readonly type: 'completion-told-early'; readonly set: string });
