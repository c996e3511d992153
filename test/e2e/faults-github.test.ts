/** GitHub fails in all the ways it is known to: jobs go on, demand that cannot be read is unknown, and no job is lost. */
import { expect, test } from 'vitest';
import { ended, HOLD, letGo, nothingLeft, queueJob, seen, served, statusWhere, worker } from './acts.ts';
import type { Stage } from './stage.ts';

/** An answer instead of the true one. */
const answer = (status: number, more: { retryAfter?: number; body?: unknown } = {}) =>
  ({ kind: 'status', status, headers: {}, ...more }) as const;

const requestsTo = (stage: Stage, method: string, path: RegExp) =>
  stage.github.requests().filter((request) => request.method === method && path.test(request.path));

async function listening(stage: Stage): Promise<void> {
  await statusWhere(stage, 'the queue open', ({ pools }) =>
    pools.every(({ queue }) => queue === 'listening'),
  );
}

test.each([
  ['server errors', answer(503), 2],
  ['a proxy’s page instead of an answer', { kind: 'text', status: 502, body: '<html>Bad gateway</html>' }, 1],
  ['connections that break', { kind: 'reset' }, 1],
  ['an answer cut in half', { kind: 'truncate' }, 1],
  ['a 200 without a body', { kind: 'empty', status: 200 }, 3],
  ['a limit with the time to wait', answer(429, { retryAfter: 1 }), 1],
] as const)('polls that meet %s are repeated, and no job is lost', async (_, fault, times) => {
  await using stage = await served({ github: { holdMs: 300 } });
  await listening(stage);
  stage.github.fault('poll', fault, times);
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
  await nothingLeft(stage);
  expect((await stage.status()).problems).toEqual([]);
});

test('while the queue cannot be read it is said, what runs goes on, and nothing new is started', async () => {
  await using stage = await served({ github: { holdMs: 300 } });
  const running = queueJob(stage, HOLD);
  const name = await worker(stage, running);
  stage.github.fault('poll', answer(500));
  const { problems } = await statusWhere(stage, 'the trouble', ({ pools }) => pools[0]?.queue === 'trouble');
  expect(problems.join()).toMatch(/Pool ios cannot hear GitHub.*500/);
  letGo(stage, name);
  expect((await ended(stage, running)).conclusion).toBe('success');
  stage.github.clearFaults();
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
});

test.each([
  ['server errors', answer(500), 1],
  ['a limit with the time to wait', answer(429, { retryAfter: 1 }), 1],
  ['connections that break', { kind: 'reset' }, 1],
  ['an answer that is lost on its way', { kind: 'reset-after' }, 1],
] as const)('a credential whose minting meets %s is minted all the same', async (_, fault, times) => {
  await using stage = await served();
  stage.github.fault('generate-jit-config', fault, times);
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
  await nothingLeft(stage);
});

test('a credential that GitHub refuses costs the runner, not the job', async () => {
  await using stage = await served();
  const body = { typeName: 'AgentExistsException', message: 'taken' };
  stage.github.fault('generate-jit-config', answer(409, { body }), 3);
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
  await nothingLeft(stage);
});

test('tokens that expire while the queue is read are renewed without a word', async () => {
  await using stage = await served({ github: { holdMs: 300 } });
  await listening(stage);
  for (const kind of ['queue', 'admin', 'installation'] as const) stage.github.world.tokens.revokeAll(kind);
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
  await nothingLeft(stage);
  expect(requestsTo(stage, 'PATCH', /sessions/)).not.toEqual([]);
  expect((await stage.status()).problems).toEqual([]);
});

test('a scale set that GitHub deleted is made anew and serves', async () => {
  await using stage = await served({ github: { holdMs: 300 } });
  await listening(stage);
  const [set] = stage.github.scaleSets();
  const deleted = await fetch(`${stage.github.origin}/_control/scalesets/${set?.id}/delete`, {
    method: 'POST',
    body: '{}',
  });
  expect(deleted.ok).toBe(true);
  await seen(stage, 'another scale set', () =>
    stage.github.scaleSets().some(({ id, session }) => id !== set?.id && session),
  );
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
});

test('a message that could not be acknowledged is told again, and its job runs once', async () => {
  await using stage = await served({ github: { holdMs: 300 } });
  await listening(stage);
  stage.github.fault('ack', answer(500));
  const job = queueJob(stage, HOLD);
  const name = await worker(stage, job);
  stage.github.clearFaults();
  await stage.stopAgent('SIGKILL');
  await stage.startAgent();
  letGo(stage, name);
  expect((await ended(stage, job)).conclusion).toBe('success');
  await nothingLeft(stage);
  expect(stage.tart.calls('clone')).toHaveLength(1);
});

test('a session that another holds is waited for and said', async () => {
  await using stage = await served({ github: { holdMs: 300 } });
  await listening(stage);
  await stage.stopAgent();
  const conflict = {
    typeName: 'RunnerScaleSetSessionConflictException',
    message: 'already has an active session',
  };
  stage.github.fault('create-session', answer(409, { body: conflict }));
  await stage.startAgent();
  const { problems } = await statusWhere(stage, 'the trouble', ({ pools }) => pools[0]?.queue === 'trouble');
  expect(problems.join()).toMatch(/session/);
});

test('GitHub away for the whole start does not keep the agent from starting, nor from serving once it is back', async () => {
  await using stage = await served();
  await listening(stage);
  await stage.stopAgent();
  stage.github.fault('*', { kind: 'reset' });
  await stage.startAgent();
  await statusWhere(stage, 'the trouble', ({ pools }) => pools[0]?.queue !== 'listening');
  stage.github.clearFaults();
  expect((await ended(stage, queueJob(stage))).conclusion).toBe('success');
});
