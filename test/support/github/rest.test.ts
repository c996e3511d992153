/** Items 32 and 33: runner administration and run facts, checked against GitHub's own OpenAPI description. */
import { expect, test } from 'vitest';
import { loadOpenApi } from './open-api.ts';
import type { Options } from './options.ts';
import { call, listen, PAT } from './raw-client.ts';
import { runnerOf } from './raw-runner.ts';
import { simulate } from './simulate.ts';

const openApi = loadOpenApi();
const RUNNERS = '/orgs/{org}/actions/runners';
const RUN = '/repos/{owner}/{repo}/actions/runs/{run_id}';

async function simulateWithRest(options: Options = {}) {
  const github = await simulate(options);
  const rest = (method: string, path: string, body?: unknown) =>
    call(method, `${github.origin}/api/v3${path}`, {
      authorization: PAT,
      ...(body === undefined ? {} : { body }),
    });
  return { ...github, github, rest };
}

test('item 32: a REST credential takes 201, 404, 409 and 422, and its runner takes jobs by label', async () => {
  const { rest, queueJob, jobs } = await simulateWithRest();
  const mint = (body: unknown) => rest('POST', '/orgs/acme/actions/runners/generate-jitconfig', body);
  const order = { name: 'jit', runner_group_id: 1, labels: ['macOS', 'arm64'] };
  const minted = await mint(order);
  expect(minted.status).toBe(201);
  expect(openApi.faults('post', `${RUNNERS}/generate-jitconfig`, 201, minted.body)).toEqual([]);
  const clash = await mint(order);
  expect(clash.status).toBe(409);
  expect(openApi.faults('post', `${RUNNERS}/generate-jitconfig`, 409, clash.body)).toEqual([]);
  expect((await mint({ ...order, name: 'x', runner_group_id: 9 })).status).toBe(404);
  const { runner_group_id: _left, ...incomplete } = order;
  expect((await mint(incomplete)).status).toBe(422);
  expect((await mint({ ...order, name: 'y', labels: [] })).status).toBe(422);

  queueJob({ labels: ['linux'] });
  const { jobId } = queueJob({ labels: ['macOS'] });
  expect(await runnerOf(String(minted.body.encoded_jit_config)).start()).toBe(jobId);
  expect(jobs()[1]).toMatchObject({ status: 'in_progress', runnerName: 'jit' });
});

test('item 32: runners are listed in pages with links, and found by name', async () => {
  const { rest, github } = await simulateWithRest();
  const listener = await listen(github);
  for (const name of ['a', 'b', 'c']) await listener.mint(name);
  const first = await rest('GET', '/orgs/acme/actions/runners?per_page=2');
  expect(openApi.faults('get', RUNNERS, 200, first.body)).toEqual([]);
  expect(first.body).toMatchObject({ total_count: 3, runners: [{ name: 'a' }, { name: 'b' }] });
  const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
  const second = await call('GET', next, { authorization: PAT });
  expect(second.body).toMatchObject({ total_count: 3, runners: [{ name: 'c' }] });
  expect(second.headers.get('link')).toMatch(/rel="prev".*rel="first"/);
  expect((await rest('GET', '/orgs/acme/actions/runners?name=b')).body).toMatchObject({
    total_count: 1,
    runners: [{ name: 'b' }],
  });
  expect((await rest('GET', '/repos/acme/app/actions/runners')).body).toMatchObject({ total_count: 0 });
});

test('item 32: an idle runner is deleted, a busy one is kept', async () => {
  const { rest, github, queueJob } = await simulateWithRest();
  const listener = await listen(github);
  await listener.poll();
  queueJob({ labels: ['macOS'] });
  const busy = await listener.runner('busy');
  await busy.start();
  const shown = await rest('GET', `/orgs/acme/actions/runners/${busy.id}`);
  expect(shown.body).toMatchObject({ status: 'online', busy: true, version: '2.337.0' });
  expect(openApi.faults('get', `${RUNNERS}/{runner_id}`, 200, shown.body)).toEqual([]);
  expect((await rest('DELETE', `/orgs/acme/actions/runners/${busy.id}`)).status).toBe(422);
  const idle = await listener.runner('idle');
  expect((await rest('DELETE', `/orgs/acme/actions/runners/${idle.id}`)).status).toBe(204);
  expect((await rest('GET', `/orgs/acme/actions/runners/${idle.id}`)).status).toBe(404);
});

test('item 32: groups show whom they serve', async () => {
  const { rest } = await simulateWithRest({
    groups: [{ name: 'strict', repositories: ['acme/app'], workflows: ['acme/app/x@main'] }],
  });
  const list = await rest('GET', '/orgs/acme/actions/runner-groups');
  expect(openApi.faults('get', '/orgs/{org}/actions/runner-groups', 200, list.body)).toEqual([]);
  expect((await rest('GET', '/orgs/acme/actions/runner-groups/2')).body).toMatchObject({
    visibility: 'selected',
    restricted_to_workflows: true,
    allows_public_repositories: false,
  });
  const ofEnterprise = await rest('GET', '/enterprises/acme/actions/runner-groups/2');
  expect(Object.keys(ofEnterprise.body)).not.toContain('inherited');
});

test('item 6: registration tokens have the form that GitHub describes', async () => {
  const { rest } = await simulateWithRest();
  const { body } = await rest('POST', '/orgs/acme/actions/runners/registration-token');
  expect(openApi.faults('post', `${RUNNERS}/registration-token`, 201, body)).toEqual([]);
});

test('item 33: a run, its jobs and its repository have the form that GitHub describes', async () => {
  const { rest, queueJob } = await simulateWithRest();
  const { runId, id } = queueJob({ labels: ['macOS'], event: 'push', actor: 'mona' });
  const run = await rest('GET', `/repos/acme/app/actions/runs/${runId}`);
  expect(openApi.faults('get', RUN, 200, run.body)).toEqual([]);
  expect(run.body).toMatchObject({
    id: runId,
    event: 'push',
    status: 'queued',
    path: '.github/workflows/ci.yml',
    head_branch: 'main',
    actor: { login: 'mona' },
    repository: { full_name: 'acme/app', fork: false, private: true, owner: { login: 'acme' } },
    head_repository: { full_name: 'acme/app', fork: false },
  });
  expect(run.text).not.toMatch(/octo-org|Codertocat|api\.github\.com/);
  const jobs = await rest('GET', `/repos/acme/app/actions/runs/${runId}/jobs`);
  expect(openApi.faults('get', `${RUN}/jobs`, 200, jobs.body)).toEqual([]);
  const job = await rest('GET', `/repos/acme/app/actions/jobs/${id}`);
  expect(openApi.faults('get', '/repos/{owner}/{repo}/actions/jobs/{job_id}', 200, job.body)).toEqual([]);
  expect(job.body).toMatchObject({ id, run_id: runId, status: 'queued', runner_name: null });
  const repository = await rest('GET', '/repos/acme/app');
  expect(openApi.faults('get', '/repos/{owner}/{repo}', 200, repository.body)).toEqual([]);
  expect((await rest('GET', `/repos/acme/other/actions/runs/${runId}`)).status).toBe(404);
});

test('item 33: forks, deleted forks and re-runs show as they do at GitHub', async () => {
  const { rest, queueJob, github } = await simulateWithRest();
  const runOf = async (runId: number) => (await rest('GET', `/repos/acme/app/actions/runs/${runId}`)).body;
  const pull = { labels: ['macOS'], event: 'pull_request', ref: 'refs/pull/7/merge', actor: 'mallory' };
  const fork = await runOf(queueJob({ ...pull, headRepository: 'mallory/app' }).runId);
  expect(openApi.faults('get', RUN, 200, fork)).toEqual([]);
  expect(fork).toMatchObject({
    pull_requests: [],
    head_repository: { full_name: 'mallory/app', fork: true },
  });
  expect(fork.head_repository).not.toMatchObject({ id: fork.repository });
  const orphan = await runOf(queueJob({ ...pull, headRepository: null }).runId);
  // Null against the description, which is wrong here (github/rest-api-description: issue 1586).
  expect(openApi.faults('get', RUN, 200, orphan)).toEqual(['/head_repository must be object']);

  const { runId, jobId } = queueJob({ labels: ['macOS'], event: 'pull_request_target', actor: 'mona' });
  github.cancelJob(jobId);
  await call('POST', `${github.origin}/_control/runs/${runId}/rerun`, {
    body: { triggeringActor: 'mallory' },
  });
  const rerun = {
    event: 'pull_request_target',
    run_attempt: 2,
    actor: { login: 'mona' },
    triggering_actor: { login: 'mallory' },
  };
  expect(await runOf(runId)).toMatchObject(rerun);
});

test('item 33: a run is cancelled once, and waits for approval when it must', async () => {
  const { rest, github, queueJob, jobs } = await simulateWithRest();
  await (await listen(github)).poll();
  const { runId } = queueJob({ labels: ['macOS'] });
  const cancelled = await rest('POST', `/repos/acme/app/actions/runs/${runId}/cancel`);
  expect(cancelled.status).toBe(202);
  expect(openApi.faults('post', `${RUN}/cancel`, 202, cancelled.body)).toEqual([]);
  expect((await rest('POST', `/repos/acme/app/actions/runs/${runId}/cancel`)).status).toBe(409);

  const waiting = queueJob({ labels: ['macOS'], awaitsApproval: true });
  expect(jobs()[1]).toMatchObject({ status: 'queued' });
  const approve = () => rest('POST', `/repos/acme/app/actions/runs/${waiting.runId}/approve`);
  expect((await rest('GET', `/repos/acme/app/actions/runs/${waiting.runId}`)).body).toMatchObject({
    conclusion: 'action_required',
  });
  expect((await approve()).status).toBe(201);
  expect(jobs()[1]).toMatchObject({ status: 'assigned' });
  expect((await approve()).status).toBe(403);
});

test('item 34: limits and plain refusals are told apart by their headers', async () => {
  const { rest, github } = await simulateWithRest();
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1900000000' };
  github.fault(
    'list-runners',
    { kind: 'status', status: 403, headers, body: { message: 'API rate limit exceeded' } },
    1,
  );
  github.fault('list-runners', { kind: 'status', status: 429, retryAfter: 60, headers: {} }, 1);
  const primary = await rest('GET', '/orgs/acme/actions/runners');
  expect([primary.status, primary.headers.get('x-ratelimit-remaining')]).toEqual([403, '0']);
  const secondary = await rest('GET', '/orgs/acme/actions/runners');
  expect([secondary.status, secondary.headers.get('retry-after')]).toEqual([429, '60']);
});

test('runs are listed by their status and in pages, as GitHub describes them', async () => {
  const { rest, queueJob } = await simulateWithRest();
  for (const name of ['one', 'two', 'three']) queueJob({ name, labels: ['macOS'] });
  const path = '/repos/{owner}/{repo}/actions/runs';
  const queued = await rest('GET', '/repos/acme/app/actions/runs?status=queued&per_page=2');
  expect(openApi.faults('get', path, 200, queued.body)).toEqual([]);
  expect(queued.body).toMatchObject({ total_count: 3, workflow_runs: [{ status: 'queued' }, {}] });
  const rest2 = await rest('GET', '/repos/acme/app/actions/runs?status=queued&per_page=2&page=2');
  expect(rest2.body.workflow_runs).toHaveLength(1);
  const running = await rest('GET', '/repos/acme/app/actions/runs?status=in_progress');
  expect(running.body).toMatchObject({ total_count: 0, workflow_runs: [] });
});

test('what has not changed is answered 304, and in full once it has', async () => {
  const { github, queueJob } = await simulateWithRest();
  const { runId, jobId } = queueJob({ labels: ['macOS'] });
  const url = `${github.origin}/api/v3/repos/acme/app/actions/runs/${runId}/jobs`;
  const get = (etag: string) => fetch(url, { headers: { authorization: PAT, 'if-none-match': etag } });
  const etag = (await get('')).headers.get('etag') ?? '';
  const same = await get(etag);
  expect([same.status, await same.text()]).toEqual([304, '']);
  github.cancelJob(jobId);
  expect((await get(etag)).status).toBe(200);
});
