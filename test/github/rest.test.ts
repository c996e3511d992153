/** Signing in, REST errors, and the list of runners, against a scripted GitHub. */
import { generateKeyPairSync } from 'node:crypto';
import * as jose from 'jose';
import { expect, test } from 'vitest';
import { parseConfigUrl } from '../../src/github/config-url.ts';
import { DEFAULT_TIMINGS, type GitHubAuth, type Timings } from '../../src/github/options.ts';
import { createRest } from '../../src/github/rest.ts';
import { systemTime } from '../../src/lib/time.ts';
import { type StubGitHub, stubGitHub } from '../support/stub-github.ts';

const TOKEN = 'POST /api/v3/orgs/acme/actions/runners/registration-token';
const ACCESS = 'POST /api/v3/app/installations/42/access_tokens';
const RUNNERS = 'GET /api/v3/orgs/acme/actions/runners';
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pkcs1 = keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();

const byToken: GitHubAuth = { kind: 'token', token: async () => 'ghp_secret\n' };
const byApp = (privateKey = async () => pkcs1): GitHubAuth => ({
  kind: 'app',
  clientId: 'Iv23x',
  installationId: 42,
  privateKey,
});

function restOver(stub: StubGitHub, auth: GitHubAuth, timings: Partial<Timings> = {}) {
  const log = () => undefined;
  const context = {
    log,
    time: systemTime,
    http: fetch,
    random: Math.random,
    version: '1.2.3',
    timings: { ...DEFAULT_TIMINGS, restRetryBaseMs: 1, ...timings },
  };
  return createRest(context, parseConfigUrl(`${stub.url}/acme`), auth);
}

function installationToken(token: string, lifeMs = 3_600_000) {
  return {
    status: 201,
    json: { token, expires_at: new Date(Date.now() + lifeMs).toISOString(), permissions: {} },
  };
}

test('a configured token is read anew for each call and sent without its line break', async ({ signal }) => {
  await using stub = await stubGitHub();
  const rest = restOver(stub, byToken);
  expect(await rest.registrationToken(signal)).toBe('registration-secret');
  const [asked] = stub.to(TOKEN);
  expect(asked?.headers).toMatchObject({
    authorization: 'token ghp_secret',
    'user-agent': expect.stringMatching(/^macrunner\/1.2.3/),
  });
});

test('an App signs a token that is its own each time, and its installation token is kept', async ({
  signal,
}) => {
  await using stub = await stubGitHub();
  stub.on(ACCESS, installationToken('ghs_first'), installationToken('ghs_second'));
  stub.on(RUNNERS, { json: { total_count: 0, runners: [] } });
  const rest = restOver(stub, byApp());
  await rest.runners(signal);
  await rest.runners(signal);
  expect(stub.to(ACCESS)).toHaveLength(1);
  expect(stub.to(RUNNERS)[1]?.headers.authorization).toBe('token ghs_first');
  const signed = stub.to(ACCESS)[0]?.headers.authorization?.replace(/^bearer /i, '') ?? '';
  const { payload } = await jose.jwtVerify(signed, keys.publicKey, {
    issuer: 'Iv23x',
    algorithms: ['RS256'],
  });
  expect(payload).toMatchObject({ jti: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(600);
});

test('a revoked installation token is replaced once', async ({ signal }) => {
  await using stub = await stubGitHub();
  stub.on(ACCESS, installationToken('ghs_first'), installationToken('ghs_second'));
  stub.on(
    RUNNERS,
    { status: 401, json: { message: 'Bad credentials' } },
    { json: { total_count: 0, runners: [] } },
  );
  expect(await restOver(stub, byApp()).runners(signal)).toEqual([]);
  expect(stub.to(RUNNERS)[1]?.headers.authorization).toBe('token ghs_second');
});

test('a token that is refused is said to be refused, without being quoted', async ({ signal }) => {
  await using stub = await stubGitHub();
  stub.on(RUNNERS, { status: 401, json: { message: 'Bad credentials' } });
  const failing = restOver(stub, byToken).runners(signal);
  await expect(failing).rejects.toMatchObject({
    code: 'github-auth',
    hint: expect.stringContaining('credential'),
  });
  await expect(failing).rejects.not.toThrow(/secret/);
  expect(stub.to(RUNNERS)).toHaveLength(2);
});

test('a key that cannot sign, or an App that is unknown, is said so', async ({ signal }) => {
  await using stub = await stubGitHub();
  const unsigned = restOver(
    stub,
    byApp(async () => 'not a key'),
  ).runners(signal);
  await expect(unsigned).rejects.toMatchObject({
    code: 'github-auth',
    message: expect.stringContaining('private key'),
  });
  stub.on(ACCESS, { status: 404, json: { message: 'Not Found' } });
  const unknown = restOver(stub, byApp()).runners(signal);
  await expect(unknown).rejects.toMatchObject({
    code: 'github-not-found',
    hint: expect.stringContaining('installation id'),
  });
});

test.each([
  ['a missing permission', 403, {}, 'github-forbidden', null],
  [
    'the primary limit',
    403,
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '0' },
    'github-rate-limited',
    1_000,
  ],
  ['a secondary limit', 403, { 'retry-after': '7' }, 'github-rate-limited', 7_000],
  ['a limit by status', 429, {}, 'github-rate-limited', 60_000],
  ['a missing organisation', 404, {}, 'github-not-found', null],
  ['a refusal', 422, {}, 'github-refused', null],
])('%s is told apart', async (_, status, headers, code, retryAfterMs) => {
  await using stub = await stubGitHub();
  stub.on(RUNNERS, { status, headers, json: { message: 'no' } });
  const failing = restOver(stub, byToken).runners(AbortSignal.timeout(60_000));
  await expect(failing).rejects.toMatchObject({ code, retryAfterMs });
  expect(stub.to(RUNNERS)).toHaveLength(1);
});

test('errors of the server and broken connections are retried, and told when they last', async ({
  signal,
}) => {
  await using stub = await stubGitHub();
  stub.on(RUNNERS, { status: 502 }, { reset: true }, { json: { total_count: 0, runners: [] } });
  const rest = restOver(stub, byToken);
  expect(await rest.runners(signal)).toEqual([]);
  stub.on(RUNNERS, { status: 503 });
  await expect(rest.runners(signal)).rejects.toMatchObject({ code: 'github-unavailable' });
});

test.each([
  ['the API', RUNNERS],
  ['signing in', ACCESS],
])('when %s hangs, we are held no longer than stated', async (_, route) => {
  await using stub = await stubGitHub();
  stub.on(ACCESS, installationToken('ghs_first'));
  stub.on(route, { hang: true });
  const rest = restOver(stub, byApp(), { restTimeoutMs: 100 });
  await expect(rest.runners(AbortSignal.timeout(60_000))).rejects.toMatchObject({
    code: 'github-unavailable',
  });
});

test('a call that hangs is left at once when told to stop, and the connection is given up', async () => {
  await using stub = await stubGitHub();
  const stop = new AbortController();
  stub.on(RUNNERS, () => {
    stop.abort(new Error('told to stop'));
    return { hang: true };
  });
  await expect(restOver(stub, byToken).runners(stop.signal)).rejects.toThrow('told to stop');
  await expect.poll(() => stub.to(RUNNERS)[0]?.hungUp).toBe(true);
});

test('all pages of runners are read, each record once', async ({ signal }) => {
  await using stub = await stubGitHub();
  const runner = (id: number) => ({
    id,
    name: `mr-${id}`,
    status: id % 2 ? 'online' : 'offline',
    busy: id === 1,
    os: 'macOS',
  });
  const page = (from: number, to: number) => ({
    json: { total_count: 150, runners: Array.from({ length: to - from + 1 }, (_, i) => runner(from + i)) },
  });
  stub.on(RUNNERS, page(1, 100), page(100, 149), page(150, 150));
  const runners = await restOver(stub, byToken).runners(signal);
  expect(runners.map(({ id }) => id)).toEqual(Array.from({ length: 149 }, (_, i) => i + 1));
  expect(runners[0]).toEqual({ id: 1, name: 'mr-1', status: 'online', busy: true });
  expect(stub.to(RUNNERS).map(({ query }) => query)).toEqual([
    '?per_page=100&page=1',
    '?per_page=100&page=2',
  ]);
});
