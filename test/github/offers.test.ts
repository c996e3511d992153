/** Jobs that must be acquired, as a GitHub Enterprise Server wants it: never more than there is room for. */
import { expect, test } from 'vitest';
import { runnerOf } from '../support/github/raw-runner.ts';
import { connected, hostOn } from '../support/github-rig.ts';
import { until } from '../support/until.ts';
import { aJob } from '../support/world.ts';

const GHES = { backend: 'ghes', holdMs: 150, jobStartedWakes: true } as const;
const NAME = 'mr-abc123-ios-0a1b2c3d';

type Rig = Awaited<ReturnType<typeof connected>>;

const order = (rig: Rig, name: string) => rig.server.queueJob({ labels: ['xcode-26'], name });
const asked = (rig: Rig, route: string) => rig.server.requests().filter((request) => request.route === route);
const openJobs = (rig: Rig) => rig.server.scaleSets()[0]?.statistics.totalAssignedJobs ?? 0;
const listening = (rig: Rig) => until(() => rig.server.scaleSets()[0]?.capacity != null);

/** Lets `count` more polls come back empty. */
async function quietPolls(rig: Rig, count: number): Promise<void> {
  const quiet = () => asked(rig, 'poll').filter(({ status }) => status === 202).length;
  const before = quiet();
  await until(() => quiet() >= before + count);
}

/** Runs the oldest job of the host's set to its end. */
async function runOne(rig: Rig, name: string): Promise<void> {
  const { jitConfig } = await rig.queue.mint(name, AbortSignal.timeout(60_000));
  const runner = runnerOf(jitConfig);
  await runner.start();
  await runner.complete('succeeded');
}

test('an offered job is acquired, and is then a job like any other', async () => {
  await using rig = await connected(GHES);
  rig.listen();
  await listening(rig);
  const job = order(rig, 'one');
  await until(() => rig.assigned().includes('one'));
  await runOne(rig, NAME);
  await until(() => rig.messages.some(({ completed }) => completed.length > 0));
  expect(rig.messages.flatMap(({ assigned }) => assigned)).toMatchObject([{ id: job.queueId, pool: 'ios' }]);
  expect(rig.messages.flatMap(({ completed }) => completed)).toMatchObject([{ runner: NAME }]);
  expect(rig.troubles).toEqual([]);
});

test('never more is acquired than the capacity has free; the rest is asked for when a job ends', async () => {
  await using rig = await connected(GHES);
  rig.listen();
  await listening(rig);
  for (const name of ['one', 'two', 'three']) order(rig, name);
  await until(() => openJobs(rig) === 2);
  await quietPolls(rig, 2);
  expect(openJobs(rig)).toBe(2);
  await runOne(rig, NAME);
  await until(() => rig.assigned().includes('three'));
  expect(openJobs(rig)).toBe(2);
});

test('offers that were left are asked for again when the capacity grows', async () => {
  let capacity = 1;
  await using rig = await connected({ ...GHES, holdMs: 30_000 }, { listener: { capacity: () => capacity } });
  rig.listen();
  await listening(rig);
  for (const name of ['one', 'two']) order(rig, name);
  await until(() => rig.assigned().length === 1);
  capacity = 2;
  rig.queue.capacityChanged();
  await until(() => rig.assigned().length === 2);
  expect(asked(rig, 'acquirable-jobs').length).toBeGreaterThan(0);
});

test('what a former life was offered and left is found again, though no message tells of it', async () => {
  let capacity = 0;
  // A job that runs keeps it listening.
  const openJobs = () => [aJob('running')];
  await using rig = await connected(GHES, { listener: { capacity: () => capacity, openJobs } });
  rig.listen();
  await listening(rig);
  order(rig, 'left');
  await until(() => rig.messages.length === 1 && rig.server.scaleSets()[0]?.unacknowledged.length === 0);
  await rig.end();
  capacity = 1;
  const next = hostOn(rig.server);
  next.listen();
  await until(() => next.assigned().includes('left'));
  await next.end();
});

test('an offer that is told again after a crash is found to be ours, and acquired once', async () => {
  await using rig = await connected(GHES, { listener: { capacity: () => 1 } });
  rig.server.fault('ack', { kind: 'status', status: 500, headers: {} });
  rig.listen();
  await listening(rig);
  order(rig, 'one');
  order(rig, 'two');
  await until(() => rig.assigned().length === 1);
  await rig.end();
  rig.server.clearFaults();
  const next = hostOn(rig.server, { listener: { capacity: () => 1 } });
  next.listen();
  await until(() => next.assigned().length === 1);
  await quietPolls(rig, 2);
  expect(openJobs(rig)).toBe(1);
  await next.end();
});

test('an acquisition whose answer is lost does not lead to one too many', async () => {
  await using rig = await connected(GHES, { listener: { capacity: () => 1 } });
  rig.server.fault('acquire-jobs', { kind: 'reset-after' }, 1);
  rig.listen();
  await listening(rig);
  order(rig, 'one');
  order(rig, 'two');
  await until(() => rig.assigned().length === 1);
  await quietPolls(rig, 2);
  expect(openJobs(rig)).toBe(1);
});

test('of two hosts that compete for one offer one gets it, and the other takes the next', async () => {
  await using rig = await connected(GHES);
  const other = hostOn(rig.server, { hostId: 'xyz789' });
  rig.listen();
  other.listen();
  await until(() => rig.server.scaleSets().filter(({ capacity }) => capacity !== null).length === 2);
  order(rig, 'one');
  await until(() => rig.assigned().length + other.assigned().length === 1);
  await quietPolls(rig, 2);
  expect(rig.assigned().length + other.assigned().length).toBe(1);
  for (const name of ['two', 'three', 'four']) order(rig, name);
  await until(() => rig.assigned().length === 2 && other.assigned().length === 2);
  expect([...rig.assigned(), ...other.assigned()].toSorted()).toEqual(['four', 'one', 'three', 'two']);
  expect([...rig.troubles, ...other.troubles]).toEqual([]);
  await other.end();
});

test('an acquisition that fails does not make demand unknown, and is tried again', async () => {
  await using rig = await connected(GHES);
  rig.server.fault('acquire-jobs', { kind: 'status', status: 422, headers: {} }, 1);
  rig.listen();
  await listening(rig);
  order(rig, 'one');
  await until(() => rig.assigned().includes('one'));
  expect(rig.troubles).toEqual([]);
  expect(rig.logged.filter(({ message }) => message === 'offered jobs cannot be acquired')).toHaveLength(1);
});

test('a queue token that expires while jobs are offered is renewed', async () => {
  await using rig = await connected(GHES);
  rig.server.fault('acquire-jobs', { kind: 'status', status: 401, headers: {} }, 1);
  rig.listen();
  await listening(rig);
  order(rig, 'one');
  await until(() => rig.assigned().includes('one'));
  expect(asked(rig, 'refresh-session')).toHaveLength(1);
});

test('where jobs are assigned without an offer, nothing is ever asked for or acquired', async () => {
  await using rig = await connected({ holdMs: 100 });
  rig.listen();
  await listening(rig);
  order(rig, 'one');
  await until(() => rig.assigned().includes('one'));
  await quietPolls(rig, 2);
  expect([...asked(rig, 'acquirable-jobs'), ...asked(rig, 'acquire-jobs')]).toEqual([]);
});

test('while nothing can be taken, offers are not asked for in a loop', async () => {
  await using rig = await connected({ ...GHES, holdMs: 100 }, { listener: { capacity: () => 1 } });
  rig.listen();
  await listening(rig);
  for (const name of ['one', 'two', 'three']) order(rig, name);
  await until(() => rig.assigned().length === 1);
  const before = { looks: asked(rig, 'get-scale-set').length, polls: asked(rig, 'poll').length };
  await quietPolls(rig, 5);
  const looks = asked(rig, 'get-scale-set').length - before.looks;
  expect(looks).toBeLessThanOrEqual(asked(rig, 'poll').length - before.polls + 2);
  expect(asked(rig, 'acquire-jobs')).toHaveLength(1);
});
