/** Items 13 to 21: the session, the long poll, delivery and capacity. */
import { expect, test } from 'vitest';
import { bootstrap, call, eventsOf, listen, openSession } from './raw-client.ts';
import { simulate } from './simulate.ts';

const SETS = '_apis/runtime/runnerscalesets';
const job = { labels: ['macOS'] };

test('item 13: a session has statistics, excludes a second one, and is released by deletion or silence', async () => {
  const github = await simulate();
  const { actions, set, session } = await listen(github);
  const open = () => actions.call('POST', `${SETS}/${set}/sessions`, { ownerName: 'second' });
  const conflict = await open();
  expect([conflict.status, conflict.text]).toEqual([
    409,
    expect.stringContaining('RunnerScaleSetSessionConflictException'),
  ]);
  expect((await actions.call('DELETE', `${SETS}/${set}/sessions/${session.sessionId}`)).status).toBe(204);
  const second = await open();
  expect(second.body).toMatchObject({
    ownerName: 'second',
    statistics: { totalAssignedJobs: 0 },
    runnerScaleSet: { id: set },
  });
  expect((await open()).status).toBe(409);
  github.advance(50_001);
  expect((await open()).status).toBe(200);

  github.turn({ sessionIdleMs: null });
  github.advance(3_000_000);
  expect((await open()).status).toBe(409);
});

test('item 14: a refreshed session keeps its id and replaces its token', async () => {
  const github = await simulate();
  const { actions, set, session, poll } = await listen(github);
  const url = `${SETS}/${set}/sessions/${session.sessionId}`;
  const refreshed = await actions.call('PATCH', url);
  expect(refreshed.body).toMatchObject({ sessionId: session.sessionId });
  expect(refreshed.body.messageQueueAccessToken).not.toBe(session.messageQueueAccessToken);
  expect((await poll()).status).toBe(401);

  await call('POST', `${github.origin}/_control/scalesets/${set}/end-session`);
  const lost = await actions.call('PATCH', url);
  expect([lost.status, lost.text]).toEqual([404, expect.stringContaining('RunnerAdminException')]);
  const closed = await actions.call('DELETE', url);
  expect([closed.status, closed.text]).toEqual([
    400,
    expect.stringContaining('RunnerScaleSetSessionExpiredException'),
  ]);
});

test('item 15: a poll is held for its time, and ends early when a job is assigned', async () => {
  const github = await simulate();
  const { poll, set } = await listen(github);
  const startedMs = performance.now();
  const empty = await poll();
  expect([empty.status, empty.text]).toEqual([202, '']);
  expect(performance.now() - startedMs).toBeGreaterThan(190);

  github.turn({ holdMs: 60_000 });
  const held = poll();
  await expect.poll(() => github.world.scaleSets.get(set)?.gate.held).toBe(1);
  github.queueJob(job);
  expect((await held).status).toBe(200);
});

test('item 15: a client that hangs up frees its poll and loses nothing', async () => {
  const github = await simulate({ holdMs: 60_000 });
  const { poll, next, set } = await listen(github);
  const hangUp = new AbortController();
  const held = poll({ signal: hangUp.signal });
  await expect.poll(() => github.world.scaleSets.get(set)?.gate.held).toBe(1);
  hangUp.abort();
  await expect(held).rejects.toThrow();
  await expect.poll(() => github.world.scaleSets.get(set)?.gate.held).toBe(0);
  const { jobId } = github.queueJob(job);
  expect(eventsOf(await next())).toMatchObject([{ messageType: 'JobAssigned', jobId }]);
});

test.for([false, true])('item 15: JobStarted ends a held poll: %s', async (jobStartedWakes) => {
  const github = await simulate({ holdMs: 60_000, jobStartedWakes });
  const { poll, next, runner, set } = await listen(github);
  github.queueJob(job);
  const { messageId } = await next();
  const held = poll({ last: messageId });
  await expect.poll(() => github.world.scaleSets.get(set)?.gate.held).toBe(1);
  await (await runner('one')).start();
  expect(github.world.scaleSets.get(set)?.gate.held).toBe(jobStartedWakes ? 0 : 1);
  github.advance(60_001);
  expect((await held).status).toBe(jobStartedWakes ? 200 : 202);
  if (!jobStartedWakes)
    expect(eventsOf(await next({ last: messageId }))).toMatchObject([{ messageType: 'JobStarted' }]);
});

test('item 16: ids begin at 100000001, and a new session is told again all that was not acknowledged', async () => {
  const github = await simulate();
  const first = await listen(github);
  github.queueJob(job);
  const one = await first.next();
  expect(one.messageId).toBe(100_000_001);
  github.queueJob(job);
  const two = await first.next({ last: one.messageId });
  expect(two.messageId).toBe(100_000_002);
  expect(await first.next({ last: 0 })).toEqual(one);
  await first.ack(one.messageId);

  await first.actions.call('DELETE', `${SETS}/${first.set}/sessions/${first.session.sessionId}`);
  github.advance(13 * 3_600_000);
  const second = await openSession(await bootstrap(github), first.set);
  expect(await second.next()).toEqual(two);
});

test('item 17: an acknowledgement prunes once, and needs a live token', async () => {
  const github = await simulate();
  const { next, ack } = await listen(github);
  github.queueJob(job);
  const { messageId } = await next();
  expect((await ack(messageId)).status).toBe(204);
  expect((await ack(messageId)).status).toBe(404);
  github.advance(3_600_001);
  expect((await ack(messageId)).status).toBe(401);
});

test('item 18: capacity must be announced, and is on record', async () => {
  const github = await simulate();
  const { poll } = await listen(github);
  expect((await poll({ capacity: null })).status).toBe(400);
  await poll({ capacity: 2 });
  await poll({ capacity: 1 });
  expect(github.scaleSets()).toMatchObject([{ capacity: 1, announced: [2, 1] }]);
  github.turn({ strictCapacity: false });
  expect((await poll({ capacity: null })).status).toBe(202);
});

test('item 19: on github.com jobs are assigned up to the announced total, oldest first, without acquiring', async () => {
  const github = await simulate();
  const { poll, next, actions, set } = await listen(github);
  await poll({ capacity: 2 });
  const jobs = ['a', 'b', 'c'].map((name) => github.queueJob({ ...job, name }));
  const message = await next({ capacity: 2 });
  expect(eventsOf(message).map((event) => [event.jobDisplayName, event.runnerRequestId])).toEqual([
    ['a', 0],
    ['b', 0],
  ]);
  expect(message.statistics.totalAssignedJobs).toBe(2);
  expect((await poll({ last: message.messageId, capacity: 2 })).status).toBe(202);
  expect(eventsOf(await next({ last: message.messageId, capacity: 3 }))).toMatchObject([
    { jobId: jobs[2]?.jobId },
  ]);
  expect((await actions.call('POST', `${SETS}/${set}/acquirejobs`, [1])).status).toBe(404);
});

test('item 19: on GHES jobs are offered to all, and acquired by one', async () => {
  const github = await simulate({ backend: 'ghes' });
  const one = await listen(github, { name: 'one' });
  const two = await listen(github, { name: 'two' });
  github.queueJob(job);
  const [offer] = eventsOf(await one.next());
  expect(offer).toMatchObject({ messageType: 'JobAvailable', runnerRequestId: 500_001 });
  expect(eventsOf(await two.next())).toMatchObject([{ runnerRequestId: 500_001 }]);
  const acquire = (listener: typeof one) =>
    call('POST', `${listener.actions.base}${SETS}/${listener.set}/acquirejobs?api-version=6.0-preview`, {
      authorization: `Bearer ${listener.session.messageQueueAccessToken}`,
      body: [500_001],
    });
  expect((await two.actions.call('GET', `${SETS}/${two.set}/acquirablejobs`)).body).toMatchObject({
    count: 1,
  });
  expect((await acquire(one)).body).toEqual({ count: 1, value: [500_001] });
  expect((await acquire(two)).body).toEqual({ count: 0, value: [] });
  expect((await two.actions.call('GET', `${SETS}/${two.set}/acquirablejobs`)).status).toBe(204);
  expect(eventsOf(await one.next({ last: 100_000_001 }))).toMatchObject([{ messageType: 'JobAssigned' }]);
});

test.for(['held', 'never'] as const)(
  'item 20: a job queued while 0 is announced is %s',
  async (capacityZero) => {
    const github = await simulate({ capacityZero });
    const { poll } = await listen(github);
    await poll({ capacity: 0 });
    github.queueJob(job);
    expect((await poll({ capacity: 0 })).status).toBe(202);
    expect((await poll({ capacity: 1 })).status).toBe(capacityZero === 'held' ? 200 : 202);
  },
);

test('item 21: no more than 50 events in a message', async () => {
  const github = await simulate();
  const { poll, next } = await listen(github);
  await poll({ capacity: 60 });
  for (let count = 0; count < 60; count += 1) github.queueJob(job);
  const first = await next({ capacity: 60 });
  const second = await next({ capacity: 60, last: first.messageId });
  expect([eventsOf(first).length, eventsOf(second).length]).toEqual([50, 10]);
});

test('item 21: messages without body, of unknown type, and answers with a byte order mark', async () => {
  const github = await simulate();
  const { next, poll, set } = await listen(github);
  const push = (body: unknown) =>
    call('POST', `${github.origin}/_control/scalesets/${set}/message`, { body });
  await push({});
  await push({ messageType: 'Surprise', body: '[{"messageType":"JobTeleported","jobId":"x"}]' });
  expect(await next()).toMatchObject({ messageId: 100_000_001, body: '' });
  expect(await next({ last: 100_000_001 })).toMatchObject({ messageType: 'Surprise' });
  github.fault('poll', { kind: 'bom' }, 1);
  const marked = await poll();
  // `fetch` drops the mark while decoding, so the length tells.
  expect(Number(marked.headers.get('content-length'))).toBe(Buffer.byteLength(marked.text) + 3);
});
