/** What a scene of the demo is: the host, its pools, the jobs, and how each must end. */

interface SceneJob {
  readonly name: string;
  readonly labels: readonly string[];
  readonly steps: readonly { readonly run: string; readonly if?: string }[];
  readonly expect: 'success' | 'failure' | 'cancelled';
  /** Cancelled as soon as it is seen in this state. */
  readonly cancel?: 'queued' | 'in_progress';
}

interface ScenePool {
  readonly name: string;
  readonly labels: readonly string[];
  /** A local template of the simulated host. */
  readonly image: string;
  readonly warm?: number;
}

export interface Scene {
  readonly name: string;
  readonly summary: string;
  readonly slots: number;
  /** How long a guest takes from start to answering, milliseconds. */
  readonly bootMs: number;
  readonly pools: readonly ScenePool[];
  readonly jobs: readonly SceneJob[];
  /** The how manyth start of a VM fails. */
  readonly failedStart?: number;
  /** The agent is killed once, when so many jobs are over and so many run, and started again. */
  readonly killAgent?: { readonly ended: number; readonly running: number };
}
