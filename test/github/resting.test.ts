/** A queue whose pool can take nothing: it has no session, is told what was assigned before, and listens again in time. */
import { expect, test } from 'vitest';
import { CLOSE, listening, SESSIONS, soon } from '../support/queue-rig.ts';
import { SETS } from '../support/stub-github.ts';
import { aJob } from '../support/world.ts';

const COUNT = `GET ${SETS}/7`;
const counting = (totalAssignedJobs: number) => ({
  json: { id: 7, name: 'ios', statistics: { totalAssignedJobs } },
});

/** A pool whose capacity and open jobs the test sets. */
async function pooled(of: { capacity: number; open: number }) {
  const openJobs = () => Array.from({ length: of.open }, (_, nth) => aJob(`job-${nth}`));
  return listening({ cutEveryMs: 1 }, { capacity: () => of.capacity, openJobs });
}

test('with nothing to offer its session is closed, and no 0 is announced; with room it is opened again', async () => {
  const pool = { capacity: 1, open: 0 };
  await using rig = await pooled(pool);
  rig.stub.on(COUNT, counting(0));
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(1));
  pool.capacity = 0;
  rig.queue.capacityChanged();
  await soon(() => expect(rig.stub.to(COUNT)).toHaveLength(1));
  expect(rig.stub.to(CLOSE)).toHaveLength(1);
  await soon(() => expect(rig.counts.length).toBe(2));
  pool.capacity = 2;
  rig.queue.capacityChanged();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(2));
  expect(rig.stub.to(SESSIONS)).toHaveLength(2);
  const announced = rig.stub.to('GET /queue').map(({ headers }) => headers['x-scalesetmaxcapacity']);
  expect(announced).toEqual(['1', '2']);
  expect(rig.troubles).toEqual([]);
});

test('what was assigned before the session closed is counted, and heard by another session', async () => {
  const pool = { capacity: 0, open: 0 };
  await using rig = await pooled(pool);
  rig.stub.on(COUNT, counting(1));
  rig.start();
  await soon(() => expect(rig.stub.to(SESSIONS)).toHaveLength(1));
  expect(rig.counts[0]).toBe(1);
});

test('a pool with an open job is listened to whatever it can take', async () => {
  await using rig = await pooled({ capacity: 0, open: 1 });
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(1));
  expect(rig.stub.to('GET /queue')[0]?.headers).toMatchObject({ 'x-scalesetmaxcapacity': '0' });
});

test('when the count cannot be asked for the queue is in trouble, not silent', async () => {
  await using rig = await pooled({ capacity: 0, open: 0 });
  rig.stub.on(COUNT, { status: 403 });
  rig.start();
  await soon(() => expect(rig.troubles.length).toBeGreaterThan(0));
  expect(rig.counts).toEqual([]);
});

test('when the session and the count disagree for ever, GitHub is asked no faster than polls are cut', async () => {
  const cutEveryMs = 40;
  await using rig = await listening({ cutEveryMs }, { capacity: () => 0 });
  rig.stub.on(COUNT, counting(1));
  const beganMs = performance.now();
  rig.start();
  await soon(() => expect(rig.stub.to(SESSIONS).length).toBeGreaterThan(4));
  expect(rig.stub.to(SESSIONS).length).toBeLessThanOrEqual(1 + (performance.now() - beganMs) / cutEveryMs);
  expect(rig.stub.to('GET /queue')).toEqual([]);
});
