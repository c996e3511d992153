/** Item 36: what a runner is offered and told, and by which token it may speak about its job. */
import { expect, test } from 'vitest';
import * as z from 'zod';
import { call, type Listener, listen } from './raw-client.ts';
import { offerOf } from './raw-runner.ts';
import { simulate } from './simulate.ts';

const job = { labels: ['macOS'] };
const pairs = z.array(z.object({ k: z.string(), v: z.unknown() }));

test('the runner is told its steps and which run they belong to', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  const steps = [
    { name: 'greet', run: 'echo hi', if: 'always()' },
    { run: 'true' },
    { run: 'true', if: `\${{ github.ref == 'x' }}` },
  ];
  const order = {
    ...job,
    name: 'test',
    steps,
    event: 'pull_request',
    ref: 'refs/pull/7/merge',
    actor: 'mona',
  };
  const { jobId, runId } = github.queueJob(order);
  const runner = await listener.runner('one');
  await runner.start();
  expect(runner.job).toMatchObject({
    messageType: 'RunnerJobRequest',
    jobId,
    jobDisplayName: 'test',
    steps: [
      {
        reference: { type: 'script' },
        displayNameToken: { type: 0, lit: 'greet' },
        inputs: { type: 2, map: [{ Key: 'script', Value: { type: 0, lit: 'echo hi' } }] },
        condition: 'always()',
      },
      { condition: 'success()' },
      { condition: "success() && (github.ref == 'x')" },
    ],
    variables: { 'system.github.job': { value: 'test' } },
  });
  const { github: context } = z.object({ github: z.object({ d: pairs }) }).parse(runner.job.contextData);
  expect(Object.fromEntries(context.d.map(({ k, v }) => [k, v]))).toMatchObject({
    repository: 'acme/app',
    run_id: String(runId),
    run_attempt: '1',
    workflow: 'CI',
    event_name: 'pull_request',
    ref: 'refs/pull/7/merge',
    sha: expect.stringMatching(/^[0-9a-f]{40}$/),
    actor: 'mona',
  });
});

test('an offer is repeated until it is acquired, and void once the job is cancelled', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  const { jobId } = github.queueJob(job);
  const runner = await listener.runner('one');
  await runner.authenticate();
  await runner.openSession();
  const offer = await runner.poll();
  expect(offer.body).toMatchObject({ messageType: 'RunnerJobRequest' });
  expect((await runner.poll()).body).toEqual(offer.body);
  github.cancelJob(jobId);
  expect((await runner.poll()).status).toBe(202);
  const next = github.queueJob(job);
  expect(await runner.start(), 'the runner is free for another job').toBe(next.jobId);
});

test('an offer that was acknowledged is not repeated', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  github.queueJob(job);
  const runner = await listener.runner('one');
  await runner.authenticate();
  await runner.openSession();
  const offer = await runner.poll();
  const { runner_request_id: id } = offerOf(offer);
  expect((await runner.acknowledge('another')).body.errorKind).toBe('AcknowledgeJobNotFound');
  expect((await runner.acknowledge(id)).status).toBe(200);
  expect((await runner.poll()).status).toBe(202);
});

/** A runner whose job runs. */
async function start(listener: Listener) {
  const runner = await listener.runner('one');
  const token = String((await runner.authenticate()).body.access_token);
  await runner.start();
  const { url, authorization, data } = endpointSchema.parse(runner.job).resources.endpoints[0];
  return { runner, url, runnerToken: token, jobToken: authorization.parameters.AccessToken, data };
}

const endpointSchema = z.object({
  resources: z.object({
    endpoints: z.tuple([
      z.object({
        url: z.url(),
        authorization: z.object({ parameters: z.object({ AccessToken: z.string() }) }),
        data: z.object({ ResultsServiceUrl: z.url() }),
      }),
    ]),
  }),
});

test('about a running job only its own token speaks, and only about this job', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  github.queueJob(job);
  const { runner, url, runnerToken, jobToken } = await start(listener);
  const [queued] = github.world.jobs;
  const body = { planId: queued?.planId, jobId: queued?.queueId };
  const renew = (token: string, fields: object) =>
    call('POST', `${url}renewjob`, { authorization: `Bearer ${token}`, body: fields });
  expect((await renew(runnerToken, body)).status).toBe(401);
  expect((await renew(jobToken, { ...body, planId: 'another' })).status).toBe(404);
  expect((await renew(jobToken, body)).status).toBe(200);
  expect((await runner.complete('succeeded')).status).toBe(204);
  expect((await renew(jobToken, body)).status).toBe(404);
});

test('a log grows in a blob under a signed address, and is then entered', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  github.queueJob(job);
  const { jobToken, data } = await start(listener);
  const [queued] = github.world.jobs;
  const names = { workflow_run_backend_id: queued?.planId, workflow_job_run_backend_id: queued?.queueId };
  const twirp = (method: string, fields: object = {}) =>
    call('POST', `${data.ResultsServiceUrl}twirp/results.services.receiver.Receiver/${method}`, {
      authorization: `Bearer ${jobToken}`,
      body: { ...names, ...fields },
    });
  const url = String((await twirp('GetJobLogsSignedBlobURL')).body.logs_url);
  const put = (query: string, body: string) => fetch(url + query, { method: 'PUT', body });
  await put('', '');
  await put('&comp=appendblock', 'a');
  await put('&comp=appendblock&seal=true', 'b');
  expect((await put('&comp=appendblock', 'c')).status).toBe(409);
  expect((await fetch(url.replace(/sig=./, 'sig=x'), { method: 'PUT', body: 'd' })).status).toBe(403);
  await twirp('CreateJobLogsMetadata', { uploaded_at: new Date().toISOString(), line_count: 2 });
  expect(queued?.logBlobs.get('job')).toEqual({ text: 'ab', sealed: true, lineCount: 2 });
  expect((await twirp('GetJobLogsSignedBlobURL', { workflow_run_backend_id: 'x' })).status).toBe(404);
});

test('the older session sends a runner on to the broker', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  const runner = await listener.runner('one');
  const authorization = `Bearer ${String((await runner.authenticate()).body.access_token)}`;
  const base = listener.actions.base;
  const directory = await call('GET', `${base}_apis/connectionData?api-version=1.0`, { authorization });
  expect(directory.text).toContain('134e239e-2df3-4794-a6f6-24f1f19ec8dc');
  const session = await call('POST', `${base}_apis/distributedtask/pools/1/sessions`, { authorization });
  expect(session.body.brokerMigrationMessage).toEqual({ brokerBaseUrl: `${github.origin}/_broker` });
  expect((await call('GET', `${base}_apis/connectionData`)).status).toBe(401);
});
