/** What can happen to a call on its way: whether its work is done, and whether its caller hears of it. */
import { expect, test } from 'vitest';
import type { Fault } from './faults.ts';
import { LABELS, read, rigged, watched } from './rig.ts';

const MINT = 'runtime/runnerscalesets/1/generatejitconfig';

test.for<[Fault, string, number]>([
  ['lost-request', 'open', 0],
  ['lost-reply', 'open', 1],
  ['reset', 'failed', 0],
  ['reset-reply', 'failed', 1],
  [{ status: 503 }, 'answered', 0],
  [{ status: 503, isDone: true }, 'answered', 1],
])('%j', async ([fault, state, records]) => {
  const rig = await rigged();
  rig.plan(({ route }) => (route === 'generate-jit-config' ? fault : null));
  const seen = watched(rig.admin('POST', MINT, { name: 'a' }));
  await rig.pass(1_000);
  expect(seen.state).toBe(state);
  expect([...rig.github.runners()]).toHaveLength(records);
});

test('a refusal has the body and the headers that were asked for', async () => {
  const rig = await rigged();
  rig.plan(() => ({ status: 429, body: 'slow down', headers: { 'retry-after': '7' } }));
  const answer = await rig.admin('POST', MINT, { name: 'a' });
  expect([answer.status, answer.headers.get('Retry-After'), await answer.text()]).toEqual([
    429,
    '7',
    'slow down',
  ]);
});

test('what arrives twice is done twice, and the second answer is heard', async () => {
  const rig = await rigged();
  rig.plan(() => 'duplicate');
  expect((await rig.admin('POST', MINT, { name: 'a' })).status).toBe(409);
  expect([...rig.github.runners()]).toHaveLength(1);
});

test('a late request is done although its caller has given up', async () => {
  const rig = await rigged();
  rig.plan(({ route }) => (route === 'generate-jit-config' ? 5_000 : null));
  const seen = watched(rig.admin('POST', MINT, { name: 'a' }));
  rig.line.die();
  await rig.pass(4_999);
  expect([...rig.github.runners()]).toHaveLength(0);
  await rig.pass(1);
  expect([...rig.github.runners()]).toHaveLength(1);
  expect(seen.state).toBe('open');
});

test('a late answer is of work that was done at once', async () => {
  const rig = await rigged();
  rig.plan(() => ({ replyAfterMs: 5_000 }));
  const seen = watched(rig.admin('POST', MINT, { name: 'a' }));
  expect([...rig.github.runners()]).toHaveLength(1);
  await rig.pass(4_999);
  expect(seen.state).toBe('open');
  await rig.pass(1);
  expect(seen.state).toBe('answered');
});

test('an answer to a held poll can be late, too, and loses nothing', async () => {
  const rig = await rigged();
  rig.plan(() => ({ replyAfterMs: 5_000 }));
  const held = rig.poll();
  await rig.pass(1_000);
  rig.github.queueJob({ labels: LABELS });
  const seen = watched(held);
  await rig.pass(4_999);
  expect(seen.state).toBe('open');
  await rig.pass(1);
  expect(await read(await held)).toEqual({ id: 100_000_001, says: ['JobAssigned job-1'] });
});

test('a poll is held for 50 s, and a caller that hangs up loses no message', async () => {
  const rig = await rigged();
  const hangUp = new AbortController();
  const seen = watched(rig.poll(0, hangUp.signal));
  hangUp.abort();
  await rig.pass(0);
  expect(seen.state).toBe('failed');
  rig.github.queueJob({ labels: LABELS });
  expect(await read(await rig.poll())).toEqual({ id: 100_000_001, says: ['JobAssigned job-1'] });
  const held = rig.poll(100_000_001);
  const watch = watched(held);
  await rig.pass(49_999);
  expect(watch.state).toBe('open');
  await rig.pass(1);
  expect((await held).status).toBe(202);
});

test('a message whose delivery was lost comes again, and after its acknowledgement no more', async () => {
  const rig = await rigged();
  await rig.pass(0);
  rig.plan(({ route }) => (route === 'poll' ? 'lost-reply' : null));
  void rig.poll();
  rig.github.queueJob({ labels: LABELS });
  void rig.poll();
  rig.plan(() => null);
  const { id, says } = await read(await rig.poll());
  expect(says).toEqual(['JobAssigned job-1']);
  expect(rig.events).toContainEqual(expect.objectContaining({ type: 'message-delivered', isAgain: true }));
  expect([(await rig.ack(id)).status, (await rig.ack(id)).status]).toEqual([204, 404]);
  const seen = watched(rig.poll());
  await rig.pass(1_000);
  expect(seen.state).toBe('open');
});

test('when a process dies its polls are let go, nothing more arrives, and its session lapses after 50 s', async () => {
  const rig = await rigged();
  const seen = watched(rig.poll());
  rig.line.die();
  void rig.poll();
  await rig.pass(0);
  expect(seen.state).toBe('open');
  expect([...rig.github.sets()].map(({ held }) => held.size)).toEqual([0]);
  rig.github.queueJob({ labels: LABELS });
  expect(rig.github.job('job-1').status).toBe('assigned');
  await rig.pass(50_000);
  rig.github.queueJob({ labels: LABELS });
  expect(rig.github.job('job-2').status).toBe('queued');
});

test.for<[Fault, string]>([
  ['lost-request', 'open'],
  ['reset', 'failed'],
])('an outage by %j meets every call and every held poll, and ends', async ([fault, state]) => {
  const rig = await rigged();
  const held = watched(rig.poll());
  rig.github.outage({ fault });
  const asked = watched(rig.admin('POST', MINT, { name: 'a' }));
  await rig.pass(60_000);
  expect([held.state, asked.state]).toEqual([state, state]);
  expect([...rig.github.sets()].map((set) => set.held.size)).toEqual([0]);
  rig.github.outage({ fault: null });
  expect((await rig.admin('POST', MINT, { name: 'a' })).status).toBe(200);
});

test("an outage of one caller's network leaves the others alone", async () => {
  const rig = await rigged();
  rig.github.outage({ fault: 'reset', from: 'another' });
  expect((await rig.admin('POST', MINT, { name: 'a' })).status).toBe(200);
  await expect(
    rig.github.connect('another').rest.runners(new AbortController().signal),
  ).rejects.toMatchObject({ code: 'github-unavailable' });
});

test('REST that is not answered ends at its deadline, and what it does not know is not found', async () => {
  const rig = await rigged();
  const { signal } = new AbortController();
  await expect(
    rig.line.rest.request({ method: 'GET', path: '/repos/acme/app' }, signal),
  ).rejects.toMatchObject({ code: 'github-not-found', status: 404 });
  rig.plan(() => 'lost-request');
  const asked = rig.line.rest.runners(signal);
  const seen = watched(asked);
  await rig.pass(29_999);
  expect(seen.state).toBe('open');
  await rig.pass(1);
  await expect(asked).rejects.toMatchObject({ code: 'github-unavailable', timedOut: true });
});
