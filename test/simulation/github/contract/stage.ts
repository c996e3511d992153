/** A GitHub to play a scenario on, over HTTP or in this process, by the same few words; and a host with the real client. */
import { ownPrefix } from '../../../../src/core/names.ts';
import type { OpenSession, PoolQueue, QueueListener } from '../../../../src/core/ports.ts';
import { createGitHubOver } from '../../../../src/github/create-github.ts';
import { type Context, DEFAULT_TIMINGS, type Http } from '../../../../src/github/options.ts';
import type { Rest } from '../../../../src/github/rest.ts';
import { systemTime } from '../../../../src/lib/time.ts';
import { aJob } from '../../../support/ledger-rig.ts';
import { until } from '../../../support/until.ts';
import { Normal } from './normal.ts';

/** Longer than any scenario takes, and no time that one lets pass: a poll ends for one reason at a time. */
export const HOLD_MS = 90_000;

export interface StageRunner {
  finish(result: 'succeeded' | 'failed' | 'canceled'): Promise<void>;
  /** Resolves when it was told that its job is cancelled. */
  cancelled(): Promise<void>;
  /** Never heard of again. */
  vanish(): void;
}

/** What the scenarios turn, in words that both simulators have. */
export interface Knobs {
  readonly backend?: 'assign' | 'acquire';
  readonly capacityZero?: 'held' | 'never';
  readonly completion?: 'prompt' | 'late' | 'never';
  readonly statisticsLag?: boolean;
  readonly dropsExtraLabels?: boolean;
  readonly unknownAgentDelete?: 204 | 404;
}

export interface Line {
  readonly http: Http;
  readonly rest: (context: Context) => Rest;
  readonly die: () => void;
}

interface SetState {
  readonly capacity: number | null;
  readonly heldPolls: number;
  readonly unacknowledged: number;
}

export interface Stage extends AsyncDisposable {
  readonly url: string;
  connect(name: string): Line;
  set(name: string): SetState | null;
  queueJob(labels: readonly string[], name: string): string;
  cancelJob(key: string): void;
  /** Connects, and starts the job that it is given. */
  startRunner(jitConfig: string): Promise<StageRunner>;
  expireTokens(): void;
  killSession(set: string): Promise<void>;
  deleteSet(set: string): Promise<void>;
  completed(key: string, how: 'early' | 'again'): Promise<void>;
  /** The next `times` calls of the route are refused, or their connection breaks when they are done. */
  fault(route: string, fault: number | 'reset-reply', times: number): void;
  advance(ms: number): void;
}

export interface HostOptions {
  readonly hostId?: string;
  readonly labels?: readonly string[];
  readonly group?: string;
  readonly capacity?: number;
}

export type Host = ReturnType<typeof hostOn>;

/** What one host heard, as lines. */
class Notes {
  readonly heard: string[] = [];
  readonly normal = new Normal();

  /** Without repetitions of one line or of two: how often something is tried again is a matter of time. */
  write(line: string): void {
    const [third, second, last] = this.heard.slice(-3);
    if (line === last) return;
    if (line === second && last === third && this.heard.length > 2) this.heard.pop();
    else this.heard.push(line);
  }

  note(what: string, value: unknown): void {
    this.write(`${what} ${JSON.stringify(this.normal.value(value))}`);
  }
}

/** A host with the real client; all that it hears is written down. */
export function hostOn(stage: Stage, options: HostOptions = {}) {
  const { hostId = 'abc123', labels = ['macOS', 'xcode-26'], group = 'macs' } = options;
  const announced = { capacity: options.capacity ?? 2 };
  const notes = new Notes();
  const line = stage.connect(hostId);
  const context = contextOn(line, notes);
  const place = { url: stage.url, runnerGroup: group, hostId };
  const github = createGitHubOver(line.rest(context), context, place);
  const queue = github.queue({ name: 'ios', labels });
  const set = `${ownPrefix(hostId)}ios`;
  const settled = (also: () => boolean = () => true) =>
    until(() => {
      const now = stage.set(set);
      const isQuiet = now?.heldPolls === 1 && now.unacknowledged === 0;
      return isQuiet && now.capacity === announced.capacity && also();
    });
  return {
    ...{ set, settled, heard: notes.heard },
    ...listeningOf(queue, notes, announced, settled, line),
    async mint(name: string, signal: AbortSignal) {
      const minted = await queue.mint(name, signal);
      notes.note('minted', minted.registrationId);
      return minted;
    },
    async remove(id: number, signal: AbortSignal) {
      notes.note('removed', await queue.remove(id, signal));
    },
    async look(signal: AbortSignal) {
      notes.note('registrations', await github.registrations(ownPrefix(hostId), signal));
    },
  };
}

function contextOn(line: Line, notes: Notes): Context {
  return {
    timings: { ...DEFAULT_TIMINGS, retryBaseMs: 5, backoffBaseMs: 5, conflictRetryMs: 20, cutEveryMs: 0 },
    ...{ log: () => undefined, time: systemTime, random: () => 0.5, version: '1.0.0' },
    http: recorded(line.http, notes),
  };
}

function listeningOf(
  queue: PoolQueue,
  notes: Notes,
  announced: { capacity: number },
  settled: () => Promise<void>,
  line: Line,
) {
  const stop = new AbortController();
  let done = Promise.resolve();
  const begin = () => {
    done = queue.listen(listenerOf(notes, announced), stop.signal);
  };
  return {
    /** Without waiting for the session to be got. */
    begin,
    async listen() {
      begin();
      await settled();
    },
    async announce(value: number) {
      announced.capacity = value;
      queue.capacityChanged();
      await settled();
    },
    async end() {
      stop.abort();
      await done;
    },
    /** Ends without a word to GitHub. */
    crash() {
      line.die();
      stop.abort();
    },
  };
}

function listenerOf(notes: Notes, announced: { readonly capacity: number }): QueueListener {
  let session: OpenSession | null = null;
  return {
    ...{ capacity: () => announced.capacity, formerSession: () => session },
    // With nothing open, 0 is not announced: the session is closed.
    openJobs: () => (announced.capacity === 0 ? [aJob()] : []),
    onMessage: async (message) => notes.note('message', message),
    onCount: async (count) => notes.note('count', count),
    onTrouble: (error) => notes.note('trouble', { code: Object(error).code, status: Object(error).status }),
    onProblems: (problems) => notes.note('problems', problems),
    onSession: (now) => {
      session = now;
    },
  };
}

/** Writes down each answer as it is heard, and each request that was given up. */
function recorded(http: Http, notes: Notes): Http {
  return async (url, request) => {
    const asked = () => notes.normal.text(`${request.method} ${url.pathname}`);
    try {
      const answer = await http(url, request);
      const text = await answer.text();
      const line = asked();
      notes.write(`${line} ${answer.status} ${JSON.stringify(notes.normal.body(text))}`);
      return { status: answer.status, headers: answer.headers, text: async () => text };
    } catch (error) {
      notes.write(`${asked()} ${request.signal.aborted ? 'given up' : 'broken'}`);
      throw error;
    }
  };
}
