/** The records of our runners at the Actions service: minted with a JIT configuration, removed by id. */
import * as z from 'zod';
import type { PoolQueue } from '../core/ports.ts';
import { type ActionsClient, nothing } from './actions-client.ts';
import type { Fresh } from './fresh.ts';
import { GitHubError } from './github-error.ts';
import { type ScaleSet, withScaleSet } from './scale-set.ts';

const AGENTS = '_apis/distributedtask/pools/0/agents';

const minted = z.object({ runner: z.object({ id: z.number() }), encodedJITConfig: z.string().min(1) });
const records = z.object({
  value: z.array(z.object({ id: z.number(), name: z.string(), runnerScaleSetId: z.number().nullish() })),
});

export function createRunnerRecords(
  client: ActionsClient,
  sets: Fresh<ScaleSet>,
): Pick<PoolQueue, 'mint' | 'remove'> {
  return {
    mint: (name, signal) =>
      withScaleSet(sets, signal, async (set) => {
        try {
          return await mint(client, set, name, signal);
        } catch (error) {
          if (!isOf(error, 'AgentExistsException')) throw error;
          await freeName(client, set, name, error, signal);
          return await mint(client, set, name, signal);
        }
      }),
    remove: (registrationId, signal) => remove(client, registrationId, signal),
  };
}

async function mint(client: ActionsClient, set: ScaleSet, name: string, signal: AbortSignal) {
  const path = `_apis/runtime/runnerscalesets/${set.id}/generatejitconfig`;
  const body = { name, workFolder: '_work' };
  const { runner, encodedJITConfig } = await client.call(
    { method: 'POST', path, body, schema: minted },
    signal,
  );
  return { registrationId: runner.id, jitConfig: encodedJITConfig };
}

/** Ours from an attempt whose answer was lost: delete it. Of another set: not ours to touch. */
async function freeName(
  client: ActionsClient,
  set: ScaleSet,
  name: string,
  cause: GitHubError,
  signal: AbortSignal,
) {
  const query = { agentName: name };
  const { value } = await client.call({ method: 'GET', path: AGENTS, query, schema: records }, signal);
  const record = value.find((candidate) => candidate.name === name);
  if (!record) return;
  const hint = 'nothing to do: the next runner gets another name';
  if (record.runnerScaleSetId !== set.id) {
    throw new GitHubError('github-conflict', `the runner name ${name} belongs to another scale set`, {
      hint,
      cause,
    });
  }
  if ((await remove(client, record.id, signal)) === 'busy') {
    throw new GitHubError('github-conflict', `the runner ${name} exists and runs a job`, { hint, cause });
  }
}

async function remove(
  client: ActionsClient,
  id: number,
  signal: AbortSignal,
): Promise<'removed' | 'gone' | 'busy'> {
  try {
    await client.call({ method: 'DELETE', path: `${AGENTS}/${id}`, schema: nothing }, signal);
    return 'removed';
  } catch (error) {
    if (isOf(error, 'JobStillRunningException')) return 'busy';
    if (error instanceof GitHubError && error.code === 'github-not-found') return 'gone';
    throw error;
  }
}

function isOf(error: unknown, typeName: string): error is GitHubError {
  return error instanceof GitHubError && error.typeName.includes(typeName);
}
