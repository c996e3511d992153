/**
 * The workflow jobs that wait or run in some repositories, as the REST API tells them. Asked again and again, it answers
 * "304, as before" to what has not changed, which GitHub does not count against the rate limit. What the jobs mean for a
 * pool is `rest-queue.ts`'s affair.
 */
import * as z from 'zod';
import { createFresh } from './fresh.ts';
import { GitHubError } from './github-error.ts';
import type { Context } from './options.ts';
import { type Rest, readData } from './rest.ts';

const msOf = z
  .string()
  .nullish()
  .transform((text) => (text ? Date.parse(text) : null));

const workflowJob = z.object({
  id: z.number(),
  run_id: z.number(),
  name: z.string(),
  /** `queued`, `in_progress`, `completed`, and some that are none of ours to act on. */
  status: z.string(),
  conclusion: z.string().nullish(),
  labels: z.array(z.string()),
  runner_name: z.string().nullish(),
  created_at: msOf,
  started_at: msOf,
  completed_at: msOf,
});
const workflowRun = z.object({
  id: z.number(),
  event: z.string(),
  path: z.string().nullish(),
  head_branch: z.string().nullish(),
});
const runsPage = z.object({ workflow_runs: z.array(workflowRun) }).transform((page) => page.workflow_runs);
const jobsPage = z.object({ jobs: z.array(workflowJob) }).transform((page) => page.jobs);

export type WorkflowJob = z.output<typeof workflowJob>;

export interface ListedJob extends WorkflowJob {
  /** `owner/name` */
  readonly repository: string;
  readonly event: string;
  readonly workflowRef: string;
}

export interface RestJobs {
  /** All jobs of runs that are queued or in progress; at most a few seconds old, so that several pools can share. */
  listed(signal: AbortSignal): Promise<readonly ListedJob[]>;
  /** Null when GitHub knows no such job any more. */
  find(repository: string, id: number, signal: AbortSignal): Promise<WorkflowJob | null>;
}

const PAGE = 100;
/** GitHub tells no more than a thousand runs of one status. */
const MOST_PAGES = 10;
const ANSWERS_KEPT = 1_000;

export function createRestJobs(context: Context, rest: Rest, repositories: readonly string[]): RestJobs {
  const ask = createConditional(rest);

  async function all<T>(page: z.ZodType<readonly T[]>, path: string, query: object, signal: AbortSignal) {
    const items: T[] = [];
    for (let number = 1; number <= MOST_PAGES && items.length === (number - 1) * PAGE; number += 1) {
      items.push(
        ...readData(page, await ask(path, { ...query, per_page: PAGE, page: number }, signal), path),
      );
    }
    return items;
  }

  async function listOf(repository: string, signal: AbortSignal): Promise<readonly ListedJob[]> {
    const path = `/repos/${repository}/actions/runs`;
    // Queued ones first: a run that starts between the two lists is in the second.
    const queued = await all(runsPage, path, { status: 'queued' }, signal);
    const running = await all(runsPage, path, { status: 'in_progress' }, signal);
    const runs = new Map([...queued, ...running].map((run) => [run.id, run]));
    const jobs: ListedJob[] = [];
    for (const { id, event, path: file, head_branch } of runs.values()) {
      const workflowRef = `${repository}/${file ?? ''}@${head_branch ?? ''}`;
      const ofRun = await all(jobsPage, `${path}/${id}/jobs`, {}, signal);
      jobs.push(...ofRun.map((job) => ({ ...job, repository, event, workflowRef })));
    }
    return jobs;
  }

  const lists = createFresh({
    async obtain(signal) {
      const jobs: ListedJob[] = [];
      for (const repository of repositories) jobs.push(...(await listOf(repository, signal)));
      return { jobs, atMs: context.time.steadyMs() };
    },
    isFresh: ({ atMs }) => context.time.steadyMs() - atMs < context.timings.sweepEveryMs / 3,
  });
  return {
    listed: async (signal) => (await lists.get(signal)).jobs,
    async find(repository, id, signal) {
      const path = `/repos/${repository}/actions/jobs/${id}`;
      try {
        return readData(workflowJob, await ask(path, {}, signal), path);
      } catch (error) {
        if (error instanceof GitHubError && error.code === 'github-not-found') return null;
        throw error;
      }
    },
  };
}

/** Sends with each request what its last answer was known by, and gives that answer again when it is told to. */
function createConditional(rest: Rest) {
  const answers = new Map<string, { readonly etag: string; readonly data: unknown }>();
  return async (path: string, parameters: object, signal: AbortSignal): Promise<unknown> => {
    const key = `${path} ${JSON.stringify(parameters)}`;
    const known = answers.get(key);
    const headers: Record<string, string> = known ? { 'if-none-match': known.etag } : {};
    if (answers.size > ANSWERS_KEPT) answers.clear(); // Of runs long over, for the most part.
    try {
      const { data, headers: told } = await rest.request(
        { method: 'GET', path, parameters: { ...parameters }, headers },
        signal,
      );
      if (typeof told.etag === 'string') answers.set(key, { etag: told.etag, data });
      return data;
    } catch (error) {
      if (!known || !(error instanceof GitHubError) || error.status !== 304) throw error;
      return known.data;
    }
  };
}
