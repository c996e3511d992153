/** All that the simulated GitHub remembers, as plain objects. Rules live in the modules that change it. */
import type { Ending, EntryType, GitHubEvent } from './events.ts';
import type { JobResult, RunnerCallbacks, RunnerJob } from './runner-side.ts';
import type { ServerTime, Settings } from './settings.ts';

export interface Statistics {
  readonly totalAvailableJobs: number;
  readonly totalAcquiredJobs: number;
  readonly totalAssignedJobs: number;
  readonly totalRunningJobs: number;
  readonly totalRegisteredRunners: number;
  readonly totalBusyRunners: number;
  readonly totalIdleRunners: number;
}

/** One inner message, with what the observer is told of it. */
export interface Entry {
  readonly type: EntryType;
  readonly jobId: string;
  readonly wire: Readonly<Record<string, unknown>>;
}

export interface Message {
  readonly messageId: number;
  readonly entries: readonly Entry[];
  /** The whole answer, as it is sent each time. */
  readonly text: string;
  wasDelivered: boolean;
}

export interface QueueSession {
  readonly id: string;
  readonly ownerName: string;
  token: string;
  lastSeenMs: number;
}

/** A poll that waits for news. */
export interface HeldPoll {
  readonly look: () => void;
}

export interface ScaleSet {
  readonly id: number;
  readonly scope: string;
  name: string;
  groupId: number;
  labels: readonly string[];
  /** In lower case, for matching. */
  labelSet: ReadonlySet<string>;
  readonly createdMs: number;
  session: QueueSession | null;
  /** As last announced; null before the first poll of a session. */
  capacity: number | null;
  /** Not acknowledged, oldest first. */
  log: Message[];
  /** Told by no message yet. */
  pending: Entry[];
  /** To be delivered once more before all else. */
  again: Message[];
  /** The last messages that were acknowledged. */
  acked: Message[];
  nextMessageId: number;
  readonly held: Set<HeldPoll>;
  /** Held polls are about to look. */
  isWaking: boolean;
  /** Assigned and running. */
  readonly jobs: Set<Job>;
  readonly runners: Set<Runner>;
}

export interface Runner {
  readonly id: number;
  readonly name: string;
  readonly scope: string;
  readonly set: ScaleSet;
  readonly jit: string;
  isRemoved: boolean;
  /** Counts connections: a session with another number is over. */
  connection: number;
  isConnected: boolean;
  /** False while the network keeps a connected one from being heard. */
  isHeard: boolean;
  /** From where it connected. */
  from: string;
  /** When it fell silent or said goodbye, or was made. */
  silentSinceMs: number;
  /** Until then it is taken to be alive although it is not connected. */
  onlineUntilMs: number;
  callbacks: RunnerCallbacks;
  /** Offered to it, or running on it. */
  job: Job | null;
}

export interface Job {
  readonly key: string;
  jobId: string;
  readonly requestId: number;
  readonly facts: Omit<RunnerJob, 'jobId' | 'key'>;
  readonly labels: readonly string[];
  status: 'queued' | 'assigned' | 'running' | 'completed';
  set: ScaleSet | null;
  runner: Runner | null;
  result: JobResult | null;
  ending: Ending | null;
  /** Sets that it was offered to (`acquire`), and sets that will never get it. */
  readonly offeredTo: Set<ScaleSet>;
  readonly trappedFor: Set<ScaleSet>;
  readonly queuedMs: number;
  assignedMs: number | null;
  runnerAssignedMs: number | null;
  completedMs: number | null;
  lapses: number;
  wasCompletionTold: boolean;
  isCancelRequested: boolean;
  /** Of its present state: the lapse, the offer, the silence of its runner. */
  timer: { readonly cancel: () => void } | null;
  /** A cancelled job's last moment. */
  graceTimer: { readonly cancel: () => void } | null;
}

interface Group {
  readonly id: number;
  readonly name: string;
}

type TokenKind = 'registration' | 'admin' | 'queue';

export interface Token {
  readonly kind: TokenKind;
  readonly scope: string;
  readonly set: ScaleSet | null;
  readonly expiresMs: number;
}

export interface State {
  readonly settings: Settings;
  readonly time: ServerTime;
  readonly random: () => number;
  readonly on: (event: GitHubEvent) => void;
  readonly groups: readonly Group[];
  readonly sets: Map<number, ScaleSet>;
  /** By id; a name is unique within its scope. */
  readonly runners: Map<number, Runner>;
  readonly runnerByJit: Map<string, Runner>;
  /** With a session, also those whose record is gone. */
  readonly connected: Set<Runner>;
  readonly jobs: Map<string, Job>;
  /** Not assigned to any set, oldest first. */
  readonly queued: Set<Job>;
  readonly tokens: Map<string, Token>;
  /** From where runners do not reach GitHub; `*`: from nowhere. */
  readonly unreachable: Set<string>;
  readonly nextId: (kind: 'set' | 'runner' | 'run' | 'request' | 'job' | 'token' | 'session') => number;
}
