/** The way to the Actions service, scale sets and runner records, against a scripted GitHub. */
import { expect, test } from 'vitest';
import { systemTime } from '../../src/lib/time.ts';
import {
  AGENTS,
  aSet,
  gitHubOver,
  jwt,
  problem,
  REGISTER,
  SETS,
  type StubGitHub,
  stubGitHub,
  TENANT,
} from '../support/stub-github.ts';

const NAME = 'mr-abc123-ios-0a1b2c3d';
const MINT = `POST ${SETS}/7/generatejitconfig`;
const minted = {
  json: { runner: { id: 55, name: NAME, runnerScaleSetId: 7 }, encodedJITConfig: 'jit-secret' },
};

function connection(stub: StubGitHub, token = jwt('admin-secret')) {
  return { json: { url: `${stub.url}${TENANT}/`, token } };
}

test('the way to the service is found once, and its path and version kept in each call', async ({
  signal,
}) => {
  await using stub = await stubGitHub();
  stub.on(MINT, minted);
  const { queue } = gitHubOver(stub);
  expect(await queue.mint(NAME, signal)).toEqual({ registrationId: 55, jitConfig: 'jit-secret' });
  await queue.mint(NAME, signal);
  expect(stub.to(REGISTER)).toHaveLength(1);
  const [register] = stub.to(REGISTER);
  expect(register?.headers.authorization).toBe('RemoteAuth registration-secret');
  expect(JSON.parse(register?.body ?? '')).toEqual({ url: `${stub.url}/acme`, runner_event: 'register' });
  const [mint] = stub.to(MINT);
  expect(mint?.query).toBe('?api-version=6.0-preview');
  expect(JSON.parse(mint?.body ?? '')).toEqual({ name: NAME, workFolder: '_work' });
  expect(JSON.parse(mint?.headers['user-agent'] ?? '')).toMatchObject({
    system: 'macrunner',
    kind: 'scaleset',
  });
});

test('a registration token that is not known everywhere yet is tried again', async ({ signal }) => {
  await using stub = await stubGitHub();
  stub.on(REGISTER, { status: 401 }, { status: 403 }, connection(stub));
  stub.on(MINT, minted);
  await gitHubOver(stub).queue.mint(NAME, signal);
  expect(stub.to(REGISTER)).toHaveLength(3);
});

test('an admin token revoked early is replaced once, and a second refusal is an error', async ({
  signal,
}) => {
  await using stub = await stubGitHub();
  stub.on(MINT, problem(401, 'InvalidTokenException'), minted, problem(401, 'InvalidTokenException'));
  const { queue } = gitHubOver(stub);
  await queue.mint(NAME, signal);
  expect(stub.to(REGISTER)).toHaveLength(2);
  expect(stub.to(MINT)[1]?.headers.authorization).not.toBe(stub.to(MINT)[0]?.headers.authorization);
  await expect(queue.mint(NAME, signal)).rejects.toMatchObject({ code: 'github-auth' });
  expect(stub.to(MINT)).toHaveLength(4);
});

test('an admin token is replaced before it expires', async ({ signal }) => {
  await using stub = await stubGitHub();
  let nowMs = Date.now();
  stub.on(MINT, minted);
  const { queue } = gitHubOver(stub, { time: { ...systemTime, wallMs: () => nowMs } });
  await queue.mint(NAME, signal);
  nowMs += 3_600_000 - 90_000;
  await queue.mint(NAME, signal);
  expect(stub.to(REGISTER)).toHaveLength(2);
});

test('errors of the service are tried again with patience, refusals are not', async ({ signal }) => {
  await using stub = await stubGitHub();
  stub.on(
    MINT,
    { status: 500 },
    { reset: true },
    { status: 429, headers: { 'retry-after': '0.01' } },
    minted,
  );
  const { queue } = gitHubOver(stub);
  expect(await queue.mint(NAME, signal)).toMatchObject({ registrationId: 55 });
  stub.on(MINT, { status: 400, text: 'plain words' });
  const failing = queue.mint(NAME, signal);
  await expect(failing).rejects.toMatchObject({
    code: 'github-refused',
    message: expect.stringContaining('plain words'),
  });
  expect(stub.to(MINT)).toHaveLength(5);
});

test('a wait that GitHub asks for and that exceeds our patience is told instead of waited for', async ({
  signal,
}) => {
  await using stub = await stubGitHub();
  stub.on(MINT, { status: 429, headers: { 'retry-after': '3600' } });
  const failing = gitHubOver(stub).queue.mint(NAME, signal);
  await expect(failing).rejects.toMatchObject({ code: 'github-rate-limited', retryAfterMs: 3_600_000 });
});

test('a service that hangs holds us no longer than stated, and not at all when told to stop', async ({
  signal,
}) => {
  await using stub = await stubGitHub();
  stub.on(MINT, { hang: true });
  const { queue } = gitHubOver(stub, { timings: { callTimeoutMs: 150, attemptTimeoutMs: 50 } });
  await expect(queue.mint(NAME, signal)).rejects.toMatchObject({ code: 'github-unavailable' });
  const stop = new AbortController();
  stub.on(`DELETE ${AGENTS}/1`, () => {
    stop.abort(new Error('told to stop'));
    return { hang: true };
  });
  const patient = gitHubOver(stub);
  await expect(patient.queue.remove(1, stop.signal)).rejects.toThrow('told to stop');
});

test('an answer with a byte order mark is read; one that cannot be read is not quoted', async ({
  signal,
}) => {
  await using stub = await stubGitHub();
  stub.on(
    MINT,
    { text: `\uFEFF${JSON.stringify(minted.json)}` },
    { text: '{"encodedJITConfig":"jit-secret"' },
  );
  const { queue } = gitHubOver(stub);
  expect(await queue.mint(NAME, signal)).toMatchObject({ registrationId: 55 });
  const failing = queue.mint(NAME, signal);
  await expect(failing).rejects.toMatchObject({ code: 'github-unavailable' });
  await expect(failing).rejects.not.toThrow(/secret/);
});

test('a missing scale set is made in its group, with its labels, and without updates', async ({ signal }) => {
  await using stub = await stubGitHub();
  stub.on(`GET ${SETS}`, { json: { count: 0, value: [] } });
  stub.on(`POST ${SETS}`, { json: aSet(7) });
  stub.on(MINT, minted);
  const { queue, logged } = gitHubOver(stub, { runnerGroup: 'macs' });
  await queue.mint(NAME, signal);
  expect(stub.to(`GET ${SETS}`)[0]?.query).toBe(
    '?runnerGroupId=3&name=mr-abc123-ios&api-version=6.0-preview',
  );
  expect(JSON.parse(stub.to(`POST ${SETS}`)[0]?.body ?? '')).toEqual({
    name: 'mr-abc123-ios',
    runnerGroupId: 3,
    labels: [
      { name: 'self-hosted', type: 'System' },
      { name: 'xcode', type: 'System' },
    ],
    RunnerSetting: { disableUpdate: true },
  });
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
});

test('a runner group that GitHub does not know is said so', async ({ signal }) => {
  await using stub = await stubGitHub();
  stub.on(`GET ${TENANT}/_apis/runtime/runnergroups/`, { json: { count: 0, value: [] } });
  const failing = gitHubOver(stub, { runnerGroup: 'macs' }).queue.mint(NAME, signal);
  await expect(failing).rejects.toMatchObject({
    code: 'github-not-found',
    message: expect.stringContaining('"macs"'),
  });
});

test('other labels than configured are corrected; labels that GitHub drops are reported loudly', async ({
  signal,
}) => {
  await using stub = await stubGitHub();
  stub.on(`GET ${SETS}`, { json: { value: [aSet(7, ['self-hosted', 'old'])] } });
  stub.on(`PATCH ${SETS}/7`, { json: aSet(7, ['self-hosted']) });
  stub.on(MINT, minted);
  const { queue, logged } = gitHubOver(stub);
  await queue.mint(NAME, signal);
  expect(JSON.parse(stub.to(`PATCH ${SETS}/7`)[0]?.body ?? '')).toMatchObject({
    labels: [{ name: 'self-hosted' }, { name: 'xcode' }],
  });
  expect(logged.filter(({ level }) => level === 'error')).toMatchObject([
    {
      fields: {
        pool: 'ios',
        lost: ['xcode'],
        hint: expect.stringContaining('AllowRunnerScaleSetCustomLabels'),
      },
    },
  ]);
});

test('a scale set that is gone when a runner is minted is made anew', async ({ signal }) => {
  await using stub = await stubGitHub();
  stub.on(`GET ${SETS}`, { json: { value: [aSet(7)] } }, { json: { value: [] } });
  stub.on(MINT, problem(404, 'RunnerScaleSetNotFoundException'));
  stub.on(`POST ${SETS}`, { json: aSet(8) });
  stub.on(`POST ${SETS}/8/generatejitconfig`, minted);
  expect(await gitHubOver(stub).queue.mint(NAME, signal)).toMatchObject({ registrationId: 55 });
});

test("a name that our own set's record holds is freed, and minted again", async ({ signal }) => {
  await using stub = await stubGitHub();
  stub.on(MINT, problem(409, 'AgentExistsException'), minted);
  stub.on(`GET ${AGENTS}`, { json: { count: 1, value: [{ id: 54, name: NAME, runnerScaleSetId: 7 }] } });
  stub.on(`DELETE ${AGENTS}/54`, { status: 204 });
  expect(await gitHubOver(stub).queue.mint(NAME, signal)).toMatchObject({ registrationId: 55 });
  expect(stub.to(`GET ${AGENTS}`)[0]?.query).toContain(`agentName=${NAME}`);
  expect(stub.to(`DELETE ${AGENTS}/54`)).toHaveLength(1);
});

test('a name that is held by another set, or by a runner at work, is a conflict and left alone', async ({
  signal,
}) => {
  await using stub = await stubGitHub();
  stub.on(MINT, problem(409, 'AgentExistsException'));
  stub.on(
    `GET ${AGENTS}`,
    { json: { value: [{ id: 54, name: NAME, runnerScaleSetId: 99 }] } },
    { json: { value: [{ id: 54, name: NAME, runnerScaleSetId: 7 }] } },
  );
  stub.on(`DELETE ${AGENTS}/54`, problem(400, 'JobStillRunningException'));
  const { queue } = gitHubOver(stub);
  await expect(queue.mint(NAME, signal)).rejects.toMatchObject({ code: 'github-conflict' });
  expect(stub.to(`DELETE ${AGENTS}/54`)).toHaveLength(0);
  await expect(queue.mint(NAME, signal)).rejects.toMatchObject({ code: 'github-conflict' });
});

test.each([
  [{ status: 204 }, 'removed'],
  [problem(404, 'AgentNotFoundException'), 'gone'],
  [{ status: 404, text: 'no such page' }, 'gone'],
  [problem(400, 'JobStillRunningException'), 'busy'],
])('removing answered by %o is %s', async (answer, outcome) => {
  await using stub = await stubGitHub();
  stub.on(`DELETE ${AGENTS}/54`, answer);
  expect(await gitHubOver(stub).queue.remove(54, AbortSignal.timeout(60_000))).toBe(outcome);
});

test('of all runners only those with our prefix are told', async ({ signal }) => {
  await using stub = await stubGitHub();
  const runner = (id: number, name: string) => ({ id, name, status: 'offline', busy: false });
  const runners = [runner(1, 'mr-abc123-ios-1'), runner(2, 'mr-zzz999-ios-1'), runner(3, 'SHA1HULUD')];
  stub.on('GET /api/v3/orgs/acme/actions/runners', { json: { total_count: 3, runners } });
  expect(await gitHubOver(stub).github.registrations('mr-abc123-', signal)).toMatchObject([{ id: 1 }]);
});
