/**
 * Runner records over the REST API alone: minting a JIT configuration and removing a record. The Actions service's way
 * to the same is `runner-records.ts`.
 */
import * as z from 'zod';
import type { PoolQueue } from '../core/ports.ts';
import { prefixOf, type Scope } from './config-url.ts';
import { GitHubError } from './github-error.ts';
import { type Rest, readData } from './rest.ts';
import { unknownGroup } from './scale-set.ts';

interface RecordsWish {
  readonly scope: Scope;
  readonly labels: readonly string[];
  readonly runnerGroup: string;
}

const minted = z.object({ runner: z.object({ id: z.number() }), encoded_jit_config: z.string().min(1) });
const found = z.object({ runners: z.array(z.object({ id: z.number(), name: z.string() })) });
const groups = z.object({ runner_groups: z.array(z.object({ id: z.number(), name: z.string() })) });

/** A repository has one group, and the default group of an organisation has the same id. */
const DEFAULT_GROUP = 1;

export function createRestRecords(rest: Rest, wish: RecordsWish): Pick<PoolQueue, 'mint' | 'remove'> {
  const runners = `${prefixOf(wish.scope)}/actions/runners`;

  async function mint(name: string, signal: AbortSignal) {
    const runner_group_id = await findGroup(rest, wish, signal);
    const parameters = { name, runner_group_id, labels: wish.labels, work_folder: '_work' };
    const path = `${runners}/generate-jitconfig`;
    const { data } = await rest.request({ method: 'POST', path, parameters }, signal);
    const { runner, encoded_jit_config } = readData(minted, data, 'the JIT configuration');
    return { registrationId: runner.id, jitConfig: encoded_jit_config };
  }

  async function remove(id: number, signal: AbortSignal): Promise<'removed' | 'gone' | 'busy'> {
    try {
      await rest.request({ method: 'DELETE', path: `${runners}/${id}` }, signal);
      return 'removed';
    } catch (error) {
      if (error instanceof GitHubError && error.status === 422) return 'busy';
      if (error instanceof GitHubError && error.status === 404) return 'gone';
      throw error;
    }
  }

  /** Ours, by its name, from an attempt whose answer was lost. */
  async function freeName(name: string, cause: unknown, signal: AbortSignal): Promise<void> {
    const { data } = await rest.request({ method: 'GET', path: runners, parameters: { name } }, signal);
    const record = readData(found, data, 'the list of runners').runners.find((each) => each.name === name);
    if (record && (await remove(record.id, signal)) === 'busy') {
      throw new GitHubError('github-conflict', `the runner ${name} exists and runs a job`, { cause });
    }
  }

  return {
    remove,
    async mint(name, signal) {
      try {
        return await mint(name, signal);
      } catch (error) {
        if (!(error instanceof GitHubError) || error.status !== 409) throw error;
        await freeName(name, error, signal);
        return mint(name, signal);
      }
    },
  };
}

async function findGroup(
  rest: Rest,
  { scope, runnerGroup }: RecordsWish,
  signal: AbortSignal,
): Promise<number> {
  const wanted = runnerGroup.toLowerCase();
  if (scope.kind === 'repository' || wanted === 'default') return DEFAULT_GROUP;
  const path = `${prefixOf(scope)}/actions/runner-groups`;
  const { data } = await rest.request({ method: 'GET', path, parameters: { per_page: 100 } }, signal);
  const all = readData(groups, data, 'the list of runner groups').runner_groups;
  const group = all.find(({ name }) => name.toLowerCase() === wanted);
  if (group) return group.id;
  throw unknownGroup(runnerGroup, 0);
}
