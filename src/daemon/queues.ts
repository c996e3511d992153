/** Listens to GitHub, one queue per pool, and writes what it hears to the ledger before it is acknowledged. */
import type { Config } from '../config/schema.ts';
import { firstAfter } from '../core/due.ts';
import type { PoolQueue, QueueListener, QueueMessage } from '../core/ports.ts';
import type { Reading } from '../core/world.ts';
import type { Context } from './context.ts';
import { forgetUncounted } from './forget.ts';
import type { GitHubs } from './githubs.ts';
import { messageOf } from './intent.ts';
import { move } from './move.ts';

/** A queue that was silent for longer than this is unknown: a poll is answered or given up within 90 s. */
const STALE_MS = 180_000;

interface Line {
  readonly queue: PoolQueue;
  /** Where the pool's runners register. */
  readonly url: string;
  /** What GitHub knows the pool by: a queue with other labels, or at another place, is another one. */
  readonly identity: string;
  readonly stop: AbortController;
  done: Promise<void>;
  state: 'opening' | 'listening' | 'trouble';
  trouble: string | null;
  /** What is wrong with it though it may well be heard. */
  problems: readonly string[];
  assigned: number;
  heardMs: number;
}

type Tools = Pick<Context, 'ledger' | 'desk' | 'nowMs' | 'steadyMs' | 'log' | 'signal' | 'wake' | 'turned'>;

export class Queues {
  readonly #github: Omit<GitHubs, 'registrations'>;
  readonly #lines = new Map<string, Line>();
  /** Of pools whose queue was let go: one that comes back must wait for its session to be closed. */
  readonly #closing = new Map<string, Promise<void>>();

  constructor(github: Omit<GitHubs, 'registrations'>) {
    this.#github = github;
  }

  of(pool: string): PoolQueue | undefined {
    return this.#lines.get(pool)?.queue;
  }

  /** Where this pool's runners register. */
  urlOf(pool: string): string | undefined {
    return this.#lines.get(pool)?.url;
  }

  /** A queue at the address, of the pool if it is there; without an address the pool's own, or any if all are at one. */
  at(url: string | null, pool: string): PoolQueue | undefined {
    const own = this.#lines.get(pool);
    if (own && (url === null || own.url === url)) return own.queue;
    const urls = url === null ? [...new Set([...this.#lines.values()].map((line) => line.url))] : [url];
    const [only, ...others] = urls;
    return only === undefined || others.length > 0 ? undefined : this.#github.queueAt(only);
  }

  /** The address at which a record of that name was last seen. */
  addressSeen(name: string): string | null {
    return this.#github.whereSeen(name);
  }

  /** A queue at the address where a record of that name was last seen. */
  whereSeen(name: string, pool: string): PoolQueue | undefined {
    const url = this.addressSeen(name);
    return url === null ? undefined : this.at(url, pool);
  }

  state(pool: string): Pick<Line, 'state' | 'trouble' | 'problems'> {
    return this.#lines.get(pool) ?? { state: 'opening', trouble: null, problems: [] };
  }

  /** GitHub's count of assigned jobs, or unknown. */
  assigned(pool: string): Reading<number> {
    const line = this.#lines.get(pool);
    if (!line || line.state === 'opening') return { known: false, why: 'the queue is not open yet' };
    if (line.state === 'trouble') return { known: false, why: line.trouble ?? 'the queue cannot be read' };
    return { known: true, value: line.assigned };
  }

  /** Opens queues for new pools, closes those of pools that are no more, have other labels or moved. */
  follow(pools: Config['pools'], tools: Tools): void {
    const wanted = new Map(pools.map((pool) => [pool.name, this.#identityOf(pool)]));
    for (const [name, line] of this.#lines) {
      if (wanted.get(name) === line.identity) continue;
      line.stop.abort();
      this.#lines.delete(name);
      this.#closing.set(name, line.done);
    }
    for (const pool of pools) {
      if (!this.#lines.has(pool.name)) this.#open(pool, tools);
    }
  }

  /** Marks queues that have been silent for too long. Returns when the next one will have been, if nothing is heard. */
  watch(nowMs: number): number {
    const listening = [...this.#lines.values()].filter(({ state }) => state === 'listening');
    for (const line of listening) {
      if (nowMs < staleFromMs(line)) continue;
      line.state = 'trouble';
      line.trouble = `no word from GitHub's queue for ${Math.round((nowMs - line.heardMs) / 1000)} s`;
    }
    return firstAfter(nowMs, listening.map(staleFromMs));
  }

  /** Resolves when all listeners have ended, their sessions closed. */
  async closed(): Promise<void> {
    await Promise.allSettled(
      [...this.#lines.values()].map((line) => line.done).concat([...this.#closing.values()]),
    );
  }

  #identityOf(pool: Config['pools'][number]): string {
    return JSON.stringify([pool.labels, this.#github.placeOf(pool).key]);
  }

  #open(pool: Config['pools'][number], tools: Tools): void {
    const queue = this.#github.queue(pool);
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, tools.signal]);
    const line: Line = {
      queue,
      url: this.#github.placeOf(pool).url,
      identity: this.#identityOf(pool),
      stop,
      done: Promise.resolve(),
      state: 'opening',
      trouble: null,
      problems: [],
      assigned: 0,
      heardMs: tools.steadyMs(),
    };
    this.#lines.set(pool.name, line);
    const before = this.#closing.get(pool.name) ?? Promise.resolve();
    line.done = before
      .then(() => queue.listen(listenerFor(pool.name, line, tools), signal))
      .catch((err: unknown) =>
        tools.log.error({ pool: pool.name, err }, 'a queue ended in an unforeseen way'),
      );
  }
}

function staleFromMs({ heardMs }: Line): number {
  return heardMs + STALE_MS;
}

function listenerFor(pool: string, line: Line, tools: Tools): QueueListener {
  const { ledger, desk, steadyMs, log, wake, turned } = tools;
  const hear = (assigned: number): void => {
    if (line.state === 'trouble') log.info({ pool }, 'GitHub can be heard again');
    Object.assign(line, { state: 'listening', trouble: null, assigned, heardMs: steadyMs() });
    wake();
  };
  return {
    capacity: () => desk.announced.get(pool) ?? (desk.isDraining ? 0 : 1),
    async onMessage(message) {
      let isNew = false;
      // As one: a message that is not acknowledged comes again, and must find all of it to do, or nothing.
      ledger.transaction(() => {
        isNew = ledger.recordMessage(pool, message, steadyMs());
        if (isNew) auditMessage(pool, message, tools);
        // A guest that was silenced by its job never says that it is over. GitHub's word alone does not end it, though.
        for (const { runner } of message.completed) if (runner) move(tools, runner, { type: 'told-done' });
      });
      if (isNew) logMessage(pool, message, tools);
      if (message.assignedCount === 0) forgetUncounted(tools, pool, 0);
      hear(message.assignedCount);
      // The next poll announces a capacity: it must be that of the world with this news in it.
      await turned();
    },
    async onCount(assigned, isFresh) {
      if (isFresh) forgetUncounted(tools, pool, assigned);
      hear(assigned);
      await turned();
    },
    onTrouble(error) {
      if (line.state !== 'trouble')
        log.warn({ pool, err: error }, 'GitHub cannot be heard; jobs that run go on');
      Object.assign(line, { state: 'trouble', trouble: messageOf(error) });
      wake();
    },
    onProblems(problems) {
      line.problems = problems;
    },
    openJobs: () => ledger.openJobs(pool),
    formerSession: () => ledger.openSession(pool),
    onSession: (session) => ledger.setOpenSession(pool, session),
  };
}

function auditMessage(pool: string, message: QueueMessage, { ledger, nowMs }: Tools): void {
  const atMs = nowMs();
  for (const { id, displayName, repository } of message.assigned)
    ledger.audit(atMs, 'job-assigned', id, { pool, job: displayName, repository });
  for (const { jobId, runner } of message.started) ledger.audit(atMs, 'job-started', jobId, { pool, runner });
  for (const { jobId, runner, result } of message.completed)
    ledger.audit(atMs, 'job-completed', jobId, { pool, runner, result });
}

function logMessage(pool: string, { assigned, completed }: QueueMessage, { log }: Tools): void {
  for (const { id, displayName, repository } of assigned)
    log.info({ job: id, pool, name: displayName, repository }, 'job assigned');
  for (const { jobId, runner, result } of completed)
    log.info({ job: jobId, pool, runner, result }, 'job completed');
}
