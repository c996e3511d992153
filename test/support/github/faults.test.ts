/** Item 22: what can go wrong on any route. */
import { expect, test } from 'vitest';
import { bootstrap, call, listen, PAT } from './raw-client.ts';
import { simulate } from './simulate.ts';

const SETS = '_apis/runtime/runnerscalesets';

test('item 22: any route can be made to fail, so many times or until cleared', async () => {
  const github = await simulate();
  const { poll, set, session } = await listen(github);
  const outcome = async () => {
    const answer = await poll();
    return [answer.status, answer.text, answer.headers.get('retry-after')];
  };
  github.fault('poll', { kind: 'empty', status: 200 }, 1);
  expect(await outcome()).toEqual([200, '', null]);
  github.fault(
    'poll',
    { kind: 'status', status: 429, retryAfter: 7, headers: {}, body: { message: 'slow' } },
    1,
  );
  expect(await outcome()).toEqual([429, '{"message":"slow"}', '7']);
  github.fault('GET /scalesets/*', { kind: 'text', status: 502, body: 'bad gateway' }, 1);
  expect(await outcome()).toEqual([502, 'bad gateway', null]);
  github.fault('poll', { kind: 'reset' }, 1);
  await expect(poll()).rejects.toThrow();
  github.fault('poll', { kind: 'stall' }, 1);
  await expect(poll({ signal: AbortSignal.timeout(500) })).rejects.toThrow();
  github.fault('poll', { kind: 'status', status: 503, headers: {} });
  expect([(await poll()).status, (await poll()).status]).toEqual([503, 503]);
  github.clearFaults();
  expect((await poll()).status).toBe(202);

  const actions = await bootstrap(github);
  await actions.call('DELETE', `${SETS}/${set}/sessions/${session.sessionId}`);
  const open = () => actions.call('POST', `${SETS}/${set}/sessions`, { ownerName: 'test' });
  github.fault('create-session', { kind: 'patch', fields: { messageQueueUrl: '' } }, 1);
  expect((await open()).body).toMatchObject({ messageQueueUrl: '', ownerName: 'test' });
});

test('item 22: an answer can be cut, or lost after the work was done', async () => {
  const github = await simulate();
  const { mint } = await listen(github);
  const url = `${github.origin}/api/v3/orgs/acme/actions/runners`;
  github.fault('list-runners', { kind: 'truncate' }, 1);
  const cut = await call('GET', url, { authorization: PAT });
  expect([cut.status, cut.text.startsWith('{"total_count"'), cut.body]).toEqual([200, true, {}]);
  github.fault('generate-jit-config', { kind: 'reset-after' }, 1);
  await expect(mint('lost')).rejects.toThrow();
  expect(github.runners()).toMatchObject([{ name: 'lost' }]);
});

test('item 22: faults are ordered over HTTP too, and never touch the control routes', async () => {
  const github = await simulate();
  const order = { route: '*', times: 1, fault: { kind: 'status', status: 500 } };
  expect((await call('POST', `${github.origin}/_control/faults`, { body: order })).status).toBe(200);
  expect((await call('GET', `${github.origin}/_control/jobs`)).status).toBe(200);
  expect((await call('GET', `${github.origin}/api/v3/orgs/acme/actions/runners`)).status).toBe(500);
  expect((await call('GET', `${github.origin}/api/v3/orgs/acme/actions/runners`)).status).toBe(401);
});
