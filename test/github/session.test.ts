/** The session of a pool's queue against a scripted GitHub: expired, forgotten, or its scale set deleted. */
import { expect, test } from 'vitest';
import { systemTime } from '../../src/lib/time.ts';
import { CLOSE, FIRST, firstMessage, listening, RENEW, SESSIONS, soon } from '../support/queue-rig.ts';
import {
  aSession,
  aSet,
  gitHubOver,
  jwt,
  problem,
  SESSION_ID,
  SETS,
  stubGitHub,
} from '../support/stub-github.ts';

test('a queue token that expires is renewed once, and the poll repeated with the new one', async () => {
  await using rig = await listening();
  rig.stub.on('GET /queue', { status: 401 }, { hang: true });
  const renewed = aSession(rig.stub.url, 77);
  rig.stub.on(RENEW, { json: renewed });
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(2));
  expect(rig.stub.to('GET /queue')[1]?.headers.authorization).toBe(
    `Bearer ${renewed.messageQueueAccessToken}`,
  );
  expect(rig.stub.to(SESSIONS)).toHaveLength(1);
  expect(rig.troubles).toEqual([]);
});

test('a queue token is renewed before it expires', async () => {
  let nowMs = Date.now();
  await using stub = await stubGitHub();
  const { queue } = gitHubOver(stub, { time: { ...systemTime, wallMs: () => nowMs } });
  const session = aSession(stub.url, 0);
  stub.on(SESSIONS, { json: { ...session, messageQueueAccessToken: jwt('queue', 600_000) } });
  stub.on(RENEW, { json: aSession(stub.url, 1) });
  stub.on(
    'GET /queue',
    () => {
      nowMs += 500_000;
      return { status: 202 };
    },
    { hang: true },
  );
  const stop = new AbortController();
  const done = queue.listen(
    {
      capacity: () => 1,
      onMessage: async () => undefined,
      onCount: async () => undefined,
      onTrouble: () => undefined,
      onProblems: () => undefined,
      openJobs: () => [],
      formerSession: () => null,
      onSession: () => undefined,
    },
    stop.signal,
  );
  await soon(() => expect(stub.to('GET /queue')).toHaveLength(2));
  expect(stub.to(RENEW)).toHaveLength(1);
  stop.abort();
  await done;
});

test('a session that GitHub forgot is replaced in place, and the cursor is kept', async () => {
  await using rig = await listening();
  rig.stub.on('GET /queue', firstMessage, { status: 401 }, { hang: true });
  rig.stub.on(`DELETE /queue/${FIRST}`, { status: 204 });
  rig.stub.on(RENEW, problem(404, 'RunnerAdminException'));
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(3));
  expect(rig.stub.to(SESSIONS)).toHaveLength(2);
  expect(rig.stub.to('GET /queue')[2]?.query).toContain(`lastMessageId=${FIRST}`);
  expect(rig.troubles).toEqual([]);
});

test('a scale set that GitHub deleted is made anew, and its messages are counted anew', async () => {
  await using rig = await listening();
  rig.stub.on('GET /queue', firstMessage, { status: 401 }, firstMessage, { hang: true });
  rig.stub.on(`DELETE /queue/${FIRST}`, { status: 204 });
  rig.stub.on(RENEW, problem(404, 'RunnerScaleSetNotFoundException'));
  rig.stub.on(SESSIONS, { json: aSession(rig.stub.url, 0) }, problem(404, 'RunnerScaleSetNotFoundException'));
  rig.stub.on(`GET ${SETS}`, { json: { value: [aSet(7)] } }, { json: { value: [] } });
  rig.stub.on(`POST ${SETS}`, { json: aSet(8) });
  rig.stub.on(`POST ${SETS}/8/sessions`, { json: aSession(rig.stub.url, 1) });
  rig.start();
  await soon(() => expect(rig.messages).toHaveLength(2));
  expect(rig.stub.to('GET /queue')[2]?.query).toBe('?tenant=a%20b');
  expect(rig.troubles).toEqual([]);
});

test('a session without a queue is closed again, not used', async () => {
  await using rig = await listening();
  rig.stub.on(
    SESSIONS,
    { json: { ...aSession(rig.stub.url, 0), messageQueueUrl: '' } },
    { json: aSession(rig.stub.url, 1) },
  );
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(1));
  expect(rig.stub.to(CLOSE)).toHaveLength(1);
  expect(rig.troubles).toMatchObject([{ code: 'github-unavailable' }]);
});

test('what an earlier life left open is closed first, and what is open now is told', async () => {
  const former = { setId: 7, id: 'c0ffee00-0000-4000-8000-000000000000' };
  const sessions: unknown[] = [];
  const own = { formerSession: () => former, onSession: (session: unknown) => void sessions.push(session) };
  await using rig = await listening({}, own);
  rig.stub.on(SESSIONS, { json: aSession(rig.stub.url, 0) });
  rig.stub.on(`DELETE ${SETS}/7/sessions/${former.id}`, { status: 204 });
  rig.start();
  await soon(() => expect(rig.stub.to('GET /queue')).toHaveLength(1));
  expect(rig.stub.to(`DELETE ${SETS}/7/sessions/${former.id}`)).toHaveLength(1);
  expect(sessions).toEqual([null, { setId: 7, id: SESSION_ID }]);
  expect(rig.troubles).toEqual([]);
});

test('a renewed session brings the newest count', async () => {
  await using rig = await listening();
  rig.stub.on('GET /queue', { status: 401 }, { status: 202 }, { hang: true });
  rig.stub.on(RENEW, { json: aSession(rig.stub.url, 1, 4) });
  rig.start();
  await soon(() => expect(rig.counts).toEqual([0, 4]));
});
