/**
 * What the core's decisions need from the outside, as the daemon's executors see it. Each port is implemented by one
 * adapter room. Every call takes a signal, has a deadline of its own inside, and may be repeated.
 */
import type { Job, JobResult } from './job.ts';
import type { Registration, Vm } from './world.ts';

/** A process of the system that still serves a VM with our name, though no `tart run` of that VM lives: it holds a slot. */
export interface Leftover {
  readonly pid: number;
  readonly vm: string;
}

/** VMs of one host, over the `tart` program. All errors are `MacrunnerError`. */
export interface Hypervisor {
  /** Version string of the program. @throws `command-missing` with the command that installs it */
  version(signal: AbortSignal): Promise<string>;
  /** Local VMs, ours and foreign. */
  list(signal: AbortSignal): Promise<readonly Vm[]>;
  /** True when `image` (digest reference or local VM) can be cloned without the network. */
  hasImage(image: string, signal: AbortSignal): Promise<boolean>;
  /** @throws `vm-exists` instead of replacing, `image-missing`, `disk-full` */
  clone(image: string, name: string, signal: AbortSignal): Promise<void>;
  /** Sets size and a random MAC. */
  configure(
    name: string,
    size: { readonly cpu: number; readonly memoryGiB: number },
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Starts the VM in a session of its own, output to a file. Resolves when the VM is seen running, or throws what the
   * program said. @throws `vm-limit`, `vm-start-failed`, `keychain-locked`, `vm-held`, `vm-missing`, `vm-running`,
   * `disk-full`; `host-unfit` when the program was replaced by one that cannot serve
   */
  start(name: string, signal: AbortSignal): Promise<void>;
  /** What `run` left in its output file when it ended, in one line; null when nothing is there. */
  lastWords(name: string): Promise<string | null>;
  /** Power-off; resolves when the VM's process is gone. A VM that is missing or stopped is success. */
  stop(name: string, signal: AbortSignal): Promise<void>;
  /** Deletes and confirms absence, also of what an earlier attempt left half done. A VM that is missing is success. @throws `vm-running` */
  delete(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Removes directories that are left of VMs whose making or deleting was cut off, which no list shows and no delete
   * takes away. Names in `busy` are left alone. Resolves with the names of those removed.
   */
  sweep(prefix: string, busy: ReadonlySet<string>, signal: AbortSignal): Promise<readonly string[]>;
  /** Leftovers of VMs whose name starts with `prefix`. @throws when they cannot be known: that is no "none" */
  leftovers(prefix: string, signal: AbortSignal): Promise<readonly Leftover[]>;
  /** Looks again, and kills only what is still a leftover. Resolves with true when it is gone. */
  killLeftover(leftover: Leftover, signal: AbortSignal): Promise<boolean>;
}

/** One line of a guest's event stream: a claim, already framed, capped and schema-checked. */
export type GuestEvent =
  | { readonly type: 'hello'; readonly n: number }
  | { readonly type: 'credential-taken'; readonly n: number }
  | { readonly type: 'online'; readonly n: number }
  | { readonly type: 'job-started'; readonly n: number; readonly facts: GuestJobFacts }
  | { readonly type: 'verdict'; readonly n: number; readonly allowed: boolean }
  | { readonly type: 'job-completed'; readonly n: number }
  | { readonly type: 'exited'; readonly n: number; readonly code: number };

/** What GitHub's started hook read from its environment. Claims: strings capped at 512 characters. */
interface GuestJobFacts {
  readonly repository: string;
  readonly runId: string;
  readonly runAttempt: string;
  readonly job: string;
  readonly workflow: string;
  readonly event: string;
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
}

export interface GuestFollower {
  /** Called once per attachment, when the guest first answers, heartbeats included. */
  readonly onAnswer: () => void;
  /** Called on any line, heartbeats included. */
  readonly onLife: () => void;
  readonly onEvent: (event: GuestEvent) => void;
}

/** The channel into a VM, by `tart exec` alone. */
export interface Guest {
  /** Follows the event stream from number `from`; resolves when the stream ends, throws `guest-unreachable` when it never began. */
  follow(vm: string, from: number, follower: GuestFollower, signal: AbortSignal): Promise<void>;
  /** Pipes the credential and the environment to the guest's bootstrap. @throws `guest-unreachable`, `guest-refused` */
  deliver(vm: string, credential: RunnerCredential, signal: AbortSignal): Promise<void>;
  /** Answers the started hook that waits as event `n`. */
  verdict(
    vm: string,
    n: number,
    verdict: { readonly allowed: boolean; readonly why: string },
    signal: AbortSignal,
  ): Promise<void>;
}

/** Secret: piped on standard input, never written on the host. */
export interface RunnerCredential {
  readonly jitConfig: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What a pool's queue told. A message is acknowledged only after `onMessage` resolved. */
export interface QueueMessage {
  readonly messageId: number;
  readonly assigned: readonly Job[];
  readonly started: readonly { readonly jobId: string; readonly runner: string; readonly atMs: number }[];
  readonly completed: readonly {
    readonly jobId: string;
    readonly runner: string | null;
    readonly result: JobResult;
    readonly atMs: number;
  }[];
  /** `totalAssignedJobs` */
  readonly assignedCount: number;
}

export interface QueueListener {
  /** Total capacity to announce with the next poll. */
  readonly capacity: () => number;
  /** Persist before resolving; called again with the same id after a crash. */
  readonly onMessage: (message: QueueMessage) => Promise<void>;
  /**
   * A poll came back with nothing, or a session was opened: GitHub's count, as last known or asked for just now. The next
   * poll waits for it.
   */
  readonly onCount: (assignedCount: number, isFresh: boolean) => Promise<void>;
  /** The queue cannot be read: demand is unknown from now on. */
  readonly onTrouble: (error: unknown) => void;
  /** What is wrong with a queue that can be read all the same, or why it cannot: all of it, one sentence each. */
  readonly onProblems: (problems: readonly string[]) => void;
  /** Jobs of this queue that are open by what was told so far, in this life or an earlier one. */
  readonly openJobs: () => readonly Job[];
  /** What an earlier life opened and did not close. GitHub allows one session, so it is closed before another is opened. */
  readonly formerSession: () => OpenSession | null;
  /** Persist it; null when it is closed. */
  readonly onSession: (session: OpenSession | null) => void;
}

/** A session of a queue at GitHub. No secret: to close it takes our credentials. */
export interface OpenSession {
  readonly setId: number;
  readonly id: string;
}

/** How one pool hears of its jobs: a scale set's session and long poll, or a sweep of the REST API. */
export interface PoolQueue {
  /** Listens until aborted; errors never end it. Closes its session on the way out. */
  listen(listener: QueueListener, signal: AbortSignal): Promise<void>;
  /** The announced capacity changed: cuts a held poll, at most once in 5 s. */
  capacityChanged(): void;
  /** Mints a JIT configuration. A name that is taken by our own set's record is freed first. @throws `github-conflict` */
  mint(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly registrationId: number; readonly jitConfig: string }>;
  /** Removes a registration by id. `gone` and `removed` are both success; `busy` means a job runs there. */
  remove(registrationId: number, signal: AbortSignal): Promise<'removed' | 'gone' | 'busy'>;
}

/** GitHub, one organisation, repository or enterprise. */
export interface GitHub {
  queue(pool: { readonly name: string; readonly labels: readonly string[] }): PoolQueue;
  /** All runner records of the scope whose name starts with `prefix`. */
  registrations(prefix: string, signal: AbortSignal): Promise<readonly Registration[]>;
}
