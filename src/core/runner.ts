/**
 * A runner: one VM, one registration at GitHub, at most one job. Its name is the VM's name and the name GitHub shows.
 * Plain data; `lifecycle.ts` moves it, the ledger keeps it.
 */

export const PHASES = ['cloning', 'booting', 'warm', 'registering', 'idle', 'busy', 'stopping'] as const;
export type Phase = (typeof PHASES)[number];

/** Why a runner came to its end. Down to `operator` they are ordinary, the rest are failures. */
export const STOP_REASONS = [
  'job-done',
  /** GitHub told that its job is over, the guest did not, and a second look agreed with GitHub. */
  'outlived-job',
  'no-job',
  'surplus',
  'evicted',
  'disk-pressure',
  /** The host is to be rebooted, and this one waited for nothing. */
  'host-reboot',
  'idle-timeout',
  'operator',
  'clone-failed',
  'start-failed',
  /** The framework refused one more VM: see `ghosts.ts`. */
  'vm-limit',
  'boot-timeout',
  'channel-lost',
  'register-failed',
  'register-timeout',
  'registration-gone',
  'runner-offline',
  'vm-died',
  'age-limit',
  'refused',
  'interrupted',
  'pool-removed',
] as const;
export type StopReason = (typeof STOP_REASONS)[number];

export interface Runner {
  /** `mr-<host>-<pool>-<random>`, see `names.ts`. */
  readonly name: string;
  readonly pool: string;
  /** 0-based; at most one runner that is not gone holds a slot. */
  readonly slot: number;
  readonly phase: Phase;
  readonly createdMs: number;
  /** When the present phase began. */
  readonly sinceMs: number;
  /** GitHub's id of the registration, once a credential was minted. */
  readonly registrationId: number | null;
  /** The guest reported that a job started here; such a VM never serves again. */
  readonly hadJob: boolean;
  /** When the guest reported that its job completed; the runner's exit follows. */
  readonly jobEndedMs: number | null;
  /** When GitHub told that its job completed. It has been seen to tell so of jobs that ran on (actions/runner: 4492). */
  readonly toldDoneMs: number | null;
  /** Why it is stopping; null in every other phase. */
  readonly why: StopReason | null;
}

/** What moves a runner: the daemon's own deeds, the guest's event stream, GitHub's word, or a decision to stop. */
export type RunnerEvent =
  | { readonly type: 'cloned' }
  | { readonly type: 'answered' }
  | { readonly type: 'claimed' }
  | { readonly type: 'minted'; readonly registrationId: number }
  | { readonly type: 'online' }
  | { readonly type: 'job-started' }
  | { readonly type: 'job-completed' }
  | { readonly type: 'told-done' }
  | { readonly type: 'exited'; readonly code: number }
  | { readonly type: 'stop'; readonly why: StopReason };
