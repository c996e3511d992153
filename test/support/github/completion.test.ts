/** Item 29: what a scale set hears of the end of a job, and when: late, never, twice, or too early. */
import { expect, test } from 'vitest';
import { type Answer, call, eventsOf, type Listener, listen } from './raw-client.ts';
import { simulate } from './simulate.ts';
import type { SimulatedGitHub } from './start.ts';

/** A listener whose job runs, all news of it read so far. */
async function withRunningJob(github: SimulatedGitHub) {
  const listener = await listen(github);
  await listener.poll();
  const { jobId } = github.queueJob({ labels: ['macOS'] });
  const runner = await listener.runner('one');
  await runner.start();
  await news(listener);
  return { listener, jobId, runner };
}

/** Type, result and runner of each event that is new. */
async function news(listener: Listener): Promise<readonly unknown[]> {
  const answer = await listener.poll();
  if (answer.status === 202) return [];
  const messageId = Number(answer.body.messageId);
  await listener.ack(messageId);
  const message = { messageId, body: String(answer.body.body), messageType: '', statistics: {} };
  const told = eventsOf(message).map((event) => [event.messageType, event.result, event.runnerName]);
  return [...told, ...(await news(listener))];
}

function pull(github: SimulatedGitHub, jobId: string, how: string): Promise<Answer> {
  return call('POST', `${github.origin}/_control/jobs/${jobId}/completed`, { body: { how } });
}

const SUCCEEDED = ['JobCompleted', 'succeeded', 'one'];

test('item 29: late: JobCompleted comes after its time, while job and record are long gone', async () => {
  const github = await simulate({ jobCompleted: 'late', lateMs: 30_000, sessionIdleMs: null });
  const { listener, runner } = await withRunningJob(github);
  await runner.complete('succeeded');
  expect(github.jobs()).toMatchObject([{ status: 'completed' }]);
  expect(github.runners()).toEqual([]);
  expect(await news(listener)).toEqual([]);
  github.advance(30_001);
  expect(await news(listener)).toEqual([SUCCEEDED]);
});

test('item 29: missing: JobCompleted never comes, only the statistics show it, until it is pulled', async () => {
  const github = await simulate({ jobCompleted: 'never', sessionIdleMs: null });
  const { listener, runner, jobId } = await withRunningJob(github);
  await runner.complete('succeeded');
  github.advance(600_000);
  expect(await news(listener)).toEqual([]);
  expect(github.scaleSets()).toMatchObject([{ statistics: { totalAssignedJobs: 0, totalRunningJobs: 0 } }]);
  await pull(github, jobId, 'again');
  expect(await news(listener)).toEqual([SUCCEEDED]);
});

test('item 29: duplicated: the same JobCompleted comes again', async () => {
  const github = await simulate();
  const { listener, runner, jobId } = await withRunningJob(github);
  expect((await pull(github, jobId, 'again')).status, 'nothing to repeat').toBe(422);
  await runner.complete('succeeded');
  expect(await news(listener)).toEqual([SUCCEEDED]);
  expect((await pull(github, jobId, 'again')).status).toBe(200);
  expect(await news(listener)).toEqual([SUCCEEDED]);
});

test('item 29: early: JobCompleted comes while the runner runs on, and not again at its end', async () => {
  const github = await simulate();
  const { listener, runner, jobId } = await withRunningJob(github);
  expect((await pull(github, jobId, 'early')).body).toMatchObject({ status: 'in_progress', result: null });
  expect(await news(listener)).toEqual([SUCCEEDED]);
  expect((await runner.renew()).status).toBe(200);
  expect(github.runners()).toMatchObject([{ name: 'one', busy: true }]);
  expect((await runner.complete('failed')).status).toBe(204);
  expect(await news(listener)).toEqual([]);
  expect(github.jobs()).toMatchObject([{ status: 'completed', conclusion: 'failure' }]);
});

test('item 29: ghost: the record is gone while the process lives, and its next call is refused', async () => {
  const github = await simulate();
  const listener = await listen(github);
  const ghost = await listener.runner('ghost');
  await ghost.authenticate();
  await ghost.openSession();
  expect((await ghost.poll()).status).toBe(202);
  await call('POST', `${github.origin}/_control/runners/${ghost.id}/delete`);
  expect(github.runners()).toEqual([]);
  expect((await ghost.poll()).body).toMatchObject({ errorKind: 'RunnerNotFound' });
});

test('item 29: a runner that never registers: its job lapses and is assigned anew every 5 minutes', async () => {
  const github = await simulate({ sessionIdleMs: null });
  const listener = await listen(github);
  await listener.poll();
  const { jobId } = github.queueJob({ labels: ['macOS'] });
  await listener.runner('silent');
  const assigned = ['JobAssigned', undefined, undefined];
  const lapsed = ['JobCompleted', 'canceled', ''];
  expect(await news(listener)).toEqual([assigned]);
  for (const lapse of [1, 2]) {
    github.advance(240_000);
    expect(await news(listener), `before lapse ${lapse}`).toEqual([]);
    github.advance(60_001);
    expect(await news(listener)).toEqual([lapsed, assigned]);
  }
  expect(github.runners()).toMatchObject([{ name: 'silent', status: 'offline', busy: false }]);
  expect(github.jobs()).toMatchObject([{ jobId, status: 'assigned', runnerName: null }]);
});
