/**
 * The whole world as last read: all that `plan` may know. A reading that failed or grew stale is unknown, never empty.
 * Times are milliseconds of one clock that the daemon passes in.
 */
import type { Job } from './job.ts';
import type { Runner } from './runner.ts';

export type Reading<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly why: string };

/** A local VM as the hypervisor lists it, ours or not. */
export interface Vm {
  readonly name: string;
  readonly state: 'running' | 'suspended' | 'stopped';
}

/** A runner record at GitHub. */
export interface Registration {
  readonly id: number;
  readonly name: string;
  readonly status: 'online' | 'offline';
  readonly busy: boolean;
}

export interface Demand {
  /** Jobs that GitHub assigned to this pool and has not completed, oldest first. */
  readonly jobs: readonly Job[];
  /** GitHub's own count of assigned jobs, running ones included; it may lag in either direction. */
  readonly assigned: number;
  /**
   * What GitHub's counts have yet to learn. Runners stopping or gone that had a job (by their own word or GitHub's)
   * whose completion GitHub has not told, each with an open job that can be its own, minus runners registering, idle or
   * busy whose job GitHub has told completed.
   * A busy runner whose job ended by its own word is in neither sum: it pairs with its job until it stops. May be below zero.
   */
  readonly unconfirmed: number;
}

export interface PoolView {
  readonly name: string;
  /** Most runners of this pool at a time. */
  readonly max: number;
  /** How many runners should stand booted without a job now, time windows applied. */
  readonly warm: number;
  /** Starts are held back until then, after failures; 0 when there were none. */
  readonly retryAtMs: number;
  /** Whether the pool's image is on this host. */
  readonly image: 'ready' | 'missing' | 'unknown';
  /** What was last announced to GitHub as this pool's total capacity; 0 before the first poll. */
  readonly announced: number;
  /**
   * Jobs whose runners ended a while ago and which GitHub has not ended yet, as after a VM died: for about ten minutes
   * they take announced capacity, and no slot.
   */
  readonly stranded: number;
  readonly demand: Reading<Demand>;
}

/** What would mend a host whose slots are held by ghosts. */
type Remedy = 'kill-leftovers' | 'reboot-host';

export interface HostView {
  /** The two prefixes that make a name ours: `mr-<host id>-`. */
  readonly id: string;
  readonly slots: number;
  readonly isDraining: boolean;
  /** Why no VM may start here now, its disk apart; null when fit. */
  readonly unfit: string | null;
  /** Too little disk is free: see `disk.ts`. */
  readonly isDiskShort: boolean;
  /** Slots that the framework counts though no VM is seen in them: see `ghosts.ts`. */
  readonly ghosts: number;
  /** It is time to try whether one of the ghosts is gone. */
  readonly isProbeDue: boolean;
  /** What is to be done about the ghosts now, null for nothing. */
  readonly remedy: Remedy | null;
}

/** Deadlines in milliseconds, from the configuration. */
export interface Limits {
  readonly bootMs: number;
  readonly channelMs: number;
  readonly registerMs: number;
  readonly idleMs: number;
  readonly teardownMs: number;
  readonly ageMs: number;
}

export interface World {
  readonly nowMs: number;
  readonly host: HostView;
  readonly limits: Limits;
  readonly pools: readonly PoolView[];
  /** Every runner of the ledger that is not gone. */
  readonly runners: readonly Runner[];
  /** Names of runners (or VMs) on which a step is being executed: nothing else is decided about them meanwhile. */
  readonly inFlight: ReadonlySet<string>;
  /** Runners whose guest channel has been silent, and since when. */
  readonly silentSinceMs: ReadonlyMap<string, number>;
  /** When a runner's guest last spoke, heartbeats included; without an entry before its first word to this daemon. */
  readonly heardMs: ReadonlyMap<string, number>;
  /** Runners on which GitHub has started a job that their guest has not reported, and since when that is known. */
  readonly unjudgedSinceMs: ReadonlyMap<string, number>;
  /** What should have a record at GitHub and has none, and when the reading that first said so began: `unlisted.ts`. */
  readonly unlistedSinceMs: ReadonlyMap<string, number>;
  readonly vms: Reading<readonly Vm[]>;
  readonly registrations: Reading<readonly Registration[]>;
  /** When the reading of the registrations began: of what happened since it says nothing. */
  readonly registrationsBeganMs: number;
}
