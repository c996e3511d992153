/** A pool's queue against a scripted GitHub: what is handed over, and that no fault ends it. */
import { expect, test } from 'vitest';
import { systemTime, type Time } from '../../src/lib/time.ts';
import {
  CLOSE,
  FIRST,
  firstMessage,
  listening,
  pollDeadlines,
  RENEW,
  SESSIONS,
  soon,
} from '../support/queue-rig.ts';
import { aSession, jwt, problem, REGISTER, SETS } from '../support/stub-github.ts';

test('a session is opened, its count told, the queue polled as GitHub wants it, and all closed at the end', async () => {
  await using rig = await listening();
  rig.stub.on(SESSIONS, { json: aSession(rig.stub.url, 0, 4) });
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(1));
  expect(rig.counts).toEqual([4]);
  const [asked] = rig.stub.to('GET /queue');
  expect(asked?.query).toBe('?tenant=a%20b');
  expect(asked?.headers).toMatchObject({
    accept: 'application/json; api-version=6.0-preview',
    'x-scalesetmaxcapacity': '1',
    authorization: expect.stringMatching(/^Bearer /),
  });
  await rig.end();
  expect(rig.stub.to(CLOSE)).toHaveLength(1);
  expect(rig.troubles).toEqual([]);
});

test('a message is handed over, acknowledged, and the next poll asks for what comes after it', async () => {
  await using rig = await listening();
  rig.stub.on('GET /queue', firstMessage, { hang: true });
  rig.stub.on(`DELETE /queue/${FIRST}`, { status: 204 });
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(2));
  expect(rig.messages).toMatchObject([
    { messageId: FIRST, assigned: [{ id: 'a', pool: 'ios' }], assignedCount: 1 },
  ]);
  expect(rig.stub.to(`DELETE /queue/${FIRST}`)).toMatchObject([{ query: '?tenant=a%20b' }]);
  expect(rig.stub.to('GET /queue')[1]?.query).toBe(`?tenant=a%20b&lastMessageId=${FIRST}`);
});

test('a message is acknowledged only when it was taken over', async () => {
  const taken = Promise.withResolvers<void>();
  let given = 0;
  const onMessage = () => {
    given += 1;
    return taken.promise;
  };
  await using rig = await listening({}, { onMessage });
  rig.stub.on('GET /queue', firstMessage, { hang: true });
  rig.stub.on(`DELETE /queue/${FIRST}`, { status: 204 });
  rig.start();
  await soon(() => expect(given).toBe(1));
  for (const id of [1, 2, 3]) await rig.queue.remove(id, rig.stop.signal); // An early acknowledgement would be seen by now.
  expect(rig.stub.to(`DELETE /queue/${FIRST}`)).toHaveLength(0);
  taken.resolve();
  await soon(() => expect(rig.stub.to(`DELETE /queue/${FIRST}`)).toHaveLength(1));
});

test('a message that could not be taken over comes again, from the same place', async () => {
  let given = 0;
  const onMessage = async () => {
    given += 1;
    if (given === 1) throw new Error('disk full');
  };
  await using rig = await listening({}, { onMessage });
  rig.stub.on('GET /queue', firstMessage, firstMessage, { hang: true });
  rig.stub.on(`DELETE /queue/${FIRST}`, { status: 204 });
  rig.start();
  await soon(() => expect(rig.stub.to(`DELETE /queue/${FIRST}`)).toHaveLength(1));
  expect(given).toBe(2);
  expect(rig.stub.to('GET /queue')[1]?.query).toBe('?tenant=a%20b');
  expect(rig.troubles).toMatchObject([{ message: 'disk full' }]);
});

test('a message that GitHub tells twice is handed over once', async () => {
  await using rig = await listening();
  rig.stub.on('GET /queue', firstMessage, firstMessage, { hang: true });
  rig.stub.on(`DELETE /queue/${FIRST}`, { status: 204 }, { status: 404 });
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(3));
  expect(rig.messages).toHaveLength(1);
  expect(rig.troubles).toEqual([]);
});

test('202, a body that is empty and no answer at all mean the same: the last known count', async () => {
  const { timings, time, pass } = pollDeadlines();
  await using rig = await listening(timings, {}, { time });
  rig.stub.on(SESSIONS, { json: aSession(rig.stub.url, 0, 2) });
  rig.stub.on('GET /queue', { status: 202 }, { status: 200, text: '' }, { hang: true });
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(3));
  pass();
  await soon(() => expect(rig.counts).toEqual([2, 2, 2, 2]));
  expect(rig.troubles).toEqual([]);
});

test('an answer that there is nothing, given at once, is not asked for again in a circle', async () => {
  const backoffBaseMs = 600_002;
  const open = new Set<() => void>();
  const after: Time['after'] = (ms, work) => {
    if (ms !== backoffBaseMs) return systemTime.after(ms, work);
    open.add(work);
    return { cancel: () => void open.delete(work) };
  };
  // As fast as can be, however slow this machine is.
  const time = { ...systemTime, steadyMs: () => 0, after };
  await using rig = await listening({ backoffBaseMs }, {}, { time });
  rig.stub.on('GET /queue', { status: 202 }, { status: 200, text: '' }, { hang: true });
  rig.start();
  for (const polls of [1, 2]) {
    await soon(() => expect(open.size).toBe(1));
    expect(rig.stub.to('GET /queue')).toHaveLength(polls);
    const [work = () => undefined] = open;
    open.clear();
    work();
  }
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(3));
});

test('a count that is not that of the open jobs is asked for anew when GitHub has nothing to tell', async () => {
  await using rig = await listening();
  rig.stub.on(SESSIONS, { json: aSession(rig.stub.url, 0, 2) });
  rig.stub.on('GET /queue', { status: 202 });
  rig.stub.on(`GET ${SETS}/7`, { json: { statistics: { totalAssignedJobs: 0 } } });
  rig.start();
  await soon(() => expect(rig.counts.slice(0, 3)).toEqual([2, 0, 0]));
  await soon(() => expect(rig.stub.to('GET /queue').length).toBeGreaterThan(3));
  // Once both agree there is nothing to ask.
  expect(rig.stub.to(`GET ${SETS}/7`)).toHaveLength(1);
});

test('when several polls in a row have no answer, demand is no longer claimed to be known', async () => {
  const { timings, time, pass } = pollDeadlines();
  await using rig = await listening(timings, {}, { time });
  rig.start();
  for (const polls of [1, 2, 3]) {
    await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(polls));
    expect(rig.troubles).toEqual([]);
    pass();
  }
  await soon(() => expect(rig.troubles).toMatchObject([{ code: 'github-unavailable' }]));
  expect(rig.counts).toEqual([0, 0, 0]);
});

test('errors of the service, broken connections and nonsense are told, and the queue goes on', async () => {
  await using rig = await listening();
  rig.stub.on(
    'GET /queue',
    { status: 500, text: 'oops' },
    { reset: true },
    { text: '{"messageId":' },
    firstMessage,
    { hang: true },
  );
  rig.stub.on(`DELETE /queue/${FIRST}`, { status: 204 });
  rig.start();
  await soon(() => expect(rig.messages).toHaveLength(1));
  expect(rig.troubles).toMatchObject([
    { code: 'github-unavailable', status: 500 },
    { code: 'github-unavailable' },
    { code: 'github-unavailable' },
  ]);
  expect(rig.stub.to(SESSIONS)).toHaveLength(1);
});

test('when GitHub limits the rate, it is asked again no sooner than it said', async () => {
  await using rig = await listening();
  rig.stub.on('GET /queue', { status: 429, headers: { 'retry-after': '0.3' } }, { hang: true });
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(2));
  expect(rig.troubles).toMatchObject([{ code: 'github-rate-limited', retryAfterMs: 300 }]);
  const [first, second] = rig.stub.to('GET /queue').map(({ atMs }) => atMs);
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(295);
});

test('a change of capacity cuts the held poll once in the interval and is announced by the next', async () => {
  let capacity = 1;
  await using rig = await listening({ cutEveryMs: 60_000 }, { capacity: () => capacity });
  const announced = () => rig.stub.to('GET /queue').map(({ headers }) => headers['x-scalesetmaxcapacity']);
  rig.start();
  await soon(() => expect(announced()).toEqual(['1']));
  capacity = 2;
  rig.queue.capacityChanged();
  await soon(() => expect(announced()).toEqual(['1', '2']));
  await soon(() => expect(rig.stub.to('GET /queue')[0]?.hungUp).toBe(true));
  capacity = 3;
  rig.queue.capacityChanged();
  rig.queue.capacityChanged();
  await rig.end();
  expect(announced()).toEqual(['1', '2']);
  expect(rig.troubles).toEqual([]);
});

test('a listener that fails when told of trouble does not end the queue', async () => {
  const onTrouble = () => {
    throw new Error('listener broken');
  };
  await using rig = await listening({}, { onTrouble });
  rig.stub.on('GET /queue', { status: 500 }, { hang: true });
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(2));
});

test('nothing of a token is ever logged or told', async () => {
  await using rig = await listening();
  rig.stub.on(
    'GET /queue',
    { status: 500 },
    { status: 401 },
    { status: 403, text: 'no' },
    { reset: true },
    { hang: true },
  );
  rig.stub.on(RENEW, { json: aSession(rig.stub.url, 5) });
  rig.stub.on(
    REGISTER,
    { status: 401 },
    { json: { url: `${rig.stub.url}/tenant/1`, token: jwt('admin-secret') } },
  );
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(5));
  const told = JSON.stringify([
    rig.logged,
    rig.troubles.map((error) => [String(error), { ...Object(error) }]),
  ]);
  expect(told).not.toMatch(/secret|eyJ|tenant=/);
});

test('stopping during a wait or a hung call returns at once', async () => {
  await using rig = await listening({ conflictRetryMs: 600_000, closeTimeoutMs: 50 });
  rig.stub.on(SESSIONS, problem(409, 'RunnerScaleSetSessionConflictException'));
  rig.start();
  await soon(() => expect(rig.troubles).toHaveLength(1));
  await rig.end();
});

test('a GitHub that does not answer on the way out does not hold us', async () => {
  await using rig = await listening({ closeTimeoutMs: 50 });
  rig.stub.on(CLOSE, { hang: true });
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(1));
  await rig.end();
  expect(rig.stub.to(CLOSE)).toHaveLength(1);
});
