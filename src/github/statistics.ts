/**
 * GitHub's own count of a scale set's jobs, asked for. Messages and sessions bring it too, but only with other news: a
 * set that has become quiet would keep the last count for ever.
 */
import * as z from 'zod';
import type { ActionsClient } from './actions-client.ts';

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
