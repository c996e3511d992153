/**
 * What can go wrong with one call, decided by the fault plan before the call arrives. The words are those of a network:
 * whether the work was done and whether the caller hears of it are two things.
 */

export type Route =
  | 'registration-token'
  | 'list-runners'
  | 'rest-other'
  | 'runner-registration'
  | 'runner-groups'
  | 'list-scale-sets'
  | 'create-scale-set'
  | 'get-scale-set'
  | 'update-scale-set'
  | 'delete-scale-set'
  | 'create-session'
  | 'refresh-session'
  | 'delete-session'
  | 'acquire-jobs'
  | 'acquirable-jobs'
  | 'generate-jit-config'
  | 'find-agent'
  | 'get-agent'
  | 'delete-agent'
  | 'poll'
  | 'ack'
  | 'unknown';

export interface Call {
  /** Who calls, as named when it was connected. */
  readonly from: string;
  readonly route: Route;
  readonly method: string;
  readonly path: string;
}

export type Fault =
  /** Answered in place of the work; `isDone`: after it. */
  | {
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly isDone?: boolean;
    }
  /** It never arrives: the caller waits until it gives up. */
  | 'lost-request'
  /** The work is done, and the caller waits until it gives up. */
  | 'lost-reply'
  /** The connection breaks before, or after, the work is done. */
  | 'reset'
  | 'reset-reply'
  /** It arrives twice; the second answer is the one that is heard. A poll arrives once. */
  | 'duplicate'
  /** It arrives so many milliseconds late, also when its caller has given up meanwhile; a poll then does not. */
  | number
  /** The work is done at once, the answer so many milliseconds late. */
  | { readonly replyAfterMs: number };

/** Asked once for each call that arrives outside of an outage. */
export type FaultPlan = (call: Call) => Fault | null;
