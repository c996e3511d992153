/** What the plan wants done, and why a job must wait. Both unions are closed; executors and texts are total over them. */
import type { StopReason } from './runner.ts';

export type Step =
  /** Clone, size and start a VM for this pool in this slot; `probe`: only to see whether a ghost's slot is free again. */
  | {
      readonly do: 'create';
      readonly pool: string;
      readonly slot: number;
      readonly purpose: 'job' | 'warm' | 'probe';
    }
  /** Give a warm runner its credential. */
  | { readonly do: 'claim'; readonly runner: string; readonly pool: string }
  /** Deregister, power off, delete; repeated for a runner that is already stopping. */
  | { readonly do: 'stop'; readonly runner: string; readonly why: StopReason }
  /** A VM with our name that the ledger does not know; GitHub's record of it, if there is one, is asked first. */
  | { readonly do: 'remove-vm'; readonly vm: string; readonly registrationId: number | null }
  /** A registration with our name that the ledger does not know. */
  | { readonly do: 'deregister'; readonly registrationId: number; readonly name: string }
  /** End processes of VMs of ours that are no more: they may be what the framework still counts. */
  | { readonly do: 'kill-leftovers' }
  /** Nothing else frees a slot that has leaked. */
  | { readonly do: 'reboot-host' };

/** The subject of steps that concern the host as a whole: what is in flight under this name is one of those. */
export const HOST_SUBJECT = 'host';

export const CAUSES = [
  'draining',
  'disk-low',
  'host-unfit',
  'vms-unknown',
  'demand-unknown',
  'image-missing',
  'image-unknown',
  'backing-off',
  'pool-full',
  'foreign-vms',
  'ghost-vms',
  'slot-busy',
] as const;
export type Cause = (typeof CAUSES)[number];

export interface Waiting {
  readonly jobId: string;
  readonly pool: string;
  readonly cause: Cause;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Every open job that has neither a runner nor a step, each with exactly one cause. */
  readonly waiting: readonly Waiting[];
}
