/**
 * A pool's runner scale set at GitHub: found by name, made when missing, its labels kept as configured. GitHub deletes
 * idle scale sets by itself, so an id is good only until someone is told "not found" (ARC: issues 3205, 4370).
 */
import * as z from 'zod';
import { ownPrefix } from '../core/names.ts';
import type { ActionsClient } from './actions-client.ts';
import { createFresh, type Fresh } from './fresh.ts';
import { GitHubError } from './github-error.ts';
import type { Context, Log } from './options.ts';
import { SCALE_SETS } from './statistics.ts';

export interface ScaleSet {
  readonly id: number;
  readonly name: string;
  /** Labels that GitHub was given and did not keep: jobs that ask for them never come. */
  readonly lostLabels: readonly string[];
}

export interface ScaleSetWish {
  readonly hostId: string;
  readonly pool: string;
  readonly labels: readonly string[];
  readonly runnerGroup: string;
}

const scaleSet = z.object({
  id: z.number(),
  name: z.string(),
  labels: z.array(z.object({ name: z.string() })).nullish(),
});
type Found = z.output<typeof scaleSet>;

const scaleSets = z.object({ value: z.array(scaleSet) });
const groups = z.object({ value: z.array(z.object({ id: z.number(), name: z.string() })) });

/** Got once, then known until it is invalidated. */
export function createScaleSet(context: Context, client: ActionsClient, wish: ScaleSetWish): Fresh<ScaleSet> {
  const name = `${ownPrefix(wish.hostId)}${wish.pool}`;
  const labels = wish.labels.length > 0 ? wish.labels : [name]; // What GitHub makes of none.
  return createFresh({
    async obtain(signal) {
      const groupId = await findGroup(client, wish.runnerGroup, signal);
      const query = { runnerGroupId: String(groupId), name };
      const { value } = await client.call(
        { method: 'GET', path: SCALE_SETS, query, schema: scaleSets },
        signal,
      );
      const found = value.find((candidate) => candidate.name === name);
      const set = found
        ? await correct(client, found, labels, signal)
        : await client.call(
            {
              method: 'POST',
              path: SCALE_SETS,
              body: { name, runnerGroupId: groupId, ...settings(labels) },
              schema: scaleSet,
            },
            signal,
          );
      context.log('info', found ? 'scale set found' : 'scale set created', {
        pool: wish.pool,
        scaleSet: name,
        id: set.id,
      });
      const kept = labelsOf(set);
      const lostLabels = labels.filter((label) => !kept.includes(label.toLowerCase()));
      if (lostLabels.length > 0) warnOfLostLabels(context.log, wish.pool, lostLabels);
      return { id: set.id, name, lostLabels };
    },
    isFresh: () => true,
  });
}

/** GitHub's clients take the default group's id for granted (ARC: controllers/actions.github.com). */
async function findGroup(client: ActionsClient, name: string, signal: AbortSignal): Promise<number> {
  if (name.toLowerCase() === 'default') return 1;
  // The slash before the query is how GitHub's own client asks.
  const path = '_apis/runtime/runnergroups/';
  const { value } = await client.call(
    { method: 'GET', path, query: { groupName: name }, schema: groups },
    signal,
  );
  const [group, ...more] = value;
  if (group && more.length === 0) return group.id;
  throw unknownGroup(name, value.length);
}

export function unknownGroup(name: string, found: number): GitHubError {
  const hint = 'create the runner group in the settings of the organisation, or correct github.runnerGroup';
  const text = `GitHub knows ${found} runner groups named ${JSON.stringify(name)}`;
  return new GitHubError('github-not-found', text, { hint });
}

/** The runner never updates itself: it is part of the image. */
function settings(labels: readonly string[]) {
  return { labels: labels.map((name) => ({ name, type: 'System' })), RunnerSetting: { disableUpdate: true } };
}

async function correct(
  client: ActionsClient,
  found: Found,
  labels: readonly string[],
  signal: AbortSignal,
): Promise<Found> {
  const have = new Set(labelsOf(found));
  const want = new Set(labels.map((label) => label.toLowerCase()));
  if (have.symmetricDifference(want).size === 0) return found;
  const path = `${SCALE_SETS}/${found.id}`;
  return client.call(
    { method: 'PATCH', path, body: { name: found.name, ...settings(labels) }, schema: scaleSet },
    signal,
  );
}

function labelsOf(set: Found): readonly string[] {
  return (set.labels ?? []).map((label) => label.name.toLowerCase());
}

/** Older GitHub Enterprise Servers drop all labels but the first, in silence (actions/scaleset: README.md). */
function warnOfLostLabels(log: Log, pool: string, lost: readonly string[]): void {
  log('error', 'GitHub dropped labels of a pool: jobs that ask for them will wait forever', {
    pool,
    lost,
    hint: 'on GitHub Enterprise Server before 3.21 turn on the feature flag DistributedTask.AllowRunnerScaleSetCustomLabels, or give the pool a single label and set "defaultLabels" to false',
  });
}

/**
 * Runs `work` with the set's id. On a 404 it looks for the set again, makes it anew if GitHub has deleted it, and runs
 * `work` once more; looking is harmless, so a 404 of any kind will do.
 */
export async function withScaleSet<T>(
  sets: Fresh<ScaleSet>,
  signal: AbortSignal,
  work: (set: ScaleSet) => Promise<T>,
): Promise<T> {
  const set = await sets.get(signal);
  try {
    return await work(set);
  } catch (error) {
    if (!(error instanceof GitHubError) || error.status !== 404) throw error;
    sets.invalidate(set);
    return await work(await sets.get(signal));
  }
}
