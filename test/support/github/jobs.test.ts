/** Items 23 and 25 to 28: what becomes of jobs and of the runners that take them. */
import { expect, test } from 'vitest';
import { call, eventsOf, type Listener, listen } from './raw-client.ts';
import { bodyOf } from './raw-runner.ts';
import { simulate } from './simulate.ts';

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
  await forB.print(['hello']);
  expect((await forB.complete('succeeded')).status).toBe(204);

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
  const told = await held;
  expect(told.body).toMatchObject({ messageType: 'JobCancellation' });
  expect(bodyOf(told)).toMatchObject({ jobId });
  expect((await runner.poll()).status, 'told once').toBe(202);
  await runner.complete('canceled');
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
  github.queueJob(job);
  const runner = await listener.runner('dying');
  await runner.start();
  github.advance(590_000);
  await runner.renew();
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
