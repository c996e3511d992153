/** Why a job waits, and what to do, in words: one text for each cause. */
import type { Cause } from '../core/step.ts';

export interface CauseText {
  /** Follows "it waits because". */
  readonly because: string;
  readonly remedy: string;
}

export const CAUSE_TEXTS: Readonly<Record<Cause, CauseText>> = {
  draining: {
    because: 'this host is draining and takes no new jobs',
    remedy: 'run `macrunner resume` to take jobs again',
  },
  'disk-low': {
    because: 'too little disk is free on this host',
    remedy:
      'free some space on the volume of TART_HOME; the host goes on by itself well above `host.diskFloorGiB`',
  },
  'host-unfit': {
    because: 'no VM may start on this host now',
    remedy: 'mend what `macrunner status` names; the host goes on by itself',
  },
  'vms-unknown': {
    because: 'Tart cannot be read, so nobody knows which slots are free',
    remedy: 'see `macrunner logs`, and try `tart list` as the VM user',
  },
  'demand-unknown': {
    because: "the pool's queue at GitHub cannot be read",
    remedy: 'check the network, the App and its permissions; `macrunner logs` has the error',
  },
  'image-missing': {
    because: "the pool's golden image is not on this host",
    remedy: 'fetch it with `tart pull` as the VM user; the agent looks again every minute',
  },
  'image-unknown': {
    because: "whether the pool's golden image is on this host cannot be told",
    remedy: '`tart list` as the VM user should work; `macrunner logs` has the error',
  },
  'backing-off': {
    because: 'recent VMs of the pool failed to start, and the next attempt is held back',
    remedy: 'see `macrunner runner list --all` for the reasons, and `macrunner logs`',
  },
  'pool-full': {
    because: 'the pool already runs as many VMs as its `max` allows',
    remedy: 'nothing: it starts when a runner ends; or raise `max` of the pool',
  },
  'foreign-vms': {
    because: 'VMs that are not ours hold the slots',
    remedy: 'stop them (`tart list` shows them); macrunner never touches them',
  },
  'ghost-vms': {
    because: 'macOS counts VMs that cannot be seen: a slot that has leaked, or VMs of another user',
    remedy:
      'it is tried again by itself; stop VMs of other users, else reboot the host (`host.rebootWhenWedged` does it at night)',
  },
  'slot-busy': {
    because: 'every slot of this host is taken',
    remedy: 'nothing: it starts when a runner ends; more hosts make the queue shorter',
  },
};
