/**
 * The listening loop of one pool: session, poll, hand over, acknowledge, for as long as it is wanted. No error ends it;
 * each is told and followed by a wait. A message is acknowledged only after it was taken over, so that a crash at any
 * point brings it again; within one life of the process its id keeps it from being handed over twice.
 */
import type { QueueListener } from '../core/ports.ts';
import { pause } from '../lib/time.ts';
import type { ActionsClient } from './actions-client.ts';
import type { Fresh } from './fresh.ts';
import { GitHubError } from './github-error.ts';
import type { HeldPoll } from './held-poll.ts';
import { type ReadMessage, readMessage } from './messages.ts';
import { acquireJobs, Offers } from './offers.ts';
import type { Context } from './options.ts';
import { ConflictWatch, waitAfter } from './patience.ts';
import { acknowledge, poll } from './poll.ts';
import { mayRest, rest } from './resting.ts';
import { type ScaleSet, withScaleSet } from './scale-set.ts';
import type { Session, Sessions } from './session.ts';
import { recount } from './statistics.ts';

export interface ListenDeps {
  readonly context: Context;
  readonly client: ActionsClient;
  readonly pool: string;
  readonly sets: Fresh<ScaleSet>;
  readonly sessions: Sessions;
  readonly held: HeldPoll;
}

/** GitHub always answers a poll; so many without an answer mean that it does not hear us. */
const LATE_TO_ALARM = 3;
/** More than a queue ever held unacknowledged. */
const REMEMBERED_IDS = 1_000;

export class QueueLoop {
  readonly #deps: ListenDeps;
  readonly #listener: QueueListener;
  readonly #signal: AbortSignal;
  readonly #offers: Offers;
  readonly #conflicts: ConflictWatch;
  #session: Session | undefined;
  /** The set that `#cursor` and `#handled` belong to: another set counts its messages anew. */
  #setId = 0;
  #cursor = 0;
  #handled = new Set<number>();
  #count = 0;
  #late = 0;

  constructor(deps: ListenDeps, listener: QueueListener, signal: AbortSignal) {
    this.#deps = deps;
    this.#listener = listener;
    this.#signal = signal;
    this.#offers = new Offers(deps.client);
    this.#conflicts = new ConflictWatch(deps.context, deps.pool);
  }

  /** Resolves when the signal has aborted and the session is closed. */
  async run(): Promise<void> {
    for (let failures = 0; !this.#signal.aborted; ) {
      try {
        await this.#round();
        failures = 0;
      } catch (error) {
        if (this.#signal.aborted) break;
        failures += 1;
        this.#tell(error);
        const { context } = this.#deps;
        await pause(context.time, waitAfter(error, failures, context), this.#signal);
      }
    }
    await this.#drop();
  }

  async #round(): Promise<void> {
    const { context, held } = this.#deps;
    if (mayRest(this.#listener, this.#count)) {
      await this.#drop();
      this.#count = await rest(this.#deps, this.#listener, this.#signal);
      return;
    }
    await this.#ready();
    await this.#acquire();
    const answer = await this.#withToken((session) =>
      held.run(
        () => this.#listener.capacity(),
        this.#signal,
        async (capacity, signal) =>
          // It may have become so since the round began: a 0 that can be helped is never announced.
          mayRest(this.#listener, this.#count)
            ? 'cut'
            : poll(context, session, { cursor: this.#cursor, capacity }, signal),
      ),
    );
    this.#late = answer === 'late' ? this.#late + 1 : 0;
    if (this.#late === LATE_TO_ALARM) throw this.#silence();
    if (answer === null || answer === 'late') {
      const known = { assigned: this.#count, open: this.#listener.openJobs().length };
      const count = await recount(this.#deps, this.#setId, known, this.#signal);
      this.#count = count.assigned;
      await this.#listener.onCount(count.assigned, count.isFresh);
      this.#offers.quiet();
    } else if (answer !== 'cut') await this.#take(readMessage(context, this.#deps.pool, answer));
  }

  /** A session with a token that lasts, for the set as it is now. */
  async #ready(): Promise<void> {
    const { sets, context } = this.#deps;
    const set = await sets.get(this.#signal);
    if (this.#session && this.#session.setId !== set.id) await this.#drop();
    if (!this.#session) await this.#open();
    else if (context.time.wallMs() >= this.#session.renewAtMs) await this.#renew();
  }

  async #open(): Promise<Session> {
    const { sets, sessions, context, pool } = this.#deps;
    const former = this.#listener.formerSession();
    // Left by a life that was killed: while it lingers GitHub refuses another, for about a minute.
    if (former && (await sessions.close(former))) this.#listener.onSession(null);
    const session = await withScaleSet(sets, this.#signal, (set) => sessions.open(set, this.#signal));
    this.#listener.onSession({ setId: session.setId, id: session.id });
    if (session.setId !== this.#setId) {
      this.#setId = session.setId;
      this.#cursor = 0;
      this.#handled = new Set();
    }
    this.#session = session;
    this.#offers.begin(session);
    this.#count = session.assignedCount ?? 0;
    context.log('info', 'listening for jobs', { pool, scaleSetId: session.setId });
    await this.#settle();
    await this.#listener.onCount(this.#count, session.assignedCount !== null);
    return session;
  }

  /** What is wrong now that there is a session: nothing, but for what GitHub made of our labels. */
  async #settle(): Promise<void> {
    this.#conflicts.over();
    const { lostLabels } = await this.#deps.sets.get(this.#signal);
    this.#listener.onProblems(
      lostLabels.length === 0
        ? []
        : [`GitHub dropped the labels ${lostLabels.join(', ')}: jobs that ask for them never come`],
    );
  }

  /** A session that GitHub forgot is replaced at once; the cursor stays, as the messages belong to the set. */
  async #renew(): Promise<Session> {
    if (!this.#session) return this.#open();
    const renewed = await this.#deps.sessions.renew(this.#session, this.#signal);
    this.#session = renewed ?? undefined;
    if (!renewed) return this.#open();
    // The only news of the count while no message comes.
    this.#count = renewed.assignedCount ?? this.#count;
    return renewed;
  }

  /** Runs a request of the session; a token that expired is renewed once. */
  async #withToken<T>(request: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await request(this.#session ?? (await this.#open()));
    } catch (error) {
      if (!(error instanceof GitHubError) || error.status !== 401) return this.#refuse(error);
    }
    const session = await this.#renew();
    try {
      return await request(session);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Errors that mean the session itself is of no use any more: the next round opens another. */
  async #refuse(error: unknown): Promise<never> {
    if (error instanceof GitHubError && (error.status === 401 || error.code === 'github-not-found'))
      await this.#drop();
    throw error;
  }

  async #take(message: ReadMessage): Promise<void> {
    const { messageId, offered, settled, ...news } = message;
    this.#count = message.assignedCount ?? this.#count;
    if (!this.#handled.has(messageId)) {
      await this.#listener.onMessage({ ...news, messageId, assignedCount: this.#count });
      this.#remember(messageId);
      this.#offers.hear({ offered, settled });
    }
    // Before the acknowledgement: after a crash in between the offer comes again, and is found to be ours.
    await this.#acquire();
    this.#cursor = Math.max(this.#cursor, messageId);
    try {
      await this.#withToken((session) => acknowledge(this.#deps.context, session, messageId, this.#signal));
    } catch (err) {
      if (this.#signal.aborted) return;
      // Harmless: it comes again with the next life of this process, to a ledger that knows it.
      this.#deps.context.log('warn', 'a message could not be acknowledged', {
        pool: this.#deps.pool,
        messageId,
        err,
      });
    }
  }

  /** Offers that cannot be acquired now stay offers: no reason to doubt the queue. */
  async #acquire(): Promise<void> {
    const { client, context, pool } = this.#deps;
    const acquire = (ids: readonly number[]) =>
      this.#withToken((session) => acquireJobs(client, session, ids, this.#signal));
    let capacity: number;
    do {
      capacity = this.#listener.capacity();
      const room = { setId: this.#setId, capacity, assignedCount: this.#count };
      try {
        await this.#offers.acquire(room, acquire, this.#signal);
      } catch (err) {
        if (!this.#signal.aborted) context.log('warn', 'offered jobs cannot be acquired', { pool, err });
        return;
      }
    } while (this.#listener.capacity() > capacity); // It grew meanwhile: no poll will be cut for that.
  }

  #remember(messageId: number): void {
    this.#handled.add(messageId);
    const [oldest] = this.#handled;
    if (this.#handled.size > REMEMBERED_IDS && oldest !== undefined) this.#handled.delete(oldest);
  }

  async #drop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session && (await this.#deps.sessions.close(session))) this.#listener.onSession(null);
  }

  #tell(error: unknown): void {
    const { context, pool } = this.#deps;
    context.log('warn', 'the queue cannot be read', { pool, err: error });
    const alarm = this.#conflicts.refused(error);
    if (alarm !== null) this.#listener.onProblems([alarm]);
    try {
      this.#listener.onTrouble(error);
    } catch (err) {
      context.log('error', 'the listener failed on being told of trouble', { pool, err });
    }
  }

  #silence(): GitHubError {
    this.#late = 0;
    return new GitHubError('github-unavailable', `${LATE_TO_ALARM} polls in a row had no answer at all`);
  }
}
