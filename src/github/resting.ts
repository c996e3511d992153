/**
 * A queue without a session: GitHub gives its jobs to other hosts, or keeps them until one has room. That is better than
 * to announce 0, after which jobs queued meanwhile were seen never to come, and than to win a job that only waits. Whether
 * to listen is the daemon's decision, by the capacity; the session is the loop's.
 */
import type { QueueListener } from '../core/ports.ts';
import { pause } from '../lib/time.ts';
import type { ActionsClient } from './actions-client.ts';
import type { Fresh } from './fresh.ts';
import type { HeldPoll } from './held-poll.ts';
import type { Context } from './options.ts';
import { type ScaleSet, withScaleSet } from './scale-set.ts';
import { readStatistics } from './statistics.ts';

/** As often as a poll would tell the count. */
const COUNT_EVERY_MS = 60_000;

/** Nothing may come, and nothing is open of which there could be news. `assignedCount` is GitHub's own. */
export function mayRest(
  { capacity, openJobs }: Pick<QueueListener, 'capacity' | 'openJobs'>,
  assignedCount: number,
): boolean {
  return capacity() === 0 && assignedCount === 0 && openJobs().length === 0;
}

interface RestDeps {
  readonly context: Context;
  readonly client: ActionsClient;
  readonly sets: Fresh<ScaleSet>;
  readonly held: HeldPoll;
}

/**
 * Rests until the capacity changes, or for a while, once the session is closed. Answers GitHub's count: what was assigned
 * before the session closed stays ours, and is no longer told. @throws GitHubError when there is no knowing it
 */
export async function rest(
  { context, client, sets, held }: RestDeps,
  listener: QueueListener,
  signal: AbortSignal,
): Promise<number> {
  // Should GitHub's counts disagree, a session would be opened and closed without end: no sooner than polls are cut.
  await pause(context.time, context.timings.cutEveryMs, signal);
  const { assigned } = await withScaleSet(sets, signal, ({ id }) => readStatistics(client, id, signal));
  const count = assigned ?? 0;
  await listener.onCount(count, assigned !== null);
  if (mayRest(listener, count))
    await held.run(listener.capacity, signal, (_, cut) => pause(context.time, COUNT_EVERY_MS, cut));
  return count;
}
