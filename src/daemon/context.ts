/** What every part of the daemon is given: the ports, the ledger, the desk, the clock, the log. No logic. */
import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import type { Guest, Hypervisor } from '../core/ports.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Time } from '../lib/time.ts';
import type { Desk } from './desk.ts';
import type { Queues } from './queues.ts';

export interface Context {
  /** The last good configuration; it changes on reload. */
  readonly config: () => Config;
  readonly hostId: string;
  readonly ledger: Ledger;
  readonly desk: Desk;
  readonly hypervisor: Hypervisor;
  readonly guest: Guest;
  readonly queues: Queues;
  readonly time: Time;
  /** Wall clock, milliseconds since 1970: for what people read and for GitHub's times. */
  readonly nowMs: () => number;
  /** See {@link SteadyClock}: for deadlines, and for all times of runners. */
  readonly steadyMs: () => number;
  /** Free space where VMs live, null when it cannot be read. */
  readonly freeBytes: () => number | null;
  /** Reboots the Mac; null where that is not for us to do. */
  readonly reboot: ((signal: AbortSignal) => Promise<void>) | null;
  /** Eight characters that no other runner's name ends with. */
  readonly newSuffix: () => string;
  readonly log: Logger;
  /** Aborted when the daemon stops; VMs go on. */
  readonly signal: AbortSignal;
  /** Something changed: look again soon. */
  readonly wake: () => void;
  /** The same, and resolves when it was looked and decided. */
  readonly turned: () => Promise<void>;
  /** Something was done there, or is not as it was last read. */
  readonly readAgain: (what: 'vms' | 'registrations' | 'images') => Promise<void>;
  /** A secret of this run, never to be written anywhere. Returns how to forget it, when it is worth nothing any more. */
  readonly keepSecret: (secret: string) => () => void;
}
