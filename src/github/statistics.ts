/**
 * GitHub's own count of a scale set's jobs, asked for. Messages and sessions bring it too, but only with other news: a
 * set that has become quiet would keep the last count for ever.
 */
import * as z from 'zod';
import type { ActionsClient } from './actions-client.ts';
import type { Context } from './options.ts';

export const SCALE_SETS = '_apis/runtime/runnerscalesets';

const counted = z.object({
  statistics: z.object({ totalAssignedJobs: z.number(), totalAvailableJobs: z.number().nullish() }).nullish(),
});

interface Statistics {
  /** Jobs assigned to the set, running ones included; null when GitHub did not say. */
  readonly assigned: number | null;
  /** Jobs that are offered to it and nobody's. */
  readonly available: number | null;
}

export async function readStatistics(
  client: ActionsClient,
  setId: number,
  signal: AbortSignal,
): Promise<Statistics> {
  const path = `${SCALE_SETS}/${setId}`;
  const { statistics } = await client.call({ method: 'GET', path, schema: counted }, signal);
  return {
    assigned: statistics?.totalAssignedJobs ?? null,
    available: statistics?.totalAvailableJobs ?? null,
  };
}

interface Count {
  readonly assigned: number;
  /** It is of this moment, and says of every job whether GitHub counts it. */
  readonly isFresh: boolean;
}

/**
 * The last known count after GitHub had nothing to tell, asked for anew when the open jobs, by what was told, are not as
 * many: one of the two is of yesterday. A failure is no trouble of the queue; the count stays as it was.
 */
export async function recount(
  {
    client,
    context,
    pool,
  }: { readonly client: ActionsClient; readonly context: Context; readonly pool: string },
  setId: number,
  known: { readonly assigned: number; readonly open: number },
  signal: AbortSignal,
): Promise<Count> {
  const old = { assigned: known.assigned, isFresh: false };
  if (known.assigned === known.open) return old;
  try {
    const { assigned } = await readStatistics(client, setId, signal);
    return assigned === null ? old : { assigned, isFresh: true };
  } catch (err) {
    if (!signal.aborted) context.log('debug', 'jobs could not be counted anew', { pool, err });
    return old;
  }
}
