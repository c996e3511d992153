/** A queue without scale sets, against the simulated GitHub: what it means to serve, and what became of it. */
import { expect, test } from 'vitest';
import type { Job } from '../../src/core/job.ts';
import type { QueueMessage } from '../../src/core/ports.ts';
import { systemTime, type Time } from '../../src/lib/time.ts';
import { runnerOf } from '../support/github/raw-runner.ts';
import { connected, type HostOptions, hostOn, PAT } from '../support/github-rig.ts';
import { ledgerRig } from '../support/ledger-rig.ts';
import { until } from '../support/until.ts';

const NAME = 'mr-abc123-ios-0a1b2c3d';
const ORG = { queue: 'rest', repositories: ['acme/app', 'acme/site'] } as const;
const TIMINGS = { sweepEveryMs: 40, cutEveryMs: 0 } as const;

/** A host that looks for jobs by REST and keeps them in a real ledger, as the daemon does. */
async function looking(host: HostOptions = {}) {
  const kept = await ledgerRig();
  const listenerOf = (pool: string) => ({
    openJobs: () => kept.ledger.openJobs(pool),
    onMessage: async (message: QueueMessage) => void kept.ledger.recordMessage(pool, message, Date.now()),
    ...host.listener,
  });
  const options = { ...ORG, timings: TIMINGS, ...host };
  const rig = await connected({}, { ...options, listener: listenerOf('ios') });
  rig.listen();
  await until(() => rig.counts.length > 0);
  const jobs = () => kept.ledger.recentJobs(50);
  const named = (name: string): Job | undefined => jobs().find((job) => job.displayName === name);
  return {
    ...rig,
    kept,
    jobs,
    named,
    open: () => kept.ledger.openJobs().map((job) => job.displayName),
    order: (name: string, more: object = {}) =>
      rig.server.queueJob({ labels: ['self-hosted', 'xcode-26'], name, ...more }),
    /** The next look is over. */
    async looked() {
      const looks = rig.counts.length;
      await until(() => rig.counts.length > looks + 1);
    },
    again: (more: HostOptions = {}) =>
      hostOn(rig.server, { ...options, listener: listenerOf(more.pool ?? 'ios'), ...more }),
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      kept[Symbol.dispose]();
    },
  };
}

type Rig = Awaited<ReturnType<typeof looking>>;

async function startRunner({ queue }: Pick<Rig, 'queue'>, name = NAME) {
  const { jitConfig } = await queue.mint(name, AbortSignal.timeout(60_000));
  const runner = runnerOf(jitConfig);
  await runner.start();
  return runner;
}

test('a job is found, minted for, started and completed, and told as the queue of a scale set would', async () => {
  await using rig = await looking();
  const job = rig.order('build', { repository: 'acme/site' });
  await until(() => rig.open().includes('build'));
  expect(rig.named('build')).toMatchObject({
    id: `rest-${job.id}`,
    pool: 'ios',
    repository: 'acme/site',
    workflowRunId: job.runId,
    workflowRef: 'acme/site/.github/workflows/ci.yml@main',
    event: 'push',
    startedMs: null,
  });
  const runner = await startRunner(rig);
  expect(rig.server.runners()).toMatchObject([
    { labels: ['self-hosted', 'macOS', 'xcode-26'], scope: 'orgs/acme' },
  ]);
  await until(() => rig.named('build')?.startedMs != null);
  expect(rig.named('build')).toMatchObject({ runner: NAME, completedMs: null });
  await runner.complete('succeeded');
  await until(() => rig.named('build')?.result === 'succeeded');
  expect(rig.named('build')).toMatchObject({ runner: NAME });
  expect(rig.counts.at(-1)).toBe(0);
  expect([rig.server.scaleSets(), rig.troubles]).toEqual([[], []]);
});

test('no more jobs are claimed than there is capacity for, the oldest first, the next when one ends', async () => {
  await using rig = await looking();
  for (const name of ['one', 'two', 'three']) rig.order(name);
  await until(() => rig.open().length === 2);
  await rig.looked();
  expect(rig.open()).toEqual(['one', 'two']);
  const runner = await startRunner(rig);
  await runner.complete('failed');
  await until(() => rig.open().includes('three'));
  expect(rig.named('one')).toMatchObject({ result: 'failed', runner: NAME });
  expect(rig.open()).toEqual(['two', 'three']);
});

test('jobs that another runner could serve, or for which labels are missing, are left alone', async () => {
  await using rig = await looking();
  rig.order('hosted', { labels: ['macOS'] });
  rig.order('linux', { labels: ['self-hosted', 'linux'] });
  rig.order('elsewhere', { repository: 'acme/other' });
  rig.order('waits for approval', { awaitsApproval: true });
  rig.order('ours', { labels: ['Self-Hosted', 'MACOS'] });
  await until(() => rig.open().length > 0);
  await rig.looked();
  expect(rig.open()).toEqual(['ours']);
});

test("a job that another host's runner took is over for us, and its place is free", async () => {
  await using rig = await looking({ listener: { capacity: () => 1 } });
  rig.order('one');
  await until(() => rig.open().includes('one'));
  await startRunner(rig, 'mr-xyz789-ios-0a1b2c3d');
  rig.order('two');
  await until(() => rig.open().includes('two'));
  expect(rig.named('one')).toMatchObject({ result: 'canceled', runner: null });
});

test('a job that our runner took instead of the one it was made for is told, whatever the capacity', async () => {
  await using rig = await looking({ listener: { capacity: () => 0 } });
  rig.order('unclaimed');
  await rig.looked();
  expect(rig.open()).toEqual([]);
  await startRunner(rig);
  await until(() => rig.named('unclaimed')?.runner === NAME);
  expect(rig.named('unclaimed')?.startedMs).not.toBeNull();
});

test('a job that is cancelled while it waits completes without a runner', async () => {
  await using rig = await looking();
  const job = rig.order('one');
  await until(() => rig.open().includes('one'));
  rig.server.cancelJob(job.jobId);
  await until(() => rig.open().length === 0);
  expect(rig.named('one')).toMatchObject({ result: 'canceled', runner: null });
});

test('what happened while nobody looked is found out from what was told before', async () => {
  await using rig = await looking();
  rig.order('one');
  await until(() => rig.open().includes('one'));
  const runner = await startRunner(rig);
  await until(() => rig.named('one')?.startedMs != null);
  await rig.end();
  await runner.complete('succeeded');
  const next = rig.again();
  next.listen();
  await until(() => rig.named('one')?.result === 'succeeded');
  await next.end();
});

test('of two pools that could serve a job one does', async () => {
  await using rig = await looking({ listener: { capacity: () => 5 } });
  const other = rig.github.queue({ name: 'mac', labels: ['self-hosted', 'macOS', 'xcode-26'] });
  const stop = new AbortController();
  const told: string[] = [];
  const done = other.listen(
    {
      capacity: () => 5,
      openJobs: () => rig.kept.ledger.openJobs('mac'),
      onMessage: async (message) => void rig.kept.ledger.recordMessage('mac', message, Date.now()),
      onCount: async () => void told.push('count'),
      onTrouble: () => undefined,
      onProblems: () => undefined,
      formerSession: () => null,
      onSession: () => undefined,
    },
    stop.signal,
  );
  for (const name of ['one', 'two']) rig.order(name);
  await until(() => rig.open().length === 2 && told.length > 5);
  const pools = rig.jobs().map(({ displayName, pool }) => `${displayName} ${pool}`);
  await rig.looked();
  expect(rig.jobs().map(({ displayName, pool }) => `${displayName} ${pool}`)).toEqual(pools);
  stop.abort();
  await done;
});

test('growing capacity is news: a job need not wait for the next look', async () => {
  let capacity = 0;
  await using rig = await looking({
    listener: { capacity: () => capacity },
    timings: { sweepEveryMs: 60_000, cutEveryMs: 0 },
  });
  await rig.end();
  const next = rig.again({ timings: { sweepEveryMs: 600_000, cutEveryMs: 0 } });
  rig.order('one');
  next.listen();
  await until(() => next.counts.length > 0);
  capacity = 1;
  next.queue.capacityChanged();
  await until(() => rig.open().includes('one'));
  await next.end();
});

test('what has not changed is asked for by its ETag', async () => {
  await using rig = await looking();
  rig.order('one');
  await until(() => rig.open().includes('one'));
  await rig.looked();
  await rig.looked();
  const answers = rig.server
    .requests()
    .filter(({ route }) => route === 'list-runs' || route === 'list-run-jobs');
  const full = answers.filter(({ status }) => status === 200).length;
  expect(answers.length).toBeGreaterThan(full);
  expect(full).toBeLessThanOrEqual(8);
});

test('a rate limit is waited for as long as GitHub says, and demand is unknown meanwhile', async () => {
  const waits: number[] = [];
  const after: Time['after'] = (ms, work) => {
    waits.push(ms);
    return systemTime.after(ms, work);
  };
  await using rig = await looking({ time: { ...systemTime, after } });
  rig.server.fault('list-runs', { kind: 'status', status: 403, headers: { 'retry-after': '0.3' } }, 1);
  await until(() => rig.troubles.length > 0);
  expect(rig.troubles).toMatchObject([{ code: 'github-rate-limited', retryAfterMs: 300 }]);
  await rig.looked();
  expect(waits).toContain(300);
});

test('an error is told and does not end the looking', async () => {
  await using rig = await looking();
  rig.server.fault('list-run-jobs', { kind: 'status', status: 404, headers: {} }, 1);
  rig.order('one');
  await until(() => rig.open().includes('one'));
  expect(rig.troubles).toMatchObject([{ code: 'github-not-found' }]);
});

test('records: a name that is taken is freed, a busy one is kept, one that is gone is gone', async ({
  signal,
}) => {
  await using rig = await looking();
  const first = await rig.queue.mint(NAME, signal);
  const second = await rig.queue.mint(NAME, signal);
  expect(second.registrationId).not.toBe(first.registrationId);
  expect(await rig.github.registrations('mr-abc123-', signal)).toMatchObject([{ id: second.registrationId }]);
  rig.order('one');
  const runner = runnerOf(second.jitConfig);
  await runner.start();
  expect(await rig.queue.remove(second.registrationId, signal)).toBe('busy');
  await expect(rig.queue.mint(NAME, signal)).rejects.toMatchObject({ code: 'github-conflict' });
  await runner.complete('succeeded');
  expect(await rig.queue.remove(second.registrationId, signal)).toBe('gone');
  const third = await rig.queue.mint(NAME, signal);
  expect(await rig.queue.remove(third.registrationId, signal)).toBe('removed');
});

test('runners join the group by its name; one that does not exist is said so', async ({ signal }) => {
  await using rig = await looking();
  await rig.queue.mint(NAME, signal);
  expect([...rig.server.world.runners.values()][0]?.groupId).toBe(2);
  const other = hostOn(rig.server, { ...ORG, runnerGroup: 'nowhere' });
  await expect(other.queue.mint('mr-abc123-ios-00000002', signal)).rejects.toMatchObject({
    code: 'github-not-found',
    message: expect.stringContaining('"nowhere"'),
  });
});

test('a single repository needs neither a list nor a group', async ({ signal }) => {
  await using rig = await looking();
  await rig.end();
  const url = `${rig.server.origin}/acme/app`;
  const host = rig.again({ url, repositories: [], auth: { kind: 'token', token: async () => PAT } });
  host.listen();
  rig.order('one');
  await until(() => rig.open().includes('one'));
  await host.queue.mint(NAME, signal);
  expect(rig.server.runners()).toMatchObject([{ scope: 'repos/acme/app' }]);
  await host.end();
});

test('an organisation without a list of repositories is refused', async () => {
  await using rig = await looking();
  expect(() => rig.again({ repositories: [] })).toThrow(
    expect.objectContaining({ code: 'config-invalid', hint: expect.stringMatching(/repositories/) }),
  );
});
