/** Repositories, workflow runs and their jobs in the REST API: the facts that trust is judged by. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { assign } from './assignment.ts';
import { requireIdentity } from './bootstrap.ts';
import { route } from './http.ts';
import { cancelRun, jobsOfRun } from './orders.ts';
import { restProblem } from './problem.ts';
import { createSamples, type Loose, numberOf, type Samples } from './samples.ts';
import type { Job, Run, World } from './state.ts';
import { CONCLUSION } from './views.ts';

const REPO = '/repos/:owner/:repo';
const params = z.object({ owner: z.string(), repo: z.string(), id: z.coerce.number().default(0) });

export interface Context {
  readonly world: World;
  readonly samples: Samples;
}

export function runRoutes(app: FastifyInstance, world: World): void {
  const context: Context = { world, samples: createSamples() };

  route(app, 'GET', REPO, 'get-repository', (request) => {
    requireIdentity(world, request);
    const { owner, repo } = params.parse(request.params);
    if (!world.settings.owners.includes(owner)) throw restProblem(404, 'Not Found');
    // Absent from the payload that repositories are made of.
    const more = { network_count: 0, subscribers_count: 1, has_discussions: false, allow_forking: false };
    return { ...describeRepository(context, `${owner}/${repo}`), ...more };
  });
  route(app, 'GET', `${REPO}/actions/runs`, 'list-runs', (request) => {
    requireIdentity(world, request);
    const { owner, repo } = params.parse(request.params);
    if (!world.settings.owners.includes(owner)) throw restProblem(404, 'Not Found');
    const { status } = z.object({ status: z.string().optional() }).parse(request.query);
    const runs = [...world.runs.values()]
      .filter((run) => run.repository === `${owner}/${repo}`)
      .map((run) => describeRun(context, run))
      .filter((run) => status === undefined || run.status === status || run.conclusion === status)
      .toReversed();
    return { total_count: runs.length, workflow_runs: pageOf(request, runs) };
  });
  route(app, 'GET', `${REPO}/actions/runs/:id`, 'get-run', (request) =>
    describeRun(context, requireRun(world, request)),
  );
  route(app, 'GET', `${REPO}/actions/runs/:id/jobs`, 'list-run-jobs', (request) => {
    const jobs = jobsOfRun(world, requireRun(world, request)).map((job) => describeJob(context, job));
    return { total_count: jobs.length, jobs: pageOf(request, jobs) };
  });
  route(app, 'GET', `${REPO}/actions/jobs/:id`, 'get-job', (request) => {
    requireIdentity(world, request);
    const { owner, repo, id } = params.parse(request.params);
    const job = world.jobs.find((each) => each.id === id && each.run.repository === `${owner}/${repo}`);
    if (!job) throw restProblem(404, 'Not Found');
    return describeJob(context, job);
  });
  verdictRoutes(app, world);
}

const pageQuery = z.object({
  per_page: z.coerce.number().int().min(1).max(100).catch(30),
  page: z.coerce.number().int().min(1).catch(1),
});

/** The newest first, 30 to a page unless told otherwise. */
function pageOf<T>(request: FastifyRequest, all: readonly T[]): readonly T[] {
  const { per_page: size, page } = pageQuery.parse(request.query);
  return all.slice((page - 1) * size, page * size);
}

function verdictRoutes(app: FastifyInstance, world: World): void {
  for (const verb of ['cancel', 'force-cancel'] as const) {
    route(app, 'POST', `${REPO}/actions/runs/:id/${verb}`, `${verb}-run`, (request, reply) => {
      const run = requireRun(world, request);
      requireWrite(world, request);
      if (!cancelRun(world, run)) throw restProblem(409, 'Cannot cancel a workflow run that is completed.');
      return reply.code(202).send({});
    });
  }
  route(app, 'POST', `${REPO}/actions/runs/:id/approve`, 'approve-run', (request, reply) => {
    const run = requireRun(world, request);
    requireWrite(world, request);
    if (!run.awaitsApproval)
      throw restProblem(403, 'This run is not from a fork pull request or needs no approval.');
    run.awaitsApproval = false;
    for (const job of jobsOfRun(world, run)) for (const watch of world.jobWatchers) watch(job);
    assign(world);
    return reply.code(201).send({});
  });
}

function requireRun(world: World, request: FastifyRequest): Run {
  requireIdentity(world, request);
  const { owner, repo, id } = params.parse(request.params);
  const run = world.runs.get(id);
  if (run?.repository !== `${owner}/${repo}`) throw restProblem(404, 'Not Found');
  return run;
}

function requireWrite(world: World, request: FastifyRequest): void {
  if (requireIdentity(world, request) !== 'admin')
    throw restProblem(403, 'Resource not accessible by integration');
}

/** A repository is as visible as its latest run says; one without runs is private. */
export function describeRepository({ world, samples }: Context, fullName: string): Loose {
  const latest = [...world.runs.values()].findLast((run) => run.repository === fullName);
  const visibility = latest?.visibility ?? 'private';
  return { ...samples.repository(fullName, world.origin), private: visibility !== 'public', visibility };
}

function describeHead(context: Context, run: Run): Loose | null {
  if (run.headRepository === null) return null;
  const isFork = run.headRepository !== run.repository;
  return { ...describeRepository(context, run.headRepository), fork: isFork };
}

function statusOf(world: World, run: Run): { status: string; conclusion: string | null } {
  if (run.awaitsApproval) return { status: 'completed', conclusion: 'action_required' };
  const jobs = jobsOfRun(world, run);
  if (jobs.some((job) => job.status === 'in_progress')) return { status: 'in_progress', conclusion: null };
  if (jobs.some((job) => job.status !== 'completed')) return { status: 'queued', conclusion: null };
  const worst = (['failed', 'canceled', 'succeeded'] as const).find((each) =>
    jobs.some((job) => job.result === each),
  );
  return { status: 'completed', conclusion: CONCLUSION[worst ?? 'succeeded'] };
}

function describeRun(context: Context, run: Run): Loose {
  const { world, samples } = context;
  const isPull = run.event.startsWith('pull_request');
  const created = new Date(run.createdMs).toISOString();
  const headOwner = (run.headRepository ?? run.repository).split('/')[0] ?? '';
  const head = describeHead(context, run);
  return {
    ...linksOf(world, run, samples.run(run.repository, world.origin)),
    ...statusOf(world, run),
    id: run.id,
    name: run.workflow,
    display_title: `${run.event} to ${run.ref}`,
    path: run.path,
    event: run.event,
    head_branch: isPull ? 'topic' : run.ref.replace(/^refs\/(heads|tags)\//, ''),
    head_sha: run.sha,
    run_attempt: run.attempt,
    created_at: created,
    updated_at: created,
    run_started_at: created,
    actor: samples.user(run.actor, world.origin),
    triggering_actor: samples.user(run.triggeringActor, world.origin),
    head_commit: {
      id: run.sha,
      tree_id: run.sha,
      message: `a change by ${headOwner}`,
      timestamp: created,
      author: { name: run.actor, email: `${run.actor}@example.com` },
      committer: { name: run.actor, email: `${run.actor}@example.com` },
    },
    repository: describeRepository(context, run.repository),
    head_repository: head,
    ...(run.headRepository === null ? {} : { head_repository_id: numberOf(run.headRepository) }),
    // GitHub leaves pull requests of forks out; those of branches carry more than any caller here reads.
    pull_requests: [],
    referenced_workflows: [],
  };
}

function linksOf(world: World, run: Run, base: Loose): Loose {
  const url = `${world.origin}/api/v3/repos/${run.repository}/actions/runs/${run.id}`;
  const links = ['jobs', 'logs', 'artifacts', 'cancel', 'rerun'].map((name) => [
    `${name}_url`,
    `${url}/${name}`,
  ]);
  return {
    ...base,
    url,
    html_url: `${world.origin}/${run.repository}/actions/runs/${run.id}`,
    ...Object.fromEntries(links),
  };
}

export function describeJob({ world, samples }: Context, job: Job): Loose {
  const { run } = job;
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  const url = `${world.origin}/api/v3/repos/${run.repository}/actions`;
  return {
    ...samples.job(run.repository, world.origin),
    id: job.id,
    run_id: run.id,
    run_url: `${url}/runs/${run.id}`,
    url: `${url}/jobs/${job.id}`,
    html_url: `${world.origin}/${run.repository}/actions/runs/${run.id}/job/${job.id}`,
    run_attempt: run.attempt,
    workflow_name: run.workflow,
    head_branch: run.ref.replace(/^refs\/(heads|tags)\//, ''),
    head_sha: run.sha,
    status: job.status === 'assigned' ? 'queued' : job.status,
    conclusion: job.result === null ? null : CONCLUSION[job.result],
    created_at: time(job.queuedMs),
    started_at: time(job.startedMs ?? job.queuedMs),
    completed_at: time(job.completedMs),
    name: job.name,
    labels: job.labels,
    steps: [],
    runner_id: job.runner?.id ?? null,
    runner_name: job.runner?.name ?? null,
    runner_group_id: job.runner?.groupId ?? null,
    runner_group_name: world.groups.find((group) => group.id === job.runner?.groupId)?.name ?? null,
  };
}
