/** The GitHub room against the simulated GitHub, which also judges how it is asked: the way of one job, and its faults. */
import { expect, test } from 'vitest';
import { runnerOf } from '../support/github/raw-runner.ts';
import { connected, hostOn, LABELS } from '../support/github-rig.ts';
import { until } from '../support/until.ts';

const NAME = 'mr-abc123-ios-0a1b2c3d';

test('one job: assigned, minted for, started, completed, and its record gone', async ({ signal }) => {
  await using rig = await connected({ jobStartedWakes: true });
  rig.listen();
  await until(() => rig.server.scaleSets()[0]?.session != null);
  expect(rig.server.scaleSets()).toMatchObject([{ name: 'mr-abc123-ios', labels: LABELS }]);

  const job = rig.server.queueJob({ labels: ['xcode-26'], repository: 'acme/app' });
  await until(() => rig.messages.some(({ assigned }) => assigned.length > 0));
  expect(rig.messages[0]?.assigned).toMatchObject([
    { id: job.queueId, pool: 'ios', repository: 'acme/app', event: 'push' },
  ]);

  const { registrationId, jitConfig } = await rig.queue.mint(NAME, signal);
  const records = await rig.github.registrations('mr-abc123-', signal);
  expect(records).toEqual([{ id: registrationId, name: NAME, status: 'offline', busy: false }]);

  const runner = runnerOf(jitConfig);
  await runner.start();
  await until(() => rig.messages.some(({ started }) => started.length > 0));
  expect(await rig.queue.remove(registrationId, signal)).toBe('busy');
  await runner.complete('succeeded');
  await until(() => rig.messages.some(({ completed }) => completed.length > 0));

  expect(rig.messages.flatMap(({ started }) => started)).toMatchObject([
    { jobId: job.queueId, runner: NAME },
  ]);
  expect(rig.messages.flatMap(({ completed }) => completed)).toMatchObject([
    { jobId: job.queueId, runner: NAME, result: 'succeeded' },
  ]);
  await until(() => rig.server.scaleSets()[0]?.unacknowledged.length === 0);
  expect(rig.troubles).toEqual([]);
  await rig.end();
  expect(rig.server.scaleSets()[0]?.session).toBeNull();
});

test('a record is removed once, and then it is gone; a taken name is freed', async ({ signal }) => {
  await using rig = await connected({ unknownAgentDelete: '404' });
  const first = await rig.queue.mint(NAME, signal);
  const second = await rig.queue.mint(NAME, signal);
  expect(second.registrationId).not.toBe(first.registrationId);
  expect(await rig.queue.remove(second.registrationId, signal)).toBe('removed');
  expect(await rig.queue.remove(second.registrationId, signal)).toBe('gone');
  expect(await rig.github.registrations('mr-', signal)).toEqual([]);
});

test('a job cancelled before any runner took it completes without a runner', async () => {
  await using rig = await connected();
  rig.listen();
  const job = rig.server.queueJob({ labels: ['xcode-26'] });
  await until(() => rig.messages.some(({ assigned }) => assigned.length > 0));
  rig.server.cancelJob(job.jobId);
  await until(() => rig.messages.some(({ completed }) => completed.length > 0));
  expect(rig.messages.flatMap(({ completed }) => completed)).toMatchObject([
    { runner: null, result: 'canceled' },
  ]);
});

test('a second listener waits for the session until the first lets go', async () => {
  await using rig = await connected();
  rig.listen();
  await until(() => rig.server.scaleSets()[0]?.session != null);
  const second = hostOn(rig.server);
  second.listen();
  await until(() => second.troubles.length > 0);
  expect(second.troubles[0]).toMatchObject({ code: 'github-conflict' });
  await rig.end();
  await until(() => second.counts.length > 0);
  await second.end();
});

test('when all tokens expire, and when the scale set is deleted, jobs still arrive', async ({ signal }) => {
  await using rig = await connected();
  rig.listen();
  await until(() => rig.server.scaleSets()[0]?.session != null);
  const former = rig.server.scaleSets()[0]?.id;

  await rig.control('tokens/expire');
  rig.server.queueJob({ labels: ['xcode-26'], name: 'first' });
  await until(() => rig.messages.some(({ assigned }) => assigned[0]?.displayName === 'first'));

  await rig.control(`scalesets/${former}/delete`);
  await until(() => rig.server.scaleSets().some(({ id, session }) => id !== former && session != null));
  rig.server.queueJob({ labels: ['xcode-26'], name: 'second' });
  await until(() =>
    rig.messages.some(({ assigned }) => assigned.some((job) => job.displayName === 'second')),
  );
  expect(await rig.queue.mint(NAME, signal)).toMatchObject({ jitConfig: expect.any(String) });
});

test('no secret is logged or told, whatever fails', async () => {
  await using rig = await connected();
  for (const kind of ['truncate', 'reset', 'bom'] as const) rig.server.fault('*', { kind }, 3);
  rig.server.fault('poll', { kind: 'empty', status: 200 }, 1);
  rig.server.fault('poll', { kind: 'status', status: 500, headers: {} }, 1);
  rig.listen();
  rig.server.queueJob({ labels: ['xcode-26'] });
  await until(() => rig.messages.some(({ assigned }) => assigned.length > 0));
  const logged = rig.logged.map(({ level, message, fields }) => [level, message, String(Object(fields).err)]);
  const told = `${JSON.stringify(logged)} ${rig.troubles.map(String).join()}`;
  expect(rig.server.secrets().filter((secret) => told.includes(secret))).toEqual([]);
});
