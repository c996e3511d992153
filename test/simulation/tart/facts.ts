/**
 * What happens on the simulated Mac, told to an observer as it happens: all that the invariants need to judge, and the
 * truth that no port shows. Judging is left to the observer, and so are the times: it looks at its own clock.
 */
import type { GuestEvent } from '../../../src/core/ports.ts';

/** Who ended a VM: the daemon by a port's call, or the VM itself (and the Mac under it). */
type Ender = 'daemon' | 'itself';
export type EndCause = 'stop' | 'power-off' | 'watchdog' | 'crash' | 'reboot' | 'start-refused';

export type MacFact =
  /** `replaced`: a VM of that name was there and is lost. */
  | { readonly what: 'vm-cloned'; readonly vm: string; readonly image: string; readonly replaced: boolean }
  | { readonly what: 'vm-half-made'; readonly vm: string }
  | { readonly what: 'vm-configured'; readonly vm: string }
  /** `counted` is the framework's count with this VM in it. */
  | { readonly what: 'vm-started'; readonly vm: string; readonly counted: number; readonly limit: number }
  /** `counted` is the framework's count without this VM. */
  | { readonly what: 'start-refused'; readonly vm: string; readonly counted: number; readonly why: string }
  | { readonly what: 'vm-stopped'; readonly vm: string; readonly by: Ender; readonly why: EndCause }
  | { readonly what: 'vm-deleted'; readonly vm: string }
  | { readonly what: 'ghost'; readonly vm: string; readonly forMs: number; readonly hasProcess: boolean }
  /** A call for a VM that this Mac's daemon did not make; what it asked for is done all the same. */
  | { readonly what: 'foreign-touched'; readonly vm: string; readonly method: string }
  | { readonly what: 'credential-delivered'; readonly vm: string; readonly jitConfig: string }
  | { readonly what: 'credential-refused'; readonly vm: string }
  | { readonly what: 'runner-online'; readonly vm: string; readonly registrationId: number }
  /** `key` is GitHub's for good, `jobId` changes when an assignment lapses. */
  | { readonly what: 'job-taken'; readonly vm: string; readonly key: string; readonly jobId: string }
  | { readonly what: 'verdict-given'; readonly vm: string; readonly n: number; readonly allowed: boolean }
  | { readonly what: 'gate-refused'; readonly vm: string; readonly key: string; readonly why: GateRefusal }
  | { readonly what: 'steps-begun'; readonly vm: string; readonly key: string; readonly jobId: string }
  | { readonly what: 'steps-ended'; readonly vm: string; readonly key: string; readonly how: StepsEnd }
  | { readonly what: 'runner-exited'; readonly vm: string; readonly code: number }
  | { readonly what: 'guest-event'; readonly vm: string; readonly event: GuestEvent };

/** Why the gate kept shut: by the host's word, for want of one, or because the job was cancelled meanwhile. */
export type GateRefusal = 'verdict' | 'no-verdict' | 'cancelled';

/** `died`: with the VM or with the runner, unfinished. */
export type StepsEnd = 'succeeded' | 'failed' | 'canceled' | 'died';
