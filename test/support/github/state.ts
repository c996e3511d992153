/** All that the simulated GitHub remembers, as plain data, and how it begins. Rules live in the modules that change it. */
import { type Clock, createClock } from './clock.ts';
import type { ActiveFault } from './faults.ts';
import type { Gate } from './gate.ts';
import type { KeyStock } from './keys.ts';
import { createKeyStock } from './keys.ts';
import type { Settings } from './options.ts';
import { createRandom } from './random.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** Where runners belong, as the path prefix of its REST routes: `orgs/acme`, `repos/acme/app`, `enterprises/acme`. */
export type Scope = string;

export interface Group {
  readonly id: number;
  readonly name: string;
  readonly isDefault: boolean;
  readonly allowsPublicRepositories: boolean;
  readonly repositories: readonly string[] | null;
  readonly workflows: readonly string[] | null;
}

export interface Statistics {
  readonly totalAvailableJobs: number;
  readonly totalAcquiredJobs: number;
  readonly totalAssignedJobs: number;
  readonly totalRunningJobs: number;
  readonly totalRegisteredRunners: number;
  readonly totalBusyRunners: number;
  readonly totalIdleRunners: number;
}

export interface QueueMessage {
  readonly messageId: number;
  readonly messageType: string;
  readonly body: string;
  readonly statistics: Statistics;
}

export interface Session {
  readonly id: string;
  readonly ownerName: string;
  token: string;
  lastSeenMs: number;
}

export interface ScaleSet {
  readonly id: number;
  readonly scope: Scope;
  name: string;
  groupId: number;
  labels: readonly string[];
  disableUpdate: boolean;
  readonly createdMs: number;
  session: Session | null;
  /** As last announced; null before the first poll of a session. */
  capacity: number | null;
  /** Every value announced, newest last. */
  readonly announced: number[];
  /** Delivered or deliverable messages that were not acknowledged. */
  log: QueueMessage[];
  /** Events that no poll has been answered with yet; they become one message. */
  pending: Record<string, unknown>[];
  nextMessageId: number;
  readonly gate: Gate;
  lastSessionMs: number;
}

export interface RunnerRecord {
  readonly id: number;
  readonly name: string;
  readonly scope: Scope;
  readonly scaleSetId: number | null;
  readonly groupId: number;
  readonly labels: readonly string[];
  readonly clientId: string;
  readonly publicKeyPem: string;
  readonly createdMs: number;
  session: string | null;
  lastSeenMs: number;
  version: string | null;
  os: string;
  /** The job offered to it or running on it. */
  job: Job | null;
  readonly gate: Gate;
}

export interface Run {
  readonly id: number;
  readonly attempt: number;
  readonly repository: string;
  readonly visibility: 'private' | 'internal' | 'public';
  /** null: the fork was deleted. */
  readonly headRepository: string | null;
  readonly event: string;
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
  readonly triggeringActor: string;
  readonly workflow: string;
  readonly path: string;
  readonly createdMs: number;
  awaitsApproval: boolean;
}

export interface Step {
  readonly name?: string | undefined;
  readonly run: string;
  readonly if?: string | undefined;
}

export type Result = 'succeeded' | 'failed' | 'canceled';

/** What its runner said of one step when it completed the job. */
interface StepResult {
  readonly name: string;
  readonly conclusion: string | null;
}

/** A log that a runner put into the blob store. */
export interface LogBlob {
  text: string;
  sealed: boolean;
  lineCount: number | null;
}

export interface Job {
  /** The first queue id, by which tests know the job for good. */
  readonly jobId: string;
  /** The queue's id now; a lapsed assignment gets a new one. */
  queueId: string;
  readonly formerQueueIds: string[];
  /** The run's plan, which the runner's calls name beside the job. */
  readonly planId: string;
  /** REST's number. */
  readonly id: number;
  /** Of the queue; 0 on github.com. */
  readonly requestId: number;
  readonly run: Run;
  readonly name: string;
  readonly labels: readonly string[];
  readonly steps: readonly Step[];
  readonly timeoutSeconds: number;
  status: 'queued' | 'assigned' | 'in_progress' | 'completed';
  result: Result | null;
  scaleSetId: number | null;
  /** Sets that it was offered to (GHES), and sets that will never get it (capacity 0). */
  readonly offeredTo: Set<number>;
  readonly trappedFor: Set<number>;
  runner: RunnerRecord | null;
  /** The message that offered it to a runner. */
  offerId: string | null;
  /** The runner has said that it has the offer. */
  isOfferTaken: boolean;
  readonly queuedMs: number;
  assignedMs: number | null;
  runnerAssignedMs: number | null;
  startedMs: number | null;
  completedMs: number | null;
  renewedMs: number;
  cancelRequested: boolean;
  /** Its runner was given the cancellation. */
  cancelTold: boolean;
  /** By a lever, before the end or in its place. */
  wasCompletionTold: boolean;
  lapses: number;
  /** Lines of the live console, as they came. */
  readonly log: string[];
  stepResults: readonly StepResult[];
  /** Under `job`, and under each step's id. */
  readonly logBlobs: Map<string, LogBlob>;
}

export interface RequestRecord {
  readonly atMs: number;
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly tookMs: number;
  readonly userAgent: string;
  readonly capacity: string | null;
  readonly requestId: string;
}

export interface World {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly tokens: Tokens;
  readonly keys: KeyStock;
  readonly groups: readonly Group[];
  readonly scaleSets: Map<number, ScaleSet>;
  readonly runners: Map<number, RunnerRecord>;
  readonly jobs: Job[];
  /** Those that are not over, oldest first. */
  readonly openJobs: Set<Job>;
  readonly runs: Map<number, Run>;
  readonly requests: RequestRecord[];
  faults: ActiveFault[];
  /** Told of a job that was queued, started or completed. */
  readonly jobWatchers: ((job: Job) => void)[];
  /** `http://127.0.0.1:PORT`, or `https:` with TLS, known once listening. */
  origin: string;
  readonly nextId: (kind: 'scale-set' | 'runner' | 'run' | 'job' | 'request') => number;
}

/** Ids beyond 32 bits where GitHub's are, so that a client that cuts them shows. */
const FIRST_ID = { 'scale-set': 1, runner: 1, run: 9_000_000_001, job: 40_000_000_001, request: 500_001 };

export function createWorld(settings: Settings): World {
  const clock = createClock();
  const ids = { ...FIRST_ID };
  return {
    settings: { ...settings },
    clock,
    random: createRandom(settings.seed),
    tokens: createTokens(clock),
    keys: createKeyStock(),
    groups: [
      {
        id: 1,
        name: 'Default',
        isDefault: true,
        allowsPublicRepositories: false,
        repositories: null,
        workflows: null,
      },
      ...settings.groups.map((group, index) => ({ ...group, id: index + 2, isDefault: false })),
    ],
    scaleSets: new Map(),
    runners: new Map(),
    jobs: [],
    openJobs: new Set(),
    runs: new Map(),
    requests: [],
    faults: [],
    jobWatchers: [],
    origin: '',
    nextId: (kind) => ids[kind]++,
  };
}
