/** Items 23 and 25 to 31: what becomes of jobs and runners. */
import { expect, onTestFinished, test } from 'vitest';
import type { Options } from './options.ts';
import { bootstrap, call, eventsOf, type Listener, listen } from './raw-client.ts';
import { startGitHub } from './start.ts';

async function simulate(options: Options = {}) {
  const github = await startGitHub({ holdMs: 200, ...options });
  onTestFinished(() => github.close());
  return github;
}

const job = { labels: ['macOS'] };
const AGENTS = '_apis/distributedtask/pools/0/agents';

/** All events so far, acknowledged as they come. */
async function drain(listener: Listener, capacity = 10) {
  const events = [];
  for (;;) {
    const answer = await listener.poll({ capacity });
    if (answer.status === 202) return events;
    const message = { messageId: Number(answer.body.messageId), body: String(answer.body.body) };
    events.push(...eventsOf({ ...message, messageType: '', statistics: {} }));
    await listener.ack(message.messageId);
  }
}

test('item 23: statistics follow from what is: assigned counts running jobs too', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  github.queueJob(job);
  github.queueJob(job);
  const runner = await listener.runner('one');
  await runner.start();
  await (await listener.runner('idle')).authenticate();
  expect(github.scaleSets()).toMatchObject([
    {
      statistics: {
        totalAssignedJobs: 2,
        totalRunningJobs: 1,
        totalRegisteredRunners: 1,
        totalBusyRunners: 1,
        totalIdleRunners: 0,
      },
    },
  ]);
});

test('item 23: in lag mode JobAssigned comes with a count of 0', async () => {
  const github = await simulate({ statisticsLag: true });
  const listener = await listen(github);
  await listener.poll();
  github.queueJob(job);
  expect((await listener.next()).statistics.totalAssignedJobs).toBe(0);
});

test('item 25: a runner takes the oldest job of its set, runs one job only, and its record is gone', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  const [a, b] = [github.queueJob({ ...job, name: 'a' }), github.queueJob({ ...job, name: 'b' })];
  const forA = await listener.runner('for-a');
  const forB = await listener.runner('for-b');
  expect(await forB.start()).toBe(a.jobId);
  expect(await forA.start()).toBe(b.jobId);
  await forB.run('log', { jobId: a.jobId, lines: ['hello'] });
  expect((await forB.run('completejob', { jobId: a.jobId, result: 'Succeeded', steps: [] })).status).toBe(
    200,
  );

  const events = await drain(listener);
  expect(events.filter((event) => event.jobId === a.jobId)).toMatchObject([
    { messageType: 'JobAssigned', jobDisplayName: 'a', ownerName: 'acme', repositoryName: 'app' },
    { messageType: 'JobStarted', runnerId: forB.id, runnerName: 'for-b' },
    { messageType: 'JobCompleted', runnerId: forB.id, runnerName: 'for-b', result: 'succeeded' },
  ]);
  expect(github.jobs()[0]).toMatchObject({
    status: 'completed',
    conclusion: 'success',
    runnerName: 'for-b',
    log: ['hello'],
  });
  expect(github.runners()).toMatchObject([{ name: 'for-a', busy: true }]);
  const again = await forB.openSession();
  expect([again.status, again.body.errorKind]).toEqual([404, 'RunnerNotFound']);
  expect((await forB.authenticate()).text).toContain('was not found');
});

test('item 25: the runner is told its steps and which run they belong to', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  const steps = [{ name: 'greet', run: 'echo hi', if: 'always()' }];
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
  expect(runner.job).toMatchObject({ jobId, name: 'test', steps });
  expect(runner.job.variables).toMatchObject({
    GITHUB_REPOSITORY: 'acme/app',
    GITHUB_RUN_ID: String(runId),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'test',
    GITHUB_WORKFLOW: 'CI',
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_REF: 'refs/pull/7/merge',
    GITHUB_SHA: expect.stringMatching(/^[0-9a-f]{40}$/),
    GITHUB_ACTOR: 'mona',
  });
});

test('item 25: an offer is repeated until it is acquired, and void once the job is cancelled', async () => {
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

test('item 26: a job cancelled before a runner took it completes as canceled, without a name', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  const { jobId } = github.queueJob(job);
  await call('POST', `${github.origin}/_control/jobs/${jobId}/cancel`);
  expect(await drain(listener)).toMatchObject([
    { messageType: 'JobAssigned' },
    { messageType: 'JobCompleted', jobId, result: 'canceled', runnerName: '', runnerId: 0 },
  ]);
});

test('item 26: a running job is cancelled through its runner, and then named', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  const { jobId } = github.queueJob(job);
  const runner = await listener.runner('one');
  await runner.start();
  const held = runner.poll();
  github.cancelJob(jobId);
  expect((await held).body).toMatchObject({ messageType: 'JobCancellation', body: { jobId } });
  expect((await runner.poll()).status, 'told once').toBe(202);
  await runner.run('completejob', { jobId, result: 'canceled', steps: [] });
  expect((await drain(listener)).at(-1)).toMatchObject({
    messageType: 'JobCompleted',
    result: 'canceled',
    runnerName: 'one',
  });
});

test('item 26: a runner that ignores a cancellation loses its job', async () => {
  const github = await simulate({ cancelGraceMs: 60_000 });
  const listener = await listen(github);
  await listener.poll();
  const { jobId } = github.queueJob(job);
  await (await listener.runner('deaf')).start();
  github.cancelJob(jobId);
  github.advance(60_001);
  expect(github.jobs()).toMatchObject([{ status: 'completed', conclusion: 'cancelled', runnerName: 'deaf' }]);
});

test('item 27: an assignment without a runner lapses into a new one, three times, with the same run', async () => {
  const github = await simulate({ sessionIdleMs: null });
  const listener = await listen(github);
  await listener.poll();
  const { jobId, runId } = github.queueJob(job);
  for (let lapse = 0; lapse < 4; lapse += 1) github.advance(300_001);
  const events = await drain(listener);
  expect(events.map((event) => event.messageType)).toEqual([
    'JobAssigned',
    ...['JobCompleted', 'JobAssigned'],
    ...['JobCompleted', 'JobAssigned'],
    ...['JobCompleted', 'JobAssigned'],
    'JobCompleted',
  ]);
  expect(new Set(events.map((event) => event.jobId)).size).toBe(4);
  expect(new Set(events.map((event) => event.workflowRunId))).toEqual(new Set([runId]));
  expect(github.jobs()).toMatchObject([{ jobId, status: 'completed', conclusion: 'cancelled' }]);
});

test('item 28: a dead runner’s job fails after its time, and cannot be removed before', async () => {
  const github = await simulate({ adminTokenMs: 86_400_000 });
  const listener = await listen(github);
  await listener.poll();
  const { jobId } = github.queueJob(job);
  const runner = await listener.runner('dying');
  await runner.start();
  github.advance(590_000);
  await runner.run('renewjob', { jobId });
  github.advance(590_000);
  expect(github.jobs()).toMatchObject([{ status: 'in_progress' }]);
  const busy = await listener.actions.call('DELETE', `${AGENTS}/${runner.id}`);
  expect([busy.status, busy.text]).toEqual([400, expect.stringContaining('JobStillRunningException')]);
  github.advance(10_001);
  expect(github.jobs()).toMatchObject([{ status: 'completed', conclusion: 'failure', runnerName: 'dying' }]);
  expect((await listener.actions.call('DELETE', `${AGENTS}/${runner.id}`)).status).toBe(204);
  github.turn({ unknownAgentDelete: '404' });
  const unknown = await listener.actions.call('DELETE', `${AGENTS}/${runner.id}`);
  expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining('AgentNotFoundException')]);
});

test('item 28: a job that was offered and never acquired goes to the next runner', async () => {
  const github = await simulate();
  const listener = await listen(github);
  await listener.poll();
  const { jobId } = github.queueJob(job);
  const stuck = await listener.runner('stuck');
  await stuck.authenticate();
  await stuck.openSession();
  await stuck.poll();
  github.advance(60_001);
  expect(await (await listener.runner('next')).start()).toBe(jobId);
});

test('item 29: a runner whose record was deleted is refused, also while it waits', async () => {
  const github = await simulate({ holdMs: 10_000 });
  const listener = await listen(github);
  const runner = await listener.runner('ghost');
  await runner.authenticate();
  await runner.openSession();
  const held = runner.poll();
  await expect.poll(() => github.world.runners.get(runner.id)?.gate.held).toBe(1);
  expect((await listener.actions.call('DELETE', `${AGENTS}/${runner.id}`)).status).toBe(204);
  expect((await held).body).toMatchObject({ errorKind: 'RunnerNotFound' });
});

test('item 30: among sets that share a label chance decides, the same for the same seed', async () => {
  const shares = async (seed: number) => {
    const github = await simulate({ seed });
    for (const name of ['one', 'two'])
      await (await listen(github, { name, labels: ['macOS', name] })).poll({ capacity: 50 });
    for (let count = 0; count < 20; count += 1) github.queueJob(job);
    return github.jobs().map((each) => each.scaleSetId);
  };
  const first = await shares(7);
  expect(new Set(first)).toEqual(new Set([1, 2]));
  expect(await shares(7)).toEqual(first);
  expect(await shares(8)).not.toEqual(first);
});

test('item 30: labels must be covered, and a set without a session gets nothing', async () => {
  const github = await simulate();
  const listener = await listen(github, { labels: ['self-hosted', 'macOS', 'xcode-26'] });
  const actions = await bootstrap(github);
  await actions.call('POST', '_apis/runtime/runnerscalesets', {
    name: 'silent',
    labels: [{ name: 'linux' }],
  });
  await listener.poll();
  github.queueJob({ labels: ['MACOS', 'xcode-26'] });
  github.queueJob({ labels: ['macOS', 'xcode-16'] });
  github.queueJob({ labels: ['linux'] });
  expect(github.jobs().map((each) => each.scaleSetId)).toEqual([listener.set, null, null]);
});

test('item 30: groups keep public repositories, other repositories and other workflows out', async () => {
  const workflows = ['acme/app/.github/workflows/ci.yml@refs/heads/main'];
  const github = await simulate({ groups: [{ name: 'strict', repositories: ['acme/app'], workflows }] });
  await (await listen(github, { groupId: 2 })).poll();
  github.queueJob({ ...job, visibility: 'public' });
  github.queueJob({ ...job, repository: 'acme/other' });
  github.queueJob({ ...job, ref: 'topic' });
  github.queueJob({ ...job, path: '.github/workflows/evil.yml' });
  github.queueJob(job);
  expect(github.jobs().map((each) => each.status)).toEqual([
    'queued',
    'queued',
    'queued',
    'queued',
    'assigned',
  ]);
});

test('item 30: a repository’s set serves that repository only, and bypasses groups', async () => {
  const github = await simulate();
  await (await listen(github, { scope: 'acme/app' })).poll();
  github.queueJob({ ...job, visibility: 'public' });
  github.queueJob({ ...job, repository: 'acme/other' });
  expect(github.jobs().map((each) => each.status)).toEqual(['assigned', 'queued']);
});

test('item 31: an ephemeral record that stays offline for a day is removed', async () => {
  const github = await simulate({ adminTokenMs: Number.MAX_SAFE_INTEGER / 4 });
  const listener = await listen(github);
  await listener.mint('forgotten');
  github.advance(86_399_000);
  expect(github.runners()).toHaveLength(1);
  github.advance(2_000);
  expect(github.runners()).toEqual([]);
});

test('item 36: a runner below the minimum version is refused', async () => {
  const github = await simulate({ minimumRunnerVersion: '2.329.0' });
  const runner = await (await listen(github)).runner('old');
  await runner.authenticate();
  const old = await runner.openSession('2.99.0');
  expect([old.status, old.body.errorKind]).toEqual([403, 'RunnerVersionTooOld']);
  expect((await runner.openSession('2.337.0')).status).toBe(200);
  expect((await runner.openSession('2.337.0')).status, 'one session at a time').toBe(409);
  expect((await runner.closeSession()).status).toBe(204);
  expect((await runner.openSession('2.337.0')).status).toBe(200);
});
