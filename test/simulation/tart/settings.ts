/** How a simulated Mac, its guests and its ports behave: durations, scripts of guests, faults of calls. */
import type { Time } from '../../../src/lib/time.ts';
import type { RunnerJob, RunnerSide } from '../github/runner-side.ts';
import type { MacFact } from './facts.ts';

/** What is needed of a time: that of the host it stands on, which may sleep, and begins anew with a boot. */
export type MacTime = Pick<Time, 'steadyMs' | 'after'>;

/** From a shortest to a longest, in milliseconds. */
export type Range = readonly [fromMs: number, toMs: number];

/** What takes time on a Mac. */
export interface Durations {
  /** From a port's call until its process has begun: an effect that is cut off before it has none. */
  readonly spawn: Range;
  /** From an effect to its caller's knowledge of it. */
  readonly reply: Range;
  readonly clone: Range;
  readonly configure: Range;
  /** From `tart run` to the framework's word. */
  readonly launch: Range;
  /** From the framework's word until `list` was seen to say running for a moment. */
  readonly seen: Range;
  readonly stop: Range;
  readonly delete: Range;
  /** A program of the guest, by `tart exec`. */
  readonly exec: Range;
  /** From an event's writing to its reading. */
  readonly look: Range;
  /** From the credential to GitHub's runner connecting. */
  readonly connect: Range;
  /** From a job in sight to it being the runner's. */
  readonly acquire: Range;
  /** From the job being the runner's to its started hook. */
  readonly setUp: Range;
  /** From a cancellation to the end of its steps. */
  readonly cancel: Range;
  /** From the end of the job to the exit of the runner. */
  readonly exit: Range;
}

export const DURATIONS: Durations = {
  spawn: [5, 30],
  reply: [1, 15],
  clone: [200, 2_500],
  configure: [20, 80],
  launch: [100, 800],
  seen: [250, 550],
  stop: [100, 900],
  delete: [20, 300],
  exec: [60, 300],
  look: [0, 50],
  connect: [1_500, 5_000],
  acquire: [100, 1_500],
  setUp: [300, 3_000],
  cancel: [200, 9_000],
  exit: [100, 1_000],
};

/** One start of a VM, from its guest's side. Times in milliseconds. */
export interface GuestScript {
  /** From the framework's word to the agent's first answer; null: it never answers. */
  readonly bootMs: number | null;
  /** GitHub's runner never gets to listen. */
  readonly neverOnline: boolean;
  /** GitHub's runner ends before its time: instead of connecting, while it has no job, or in the middle of one. */
  readonly exit: {
    readonly when: 'connecting' | 'idle' | 'busy';
    readonly afterMs: number;
    readonly code: number;
  } | null;
  /** The guest powers off, so long after its agent's first answer. */
  readonly powerOffMs: number | null;
  /** Whether the runner sees that its registration is gone, and exits. */
  readonly noticesRemoval: boolean;
}

/** A guest of which nothing else is scripted. */
export const GUEST: GuestScript = {
  bootMs: 12_000,
  neverOnline: false,
  exit: null,
  powerOffMs: null,
  noticesRemoval: true,
};

/** What a job does once its gate is open. */
interface Work {
  readonly ms: number;
  readonly result: 'succeeded' | 'failed';
}

export interface PortCall {
  readonly port: 'hypervisor' | 'guest';
  readonly method: string;
  /** The VM it is about, null when it is about none. */
  readonly vm: string | null;
}

/**
 * What befalls one call. A number delays its effect; an `Error` is its answer, without effect. Lost: it ends at its
 * own deadline, without (`lost-request`) or with (`lost-reply`) its effect. `empty` and `stopped` are lies of `list`:
 * there is no VM, no VM runs. `no-effect`: `stop` and `delete` do nothing; `stop` takes that for a success, `delete`
 * sees that the VM is listed still.
 */
export type Fault = Error | number | 'lost-request' | 'lost-reply' | 'empty' | 'stopped' | 'no-effect';

/** A ghost: what the framework still counts. */
export interface Haunting {
  /** Infinity: until a reboot, or until its process is killed. */
  readonly forMs: number;
  /** The system's process that serves it still, or null: there is none to be found. */
  readonly process: 'killable' | 'unkillable' | null;
}

/** How `tart run` fails while this is so. */
export type StartFailure = 'keychain' | 'auxiliary-lock';

export interface MacOptions {
  readonly time: MacTime;
  /** Seeded, in [0, 1). */
  readonly random: () => number;
  readonly github: RunnerSide;
  /** What can be cloned: references, or templates, which are stopped VMs of that name. */
  readonly images: readonly string[];
  /** How many macOS VMs the framework lets run. Default 2. */
  readonly limit?: number;
  /** Default 500 GB. */
  readonly freeBytes?: number;
  readonly on?: (fact: MacFact) => void;
  readonly fault?: (call: PortCall) => Fault | null;
  /** Asked at each start of a VM that the daemon made. */
  readonly guestOf?: (vm: string) => Partial<GuestScript>;
  readonly workOf?: (job: RunnerJob) => Partial<Work>;
  /** How a VM that ended is counted still. Default: up to 400 ms, without a process. */
  readonly hauntingOf?: (vm: string) => Haunting;
  readonly durations?: Partial<Durations>;
}
