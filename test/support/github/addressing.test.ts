/** Items 1 to 9 of the simulator's checklist: addresses, and every token on the way to the queue. */
import { expect, test } from 'vitest';
import * as z from 'zod';
import { createAppKey, signAssertion } from './app-key.ts';
import { bootstrap, call, listen, PAT } from './raw-client.ts';
import { simulate } from './simulate.ts';

test('item 1: organisations, repositories and enterprises are served with and without /api/v3', async () => {
  const github = await simulate();
  for (const api of ['/api/v3', '']) {
    for (const scope of ['orgs/acme', 'repos/acme/app', 'enterprises/acme']) {
      const url = `${github.origin}${api}/${scope}/actions/runners`;
      expect((await call('POST', `${url}/registration-token`, { authorization: PAT })).status).toBe(201);
      expect((await call('GET', url, { authorization: PAT })).body).toEqual({ total_count: 0, runners: [] });
    }
  }
});

test('item 2: the Actions base has a path, and nothing answers without it', async () => {
  const github = await simulate();
  const actions = await bootstrap(github);
  expect(actions.base).toBe(`${github.origin}/tenant/123/`);
  expect((await actions.call('GET', '_apis/runtime/runnerscalesets')).status).toBe(200);
  const url = `${github.origin}/_apis/runtime/runnerscalesets?api-version=6.0-preview`;
  expect((await call('GET', url, { authorization: actions.authorization })).status).toBe(404);
});

test('item 3: the queue URL lies elsewhere, has a parameter of its own and no session id', async () => {
  const github = await simulate();
  const { session, actions, poll } = await listen(github);
  const url = new URL(session.messageQueueUrl);
  expect(url.href.startsWith(actions.base)).toBe(false);
  expect(url.href).not.toContain(session.sessionId);
  const authorization = `Bearer ${session.messageQueueAccessToken}`;
  const rebuilt = `${url.origin}${url.pathname}?lastMessageId=0`;
  const headers = { 'x-scalesetmaxcapacity': '1' };
  expect((await call('GET', rebuilt, { authorization, headers })).status).toBe(400);
  expect((await poll()).status).toBe(202);
});

test('item 4: request ids everywhere, ActivityId on the Actions service, rate limits on REST only', async () => {
  const github = await simulate();
  const { actions, poll } = await listen(github);
  for (const answer of [await actions.call('GET', '_apis/runtime/runnerscalesets'), await poll()]) {
    expect(answer.headers.get('x-github-request-id')).toBeTruthy();
    expect(answer.headers.get('activityid')).toBeTruthy();
    expect(answer.headers.get('x-ratelimit-remaining')).toBeNull();
  }
  const rest = await call('GET', `${github.origin}/orgs/acme/actions/runners`, { authorization: PAT });
  expect(rest.headers.get('x-github-request-id')).toBeTruthy();
  expect(rest.headers.get('activityid')).toBeNull();
  for (const name of ['limit', 'remaining', 'used', 'reset', 'resource']) {
    expect(rest.headers.get(`x-ratelimit-${name}`)).toBeTruthy();
  }
});

test('item 5: an installation token takes a fresh, short-lived RS256 assertion of the right App', async () => {
  const key = createAppKey();
  const app = { issuers: ['Iv23simulated', '77'], installationId: 4242, publicKeyPem: key.publicKeyPem };
  const github = await simulate({ app });
  const url = `${github.origin}/api/v3/app/installations/4242/access_tokens`;
  const ask = async (assertion: string) =>
    (await call('POST', url, { authorization: `Bearer ${assertion}` })).status;
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: 'Iv23simulated', iat: now - 60, exp: now + 480 };

  const assertion = await signAssertion(key, { ...good, jti: '1' });
  const answer = await call('POST', url, { authorization: `Bearer ${assertion}` });
  expect(answer.status).toBe(201);
  expect(Date.parse(String(answer.body.expires_at))).toBeGreaterThan(Date.now() + 3_500_000);
  expect(await ask(assertion), 'used twice').toBe(401);
  expect(await ask(await signAssertion(key, { ...good, iss: '77' })), 'App id').toBe(201);
  expect(await ask(await signAssertion(key, { ...good, exp: now + 700 })), 'too long').toBe(401);
  expect(await ask(await signAssertion(key, { ...good, iat: now + 60 })), 'from the future').toBe(401);
  expect(await ask(await signAssertion(key, { ...good, exp: now - 1 })), 'expired').toBe(401);
  expect(await ask(await signAssertion(key, { ...good, iss: 'other' })), 'other App').toBe(401);
  expect(await ask(await signAssertion(createAppKey(), good)), 'other key').toBe(401);
  expect(await ask('nonsense')).toBe(401);

  const authorization = `Bearer ${String(answer.body.token)}`;
  const tokenUrl = `${github.origin}/api/v3/orgs/acme/actions/runners/registration-token`;
  expect((await call('POST', tokenUrl, { authorization })).status).toBe(201);
  github.advance(3_600_001);
  expect((await call('POST', tokenUrl, { authorization })).status).toBe(401);
});

test('item 6: a registration token needs administration, expires, and serves runner-registration as RemoteAuth', async () => {
  const github = await simulate({ pats: { good: 'admin', weak: 'read' } });
  const ask = (token: string, scope = 'orgs/acme') =>
    call('POST', `${github.origin}/api/v3/${scope}/actions/runners/registration-token`, {
      authorization: `Bearer ${token}`,
    });
  expect((await ask('wrong')).status).toBe(401);
  expect((await ask('weak')).status).toBe(403);
  expect((await ask('good', 'orgs/nobody')).status).toBe(404);
  const { token } = (await ask('good')).body;

  const register = (authorization: string, path = '/acme') =>
    call('POST', `${github.origin}/api/v3/actions/runner-registration`, {
      authorization,
      body: { url: github.origin + path, runner_event: 'register' },
    });
  expect((await register(`Bearer ${String(token)}`)).status).toBe(401);
  expect((await register(`RemoteAuth ${String(token)}`, '/acme/app')).status).toBe(404);
  github.fault('runner-registration', { kind: 'status', status: 403, headers: {} }, 2);
  const statuses = [];
  for (let turn = 0; turn < 3; turn += 1)
    statuses.push((await register(`RemoteAuth ${String(token)}`)).status);
  expect(statuses).toEqual([403, 403, 200]);
  github.advance(3_600_001);
  expect((await register(`RemoteAuth ${String(token)}`)).status).toBe(401);
});

test('item 7: the admin token is a JWT that ends at exp, or before', async () => {
  const github = await simulate({ adminTokenMs: 120_000 });
  const fromMs = Date.now();
  const early = await bootstrap(github);
  const { exp } = z
    .object({ exp: z.number() })
    .parse(JSON.parse(Buffer.from(early.authorization.split('.')[1] ?? '', 'base64url').toString()));
  expect(exp).toBeGreaterThanOrEqual(Math.floor(fromMs / 1_000) + 120);
  expect(exp).toBeLessThanOrEqual(Math.ceil(Date.now() / 1_000) + 120);
  github.advance(121_000);
  const late = await early.call('GET', '_apis/runtime/runnerscalesets');
  expect([late.status, late.text]).toEqual([401, expect.stringContaining('InvalidTokenException')]);

  const revoked = await bootstrap(github);
  await call('POST', `${github.origin}/_control/tokens/expire`, { body: { kinds: ['admin'] } });
  expect((await revoked.call('GET', '_apis/runtime/runnerscalesets')).status).toBe(401);
  expect((await (await bootstrap(github)).call('GET', '_apis/runtime/runnerscalesets')).status).toBe(200);
});

test('item 8: admin and queue tokens do not open each other’s doors', async () => {
  const github = await simulate();
  const { session, actions, set } = await listen(github);
  const queueToken = `Bearer ${session.messageQueueAccessToken}`;
  const headers = { 'x-scalesetmaxcapacity': '1' };
  const admin = { authorization: actions.authorization, headers };
  expect((await call('GET', session.messageQueueUrl, admin)).status).toBe(401);
  expect((await call('DELETE', session.messageQueueUrl.replace('?', '/100000001?'), admin)).status).toBe(401);
  const base = `${actions.base}_apis/runtime/runnerscalesets/${set}`;
  for (const path of ['', '/acquirablejobs']) {
    const url = `${base}${path}?api-version=6.0-preview`;
    expect((await call('GET', url, { authorization: queueToken })).status).toBe(401);
  }
});

test('item 9: the agent of each request is on record', async () => {
  const github = await simulate();
  const agent = JSON.stringify({ system: 'macrunner', kind: 'scaleset' });
  await call('GET', `${github.origin}/api/v3/orgs/acme/actions/runners`, {
    headers: { 'user-agent': agent },
  });
  expect(github.requests()).toMatchObject([{ route: 'list-runners', status: 401, userAgent: agent }]);
});
