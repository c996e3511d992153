/**
 * Every REST route of the simulated GitHub, driven to every answer that it can give: as asked for, refused, not found,
 * in conflict, not understood. What the answers must look like is not judged here.
 */
import * as z from 'zod';
import { type AppKey, signAssertion } from '../support/github/app-key.ts';
import { type Answer, call as callOnce } from '../support/github/raw-client.ts';
import { runnerOf } from '../support/github/raw-runner.ts';
import type { SimulatedGitHub } from '../support/github/start.ts';

export interface Tour {
  readonly github: SimulatedGitHub;
  /** Where REST calls go. */
  readonly api: string;
  readonly app: { readonly issuer: string; readonly installationId: number; readonly key: AppKey };
  readonly admin: string;
  /** A token without administration rights. */
  readonly reader: string;
}

type Call = (method: string, path: string, token: string | null, body?: unknown) => Promise<Answer>;

export async function tourRest(tour: Tour): Promise<void> {
  const call: Call = (method, path, token, body) =>
    callOnce(method, `${tour.api}${path}`, {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { body }),
    });
  await visitApp(tour, call);
  for (const scope of ['orgs/acme', 'repos/acme/app', 'enterprises/acme']) {
    await visitTokens(tour, call, scope);
    await visitRunners(tour, call, scope);
  }
  for (const scope of ['orgs/acme', 'enterprises/acme']) await visitGroups(tour, call, scope);
  await visitRuns(tour, call);
  await visitVerdicts(tour, call);
  await visitDeliveries(tour, call);
  await call('GET', '/no/such/route', tour.admin);
}

async function visitApp({ app }: Tour, call: Call): Promise<void> {
  const nowS = Math.floor(Date.now() / 1_000);
  const sign = (jti: string) =>
    signAssertion(app.key, { iss: app.issuer, iat: nowS - 60, exp: nowS + 480, jti });
  const path = (id: number) => `/app/installations/${id}/access_tokens`;
  await call('POST', path(app.installationId), await sign('first'));
  await call('POST', path(404), await sign('second'));
  await call('POST', path(app.installationId), 'no.such.assertion');
}

async function visitTokens({ admin, reader }: Tour, call: Call, scope: string): Promise<void> {
  for (const kind of ['registration', 'remove']) {
    const path = `/${scope}/actions/runners/${kind}-token`;
    for (const token of [admin, reader, null]) await call('POST', path, token);
    await call('POST', path.replace('acme', 'nobody'), admin);
  }
}

async function visitRunners(tour: Tour, call: Call, scope: string): Promise<void> {
  const { admin, reader } = tour;
  const runners = `/${scope}/actions/runners`;
  const mint = (body: unknown) => call('POST', `${runners}/generate-jitconfig`, admin, body);
  const order = { name: 'jit-1', runner_group_id: 1, labels: ['macOS'], work_folder: '_work' };
  const first = credential.parse((await mint(order)).body);
  await mint(order);
  await mint({ ...order, name: 'jit-2', runner_group_id: 99 });
  await mint({ ...order, name: 'jit-2', labels: [] });
  await mint({ name: 'jit-2' });
  await call('POST', `${runners}/generate-jitconfig`, reader, order);
  for (const query of ['', '?per_page=1&page=2', '?name=jit-1']) await call('GET', runners + query, admin);
  await call('GET', runners, reader);
  await call('GET', runners, null);
  await call('GET', runners.replace('acme', 'nobody'), admin);
  const path = `${runners}/${first.runner.id}`;
  await call('GET', path, admin);
  await visitBusyRunner(tour, call, runners, first.encoded_jit_config);
  const second = credential.parse((await mint({ ...order, name: 'jit-2' })).body);
  const idle = `${runners}/${second.runner.id}`;
  for (const method of ['DELETE', 'DELETE', 'GET']) await call(method, idle, admin);
}

const credential = z.object({ runner: z.object({ id: z.int() }), encoded_jit_config: z.string() });

/** Online, busy, not to be deleted; and its job in progress, seen through REST. */
async function visitBusyRunner(
  { github, admin }: Tour,
  call: Call,
  runners: string,
  jit: string,
): Promise<void> {
  const job = github.queueJob({ labels: ['macOS'], name: 'busy' });
  const runner = runnerOf(jit);
  await runner.start();
  await call('GET', runners, admin);
  await call('GET', `${runners}/${runner.id}`, admin);
  await call('DELETE', `${runners}/${runner.id}`, admin);
  await call('GET', `/repos/acme/app/actions/jobs/${job.id}`, admin);
  await call('GET', `/repos/acme/app/actions/runs/${job.runId}`, admin);
  await runner.complete('failed');
  await call('GET', `/repos/acme/app/actions/jobs/${job.id}`, admin);
  await call('GET', `/repos/acme/app/actions/runs/${job.runId}/jobs`, admin);
}

async function visitGroups({ admin, reader }: Tour, call: Call, scope: string): Promise<void> {
  const groups = `/${scope}/actions/runner-groups`;
  await call('GET', groups, admin);
  await call('GET', groups, reader);
  for (const id of [1, 2, 99]) await call('GET', `${groups}/${id}`, admin);
}

async function visitRuns({ github, admin }: Tour, call: Call): Promise<void> {
  const pull = { labels: ['macOS'], event: 'pull_request', ref: 'refs/pull/7/merge', actor: 'mallory' };
  const orders = [
    { labels: ['macOS'] },
    { ...pull, headRepository: 'mallory/app' },
    { ...pull, headRepository: null },
    { labels: ['macOS'], visibility: 'public' as const, ref: 'refs/tags/v1' },
  ];
  for (const order of orders) {
    const { runId, id } = github.queueJob(order);
    await call('GET', `/repos/acme/app/actions/runs/${runId}`, admin);
    await call('GET', `/repos/acme/app/actions/runs/${runId}/jobs`, admin);
    await call('GET', `/repos/acme/app/actions/jobs/${id}`, admin);
    await call('GET', '/repos/acme/app', admin);
  }
  for (const query of ['', '?status=queued', '?per_page=1&page=2']) {
    await call('GET', `/repos/acme/app/actions/runs${query}`, admin);
  }
  for (const path of [
    '',
    '/actions/runs',
    '/actions/runs/404',
    '/actions/runs/404/jobs',
    '/actions/jobs/404',
  ]) {
    await call('GET', `/repos/nobody/app${path}`, admin);
    await call('GET', `/repos/acme/app${path}`, null);
  }
}

async function visitVerdicts({ github, admin, reader }: Tour, call: Call): Promise<void> {
  const act = (runId: number, verb: string, token = admin) =>
    call('POST', `/repos/acme/app/actions/runs/${runId}/${verb}`, token);
  for (const verb of ['cancel', 'force-cancel']) {
    const { runId } = github.queueJob({ labels: ['macOS'] });
    await act(runId, verb, reader);
    await act(runId, verb);
    await act(runId, verb);
    await call('GET', `/repos/acme/app/actions/runs/${runId}`, admin);
  }
  const waiting = github.queueJob({ labels: ['macOS'], awaitsApproval: true });
  await call('GET', `/repos/acme/app/actions/runs/${waiting.runId}`, admin);
  await act(waiting.runId, 'approve', reader);
  await act(waiting.runId, 'approve');
  await act(waiting.runId, 'approve');
  for (const verb of ['cancel', 'force-cancel', 'approve']) await act(404, verb);
}

const deliveries = z.array(z.object({ id: z.int() }));

/** One that its target answered, one that failed to connect, and one that does not exist. */
async function visitDeliveries(tour: Tour, call: Call): Promise<void> {
  const { github, admin, reader, app } = tour;
  const control = `${github.origin}/_control/webhooks`;
  await callOnce('POST', control, { body: { mishap: 'drop', action: 'queued' } });
  github.cancelJob(github.queueJob({ labels: ['macOS'] }).jobId);
  await callOnce('GET', control);
  const nowS = Math.floor(Date.now() / 1_000);
  const assertion = await signAssertion(app.key, { iss: app.issuer, iat: nowS - 60, exp: nowS + 480 });
  const hooks = [
    ['/orgs/acme/hooks/1', admin],
    ['/repos/acme/app/hooks/1', admin],
    ['/app/hook', assertion],
  ] as const;
  for (const [hook, token] of hooks) {
    const path = `${hook}/deliveries`;
    const newest = await call('GET', `${path}?per_page=2`, token);
    for (const refused of [reader, null]) await call('GET', path, refused);
    for (const { id } of [...deliveries.parse(JSON.parse(newest.text)), { id: 404 }]) {
      await call('GET', `${path}/${id}`, token);
      await call('POST', `${path}/${id}/attempts`, token);
    }
  }
  await call('GET', '/orgs/acme/hooks/2/deliveries', admin);
}
