/** What GitHub forgets, refuses or repeats, against the simulated GitHub: a job is neither lost nor taken twice. */
import { expect, test } from 'vitest';
import { systemTime } from '../../src/lib/time.ts';
import { connected, hostOn, PAT } from '../support/github-rig.ts';
import { type aMessage, ledgerRig } from '../support/ledger-rig.ts';
import { pollDeadlines } from '../support/queue-rig.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;
const QUICK = { holdMs: 100 } as const;
const adminGone = {
  kind: 'status',
  status: 404,
  headers: {},
  body: { typeName: 'GitHub.Actions.Runtime.WebApi.RunnerAdminException', message: 'not known' },
} as const;

type Rig = Awaited<ReturnType<typeof connected>>;

const setOf = (rig: Rig) => rig.server.scaleSets()[0];
const asked = (rig: Rig, route: string) => rig.server.requests().filter((request) => request.route === route);
const order = (rig: Rig, name: string) => rig.server.queueJob({ labels: ['xcode-26'], name });
const listening = (rig: Rig) => until(() => setOf(rig)?.capacity != null);

test('after a restart the queue is read from its beginning, and the ledger takes no message twice', async () => {
  using kept = await ledgerRig();
  const taken: boolean[] = [];
  const listener = {
    onMessage: async (message: ReturnType<typeof aMessage>) =>
      void taken.push(kept.ledger.recordMessage('ios', message, kept.clock.nowMs)),
  };
  await using rig = await connected(QUICK, { listener });
  rig.server.fault('ack', { kind: 'status', status: 500, headers: {} });
  rig.listen();
  await listening(rig);
  order(rig, 'one');
  await until(() => taken.length === 1);
  await rig.end();
  rig.server.clearFaults();
  const left = setOf(rig)?.unacknowledged ?? [];
  expect(left).toHaveLength(1);

  const next = hostOn(rig.server, { listener });
  next.listen();
  await until(() => setOf(rig)?.unacknowledged.length === 0);
  expect(taken).toEqual([true, false]);
  expect(kept.ledger.openJobs('ios').map((job) => job.displayName)).toEqual(['one']);
  await next.end();
});

test('within one life a message whose acknowledgement failed is handed over once', async () => {
  await using rig = await connected(QUICK);
  rig.server.fault('ack', { kind: 'status', status: 500, headers: {} });
  rig.listen();
  await listening(rig);
  order(rig, 'one');
  await until(() => rig.messages.length === 1);
  await until(() => asked(rig, 'ack').length > 1);
  // The next session of the same set asks from where the last one was, though GitHub keeps the message.
  rig.server.fault('refresh-session', adminGone, 1);
  await rig.control(`scalesets/${setOf(rig)?.id}/end-session`);
  await until(() => asked(rig, 'create-session').length === 2);
  order(rig, 'two');
  await until(() => rig.assigned().includes('two'));
  expect(rig.assigned()).toEqual(['one', 'two']);
});

test('a set that the server deleted is made anew under another id, and the jobs that wait for it come', async () => {
  await using rig = await connected(QUICK);
  rig.listen();
  await listening(rig);
  const former = setOf(rig)?.id;
  rig.server.fault('create-scale-set', { kind: 'status', status: 503, headers: {} }, 2);
  await rig.control(`scalesets/${former}/delete`);
  order(rig, 'waiting');
  await until(() => rig.assigned().includes('waiting'));
  expect(rig.server.scaleSets()).toMatchObject([{ name: 'mr-abc123-ios' }]);
  expect(setOf(rig)?.id).not.toBe(former);
});

test('a session that the server forgot at its renewal is replaced in place, and nothing is told twice', async () => {
  await using rig = await connected(QUICK);
  rig.listen();
  await listening(rig);
  order(rig, 'one');
  await until(() => rig.assigned().includes('one') && setOf(rig)?.unacknowledged.length === 0);
  const former = setOf(rig)?.session?.id;
  // The old session goes with its renewal: else GitHub would call the new one a second.
  rig.server.fault('refresh-session', adminGone, 1);
  await rig.control(`scalesets/${setOf(rig)?.id}/end-session`);
  await until(() => setOf(rig)?.session != null && setOf(rig)?.session?.id !== former);
  order(rig, 'two');
  await until(() => rig.assigned().includes('two'));
  expect(rig.assigned()).toEqual(['one', 'two']);
  expect(rig.troubles).toEqual([]);
});

test("another's session is waited for; after five minutes it is an alarm and a problem, which ends with it", async () => {
  await using rig = await connected(QUICK);
  rig.listen();
  await listening(rig);
  let nowMs = Date.now();
  const second = hostOn(rig.server, { time: { ...systemTime, steadyMs: () => nowMs } });
  second.listen();
  await until(() => second.troubles.length > 2);
  const alarms = () => second.logged.filter(({ level }) => level === 'error');
  expect([alarms(), second.problems]).toEqual([[], []]);
  nowMs += 5 * MINUTE;
  await until(() => second.problems.length > 0);
  const more = second.troubles.length + 3;
  await until(() => second.troubles.length >= more);
  expect(second.problems).toEqual([[expect.stringMatching(/^another listener has held the session since /)]]);
  expect(alarms()).toMatchObject([{ fields: { pool: 'ios', lastedMs: 5 * MINUTE } }]);
  await rig.end();
  await until(() => second.problems.length > 1);
  expect(second.problems.at(-1)).toEqual([]);
  await second.end();
});

test('polls that nobody answers are noticed: demand is not claimed to be known any more', async () => {
  const { timings, time, pass } = pollDeadlines();
  await using rig = await connected(QUICK, { timings, time });
  rig.listen();
  await listening(rig);
  rig.server.fault('poll', { kind: 'stall' }, 3);
  for (const left of [2, 1, 0]) {
    await until(() => (rig.server.world.faults[0]?.times ?? 0) === left);
    pass();
  }
  await until(() => rig.troubles.length > 0);
  expect(rig.troubles).toMatchObject([
    { code: 'github-unavailable', message: expect.stringMatching(/3 polls/) },
  ]);
  order(rig, 'one');
  await until(() => rig.assigned().includes('one'));
});

test('labels that an old server drops are told loudly, as a problem of the queue', async () => {
  await using rig = await connected({ ...QUICK, backend: 'ghes', dropExtraLabels: true });
  rig.listen();
  await listening(rig);
  expect(rig.problems).toEqual([[expect.stringMatching(/dropped the labels macOS, xcode-26/)]]);
  expect(rig.logged).toContainEqual({
    level: 'error',
    message: 'GitHub dropped labels of a pool: jobs that ask for them will wait forever',
    fields: expect.objectContaining({ pool: 'ios', lost: ['macOS', 'xcode-26'] }),
  });
});

test('labels that are kept are no problem', async () => {
  await using rig = await connected(QUICK);
  rig.listen();
  await listening(rig);
  expect(rig.problems).toEqual([[]]);
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
  ['a secondary limit by status', 429, { 'retry-after': '7' }, 'github-rate-limited', 7_000],
])('%s is told apart from what looks alike', async (_, status, headers, code, retryAfterMs) => {
  await using rig = await connected();
  rig.server.fault('list-runners', { kind: 'status', status, headers });
  const failing = rig.github.registrations('mr-', AbortSignal.timeout(60_000));
  await expect(failing).rejects.toMatchObject({ code, retryAfterMs });
  expect(asked(rig, 'list-runners')).toHaveLength(1);
});

test('a secondary limit that says so only in words is a limit, too', async () => {
  await using rig = await connected();
  const body = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' };
  rig.server.fault('list-runners', { kind: 'status', status: 403, headers: {}, body });
  const failing = rig.github.registrations('mr-', AbortSignal.timeout(60_000));
  await expect(failing).rejects.toMatchObject({ code: 'github-rate-limited', retryAfterMs: 60_000 });
});

test('a queue that may not be read says which permission is missing', async () => {
  await using rig = await connected({ pats: { [PAT]: 'read' } });
  const host = hostOn(rig.server);
  host.listen();
  await until(() => host.troubles.length > 0);
  expect(host.troubles[0]).toMatchObject({ code: 'github-forbidden', hint: expect.stringMatching(/write/) });
  await host.end();
});
