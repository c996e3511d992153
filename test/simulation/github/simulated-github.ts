/**
 * The simulated GitHub of the deterministic simulation: in this process, on the time that it is given, without a wire.
 * The client under test talks to it by `http` and `rest`, a simulated runner by plain calls; the simulation orders and
 * cancels jobs, pulls levers and observes. The same seed and the same calls give the same answers.
 */
import type { Http } from '../../../src/github/options.ts';
import type { Rest } from '../../../src/github/rest.ts';
import type { GitHubEvent } from './events.ts';
import type { Call, Fault, FaultPlan } from './faults.ts';
import { cancelJob, type JobOrder, queueJob } from './jobs.ts';
import { createLevers, type Levers } from './levers.ts';
import { createSimulatedRest } from './rest.ts';
import { routeOf, serve } from './routes.ts';
import { connectRunner } from './runner-session.ts';
import type { RunnerSide } from './runner-side.ts';
import { DEFAULTS, type ServerTime, type Settings } from './settings.ts';
import type { Job, Runner, ScaleSet, State } from './state.ts';
import { Line } from './transport.ts';

export interface GitHubWorldOptions {
  readonly time: ServerTime;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly settings?: Partial<Settings>;
  /** Names of the runner groups besides the default one. */
  readonly groups?: readonly string[];
  readonly fault?: FaultPlan;
  readonly on?: (event: GitHubEvent) => void;
}

/** One life of a caller: a daemon from its start to its crash. Runners may share it, or have one of their own. */
export interface Connection extends RunnerSide {
  readonly http: Http;
  readonly rest: Rest;
  /** The process is gone: nothing of it is answered any more. Its runners live. */
  die(): void;
}

export interface JobView {
  readonly key: string;
  readonly jobId: string;
  readonly labels: readonly string[];
  readonly status: Job['status'];
  readonly set: { readonly name: string } | null;
  readonly runner: { readonly name: string } | null;
  readonly result: Job['result'];
  readonly ending: Job['ending'];
  readonly queuedMs: number;
  readonly assignedMs: number | null;
  readonly completedMs: number | null;
  readonly lapses: number;
}

interface RunnerView {
  readonly id: number;
  readonly name: string;
  readonly set: { readonly name: string };
  readonly isConnected: boolean;
  readonly job: { readonly key: string; readonly status: Job['status'] } | null;
}

interface SetView {
  readonly id: number;
  readonly name: string;
  readonly labels: readonly string[];
  readonly capacity: number | null;
  readonly session: { readonly id: string; readonly lastSeenMs: number } | null;
  /** Not acknowledged yet. */
  readonly log: readonly { readonly messageId: number }[];
  readonly pending: readonly unknown[];
  /** Polls that wait. */
  readonly held: { readonly size: number };
  readonly jobs: ReadonlySet<{ readonly key: string }>;
}

/** The views are the simulator's own objects, to be read at once: they change. */
export interface SimulatedGitHub extends Levers {
  /** `from` names the caller in faults and outages, `scope` its organisation or `owner/repository`. */
  connect(from: string, scope?: string): Connection;
  /** Answers the job's key. */
  queueJob(order: JobOrder): string;
  cancelJob(key: string): void;
  job(key: string): JobView;
  jobs(): Iterable<JobView>;
  runners(): Iterable<RunnerView>;
  sets(): Iterable<SetView>;
}

/** Ids beyond 32 bits where GitHub's are, so that a client that cuts them shows. */
const FIRST_ID = { set: 1, runner: 1, run: 9_000_000_001, request: 500_001, job: 1, token: 1, session: 1 };

export function createSimulatedGitHub(options: GitHubWorldOptions): SimulatedGitHub {
  const state = createState(options);
  const { fault: plan = () => null } = options;
  const outages = new Map<string, Fault>();
  const lines = new Map<Line, string>();
  const faultOf = (call: Call) => outages.get('*') ?? outages.get(call.from) ?? plan(call);
  return {
    ...createLevers(state, outages, lines),
    connect(from, scope = 'acme') {
      const line = new Line(state.time, faultOf);
      lines.set(line, from);
      return {
        ...connectLine(state, line, from, scope),
        runnerConnect: (jitConfig, callbacks = {}) => {
          const isReachable = () => !state.unreachable.has('*') && !state.unreachable.has(from);
          return connectRunner(state, { from, isReachable }, jitConfig, callbacks);
        },
        die() {
          line.die();
          lines.delete(line);
        },
      };
    },
    queueJob: (order) => queueJob(state, order).key,
    cancelJob: (key) => cancelJob(state, jobOf(state, key)),
    job: (key) => jobOf(state, key),
    jobs: (): Iterable<Job> => state.jobs.values(),
    runners: (): Iterable<Runner> => state.runners.values(),
    sets: (): Iterable<ScaleSet> => state.sets.values(),
  };
}

function connectLine(
  state: State,
  line: Line,
  from: string,
  scope: string,
): Pick<Connection, 'http' | 'rest'> {
  return {
    http(url, { method, headers, body, signal }) {
      const routed = routeOf({ url, method, headers, body });
      const call = { from, route: routed.route, method, path: url.pathname };
      return line.send(call, signal, () => serve(state, routed));
    },
    rest: createSimulatedRest(state, scope, (route, method, path, signal, work) =>
      line.send({ from, route, method, path }, signal, work),
    ),
  };
}

function jobOf(state: State, key: string): Job {
  const job = state.jobs.get(key);
  if (!job) throw new Error(`no job ${key}`);
  return job;
}

function createState(options: GitHubWorldOptions): State {
  const ids = { ...FIRST_ID };
  const { time, random, settings = {}, groups = [], on = () => undefined } = options;
  return {
    ...{ time, random, on, settings: { ...DEFAULTS, ...settings } },
    groups: ['Default', ...groups].map((name, index) => ({ id: index + 1, name })),
    ...{ sets: new Map(), runners: new Map(), runnerByJit: new Map(), connected: new Set() },
    ...{ jobs: new Map(), queued: new Set(), tokens: new Map(), unreachable: new Set() },
    nextId: (kind) => ids[kind]++,
  };
}
