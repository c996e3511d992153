/** The GitHub room against the simulated GitHub, which also judges how it is asked: the way of one job, and its faults. */
import { expect, test } from 'vitest';
import type { QueueListener, QueueMessage } from '../../src/core/ports.ts';
import { createGitHub } from '../../src/github/create-github.ts';
import { createAppKey } from '../support/github/app-key.ts';
import type { Options } from '../support/github/options.ts';
import { runnerOf } from '../support/github/raw-runner.ts';
import { startGitHub } from '../support/github/start.ts';
import { until } from '../support/until.ts';

const LABELS = ['self-hosted', 'macOS', 'xcode-26'];
const NAME = 'mr-abc123-ios-0a1b2c3d';

/** A simulated GitHub with the room on it, signed in as an App, and a listener that keeps what it is told. */
async function connected(options: Options = {}) {
  const key = createAppKey();
  const app = { issuers: ['Iv23x'], installationId: 42, publicKeyPem: key.publicKeyPem };
  const server = await startGitHub({ app, holdMs: 500, groups: [{ name: 'macs' }], ...options });
  const stop = new AbortController();
  const messages: QueueMessage[] = [];
  const counts: number[] = [];
  const troubles: unknown[] = [];
  const logged: string[] = [];
  const github = createGitHub({
    url: server.url,
    runnerGroup: 'macs',
    auth: { kind: 'app', clientId: 'Iv23x', installationId: 42, privateKey: async () => key.privateKeyPem },
    hostId: 'abc123',
    log: (level, message, fields) => void logged.push(JSON.stringify([level, message, String(fields?.err)])),
    timings: { retryBaseMs: 5, backoffBaseMs: 5, conflictRetryMs: 20, restRetryBaseMs: 1 },
  });
  const queue = github.queue({ name: 'ios', labels: LABELS });
  const listener: QueueListener = {
    capacity: () => 2,
    onMessage: async (message) => void messages.push(message),
    onCount: (count) => void counts.push(count),
    onTrouble: (error) => void troubles.push(error),
    formerSession: () => null,
    onSession: () => undefined,
  };
  let done = Promise.resolve();
  const listen = () => {
    done = queue.listen(listener, stop.signal);
  };
  const end = async () => {
    stop.abort();
    await done;
  };
  const control = async (path: string, body: object = {}) => {
    const answer = await fetch(`${server.origin}/_control/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(answer.status).toBeLessThan(300);
  };
  const dispose = async () => {
    await end();
    await server.close();
  };
  const told = { messages, counts, troubles, logged };
  return { server, github, queue, listen, end, control, ...told, [Symbol.asyncDispose]: dispose };
}

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
  const stop = new AbortController();
  const counts: number[] = [];
  const troubles: unknown[] = [];
  const done = rig.github.queue({ name: 'ios', labels: LABELS }).listen(
    {
      capacity: () => 1,
      onMessage: async () => undefined,
      onCount: (count) => void counts.push(count),
      onTrouble: (error) => void troubles.push(error),
      formerSession: () => null,
      onSession: () => undefined,
    },
    stop.signal,
  );
  await until(() => troubles.length > 0);
  expect(troubles[0]).toMatchObject({ code: 'github-conflict' });
  await rig.end();
  await until(() => counts.length > 0);
  stop.abort();
  await done;
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
  const told = `${rig.logged.join()} ${rig.troubles.map(String).join()}`;
  expect(rig.server.secrets().filter((secret) => told.includes(secret))).toEqual([]);
});
