/**
 * The second way in which jobs come (GitHub Enterprise Server): they are offered to every scale set that could run them,
 * and are nobody's until one set acquires them (actions/scaleset: session_client.go). Never more is acquired than the
 * capacity has free by GitHub's own, fresh count. What had to be left is asked for again when there may be room, at most
 * once per poll. A server that offers nothing is never asked.
 */
import * as z from 'zod';
import { type ActionsClient, nothing } from './actions-client.ts';
import { GitHubError } from './github-error.ts';
import type { ReadMessage } from './messages.ts';
import type { Session } from './session.ts';
import { readStatistics, SCALE_SETS } from './statistics.ts';

interface Room {
  readonly setId: number;
  /** The whole capacity, running jobs included. */
  readonly capacity: number;
  /** GitHub's count of assigned jobs as last heard, for a set that tells none when asked. */
  readonly assignedCount: number;
}

/** Claims jobs with the session's token; the ids that are missing from the answer went elsewhere. */
type Acquire = (requestIds: readonly number[]) => Promise<readonly number[]>;

const acquirable = z.object({ value: z.array(z.object({ runnerRequestId: z.number() })) }).nullable();
const acquired = z.object({ value: z.array(z.number()).nullish() });

export class Offers {
  readonly #client: ActionsClient;
  /** Offered to us, and as far as we know still nobody's. */
  #waiting = new Set<number>();
  /** Acquired, and not yet told as assigned: GitHub's count may not have them. */
  #acquired = new Set<number>();
  /** True once jobs were offered: this server wants them acquired. */
  #areUsed = false;
  /** There may be offers that we do not know. */
  #mustLook = false;
  /** Something happened since there was last no room, or nothing to acquire. */
  #isNews = false;
  #capacity = 0;

  constructor(client: ActionsClient) {
    this.#client = client;
  }

  /** A session was opened. What a former life was offered and left is not offered again by a message. */
  begin({ availableCount }: Session): void {
    this.#waiting.clear();
    this.#acquired.clear();
    this.#areUsed ||= availableCount > 0;
    this.#mustLook = true;
    this.#isNews = true;
  }

  hear({ offered, settled }: Pick<ReadMessage, 'offered' | 'settled'>): void {
    for (const id of offered) this.#waiting.add(id);
    for (const id of settled) {
      this.#waiting.delete(id);
      this.#acquired.delete(id);
    }
    this.#areUsed ||= offered.length > 0;
    this.#isNews = true;
  }

  /** GitHub had nothing to say for the length of a poll: its count is complete, and what was left may be free again. */
  quiet(): void {
    this.#acquired.clear();
    this.#mustLook = true;
    this.#isNews = true;
  }

  /** Acquires what there is room for. @throws GitHubError; the next call takes it up again */
  async acquire(room: Room, acquire: Acquire, signal: AbortSignal): Promise<void> {
    if (room.capacity > this.#capacity) {
      this.#mustLook = true;
      this.#isNews = true;
    }
    this.#capacity = room.capacity;
    if (!this.#areUsed || !this.#isNews || room.capacity <= 0) return;
    await this.#acquireFree(room, acquire, signal);
    this.#isNews = false;
  }

  async #acquireFree(room: Room, acquire: Acquire, signal: AbortSignal): Promise<void> {
    while (this.#mustLook || this.#waiting.size > 0) {
      const free = await this.#look(room, signal);
      const ids = [...this.#waiting].slice(0, Math.max(0, free));
      if (ids.length === 0) return;
      const ours = await acquire(ids);
      for (const id of ids) this.#waiting.delete(id);
      for (const id of ours) this.#acquired.add(id);
      // An answer that was lost makes what is ours look like another's: with any id missing, only a new count will do.
      if (ours.length === ids.length) return;
    }
  }

  /** How many jobs may be acquired now. Learns what is offered, too, when that is not known and there is room. */
  async #look({ setId, capacity, assignedCount }: Room, signal: AbortSignal): Promise<number> {
    const { assigned, available } = await readStatistics(this.#client, setId, signal);
    const free = capacity - (assigned ?? assignedCount) - this.#acquired.size;
    if (this.#mustLook && free > 0) {
      this.#waiting = new Set(available !== 0 ? await listOffers(this.#client, setId, signal) : []);
      this.#mustLook = false;
    }
    return free;
  }
}

/** 204 and 404 both mean that nothing is offered. */
async function listOffers(
  client: ActionsClient,
  setId: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const path = `${SCALE_SETS}/${setId}/acquirablejobs`;
  try {
    const answer = acquirable.safeParse(await client.call({ method: 'GET', path, schema: nothing }, signal));
    return answer.data?.value.map((offer) => offer.runnerRequestId) ?? [];
  } catch (error) {
    if (error instanceof GitHubError && error.code === 'github-not-found') return [];
    throw error;
  }
}

export async function acquireJobs(
  client: ActionsClient,
  { setId, token }: Session,
  requestIds: readonly number[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const path = `${SCALE_SETS}/${setId}/acquirejobs`;
  const { value } = await client.call(
    { method: 'POST', path, body: requestIds, schema: acquired, token },
    signal,
  );
  return value ?? [];
}
