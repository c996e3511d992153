/** What a world may choose about its GitHub, and turn later. The defaults are the real service's, as far as known. */

/** Server time in milliseconds since 1970, and timers. */
export interface ServerTime {
  readonly now: () => number;
  readonly after: (ms: number, work: () => void) => { readonly cancel: () => void };
}

export interface Settings {
  /** `assign`: jobs come as JobAssigned (github.com). `acquire`: JobAvailable first, then acquired (GHES). */
  readonly backend: 'assign' | 'acquire';
  /** How long a poll is held when there is nothing to tell. */
  readonly holdMs: number;
  /** An abandoned session bars the next one for so long. */
  readonly sessionIdleMs: number;
  readonly adminTokenMs: number;
  readonly queueTokenMs: number;
  /** An assignment that no runner takes is taken back after so long, and made again under another id. */
  readonly lapseMs: number;
  /** So often; then the job is given up as canceled. */
  readonly mostLapses: number;
  /** A job that a runner was offered and did not start goes to another one. */
  readonly offerMs: number;
  /** A running job whose runner is silent for so long has failed. */
  readonly runnerLostMs: number;
  /** A runner that ignores a cancellation loses its job after so long. */
  readonly cancelGraceMs: number;
  /** A runner that died is shown online for so long. */
  readonly runnerOfflineMs: number;
  /** An ephemeral record that stays offline is removed after so long. */
  readonly recordOfflineMs: number;
  /** JobStarted ends a held poll; on the real service it waits for the next one. */
  readonly startedWakes: boolean;
  /** Capacity 0: jobs wait until it rises (`held`), or those queued meanwhile never come (`never`). */
  readonly capacityZero: 'held' | 'never';
  /** Whether a set hears at once that its job is over, after `completionLateMs`, or not at all. */
  readonly completion: 'prompt' | 'late' | 'never';
  readonly completionLateMs: number;
  /** Statistics that come with JobAssigned still say 0. */
  readonly statisticsLag: boolean;
  /** Entries of the queue come in any order, each in a message of its own. */
  readonly isReordering: boolean;
  /** Old GHES keeps only the first label. */
  readonly dropsExtraLabels: boolean;
  /** Removing a record that is not there: the real service says 204 in some versions, 404 in others. */
  readonly unknownAgentDelete: 204 | 404;
}

export const DEFAULTS: Settings = {
  backend: 'assign',
  holdMs: 50_000,
  sessionIdleMs: 50_000,
  adminTokenMs: 3_600_000,
  queueTokenMs: 3_600_000,
  lapseMs: 300_000,
  mostLapses: 3,
  offerMs: 60_000,
  runnerLostMs: 600_000,
  cancelGraceMs: 300_000,
  runnerOfflineMs: 60_000,
  recordOfflineMs: 86_400_000,
  startedWakes: false,
  capacityZero: 'held',
  completion: 'prompt',
  completionLateMs: 60_000,
  statisticsLag: false,
  isReordering: false,
  dropsExtraLabels: false,
  unknownAgentDelete: 204,
};
